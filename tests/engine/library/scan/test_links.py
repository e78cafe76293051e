"""Only the library's folders may be links: below them, nothing that a link leads to is walked, watched or read."""

import os
from pathlib import Path

import pytest

from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.safe_open import open_folder
from custom_components.moosicbox.engine.library.scan.walk import walk
from custom_components.moosicbox.engine.library.scan.watched_folders import WatchedFolders
from script.lib.sounds import Sounds

pytestmark = pytest.mark.process


@pytest.fixture
def outside(tmp_path: Path, sounds: Sounds) -> Path:
    """A folder with music, lyrics and a playlist outside of the library."""
    sounds.put(tmp_path / "outside/album/secret.mp3", title="Secret", lyrics="hush")
    (tmp_path / "outside/list.m3u").write_text("album/secret.mp3\n")
    return tmp_path / "outside"


@pytest.fixture
def linked(music: Path, outside: Path, sounds: Sounds) -> Path:
    """The library's folder, with links of all kinds."""
    sounds.put(music / "own/song.mp3", title="Own", variant=1)
    (music / "outlink").symlink_to(outside)
    (music / "own/relative").symlink_to("../../outside/album")
    (music / "loop").symlink_to(music)
    (music / "own/up").symlink_to("..")
    (music / "slash").symlink_to("/")
    (music / "list.m3u").symlink_to(outside / "list.m3u")
    (music / "song.mp3").symlink_to(outside / "album/secret.mp3")
    return music


def walked(root: Path, start: Path) -> list[bytes]:
    return [folder.path for folder in walk(bytes(root), bytes(start)) if folder.readable]


def test_walking_follows_no_link(linked: Path) -> None:
    assert walked(linked, linked) == [bytes(linked), bytes(linked / "own")]


@pytest.mark.parametrize(
    "start", ["outlink", "outlink/album", "own/relative", "loop", "loop/own", "slash", "slash/etc"]
)
def test_walking_does_not_begin_behind_a_link(linked: Path, start: str) -> None:
    assert walked(linked, linked / start) == []
    with pytest.raises(OSError, match=r"Not a directory|symbolic links"):
        open_folder(bytes(linked), bytes(linked / start))


@pytest.mark.parametrize("start", ["", "..", "../outside", "own/../../outside", "/etc"])
def test_a_folder_outside_of_the_root_is_refused(linked: Path, start: str) -> None:
    path = os.path.join(linked, start) if start else str(linked.parent)  # noqa: PTH118 - the path as it is written
    with pytest.raises(OSError, match=r"leads out|No such|Not a directory"):
        os.close(open_folder(bytes(linked), os.fsencode(path)))


def test_watching_follows_no_link(linked: Path) -> None:
    with WatchedFolders([bytes(linked)]) as watched:
        assert watched._watches.keys() == {bytes(linked), bytes(linked / "own")}


def test_changes_behind_links_are_not_noticed(linked: Path, outside: Path, sounds: Sounds) -> None:
    with WatchedFolders([bytes(linked)]) as watched:
        (outside / "album/new.mp3").write_bytes(b"x")
        (linked / "another").symlink_to(outside)
        assert not watched.read()
        (outside / "album/new.mp3").write_bytes(b"y")
        assert not watched.read()
        (linked / "own/new.mp3").write_bytes(b"x")
        assert watched.read()
        assert watched.take_changes() == [bytes(linked / "own")]


def test_folders_that_come_go_and_move_are_followed(music: Path) -> None:
    def changes(watched: WatchedFolders) -> list[str]:
        watched.read()
        return [os.fsdecode(path)[len(str(music)) :] for path in watched.take_changes() or ()]

    with WatchedFolders([bytes(music)]) as watched:
        (music / "a/b").mkdir(parents=True)
        assert changes(watched) == ["/a"]
        (music / "a/b/c.mp3").write_bytes(b"x")
        assert changes(watched) == ["/a/b"]
        (music / "a").rename(music / "z")
        assert changes(watched) == ["/a", "/z"]
        (music / "z/b/d.mp3").write_bytes(b"x")
        assert changes(watched) == ["/z/b"]
        (music / "z/b/d.mp3").rename(music / "d.mp3")
        assert changes(watched) == ["", "/z/b"]
        (music / "z/b/c.mp3").unlink()
        (music / "z/b").rmdir()
        assert changes(watched) == ["/z/b"]
        (music / ".hidden").mkdir()
        (music / ".hidden/x.mp3").write_bytes(b"x")
        (music / "notes.txt").write_text("x")
        assert changes(watched) == []


def test_too_many_changes_are_not_named(music: Path) -> None:
    with WatchedFolders([bytes(music)]) as watched:
        for number in range(300):
            (music / str(number)).mkdir()
        assert watched.read()
        assert watched.take_changes() is None
        assert not watched.read()


@pytest.mark.parametrize("start", ["outlink", "own/relative", "slash/etc", "loop/own"])
async def test_a_scan_of_a_link_finds_nothing(linked: Path, library: Library, start: str) -> None:
    """As the scanner is told when a link appears among the folders."""
    await library._scans._scanner.scan([linked], [linked / start])
    assert (await library.get_tracks()).total == 0
    assert (await library.get_playlists()).total == 0


async def test_a_library_folder_may_be_a_link(outside: Path, tmp_path: Path, library: Library) -> None:
    (tmp_path / "root").symlink_to(outside)
    await library.configure([tmp_path / "root"], 0)
    await library.scan()
    assert [track.title for track in (await library.get_tracks()).items] == ["Secret"]
    (playlist,) = (await library.get_playlists()).items
    assert playlist.track_count == 1


async def test_a_folder_that_becomes_a_link_loses_its_music(
    sounds: Sounds, music: Path, outside: Path, library: Library
) -> None:
    sounds.put(music / "album/song.mp3", title="Own", variant=1)
    sounds.put(music / "other.mp3", title="Other", variant=2)
    await library.scan()
    (music / "album").rename(outside / "moved")
    (music / "album").symlink_to(outside / "moved")
    await library.scan()
    assert [track.title for track in (await library.get_tracks()).items] == ["Other"]
