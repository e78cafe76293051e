"""Folders that are followed: their changes appear in the library by themselves."""

import asyncio
import os
from pathlib import Path

import asyncinotify
import pytest

from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.models import LibraryChange
from custom_components.moosicbox.engine.library.scan import watcher
from script.lib.sounds import Sounds, tag

PATIENCE = 50


@pytest.fixture
async def followed(library: Library, monkeypatch: pytest.MonkeyPatch) -> Library:
    """A library that follows its folders, with short delays."""
    monkeypatch.setattr(watcher, "MAX_DELAY_SECONDS", 0.2)
    library.follow_folders()
    await library.scan()
    return library


async def until(library: Library, *titles: str) -> None:
    """Wait until the library has these tracks and no others."""
    happened = asyncio.Event()
    undo = [signal.subscribe(lambda _: happened.set()) for signal in (library.changed, library.progressed)]
    async with asyncio.timeout(PATIENCE):
        while {track.title for track in (await library.get_tracks()).items} != set(titles):
            happened.clear()
            await happened.wait()
    for unsubscribe in undo:
        unsubscribe()


async def test_changed_files_are_noticed(sounds: Sounds, music: Path, followed: Library) -> None:
    path = sounds.put(music / "new/a.mp3", title="A", variant=1)
    await until(followed, "A")
    await followed.scan()
    tag(path, title="B")
    await until(followed, "B")
    path.rename(music / "c.mp3")
    sounds.put(music / "deep/er/d.mp3", title="D", variant=2)
    await until(followed, "B", "D")
    os.rename(music / "deep", music / "renamed")  # noqa: PTH104 - a folder as a whole
    changes: list[LibraryChange] = []
    followed.changed.subscribe(changes.append)
    async with asyncio.timeout(PATIENCE):
        while "renamed" not in str(
            [(await followed.track_path(t.track_id)).path for t in (await followed.get_tracks()).items]
        ):
            await followed.scan()
    (music / "renamed/er/d.mp3").unlink()
    (music / "c.mp3").unlink()
    sounds.put(music / "last.mp3", title="Last", variant=3)
    await until(followed, "Last")


async def test_other_folders_are_followed_instead(
    sounds: Sounds, music: Path, followed: Library, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    await followed.configure([other], 0)
    await followed.scan()
    sounds.put(music / "a.mp3", title="A", variant=1)
    sounds.put(other / "b.mp3", title="B", variant=2)
    await until(followed, "B")


async def test_folders_that_cannot_be_watched_are_scanned_by_the_clock(
    sounds: Sounds, music: Path, library: Library, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(asyncinotify.Inotify, "add_watch", refuse)
    await library.configure(library.folders, 0.2)
    library.follow_folders()
    await library.scan()
    assert "scanned from time to time" in caplog.text
    sounds.put(music / "a.mp3", title="A")
    await until(library, "A")
