"""Refused queue commands change nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import BRASS, COPPER, MEDIA, PAPER, Advance, Connect

from .client import Client, Message, player

type Ids = list[str]
type Refuse = Callable[..., Awaitable[Message]]


async def change(client: Client, action: str, **fields: Any) -> Message:
    """Return the answer to a queue command."""
    return await client.request("queue_command", action=action, **fields)


async def queue_of(client: Client) -> Message:
    """Return the hub's whole queue."""
    queue: Message = (await change(client, "get"))["data"]["queue"]
    return queue


@pytest.fixture
async def ids(kitchen: Client) -> Ids:
    """Add three items to the kitchen's queue."""
    answers = [await change(kitchen, "add", media_content_id=song) for song in (BRASS, COPPER, PAPER)]
    return [answer["data"]["queue_item_ids"][0] for answer in answers]


@pytest.fixture
def refused(kitchen: Client, ids: Ids) -> Refuse:
    """Send a command and check that it is refused and the queue is unchanged."""

    async def refused(error_type: str, type_: str, **fields: Any) -> Message:
        before = await queue_of(kitchen)
        error = await kitchen.request(type_, **fields)
        assert (error["type"], error.get("error_type")) == ("error", error_type), error
        assert error["retryable"] is False
        assert error["message"]
        assert await queue_of(kitchen) == before
        return error

    return refused


async def test_an_unknown_item_is_refused(refused: Refuse, ids: Ids) -> None:
    """The other items that the message names stay, too."""
    gone = "never-was"
    for fields in (
        {"action": "remove", "queue_item_id": gone},
        {"action": "remove", "queue_item_ids": [ids[0], gone]},
        {"action": "move", "queue_item_id": gone, "place": "end"},
        {"action": "move", "queue_item_id": ids[0], "place": {"after": gone}},
        {"action": "add", "media_content_id": BRASS, "place": {"after": gone}},
        {"action": "reorder", "from": 3, "to": 0},
        {"action": "reorder", "from": 0, "to": 3},
    ):
        await refused("queue_item_not_found", "queue_command", **fields)
    await refused("queue_item_not_found", "seek_command", position_seconds=1)
    await refused("queue_item_not_found", "stream_request", queue_item_id=gone)


async def test_ids_of_removed_items_are_not_reused(refused: Refuse, kitchen: Client, ids: Ids) -> None:
    assert (await change(kitchen, "remove", queue_item_id=ids[1]))["type"] == "result"
    await change(kitchen, "add", media_content_id=COPPER)
    await refused("queue_item_not_found", "queue_command", action="remove", queue_item_id=ids[1])


async def test_an_unknown_track_refuses_the_whole_add(refused: Refuse, kitchen: Client) -> None:
    known = (await queue_of(kitchen))["items"][0]["track"]["track_id"]
    for fields in (
        {"track_id": "never-was"},
        {"track_ids": [known, "never-was"]},
        {"media_content_id": MEDIA + "never-was.flac"},
    ):
        await refused("track_not_found", "queue_command", action="add", **fields)
    await refused("track_not_found", "playback_command", command="play", track_id="never-was")


async def test_a_revision_conflict_names_the_missed_changes(refused: Refuse, kitchen: Client, ids: Ids) -> None:
    """After applying them, the command can be repeated."""
    seen = await queue_of(kitchen)
    await change(kitchen, "remove", queue_item_id=ids[0])
    await change(kitchen, "move", queue_item_id=ids[2], place={"after": ids[1]}, if_revision=seen["revision"] + 1)
    missed = [
        {"op": "remove", "queue_item_ids": [ids[0]]},
        {"op": "move", "queue_item_id": ids[2], "index": 1},
    ]
    now = await queue_of(kitchen)
    for fields in (
        {"action": "add", "media_content_id": BRASS},
        {"action": "remove", "queue_item_id": ids[1]},
        {"action": "move", "queue_item_id": ids[1], "place": "end"},
        {"action": "reorder", "from": 0, "to": 1},
        {"action": "clear"},
    ):
        error = await refused("revision_conflict", "queue_command", if_revision=seen["revision"], **fields)
        assert error["revision"] == now["revision"]
        assert error["ops"] == missed
    answer = await change(kitchen, "clear", if_revision=now["revision"])
    assert answer["data"] == {"revision": now["revision"] + 1}


async def test_an_unknown_revision_is_answered_with_reset(refused: Refuse) -> None:
    error = await refused("revision_conflict", "queue_command", action="clear", if_revision=1_000)
    assert error["ops"] == [{"op": "reset"}]


async def test_a_handed_over_item_cannot_be_moved(refused: Refuse, kitchen: Client, ids: Ids, advance: Advance) -> None:
    """Other changes are allowed."""
    await kitchen.request("playback_command", command="play")
    await advance(20)
    assert (await kitchen.until("synchronized_playback", queue_item_id=ids[1]))["command"] == "play"
    for fields in (
        {"action": "remove", "queue_item_id": ids[1]},
        {"action": "remove", "queue_item_ids": [ids[2], ids[1]]},
        {"action": "move", "queue_item_id": ids[1], "place": "end"},
        {"action": "reorder", "from": 1, "to": 2},
    ):
        await refused("item_locked", "queue_command", **fields)
    added = await change(kitchen, "add", media_content_id=BRASS, place="next")
    order = [item["queue_item_id"] for item in (await queue_of(kitchen))["items"]]
    assert order == [ids[0], ids[1], *added["data"]["queue_item_ids"], ids[2]]

    await advance(2)
    assert (await queue_of(kitchen))["current_item_id"] == ids[1]
    assert (await change(kitchen, "move", queue_item_id=ids[1], place="end"))["type"] == "result"


async def test_a_refusal_at_a_bound_isnt_stored(connect: Connect, token: str, hub: Hub) -> None:
    """Once there is room, the same request is executed."""
    hub.configure(replace(hub.limits, max_queue_items=1))
    client = await connect()
    await client.authenticate(token, client=player("attic"))
    await change(client, "add", media_content_id=BRASS)
    error = await change(client, "add", media_content_id=COPPER, request_id="again")
    assert (error["error_type"], error["retryable"]) == ("unavailable", True)
    assert (await change(client, "clear"))["type"] == "result"
    assert (await change(client, "add", media_content_id=COPPER, request_id="again"))["type"] == "result"
    assert [item["track"]["title"] for item in (await queue_of(client))["items"]] == ["Copper Rain"]
