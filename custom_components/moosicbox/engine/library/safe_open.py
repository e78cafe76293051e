"""Opening files so that nothing outside a folder can be reached, whatever lies at their path by then. For the executor."""

from io import BufferedReader
import os
from pathlib import Path
import stat
from typing import Final

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK a pipe in a file's place would hold its opener.
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def open_inside(root: Path, path: Path) -> BufferedReader:
    """The file at `path`, in `root`; OSError unless it is a plain file that no link leads to."""
    *folders, name = path.relative_to(root).parts
    if ".." in folders or name == "..":
        raise PermissionError(f"{path} leads out of its folder")
    # From folder to folder by what is open: what is renamed or linked meanwhile doesn't matter.
    folder = os.open(root, _FOLDER & ~os.O_NOFOLLOW)
    try:
        for part in folders:
            inner = os.open(part, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        descriptor = os.open(name, _FILE, dir_fd=folder)
    finally:
        os.close(folder)
    file = os.fdopen(descriptor, "rb")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        file.close()
        raise PermissionError(f"{path} is no file")
    return file
