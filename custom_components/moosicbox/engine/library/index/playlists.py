"""Playlists: found as files, or made here."""

from collections.abc import Iterable, Sequence
import secrets
import sqlite3
import time
from typing import Final

from ...protocol.errors import InvalidMessage, NotSupported, TrackNotFound, Unavailable
from ...protocol.library_request import PlaylistEdit
from ..scan.records import FoundPlaylist
from .search_entries import PLAYLIST, drop_entry, put_entry
from .text import sort_key
from .writer import id_of

MAX_PLAYLISTS: Final = 1_000
MAX_TRACKS: Final = 10_000


def edit(index: sqlite3.Connection, playlist_id: str | None, change: PlaylistEdit) -> str | None:
    """Make, change or delete; the id of what is then there."""
    row = None
    if playlist_id is not None:
        known = index.execute(
            "SELECT id, folder IS NULL FROM playlists WHERE playlist_id = ?", (playlist_id,)
        ).fetchone()
        if known is None:
            raise TrackNotFound(f"The library has no playlist {playlist_id}")
        row, editable = known
        if not editable:
            raise NotSupported("This playlist is a file in the library's folders; it is changed there")
        if change.delete:
            drop_entry(index, PLAYLIST, row)
            index.execute("DELETE FROM playlists WHERE id = ?", (row,))
            return None
    elif change.name is None or change.delete:
        raise InvalidMessage("A new playlist needs a name", ["playlist", "name"])
    now = int(time.time())
    if row is None:
        (count,) = index.execute("SELECT count(*) FROM playlists WHERE folder IS NULL").fetchone()
        if count >= MAX_PLAYLISTS:
            raise Unavailable(f"There are {MAX_PLAYLISTS} playlists already")
        playlist_id = f"pl-{secrets.token_hex(8)}"
        (row,) = index.execute(
            "INSERT INTO playlists (playlist_id, name, sort, updated_at) VALUES (?, '', '', ?) RETURNING id",
            (playlist_id, now),
        ).fetchone()
    if change.name is not None:
        index.execute("UPDATE playlists SET name = ?, sort = ? WHERE id = ?", (change.name, sort_key(change.name), row))
        put_entry(index, PLAYLIST, row, change.name)
    _put(index, row, _changed(index, row, change))
    index.execute("UPDATE playlists SET updated_at = ? WHERE id = ?", (now, row))
    return playlist_id


def _changed(index: sqlite3.Connection, row: int, change: PlaylistEdit) -> list[str]:
    if change.track_ids is not None:
        _require(index, change.track_ids)
        held = list(change.track_ids)
    else:
        held = [
            track_id
            for (track_id,) in index.execute(
                "SELECT track_id FROM playlist_items WHERE playlist = ? ORDER BY place", (row,)
            )
        ]
    # Positions are those that people see: tracks that are gone have none.
    shown = [at for at, track_id in enumerate(held) if _is_shown(index, track_id)] if _is_positional(change) else []
    if any(position >= len(shown) for position in change.remove):
        raise InvalidMessage(f"The playlist has {len(shown)} tracks", ["playlist", "remove"])
    out = {shown[position] for position in change.remove}
    at = len(held)
    if change.at is not None:
        staying = [place for place in shown if place not in out]
        at = staying[change.at] if change.at < len(staying) else len(held)
    added = list(change.add or ())
    _require(index, added)
    before = [track_id for place, track_id in enumerate(held[:at]) if place not in out]
    behind = [track_id for place, track_id in enumerate(held[at:], at) if place not in out]
    found = [*before, *added, *behind]
    if len(found) > MAX_TRACKS:
        raise InvalidMessage(f"A playlist has at most {MAX_TRACKS} tracks", ["playlist", "add"])
    return found


def _is_positional(change: PlaylistEdit) -> bool:
    return bool(change.remove) or change.at is not None


def _is_shown(index: sqlite3.Connection, track_id: str) -> bool:
    found = index.execute("SELECT 1 FROM tracks WHERE track_id = ? AND state < 2", (track_id,)).fetchone()
    return found is not None


def _require(index: sqlite3.Connection, track_ids: Iterable[str]) -> None:
    for track_id in track_ids:
        if not _is_shown(index, track_id):
            raise TrackNotFound(f"The library has no track {track_id}")


def _put(index: sqlite3.Connection, row: int, track_ids: Sequence[str]) -> None:
    index.execute("DELETE FROM playlist_items WHERE playlist = ?", (row,))
    index.executemany(
        "INSERT INTO playlist_items (playlist, place, track_id) VALUES (?, ?, ?)",
        [(row, at, track_id) for at, track_id in enumerate(track_ids)],
    )


def write_files(index: sqlite3.Connection, playlists: Iterable[FoundPlaylist]) -> list[str]:
    """Playlists that were found as files; their ids."""
    ids = []
    for found in playlists:
        playlist_id = id_of("pl", (found.folder + b"/" + found.name).hex())
        (row,) = index.execute(
            "INSERT INTO playlists (playlist_id, name, sort, folder, file_name, mtime_ns, updated_at)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (playlist_id) DO UPDATE SET name = ?2, sort = ?3,"
            " mtime_ns = ?6, updated_at = ?7 RETURNING id",
            (
                *(playlist_id, found.title, sort_key(found.title), found.folder, found.name),
                *(found.mtime_ns, found.mtime_ns // 1_000_000_000),
            ),
        ).fetchone()
        put_entry(index, PLAYLIST, row, found.title)
        index.execute("DELETE FROM playlist_items WHERE playlist = ?", (row,))
        index.executemany(
            "INSERT INTO playlist_items (playlist, place, folder, name) VALUES (?, ?, ?, ?)",
            [(row, at, folder, name) for at, (folder, name) in enumerate(found.entries)],
        )
        ids.append(playlist_id)
    return ids


def drop_files(index: sqlite3.Connection, rows: Iterable[int]) -> list[str]:
    """Files that are gone; their ids."""
    ids = []
    for row in rows:
        drop_entry(index, PLAYLIST, row)
        ids += index.execute("DELETE FROM playlists WHERE id = ? RETURNING playlist_id", (row,)).fetchall()
    return [playlist_id for (playlist_id,) in ids]


def link_files(index: sqlite3.Connection) -> None:
    """Find the tracks that files name; what was found once stays found when it moves."""
    index.execute(
        "UPDATE playlist_items SET track_id = (SELECT t.track_id FROM tracks t JOIN folders f ON f.id = t.folder"
        " WHERE f.path = playlist_items.folder AND t.name = playlist_items.name)"
        " WHERE folder IS NOT NULL AND (track_id IS NULL OR NOT EXISTS"
        " (SELECT 1 FROM tracks t WHERE t.track_id = playlist_items.track_id AND t.state < 2))"
    )
