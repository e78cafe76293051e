"""The state in Redis: the format of earlier versions is read, and still written."""

from collections.abc import Mapping
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from custom_components.moosicbox.engine.cluster.bus import ClusterSnapshot
from custom_components.moosicbox.engine.cluster.journal import Journal
from custom_components.moosicbox.engine.cluster.link import EdgeLink
from custom_components.moosicbox.engine.cluster.restore import UnansweredRequest, decode_pending, restore
from custom_components.moosicbox.engine.cluster.wire import ForwardedMessage, pack
from tests.engine.fakes import Harness

GOLDEN: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "golden" / "saved" / "redis.json").read_text()
)
HASHES = {
    name: {field: msgspec.msgpack.encode(value) for field, value in fields.items()} for name, fields in GOLDEN.items()
}


def restored(hashes: Mapping[str, Mapping[str, bytes]] = HASHES) -> tuple[Harness, dict[str, EdgeLink]]:
    """A hub that was restored, by default from the golden state, and the links to its edges."""
    harness = Harness()
    links: dict[str, EdgeLink] = {}

    def link_of(edge: str) -> EdgeLink:
        return links.setdefault(edge, EdgeLink(edge, lambda _edge, _message: None))

    assert restore(harness.hub, ClusterSnapshot(hashes, {}, {}), link_of)
    return harness, links


async def test_stored_state_is_restored() -> None:
    harness, links = restored()
    hub = harness.hub
    assert hub.topics.epoch == GOLDEN["state"]["hub:"]["epoch"]
    assert links["cellar.1234"].number == 17
    assert sorted(links["cellar.1234"].connections) == [1, 2, 3]
    kitchen = hub.players.get("kitchen")
    assert kitchen.owner_user_id == "ada"
    assert kitchen.playback.interrupted
    assert kitchen.playback.timeline.playing
    assert [each.track.title for each in kitchen.playback.queue.items] == ["Four", "Two", "Three", "One"]
    room = hub.rooms.find("party")
    assert room is not None
    assert [player.player_id for player in room.renderers] == ["attic"]
    assert room.playback.queue.locked_item_id == room.playback.queue.ids[1]
    assert len(hub.invites.open) == 1


async def test_an_item_of_another_version_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    field = next(field for field in HASHES["items"] if field.startswith("player:kitchen/"))
    item_id = field.rpartition("/")[2]
    for data in msgspec.msgpack.encode({"queue_item_id": item_id, "track": 7}), b"\xc1":
        harness, _ = restored({**HASHES, "items": {**HASHES["items"], field: data}})
        queue = harness.hub.players.get("kitchen").playback.queue
        assert (len(queue), item_id in queue.ids) == (3, False)
        assert f"The stored item {field} can't be decoded" in caplog.text


def test_a_request_of_another_version_is_left_out() -> None:
    forwarded = ForwardedMessage(3, 0, b'{"type":"ping"}', 0)
    fields = {
        "cellar.1234/3/10": pack([forwarded]),
        "cellar.1234/3/9": b"\xc1",
        "attic.1234/1/2": msgspec.msgpack.encode([["a_later_message", 1]]),
    }
    assert decode_pending(fields) == [UnansweredRequest("cellar.1234", forwarded)]


async def test_the_stored_format_stays_the_same() -> None:
    harness, _ = restored()
    journal = Journal(harness.hub, 0, "0-0")
    journal.has_stored_state = True
    journal.mark_all()
    commit, _ = journal.take_commit("cellar.1234")
    written = {
        name: {field: msgspec.msgpack.decode(value) for field, value in fields.items() if value is not None}
        for name, fields in commit.fields.items()
    }
    assert written["items"] == GOLDEN["items"]
    for field, value in GOLDEN["state"].items():
        kind = field.partition(":")[0]
        if kind == "session":
            # Sets have no order.
            assert _known(_sorted(written["state"][field]), _sorted(value)) == _sorted(value)
        elif isinstance(value, dict):
            assert _known(written["state"][field], value) == value
        elif kind == "order":
            assert written["state"][field] == value


def _sorted(session: dict[str, Any]) -> dict[str, Any]:
    principal = session["principal"]
    return {**session, "principal": {**principal, "permissions": sorted(principal["permissions"])}}


def _known(written: Any, golden: Any) -> Any:
    """Return what earlier versions know of a record: new fields are added to dictionaries, and behind those of arrays."""
    if isinstance(golden, dict):
        return {name: _known(written[name], value) for name, value in golden.items()}
    if isinstance(golden, list) and len({type(part) for part in golden}) > 1:
        return [_known(part, known) for part, known in zip(written, golden, strict=False)]
    return written
