"""Progress updates are published at 2 Hz while there are subscribers and playback."""

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
from tests.engine.fakes import Harness, of_type, principal, settle


@pytest.fixture
async def harness() -> AsyncGenerator[Harness]:
    """A hub with one player."""
    harness = Harness()
    await harness.hub.start()
    harness.connect(principal(), player_id="kitchen")
    yield harness
    await harness.hub.stop(CloseCode.GOING_AWAY, "shutdown")


async def play(harness: Harness) -> None:
    await harness.hub.execute(QueueAdd(player_id="kitchen", track_id="song"))
    await harness.hub.execute(PlaybackCommand(player_id="kitchen", command="play"))


async def test_subscribers_get_updates(harness: Harness) -> None:
    await play(harness)
    session, connection = harness.connect(principal("bob"))
    harness.say(session, Subscribe(topics=("progress:kitchen",)))
    await settle()
    connection.take()
    harness.pass_seconds(2.02)
    ticks = of_type(connection.take(), "progress_update")
    assert [tick["position_seconds"] for tick in ticks] == [0.48, 0.98, 1.48, 1.98]
    assert {tick["topic"] for tick in ticks} == {"progress:kitchen"}
    assert {tick["duration_seconds"] for tick in ticks} == {180.0}


async def test_no_updates_without_subscribers_or_playback(harness: Harness) -> None:
    await play(harness)
    session, connection = harness.connect(principal("bob"))
    harness.pass_seconds(3)
    assert of_type(connection.take(), "progress_update") == []
    harness.say(session, Subscribe(topics=("progress:kitchen",)))
    await settle()
    harness.pass_seconds(1)
    await harness.hub.execute(PlaybackCommand(player_id="kitchen", command="pause"))
    harness.pass_seconds(1)
    connection.take()
    harness.pass_seconds(5)
    assert of_type(connection.take(), "progress_update") == []
    await harness.hub.execute(PlaybackCommand(player_id="kitchen", command="play"))
    harness.pass_seconds(1)
    assert len(of_type(connection.take(), "progress_update")) == 2
    harness.say(session, Unsubscribe(topics=("progress:kitchen",)))
    harness.pass_seconds(5)
    assert of_type(connection.take(), "progress_update") == []


async def test_updates_contain_the_buffered_seconds(harness: Harness) -> None:
    await play(harness)
    player = harness.hub.players.get("kitchen")
    item = player.active_playback.current
    assert item is not None
    harness.pass_seconds(1)
    report = PlayerReport(
        state="playing",
        position_seconds=1.0,
        at_us=harness.clock.now_us(),
        queue_item_id=item.queue_item_id,
        buffered_seconds=12.5,
    )
    harness.hub.players.report(player, report)
    assert harness.hub.progress.update(player).buffered_seconds == 12.5
