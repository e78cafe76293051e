"""Writing what a scan found into the index. All of it runs in the writer's thread."""

from collections.abc import Iterable
import hashlib
import itertools
import sqlite3
import time
from typing import Any, Final

from ..scan.comparison import GONE, HERE
from ..scan.records import FoundFolder, FoundTrack
from .rows import ALBUM_ARTIST
from .search_entries import ALBUM, ARTIST, GENRE, TRACK, drop_entry, put_entry
from .text import sort_key
from .totals import Touched, refresh

VARIOUS: Final = "Various Artists"
KEEP_GONE_SECONDS: Final = 30 * 86_400
"""How long a track whose file is gone is known again, with its id, when it comes back."""
COPY_SECONDS: Final = 3_600
"""A file that appears this shortly before another of the same sound disappears was moved by copying."""

_COLUMNS: Final = (
    *("fingerprint", "folder", "name", "size", "mtime_ns", "title", "sort", "artist", "artist_sort", "album"),
    *("album_title", "album_sort", "album_artist", "genre", "year", "track_number", "disc_number", "compilation"),
    *("duration", "codec", "mime_type", "bitrate", "sample_rate", "channels", "picture", "track_gain", "track_peak"),
    *("album_gain", "album_peak"),
)
_INSERT: Final = (
    f"INSERT INTO tracks ({', '.join(_COLUMNS)}, track_id, added_at)"
    f" VALUES ({', '.join('?' * (len(_COLUMNS) + 2))}) RETURNING id"
)
_UPDATE: Final = f"UPDATE tracks SET {', '.join(f'{column} = ?' for column in _COLUMNS)}, state = {HERE}, gone_at = NULL WHERE id = ?"


def id_of(prefix: str, *names: str) -> str:
    """The id of what has these names: the same in every index, so that it survives a new one."""
    key = "\x1f".join(sort_key(name) for name in names)
    return f"{prefix}-{hashlib.blake2b(key.encode(), digest_size=8).hexdigest()}"


class Outcome:
    """What writing changed: ids of tracks."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.added: list[str] = []
        self.changed: list[str] = []


class Indexer:
    """Writes one scan's findings, knowing the rows whose files aren't what, or where, they were."""

    def __init__(self, changed: Iterable[int] = (), away: Iterable[int] = (), gone: Iterable[int] = ()) -> None:
        """What is away or gone is missing, unless its sound is found elsewhere."""
        self._away = set(away)
        self._gone = set(gone)
        self._loose = {*changed, *self._away, *self._gone}

    def missing(self) -> tuple[list[int], list[int]]:
        """The rows that are away, and those that are gone, as far as they weren't found elsewhere."""
        return sorted(self._away), sorted(self._gone)

    def write(self, index: sqlite3.Connection, tracks: Iterable[FoundTrack]) -> Outcome:
        """Put these tracks into the index."""
        outcome, touched = Outcome(), Touched()
        for track in tracks:
            self._write_track(index, track, outcome, touched)
        refresh(index, touched)
        return outcome

    def _write_track(self, index: sqlite3.Connection, found: FoundTrack, outcome: Outcome, touched: Touched) -> None:
        folder = _folder(index, found.folder, found.volume)
        row = self._row_of(index, folder, found)
        values = (*_values(index, found, folder, touched),)
        if row is None:
            track_id = _new_id(index, found.fingerprint)
            (row,) = index.execute(_INSERT, (*values, track_id, int(time.time()))).fetchone()
            _take_kept(index, row, track_id)
            outcome.added.append(track_id)
        else:
            touched.add(index, row)
            track_id, state = index.execute("SELECT track_id, state FROM tracks WHERE id = ?", (row,)).fetchone()
            index.execute(_UPDATE, (*values, row))
            for rows in (self._away, self._gone, self._loose):
                rows.discard(row)
            (outcome.added if state == GONE else outcome.changed).append(track_id)
        _link(index, row, found, touched)
        touched.add(index, row)

    def _row_of(self, index: sqlite3.Connection, folder: int, found: FoundTrack) -> int | None:
        """The row of this sound: where it lies, or where it lay before it was moved; None for a new one."""
        place = index.execute(
            "SELECT id, fingerprint FROM tracks WHERE folder = ? AND name = ?", (folder, found.name)
        ).fetchone()
        if place is not None and place[1] == found.fingerprint:
            return int(place[0])
        for row, state in index.execute(
            "SELECT id, state FROM tracks WHERE fingerprint = ? ORDER BY id", (found.fingerprint,)
        ).fetchall():
            if state != HERE or row in self._loose:
                if place is not None:
                    # Another sound moved here: what was here waits without a place until it is found elsewhere.
                    index.execute(
                        "UPDATE tracks SET folder = NULL, name = NULL, state = ?, gone_at = ? WHERE id = ?",
                        (GONE, int(time.time()), place[0]),
                    )
                return int(row)
        return None if place is None else int(place[0])


def set_state(index: sqlite3.Connection, rows: Iterable[int], state: int) -> list[str]:
    """Tracks are here, away or gone now; their ids."""
    ids, touched, now = [], Touched(), int(time.time())
    for row in rows:
        known = index.execute("SELECT track_id, state FROM tracks WHERE id = ?", (row,)).fetchone()
        if known is None or known[1] == state:
            continue
        index.execute(
            "UPDATE tracks SET state = ?, gone_at = ? WHERE id = ?", (state, now if state == GONE else None, row)
        )
        if state == GONE:
            _pass_on(index, row, known[0], now)
        touched.add(index, row)
        ids.append(known[0])
    refresh(index, touched)
    return ids


def write_folders(index: sqlite3.Connection, folders: Iterable[FoundFolder]) -> None:
    """Other pictures in folders, or folders on another disk."""
    for found in folders:
        index.execute(
            "INSERT INTO folders (path, volume, artwork, artwork_mtime_ns) VALUES (?, ?, ?, ?) ON CONFLICT (path) DO"
            " UPDATE SET volume = excluded.volume, artwork = excluded.artwork, artwork_mtime_ns = excluded.artwork_mtime_ns",
            (found.path, found.volume, found.artwork, found.artwork_mtime_ns),
        )
        rows = index.execute(
            "SELECT t.id FROM tracks t JOIN folders f ON t.folder = f.id WHERE f.path = ?", (found.path,)
        ).fetchall()
        touched = Touched()
        for (row,) in rows:
            touched.add(index, row)
        refresh(index, touched)


def tidy(index: sqlite3.Connection) -> None:
    """Forget what is gone for long, and names that nothing bears any more."""
    before = int(time.time()) - KEEP_GONE_SECONDS
    rows = index.execute("SELECT id FROM tracks WHERE state = ? AND gone_at < ?", (GONE, before)).fetchall()
    for (row,) in rows:
        drop_entry(index, TRACK, row)
    index.executemany("DELETE FROM tracks WHERE id = ?", rows)
    _drop_unused(index, ALBUM, "SELECT id FROM albums WHERE id NOT IN (SELECT album FROM tracks WHERE album NOT NULL)")
    _drop_unused(
        index,
        ARTIST,
        "SELECT id FROM artists WHERE id NOT IN (SELECT artist FROM track_artists)"
        " AND id NOT IN (SELECT artist FROM albums WHERE artist NOT NULL)",
    )
    _drop_unused(index, GENRE, "SELECT id FROM genres WHERE id NOT IN (SELECT genre FROM track_genres)")
    index.execute(
        "DELETE FROM folders WHERE id NOT IN (SELECT folder FROM tracks WHERE folder NOT NULL) AND artwork IS NULL"
    )
    index.execute("PRAGMA optimize")


def salvage(damaged: sqlite3.Connection, fresh: sqlite3.Connection) -> None:
    """Bring over what people made, as far as it can be read: favourites, play counts, playlists."""
    _copy(
        *(damaged, "SELECT track_id, favourite, play_count, played_at FROM tracks WHERE favourite OR play_count"),
        *(fresh, "INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)"),
    )
    for table, column in (("artists", "artist_id"), ("albums", "album_id"), ("genres", "genre_id")):
        _copy(
            *(damaged, f"SELECT {column}, 1, 0, 0 FROM {table} WHERE favourite"),
            *(fresh, "INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)"),
        )
    _copy(
        damaged,
        "SELECT item_id, favourite, play_count, played_at FROM kept",
        fresh,
        "INSERT OR IGNORE INTO kept VALUES (?, ?, ?, ?)",
    )
    _copy(
        *(damaged, "SELECT id, playlist_id, name, sort, updated_at, favourite FROM playlists WHERE folder IS NULL"),
        fresh,
        "INSERT OR IGNORE INTO playlists (id, playlist_id, name, sort, updated_at, favourite) VALUES (?, ?, ?, ?, ?, ?)",
    )
    _copy(
        *(damaged, "SELECT playlist, place, track_id FROM playlist_items WHERE track_id NOT NULL AND folder IS NULL"),
        fresh,
        "INSERT OR IGNORE INTO playlist_items (playlist, place, track_id)"
        " SELECT ?1, ?2, ?3 WHERE ?1 IN (SELECT id FROM playlists)",
    )


def _copy(damaged: sqlite3.Connection, question: str, fresh: sqlite3.Connection, change: str) -> None:
    try:
        for row in damaged.execute(question):
            fresh.execute(change, row)
    except sqlite3.DatabaseError:
        # The damage begins here: what was read before it is kept.
        return


def _values(index: sqlite3.Connection, found: FoundTrack, folder: int, touched: Touched) -> tuple[Any, ...]:
    album_artist = found.album_artist or (VARIOUS if found.compilation else next(iter(found.artists), None))
    album = None
    if found.album is not None:
        album = _album(index, found, album_artist)
        touched.albums.add(album)
    # Albums of one title follow one another.
    album_sort = f"{sort_key(found.album or '')}\t{sort_key(album_artist or '')}"
    return (
        *(found.fingerprint, folder, found.name, found.size, found.mtime_ns, found.title, sort_key(found.title)),
        *(found.artist or album_artist, sort_key(found.artist or album_artist or ""), album),
        *(found.album, album_sort, album_artist, "; ".join(found.genres) or None, found.year),
        *(found.track_number, found.disc_number, found.compilation, found.duration, found.codec, found.mime_type),
        *(found.bitrate, found.sample_rate, found.channels, found.picture, found.track_gain, found.track_peak),
        *(found.album_gain, found.album_peak),
    )


def _link(index: sqlite3.Connection, row: int, found: FoundTrack, touched: Touched) -> None:
    """Join a track with its artists and genres, its words and its text."""
    for table in ("track_artists", "track_genres", "lyrics"):
        index.execute(f"DELETE FROM {table} WHERE track = ?", (row,))
    places = [*enumerate(found.artists), *([(ALBUM_ARTIST, found.album_artist)] if found.album_artist else [])]
    for place, name in places:
        artist = _named(index, ARTIST, "artists", "artist_id", "ar", name)
        index.execute("INSERT OR IGNORE INTO track_artists VALUES (?, ?, ?)", (artist, row, place))
    for name in found.genres:
        genre = _named(index, GENRE, "genres", "genre_id", "ge", name)
        index.execute("INSERT OR IGNORE INTO track_genres VALUES (?, ?)", (genre, row))
    if found.lyrics:
        index.execute("INSERT INTO lyrics VALUES (?, ?)", (row, found.lyrics))
    put_entry(index, TRACK, row, found.title, found.artist, *found.artists, found.album, found.album_artist)


def _named(index: sqlite3.Connection, kind: int, table: str, column: str, prefix: str, name: str) -> int:
    id_ = id_of(prefix, name)
    known = index.execute(f"SELECT id FROM {table} WHERE {column} = ?", (id_,)).fetchone()
    if known is not None:
        return int(known[0])
    (row,) = index.execute(
        f"INSERT INTO {table} ({column}, name, sort) VALUES (?, ?, ?) RETURNING id",
        (id_, name, sort_key(name)),
    ).fetchone()
    _take_favourite(index, table, row, id_)
    put_entry(index, kind, row, name)
    return int(row)


def _album(index: sqlite3.Connection, found: FoundTrack, album_artist: str | None) -> int:
    title = found.album or ""
    id_ = id_of("al", title, album_artist or "")
    known = index.execute("SELECT id FROM albums WHERE album_id = ?", (id_,)).fetchone()
    if known is not None:
        return int(known[0])
    artist = None if album_artist is None else _named(index, ARTIST, "artists", "artist_id", "ar", album_artist)
    (row,) = index.execute(
        "INSERT INTO albums (album_id, title, sort, artist, artist_name, artist_sort) VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
        (id_, title, sort_key(title), artist, album_artist, sort_key(album_artist or "")),
    ).fetchone()
    _take_favourite(index, "albums", row, id_)
    put_entry(index, ALBUM, row, title, album_artist)
    return int(row)


def _folder(index: sqlite3.Connection, path: bytes, volume: bytes) -> int:
    known = index.execute("SELECT id FROM folders WHERE path = ?", (path,)).fetchone()
    if known is None:
        known = index.execute(
            "INSERT INTO folders (path, volume) VALUES (?, ?) RETURNING id", (path, volume)
        ).fetchone()
    return int(known[0])


def _new_id(index: sqlite3.Connection, fingerprint: str) -> str:
    # From the sound, so that a new index gives the same ids; the same sound once more gets a number behind it.
    track_id = f"t-{fingerprint[:20]}"
    # A slash comes right behind the dot.
    like = index.execute("SELECT track_id FROM tracks WHERE track_id >= ? AND track_id < ?", (track_id, f"{track_id}/"))
    taken = {id_ for (id_,) in like}
    numbered = (f"{track_id}.{number}" for number in itertools.count(2))
    return next(id_ for id_ in itertools.chain([track_id], numbered) if id_ not in taken)


def _pass_on(index: sqlite3.Connection, row: int, track_id: str, now: int) -> None:
    """A copy that came shortly before is what this track is now: it was moved by copying."""
    copy = index.execute(
        "SELECT id, track_id FROM tracks WHERE fingerprint = (SELECT fingerprint FROM tracks WHERE id = ?)"
        " AND id <> ? AND state = ? AND added_at > ? ORDER BY added_at DESC LIMIT 1",
        (row, row, HERE, now - COPY_SECONDS),
    ).fetchone()
    if copy is None:
        return
    favourite, play_count, played_at, added_at = index.execute(
        "SELECT favourite, play_count, played_at, added_at FROM tracks WHERE id = ?", (row,)
    ).fetchone()
    index.execute("UPDATE tracks SET track_id = ? WHERE id = ?", (f"{track_id}.{row}", row))
    index.execute(
        "UPDATE tracks SET track_id = ?, favourite = favourite OR ?, play_count = play_count + ?,"
        " played_at = max(played_at, ?), added_at = ? WHERE id = ?",
        (track_id, favourite, play_count, played_at, added_at, copy[0]),
    )
    index.execute("UPDATE tracks SET track_id = ? WHERE id = ?", (copy[1], row))


def _take_kept(index: sqlite3.Connection, row: int, track_id: str) -> None:
    kept = index.execute("DELETE FROM kept WHERE item_id = ? RETURNING favourite, play_count, played_at", (track_id,))
    for values in kept.fetchall():
        index.execute("UPDATE tracks SET favourite = ?, play_count = ?, played_at = ? WHERE id = ?", (*values, row))


def _take_favourite(index: sqlite3.Connection, table: str, row: int, id_: str) -> None:
    if index.execute("DELETE FROM kept WHERE item_id = ? RETURNING 1", (id_,)).fetchall():
        index.execute(f"UPDATE {table} SET favourite = 1 WHERE id = ?", (row,))


def _drop_unused(index: sqlite3.Connection, kind: int, question: str) -> None:
    table = {ALBUM: "albums", ARTIST: "artists", GENRE: "genres"}[kind]
    rows = index.execute(f"{question} AND NOT favourite").fetchall()
    for (row,) in rows:
        drop_entry(index, kind, row)
    index.executemany(f"DELETE FROM {table} WHERE id = ?", rows)
