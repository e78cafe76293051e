"""Progress ticks at 2 Hz, for those who ask for it, while something plays."""

from collections.abc import AsyncGenerator

import pytest

from custom_components.moosicbox.engine.protocol.client import (
    PlaybackCommand,
    PlayerReport,
    QueueAdd,
    Subscribe,
    Unsubscribe,
)
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from tests.engine.fakes import House, of_type, principal, settle


@pytest.fixture
async def house() -> AsyncGenerator[House]:
    """A hub with one player."""
    house = House()
    await house.hub.start()
    house.connect(principal(), player_id="kitchen")
    yield house
    await house.hub.stop(CloseCode.GOING_AWAY, "shutdown")


async def play(house: House) -> None:
    await house.hub.execute(QueueAdd(player_id="kitchen", track_id="song"))
    await house.hub.execute(PlaybackCommand(player_id="kitchen", command="play"))


async def test_those_who_ask_get_a_tick(house: House) -> None:
    await play(house)
    session, connection = house.connect(principal("bob"))
    house.say(session, Subscribe(topics=("progress:kitchen",)))
    await settle()
    connection.take()
    house.pass_seconds(2.02)
    ticks = of_type(connection.take(), "progress_update")
    assert [tick["position_seconds"] for tick in ticks] == [0.48, 0.98, 1.48, 1.98]
    assert {tick["topic"] for tick in ticks} == {"progress:kitchen"}
    assert {tick["duration_seconds"] for tick in ticks} == {180.0}


async def test_nothing_ticks_for_nobody_and_for_silence(house: House) -> None:
    await play(house)
    session, connection = house.connect(principal("bob"))
    house.pass_seconds(3)
    assert of_type(connection.take(), "progress_update") == []
    house.say(session, Subscribe(topics=("progress:kitchen",)))
    await settle()
    house.pass_seconds(1)
    await house.hub.execute(PlaybackCommand(player_id="kitchen", command="pause"))
    house.pass_seconds(1)
    connection.take()
    house.pass_seconds(5)
    assert of_type(connection.take(), "progress_update") == []
    await house.hub.execute(PlaybackCommand(player_id="kitchen", command="play"))
    house.pass_seconds(1)
    assert len(of_type(connection.take(), "progress_update")) == 2
    house.say(session, Unsubscribe(topics=("progress:kitchen",)))
    house.pass_seconds(5)
    assert of_type(connection.take(), "progress_update") == []


async def test_it_tells_what_the_player_has_buffered(house: House) -> None:
    await play(house)
    player = house.hub.players.get("kitchen")
    item = player.active_playback.current
    assert item is not None
    house.pass_seconds(1)
    report = PlayerReport(
        state="playing",
        position_seconds=1.0,
        at_us=house.clock.now_us(),
        queue_item_id=item.queue_item_id,
        buffered_seconds=12.5,
    )
    house.hub.players.report(player, report)
    assert house.hub.progress.update(player).buffered_seconds == 12.5
