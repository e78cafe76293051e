"""Pictures embedded in music files or beside them. Runs in the reader process only."""

from io import BytesIO
import os
from typing import Final

from ..safe_open import open_file, open_inside
from .messages import FilePicture, ReadPicture
from .music_file import open_music
from .picture_types import HEAD, JPEG, MAX_PICTURE, is_usable, picture_type

MAX_PIXELS: Final = 16_000_000
"""Most pixels of a picture that is decoded in full."""
MAX_JPEG_PIXELS: Final = 100_000_000
"""Most pixels of a JPEG, which is decoded at a fraction of its size."""
QUALITY: Final = 85


def read_picture(request: ReadPicture) -> FilePicture | None:
    """Return the picture in a file: itself, or the embedded front cover, or another embedded picture.

    Raises:
        OSError: The file can't be read.
    """
    for data in _embedded(request) if request.embedded else _itself(request):
        if request.edge is None:
            return FilePicture(data, picture_type(data[:HEAD]) or JPEG)
        try:
            return FilePicture(shrink(data, request.edge), JPEG)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001, S112 - a decoder may raise anything; the next picture may be a good one
            continue
    return None


def shrink(data: bytes, edge: int) -> bytes:
    """Return a picture as a JPEG that fits into a square of `edge` pixels; any exception if it can't be decoded."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - not needed to scan

    with Image.open(BytesIO(data), formats=("JPEG", "PNG", "WEBP", "GIF")) as image:
        if image.width * image.height > (MAX_JPEG_PIXELS if image.format == "JPEG" else MAX_PIXELS):
            raise ValueError("The picture has too many pixels")
        image.draft("RGB", (edge, edge))
        if image.width * image.height > MAX_PIXELS:
            raise ValueError("The picture has too many pixels")
        ImageOps.exif_transpose(image, in_place=True)
        image.thumbnail((edge, edge))
        # Transparent parts become black.
        whole = Image.new("RGB", image.size)
        layer = image.convert("RGBA")
        whole.paste(layer, mask=layer)
        made = BytesIO()
        whole.save(made, "JPEG", quality=QUALITY, optimize=True)
        return made.getvalue()


def _itself(request: ReadPicture) -> list[bytes]:
    with open_inside(request.root, request.path) as file:
        data = file.read(MAX_PICTURE + 1)
    return [data] if is_usable(data) else []


def _embedded(request: ReadPicture) -> list[bytes]:
    with open_inside(request.root, request.path) if request.root else open_file(request.path) as file:
        music = open_music(file, file.seek(0, os.SEEK_END))
        pictures = [] if music is None else sorted(music.pictures(), key=lambda found: not found[0])
    return [data for _, data in pictures if is_usable(data)]
