"""Repeated changes of a queue, and changes that are based on an old revision."""

import asyncio
from collections.abc import AsyncGenerator
import gc
from typing import Any

import pytest

from custom_components.moosicbox.engine.protocol.client import QueueAdd, QueueClear, QueueMove, QueueRemove
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.errors import QueueItemNotFound, RevisionConflict, TrackNotFound
from tests.engine.fakes import Harness, principal, settle


@pytest.fixture
async def harness() -> AsyncGenerator[Harness]:
    """A hub with one player."""
    harness = Harness()
    await harness.hub.start()
    harness.connect(principal(), player_id="kitchen")
    yield harness
    await harness.hub.stop(CloseCode.GOING_AWAY, "shutdown")


async def test_a_repeated_operation_changes_nothing_and_answers_the_same(harness: Harness) -> None:
    add = QueueAdd(player_id="kitchen", track_id="song", op_id="one")
    first = await harness.hub.execute(add, principal())
    assert await harness.hub.execute(add, principal()) == first
    assert len(harness.hub.players.get("kitchen").active_playback.queue) == 1


async def test_operations_belong_to_their_user_and_queue(harness: Harness) -> None:
    harness.connect(principal(), player_id="bath")
    for player_id, who in (("kitchen", "ada"), ("kitchen", "bob"), ("bath", "ada")):
        await harness.hub.execute(QueueAdd(player_id=player_id, track_id="song", op_id="one"), principal(who))
    assert [len(player.active_playback.queue) for player in harness.hub.players] == [2, 1]


async def test_operations_are_forgotten_after_a_while(harness: Harness) -> None:
    add = QueueAdd(player_id="kitchen", track_id="song", op_id="one")
    await harness.hub.execute(add)
    harness.pass_seconds(301)
    await harness.hub.execute(add)
    assert len(harness.hub.players.get("kitchen").active_playback.queue) == 2


async def test_a_failed_operation_may_be_tried_again(harness: Harness) -> None:
    remove = QueueRemove(player_id="kitchen", queue_item_id="gone", op_id="one")
    for _ in range(2):
        with pytest.raises(QueueItemNotFound):
            await harness.hub.execute(remove)


ADD = QueueAdd(player_id="kitchen", track_id="song", op_id="one")


async def outcome_of_the_other(harness: Harness, cancelled: int) -> Any:
    """Return the result or the error of one of two callers; the other one is cancelled while the operation runs."""
    harness.media.hold()
    calls = [asyncio.ensure_future(harness.hub.execute(ADD, principal())) for _ in range(2)]
    await settle()
    calls[cancelled].cancel()
    await settle()
    harness.media.release()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(outcomes[cancelled], asyncio.CancelledError)
    return outcomes[1 - cancelled]


@pytest.mark.parametrize("cancelled", [0, 1])
async def test_a_cancelled_caller_does_not_cancel_the_operation_of_another(harness: Harness, cancelled: int) -> None:
    assert await outcome_of_the_other(harness, cancelled) == await harness.hub.execute(ADD, principal())
    assert len(harness.hub.players.get("kitchen").active_playback.queue) == 1


@pytest.mark.parametrize("cancelled", [0, 1])
async def test_a_failure_is_reported_to_the_callers_only(harness: Harness, cancelled: int) -> None:
    """It isn't an error of the hub if one of them was cancelled before."""
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: reported.append(context))
    harness.media.missing.add("test/song")
    assert isinstance(await outcome_of_the_other(harness, cancelled), TrackNotFound)
    gc.collect()
    assert not reported


async def test_an_operation_ends_with_its_last_caller(harness: Harness) -> None:
    """The requests of a user whose rights have ended are cancelled."""
    harness.media.hold()
    calls = [asyncio.ensure_future(harness.hub.execute(ADD, principal())) for _ in range(2)]
    await settle()
    for call in calls:
        call.cancel()
    await settle()
    harness.media.release()
    await settle()
    queue = harness.hub.players.get("kitchen").active_playback.queue
    assert len(queue) == 0
    await harness.hub.execute(ADD, principal())
    assert len(queue) == 1


async def test_a_stale_revision_gets_the_missed_ops(harness: Harness) -> None:
    added = await harness.hub.execute(QueueAdd(player_id="kitchen", track_ids=("a", "b")))
    first, second = added["queue_item_ids"]
    await harness.hub.execute(QueueMove(player_id="kitchen", queue_item_id=second, place="next", if_revision=1))
    with pytest.raises(RevisionConflict) as conflict:
        await harness.hub.execute(QueueRemove(player_id="kitchen", queue_item_id=first, if_revision=1))
    assert conflict.value.details["revision"] == 2
    assert [type(op).__name__ for op in conflict.value.details["ops"]] == ["MoveOp"]
    assert len(harness.hub.players.get("kitchen").active_playback.queue) == 2


@pytest.mark.parametrize("revision", [0, 400, 10_000])
async def test_an_unknown_revision_gets_a_reset(harness: Harness, revision: int) -> None:
    for _ in range(300):
        await harness.hub.execute(QueueClear(player_id="kitchen"))
    with pytest.raises(RevisionConflict) as conflict:
        await harness.hub.execute(QueueClear(player_id="kitchen", if_revision=revision))
    assert [type(op).__name__ for op in conflict.value.details["ops"]] == ["ResetOp"]
