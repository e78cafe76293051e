"""Playlists that are files in the library's folders, and the tracks that their lines name."""

from collections.abc import Iterable, Iterator, Sequence
import os
import re
import sqlite3
from typing import Final
from urllib.parse import unquote_to_bytes

from .found import FoundPlaylist
from .ids import id_of
from .search_entries import PLAYLIST, drop_entry, put_entry
from .states import DELETED
from .text import path_key, sort_key

MAX_MISSING: Final = 100
"""Most lines without a track that are returned."""
MAX_LINE: Final = 500
"""Characters of such a line."""
_DRIVE: Final = re.compile(rb"^[A-Za-z]:")
_UNLINKED: Final = (
    "i.entry NOT NULL AND (i.track_id IS NULL OR NOT EXISTS"
    f" (SELECT 1 FROM tracks t WHERE t.track_id = i.track_id AND t.state < {DELETED}))"
)


def write(index: sqlite3.Connection, playlists: Iterable[FoundPlaylist]) -> list[str]:
    """Write playlists that were found as files; return their ids."""
    ids = []
    for found in playlists:
        playlist_id = id_of("pl", (found.folder + b"/" + found.name).hex())
        values = {
            "playlist_id": playlist_id,
            "name": found.title,
            "sort": sort_key(found.title),
            "folder": found.folder,
            "file_name": found.name,
            "mtime_ns": found.changed_ns,
            "updated_at": found.changed_ns // 1_000_000_000,
        }
        (row,) = index.execute(
            f"INSERT INTO playlists ({', '.join(values)}) VALUES (:{', :'.join(values)}) ON CONFLICT (playlist_id)"
            f" DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in values)} RETURNING id",
            values,
        ).fetchone()
        put_entry(index, PLAYLIST, row, found.title)
        index.execute("DELETE FROM playlist_items WHERE playlist = ?", (row,))
        index.executemany(
            "INSERT INTO playlist_items (playlist, place, folder, entry) VALUES (?, ?, ?, ?)",
            [(row, place, found.folder, entry) for place, entry in enumerate(found.entries)],
        )
        ids.append(playlist_id)
    return ids


def drop(index: sqlite3.Connection, rows: Iterable[int]) -> list[str]:
    """Remove playlists whose files are gone; return their ids."""
    ids = []
    for row in rows:
        drop_entry(index, PLAYLIST, row)
        ids += index.execute("DELETE FROM playlists WHERE id = ? RETURNING playlist_id", (row,)).fetchall()
    return [playlist_id for (playlist_id,) in ids]


def link(index: sqlite3.Connection) -> None:
    """Store the track that each line names. A line keeps its track when the track's file moves."""
    rows = index.execute(
        f"SELECT i.playlist, i.place, i.folder, i.entry FROM playlist_items i WHERE {_UNLINKED}"
    ).fetchall()
    for playlist, place, folder, entry in rows:
        if (track_id := _track_at(index, folder, entry)) is not None:
            index.execute(
                "UPDATE playlist_items SET track_id = ? WHERE playlist = ? AND place = ?", (track_id, playlist, place)
            )


def missing_lines(index: sqlite3.Connection, playlist: int) -> tuple[str, ...]:
    """Return the first lines of a playlist that name no track of the library."""
    rows = index.execute(
        f"SELECT i.entry FROM playlist_items i WHERE i.playlist = ? AND {_UNLINKED} ORDER BY i.place LIMIT {MAX_MISSING}",
        (playlist,),
    )
    return tuple(os.fsdecode(_variants(entry)[-1]).encode("utf-8", "replace").decode()[:MAX_LINE] for (entry,) in rows)


def _track_at(index: sqlite3.Connection, folder: bytes, entry: bytes) -> str | None:
    """Return the track that a line names: at exactly this path, else at the most similar path."""
    variants = _variants(entry)
    for variant in variants:
        path = os.path.normpath(os.path.join(folder, variant))
        found = index.execute(
            "SELECT t.track_id FROM tracks t JOIN folders f ON f.id = t.folder"
            f" WHERE f.path = ? AND t.name = ? AND t.state < {DELETED}",
            os.path.split(path),
        ).fetchone()
        if found is not None:
            return str(found[0])
    for variant in variants:
        if (track_id := _similar(index, folder, variant)) is not None:
            return track_id
    return None


def _similar(index: sqlite3.Connection, folder: bytes, path: bytes) -> str | None:
    """Return the track whose path ends like `path`, in another case or encoding or below another folder.

    At least one folder must be the same, too, unless the file is exactly where the line says.
    """
    wanted = _key_parts(_DRIVE.sub(b"", path))
    if not wanted:
        return None
    exactly = _key_parts(os.path.normpath(os.path.join(folder, path)))
    best, track = 1, None
    for track_id, place, name in index.execute(
        "SELECT t.track_id, f.path, t.name FROM tracks t JOIN folders f ON f.id = t.folder"
        f" WHERE t.name_key = ? AND t.state < {DELETED} ORDER BY f.path, t.id",
        (wanted[-1],),
    ):
        parts = _key_parts(os.path.join(place, name))
        if parts == exactly:
            return str(track_id)
        if (same := _common_end(parts, wanted)) > best:
            best, track = same, str(track_id)
    return track


def _variants(entry: bytes) -> list[bytes]:
    """Return the paths that a line can mean, the most literal first."""
    if entry[:7].lower() == b"file://":
        entry = unquote_to_bytes(entry[7:])
        entry = b"/" + entry.partition(b"/")[2] if not entry.startswith(b"/") else entry
        # file:///C:/Music
        entry = entry[1:] if _DRIVE.match(entry[1:]) else entry
    found = [entry]
    for change in (unquote_to_bytes, _as_utf8, lambda path: path.replace(b"\\", b"/")):
        found += [changed for variant in found if (changed := change(variant)) not in found]
    return found


def _as_utf8(path: bytes) -> bytes:
    # Older players write in their system's encoding.
    try:
        path.decode()
    except UnicodeDecodeError:
        return path.decode("cp1252", "replace").encode()
    return path


def _key_parts(path: bytes) -> list[str]:
    return [path_key(part) for part in path.split(b"/") if part not in (b"", b".", b"..")]


def _common_end(parts: Sequence[str], others: Sequence[str]) -> int:
    pairs: Iterator[tuple[str, str]] = zip(reversed(parts), reversed(others), strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(parts), len(others)))
