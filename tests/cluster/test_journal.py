"""What waits while Redis is away."""

from custom_components.moosicbox.engine.cluster.journal import Journal
from custom_components.moosicbox.engine.cluster.wire import Publish, Send
from tests.engine.fakes import House


def test_of_states_the_last_one_waits() -> None:
    """A tick a second for hours takes the place of one; what has a number, or is for one client, stays in its order."""
    journal = Journal(House().hub, 0, "0-0")
    ticks = [Publish("progress:kitchen", b"%d" % number, "progress:kitchen/progress_update") for number in range(1_000)]
    first, answer, last = Publish("all", b"1", None), Send(7, b"answer", None), Publish("all", b"2", None)
    for down in (first, *ticks[:500], answer, *ticks[500:], last):
        journal.send("cellar", down)
    journal.coalesce()
    assert journal.messages["cellar"] == [first, answer, ticks[-1], last]


def test_states_for_one_client_replace_their_own_alone() -> None:
    journal = Journal(House().hub, 0, "0-0")
    for number in range(3):
        for connection in (7, 8):
            journal.send("cellar", Send(connection, b"%d" % number, "rooms/room_list"))
    journal.coalesce()
    assert journal.messages["cellar"] == [Send(7, b"2", "rooms/room_list"), Send(8, b"2", "rooms/room_list")]
