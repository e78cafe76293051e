"""From rows of the index to records."""

from collections.abc import Iterable, Sequence
import sqlite3
from typing import Any, Final

from ...clock import iso_from_unix
from ..models import TRACK_MEDIA, Album, Artist, Genre, LibraryTrack, Playlist
from ..scan.comparison import HERE
from ..seal import artwork_url

ALBUM_ARTIST: Final = 1_000
"""The place of an artist whom only the album names."""

TRACK_COLUMNS: Final = (
    "t.id, t.track_id, t.title, t.artist, t.album_title, t.album_artist, t.duration, t.track_number, t.disc_number,"
    " t.year, t.genre, t.picture, a.album_id, a.picture_track, t.compilation, t.mime_type, t.codec, t.bitrate, t.state,"
    " t.favourite, t.play_count, t.added_at"
)
TRACK_TABLES: Final = "tracks t LEFT JOIN albums a ON a.id = t.album"
ALBUM_COLUMNS: Final = (
    "a.id, a.album_id, a.title, a.artist_name, r.artist_id, a.year, a.tracks, a.duration, a.compilation, a.added_at,"
    " a.picture_track, a.favourite"
)
ALBUM_TABLES: Final = "albums a LEFT JOIN artists r ON r.id = a.artist"
ARTIST_COLUMNS: Final = "r.id, r.artist_id, r.name, r.albums, r.tracks, r.picture_album, r.favourite"
GENRE_COLUMNS: Final = "g.id, g.genre_id, g.name, g.tracks, g.favourite"
PLAYLIST_COLUMNS: Final = (
    "p.id, p.playlist_id, p.name, (SELECT count(*) FROM playlist_items i JOIN tracks t ON t.track_id = i.track_id"
    " WHERE i.playlist = p.id AND t.state < 2), (SELECT coalesce(sum(t.duration), 0) FROM playlist_items i"
    " JOIN tracks t ON t.track_id = i.track_id WHERE i.playlist = p.id AND t.state < 2), p.folder IS NULL,"
    " p.updated_at, p.favourite"
)

type Row = Sequence[Any]


def tracks_of(index: sqlite3.Connection, rows: Iterable[Row]) -> list[LibraryTrack]:
    """Tracks, with their artists."""
    rows = list(rows)
    artists = artists_of(index, [row[0] for row in rows])
    return [LibraryTrack(**track_fields(index, row, artists.get(row[0], []))) for row in rows]


def track_fields(index: sqlite3.Connection, row: Row, artists: list[tuple[str, str]]) -> dict[str, Any]:
    """The fields of a track."""
    (_, track_id, title, artist, album, album_artist, duration, number, disc, year, genre, *more) = row
    picture, album_id, album_picture, compilation, mime_type, codec, bitrate, state, favourite, plays, added_at = more
    picture_of = album_id if album_picture is not None else track_id if picture else None
    return {
        "track_id": track_id,
        "title": title,
        "artist": artist,
        "album": album,
        "album_artist": album_artist,
        "duration": duration or None,
        "track_number": number or None,
        "disc_number": disc or None,
        "year": year or None,
        "genre": genre,
        "artwork_url": artwork_url(index, picture_of),
        "media_content_id": TRACK_MEDIA + track_id,
        "artists": tuple(name for name, _ in artists),
        "artist_id": artists[0][1] if artists else None,
        "album_id": album_id,
        "compilation": bool(compilation),
        "mime_type": mime_type or None,
        "codec": codec or None,
        "bitrate": bitrate or None,
        "available": state == HERE,
        "favourite": bool(favourite),
        "play_count": plays,
        "added_at": iso_from_unix(added_at),
    }


def artists_of(index: sqlite3.Connection, rows: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    """The artists of tracks by their rows, as names and ids."""
    found: dict[int, list[tuple[str, str]]] = {}
    marks = ", ".join("?" * len(rows))
    for row, name, artist_id in index.execute(
        "SELECT l.track, r.name, r.artist_id FROM track_artists l JOIN artists r ON r.id = l.artist"
        f" WHERE l.track IN ({marks}) AND l.place < {ALBUM_ARTIST} ORDER BY l.track, l.place",
        rows,
    ):
        found.setdefault(row, []).append((name, artist_id))
    return found


def album_of(index: sqlite3.Connection, row: Row) -> Album:
    """An album."""
    return Album(**album_fields(index, row))


def album_fields(index: sqlite3.Connection, row: Row) -> dict[str, Any]:
    """The fields of an album."""
    _, album_id, title, artist, artist_id, year, tracks, duration, compilation, added_at, picture, favourite = row
    return {
        "album_id": album_id,
        "title": title,
        "artist": artist,
        "artist_id": artist_id,
        "year": year or None,
        "track_count": tracks,
        "duration": round(duration, 3),
        "compilation": bool(compilation),
        "added_at": iso_from_unix(added_at),
        "artwork_url": artwork_url(index, None if picture is None else album_id),
        "favourite": bool(favourite),
    }


def artist_of(index: sqlite3.Connection, row: Row) -> Artist:
    """An artist."""
    return Artist(**artist_fields(index, row))


def artist_fields(index: sqlite3.Connection, row: Row) -> dict[str, Any]:
    """The fields of an artist."""
    _, artist_id, name, albums, tracks, picture_album, favourite = row
    return {
        "artist_id": artist_id,
        "name": name,
        "album_count": albums,
        "track_count": tracks,
        "artwork_url": artwork_url(index, picture_album),
        "favourite": bool(favourite),
    }


def genre_of(row: Row) -> Genre:
    """A genre."""
    _, genre_id, name, tracks, favourite = row
    return Genre(genre_id=genre_id, name=name, track_count=tracks, favourite=bool(favourite))


def playlist_of(row: Row) -> Playlist:
    """A playlist."""
    return Playlist(**playlist_fields(row))


def playlist_fields(row: Row) -> dict[str, Any]:
    """The fields of a playlist."""
    _, playlist_id, name, tracks, duration, editable, updated_at, favourite = row
    return {
        "playlist_id": playlist_id,
        "name": name,
        "track_count": tracks,
        "duration": round(duration, 3),
        "editable": bool(editable),
        "updated_at": iso_from_unix(updated_at),
        "favourite": bool(favourite),
    }
