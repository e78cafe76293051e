"""Changes of a queue that are repeated, or that were made in ignorance of others."""

from collections.abc import AsyncGenerator

import pytest

from custom_components.moosicbox.engine.protocol.client import QueueAdd, QueueClear, QueueMove, QueueRemove
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.errors import QueueItemNotFound, RevisionConflict
from tests.engine.fakes import House, principal


@pytest.fixture
async def house() -> AsyncGenerator[House]:
    """A hub with one player."""
    house = House()
    await house.hub.start()
    house.connect(principal(), player_id="kitchen")
    yield house
    await house.hub.stop(CloseCode.GOING_AWAY, "shutdown")


async def test_a_repeated_operation_changes_nothing_and_answers_the_same(house: House) -> None:
    add = QueueAdd(player_id="kitchen", track_id="song", op_id="one")
    first = await house.hub.execute(add, principal())
    assert await house.hub.execute(add, principal()) == first
    assert len(house.hub.players.get("kitchen").active_playback.queue) == 1


async def test_operations_belong_to_their_user_and_queue(house: House) -> None:
    house.connect(principal(), player_id="bath")
    for player_id, who in (("kitchen", "ada"), ("kitchen", "bob"), ("bath", "ada")):
        await house.hub.execute(QueueAdd(player_id=player_id, track_id="song", op_id="one"), principal(who))
    assert [len(player.active_playback.queue) for player in house.hub.players] == [2, 1]


async def test_operations_are_forgotten_after_a_while(house: House) -> None:
    add = QueueAdd(player_id="kitchen", track_id="song", op_id="one")
    await house.hub.execute(add)
    house.pass_seconds(301)
    await house.hub.execute(add)
    assert len(house.hub.players.get("kitchen").active_playback.queue) == 2


async def test_a_failed_operation_may_be_tried_again(house: House) -> None:
    remove = QueueRemove(player_id="kitchen", queue_item_id="gone", op_id="one")
    for _ in range(2):
        with pytest.raises(QueueItemNotFound):
            await house.hub.execute(remove)


async def test_a_stale_revision_is_told_what_it_missed(house: House) -> None:
    added = await house.hub.execute(QueueAdd(player_id="kitchen", track_ids=("a", "b")))
    first, second = added["queue_item_ids"]
    await house.hub.execute(QueueMove(player_id="kitchen", queue_item_id=second, place="next", if_revision=1))
    with pytest.raises(RevisionConflict) as conflict:
        await house.hub.execute(QueueRemove(player_id="kitchen", queue_item_id=first, if_revision=1))
    assert conflict.value.details["revision"] == 2
    assert [type(op).__name__ for op in conflict.value.details["ops"]] == ["MoveOp"]
    assert len(house.hub.players.get("kitchen").active_playback.queue) == 2


@pytest.mark.parametrize("revision", [0, 400, 10_000])
async def test_a_revision_from_elsewhere_has_to_begin_anew(house: House, revision: int) -> None:
    for _ in range(300):
        await house.hub.execute(QueueClear(player_id="kitchen"))
    with pytest.raises(RevisionConflict) as conflict:
        await house.hub.execute(QueueClear(player_id="kitchen", if_revision=revision))
    assert [type(op).__name__ for op in conflict.value.details["ops"]] == ["ResetOp"]
