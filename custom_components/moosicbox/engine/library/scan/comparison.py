"""Compares folders with the index: finds new, changed, returned, offline and deleted files."""

from collections import Counter
from collections.abc import Callable, Sequence
import os
import sqlite3
import time
from typing import Final, NamedTuple

from ..folder_names import inside
from ..index.found import FoundFolder
from ..index.states import DELETED, OFFLINE, PRESENT
from ..reader.picture_types import HEAD, picture_type
from ..safe_open import open_inside
from .messages import Compared, ScanRequest
from .path_names import highest_track
from .walk import File, Folder, walk

REPORT_EVERY: Final = 1_000
"""Files."""
RETRY_SECONDS: Final = 86_400
"""Time after which a file that took too long is tried again: its disk may have been slow."""

type _Stamp = tuple[int, int, int]


class ToRead(NamedTuple):
    """A file to read, and the row of its track if the index has one."""

    folder: bytes
    volume: bytes
    root: bytes
    file: File
    row: int | None
    highest: int
    """The highest number that counts as a track number in the names of its folder; see `highest_track`."""


class _Known(NamedTuple):
    row: int
    stamp: _Stamp
    state: int


class Comparison:
    """Compares all folders, or those that have changed, with the index.

    Args:
        index: The index, read only.
        request: The folders to compare.
        on_progress: Called with the number of files that were seen.
    """

    def __init__(self, index: sqlite3.Connection, request: ScanRequest, on_progress: Callable[[int], None]) -> None:
        self.to_read: list[ToRead] = []
        self.playlists: list[tuple[bytes, bytes, File]] = []
        """Playlists to read: root, folder and file."""
        self._index = index
        self._request = request
        self._on_progress = on_progress
        self._files = 0
        self._music_on: Counter[bytes] = Counter()
        self._visited: set[bytes] = set()
        self._inaccessible: list[bytes] = []
        self._changed: list[int] = []
        self._back: list[int] = []
        self._missing: list[tuple[int, int, bytes]] = []
        """Tracks whose files weren't found: their rows, states and volumes."""
        self._folders: list[FoundFolder] = []
        self._readable: list[tuple[bytes, bytes]] = []
        self._known_playlists = {
            (folder, name): (row, changed_ns)
            for row, folder, name, changed_ns in index.execute(
                "SELECT id, folder, file_name, mtime_ns FROM playlists WHERE folder IS NOT NULL"
            )
        }

    def run(self) -> Compared:
        """Walk the folders, and return their differences from the index."""
        targets = _outermost(self._request.targets or self._request.roots)
        for target in targets:
            if (root := self._root_of(target)) is not None:
                for folder in walk(root, target):
                    self._visit(folder, root)
        self._add_unvisited(targets)
        offline, deleted = self._missing_rows(targets)
        return Compared(
            files=self._files,
            changed=tuple(self._changed),
            back=tuple(self._back),
            offline=offline,
            deleted=deleted,
            folders=tuple(self._folders),
            playlists_deleted=tuple(self._deleted_playlists(targets)),
            readable=tuple(self._readable),
        )

    def _visit(self, folder: Folder, root: bytes) -> None:
        if not folder.readable:
            self._inaccessible.append(folder.path)
            return
        self._visited.add(folder.path)
        self._music_on[folder.volume] += len(folder.music)
        known_folder = self._index.execute(
            "SELECT id, volume, artwork, artwork_mtime_ns FROM folders WHERE path = ?", (folder.path,)
        ).fetchone()
        known = {} if known_folder is None else self._known_tracks(known_folder[0])
        unreadable = self._known_unreadable(folder.path)
        to_read: list[tuple[File, int | None]] = []
        for file in folder.music:
            self._files += 1
            if self._files % REPORT_EVERY == 0:
                self._on_progress(self._files)
            found = known.pop(file.name, None)
            if self._is_new(file, found, unreadable.pop(file.name, None)):
                to_read.append((file, None if found is None else found.row))
        if to_read:
            highest = highest_track([os.fsdecode(file.name) for file in folder.music])
            self.to_read += [ToRead(folder.path, folder.volume, root, file, row, highest) for file, row in to_read]
        missing = [track for track in known.values() if track.state != DELETED]
        # While a disk isn't there, the empty folder where it was mounted is on another one.
        volume = known_folder[1] if missing else folder.volume
        self._missing += [(track.row, track.state, volume) for track in missing]
        self._compare_artwork(folder, volume, root, known_folder)
        for playlist in folder.playlists:
            _, changed_ns = self._known_playlists.get((folder.path, playlist.name), (0, -1))
            if changed_ns != playlist.changed_ns and unreadable.pop(playlist.name, None) != _stamp(playlist):
                self.playlists.append((root, folder.path, playlist))
        self._readable += [(folder.path, name) for name in unreadable]

    def _known_tracks(self, folder: int) -> dict[bytes, _Known]:
        rows = self._index.execute(
            "SELECT name, id, size, mtime_ns, ctime_ns, state FROM tracks WHERE folder = ?", (folder,)
        )
        return {name: _Known(row, (size, mtime, ctime), state) for name, row, size, mtime, ctime, state in rows}

    def _known_unreadable(self, folder: bytes) -> dict[bytes, _Stamp]:
        """Return the unreadable files of a folder that needn't be tried again until they change."""
        rows = self._index.execute(
            "SELECT name, size, mtime_ns, ctime_ns, reason, noticed_at FROM unreadable WHERE folder = ?", (folder,)
        )
        expired = time.time() - RETRY_SECONDS
        return {
            name: (-1, 0, 0) if reason == "timeout" and noticed_at < expired else (size, mtime, ctime)
            for name, size, mtime, ctime, reason, noticed_at in rows
        }

    def _is_new(self, file: File, known: _Known | None, unreadable: _Stamp | None) -> bool:
        """Return whether a file must be read, and record the row of a changed or returned track."""
        stamp = _stamp(file)
        if unreadable == stamp:
            return False
        if known is not None:
            if known.stamp == stamp:
                if known.state != PRESENT:
                    self._back.append(known.row)
                return False
            self._changed.append(known.row)
        return True

    def _compare_artwork(
        self, folder: Folder, volume: bytes, root: bytes, known: tuple[int, bytes, bytes | None, int] | None
    ) -> None:
        _, known_volume, artwork, changed_ns = known or (0, volume, None, 0)
        found: tuple[bytes | None, int] = (None, 0)
        for place, picture in folder.pictures:
            found = os.path.join(place, picture.name), picture.changed_ns
            # The picture in the index was checked when it was found.
            if found == (artwork, changed_ns) or _is_picture(root, found[0]):
                break
            found = None, 0
        if (volume, *found) != (known_volume, artwork, changed_ns):
            self._folders.append(
                FoundFolder(path=folder.path, volume=volume, artwork=found[0], artwork_changed_ns=found[1])
            )

    def _add_unvisited(self, targets: Sequence[bytes]) -> None:
        """Add the tracks and files of folders that are in the index, but that the walk didn't find."""
        everywhere = not self._request.targets
        for row, path, volume in self._index.execute("SELECT id, path, volume FROM folders"):
            if not self._is_unvisited(path) or not (everywhere or any(inside(path, target) for target in targets)):
                continue
            rows = self._index.execute("SELECT id, state FROM tracks WHERE folder = ? AND state < ?", (row, DELETED))
            self._missing += [(track, state, volume) for track, state in rows]
        if everywhere:
            rows = self._index.execute("SELECT folder, name FROM unreadable")
            self._readable += [(folder, name) for folder, name in rows if self._is_unvisited(folder)]

    def _is_unvisited(self, path: bytes) -> bool:
        return path not in self._visited and not any(inside(path, place) for place in self._inaccessible)

    def _missing_rows(self, targets: Sequence[bytes]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        alive: dict[bytes, bool] = {}
        offline: list[int] = []
        deleted: list[int] = []
        for row, state, volume in self._missing:
            if volume not in alive:
                alive[volume] = self._is_alive(volume, targets)
            if alive[volume]:
                deleted.append(row)
            elif state != OFFLINE:
                offline.append(row)
        return tuple(offline), tuple(deleted)

    def _is_alive(self, volume: bytes, targets: Sequence[bytes]) -> bool:
        """Return whether a disk is there, with files on it, so that its missing music was deleted."""
        if self._root_of(volume) is None:
            return True
        if any(inside(volume, target) for target in targets):
            return self._music_on[volume] > 0
        try:
            with os.scandir(volume) as entries:
                return next(entries, None) is not None
        except OSError:
            return False

    def _deleted_playlists(self, targets: Sequence[bytes]) -> list[int]:
        deleted = []
        for (folder, name), (row, _) in self._known_playlists.items():
            root = self._root_of(folder)
            if root is None or (any(inside(folder, target) for target in targets) and self._is_alive(root, targets)):
                try:
                    os.stat(os.path.join(folder, name), follow_symlinks=False)
                except FileNotFoundError, NotADirectoryError:
                    deleted.append(row)
                except OSError:
                    continue
        return deleted

    def _root_of(self, path: bytes) -> bytes | None:
        return next((root for root in self._request.roots if inside(path, root)), None)


def _stamp(file: File) -> _Stamp:
    return file.size, file.mtime_ns, file.ctime_ns


def _is_picture(root: bytes, path: bytes) -> bool:
    try:
        with open_inside(root, path) as file:
            return picture_type(file.read(HEAD)) is not None
    except OSError:
        return False


def _outermost(folders: Sequence[bytes]) -> list[bytes]:
    found: list[bytes] = []
    for folder in sorted(set(folders), key=len):
        if not any(inside(folder, outer) for outer in found):
            found.append(folder)
    return found
