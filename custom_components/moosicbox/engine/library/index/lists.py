"""Lists of the index's items: filtered, sorted, in pages whose cursors stay valid while the index changes."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
import sqlite3
from typing import Any, Final, NamedTuple

from ...protocol.errors import InvalidMessage
from ...protocol.library_request import Filters
from ..models import Page
from .cursors import read_cursor, write_cursor
from .rows import (
    ALBUM,
    ALBUM_TABLES,
    ARTIST,
    EPISODE,
    EPISODE_TABLES,
    GENRE,
    PLAYLIST,
    PODCAST,
    STATION,
    TRACK,
    TRACK_TABLES,
    Columns,
    Row,
    album_of,
    artist_of,
    episode_of,
    genre_of,
    playlist_of,
    podcast_of,
    select,
    station_of,
    tracks_of,
)
from .states import DELETED
from .text import sort_key

_IDS: Final = {
    "t": "t.track_id",
    "a": "a.album_id",
    "r": "r.artist_id",
    "g": "g.genre_id",
    "p": "p.playlist_id",
    "s": "s.station_id",
    "c": "c.podcast_id",
    "e": "e.episode_id",
}
BOOK_TRACKS: Final = "SELECT id FROM tracks WHERE book"
"""The rows of tracks of audiobooks."""
RANDOM: Final = "random"
"""The sort of a page whose items are drawn from the whole list; no page follows it."""
MAX_TOTALS: Final = 200
"""Lengths of lists that are cached until the index changes."""

type Sorts = dict[str, tuple[tuple[str, type], ...]]
"""The columns that a list is sorted by, and what they hold; never NULL."""
type Condition = tuple[str, tuple[Any, ...]]


_ARTISTS: Final = (
    "SELECT id FROM artists WHERE artist_id = ? OR sort = ?"
    " OR (former_id = ? AND NOT EXISTS (SELECT 1 FROM artists WHERE artist_id = ?))"
)
_ALBUMS: Final = (
    "SELECT id FROM albums WHERE album_id = ? OR sort = ?"
    " OR (former_id = ? AND NOT EXISTS (SELECT 1 FROM albums WHERE album_id = ?))"
)
"""The albums with an id, a name, or a former id."""


class OwnFilters(Filters, frozen=True, kw_only=True):
    """Filters whose favourites are those of a user instead of the household's."""

    user_id: str


class Listing[T](NamedTuple):
    """A kind of list."""

    columns: Columns
    tables: str
    listed: str
    """The condition of rows that are listed."""
    sorts: Sorts
    conditions: Callable[[Filters], Iterable[Condition]]
    make: Callable[[sqlite3.Connection, list[Row]], Sequence[T]]


class Lists:
    """Returns pages of lists, and caches the lengths of the lists."""

    def __init__(self) -> None:
        self._totals: dict[tuple[Any, ...], int] = {}

    def forget(self) -> None:
        """Drop the cached lengths, because the index has changed."""
        self._totals = {}

    def page[T](
        self,
        index: sqlite3.Connection,
        listing: Listing[T],
        filters: Filters,
        sort: str,
        limit: int,
        cursor: str | None,
    ) -> Page[T]:
        """Return a page of a list.

        Args:
            index: A connection.
            listing: The kind of list.
            filters: The conditions of items.
            sort: One of the list's sorts; `-` before it reverses the order.
            limit: Items of a page.
            cursor: `next_cursor` of the previous page; None for the first page.

        Raises:
            InvalidMessage: There is no such sort, or the cursor belongs to another list.
        """
        name = sort.removeprefix("-")
        if name not in listing.sorts:
            raise InvalidMessage(f"Sort by one of {', '.join(listing.sorts)}, or - and one of them", ["sort"])
        if name == RANDOM and cursor is not None:
            raise InvalidMessage("No page follows a random one", ["cursor"])
        columns = [*(column for column, _ in listing.sorts[name]), listing.columns["row"]]
        conditions = [(listing.listed, ()), *listing.conditions(filters)]
        where = " AND ".join(condition for condition, _ in conditions)
        values = tuple(value for _, bound in conditions for value in bound)
        # Only the rows of the first table are counted; the joined ones add columns.
        total = self._total(index, listing.tables.partition(" LEFT")[0], where, values)
        if cursor is not None:
            after = read_cursor(cursor, sort, (*(kind for _, kind in listing.sorts[name]), int))
            where += f" AND ({', '.join(columns)}) {'<' if sort[0] == '-' else '>'} ({', '.join('?' * len(columns))})"
            values += after
        order = ", ".join(f"{column} DESC" if sort[0] == "-" else column for column in columns)
        rows = index.execute(
            f"SELECT {', '.join(columns)}, {select(listing.columns)} FROM {listing.tables}"
            f" WHERE {where} ORDER BY {order} LIMIT {limit + 1}",
            values,
        ).fetchall()
        goes_on = len(rows) > limit and name != RANDOM
        following = write_cursor(sort, rows[limit - 1][: len(columns)]) if goes_on else None
        items = listing.make(index, [row[len(columns) :] for row in rows[:limit]])
        return Page(items=tuple(items), total=total, next_cursor=following)

    def _total(self, index: sqlite3.Connection, tables: str, where: str, values: tuple[Any, ...]) -> int:
        totals, key = self._totals, (tables, where, values)
        if (total := totals.get(key)) is None:
            (total,) = index.execute(f"SELECT count(*) FROM {tables} WHERE {where}", values).fetchone()
            if len(totals) < MAX_TOTALS:
                totals[key] = total
        return int(total)


def _of_tracks(filters: Filters) -> Iterable[Condition]:
    if (name := filters.artist) is not None:
        yield f"t.id IN (SELECT track FROM track_artists WHERE artist IN ({_ARTISTS}))", _named_before(name)
    if (name := filters.album) is not None:
        yield f"t.album IN ({_ALBUMS})", _named_before(name)
    if (name := filters.genre) is not None:
        genres = "SELECT id FROM genres WHERE genre_id = ? OR sort = ?"
        yield f"t.id IN (SELECT track FROM track_genres WHERE genre IN ({genres}))", _named(name)
    yield from _of_years(filters, "t")
    if filters.added_since is not None:
        yield "t.added_at >= ?", (_moment(filters.added_since),)


def _tracks(filters: Filters) -> Iterable[Condition]:
    yield from _of_tracks(filters)
    if not _is_by_name(filters):
        yield f"t.id NOT IN ({BOOK_TRACKS})", ()
    yield from _of_favourites(filters, "t")


def _albums(filters: Filters) -> Iterable[Condition]:
    yield from album_conditions(filters)
    if not _is_by_name(filters):
        yield "a.id NOT IN (SELECT album FROM tracks WHERE book AND album NOT NULL)", ()


def _is_by_name(filters: Filters) -> bool:
    # Audiobooks are among the music of their authors and genres, but not in the lists of all music.
    return not (filters.artist is filters.album is filters.genre is None)


def album_conditions(filters: Filters) -> Iterable[Condition]:
    """Yield the conditions of albums, audiobooks included."""
    yield from _through(filters, "a.id IN (SELECT t.album FROM tracks t WHERE {})")
    yield from _of_years(filters, "a")
    if filters.added_since is not None:
        yield "a.added_at >= ?", (_moment(filters.added_since),)
    yield from _of_favourites(filters, "a")


def _artists(filters: Filters) -> Iterable[Condition]:
    of_tracks = "r.id IN (SELECT l.artist FROM track_artists l JOIN tracks t ON t.id = l.track WHERE {})"
    yield from _through(filters, of_tracks, all_of_them=True)
    if (name := filters.artist) is not None:
        yield f"r.id IN ({_ARTISTS})", _named_before(name)
    yield from _of_favourites(filters, "r")


def _genres(filters: Filters) -> Iterable[Condition]:
    of_tracks = "g.id IN (SELECT l.genre FROM track_genres l JOIN tracks t ON t.id = l.track WHERE {})"
    yield from _through(filters, of_tracks, all_of_them=True)
    if (name := filters.genre) is not None:
        yield "(g.genre_id = ? OR g.sort = ?)", _named(name)
    yield from _of_favourites(filters, "g")


def _playlists(filters: Filters) -> Iterable[Condition]:
    yield from _of_favourites(filters, "p")


def _stations(filters: Filters) -> Iterable[Condition]:
    if (name := filters.genre) is not None:
        yield "s.genre = ? COLLATE NOCASE", (name,)
    yield from _of_favourites(filters, "s")


def _podcasts(filters: Filters) -> Iterable[Condition]:
    yield from _of_favourites(filters, "c")


def _episodes(filters: Filters) -> Iterable[Condition]:
    if filters.podcast is not None:
        yield "c.podcast_id = ?", (filters.podcast,)
    if filters.added_since is not None:
        yield "e.published_at >= ?", (_moment(filters.added_since),)
    yield from _of_favourites(filters, "e")


def _through(filters: Filters, pattern: str, *, all_of_them: bool = False) -> Iterable[Condition]:
    """Yield the condition that an item has a track which meets the filters.

    Without `all_of_them`, filters of years and dates are left out: they apply to the item itself.
    """
    asked = filters if all_of_them else Filters(artist=filters.artist, album=filters.album, genre=filters.genre)
    if conditions := list(_of_tracks(asked)):
        where = " AND ".join([f"t.state < {DELETED}", *(condition for condition, _ in conditions)])
        yield pattern.format(where), tuple(value for _, values in conditions for value in values)


def _of_years(filters: Filters, table: str) -> Iterable[Condition]:
    if filters.year is not None:
        yield f"{table}.year = ?", (filters.year,)
    if filters.year_from is not None:
        yield f"{table}.year >= ?", (filters.year_from,)
    if filters.year_to is not None:
        yield f"{table}.year BETWEEN 1 AND ?", (filters.year_to,)


def _of_favourites(filters: Filters, table: str) -> Iterable[Condition]:
    if filters.favourite is None:
        return
    condition = f"{table}.favourite"
    values: tuple[str, ...] = ()
    if isinstance(filters, OwnFilters):
        condition = f"{_IDS[table]} IN (SELECT item_id FROM user_favourites WHERE user_id = ?)"
        values = (filters.user_id,)
    yield f"{'' if filters.favourite else 'NOT '}{condition}", values


def _named_before(name: str) -> tuple[str, str, str, str]:
    return name, sort_key(name), name, name


def _named(name: str) -> tuple[str, str]:
    return name, sort_key(name)


def _moment(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except ValueError, OverflowError:
        raise InvalidMessage("added_since must be a time in ISO 8601", ["filters", "added_since"]) from None


TRACKS: Final = Listing(
    columns=TRACK,
    tables=TRACK_TABLES,
    listed=f"t.state < {DELETED}",
    sorts={
        "title": (("t.sort", str),),
        "artist": (("t.artist_sort", str), ("t.album_sort", str), ("t.disc_number", int), ("t.track_number", int)),
        "album": (("t.album_sort", str), ("t.disc_number", int), ("t.track_number", int)),
        "year": (("t.year", int), ("t.sort", str)),
        "added": (("t.added_at", int),),
        "duration": (("t.duration", float),),
        "plays": (("t.play_count", int),),
        "played": (("t.played_at", int),),
        RANDOM: (("random()", int),),
    },
    conditions=_tracks,
    make=tracks_of,
)
ALBUMS: Final = Listing(
    columns=ALBUM,
    tables=ALBUM_TABLES,
    listed="a.tracks > 0",
    sorts={
        "title": (("a.sort", str),),
        "artist": (("a.artist_sort", str), ("a.year", int), ("a.sort", str)),
        "year": (("a.year", int), ("a.sort", str)),
        "added": (("a.added_at", int),),
    },
    conditions=_albums,
    make=lambda index, rows: [album_of(index, row) for row in rows],
)
ARTISTS: Final = Listing(
    columns=ARTIST,
    tables="artists r",
    listed="r.tracks > 0",
    sorts={"name": (("r.sort", str),), "tracks": (("r.tracks", int),)},
    conditions=_artists,
    make=lambda index, rows: [artist_of(index, row) for row in rows],
)
GENRES: Final = Listing(
    columns=GENRE,
    tables="genres g",
    listed="g.tracks > 0",
    sorts={"name": (("g.sort", str),), "tracks": (("g.tracks", int),)},
    conditions=_genres,
    make=lambda _, rows: [genre_of(row) for row in rows],
)
PLAYLISTS: Final = Listing(
    columns=PLAYLIST,
    tables="playlists p",
    listed="1",
    sorts={"name": (("p.sort", str),), "updated": (("p.updated_at", int),)},
    conditions=_playlists,
    make=lambda index, rows: [playlist_of(index, row) for row in rows],
)
STATIONS: Final = Listing(
    columns=STATION,
    tables="stations s",
    listed="1",
    sorts={"name": (("s.sort", str),), "added": (("s.added_at", int),)},
    conditions=_stations,
    make=lambda _, rows: [station_of(row) for row in rows],
)
PODCASTS: Final = Listing(
    columns=PODCAST,
    tables="podcasts c",
    listed="1",
    sorts={"title": (("c.sort", str),), "added": (("c.added_at", int),)},
    conditions=_podcasts,
    make=lambda _, rows: [podcast_of(row) for row in rows],
)
EPISODES: Final = Listing(
    columns=EPISODE,
    tables=EPISODE_TABLES,
    listed="1",
    sorts={"published": (("e.published_at", int),), "title": (("e.sort", str),)},
    conditions=_episodes,
    make=lambda _, rows: [episode_of(row) for row in rows],
)
