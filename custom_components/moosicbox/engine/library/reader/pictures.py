"""Pictures embedded in music files or beside them. Runs in the reader process only."""

from collections.abc import Iterator
from io import BytesIO
from typing import Final

from ..safe_open import open_file, open_inside
from .messages import FilePicture, ReadPicture
from .music_file import open_music

MAX_PICTURE: Final = 8 * 1024 * 1024
"""Bytes; a larger picture isn't shown."""
MAX_PIXELS: Final = 16_000_000
"""Of a picture in full, as a decoder holds it."""
MAX_JPEG_PIXELS: Final = 100_000_000
"""Of a JPEG, which is decoded at a fraction of its size."""
QUALITY: Final = 85
JPEG: Final = "image/jpeg"


def picture_type(head: bytes) -> str | None:
    """Return the MIME type of a picture that begins with `head`; None for other bytes, whatever they are called."""
    if head[:3] == b"\xff\xd8\xff":
        return JPEG
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return "image/gif" if head[:6] in (b"GIF87a", b"GIF89a") else None


def usable(data: bytes) -> bool:
    """Return whether `data` is a picture that can be shown, as far as its size and first bytes tell."""
    return len(data) <= MAX_PICTURE and picture_type(data[:12]) is not None


def read_picture(request: ReadPicture) -> FilePicture | None:
    """Return the first usable picture: the embedded front cover, another embedded one, the one beside."""
    for data in _found(request):
        if request.edge is None:
            return FilePicture(data, picture_type(data[:12]) or JPEG)
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


def _found(request: ReadPicture) -> Iterator[bytes]:
    if request.music is not None:
        yield from _embedded(request.root, request.music)
    if request.beside is not None:
        with open_inside(request.root, request.beside) as file:
            data = file.read(MAX_PICTURE + 1)
        if usable(data):
            yield data


def _embedded(root: bytes, path: bytes) -> list[bytes]:
    try:
        with open_inside(root, path) if root else open_file(path) as file:
            size = file.seek(0, 2)
            music = open_music(file, size)
            pictures = [] if music is None else sorted(music.pictures(), key=lambda found: not found[0])
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a parser may raise anything; there may be a picture beside
        return []
    return [data for _, data in pictures if usable(data)]
