"""Comparing folders with the index: what is new, changed, back, away or gone."""

from collections import Counter
from collections.abc import Callable, Sequence
import os
import sqlite3
from typing import Final, NamedTuple

from .records import Compared, FoundFolder, Order
from .walk import File, Folder, inside, volume_of, walk

HERE: Final = 0
AWAY: Final = 1
"""Its disk is away: it is still listed."""
GONE: Final = 2
"""Its file is gone: it isn't listed, but known again if it comes back."""

TELL_EVERY: Final = 1_000
"""Files."""


class ToRead(NamedTuple):
    """A file that must be read."""

    folder: bytes
    volume: bytes
    root: bytes
    file: File


class Comparison:
    """One look at all folders, or at those that somebody says have changed."""

    def __init__(self, index: sqlite3.Connection, order: Order, tell: Callable[[int], None]) -> None:
        """`tell` hears how many files were seen."""
        self.to_read: list[ToRead] = []
        self.playlists: list[tuple[bytes, File]] = []
        self._index = index
        self._order = order
        self._tell = tell
        self._files = 0
        self._on_volume: Counter[bytes] = Counter()
        self._visited: set[bytes] = set()
        self._unreadable: list[bytes] = []
        self._changed: list[int] = []
        self._back: list[int] = []
        self._missing: list[tuple[int, bytes]] = []
        self._folders: list[FoundFolder] = []
        self._known_playlists = {
            (folder, name): (row, mtime_ns)
            for row, folder, name, mtime_ns in index.execute(
                "SELECT id, folder, file_name, mtime_ns FROM playlists WHERE folder IS NOT NULL"
            )
        }

    def run(self) -> Compared:
        """Walk and compare."""
        targets = _outermost(self._order.targets or self._order.roots)
        for target in targets:
            if (root := self._root_of(target)) is not None:
                for folder in walk(target, *volume_of(target, root)):
                    self._visit(folder, root)
        self._leave(targets)
        alive: dict[bytes, bool] = {}
        away: list[int] = []
        gone: list[int] = []
        for row, volume in self._missing:
            if volume not in alive:
                alive[volume] = self._alive(volume, targets)
            (gone if alive[volume] else away).append(row)
        return Compared(
            files=self._files,
            changed=tuple(self._changed),
            back=tuple(self._back),
            away=tuple(away),
            gone=tuple(gone),
            folders=tuple(self._folders),
            playlists_gone=tuple(self._lost_playlists(targets)),
        )

    def _visit(self, folder: Folder, root: bytes) -> None:
        if not folder.readable:
            self._unreadable.append(folder.path)
            return
        self._visited.add(folder.path)
        self._on_volume[folder.volume] += len(folder.music)
        known_folder = self._index.execute(
            "SELECT id, volume, artwork, artwork_mtime_ns FROM folders WHERE path = ?", (folder.path,)
        ).fetchone()
        known: dict[bytes, tuple[int, int, int, int]] = {}
        if known_folder is not None:
            rows = self._index.execute(
                "SELECT name, id, size, mtime_ns, state FROM tracks WHERE folder = ?", (known_folder[0],)
            )
            known = {name: (row, size, mtime_ns, state) for name, row, size, mtime_ns, state in rows}
        for file in folder.music:
            self._files += 1
            if self._files % TELL_EVERY == 0:
                self._tell(self._files)
            self._meet(folder, root, file, known.pop(file.name, None))
        volume = folder.volume if known_folder is None else known_folder[1]
        self._missing += [(row, volume) for row, _, _, state in known.values() if state == HERE]
        self._look_at_artwork(folder, known_folder)
        for playlist in folder.playlists:
            _, mtime_ns = self._known_playlists.get((folder.path, playlist.name), (0, -1))
            if mtime_ns != playlist.mtime_ns:
                self.playlists.append((folder.path, playlist))

    def _meet(self, folder: Folder, root: bytes, file: File, known: tuple[int, int, int, int] | None) -> None:
        if known is not None:
            row, size, mtime_ns, state = known
            if (size, mtime_ns) == (file.size, file.mtime_ns):
                if state != HERE:
                    self._back.append(row)
                return
            self._changed.append(row)
        self.to_read.append(ToRead(folder.path, folder.volume, root, file))

    def _look_at_artwork(self, folder: Folder, known: tuple[int, bytes, bytes | None, int] | None) -> None:
        artwork = folder.artwork
        found = (folder.volume, artwork and artwork.name, artwork.mtime_ns if artwork else 0)
        if found != (known[1:] if known is not None else (folder.volume, None, 0)):
            self._folders.append(
                FoundFolder(path=folder.path, volume=found[0], artwork=found[1], artwork_mtime_ns=found[2])
            )

    def _leave(self, targets: Sequence[bytes]) -> None:
        # Folders that the index knows and nobody came by.
        everywhere = not self._order.targets
        for row, path, volume in self._index.execute("SELECT id, path, volume FROM folders"):
            if path in self._visited or any(inside(path, place) for place in self._unreadable):
                continue
            if everywhere or any(inside(path, target) for target in targets):
                rows = self._index.execute("SELECT id FROM tracks WHERE folder = ? AND state = ?", (row, HERE))
                self._missing += [(track, volume) for (track,) in rows]
                if self._root_of(path) is None:
                    rows = self._index.execute("SELECT id FROM tracks WHERE folder = ? AND state = ?", (row, AWAY))
                    self._missing += [(track, volume) for (track,) in rows]

    def _alive(self, volume: bytes, targets: Sequence[bytes]) -> bool:
        """Whether what is missing on a disk was deleted: the disk is there, with other music or other files on it."""
        if self._root_of(volume) is None:
            return True
        if any(inside(volume, target) for target in targets):
            return self._on_volume[volume] > 0
        try:
            with os.scandir(volume) as entries:
                return next(entries, None) is not None
        except OSError:
            return False

    def _lost_playlists(self, targets: Sequence[bytes]) -> list[int]:
        lost = []
        for (folder, name), (row, _) in self._known_playlists.items():
            root = self._root_of(folder)
            if root is None or (any(inside(folder, target) for target in targets) and self._alive(root, targets)):
                try:
                    os.stat(os.path.join(folder, name))
                except FileNotFoundError, NotADirectoryError:
                    lost.append(row)
                except OSError:
                    continue
        return lost

    def _root_of(self, path: bytes) -> bytes | None:
        return next((root for root in self._order.roots if inside(path, root)), None)


def _outermost(folders: Sequence[bytes]) -> list[bytes]:
    found: list[bytes] = []
    for folder in sorted(set(folders), key=len):
        if not any(inside(folder, outer) for outer in found):
            found.append(folder)
    return found
