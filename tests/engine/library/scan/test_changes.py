"""The library follows changes of files: retagged, moved, renamed, deleted, away and back."""

import os
from pathlib import Path
import shutil

import pytest

from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.models import LibraryChange, LibraryTrack
from custom_components.moosicbox.engine.protocol.errors import TrackNotFound, Unavailable
from custom_components.moosicbox.engine.protocol.library_request import PlaylistEdit
from script.lib.sounds import FORMATS, Sounds, tag


async def tracks(library: Library) -> dict[str, LibraryTrack]:
    """By title."""
    return {track.title: track for track in (await library.get_tracks(limit=500)).items}


def kinds(changes: list[LibraryChange]) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = [(change.update_type, change.total) for change in changes]
    changes.clear()
    return found


@pytest.mark.parametrize("kind", FORMATS)
async def test_a_retagged_and_moved_file_is_the_same_track(
    kind: str, sounds: Sounds, music: Path, library: Library, changes: list[LibraryChange]
) -> None:
    path = sounds.put(music / f"a/x.{FORMATS[kind][0]}", kind, title="Old", artist="A")
    await library.scan()
    old = (await tracks(library))["Old"]
    await library.set_favourite(old.track_id)
    changes.clear()

    tag(path, title="New", album="Much longer tags than before " * 40, artist="B", genre="G")
    await library.scan()
    assert kinds(changes) == [("tracks_changed", 1)]
    new = (await tracks(library))["New"]
    assert (new.track_id, new.artist, new.favourite) == (old.track_id, "B", True)
    assert [artist.name for artist in (await library.get_artists()).items] == ["B"]

    moved = music / "b/c" / f"y.{FORMATS[kind][0]}"
    moved.parent.mkdir(parents=True)
    path.rename(moved)
    tag(moved, title="Newest")
    await library.scan()
    assert kinds(changes) == [("tracks_changed", 1)]
    assert (await tracks(library)).keys() == {"Newest"}
    assert (await tracks(library))["Newest"].track_id == old.track_id
    assert (await library.track_path(old.track_id)).path == moved


async def test_a_scan_without_changes_reports_none(
    sounds: Sounds, music: Path, library: Library, changes: list[LibraryChange]
) -> None:
    sounds.put(music / "a.mp3", title="A")
    await library.scan()
    changes.clear()
    await library.scan()
    assert changes == []
    progress = library.progress
    assert (progress.scanning, progress.total, progress.scanned) == (False, 1, 1)
    assert (progress.added, progress.changed, progress.removed) == (0, 0, 0)


async def test_files_that_swap_their_names(sounds: Sounds, music: Path, library: Library) -> None:
    one, two = (sounds.put(music / f"{at}.flac", variant=at, title=f"T{at}") for at in (1, 2))
    three = sounds.put(music / "3.flac", variant=3, title="T3")
    await library.scan()
    before = await tracks(library)
    one.rename(music / "x")
    two.rename(one)
    three.rename(two)
    (music / "x").rename(three)
    await library.scan()
    after = await tracks(library)
    assert {title: track.track_id for title, track in after.items()} == {
        title: track.track_id for title, track in before.items()
    }
    assert (await library.track_path(after["T1"].track_id)).path == three
    assert (await library.track_path(after["T2"].track_id)).path == one


async def test_another_file_in_the_same_place(sounds: Sounds, music: Path, library: Library) -> None:
    """A better copy of a song takes the place of the old one."""
    path = sounds.put(music / "x.flac", variant=1, title="X")
    await library.scan()
    (before,) = (await tracks(library)).values()
    sounds.put(path, variant=2, title="X")
    await library.scan()
    (after,) = (await tracks(library)).values()
    assert after.track_id == before.track_id
    sounds.put(music / "y.flac", variant=1, title="Y")
    await library.scan()
    assert len({track.track_id for track in (await tracks(library)).values()}) == 2


async def test_the_same_sound_twice_and_a_move_by_copying(sounds: Sounds, music: Path, library: Library) -> None:
    path = sounds.put(music / "x.mp3", title="X")
    await library.scan()
    first = (await tracks(library))["X"]
    await library.people.count_play(first.track_id)
    sounds.put(music / "copy.mp3", title="Copy")
    await library.scan()
    found = await tracks(library)
    assert found["X"].track_id == first.track_id
    assert found["Copy"].track_id not in ("", first.track_id)
    path.unlink()
    await library.scan()
    (left,) = (await tracks(library)).values()
    assert (left.title, left.track_id, left.play_count) == ("Copy", first.track_id, 1)


async def test_a_deleted_file_that_returns_is_the_same_track(
    sounds: Sounds, music: Path, library: Library, changes: list[LibraryChange]
) -> None:
    sounds.put(music / "a.mp3", title="A", album="One", artist="A", genre="G", variant=1)
    path = sounds.put(music / "b/b.mp3", title="B", album="Two", artist="B", genre="H", variant=2)
    await library.scan()
    gone = (await tracks(library))["B"]
    changes.clear()
    path.unlink()
    await library.scan()
    assert kinds(changes) == [("tracks_removed", 1)]
    assert (await tracks(library)).keys() == {"A"}
    assert [album.title for album in (await library.get_albums()).items] == ["One"]
    assert [genre.name for genre in (await library.get_genres()).items] == ["G"]
    assert (await library.search("B")).items == ()
    with pytest.raises(TrackNotFound):
        await library.track(gone.track_id)
    assert await library.tracks([gone.track_id]) == [None]

    sounds.put(path, title="B", album="Two", artist="B", genre="H", variant=2)
    await library.scan()
    assert kinds(changes) == [("tracks_added", 1)]
    back = (await tracks(library))["B"]
    assert (back.track_id, back.added_at) == (gone.track_id, gone.added_at)


@pytest.mark.parametrize("how", ["missing", "empty"])
async def test_music_of_an_unplugged_disk_stays_listed(
    how: str, sounds: Sounds, music: Path, library: Library, changes: list[LibraryChange], tmp_path: Path
) -> None:
    sounds.put(music / "a/x.mp3", title="X", album="Y")
    (music / "a/list.m3u").write_text("x.mp3\n")
    await library.scan()
    (track,) = (await tracks(library)).values()
    changes.clear()
    away = tmp_path / "elsewhere"
    music.rename(away)
    if how == "empty":
        music.mkdir()
    await library.scan()
    assert kinds(changes) == [("tracks_unavailable", 1)]
    (unavailable,) = (await tracks(library)).values()
    assert (unavailable.track_id, unavailable.available) == (track.track_id, False)
    assert (library.counts.tracks, library.counts.unavailable) == (0, 1)
    assert len((await library.search("x")).items) > 0
    with pytest.raises(Unavailable):
        await library.track_path(track.track_id)
    await library.scan()
    assert changes == []

    shutil.rmtree(music, ignore_errors=True)
    away.rename(music)
    await library.scan()
    assert kinds(changes) == [("tracks_added", 1)]
    assert (await tracks(library))["X"].available


@pytest.mark.parametrize("deleted", ["a/x.mp3", "a"])
async def test_music_that_was_deleted_while_its_disk_was_away(
    deleted: str, sounds: Sounds, music: Path, library: Library, changes: list[LibraryChange], tmp_path: Path
) -> None:
    sounds.put(music / "a/x.mp3", title="X", variant=1)
    sounds.put(music / "a/y.mp3", title="Y", variant=2)
    sounds.put(music / "b/z.mp3", title="Z", variant=3)
    away = tmp_path / "elsewhere"
    await library.scan()
    music.rename(away)
    await library.scan()
    changes.clear()
    if (away / deleted).is_dir():
        shutil.rmtree(away / deleted)
    else:
        (away / deleted).unlink()
    away.rename(music)
    await library.scan()
    left = {"Y", "Z"} if deleted.endswith("mp3") else {"Z"}
    assert sorted(kinds(changes)) == [("tracks_added", len(left)), ("tracks_removed", 3 - len(left))]
    assert (await tracks(library)).keys() == left
    assert library.counts.unavailable == 0


async def test_music_at_the_top_of_an_unplugged_disk_stays_listed(
    sounds: Sounds, music: Path, library: Library, changes: list[LibraryChange]
) -> None:
    sounds.put(music / "a.mp3", title="A", variant=1)
    path = sounds.put(music / "disk/b.mp3", title="B", variant=2)
    await library.scan()
    # As if another disk was mounted there.
    sql, disk = "UPDATE folders SET volume = path WHERE path = ?", os.fsencode(path.parent)
    await library._database.write(lambda index: index.execute(sql, (disk,)))
    path.rename(music.parent / "b.mp3")
    changes.clear()
    for _ in range(3):
        await library.scan()
    assert kinds(changes) == [("tracks_unavailable", 1)]
    (music.parent / "b.mp3").rename(path)
    await library.scan()
    assert (await tracks(library))["B"].available


async def test_music_of_a_removed_folder_is_removed(
    sounds: Sounds, music: Path, library: Library, tmp_path: Path
) -> None:
    sounds.put(music / "a.mp3", title="A", variant=1)
    other = tmp_path / "other"
    sounds.put(other / "b.mp3", title="B", variant=2)
    await library.configure([music, other], 0)
    await library.scan()
    assert (await tracks(library)).keys() == {"A", "B"}
    await library.configure([music], 0)
    await library.scan()
    assert (await tracks(library)).keys() == {"A"}


async def test_deleted_while_it_is_scanned(sounds: Sounds, music: Path, library: Library) -> None:
    """A file may disappear after its folder was listed and before it is read."""
    for at in range(60):
        sounds.put(music / f"{at}.mp3", title=f"T{at}")
    gone = iter(sorted(music.iterdir())[30:])
    stop = library.progressed.subscribe(lambda _: next(gone, music / "none").unlink(missing_ok=True))
    await library.scan()
    stop()
    await library.scan()
    assert len(await tracks(library)) == len(list(music.iterdir()))


async def test_playlists_of_files(sounds: Sounds, music: Path, library: Library) -> None:
    sounds.put(music / "a/öné.mp3", title="One", variant=1)
    sounds.put(music / "b/two.mp3", title="Two", variant=2)
    (music / "a/mix.m3u").write_bytes(
        "#EXTM3U\n#EXTINF:1,x\nöné.mp3\n..\\b\\two.mp3\nhttp://x/y.mp3\n".encode("latin-1")
    )
    (music / "b/own.m3u8").write_text("#PLAYLIST:Ours\n/etc/passwd\nmissing.mp3\n./two.mp3\n", encoding="utf-8-sig")
    await library.scan()
    found = {playlist.name: playlist for playlist in (await library.get_playlists()).items}
    assert found.keys() == {"mix", "Ours"}
    mix = await library.playlist(found["mix"].playlist_id)
    assert [track.title for track in mix.tracks] == ["One", "Two"]
    assert (mix.track_count, mix.editable) == (2, False)
    assert [track.title for track in (await library.playlist(found["Ours"].playlist_id)).tracks] == ["Two"]
    with pytest.raises(Exception, match="file"):
        await library.edit_playlist(mix.playlist_id, PlaylistEdit(delete=True))

    (music / "b/two.mp3").rename(music / "moved.mp3")
    (music / "b/own.m3u8").unlink()
    await library.scan()
    (left,) = (await library.get_playlists()).items
    assert [track.title for track in (await library.playlist(left.playlist_id)).tracks] == ["One", "Two"]
