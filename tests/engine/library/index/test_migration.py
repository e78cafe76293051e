"""An index of an earlier version: it is migrated with favourites and playlists, and its ids stay valid."""

import hashlib
from pathlib import Path
import re
import sqlite3

import pytest

from custom_components.moosicbox.engine.library.index.schema import STEPS
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.protocol.library_request import Filters
from script.lib.sounds import Sounds


def first_id(prefix: str, *names: str) -> str:
    """The id that the first version gave: without articles."""
    keys = [re.sub("^(?:the|a|an) (?=.)", "", name.lower()) for name in names]
    return f"{prefix}-{hashlib.blake2b('\x1f'.join(keys).encode(), digest_size=8).hexdigest()}"


BEATLES, ABBA = first_id("ar", "the beatles"), first_id("ar", "abba")
ABBEY_ROAD = first_id("al", "abbey road", "the beatles")


@pytest.fixture
async def library(tmp_path: Path, music: Path, sounds: Sounds) -> Library:
    """A library whose index was made by the first version, before its music was there."""
    path = tmp_path / "library.db"
    index = sqlite3.connect(path)
    index.executescript(STEPS[0].script)
    index.execute("PRAGMA user_version = 1")
    index.execute(
        "INSERT INTO artists (id, artist_id, name, sort, tracks, favourite) VALUES (1, ?, 'The Beatles', 'beatles', 1, 1)",
        (BEATLES,),
    )
    index.execute("INSERT INTO artists (id, artist_id, name, sort, tracks) VALUES (2, ?, 'ABBA', 'abba', 0)", (ABBA,))
    index.execute(
        "INSERT INTO albums (id, album_id, title, sort, artist, artist_name, tracks, favourite)"
        " VALUES (1, ?, 'Abbey Road', 'abbey road', 1, 'The Beatles', 1, 1)",
        (ABBEY_ROAD,),
    )
    index.execute("UPDATE artists SET picture_album = ? WHERE id = 1", (ABBEY_ROAD,))
    index.execute(
        "INSERT INTO playlists (playlist_id, name, sort, updated_at) VALUES ('pl-1', 'Part 10', 'part 10', 1)"
    )
    index.execute(
        "INSERT INTO folders (id, path, volume, artwork) VALUES (1, ?, ?, ?)",
        (bytes(music / "x"), bytes(music), b"cover.png"),
    )
    index.commit()
    index.close()
    return Library(path, [music], 0)


async def test_favourites_and_playlists_are_kept(library: Library) -> None:
    await library.start()
    (artist,) = (await library.get_artists(Filters(favourite=True))).items
    (album,) = (await library.get_albums(Filters(favourite=True))).items
    assert (artist.name, album.title, album.artist) == ("The Beatles", "Abbey Road", "The Beatles")
    assert [playlist.name for playlist in (await library.get_playlists()).items] == ["Part 10"]
    assert [hit.kind for hit in (await library.search("the beatles")).items] == ["artist", "album"]
    artwork = "SELECT artwork FROM folders"
    (path,) = await library._database.read(lambda index: index.execute(artwork).fetchone())
    assert path.endswith(b"/x/cover.png")
    await library.stop()


async def test_old_ids_lead_to_the_same_items(library: Library, music: Path, sounds: Sounds) -> None:
    sounds.put(
        music / "x/song.flac", title="Something", artist="The Beatles", album="Abbey Road", albumartist="The Beatles"
    )
    await library.start()
    await library.scan()
    artist, album = await library.artist(BEATLES), await library.album(ABBEY_ROAD)
    assert artist.artist_id != BEATLES
    assert album.album_id != ABBEY_ROAD
    assert (artist.favourite, album.favourite) == (True, True)
    assert (artist.track_count, album.track_count) == (1, 1)
    assert (await library.get_tracks(Filters(artist=BEATLES))).total == 1
    assert (await library.get_tracks(Filters(album=ABBEY_ROAD))).total == 1
    await library.set_favourite(BEATLES, favourite=False)
    assert not (await library.artist(artist.artist_id)).favourite
    await library.stop()


async def test_an_artist_without_the_article_keeps_its_old_id_for_itself(
    library: Library, music: Path, sounds: Sounds
) -> None:
    for number, artist in enumerate(("The Beatles", "Beatles")):
        sounds.put(music / f"{number}.flac", variant=number, title=str(number), artist=artist)
    await library.start()
    await library.scan()
    assert (await library.artist(BEATLES)).name == "Beatles"
    assert [track.title for track in (await library.get_tracks(Filters(artist=BEATLES))).items] == ["1"]
    await library.stop()


async def test_an_artist_without_an_article_keeps_its_id(library: Library, music: Path, sounds: Sounds) -> None:
    sounds.put(music / "1.flac", title="Waterloo", artist="Abba")
    await library.start()
    await library.scan()
    assert (await library.artist(ABBA)).name == "Abba"
    await library.stop()
