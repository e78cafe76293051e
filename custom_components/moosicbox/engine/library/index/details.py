"""Single tracks, albums, artists, genres, playlists, stations and podcasts, or several by their ids."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
import sqlite3
from typing import Final, NamedTuple

from ...clock import iso_from_unix
from ...protocol.errors import TrackNotFound
from ...protocol.library_request import ItemKind
from ..models import (
    AlbumDetails,
    ArtistDetails,
    Episode,
    Genre,
    LibraryItem,
    LibraryTrack,
    PlaylistDetails,
    PodcastDetails,
    Station,
    TrackDetails,
)
from .ids import row_by_id
from .playlist_files import missing_lines
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
    album_fields,
    album_of,
    artist_fields,
    artist_of,
    episode_of,
    genre_of,
    playlist_fields,
    playlist_of,
    podcast_fields,
    podcast_of,
    select,
    station_of,
    track_fields,
    tracks_of,
)
from .smart import stored_rules, tracks_query
from .states import DELETED, PRESENT

MAX_LISTED_TRACKS: Final = 1_000
"""Tracks of an album that are listed with it."""
MAX_EPISODES: Final = 500
"""Episodes of a podcast that are listed with it."""
MAX_ALBUMS: Final = 500
"""Albums of an artist that are listed with them."""
_MORE: Final = {
    "sample_rate": "nullif(t.sample_rate, 0)",
    "channels": "nullif(t.channels, 0)",
    "size": "t.size",
    "last_played_at": "t.played_at",
    "lyrics": "y.text",
}
"""Columns that only the details of a track have."""


class Place(NamedTuple):
    """The place and the properties of a track's file. `artwork` is the path of the picture for its folder."""

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


_TABLES: Final[tuple[tuple[ItemKind, Columns, str], ...]] = (
    ("track", TRACK, TRACK_TABLES),
    ("album", ALBUM, ALBUM_TABLES),
    ("artist", ARTIST, "artists r"),
    ("genre", GENRE, "genres g"),
    ("playlist", PLAYLIST, "playlists p"),
    ("station", STATION, "stations s"),
    ("podcast", PODCAST, "podcasts c"),
    ("episode", EPISODE, EPISODE_TABLES),
)


def track(index: sqlite3.Connection, track_id: str) -> TrackDetails:
    """Return a track with all details; raise TrackNotFound."""
    row = index.execute(
        f"SELECT {select(TRACK)}, {select(_MORE)} FROM {TRACK_TABLES} LEFT JOIN lyrics y ON y.track = t.id"
        " WHERE t.track_id = ? AND t.state < ?",
        (track_id, DELETED),
    ).fetchone()
    if row is None:
        raise TrackNotFound(f"The library has no track {track_id}")
    genres = index.execute(
        "SELECT g.name FROM track_genres l JOIN genres g ON g.id = l.genre WHERE l.track = ? ORDER BY g.sort",
        (row[0],),
    )
    more = dict(zip(_MORE, row[len(TRACK) :], strict=True))
    played_at = more.pop("last_played_at")
    return TrackDetails(
        **track_fields(index, row[: len(TRACK)]),
        **more,
        genres=tuple(name for (name,) in genres),
        last_played_at=iso_from_unix(played_at) if played_at else None,
    )


def tracks(index: sqlite3.Connection, track_ids: Sequence[str]) -> list[LibraryTrack | None]:
    """Return tracks in the order of their ids; None where there is none."""
    asked = list(dict.fromkeys(track_ids))
    marks = ", ".join("?" * len(asked))
    rows = index.execute(
        f"SELECT {select(TRACK)} FROM {TRACK_TABLES} WHERE t.track_id IN ({marks}) AND t.state < {DELETED}", asked
    )
    found = {track.track_id: track for track in tracks_of(index, rows)}
    return [found.get(track_id) for track_id in track_ids]


def album(index: sqlite3.Connection, album_id: str) -> AlbumDetails:
    """Return an album with its tracks; raise TrackNotFound."""
    number = row_by_id(index, "albums", "album_id", album_id)
    row = _one(index, f"SELECT {select(ALBUM)} FROM {ALBUM_TABLES} WHERE a.id = ? AND a.tracks > 0", number, album_id)
    rows = index.execute(
        f"SELECT {select(TRACK)} FROM {TRACK_TABLES} WHERE t.album = ? AND t.state < {DELETED}"
        f" ORDER BY t.disc_number, t.track_number, t.sort, t.id LIMIT {MAX_LISTED_TRACKS}",
        (number,),
    )
    return AlbumDetails(**album_fields(index, row), tracks=tuple(tracks_of(index, rows)))


def artist(index: sqlite3.Connection, artist_id: str) -> ArtistDetails:
    """Return an artist with their albums; raise TrackNotFound."""
    number = row_by_id(index, "artists", "artist_id", artist_id)
    row = _one(index, f"SELECT {select(ARTIST)} FROM artists r WHERE r.id = ? AND r.tracks > 0", number, artist_id)
    rows = index.execute(
        f"SELECT {select(ALBUM)} FROM {ALBUM_TABLES} WHERE a.tracks > 0 AND a.id IN (SELECT t.album FROM tracks t"
        f" JOIN track_artists l ON l.track = t.id WHERE l.artist = ? AND t.state < {DELETED})"
        f" ORDER BY a.year, a.sort LIMIT {MAX_ALBUMS}",
        (number,),
    )
    return ArtistDetails(**artist_fields(index, row), albums=tuple(album_of(index, found) for found in rows))


def genre(index: sqlite3.Connection, genre_id: str) -> Genre:
    """Return a genre; raise TrackNotFound."""
    query = f"SELECT {select(GENRE)} FROM genres g WHERE g.genre_id = ? AND g.tracks > 0"
    return genre_of(_one(index, query, genre_id, genre_id))


def playlist(index: sqlite3.Connection, playlist_id: str) -> PlaylistDetails:
    """Return a playlist with its tracks; raise TrackNotFound."""
    query = f"SELECT {select(PLAYLIST)} FROM playlists p WHERE p.playlist_id = ?"
    row = _one(index, query, playlist_id, playlist_id)
    stored = dict(zip(PLAYLIST, row, strict=True))
    if (rules := stored_rules(stored["rules"])) is not None:
        found = index.execute(*tracks_query(rules, stored["owner"], select(TRACK))).fetchall()
        fields = playlist_fields(index, row)
        fields["track_count"] = len(found)
        return PlaylistDetails(**fields, rules=rules, tracks=tuple(tracks_of(index, found)))
    rows = index.execute(
        f"SELECT {select(TRACK)} FROM playlist_items i JOIN tracks t ON t.track_id = i.track_id"
        f" LEFT JOIN albums a ON a.id = t.album WHERE i.playlist = ? AND t.state < {DELETED} ORDER BY i.place",
        (row[0],),
    )
    return PlaylistDetails(
        **playlist_fields(index, row), tracks=tuple(tracks_of(index, rows)), missing=missing_lines(index, row[0])
    )


def stations(index: sqlite3.Connection, station_ids: Sequence[str]) -> list[Station | None]:
    """Return stations in the order of their ids; None where there is none."""
    marks = ", ".join("?" * len(station_ids))
    rows = index.execute(f"SELECT {select(STATION)} FROM stations s WHERE s.station_id IN ({marks})", station_ids)
    found = {station.station_id: station for station in map(station_of, rows)}
    return [found.get(station_id) for station_id in station_ids]


def podcast(index: sqlite3.Connection, podcast_id: str) -> PodcastDetails:
    """Return a podcast with its newest episodes; raise TrackNotFound."""
    query = f"SELECT {select(PODCAST)} FROM podcasts c WHERE c.podcast_id = ?"
    row = _one(index, query, podcast_id, podcast_id)
    rows = index.execute(
        f"SELECT {select(EPISODE)} FROM {EPISODE_TABLES} WHERE e.podcast = ?"
        f" ORDER BY e.published_at DESC, e.id DESC LIMIT {MAX_EPISODES}",
        (row[0],),
    )
    return PodcastDetails(**podcast_fields(row), tracks=tuple(map(episode_of, rows)))


def episodes(index: sqlite3.Connection, episode_ids: Sequence[str]) -> list[Episode | None]:
    """Return episodes in the order of their ids; None where there is none."""
    asked = list(dict.fromkeys(episode_ids))
    marks = ", ".join("?" * len(asked))
    rows = index.execute(f"SELECT {select(EPISODE)} FROM {EPISODE_TABLES} WHERE e.episode_id IN ({marks})", asked)
    found = {episode.track_id: episode for episode in map(episode_of, rows)}
    return [found.get(episode_id) for episode_id in episode_ids]


def items_of(index: sqlite3.Connection, wanted: Iterable[tuple[ItemKind, int]]) -> list[LibraryItem | None]:
    """Return items by their kinds and rows, in this order."""
    wanted = list(wanted)
    found: dict[tuple[ItemKind, int], LibraryItem] = {}
    for kind, columns, tables in _TABLES:
        ids = [id_ for asked, id_ in wanted if asked == kind]
        if ids:
            marks = ", ".join(map(str, ids))
            rows = index.execute(
                f"SELECT {select(columns)} FROM {tables} WHERE {columns['row']} IN ({marks})"
            ).fetchall()
            found |= {(kind, row[0]): item for row, item in zip(rows, _make(index, kind, rows), strict=True)}
    return [found.get(pair) for pair in wanted]


def place(index: sqlite3.Connection, track_id: str) -> Place:
    """Return the place of a track's file; raise TrackNotFound."""
    row = index.execute(f"{_PLACE} WHERE t.track_id = ? AND t.state < {DELETED}", (track_id,)).fetchone()
    if row is None:
        raise TrackNotFound(f"The library has no track {track_id}")
    return Place(*row)


def picture_place(index: sqlite3.Connection, id_: str) -> Place | None:
    """Return the track that has the picture of a track, album or artist, in its file or beside it; None if none has."""
    if id_.startswith("t-"):
        row = index.execute(f"{_PLACE} WHERE t.track_id = ?", (id_,)).fetchone()
    else:
        if id_.startswith("ar-"):
            number = row_by_id(index, "artists", "artist_id", id_)
            (album,) = index.execute("SELECT picture_album FROM artists WHERE id = ?", (number,)).fetchone() or (None,)
        else:
            album = row_by_id(index, "albums", "album_id", id_)
        row = index.execute(
            f"{_PLACE} WHERE t.id = (SELECT picture_track FROM albums WHERE id = ?)", (album,)
        ).fetchone()
    found = None if row is None else Place(*row)
    return found if found is not None and found.state == PRESENT else None


def _make(index: sqlite3.Connection, kind: str, rows: list[Row]) -> Sequence[LibraryItem]:
    if kind == "track":
        return tracks_of(index, rows)
    makers: dict[str, Callable[[Row], LibraryItem]] = {
        "album": partial(album_of, index),
        "artist": partial(artist_of, index),
        "genre": genre_of,
        "playlist": partial(playlist_of, index),
        "station": station_of,
        "podcast": podcast_of,
        "episode": episode_of,
    }
    return [makers[kind](row) for row in rows]


def _one(index: sqlite3.Connection, query: str, key: str | int | None, id_: str) -> Row:
    row: Row | None = index.execute(query, (key,)).fetchone()
    if row is None:
        raise TrackNotFound(f"The library has nothing with the id {id_}")
    return row
