"""Playlists that users create and change."""

from collections.abc import Iterable, Sequence
import secrets
import sqlite3
import time
from typing import Final

import msgspec

from ...protocol.errors import InvalidMessage, NotSupported, PermissionDenied, Sentence, TrackNotFound, Unavailable
from ...protocol.library_request import PlaylistEdit
from .people import USERS_ONLY
from .search_entries import PLAYLIST, drop_entry, put_entry
from .smart import check_rules
from .states import DELETED
from .text import sort_key

MAX_PLAYLISTS: Final = 1_000
MAX_SMART: Final = 100
"""Smart playlists, which lists evaluate."""
MAX_PLAYLIST_TRACKS: Final = 10_000
"""Tracks of a playlist."""


def edit(
    index: sqlite3.Connection, playlist_id: str | None, change: PlaylistEdit, owner: str | None = None
) -> str | None:
    """Create a playlist (without an id), change or delete it; return its id, or None if it is deleted.

    Args:
        index: A connection.
        playlist_id: The playlist; None creates one.
        change: The change.
        owner: The user whose plays and favourites count in rules that refer to these; None: there is no such user.

    Raises:
        PermissionDenied: Rules refer to the plays and favourites of a user, and there is none.
        TrackNotFound: There is no such playlist, or no such track.
        NotSupported: The playlist is a file.
        InvalidMessage: A new playlist has no name, a position doesn't exist, or there would be too many tracks.
        Unavailable: There are too many playlists.
    """
    row = None if playlist_id is None else _editable(index, playlist_id)
    if row is not None and change.delete:
        drop_entry(index, PLAYLIST, row)
        index.execute("DELETE FROM playlists WHERE id = ?", (row,))
        return None
    now = int(time.time())
    is_smart = row is not None and _is_smart(index, row)
    if row is None:
        playlist_id, row = _create(index, change, now)
    if change.name is not None:
        index.execute("UPDATE playlists SET name = ?, sort = ? WHERE id = ?", (change.name, sort_key(change.name), row))
        put_entry(index, PLAYLIST, row, change.name)
    if change.rules is not None:
        _write_rules(index, row, change, owner)
    elif is_smart:
        _require_no_tracks(change)
    else:
        _write_tracks(index, row, _changed_tracks(index, row, change))
    index.execute("UPDATE playlists SET updated_at = ? WHERE id = ?", (now, row))
    return playlist_id


def _write_rules(index: sqlite3.Connection, row: int, change: PlaylistEdit, owner: str | None) -> None:
    """Make a playlist a smart one, or change its rules."""
    rules = change.rules
    if rules is None:
        return
    _require_no_tracks(change)
    check_rules(rules)
    if rules.mine and owner is None:
        raise PermissionDenied(USERS_ONLY)
    (others,) = index.execute("SELECT count(*) FROM playlists WHERE rules NOT NULL AND id <> ?", (row,)).fetchone()
    if others >= MAX_SMART:
        raise Unavailable(
            Sentence("too_many_smart_playlists", "There are {most} smart playlists already", most=MAX_SMART)
        )
    index.execute("DELETE FROM playlist_items WHERE playlist = ?", (row,))
    index.execute(
        "UPDATE playlists SET rules = ?, owner = ? WHERE id = ?",
        (msgspec.json.encode(rules), owner if rules.mine else "", row),
    )


def _is_smart(index: sqlite3.Connection, row: int) -> bool:
    found = index.execute("SELECT 1 FROM playlists WHERE id = ? AND rules NOT NULL", (row,)).fetchone()
    return found is not None


def _require_no_tracks(change: PlaylistEdit) -> None:
    if change.track_ids is not None or change.add or change.remove:
        raise InvalidMessage("The tracks of a smart playlist follow from its rules", ["playlist", "rules"])


def _editable(index: sqlite3.Connection, playlist_id: str) -> int:
    known = index.execute("SELECT id, folder IS NULL FROM playlists WHERE playlist_id = ?", (playlist_id,)).fetchone()
    if known is None:
        raise TrackNotFound(f"The library has no playlist {playlist_id}")
    row, editable = known
    if not editable:
        raise NotSupported(
            Sentence("playlist_is_file", "This playlist is a file in the library's folders; it is changed there")
        )
    return int(row)


def _create(index: sqlite3.Connection, change: PlaylistEdit, now: int) -> tuple[str, int]:
    if change.name is None or change.delete:
        raise InvalidMessage("A new playlist needs a name", ["playlist", "name"])
    (count,) = index.execute("SELECT count(*) FROM playlists WHERE folder IS NULL").fetchone()
    if count >= MAX_PLAYLISTS:
        raise Unavailable(Sentence("too_many_playlists", "There are {most} playlists already", most=MAX_PLAYLISTS))
    playlist_id = f"pl-{secrets.token_hex(8)}"
    (row,) = index.execute(
        "INSERT INTO playlists (playlist_id, name, sort, updated_at) VALUES (?, '', '', ?) RETURNING id",
        (playlist_id, now),
    ).fetchone()
    return playlist_id, row


def _changed_tracks(index: sqlite3.Connection, row: int, change: PlaylistEdit) -> list[str]:
    if change.track_ids is not None:
        _require(index, change.track_ids)
        before = list(change.track_ids)
    else:
        before = [
            track_id
            for (track_id,) in index.execute(
                "SELECT track_id FROM playlist_items WHERE playlist = ? ORDER BY place", (row,)
            )
        ]
    # Positions count listed tracks: deleted tracks have none.
    positional = bool(change.remove) or change.at is not None
    listed = [place for place, track_id in enumerate(before) if _is_listed(index, track_id)] if positional else []
    if any(position >= len(listed) for position in change.remove):
        raise InvalidMessage(f"The playlist has {len(listed)} tracks", ["playlist", "remove"])
    removed = {listed[position] for position in change.remove}
    at = len(before)
    if change.at is not None:
        staying = [place for place in listed if place not in removed]
        at = staying[change.at] if change.at < len(staying) else len(before)
    added = list(change.add or ())
    _require(index, added)
    front = [track_id for place, track_id in enumerate(before[:at]) if place not in removed]
    back = [track_id for place, track_id in enumerate(before[at:], at) if place not in removed]
    found = [*front, *added, *back]
    if len(found) > MAX_PLAYLIST_TRACKS:
        raise InvalidMessage(f"A playlist has at most {MAX_PLAYLIST_TRACKS} tracks", ["playlist", "add"])
    return found


def _is_listed(index: sqlite3.Connection, track_id: str) -> bool:
    found = index.execute("SELECT 1 FROM tracks WHERE track_id = ? AND state < ?", (track_id, DELETED)).fetchone()
    return found is not None


def _require(index: sqlite3.Connection, track_ids: Iterable[str]) -> None:
    for track_id in track_ids:
        if not _is_listed(index, track_id):
            raise TrackNotFound(f"The library has no track {track_id}")


def _write_tracks(index: sqlite3.Connection, row: int, track_ids: Sequence[str]) -> None:
    index.execute("DELETE FROM playlist_items WHERE playlist = ?", (row,))
    index.executemany(
        "INSERT INTO playlist_items (playlist, place, track_id) VALUES (?, ?, ?)",
        [(row, place, track_id) for place, track_id in enumerate(track_ids)],
    )
