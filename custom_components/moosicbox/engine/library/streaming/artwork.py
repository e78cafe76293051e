"""Pictures in sizes, made once and kept."""

import asyncio
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from aiohttp import hdrs, web
from PIL import Image, ImageOps

from ..library import Library
from ..models import Picture
from .disk_cache import DiskCache
from .streams import HEADERS, OpenedFile

CACHE_BYTES: Final = 256 * 1024 * 1024
"""That may be kept on the disk."""
WITH_PICTURES: Final = ("al-", "ar-", "t-")
"""How ids of the library begin that may have a picture."""
SIZES: Final = (64, 128, 256, 512, 1024)
"""Edges in pixels; what is asked for is rounded up."""
MAX_PIXELS: Final = 50_000_000
AT_ONCE: Final = 2
"""Pictures that are made at the same time."""
QUALITY: Final = 85
MIME_TYPE: Final = "image/jpeg"
_HEADERS: Final = {**HEADERS, hdrs.CACHE_CONTROL: "private, max-age=86400"}


def size_asked(request: web.Request) -> int | None:
    """How large a picture is wanted, in pixels; None: as it is."""
    size = request.query.get("size", "")
    if size and not (size.isascii() and size.isdigit() and len(size) <= 5):
        raise web.HTTPBadRequest
    return int(size) if size else None


class Artwork:
    """Serves the pictures of a library."""

    def __init__(self, library: Library, cache: DiskCache) -> None:
        """Smaller pictures are kept in `cache`."""
        self._library = library
        self._cache = cache
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def respond(self, request: web.Request, id_: str, size: int | None) -> web.StreamResponse:
        """The picture of a track, an album or an artist, about so large; as it was found without a `size`."""
        if (version := await self._library.artwork_version(id_)) is None:
            raise web.HTTPNotFound
        if size is None:
            return _whole(request, await self._library.artwork(id_))
        edge = next((edge for edge in SIZES if edge >= size), SIZES[-1])
        name = f"{id_}-{version}-{edge}.jpg"
        if (kept := await asyncio.to_thread(self._cache.open, name)) is not None:
            return OpenedFile(kept, MIME_TYPE, _HEADERS)
        async with self._slots:
            picture = await self._library.artwork(id_)
            made = None if picture is None else await asyncio.to_thread(self._make, picture.data, edge, name)
        if made is None:
            raise web.HTTPNotFound
        return OpenedFile(made, MIME_TYPE, _HEADERS)

    def _make(self, data: bytes, edge: int, name: str) -> BinaryIO | None:
        path: Path | None = None
        try:
            small = _shrink(data, edge)
            path = self._cache.unfinished()
            path.write_bytes(small)
            self._cache.keep(path, name)
            return self._cache.open(name)
        except Exception:  # noqa: BLE001 - a picture that lies may lead its decoder anywhere
            if path is not None:
                path.unlink(missing_ok=True)
            return None


def _whole(request: web.Request, picture: Picture | None) -> web.Response:
    if picture is None:
        raise web.HTTPNotFound
    if any(etag.value == picture.version for etag in request.if_none_match or ()):
        response = web.Response(status=304, headers=_HEADERS)
    else:
        response = web.Response(body=picture.data, content_type=picture.mime_type, headers=_HEADERS)
    response.etag = picture.version
    return response


def _shrink(data: bytes, edge: int) -> bytes:
    with Image.open(BytesIO(data), formats=("JPEG", "PNG", "WEBP", "GIF")) as image:
        if image.width * image.height > MAX_PIXELS:
            raise ValueError("Too large a picture")
        image.draft("RGB", (edge, edge))
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((edge, edge))
        # What is transparent becomes black.
        whole = Image.new("RGB", upright.size)
        seen = upright.convert("RGBA")
        whole.paste(seen, mask=seen)
        made = BytesIO()
        whole.save(made, "JPEG", quality=QUALITY, optimize=True)
        return made.getvalue()
