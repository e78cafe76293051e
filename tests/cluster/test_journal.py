"""The journal while Redis is unavailable."""

from custom_components.moosicbox.engine.cluster.journal import Journal
from custom_components.moosicbox.engine.cluster.wire import Publish, Send, ToEdge
from tests.engine.fakes import Harness


def test_states_are_coalesced() -> None:
    """Repeated states take the place of one; numbered messages and answers keep their order."""
    journal = Journal(Harness().hub, 0, "0-0")
    ticks = [Publish("progress:kitchen", b"%d" % number, "progress:kitchen/progress_update") for number in range(1_000)]
    first, answer, last = Publish("all", b"1", None), Send(7, b"answer", None), Publish("all", b"2", None)
    messages: list[ToEdge] = [first, *ticks[:500], answer, *ticks[500:], last]
    for down in messages:
        journal.send("cellar", down)
    journal.coalesce()
    assert journal.messages["cellar"] == [first, answer, ticks[-1], last]


def test_states_are_coalesced_per_client() -> None:
    journal = Journal(Harness().hub, 0, "0-0")
    for number in range(3):
        for connection in (7, 8):
            journal.send("cellar", Send(connection, b"%d" % number, "rooms/room_list"))
    journal.coalesce()
    assert journal.messages["cellar"] == [Send(7, b"2", "rooms/room_list"), Send(8, b"2", "rooms/room_list")]
