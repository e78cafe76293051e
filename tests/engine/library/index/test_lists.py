"""Lists: filters, sorts, and cursors that stay valid while the library changes."""

from pathlib import Path
import tempfile
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.moosicbox.engine.library.index.connection import connect
from custom_components.moosicbox.engine.library.index.lists import ALBUMS, ARTISTS, RANDOM, TRACKS, Listing, Lists
from custom_components.moosicbox.engine.library.index.schema import migrate
from custom_components.moosicbox.engine.library.index.writer import set_state
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.protocol.errors import InvalidMessage
from custom_components.moosicbox.engine.protocol.library_request import Filters
from tests.engine.library.found import fill, found, write

COLLECTION = [
    found("So What", "Miles Davis", "Kind of Blue", genres=("Jazz",), year=1959, track_number=1),
    found("Blue in Green", "Miles Davis", "Kind of Blue", genres=("Jazz",), year=1959, track_number=3),
    found("Halo", "Beyoncé", "Sasha", genres=("Pop", "Soul"), year=2008),
    found("Éclipse", "Zaz", "Paris", genres=("Chanson",), year=2014),
    found("The End", "The Doors", "The Doors", genres=("Rock",), year=1967),
    found("Untitled", None, None),
]


@pytest.fixture
async def filled(library: Library) -> Library:
    """A library with the collection."""
    await fill(library, COLLECTION)
    return library


async def titles(library: Library, sort: str | None = None, **filters: Any) -> list[str]:
    return [track.title for track in (await library.get_tracks(Filters(**filters), sort)).items]


async def test_lists_are_sorted_by_title_year_or_artist(filled: Library) -> None:
    assert await titles(filled) == ["Blue in Green", "Éclipse", "The End", "Halo", "So What", "Untitled"]
    assert await titles(filled, "-title") == (await titles(filled, "title"))[::-1]
    assert await titles(filled, "year") == ["Untitled", "Blue in Green", "So What", "The End", "Halo", "Éclipse"]
    assert await titles(filled, "artist") == ["Untitled", "Halo", "The End", "So What", "Blue in Green", "Éclipse"]
    for wrong in ("colour", "--title", "sort", "title; DROP TABLE tracks"):
        with pytest.raises(InvalidMessage) as error:
            await titles(filled, wrong)
        assert error.value.details["path"] == ["sort"]


async def test_lists_are_filtered(filled: Library) -> None:
    assert await titles(filled, artist="miles davis") == ["So What", "Blue in Green"]
    (artist,) = (await filled.get_artists(Filters(artist="BEYONCE"))).items
    assert await titles(filled, artist=artist.artist_id) == ["Halo"]
    assert await titles(filled, album="kind of blue") == ["So What", "Blue in Green"]
    assert await titles(filled, genre="soul") == ["Halo"]
    assert await titles(filled, genre="jazz", year=1959) == ["Blue in Green", "So What"]
    assert await titles(filled, year_from=1960, year_to=2010) == ["The End", "Halo"]
    assert await titles(filled, year_to=1960) == ["Blue in Green", "So What"]
    assert len(await titles(filled, added_since="2020-01-01")) == 6
    assert await titles(filled, added_since="2100-01-01T00:00:00Z") == []
    assert await titles(filled, artist="nobody") == []
    assert [a.title for a in (await filled.get_albums(Filters(genre="jazz"))).items] == ["Kind of Blue"]
    assert [a.title for a in (await filled.get_albums(Filters(year=1967))).items] == ["The Doors"]
    assert [a.name for a in (await filled.get_artists(Filters(genre="jazz"))).items] == ["Miles Davis"]
    assert [a.name for a in (await filled.get_artists(Filters(year=2008))).items] == ["Beyoncé"]
    assert [g.name for g in (await filled.get_genres(Filters(artist="beyoncé"))).items] == ["Pop", "Soul"]
    with pytest.raises(InvalidMessage):
        await titles(filled, added_since="yesterday")


async def test_albums_and_artists_sum_up(filled: Library) -> None:
    (album,) = (await filled.get_albums(Filters(album="Kind of Blue"))).items
    assert (album.track_count, album.year, album.artist) == (2, 1959, "Miles Davis")
    details = await filled.album(album.album_id)
    assert [track.title for track in details.tracks] == ["So What", "Blue in Green"]
    assert album.artist_id is not None
    artist = await filled.artist(album.artist_id)
    assert (artist.album_count, artist.track_count, [a.title for a in artist.albums]) == (1, 2, ["Kind of Blue"])
    assert [genre.track_count for genre in (await filled.get_genres(sort="-tracks")).items] == [2, 1, 1, 1, 1]


async def test_various_artists_share_an_album(library: Library) -> None:
    await fill(library, [found(f"T{n}", f"A{n}", "Hits", compilation=True) for n in range(3)])
    (album,) = (await library.get_albums()).items
    assert (album.artist, album.track_count, album.compilation) == ("Various Artists", 3, True)


async def test_wrong_cursors_are_refused(filled: Library) -> None:
    page = await filled.get_tracks(limit=2)
    assert page.next_cursor is not None
    for sort, cursor in (
        *(
            ("year", page.next_cursor),
            ("title", page.next_cursor[:-3]),
            ("title", "x"),
            ("title", "!!!"),
            ("title", ""),
        ),
        ("title", "kqV0aXRsZQ"),
    ):
        with pytest.raises(InvalidMessage) as error:
            await filled.get_tracks(sort=sort, cursor=cursor)
        assert error.value.details["path"] == ["cursor"]


async def test_random_tracks_are_drawn_from_the_whole_list(library: Library) -> None:
    await fill(library, [found(f"Song {n:02}") for n in range(20)])
    page = await library.get_tracks(sort="random", limit=5)
    assert (len({track.track_id for track in page.items}), page.total, page.next_cursor) == (5, 20, None)
    drawn: set[str] = set()
    for _ in range(1_000):
        drawn.update(track.title for track in (await library.get_tracks(sort="random", limit=5)).items)
        if len(drawn) == 20:
            break
    assert len(drawn) == 20


async def test_no_page_follows_a_random_one(filled: Library) -> None:
    cursor = (await filled.get_tracks(limit=2)).next_cursor
    with pytest.raises(InvalidMessage) as error:
        await filled.get_tracks(sort="random", cursor=cursor)
    assert error.value.details["path"] == ["cursor"]


async def test_many_tracks_by_one_question(filled: Library) -> None:
    ids = [track.track_id for track in (await filled.get_tracks()).items]
    asked = [*ids, "t-nothing", *ids[::-1]]
    assert [track and track.track_id for track in await filled.tracks(asked)] == [*ids, None, *ids[::-1]]
    assert await filled.tracks([]) == []


NAMES = st.sampled_from(["", "a", "b", "The a", "É", "zz", "0", "東"])
TRACK = st.tuples(NAMES, NAMES, NAMES, st.integers(0, 3), st.integers(0, 2))
STEP = st.lists(TRACK, max_size=6)


@given(
    first=st.lists(TRACK, max_size=20),
    meanwhile=st.lists(STEP, max_size=5),
    gone=st.lists(st.integers(0, 30), max_size=10),
    limit=st.integers(1, 4),
    listing=st.sampled_from([TRACKS, ALBUMS, ARTISTS]),
    data=st.data(),
)
def test_a_list_read_by_cursors_misses_and_repeats_nothing(
    first: list[tuple[str, str, str, int, int]],
    meanwhile: list[list[tuple[str, str, str, int, int]]],
    gone: list[int],
    limit: int,
    listing: Listing[object],
    data: st.DataObject,
) -> None:
    """Items that stay are listed once, in order; items that come or go, at most once."""
    sort = data.draw(st.sampled_from([name for name in listing.sorts if name != RANDOM])) if listing.sorts else ""
    sort = data.draw(st.sampled_from(["", "-"])) + sort
    with tempfile.TemporaryDirectory() as folder:
        index = connect(Path(folder) / "index.db")
        migrate(index)
        number = 0

        def add(tracks: list[tuple[str, str, str, int, int]]) -> None:
            nonlocal number
            for title, artist, album, year, place in tracks:
                number += 1
                one = found(
                    title or "?", artist or None, album or None, year=year, track_number=place, sound=str(number)
                )
                one.name = str(number).encode()
                write(index, one)

        def ids() -> list[str]:
            page = Lists().page(index, listing, Filters(), sort, 500, None)
            return [_id(item) for item in page.items]

        add(first)
        present = set(ids())
        read: list[str] = []
        cursor, steps = None, iter(meanwhile)
        while True:
            page = Lists().page(index, listing, Filters(), sort, limit, cursor)
            read += [_id(item) for item in page.items]
            if (cursor := page.next_cursor) is None:
                break
            add(next(steps, []))
            if gone:
                set_state(index, [gone.pop()], 2)
            present &= set(ids())
        index.close()
    if listing is TRACKS:
        # Sums of albums and artists may change their place; a track's own tags don't.
        assert len(read) == len(set(read))
        assert present <= set(read)
    else:
        assert [id_ for id_ in read if read.count(id_) > 2] == []


def _id(item: object) -> str:
    return str(next(getattr(item, name) for name in ("track_id", "album_id", "artist_id") if hasattr(item, name)))
