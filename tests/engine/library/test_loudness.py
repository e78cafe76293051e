"""Loudness: read from tags or measured by a real ffmpeg, and sent to players."""

import asyncio
from collections.abc import AsyncGenerator, Callable
import errno
from io import BufferedReader
import os
from pathlib import Path
import shutil
import subprocess

from msgspec import UNSET
import pytest

from custom_components.moosicbox.engine.library import loudness
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.models import TrackDetails
from script.lib.sounds import Sounds, tag

pytestmark = pytest.mark.process


@pytest.fixture
async def library(tmp_path: Path, music: Path, forks: None, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Library]:
    """A library that measures."""
    monkeypatch.setattr(loudness, "PAUSE_FACTOR", 0)
    found = Library(tmp_path / "index/library.db", [music], 0, ffmpeg=shutil.which("ffmpeg"), measures_loudness=True)
    await found.start()
    yield found
    await found.stop()


def tone(path: Path, decibels: float) -> Path:
    """Write three seconds of a tone of known loudness: a full sine of 1 kHz in mono has -3 LUFS."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sound = f"aevalsrc='sin(2*PI*1000*t)*{10 ** (decibels / 20)}':d=3:s=48000"
    subprocess.run(  # noqa: S603 - our own words
        ["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", sound, path],  # noqa: S607
        check=True,
    )
    return path


async def details(library: Library) -> dict[str, TrackDetails]:
    """All tracks by title."""
    return {track.title: await library.track(track.track_id) for track in (await library.get_tracks()).items}


async def until(library: Library, holds: Callable[[dict[str, TrackDetails]], bool]) -> dict[str, TrackDetails]:
    """Return the tracks as soon as `holds` is true for them."""
    while not holds(found := await details(library)):  # noqa: ASYNC110 - the meter reports nothing
        await asyncio.sleep(0.02)
    return found


def measured(found: dict[str, TrackDetails]) -> bool:
    return all(track.track_gain is not None and track.album_gain is not None for track in found.values())


async def test_files_without_loudness_tags_are_measured(music: Path, library: Library) -> None:
    tag(tone(music / "loud.flac", -3), title="Loud", artist="A", album="B", tracknumber="1")
    tag(tone(music / "quiet.flac", -23), title="Quiet", artist="A", album="B", tracknumber="2")
    library.follow_folders()
    await library.scan()
    found = await until(library, lambda found: len(found) == 2 and measured(found))
    assert found["Loud"].track_gain == pytest.approx(-12, abs=0.5)
    assert found["Quiet"].track_gain == pytest.approx(8, abs=0.5)
    assert found["Loud"].track_peak == pytest.approx(0.708, abs=0.01)
    # Half of the album is a hundred times quieter, so the other half sets the album's loudness.
    for track in found.values():
        assert track.album_gain == pytest.approx(-9, abs=0.6)
        assert track.album_peak == pytest.approx(0.708, abs=0.01)


async def test_loudness_tags_replace_a_measurement(music: Path, library: Library) -> None:
    tag(tone(music / "a.flac", -3), title="A", replaygain_track_gain="-1.5 dB", replaygain_track_peak="0.5")
    library.follow_folders()
    await library.scan()
    await library._database.read(lambda _: None)
    (track,) = (await details(library)).values()
    assert (track.track_gain, track.track_peak) == (-1.5, 0.5)


async def test_a_measurement_is_kept_when_tags_change_and_dropped_when_the_sound_does(
    music: Path, library: Library
) -> None:
    path = tone(music / "x.flac", -3)
    tag(path, title="X", artist="A")
    library.follow_folders()
    await library.scan()
    await until(library, lambda found: all(track.track_gain is not None for track in found.values()))
    await stop_measuring(library)
    tag(path, title="Y", artist="B", album="C")
    await library.scan()
    (track,) = (await details(library)).values()
    assert track.track_gain == pytest.approx(-12, abs=0.5)
    path.unlink()
    tag(tone(path, -13), title="Z")
    await library.scan()
    (track,) = (await details(library)).values()
    assert (track.title, track.track_gain) == ("Z", None)


async def stop_measuring(library: Library) -> None:
    """Stop the background measurement."""
    assert library._meter is not None
    await library._meter.stop()


async def test_silence_and_broken_files_are_tried_once(sounds: Sounds, music: Path, library: Library) -> None:
    tone(music / "silence.flac", -200)
    broken = sounds.put(music / "broken.flac")
    data = broken.read_bytes()
    broken.write_bytes(data[:100] + bytes(len(data) - 100))
    library.follow_folders()
    await library.scan()
    times = "SELECT count(*) FROM tracks WHERE measured_at = 0"
    while await library._database.read(lambda index: index.execute(times).fetchone()[0]):  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    assert {track.track_gain for track in (await details(library)).values()} == {None}


@pytest.mark.parametrize("function", ["_root_of", "_open"])
async def test_a_file_whose_disk_is_away_is_measured_later(
    music: Path, library: Library, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    monkeypatch.setattr(loudness, "POLL_SECONDS", 0.01)
    tag(tone(music / "a.flac", -3), title="A", album="B")
    tag(tone(music / "b.flac", -3), title="B", album="B")
    tries: list[Path] = []
    assert library._meter is not None
    find, open_file = library._meter._root_of, loudness.open_inside

    def is_away(path: Path) -> bool:
        tries.append(path)
        return len(tries) < 4

    def open_inside(root: Path | bytes, path: Path | bytes) -> BufferedReader:
        if is_away(Path(os.fsdecode(path))):
            raise TimeoutError(errno.ETIMEDOUT, "The disk doesn't respond")
        return open_file(root, path)

    if function == "_open":
        monkeypatch.setattr(loudness, "open_inside", open_inside)
    else:
        monkeypatch.setattr(library._meter, "_root_of", lambda path: None if is_away(path) else find(path))
    library.follow_folders()
    await library.scan()
    await until(library, lambda found: len(found) == 2 and measured(found))
    # One file that can't be opened doesn't keep the others from being measured.
    assert tries[0] != tries[1]


async def test_it_can_be_switched_off(music: Path, library: Library) -> None:
    await library.configure([music], 0, measures_loudness=False)
    tag(tone(music / "a.flac", -3), title="A", album="B")
    library.follow_folders()
    await library.scan()
    assert library._meter is not None
    assert library._meter._task is None
    await library.configure([music], 0, measures_loudness=True)
    await until(library, measured)
    await library.configure([music], 0, measures_loudness=False)
    assert library._meter._task is None


async def test_gains_are_absent_where_they_are_unknown(sounds: Sounds, music: Path, tmp_path: Path) -> None:
    library = Library(tmp_path / "other.db", [music], 0)
    sounds.put(music / "a.mp3", title="A")
    sounds.put(music / "b.mp3", title="B", replaygain_track_gain="2 dB")
    await library.start()
    await library.scan()
    found = {track.title: track for track in (await library.get_tracks()).items}
    await library.stop()
    assert (found["A"].track_gain, found["A"].album_peak) == (UNSET, UNSET)
    assert (found["B"].track_gain, found["B"].album_gain) == (2.0, UNSET)
