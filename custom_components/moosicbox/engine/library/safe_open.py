"""Opening files below a folder so that no link leads out of it. Blocking: for threads and child processes.

Each folder on the way is opened relative to the one before it and without following links, so that renaming or linking
something meanwhile changes nothing. The root folder itself may be a link.
"""

from io import BufferedReader
import os
from pathlib import Path
import stat
from typing import Final

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK, opening a pipe waits for its writer.
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def open_folder(root: bytes, folder: bytes) -> int:
    """Return a descriptor of `folder`, which is `root` or lies below it.

    Raises:
        OSError: There is no such folder, a link is on the way, or the path leads out of `root`.
    """
    return _descend(root, _parts(root, folder))


def open_inside(root: Path | bytes, path: Path | bytes) -> BufferedReader:
    """Open the file at `path`, which lies below `root`.

    Raises:
        OSError: There is no such file, it isn't a regular one, a link is on the way, or the path leads out of `root`.
    """
    *folders, name = _parts(os.fsencode(root), os.fsencode(path)) or (b"",)
    folder = _descend(os.fsencode(root), folders)
    try:
        return _regular(os.open(name, _FILE, dir_fd=folder), path)
    finally:
        os.close(folder)


def open_file(path: Path | bytes) -> BufferedReader:
    """Open a regular file by its path alone, following links; OSError if there is none."""
    return _regular(os.open(path, _FILE & ~os.O_NOFOLLOW), path)


def _parts(root: bytes, path: bytes) -> list[bytes]:
    base = root.rstrip(b"/")
    parts = path.removeprefix(base).split(b"/")
    if not path.startswith(base) or parts.pop(0) or b".." in parts:
        raise PermissionError(f"{os.fsdecode(path)} leads out of its folder")
    return [part for part in parts if part]


def _descend(root: bytes, parts: list[bytes]) -> int:
    folder = os.open(root or b"/", _FOLDER & ~os.O_NOFOLLOW)
    for part in parts:
        try:
            inner = os.open(part, _FOLDER, dir_fd=folder)
        finally:
            os.close(folder)
        folder = inner
    return folder


def _regular(descriptor: int, path: Path | bytes) -> BufferedReader:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise PermissionError(f"{os.fsdecode(path)} is no regular file")
    return os.fdopen(descriptor, "rb")
