"""The headless player with a real mpv."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer
from homeassistant.core import HomeAssistant
import psutil
import pytest

from custom_components.moosicbox.engine.client import ClientInfo, MoosicBoxClient
from custom_components.moosicbox.engine.client.player import mpv as mpv_module, program
from custom_components.moosicbox.engine.client.player.mpv import Mpv, MpvError
from custom_components.moosicbox.engine.client.player.program import CAPABILITIES, LEAD_MS, OutputSettings, run_player
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.protocol.client import PlayerReport
from script.lib.music import SONGS
from tests.fixtures import BRASS, COPPER

from .conftest import Dial
from .test_client import until

pytestmark = pytest.mark.process

DURATION = SONGS[0].duration
ENTITY = "media_player.speaker"


@pytest.fixture
async def speaker(hass: HomeAssistant, hub: Hub, address: str, token: str) -> AsyncGenerator[MoosicBoxClient]:
    client = ClientInfo(name="Speaker", kind="player", player_id="speaker", capabilities=CAPABILITIES, lead_ms=LEAD_MS)
    connection = MoosicBoxClient(address, token=token, client=client, reconnect_delay=0.05)
    playing = asyncio.create_task(run_player(connection, OutputSettings(device="null")))
    await until(lambda: hub.players.find("speaker") is not None and connection.clock.ready)
    await hass.async_block_till_done()
    yield connection
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)


@dataclass
class SlowSong:
    """A song whose response waits: `requested` is set by the first request, `released` by the test."""

    requested: asyncio.Event
    released: asyncio.Event
    url: str = ""


def script(path: Path, *lines: str) -> str:
    """Write a shell script that is run in place of mpv, and return its path."""
    path.write_text("\n".join(("#!/bin/sh", *lines, "")), "utf-8")
    path.chmod(0o755)
    return str(path)


def children() -> set[int]:
    """Return the ids of the processes that were started as mpv."""
    return {child.pid for child in psutil.Process().children() if child.name() in ("mpv", "sleep")}


async def media_player(hass: HomeAssistant, action: str, **fields: object) -> None:
    await hass.services.async_call("media_player", action, {"entity_id": ENTITY, **fields}, blocking=True)


def last_report(hub: Hub) -> PlayerReport:
    """Return the player's last report."""
    report = hub.players.get("speaker").report
    assert report is not None
    return report


def reported(hub: Hub, **facts: object) -> bool:
    """Return whether the player's last report has these values."""
    report = last_report(hub)
    return all(getattr(report, name) == value for name, value in facts.items())


async def test_plays_seeks_pauses_and_stops(hass: HomeAssistant, hub: Hub, speaker: MoosicBoxClient) -> None:
    await media_player(hass, "play_media", media_content_id=BRASS, media_content_type="music")
    await until(lambda: reported(hub, state="playing"))
    player = hub.players.get("speaker")
    assert last_report(hub).queue_item_id == player.active_playback.queue.current_item_id
    assert last_report(hub).duration_seconds == pytest.approx(21.6)
    await media_player(hass, "media_seek", seek_position=10)
    await until(lambda: reported(hub, state="playing") and last_report(hub).position_seconds >= 10)
    await media_player(hass, "media_pause")
    await until(lambda: reported(hub, state="paused"))
    assert last_report(hub).position_seconds == pytest.approx(player.active_playback.timeline.position)
    await media_player(hass, "media_play")
    await until(lambda: reported(hub, state="playing"))
    assert last_report(hub).position_seconds >= 10
    await media_player(hass, "media_stop")
    await until(lambda: reported(hub, state="idle"))


async def test_next_item_follows_without_a_gap(hass: HomeAssistant, hub: Hub, speaker: MoosicBoxClient) -> None:
    first, *_ = await speaker.player("speaker").queue.add(media=BRASS)
    second, *_ = await speaker.player("speaker").queue.add(media=COPPER)
    await speaker.player("speaker").play(start_position=16.5)
    await until(lambda: reported(hub, state="playing", queue_item_id=first, ready_item_id=second))
    await until(lambda: reported(hub, state="playing", queue_item_id=second))
    queue = hub.players.get("speaker").active_playback.queue
    assert [item.state for item in queue.items] == ["played", "playing"]


@pytest.fixture
async def slow_song(media_folder: Path) -> AsyncGenerator[SlowSong]:
    """Serve a song that is delayed until the test releases it."""
    song = SlowSong(asyncio.Event(), asyncio.Event())

    async def serve(_request: web.Request) -> web.FileResponse:
        song.requested.set()
        await song.released.wait()
        return web.FileResponse(media_folder / "brass-morning.flac")

    app = web.Application()
    app.router.add_get("/song.flac", serve)
    async with TestServer(app) as server:
        song.url = str(server.make_url("/song.flac"))
        yield song
        song.released.set()


async def test_next_item_is_ready_once_it_is_buffered(
    hass: HomeAssistant, hub: Hub, speaker: MoosicBoxClient, slow_song: SlowSong
) -> None:
    queue = speaker.player("speaker").queue
    first, *_ = await queue.add(media=BRASS)
    second, *_ = await queue.add(media=slow_song.url)
    await speaker.player("speaker").play()
    # The next item is announced first, and must not delay the current one.
    await until(lambda: reported(hub, state="playing", queue_item_id=first))
    await until(slow_song.requested.is_set)
    await media_player(hass, "media_pause")
    await until(lambda: reported(hub, state="paused", ready_item_id=first))
    slow_song.released.set()
    await until(lambda: reported(hub, state="paused", ready_item_id=second))


async def test_end_of_the_queue_is_reported(hass: HomeAssistant, hub: Hub, speaker: MoosicBoxClient) -> None:
    (only,) = await speaker.player("speaker").queue.add(media=BRASS)
    await speaker.player("speaker").play(start_position=20.5)
    await until(lambda: reported(hub, state="idle", queue_item_id=only))
    assert hub.players.get("speaker").active_playback.queue.get(only).state == "played"


@pytest.mark.parametrize("seconds", [0.1, 0.001, 0.0])
async def test_end_is_reported_however_near_the_start_is(
    hass: HomeAssistant, hub: Hub, speaker: MoosicBoxClient, seconds: float
) -> None:
    (only,) = await speaker.player("speaker").queue.add(media=BRASS)
    await speaker.player("speaker").play(start_position=DURATION - seconds)
    queue = hub.players.get("speaker").active_playback.queue
    await until(lambda: queue.get(only).state == "played")


async def test_unplayable_item_is_skipped(
    hass: HomeAssistant, hub: Hub, speaker: MoosicBoxClient, media_folder: Path
) -> None:
    (media_folder / "noise.mp3").write_bytes(b"not audio" * 100)
    broken, *_ = await speaker.player("speaker").queue.add(media=BRASS.replace("brass-morning.flac", "noise.mp3"))
    good, *_ = await speaker.player("speaker").queue.add(media=BRASS)
    await speaker.player("speaker").play(queue_item_id=broken)
    await until(lambda: reported(hub, state="playing", queue_item_id=good))
    assert hub.players.get("speaker").active_playback.queue.get(broken).state == "skipped"


async def test_volume_is_applied_and_not_echoed(hass: HomeAssistant, hub: Hub, speaker: MoosicBoxClient) -> None:
    await media_player(hass, "volume_set", volume_level=0.3)
    await media_player(hass, "play_media", media_content_id=BRASS, media_content_type="music")
    await until(lambda: reported(hub, state="playing"))
    assert last_report(hub).volume is None
    assert hub.players.get("speaker").volume == 0.3


async def test_mpv_is_restarted_after_a_crash(
    hass: HomeAssistant, hub: Hub, speaker: MoosicBoxClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "REOPEN_DELAY", 0.05)
    await media_player(hass, "play_media", media_content_id=BRASS, media_content_type="music")
    await until(lambda: reported(hub, state="playing"))
    (mpv,) = [child for child in psutil.Process().children() if child.name() == "mpv"]
    mpv.kill()
    before = hub.players.get("speaker").report
    await until(lambda: hub.players.get("speaker").report is not before and reported(hub, state="playing"))
    assert [child.pid for child in psutil.Process().children() if child.name() == "mpv"] != [mpv.pid]


async def test_mpv_that_does_not_answer_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = script(tmp_path / "mpv", "exec sleep 600")
    monkeypatch.setattr(mpv_module, "ANSWER_TIMEOUT", 0.01)
    before = children()
    with pytest.raises(MpvError, match="doesn't answer"):
        await Mpv(program=silent).start()
    assert children() == before


async def test_player_ends_mpv_when_it_is_cancelled_before_mpv_answers(
    address: str, token: str, tmp_path: Path
) -> None:
    silent = script(tmp_path / "mpv", "exec sleep 600")
    before = children()
    connection = MoosicBoxClient(address, token=token, client=ClientInfo(name="Speaker", kind="player", player_id="s"))
    playing = asyncio.create_task(run_player(connection, OutputSettings(device="null", mpv=silent)))
    await until(lambda: children() != before)
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)
    assert children() == before


async def test_mpv_is_started_until_one_answers(
    hass: HomeAssistant, hub: Hub, address: str, token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "REOPEN_DELAY", 0.05)
    # Each start that finds the file gets no answer, and removes the file.
    hang = tmp_path / "hang"
    wrapper = script(tmp_path / "mpv", f"rm {hang} 2>/dev/null && exec sleep 600", 'exec mpv "$@"')
    client = ClientInfo(name="Speaker", kind="player", player_id="speaker", capabilities=CAPABILITIES, lead_ms=LEAD_MS)
    connection = MoosicBoxClient(address, token=token, client=client, reconnect_delay=0.05)
    before = children()
    playing = asyncio.create_task(run_player(connection, OutputSettings(device="null", mpv=wrapper)))
    try:
        await until(lambda: hub.players.find("speaker") is not None and connection.clock.ready)
        await hass.async_block_till_done()
        monkeypatch.setattr(mpv_module, "ANSWER_TIMEOUT", 3.0)
        hang.touch()
        (first,) = children() - before
        psutil.Process(first).kill()
        await until(lambda: not hang.exists())
        await media_player(hass, "play_media", media_content_id=BRASS, media_content_type="music")
        await until(lambda: hub.players.get("speaker").report is not None and reported(hub, state="playing"))
        assert len(children() - before) == 1
    finally:
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
    assert children() == before


async def test_prepares_and_plays_in_a_room(
    hass: HomeAssistant, hub: Hub, speaker: MoosicBoxClient, dial: Dial
) -> None:
    host = await dial(name="Host")
    room = await host.create_room("Jazz", id="jazz")
    await room.join(player_id="speaker")
    other = await dial(client=ClientInfo(name="Other", kind="player", player_id="other"))
    await other.room("jazz").join()
    (only,) = await room.queue.add(media=BRASS)
    playing = asyncio.create_task(room.play())
    await until(lambda: reported(hub, ready_item_id=only))
    await until(lambda: reported(hub, state="playing", queue_item_id=only))
    await playing
    await room.pause()
    await until(lambda: reported(hub, state="paused", queue_item_id=only))
