"""One thing, or many by their ids."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
import sqlite3
from typing import Final, NamedTuple

from ...clock import iso_from_unix
from ...protocol.errors import TrackNotFound
from ..models import AlbumDetails, ArtistDetails, Genre, Item, Kind, LibraryTrack, PlaylistDetails, TrackDetails
from ..scan.comparison import GONE, HERE
from .rows import (
    ALBUM_COLUMNS,
    ALBUM_TABLES,
    ARTIST_COLUMNS,
    GENRE_COLUMNS,
    PLAYLIST_COLUMNS,
    TRACK_COLUMNS,
    TRACK_TABLES,
    Row,
    album_fields,
    album_of,
    artist_fields,
    artist_of,
    artists_of,
    genre_of,
    playlist_fields,
    playlist_of,
    track_fields,
    tracks_of,
)

MAX_TRACKS: Final = 1_000
"""Of an album."""
MAX_ALBUMS: Final = 500
"""Of an artist."""


class Place(NamedTuple):
    """Where a track's music is, and what is beside it."""

    row: int
    track_id: str
    folder: bytes
    name: bytes
    state: int
    mime_type: str
    codec: str
    bitrate: int
    duration: float
    picture: bool
    artwork: bytes | None
    artwork_mtime_ns: int
    size: int
    mtime_ns: int


_PLACE: Final = (
    "SELECT t.id, t.track_id, f.path, t.name, t.state, t.mime_type, t.codec, t.bitrate, t.duration, t.picture,"
    " f.artwork, f.artwork_mtime_ns, t.size, t.mtime_ns FROM tracks t JOIN folders f ON f.id = t.folder"
)


_TABLES: Final[tuple[tuple[Kind, str, str, str], ...]] = (
    ("track", TRACK_COLUMNS, TRACK_TABLES, "t.id"),
    ("album", ALBUM_COLUMNS, ALBUM_TABLES, "a.id"),
    ("artist", ARTIST_COLUMNS, "artists r", "r.id"),
    ("genre", GENRE_COLUMNS, "genres g", "g.id"),
    ("playlist", PLAYLIST_COLUMNS, "playlists p", "p.id"),
)


def track(index: sqlite3.Connection, track_id: str) -> TrackDetails:
    """All about a track; TrackNotFound."""
    row = index.execute(
        f"SELECT {TRACK_COLUMNS}, t.sample_rate, t.channels, t.size, t.track_gain, t.track_peak, t.album_gain,"
        f" t.album_peak, t.played_at, y.text FROM {TRACK_TABLES} LEFT JOIN lyrics y ON y.track = t.id"
        " WHERE t.track_id = ? AND t.state < ?",
        (track_id, GONE),
    ).fetchone()
    if row is None:
        raise TrackNotFound(f"The library has no track {track_id}")
    sample_rate, channels, size, track_gain, track_peak, album_gain, album_peak, played_at, lyrics = row[-9:]
    genres = index.execute(
        "SELECT g.name FROM track_genres l JOIN genres g ON g.id = l.genre WHERE l.track = ? ORDER BY g.sort", (row[0],)
    )
    return TrackDetails(
        **track_fields(index, row[:-9], artists_of(index, [row[0]]).get(row[0], [])),
        genres=tuple(name for (name,) in genres),
        sample_rate=sample_rate or None,
        channels=channels or None,
        size=size,
        track_gain=track_gain,
        track_peak=track_peak,
        album_gain=album_gain,
        album_peak=album_peak,
        lyrics=lyrics,
        last_played_at=iso_from_unix(played_at) if played_at else None,
    )


def tracks(index: sqlite3.Connection, track_ids: Sequence[str]) -> list[LibraryTrack | None]:
    """Tracks in the order of their ids; None where there is none."""
    asked = list(dict.fromkeys(track_ids))
    marks = ", ".join("?" * len(asked))
    rows = index.execute(
        f"SELECT {TRACK_COLUMNS} FROM {TRACK_TABLES} WHERE t.track_id IN ({marks}) AND t.state < {GONE}", asked
    )
    found = {track.track_id: track for track in tracks_of(index, rows)}
    return [found.get(track_id) for track_id in track_ids]


def album(index: sqlite3.Connection, album_id: str) -> AlbumDetails:
    """An album; TrackNotFound."""
    row = _one(
        index, f"SELECT {ALBUM_COLUMNS} FROM {ALBUM_TABLES} WHERE a.album_id = ? AND a.tracks > 0", album_id, "album"
    )
    rows = index.execute(
        f"SELECT {TRACK_COLUMNS} FROM {TRACK_TABLES} WHERE t.album = ? AND t.state < {GONE}"
        f" ORDER BY t.disc_number, t.track_number, t.sort, t.id LIMIT {MAX_TRACKS}",
        (row[0],),
    )
    return AlbumDetails(**album_fields(index, row), tracks=tuple(tracks_of(index, rows)))


def artist(index: sqlite3.Connection, artist_id: str) -> ArtistDetails:
    """An artist; TrackNotFound."""
    row = _one(
        index, f"SELECT {ARTIST_COLUMNS} FROM artists r WHERE r.artist_id = ? AND r.tracks > 0", artist_id, "artist"
    )
    rows = index.execute(
        f"SELECT {ALBUM_COLUMNS} FROM {ALBUM_TABLES} WHERE a.tracks > 0 AND a.id IN (SELECT t.album FROM tracks t"
        f" JOIN track_artists l ON l.track = t.id WHERE l.artist = ? AND t.state < {GONE})"
        f" ORDER BY a.year, a.sort LIMIT {MAX_ALBUMS}",
        (row[0],),
    )
    return ArtistDetails(**artist_fields(index, row), albums=tuple(album_of(index, found) for found in rows))


def genre(index: sqlite3.Connection, genre_id: str) -> Genre:
    """A genre; TrackNotFound."""
    question = f"SELECT {GENRE_COLUMNS} FROM genres g WHERE g.genre_id = ? AND g.tracks > 0"
    return genre_of(_one(index, question, genre_id, "genre"))


def playlist(index: sqlite3.Connection, playlist_id: str) -> PlaylistDetails:
    """A playlist; TrackNotFound."""
    question = f"SELECT {PLAYLIST_COLUMNS} FROM playlists p WHERE p.playlist_id = ?"
    row = _one(index, question, playlist_id, "playlist")
    rows = index.execute(
        f"SELECT {TRACK_COLUMNS} FROM playlist_items i JOIN tracks t ON t.track_id = i.track_id"
        f" LEFT JOIN albums a ON a.id = t.album WHERE i.playlist = ? AND t.state < {GONE} ORDER BY i.place",
        (row[0],),
    )
    return PlaylistDetails(**playlist_fields(row), tracks=tuple(tracks_of(index, rows)))


def items_of(index: sqlite3.Connection, wanted: Iterable[tuple[Kind, int]]) -> list[Item | None]:
    """Things by their kinds and rows, in this order."""
    wanted = list(wanted)
    found: dict[tuple[Kind, int], Item] = {}
    for kind, columns, tables, row in _TABLES:
        ids = [id_ for asked, id_ in wanted if asked == kind]
        if ids:
            marks = ", ".join(map(str, ids))
            rows = index.execute(f"SELECT {columns} FROM {tables} WHERE {row} IN ({marks})").fetchall()
            made = _make(index, kind, rows)
            found |= {(kind, row[0]): item for row, item in zip(rows, made, strict=True)}
    return [found.get(pair) for pair in wanted]


def place(index: sqlite3.Connection, track_id: str) -> Place:
    """Where a track's music is; TrackNotFound."""
    row = index.execute(f"{_PLACE} WHERE t.track_id = ? AND t.state < {GONE}", (track_id,)).fetchone()
    if row is None:
        raise TrackNotFound(f"The library has no track {track_id}")
    return Place(*row)


def picture_place(index: sqlite3.Connection, id_: str) -> Place | None:
    """The track in which, or beside which, the picture of a track, album or artist is."""
    if id_.startswith("ar-"):
        row = index.execute("SELECT picture_album FROM artists WHERE artist_id = ?", (id_,)).fetchone()
        id_ = row[0] if row and row[0] else ""
    if id_.startswith("al-"):
        found = index.execute(
            f"{_PLACE} WHERE t.id = (SELECT picture_track FROM albums WHERE album_id = ?)", (id_,)
        ).fetchone()
    else:
        found = index.execute(f"{_PLACE} WHERE t.track_id = ?", (id_,)).fetchone()
    return Place(*found) if found is not None and found[4] == HERE else None


def _make(index: sqlite3.Connection, kind: str, rows: list[Row]) -> Sequence[Item]:
    if kind == "track":
        return tracks_of(index, rows)
    makers: dict[str, Callable[[Row], Item]] = {
        "album": partial(album_of, index),
        "artist": partial(artist_of, index),
        "genre": genre_of,
        "playlist": playlist_of,
    }
    return [makers[kind](row) for row in rows]


def _one(index: sqlite3.Connection, question: str, id_: str, what: str) -> Row:
    row: Row | None = index.execute(question, (id_,)).fetchone()
    if row is None:
        raise TrackNotFound(f"The library has no {what} {id_}")
    return row
