"""Artwork as it was found: beside the music, or in it. For the executor."""

from collections.abc import Iterable
import os
from pathlib import Path
from typing import Final

from ..index.details import Place
from ..models import Picture
from ..safe_open import open_inside
from .tags import MAX_PICTURE, read_picture

TYPES: Final = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


def version(place: Place) -> str:
    """What changes with the picture of the track at `place`."""
    return f"{place.mtime_ns:x}-{place.size:x}-{place.artwork_mtime_ns or 0:x}"


def read(place: Place, roots: Iterable[Path]) -> Picture | None:
    """The picture of the track at `place`: its own, else its folder's."""
    folder = Path(os.fsdecode(place.folder))
    root = next((root for root in roots if folder.is_relative_to(root)), None)
    if root is None:
        return None
    try:
        return _embedded(root, folder, place) or _beside(root, folder, place)
    except OSError:
        return None


def _embedded(root: Path, folder: Path, place: Place) -> Picture | None:
    if not place.picture:
        return None
    with open_inside(root, folder / os.fsdecode(place.name)) as file:
        if (found := read_picture(file)) is None:
            return None
    return Picture(data=found.data, mime_type=found.mime_type, version=version(place))


def _beside(root: Path, folder: Path, place: Place) -> Picture | None:
    if place.artwork is None:
        return None
    path = folder / os.fsdecode(place.artwork)
    with open_inside(root, path) as file:
        data = file.read(MAX_PICTURE + 1)
    mime_type = TYPES.get(path.suffix.removeprefix(".").lower())
    if mime_type is None or not 0 < len(data) <= MAX_PICTURE:
        return None
    return Picture(data=data, mime_type=mime_type, version=version(place))
