"""Rows of the index as records. Each kind's columns are named once, by the record's fields."""

from collections.abc import Iterable, Mapping, Sequence
import sqlite3
from typing import Any, Final

from ...clock import iso_from_unix
from ..models import TRACK_MEDIA, Album, Artist, Episode, Genre, LibraryTrack, Playlist, Podcast, Station
from ..seal import artwork_url
from .smart import smart_totals, stored_rules
from .states import DELETED, PRESENT

ALBUM_ARTIST: Final = 1_000
"""The place, among a track's artists, of an artist that only the album names."""

type Row = Sequence[Any]
type Columns = Mapping[str, str]
"""SQL expressions by the names of fields; `row` is the row's id."""

TRACK: Final[Columns] = {
    "row": "t.id",
    "track_id": "t.track_id",
    "title": "t.title",
    "artist": "t.artist",
    "album": "t.album_title",
    "album_artist": "t.album_artist",
    "duration": "nullif(t.duration, 0)",
    "track_number": "nullif(t.track_number, 0)",
    "disc_number": "nullif(t.disc_number, 0)",
    "year": "nullif(t.year, 0)",
    "genre": "t.genre",
    "album_id": "a.album_id",
    "compilation": "t.compilation",
    "mime_type": "nullif(t.mime_type, '')",
    "codec": "nullif(t.codec, '')",
    "bitrate": "nullif(t.bitrate, 0)",
    "available": f"t.state = {PRESENT}",
    "favourite": "t.favourite",
    "play_count": "t.play_count",
    "added_at": "t.added_at",
    "track_gain": "coalesce(t.track_gain, t.measured_gain)",
    "track_peak": "coalesce(t.track_peak, t.measured_peak)",
    "album_gain": "coalesce(t.album_gain, a.measured_gain)",
    "album_peak": "coalesce(t.album_peak, a.measured_peak)",
    "spoken": "t.book",
    "picture": "t.picture",
    "album_picture": "a.picture_track",
}
TRACK_TABLES: Final = "tracks t LEFT JOIN albums a ON a.id = t.album"
ALBUM: Final[Columns] = {
    "row": "a.id",
    "album_id": "a.album_id",
    "title": "a.title",
    "artist": "a.artist_name",
    "artist_id": "r.artist_id",
    "year": "nullif(a.year, 0)",
    "track_count": "a.tracks",
    "duration": "round(a.duration, 3)",
    "compilation": "a.compilation",
    "added_at": "a.added_at",
    "favourite": "a.favourite",
    "picture_track": "a.picture_track",
}
ALBUM_TABLES: Final = "albums a LEFT JOIN artists r ON r.id = a.artist"
ARTIST: Final[Columns] = {
    "row": "r.id",
    "artist_id": "r.artist_id",
    "name": "r.name",
    "album_count": "r.albums",
    "track_count": "r.tracks",
    "favourite": "r.favourite",
    "picture": "(SELECT p.album_id FROM albums p WHERE p.id = r.picture_album)",
}
GENRE: Final[Columns] = {
    "row": "g.id",
    "genre_id": "g.genre_id",
    "name": "g.name",
    "track_count": "g.tracks",
    "favourite": "g.favourite",
}
_ITEMS: Final = (
    f"FROM playlist_items i JOIN tracks t ON t.track_id = i.track_id WHERE i.playlist = p.id AND t.state < {DELETED}"
)
PLAYLIST: Final[Columns] = {
    "row": "p.id",
    "playlist_id": "p.playlist_id",
    "name": "p.name",
    "track_count": f"(SELECT count(*) {_ITEMS})",
    "duration": f"(SELECT round(coalesce(sum(t.duration), 0), 3) {_ITEMS})",
    "editable": "p.folder IS NULL",
    "updated_at": "p.updated_at",
    "favourite": "p.favourite",
    "rules": "p.rules",
    "owner": "p.owner",
}

STATION: Final[Columns] = {
    "row": "s.id",
    "station_id": "s.station_id",
    "name": "s.name",
    "url": "s.url",
    "country": "nullif(s.country, '')",
    "genre": "nullif(s.genre, '')",
    "artwork_url": "nullif(s.artwork_url, '')",
    "added_at": "s.added_at",
    "favourite": "s.favourite",
}

PODCAST: Final[Columns] = {
    "row": "c.id",
    "podcast_id": "c.podcast_id",
    "title": "c.title",
    "author": "nullif(c.author, '')",
    "description": "nullif(c.description, '')",
    "url": "c.url",
    "artwork_url": "nullif(c.artwork_url, '')",
    "episode_count": "(SELECT count(*) FROM episodes e WHERE e.podcast = c.id)",
    "latest_at": "(SELECT max(published_at) FROM episodes e WHERE e.podcast = c.id)",
    "added_at": "c.added_at",
    "checked_at": "c.checked_at",
    "error": "nullif(c.error, '')",
    "favourite": "c.favourite",
}
EPISODE: Final[Columns] = {
    "row": "e.id",
    "track_id": "e.episode_id",
    "podcast_id": "c.podcast_id",
    "title": "e.title",
    "artist": "nullif(c.author, '')",
    "album": "c.title",
    "duration": "nullif(e.duration, 0)",
    "artwork_url": "coalesce(nullif(e.artwork_url, ''), nullif(c.artwork_url, ''))",
    "media_content_id": "e.url",
    "mime_type": "nullif(e.mime_type, '')",
    "description": "nullif(e.description, '')",
    "published_at": "e.published_at",
    "added_at": "e.added_at",
    "favourite": "e.favourite",
    "position": "coalesce(p.position, 0)",
    "played": "coalesce(p.played, 0)",
}
EPISODE_TABLES: Final = (
    "episodes e JOIN podcasts c ON c.id = e.podcast"
    " LEFT JOIN positions p ON p.user_id = '' AND p.item_id = e.episode_id"
)


def select(columns: Columns) -> str:
    """Return the expressions of a SELECT for these columns."""
    return ", ".join(columns.values())


def tracks_of(index: sqlite3.Connection, rows: Iterable[Row]) -> list[LibraryTrack]:
    """Return the tracks of rows with the columns of TRACK."""
    found = [_fields(TRACK, row) for row in rows]
    artists = _artists_of(index, [fields["row"] for fields in found])
    return [LibraryTrack(**_complete(index, fields, artists.get(fields.pop("row"), []))) for fields in found]


def track_fields(index: sqlite3.Connection, row: Row) -> dict[str, Any]:
    """Return the fields of the track in a row with the columns of TRACK."""
    fields = _fields(TRACK, row)
    number = fields.pop("row")
    return _complete(index, fields, _artists_of(index, [number]).get(number, []))


def album_fields(index: sqlite3.Connection, row: Row) -> dict[str, Any]:
    """Return the fields of the album in a row with the columns of ALBUM."""
    fields = _fields(ALBUM, row)
    del fields["row"]
    fields["compilation"] = bool(fields["compilation"])
    fields["favourite"] = bool(fields["favourite"])
    fields["added_at"] = iso_from_unix(fields["added_at"])
    picture = fields.pop("picture_track")
    fields["artwork_url"] = artwork_url(index, None if picture is None else fields["album_id"])
    return fields


def artist_fields(index: sqlite3.Connection, row: Row) -> dict[str, Any]:
    """Return the fields of the artist in a row with the columns of ARTIST."""
    fields = _fields(ARTIST, row)
    del fields["row"]
    fields["favourite"] = bool(fields["favourite"])
    fields["artwork_url"] = artwork_url(index, fields.pop("picture"))
    return fields


def playlist_fields(index: sqlite3.Connection, row: Row) -> dict[str, Any]:
    """Return the fields of the playlist in a row with the columns of PLAYLIST."""
    fields = _fields(PLAYLIST, row)
    del fields["row"]
    rules, owner = stored_rules(fields.pop("rules")), fields.pop("owner")
    fields["smart"] = rules is not None
    if rules is not None:
        fields["track_count"], fields["duration"] = smart_totals(index, rules, owner)
    fields["editable"] = bool(fields["editable"])
    fields["favourite"] = bool(fields["favourite"])
    fields["updated_at"] = iso_from_unix(fields["updated_at"])
    return fields


def album_of(index: sqlite3.Connection, row: Row) -> Album:
    """Return the album in a row with the columns of ALBUM."""
    return Album(**album_fields(index, row))


def artist_of(index: sqlite3.Connection, row: Row) -> Artist:
    """Return the artist in a row with the columns of ARTIST."""
    return Artist(**artist_fields(index, row))


def genre_of(row: Row) -> Genre:
    """Return the genre in a row with the columns of GENRE."""
    fields = _fields(GENRE, row)
    del fields["row"]
    fields["favourite"] = bool(fields["favourite"])
    return Genre(**fields)


def playlist_of(index: sqlite3.Connection, row: Row) -> Playlist:
    """Return the playlist in a row with the columns of PLAYLIST."""
    return Playlist(**playlist_fields(index, row))


def station_of(row: Row) -> Station:
    """Return the station in a row with the columns of STATION."""
    fields = _fields(STATION, row)
    del fields["row"]
    fields["favourite"] = bool(fields["favourite"])
    fields["added_at"] = iso_from_unix(fields["added_at"])
    return Station(**fields)


def podcast_fields(row: Row) -> dict[str, Any]:
    """Return the fields of the podcast in a row with the columns of PODCAST."""
    fields = _fields(PODCAST, row)
    del fields["row"]
    fields["favourite"] = bool(fields["favourite"])
    fields["added_at"] = iso_from_unix(fields["added_at"])
    for name in ("latest_at", "checked_at"):
        fields[name] = iso_from_unix(fields[name]) if fields[name] else None
    return fields


def podcast_of(row: Row) -> Podcast:
    """Return the podcast in a row with the columns of PODCAST."""
    return Podcast(**podcast_fields(row))


def episode_of(row: Row) -> Episode:
    """Return the episode in a row with the columns of EPISODE."""
    fields = _fields(EPISODE, row)
    del fields["row"]
    fields["played"], fields["favourite"] = bool(fields["played"]), bool(fields["favourite"])
    fields["added_at"] = iso_from_unix(fields["added_at"])
    fields["spoken"] = True
    fields["published_at"] = iso_from_unix(fields["published_at"]) if fields["published_at"] else None
    return Episode(**fields)


def _fields(columns: Columns, row: Row) -> dict[str, Any]:
    return dict(zip(columns, row, strict=True))


def _complete(index: sqlite3.Connection, fields: dict[str, Any], artists: list[tuple[str, str]]) -> dict[str, Any]:
    """Turn a track's columns into the fields of its record."""
    picture, album_picture = fields.pop("picture"), fields.pop("album_picture")
    picture_of = fields["album_id"] if album_picture is not None else fields["track_id"] if picture else None
    fields["artwork_url"] = artwork_url(index, picture_of)
    fields["media_content_id"] = TRACK_MEDIA + fields["track_id"]
    fields["artists"] = tuple(name for name, _ in artists)
    fields["artist_id"] = artists[0][1] if artists else None
    fields["added_at"] = iso_from_unix(fields["added_at"])
    for name in ("compilation", "available", "favourite"):
        fields[name] = bool(fields[name])
    if fields["spoken"]:
        fields["spoken"] = True
    else:
        del fields["spoken"]
    for name in ("track_gain", "track_peak", "album_gain", "album_peak"):
        if fields[name] is None:
            del fields[name]
    return fields


def _artists_of(index: sqlite3.Connection, rows: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    """Return the names and ids of tracks' artists, by the tracks' rows."""
    found: dict[int, list[tuple[str, str]]] = {}
    marks = ", ".join("?" * len(rows))
    for row, name, artist_id in index.execute(
        "SELECT l.track, r.name, r.artist_id FROM track_artists l JOIN artists r ON r.id = l.artist"
        f" WHERE l.track IN ({marks}) AND l.place < {ALBUM_ARTIST} ORDER BY l.track, l.place",
        rows,
    ):
        found.setdefault(row, []).append((name, artist_id))
    return found
