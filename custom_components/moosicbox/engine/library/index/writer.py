"""Writes the findings of a scan into the index."""

from collections.abc import Iterable
import itertools
import sqlite3
import time
from typing import Any, Final

from .album_rows import write_albums
from .albums import VARIOUS
from .found import FoundFolder, FoundTrack
from .names import ARTISTS, GENRES, named_row, respell
from .rows import ALBUM_ARTIST
from .search_entries import TRACK, put_entry
from .states import DELETED, PRESENT
from .text import identity_key, path_key, sort_key
from .totals import count_totals
from .touched import Touched

COPY_SECONDS: Final = 3_600
"""If a file disappears at most this long after one with the same sound appeared, the file counts as moved."""
MAX_TRACKS_OF_TITLE: Final = 2_000
"""Most tracks with one album title that are grouped into albums during a scan; more are grouped at its end."""
_STAMP: Final = ("size", "mtime_ns", "ctime_ns")
"""The columns whose change alone doesn't change the track."""
_WITHOUT_ALBUM: Final = {"album": None, "album_sort": "", "album_artist": None, "compilation": False}


class IndexWriter:
    """Writes the findings of one scan.

    Args:
        changed: Rows of tracks whose files have changed.
        offline: Rows of tracks whose disks aren't there, unless they are found elsewhere.
        deleted: Rows of tracks whose files are gone, unless they are found elsewhere.
    """

    def __init__(self, changed: Iterable[int] = (), offline: Iterable[int] = (), deleted: Iterable[int] = ()) -> None:
        self._offline = set(offline)
        self._deleted = set(deleted)
        self._movable = {*changed, *self._offline, *self._deleted}
        self._postponed = Touched()

    def missing(self) -> tuple[list[int], list[int]]:
        """Return the rows that are offline and those that are deleted, as far as they weren't found elsewhere."""
        return sorted(self._offline), sorted(self._deleted)

    def drop(self, rows: Iterable[int]) -> None:
        """Mark tracks whose files are no music any more as deleted."""
        self._deleted.update(rows)

    def write(self, index: sqlite3.Connection, tracks: Iterable[FoundTrack]) -> tuple[list[str], list[str]]:
        """Write tracks into the index; return the ids of those that are new and of those that changed."""
        added: list[str] = []
        changed: list[str] = []
        touched = Touched()
        for track in tracks:
            self._write_track(index, track, added, changed, touched)
        self._postponed.album_keys |= update_derived_rows(index, touched, MAX_TRACKS_OF_TITLE)
        return added, changed

    def finish(self, index: sqlite3.Connection) -> None:
        """Group the albums that were left for the end of the scan."""
        update_derived_rows(index, self._postponed)

    def _write_track(
        self, index: sqlite3.Connection, found: FoundTrack, added: list[str], changed: list[str], touched: Touched
    ) -> None:
        row = self._row_of(index, found)
        values = _columns(index, found)
        if row is None:
            track_id = _new_id(index, found.fingerprint)
            values = _WITHOUT_ALBUM | values | {"track_id": track_id, "added_at": int(time.time())}
            (row,) = index.execute(
                f"INSERT INTO tracks ({', '.join(values)}) VALUES (:{', :'.join(values)}) RETURNING id", values
            ).fetchone()
            _restore_kept(index, row, track_id)
            added.append(track_id)
        else:
            for rows in (self._offline, self._deleted, self._movable):
                rows.discard(row)
            track_id, state = index.execute("SELECT track_id, state FROM tracks WHERE id = ?", (row,)).fetchone()
            if state == PRESENT and _is_unchanged(index, row, values, found):
                stamp = {name: values[name] for name in _STAMP}
                _update(index, row, stamp)
                return
            touched.add(index, row)
            _forget_other_sound(index, row, found.fingerprint)
            _update(index, row, {**values, "state": PRESENT, "gone_at": None})
            (added if state == DELETED else changed).append(track_id)
        _link(index, row, found)
        touched.add(index, row)

    def _row_of(self, index: sqlite3.Connection, found: FoundTrack) -> int | None:
        """Return the row of this sound: at its place, or at the place from which it was moved; None for a new one."""
        place = index.execute(
            "SELECT t.id, t.fingerprint FROM tracks t JOIN folders f ON f.id = t.folder WHERE f.path = ? AND t.name = ?",
            (found.folder, found.name),
        ).fetchone()
        if place is not None and place[1] == found.fingerprint:
            return int(place[0])
        for row, state in index.execute(
            "SELECT id, state FROM tracks WHERE fingerprint = ? ORDER BY id", (found.fingerprint,)
        ).fetchall():
            if state != PRESENT or row in self._movable:
                if place is not None:
                    # Another sound was moved here: the previous one has no place until it is found elsewhere.
                    index.execute(
                        "UPDATE tracks SET folder = NULL, name = NULL, state = ?, gone_at = ? WHERE id = ?",
                        (DELETED, int(time.time()), place[0]),
                    )
                return int(row)
        return None if place is None else int(place[0])


def update_derived_rows(index: sqlite3.Connection, touched: Touched, limit: int | None = None) -> set[str]:
    """Update albums, totals and spellings; return the album titles that more than `limit` tracks have."""
    left_out = write_albums(index, touched, limit)
    count_totals(index, touched)
    respell(index, ARTISTS, touched.artists)
    respell(index, GENRES, touched.genres)
    return left_out


def set_state(index: sqlite3.Connection, rows: Iterable[int], state: int) -> list[str]:
    """Set the state of tracks; return the ids of those whose state has changed."""
    ids, touched, now = [], Touched(), int(time.time())
    for row in rows:
        known = index.execute("SELECT track_id, state FROM tracks WHERE id = ?", (row,)).fetchone()
        if known is None or known[1] == state:
            continue
        touched.add(index, row)
        index.execute(
            "UPDATE tracks SET state = ?, gone_at = ? WHERE id = ?", (state, now if state == DELETED else None, row)
        )
        if state == DELETED:
            _move_identity_to_copy(index, row, known[0], now)
        touched.add(index, row)
        ids.append(known[0])
    update_derived_rows(index, touched)
    return ids


def write_folders(index: sqlite3.Connection, folders: Iterable[FoundFolder]) -> None:
    """Write the pictures and disks of folders."""
    for found in folders:
        index.execute(
            "INSERT INTO folders (path, volume, artwork, artwork_mtime_ns) VALUES (?, ?, ?, ?) ON CONFLICT (path) DO"
            " UPDATE SET volume = excluded.volume, artwork = excluded.artwork, artwork_mtime_ns = excluded.artwork_mtime_ns",
            (found.path, found.volume, found.artwork, found.artwork_changed_ns),
        )
        rows = index.execute(
            "SELECT t.id FROM tracks t JOIN folders f ON t.folder = f.id WHERE f.path = ?", (found.path,)
        ).fetchall()
        touched = Touched()
        for (row,) in rows:
            touched.add(index, row)
        count_totals(index, touched)


def _columns(index: sqlite3.Connection, found: FoundTrack) -> dict[str, Any]:
    """Return a track's columns by name. Those of its album are written when the album is known."""
    album_artist = found.album_artist or (VARIOUS if found.compilation else None)
    main_artist = next(iter(found.artists), None)
    artist = found.artist or album_artist
    values = {
        "fingerprint": found.fingerprint,
        "folder": _folder(index, found.folder, found.volume),
        "name": found.name,
        "name_key": path_key(found.name),
        "size": found.size,
        "mtime_ns": found.mtime_ns,
        "ctime_ns": found.ctime_ns,
        "title": found.title,
        "sort": sort_key(found.title or ""),
        "artist": artist,
        "artist_sort": sort_key(artist or ""),
        "main_artist": main_artist,
        "tagged_album_artist": found.album_artist,
        "tagged_compilation": found.compilation,
        "album_title": found.album,
        "album_key": None if found.album is None else identity_key(found.album),
        "release_id": found.release_id,
        "genre": "; ".join(found.genres) or None,
        "year": found.year,
        "track_number": found.track_number,
        "disc_number": found.disc_number,
        "duration": found.duration,
        "codec": found.codec,
        "mime_type": found.mime_type,
        "bitrate": found.bitrate,
        "sample_rate": found.sample_rate,
        "channels": found.channels,
        "picture": found.picture,
        "track_gain": found.track_gain,
        "track_peak": found.track_peak,
        "album_gain": found.album_gain,
        "album_peak": found.album_peak,
    }
    if found.album is None:
        credited = album_artist or main_artist
        values |= {
            "album": None,
            "album_sort": f"\t{sort_key(credited or '')}",
            "album_artist": credited,
            "compilation": found.compilation,
        }
    return values


def _update(index: sqlite3.Connection, row: int, values: dict[str, Any]) -> None:
    index.execute(
        f"UPDATE tracks SET {', '.join(f'{name} = :{name}' for name in values)} WHERE id = :row", {**values, "row": row}
    )


def _is_unchanged(index: sqlite3.Connection, row: int, values: dict[str, Any], found: FoundTrack) -> bool:
    """Return whether the index has a track as it was found, except for the time of its file."""
    names = [name for name in values if name not in _STAMP]
    known = index.execute(f"SELECT {', '.join(names)} FROM tracks WHERE id = ?", (row,)).fetchone()
    if any(values[name] != value for name, value in zip(names, known, strict=True)):
        return False
    artists = index.execute("SELECT name, place FROM track_artists WHERE track = ?", (row,)).fetchall()
    genres = index.execute("SELECT name FROM track_genres WHERE track = ?", (row,)).fetchall()
    lyrics = index.execute("SELECT text FROM lyrics WHERE track = ?", (row,)).fetchone()
    return (
        set(artists) == {(name, place) for place, name in _credits(found)}
        and {name for (name,) in genres} == set(found.genres)
        and (lyrics and lyrics[0]) == found.lyrics
    )


def _forget_other_sound(index: sqlite3.Connection, row: int, fingerprint: str) -> None:
    index.execute(
        "UPDATE tracks SET measured_gain = NULL, measured_peak = NULL, measured_at = 0 WHERE id = ? AND fingerprint <> ?",
        (row, fingerprint),
    )


def _credits(found: FoundTrack) -> list[tuple[int, str]]:
    """Return a track's artists with their places."""
    album_artist = [] if found.album_artist is None else [(ALBUM_ARTIST, found.album_artist)]
    return [*enumerate(found.artists), *album_artist]


def _link(index: sqlite3.Connection, row: int, found: FoundTrack) -> None:
    """Write a track's artists, genres, search entry and lyrics."""
    for table in ("track_artists", "track_genres", "lyrics"):
        index.execute(f"DELETE FROM {table} WHERE track = ?", (row,))
    for place, name in _credits(found):
        artist = named_row(index, ARTISTS, name)
        index.execute(
            "INSERT OR IGNORE INTO track_artists (artist, track, place, name) VALUES (?, ?, ?, ?)",
            (artist, row, place, name),
        )
    for name in found.genres:
        genre = named_row(index, GENRES, name)
        index.execute("INSERT OR IGNORE INTO track_genres (genre, track, name) VALUES (?, ?, ?)", (genre, row, name))
    if found.lyrics:
        index.execute("INSERT INTO lyrics (track, text) VALUES (?, ?)", (row, found.lyrics))
    put_entry(index, TRACK, row, found.title or "", found.artist, *found.artists, found.album, found.album_artist)


def _folder(index: sqlite3.Connection, path: bytes, volume: bytes) -> int:
    known = index.execute("SELECT id FROM folders WHERE path = ?", (path,)).fetchone()
    if known is None:
        known = index.execute(
            "INSERT INTO folders (path, volume) VALUES (?, ?) RETURNING id", (path, volume)
        ).fetchone()
    return int(known[0])


def _new_id(index: sqlite3.Connection, fingerprint: str) -> str:
    """Return an id made from the sound, so that it is the same in every index; a copy gets a number behind it."""
    track_id = f"t-{fingerprint[:20]}"
    # In ASCII, the slash follows the dot.
    like = index.execute("SELECT track_id FROM tracks WHERE track_id >= ? AND track_id < ?", (track_id, f"{track_id}/"))
    used = {id_ for (id_,) in like}
    numbered = (f"{track_id}.{number}" for number in itertools.count(2))
    return next(id_ for id_ in itertools.chain([track_id], numbered) if id_ not in used)


def _move_identity_to_copy(index: sqlite3.Connection, row: int, track_id: str, now: int) -> None:
    """Move a deleted track's id and plays to a copy that appeared shortly before: the file was moved by copying."""
    copy = index.execute(
        "SELECT id, track_id FROM tracks WHERE fingerprint = (SELECT fingerprint FROM tracks WHERE id = ?)"
        " AND id <> ? AND state = ? AND added_at > ? ORDER BY added_at DESC LIMIT 1",
        (row, row, PRESENT, now - COPY_SECONDS),
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


def _restore_kept(index: sqlite3.Connection, row: int, track_id: str) -> None:
    """Restore the favourite mark and plays of a new track from the index that this one replaced."""
    kept = index.execute("DELETE FROM kept WHERE item_id = ? RETURNING favourite, play_count, played_at", (track_id,))
    for values in kept.fetchall():
        index.execute("UPDATE tracks SET favourite = ?, play_count = ?, played_at = ? WHERE id = ?", (*values, row))
