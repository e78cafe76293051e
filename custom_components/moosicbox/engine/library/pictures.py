"""Artwork as it was found: beside the music, or in it."""

import os
from pathlib import Path
from typing import Final

from .details import Place
from .models import Picture
from .tags import LARGEST_PICTURE, read_picture

TYPES: Final = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


def read(place: Place | None) -> Picture | None:
    """The picture of the track at `place`: its own, else its folder's."""
    if place is None:
        return None
    folder = Path(os.fsdecode(place.folder))
    if place.picture and (embedded := read_picture(folder / os.fsdecode(place.name))) is not None:
        version = f"{place.mtime_ns:x}-{place.size:x}"
        return Picture(data=embedded.data, mime_type=embedded.mime_type, version=version)
    if place.artwork is None:
        return None
    path = folder / os.fsdecode(place.artwork)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(LARGEST_PICTURE + 1)
    except OSError:
        return None
    mime_type = TYPES.get(path.suffix.removeprefix(".").lower())
    if mime_type is None or not 0 < len(data) <= LARGEST_PICTURE:
        return None
    return Picture(data=data, mime_type=mime_type, version=f"{place.artwork_mtime_ns:x}")
