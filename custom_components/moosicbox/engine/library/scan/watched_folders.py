"""Folders and all folders below them, watched by inotify without following links."""

import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from asyncinotify import Event, Inotify, Mask, Watch

from ..folder_names import inside
from ..safe_open import open_folder
from .walk import MAX_DEPTH, MUSIC_SUFFIXES, PICTURE_SUFFIXES, PLAYLIST_SUFFIXES

MAX_CHANGED: Final = 200
"""Most changed folders that are returned by name."""
_SUFFIXES: Final = MUSIC_SUFFIXES | PICTURE_SUFFIXES | PLAYLIST_SUFFIXES
_WATCHED: Final = (
    Mask.CREATE | Mask.CLOSE_WRITE | Mask.DELETE | Mask.MOVED_FROM | Mask.MOVED_TO | Mask.ONLYDIR | Mask.EXCL_UNLINK
)
_APPEARED: Final = Mask.CREATE | Mask.MOVED_TO
_DISAPPEARED: Final = Mask.DELETE | Mask.MOVED_FROM


class WatchedFolders:
    """The watched folders, and those that have changed since the last `take_changes`.

    Args:
        roots: Folders, which may be links.

    Raises:
        OSError: The system can't watch so many folders.
    """

    def __init__(self, roots: list[bytes]) -> None:
        self._inotify = Inotify()
        self._inotify.sync_timeout = 0
        self._roots = roots
        self._watches: dict[bytes, Watch] = {}
        self._changed: set[bytes] | None = set()
        try:
            for root in roots:
                self._add(root, root)
        except BaseException:
            self._inotify.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._inotify.close()

    def fileno(self) -> int:
        """Return a descriptor that becomes readable when the system reports changes."""
        return self._inotify.fd

    def read(self) -> bool:
        """Read the system's reports; return whether relevant files or folders have changed."""
        while (event := self._inotify.sync_get()) is not None:
            self._handle(event)
        return self._changed is None or bool(self._changed)

    def take_changes(self) -> list[bytes] | None:
        """Return the folders that changed since the last call; None if there are too many to name."""
        changed, self._changed = self._changed, set()
        return None if changed is None else sorted(changed)

    def _handle(self, event: Event) -> None:
        if Mask.Q_OVERFLOW in event.mask:
            self._changed = None
            return
        if (watch := event.watch) is None or event.name is None or Mask.IGNORED in event.mask:
            return
        folder, name = os.fsencode(watch.path), os.fsencode(event.name)
        path = os.path.join(folder, name)
        if name.startswith(b"."):
            return
        if Mask.ISDIR in event.mask:
            if event.mask & _DISAPPEARED:
                self._remove(path)
            elif event.mask & _APPEARED and (root := self._root_of(path)) is not None:
                self._add(root, path)
            self._note(path)
        elif name.rpartition(b".")[2].decode("ascii", "replace").lower() in _SUFFIXES and not (
            event.mask & Mask.CREATE and _is_being_written(path)
        ):
            self._note(folder)

    def _note(self, folder: bytes) -> None:
        if self._changed is not None:
            self._changed.add(folder)
            if len(self._changed) > MAX_CHANGED:
                self._changed = None

    def _add(self, root: bytes, folder: bytes) -> None:
        try:
            descriptor = open_folder(root, folder)
        except OSError:
            # The folder isn't there, or can't be read, which the scan finds, too.
            return
        self._add_open(descriptor, folder, 0)

    def _add_open(self, descriptor: int, folder: bytes, depth: int) -> None:
        """Watch the open folder, which is closed afterwards, and all folders below it."""
        try:
            watch = self._inotify.add_watch(f"/proc/self/fd/{descriptor}", _WATCHED)
            watch.path = Path(os.fsdecode(folder))
            self._watches[folder] = watch
            if depth == MAX_DEPTH:
                return
            try:
                with os.scandir(descriptor) as entries:
                    inner = [os.fsencode(entry.name) for entry in entries if entry.is_dir(follow_symlinks=False)]
            except OSError:
                return
            for name in inner:
                if name.startswith(b"."):
                    continue
                try:
                    opened = os.open(
                        name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=descriptor
                    )
                except OSError:
                    continue
                self._add_open(opened, os.path.join(folder, name), depth + 1)
        finally:
            os.close(descriptor)

    def _remove(self, folder: bytes) -> None:
        for path in [path for path in self._watches if inside(path, folder)]:
            try:
                self._inotify.rm_watch(self._watches.pop(path))
            except OSError:
                # The folder is deleted: its watch is gone with it.
                continue

    def _root_of(self, path: bytes) -> bytes | None:
        return next((root for root in self._roots if inside(path, root)), None)


def _is_being_written(path: bytes) -> bool:
    """Return whether a new file will be reported again when it is closed, as all are but hard and symbolic links."""
    try:
        return os.lstat(path).st_nlink == 1 and not os.path.islink(path)
    except OSError:
        return True
