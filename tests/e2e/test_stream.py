"""The player decodes items while they arrive: on pages loaded over plain HTTP from a name, and on localhost."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

from playwright.async_api import Request, expect
import pytest
import pytest_asyncio
import pytest_socket

from script.lib.music import SONGS

from .conftest import OpenTab
from .home import Home
from .tabs import Tabs
from .test_player import POSITION, PlayerTab, become_player

NAMED: Final = "home.test"
"""A page loaded over plain HTTP from a name is no secure context: it has neither WebCodecs nor AudioWorklet."""
LONG_SECONDS: Final = 120
FORMATS: Final = {
    "flac": (),
    "mp3": ("-q:a", "4"),
    "m4a": ("-c:a", "aac"),
    "opus": ("-c:a", "libopus"),
    "ogg": ("-c:a", "libvorbis"),
}
CROSSFADE_SECONDS: Final = 3
SAW: Final = "aevalsrc='0.8*mod(n,1000)/1000-0.4':s=44100:d=12"
FIRST_SAMPLES: Final = 6 * 44_100 + 1_234
STATUS: Final = "() => window.moosicbox.player.status"
MEDIA: Final = "media-source://media_source/local"


async def ffmpeg(folder: Path, *arguments: str) -> None:
    """Run ffmpeg in a folder."""
    process = await asyncio.create_subprocess_exec(
        "ffmpeg", "-nostdin", "-loglevel", "error", "-y", *arguments, cwd=folder
    )
    assert await process.wait() == 0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def files(home: Home) -> AsyncGenerator[None]:
    """Provide long items of all formats, and two tracks without a gap."""
    folder = home.folder.media / "streams"
    folder.mkdir()
    noise = f"anoisesrc=c=pink:a=0.3:r=44100:d={LONG_SECONDS}:seed=1"
    await ffmpeg(folder, "-f", "lavfi", "-i", noise, "-ac", "2", "-sample_fmt", "s16", "long.flac")
    for suffix, arguments in FORMATS.items():
        if suffix != "flac":
            await ffmpeg(folder, "-i", "long.flac", *arguments, f"long.{suffix}")
    await ffmpeg(folder, "-f", "lavfi", "-i", SAW, "-sample_fmt", "s16", "saw.flac")
    await ffmpeg(folder, "-i", "saw.flac", "-af", f"atrim=end_sample={FIRST_SAMPLES}", "first.flac")
    await ffmpeg(folder, "-i", "saw.flac", "-af", f"atrim=start_sample={FIRST_SAMPLES},asetpts=N/SR/TB", "second.flac")
    fragments = ("-c:a", "aac", "-movflags", "+frag_keyframe+empty_moov", "-frag_duration", "1000000")
    await ffmpeg(folder, "-i", "first.flac", *fragments, "fragments.m4a")
    yield
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=[None, NAMED])
async def shared_player(
    home: Home, tabs: Tabs, files: None, request: pytest.FixtureRequest
) -> AsyncGenerator[PlayerTab]:
    """A tab that is a player, at a loopback address or at a name."""
    pytest_socket.enable_socket()
    url = home.url if request.param is None else home.url.replace("127.0.0.1", request.param)
    tab = await tabs.open("/moosicbox", url=url)
    assert await tab.page.evaluate("isSecureContext") is (request.param is None)
    player = await become_player(home, tab, f"Streams at {request.param}")
    yield player
    await player.forget()
    await tabs.give_back(tab)


@pytest_asyncio.fixture(loop_scope="session")
async def player(shared_player: PlayerTab) -> PlayerTab:
    """The tab's player, idle and with an empty queue."""
    await shared_player.reset()
    return shared_player


async def test_all_formats_play_and_seek(player: PlayerTab) -> None:
    for suffix in FORMATS:
        await player.play(f"{MEDIA}/streams/long.{suffix}")
        await player.wait_until_heard()
        await player.wait_until_past(0.5)
        status = await player.page.evaluate(STATUS)
        assert (status["path"], status["fallback"], status["saving"]) == ("stream", None, False), suffix
        assert status["duration"] == pytest.approx(LONG_SECONDS, abs=0.1)
        assert status["buffered"] < 40

        await player.call("media_seek", seek_position=90)
        await player.wait_until_past(90)
        await player.wait_until_heard()
        await player.call("media_seek", seek_position=10)
        await player.page.wait_for_function(f"() => ({POSITION})() > 10 && ({POSITION})() < 20")
        await player.wait_until_heard()
        # Otherwise, the next format's checks could see this one.
        await player.call("media_stop")
        await player.wait_until_silent()
    assert player.tab.errors == []


async def test_few_ranges_of_a_large_file_are_fetched_and_none_twice(player: PlayerTab, home: Home) -> None:
    ranges: list[str] = []

    def requested(request: Request) -> None:
        if "long.flac" in request.url:
            ranges.append(request.headers.get("range", "all of it"))

    player.page.on("request", requested)
    await player.play(f"{MEDIA}/streams/long.flac")
    await player.wait_until_past(3)
    await player.call("media_seek", seek_position=100)
    await player.wait_until_past(101)
    size = (home.folder.media / "streams" / "long.flac").stat().st_size
    assert size > 7_000_000
    assert len(set(ranges)) == len(ranges) <= 8, ranges
    firsts = [int(one.removeprefix("bytes=").partition("-")[0]) for one in ranges]
    assert not any(size * 0.4 < first < size * 0.7 for first in firsts), ranges


async def test_the_fallback_of_an_item_is_shown(player: PlayerTab) -> None:
    await player.play(f"{MEDIA}/streams/fragments.m4a")
    await player.wait_until_heard()
    status = await player.page.evaluate(STATUS)
    assert (status["path"], status["fallback"]) == ("memory", "format")
    await expect(player.page.get_by_text("can't be decoded while it loads")).to_be_visible()
    await player.tab.screenshot("player-not-streamed")
    await player.play(f"{MEDIA}/streams/long.flac")
    await expect(player.page.get_by_text("can't be decoded while it loads")).to_be_hidden()


async def test_the_data_saver_fetches_a_small_stream(player: PlayerTab, home: Home) -> None:
    found = await home.api.ask("moosicbox.search_library", query=SONGS[0].title, kinds=["track"])
    await player.page.get_by_text("Data saver", exact=True).click()
    choice = player.page.get_by_label("Load smaller files")
    await choice.select_option("on")
    await player.play(f"media-source://moosicbox/track/{found['items'][0]['track_id']}")
    await player.wait_until_heard()
    status = await player.page.evaluate(STATUS)
    assert (status["path"], status["saving"]) == ("stream", True)
    await expect(player.page.get_by_text("A smaller file is playing")).to_be_visible()
    await player.tab.screenshot("player-data-saver")
    await player.page.reload()
    await player.wait_until_heard()
    await player.page.get_by_text("Data saver", exact=True).click()
    await expect(choice).to_have_value("on")
    await choice.select_option("auto")


async def test_no_sample_is_lost_or_doubled_between_two_tracks(home: Home, new_tab: OpenTab, files: None) -> None:
    tab = await new_tab()
    await tab.page.add_init_script(path=Path(__file__).with_name("continuity.js"))
    await tab.page.goto("/moosicbox")
    player = await become_player(home, tab, "gapless")
    if await tab.page.evaluate("new AudioContext().sampleRate") != 44_100:
        pytest.skip("the output has another sample rate than the files; tests/frontend/stream tests that")
    await player.call("volume_set", volume_level=1)
    await player.wait_for_state("idle", volume_level=1)
    await player.play(f"{MEDIA}/streams/first.flac")
    await player.play(f"{MEDIA}/streams/second.flac", enqueue="add")
    await tab.page.wait_for_function(f"continuity().heard > {FIRST_SAMPLES + 3 * 44_100}")
    assert await tab.page.evaluate("continuity().breaks") == []
    await player.forget()


async def test_tracks_are_mixed_for_the_crossfade(home: Home, new_tab: OpenTab, files: None) -> None:
    folder = home.folder.media / "streams"
    for name, side in ("left", "c0=c0|c1=0*c0"), ("right", "c0=0*c0|c1=c0"):
        await ffmpeg(folder, "-f", "lavfi", "-i", "sine=d=14", "-af", f"pan=stereo|{side}", f"{name}.flac")
    await home.api.set_options(sound={"crossfade": CROSSFADE_SECONDS})
    tab = await new_tab()
    await tab.page.add_init_script(path=Path(__file__).with_name("overlap.js"))
    await tab.page.goto("/moosicbox")
    player = await become_player(home, tab, "crossfade")
    await player.call("volume_set", volume_level=1)
    await player.wait_for_state("idle", volume_level=1)
    await player.play(f"{MEDIA}/streams/left.flac")
    await player.play(f"{MEDIA}/streams/right.flac", enqueue="add")
    await player.wait_for_state("playing", media_title="right")
    await player.wait_until_past(CROSSFADE_SECONDS + 2)
    left, right, both = await tab.page.evaluate("overlap()")
    assert left > both < right
    # A fade is nearly silent at its beginning and its end.
    assert CROSSFADE_SECONDS * 0.8 < both <= CROSSFADE_SECONDS + 0.1
    await player.forget()
    await home.api.set_options()


async def test_an_announcement_is_heard_over_the_music(player: PlayerTab, home: Home) -> None:
    await ffmpeg(home.folder.media / "streams", "-f", "lavfi", "-i", "sine=d=2", "spoken.wav")
    await player.play(f"{MEDIA}/streams/long.flac")
    await player.wait_until_past(1)
    await player.play(f"{MEDIA}/streams/spoken.wav", announce=True)
    await player.page.wait_for_function(f"() => ({STATUS})().endedAnnouncementId")
    status = await player.page.evaluate(STATUS)
    assert (status["state"], status["position"] > 2) == ("playing", True)
    await player.wait_until_heard()
    assert player.tab.errors == []
