"""Paths of folders, as bytes, and the names of folders that hold one disc of an album."""

import os
import re
from typing import Final

DISC_FOLDER: Final = re.compile(r"^(?:cd|disc|disk)[ _.-]*(?P<disc>\d{1,2})(?:\b.*)?$", re.IGNORECASE)
"""The name of a folder that is a part of the album in the folder around it, as "CD1" or "Disc 2"."""


def inside(path: bytes, folder: bytes) -> bool:
    """Return whether `path` is `folder` or lies below it."""
    return path == folder or path.startswith(folder.rstrip(b"/") + b"/")


def is_disc_folder(path: bytes) -> bool:
    """Return whether a folder is one disc of an album."""
    return DISC_FOLDER.match(os.fsdecode(os.path.basename(path))) is not None


def album_folder(path: bytes) -> bytes:
    """Return the folder of the album whose music is in the folder `path`."""
    return os.path.dirname(path) if is_disc_folder(path) else path
