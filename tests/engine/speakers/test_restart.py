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
from .stage import Stage, stage

pytestmark = pytest.mark.process

PLACE = 0.6
LONG_SECONDS = 240


async def state_in_mid_song(house: Stage, *last: Request) -> dict[str, Any]:
    """Return what the hub stores when a speaker has played for a while, and has obeyed these commands."""
    output = await house.add("den")
    await house.do(QueueAdd(player_id="den", media_content_id="whole.flac"))
    await house.do(PlaybackCommand(player_id="den", command="play"))
    await house.until(lambda: house.reported("den", state="playing") and output.is_heard)
    await house.do(SeekCommand(player_id="den", position_seconds=PLACE))
    for command in last:
        await house.do(command)
    assert house.store.state is not None
    return house.store.state()


async def test_goes_on_where_it_was(house: Stage, renderer: Renderer) -> None:
    kept = await state_in_mid_song(house)
    (stored,) = kept["players"]
    async with stage(renderer, kept) as restarted:
        output = await restarted.add("den")
        await restarted.until(lambda: restarted.finished("den"))
        assert output.sent[0].chunk.start / sound.RATE == pytest.approx(stored["playback"]["position"], abs=0.05)
        assert output.sent[-1].chunk.end == len(sound.noise())


async def test_is_paused_after_a_long_time(house: Stage, renderer: Renderer) -> None:
    kept = await state_in_mid_song(house)
    kept["players"][0]["playback"]["playing_at"] -= LONG_SECONDS
    async with stage(renderer, kept) as restarted:
        await restarted.add("den")
        timeline = restarted.player("den").active_playback.timeline
        assert (timeline.state, timeline.position) == ("paused", kept["players"][0]["playback"]["position"])
        assert restarted.player("den").active_playback.suspended is None


async def test_stays_paused(house: Stage, renderer: Renderer) -> None:
    kept = await state_in_mid_song(house, PlaybackCommand(player_id="den", command="pause"))
    async with stage(renderer, kept) as restarted:
        await restarted.add("den")
        assert restarted.player("den").active_playback.timeline.state == "paused"


async def test_a_room_goes_on_in_step(house: Stage, renderer: Renderer) -> None:
    await house.do(RoomCreate(name="All", id="all"))
    for name in ("den", "attic"):
        await house.add(name)
        await house.do(RoomJoin(room_id="all", player_id=name))
    await house.do(QueueAdd(room_id="all", media_content_id="whole.flac"))
    await house.do(PlaybackCommand(room_id="all", command="play"))
    await house.until(lambda: all(house.reported(name, state="playing") for name in ("den", "attic")))
    assert house.store.state is not None
    async with stage(renderer, house.store.state()) as restarted:
        outputs = [await restarted.add(name) for name in ("den", "attic")]
        await restarted.until(lambda: all(restarted.finished(name) for name in ("den", "attic")))
        times = [{sent.chunk.start: sent.play_at_us for sent in output.sent} for output in outputs]
        both = times[0].keys() & times[1].keys()
        assert both
        assert all(times[0][start] == times[1][start] for start in both)
