"""Episodes and audiobooks at another speed: the pitch stays, and positions stay those of the item."""

from typing import Any

import pytest

from custom_components.moosicbox.engine.protocol.client import ModeCommand, PlaybackCommand, QueueAdd, SeekCommand
from custom_components.moosicbox.engine.speakers.renderer.audio import AudioFormat, AudioSource, Overlay
from custom_components.moosicbox.engine.speakers.renderer.renderer import Renderer
from custom_components.moosicbox.engine.speakers.renderer.rendering import ChunkReader

from . import sound
from .stage import RecordingDriver, Stage
from .test_renderer import FLAC, PCM, samples

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("slow_time")]

WINDOW = 0.06
"""Seconds of sound whose pitch is read."""
EXACT = 0.05
"""Seconds of sound by which a position may differ: the filter moves pieces of this length."""
SPEEDS = (0.5, 0.75, 1.25, 1.5, 2.0, 3.0)


def window(rendered: sound.Samples, seconds: float) -> sound.Samples:
    """Return the sound from a time on."""
    first = round(seconds * sound.RATE)
    return rendered[first : first + round(WINDOW * sound.RATE)]


@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize("position", [0.0, 4.3])
async def test_the_pitch_is_kept_and_positions_are_right(renderer: Renderer, speed: float, position: float) -> None:
    source = AudioSource("item", "/steps.flac", speed=speed)
    reader = renderer.open(source, position / speed, PCM)
    rendered = await samples(reader)
    assert reader.duration == pytest.approx(sound.STEPS / speed, abs=2 * EXACT)
    for second in range(int(position) + 1, sound.STEPS):
        changes = (second - position) / speed
        before = sound.second_of(window(rendered, changes - EXACT - WINDOW))
        after = sound.second_of(window(rendered, changes + EXACT))
        assert (round(before, 1), round(after, 1)) == (
            pytest.approx(second - 1, abs=0.2),
            pytest.approx(second, abs=0.2),
        )


async def test_the_first_sample_has_its_place(renderer: Renderer) -> None:
    reader = renderer.open(AudioSource("item", "/steps.flac", speed=2.0), 3.0, FLAC)
    chunk = await reader.next()
    assert chunk is not None
    assert chunk.start == 3 * sound.RATE


async def test_a_reader_that_joins_shares_the_rendering(renderer: Renderer) -> None:
    source = AudioSource("item", "/steps.flac", speed=2.0)
    first = renderer.open(source, 0.0, PCM)
    whole = await samples(first)
    second = renderer.open(source, 1.5, PCM)
    second.skip_to(1.5)
    rest = await samples(second)
    assert len(renderer) == 1
    assert (rest == whole[-len(rest) :]).all()
    assert len(renderer.open(AudioSource("item", "/steps.flac"), 0.0, PCM).source.address) > 0
    assert len(renderer) == 2, "another speed is another rendering"


async def test_an_announcement_keeps_its_own_speed(renderer: Renderer) -> None:
    spoken = AudioSource("spoken", "/steps.flac")
    overlay = Overlay(source=spoken, begins=2.0, seconds=float(sound.STEPS), ducking_db=90.0)
    reader = renderer.open(
        AudioSource("item", "/steps.flac", speed=3.0), 0.0, AudioFormat(codec="pcm", rates=(sound.RATE,)), overlay
    )
    rendered = await samples(reader)
    assert sound.second_of(window(rendered, 1.5)) == pytest.approx(4, abs=0.2), "4.5 s of the item"
    assert sound.second_of(window(rendered, 2.5)) == pytest.approx(0, abs=0.2), "0.5 s of the announcement"
    assert sound.second_of(window(rendered, 3.5)) == pytest.approx(1, abs=0.2), "1.5 s of the announcement"


async def play_book(stage: Stage, speed: float) -> RecordingDriver:
    """Play a book of one file on a new speaker."""
    stage.files.tracks["steps.flac"] = {"duration": float(sound.STEPS), "spoken": True}
    driver = await stage.add("kitchen")
    await stage.do(ModeCommand(player_id="kitchen", speed=speed))
    await stage.do(QueueAdd(player_id="kitchen", track_ids=("steps.flac",), play=True))
    await stage.until(lambda: stage.reported("kitchen", state="playing"))
    return driver


async def assert_in_time(stage: Stage, driver: RecordingDriver) -> None:
    """Assert that the sound that is sent is that of the positions which the player reports."""

    def has_followed() -> bool:
        """Return whether the player has reported that it follows the latest order, and sent a second of sound."""
        timeline, report = stage.player("kitchen").active_playback.timeline, stage.player("kitchen").report
        if report is None or report.state != "playing" or report.at_us < timeline.anchor_us:
            return False
        # The hub leaves a quarter of a second to a player that is alone.
        follows = abs(report.position_seconds - timeline.position_at(report.at_us)) < 0.3
        return follows and driver.sent[-1].play_at_us > timeline.anchor_us + 1_000_000

    await stage.until(has_followed)
    timeline, report = stage.player("kitchen").active_playback.timeline, stage.player("kitchen").report
    assert report is not None
    checked = 0
    for sent in driver.sent:
        position = report.position_seconds + timeline.rate * (sent.play_at_us - report.at_us) / 1e6
        end = position + timeline.rate * sent.duration_us / 1e6
        margin = EXACT * timeline.rate
        # Within one second of the item, and since the latest order.
        if sent.play_at_us < timeline.anchor_us or int(position - margin) != int(end + margin) or position < margin:
            continue
        heard = sound.second_of(sound.decode(sent.header, [sent.chunk]))
        assert heard == pytest.approx(int(position), abs=0.45), (position, heard)
        checked += 1
    assert checked > 5


@pytest.mark.parametrize("speed", [0.5, 2.0, 3.0])
async def test_a_speaker_plays_a_book_at_a_speed(stage: Stage, speed: float) -> None:
    driver = await play_book(stage, speed)
    timeline = stage.player("kitchen").active_playback.timeline
    assert timeline.rate == speed
    await stage.until(lambda: timeline.position_at(stage.hub.clock.now_us()) > 2.5)
    await assert_in_time(stage, driver)
    assert stage.player("kitchen").active_playback.duration == sound.STEPS


async def test_the_speed_changes_while_it_plays(stage: Stage) -> None:
    driver = await play_book(stage, 1.0)
    await stage.until(lambda: driver.is_heard)
    await stage.do(ModeCommand(player_id="kitchen", speed=2.0))
    playback = stage.player("kitchen").active_playback
    assert playback.timeline.rate == 2.0
    anchor = playback.timeline.position
    await stage.until(lambda: playback.timeline.position_at(stage.hub.clock.now_us()) > anchor + 3)
    await assert_in_time(stage, driver)
    await stage.do(SeekCommand(player_id="kitchen", position_seconds=9.0))
    await stage.until(lambda: playback.timeline.position_at(stage.hub.clock.now_us()) > 10.5)
    await assert_in_time(stage, driver)
    await stage.do(PlaybackCommand(player_id="kitchen", command="pause"))
    await stage.until(lambda: stage.reported("kitchen", state="paused"))
    assert playback.timeline.position > 10


async def test_a_pause_makes_the_place_ready_at_the_same_speed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = await play_book(stage, 2.0)
    await stage.until(lambda: driver.is_heard)
    opened: list[tuple[float, float]] = []
    original = stage.renderer.open

    def open_and_note(source: AudioSource, position: float, *more: Any) -> ChunkReader:
        opened.append((source.speed, position))
        return original(source, position, *more)

    monkeypatch.setattr(stage.renderer, "open", open_and_note)
    await stage.do(PlaybackCommand(player_id="kitchen", command="pause"))
    await stage.until(lambda: stage.reported("kitchen", state="paused") and opened)
    paused_at = stage.player("kitchen").active_playback.timeline.position
    assert opened == [(2.0, pytest.approx(paused_at / 2))]


async def test_a_book_ends_where_it_ends(stage: Stage) -> None:
    await play_book(stage, 3.0)
    await stage.until(lambda: stage.finished("kitchen"))
    playback = stage.player("kitchen").active_playback
    assert [item.state for item in playback.queue.items] == ["played"]


async def test_music_keeps_its_speed(stage: Stage) -> None:
    driver = await stage.add("kitchen")
    await stage.do(ModeCommand(player_id="kitchen", speed=2.0))
    await stage.do(QueueAdd(player_id="kitchen", track_ids=("whole.flac",), play=True))
    await stage.until(lambda: stage.finished("kitchen"))
    assert (driver.samples == sound.noise()).all()
