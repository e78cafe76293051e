"""Orders that a fed player gets directly, without a hub's timing."""

import asyncio
from typing import Any

import numpy as np
import pytest

from custom_components.moosicbox.engine.protocol.errors import QueueItemNotFound
from custom_components.moosicbox.engine.protocol.server import SynchronizedPlayback
from custom_components.moosicbox.engine.protocol.types import PlayableTrack
from custom_components.moosicbox.engine.speakers.held_announcement import SpokenAnnouncement
from custom_components.moosicbox.engine.speakers.player import FedPlayer
from custom_components.moosicbox.engine.speakers.renderer.audio import AudioSource
from custom_components.moosicbox.engine.speakers.renderer.renderer import Renderer

from . import sound
from .stage import RecordingDriver, Stage, same

pytestmark = pytest.mark.process

MILLISECOND_US = 1_000


def fed_player(stage: Stage, renderer: Renderer, driver: RecordingDriver) -> FedPlayer:
    """Return a player that gets its orders from the test."""

    async def renew(_item_id: str) -> str:
        raise QueueItemNotFound("There is no other address")

    return FedPlayer("Den", driver, renderer, stage.hub.clock.now_us, send=lambda _report: None, renew=renew)


def play_order(name: str, at_us: int, seconds: float, **more: Any) -> SynchronizedPlayback:
    """Return an order to play a file from its beginning."""
    track = PlayableTrack(track_id=name, title=name, stream_url=f"/{name}.flac", duration=seconds)
    return SynchronizedPlayback(
        command="play", queue_item_id=name, start_position=0.0, sync_time_us=at_us, rate=1.0, track=track, **more
    )


async def playing_player(
    stage: Stage, renderer: Renderer, driver: RecordingDriver, begin_us: int
) -> tuple[FedPlayer, asyncio.Task[None]]:
    """Return a player that plays from `begin_us` on, and is running."""
    player = fed_player(stage, renderer, driver)
    running = asyncio.create_task(player.run())
    player.handle_message(play_order("whole", begin_us, sound.SECONDS))
    await stage.until(lambda: player.feed is not None and driver.sent)
    return player, running


async def test_items_dont_fade_during_an_announcement(stage: Stage, renderer: Renderer) -> None:
    driver = stage.driver()
    driver.ahead_us = 300 * MILLISECOND_US
    begin_us = stage.hub.clock.now_us() + 500 * MILLISECOND_US
    player, running = await playing_player(stage, renderer, driver, begin_us)
    next_us = begin_us + round((sound.SECONDS - 0.5) * 1e6)
    faded = play_order("second", next_us, 1.0, crossfade=0.5)
    assert player.try_continue(faded)
    track = play_order("first", 0, 1.0).track
    assert track is not None
    player._mixing.announcement.spoken = SpokenAnnouncement(
        AudioSource("speech", "/first.flac"), track, next_us - 100_000, 1.0, 12.0
    )
    assert not player.try_continue(faded)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_announcement_near_an_items_end_begins_with_the_next_one(stage: Stage, renderer: Renderer) -> None:
    driver = stage.driver()
    driver.ahead_us = 300 * MILLISECOND_US
    begin_us = stage.hub.clock.now_us() + 500 * MILLISECOND_US
    player, running = await playing_player(stage, renderer, driver, begin_us)
    player.handle_message(play_order("second", begin_us + round(sound.SECONDS * 1e6), 1.0))
    assert player.feed is not None
    await stage.until(lambda: player.feed is not None and player.feed.following is not None)
    # Not what was ordered: a busy machine begins late.
    end_us = player.feed.segment.end_us
    assert end_us is not None
    track = play_order("first", 0, 1.0).track
    assert track is not None
    announcement = player._mixing.announcement
    announcement.spoken = SpokenAnnouncement(AudioSource("speech", "/first.flac"), track, end_us - 100_000, 1.0, 12.0)
    await player._mixing._mix_announcement()
    assert player.feed.segment.end_us is not None
    assert announcement.spoken.at_us >= player.feed.segment.end_us
    following = player.feed.following
    assert following is not None
    overlay = announcement.overlay(following.anchor)
    assert overlay is not None
    assert overlay.begins >= 0
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_order_for_what_follows_comes_while_an_item_is_loaded(stage: Stage, renderer: Renderer) -> None:
    driver = stage.driver()
    player = fed_player(stage, renderer, driver)
    running = asyncio.create_task(player.run())
    begin_us = stage.hub.clock.now_us() + 1_000 * MILLISECOND_US
    player.handle_message(play_order("whole", begin_us, sound.SECONDS))
    player.handle_message(play_order("second", begin_us + round(sound.SECONDS * 1e6), 1.0))
    await stage.until(lambda: driver.ended)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert same(driver.samples, np.concatenate([sound.noise(), sound.noise()[sound.CUT :]]))


async def test_a_seek_that_is_taken_back_in_time_leaves_no_gap(stage: Stage, renderer: Renderer) -> None:
    driver = stage.driver()
    driver.ahead_us = 300 * MILLISECOND_US
    begin_us = stage.hub.clock.now_us() + 500 * MILLISECOND_US
    player, running = await playing_player(stage, renderer, driver, begin_us)
    seek_us = stage.hub.clock.now_us() + 2_000 * MILLISECOND_US
    player.handle_message(play_order("whole", seek_us, sound.SECONDS))
    await asyncio.sleep(0)  # The seek is being executed.
    player.handle_message(play_order("whole", begin_us, sound.SECONDS))
    await stage.until(lambda: driver.ended)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert same(driver.samples, sound.noise())
