"""A speaker that is fed, and a hub that is restarted in mid-song."""

from typing import Any

import pytest

from custom_components.moosicbox.engine.protocol.client import (
    PlaybackCommand,
    QueueAdd,
    Request,
    RoomCreate,
    RoomJoin,
    SeekCommand,
)
from custom_components.moosicbox.engine.speakers.renderer.renderer import Renderer

from . import sound
from .stage import Stage, running_stage

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("slow_time")]

PLACE = 0.6
LONG_SECONDS = 240


async def state_in_mid_song(stage: Stage, *last: Request) -> dict[str, Any]:
    """Return what the hub stores when a speaker has played for a while, and has obeyed these commands."""
    driver = await stage.add("den")
    await stage.do(QueueAdd(player_id="den", media_content_id="whole.flac"))
    await stage.do(PlaybackCommand(player_id="den", command="play"))
    await stage.until(lambda: stage.reported("den", state="playing") and driver.is_heard)
    await stage.do(SeekCommand(player_id="den", position_seconds=PLACE))
    for command in last:
        await stage.do(command)
    assert stage.store.state is not None
    return stage.store.state()


async def test_goes_on_where_it_was(stage: Stage, renderer: Renderer) -> None:
    kept = await state_in_mid_song(stage)
    (stored,) = kept["players"]
    async with running_stage(renderer, kept) as restarted:
        driver = await restarted.add("den")
        await restarted.until(lambda: restarted.finished("den"))
        assert driver.sent[0].chunk.start / sound.RATE == pytest.approx(stored["playback"]["position"], abs=0.05)
        assert driver.sent[-1].chunk.end == len(sound.noise())


async def test_is_paused_after_a_long_time(stage: Stage, renderer: Renderer) -> None:
    kept = await state_in_mid_song(stage)
    kept["players"][0]["playback"]["playing_at"] -= LONG_SECONDS
    async with running_stage(renderer, kept) as restarted:
        await restarted.add("den")
        timeline = restarted.player("den").active_playback.timeline
        assert (timeline.state, timeline.position) == ("paused", kept["players"][0]["playback"]["position"])
        assert restarted.player("den").active_playback.suspended is None


async def test_stays_paused(stage: Stage, renderer: Renderer) -> None:
    kept = await state_in_mid_song(stage, PlaybackCommand(player_id="den", command="pause"))
    async with running_stage(renderer, kept) as restarted:
        await restarted.add("den")
        assert restarted.player("den").active_playback.timeline.state == "paused"


async def test_a_room_goes_on_in_step(stage: Stage, renderer: Renderer) -> None:
    await stage.do(RoomCreate(name="All", id="all"))
    for name in ("den", "attic"):
        await stage.add(name)
        await stage.do(RoomJoin(room_id="all", player_id=name))
    await stage.do(QueueAdd(room_id="all", media_content_id="whole.flac"))
    await stage.do(PlaybackCommand(room_id="all", command="play"))
    await stage.until(lambda: all(stage.reported(name, state="playing") for name in ("den", "attic")))
    assert stage.store.state is not None
    async with running_stage(renderer, stage.store.state()) as restarted:
        drivers = [await restarted.add(name) for name in ("den", "attic")]
        await restarted.until(lambda: all(restarted.finished(name) for name in ("den", "attic")))
        times = [{sent.chunk.start: sent.play_at_us for sent in driver.sent} for driver in drivers]
        both = times[0].keys() & times[1].keys()
        assert both
        assert all(times[0][start] == times[1][start] for start in both)
