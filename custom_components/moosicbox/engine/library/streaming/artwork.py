"""Serves pictures of tracks, albums and artists, in sizes that are made once and kept."""

import asyncio
from pathlib import Path
from typing import BinaryIO, Final

from aiohttp import hdrs, web

from ..library import Library
from ..models import Picture
from .disk_cache import DiskCache
from .streams import HEADERS, OpenedFile

CACHE_BYTES: Final = 256 * 1024 * 1024
"""Pictures that are kept on the disk."""
WITH_PICTURES: Final = ("al-", "ar-", "t-")
"""The prefixes of ids that may have a picture."""
SIZES: Final = (64, 128, 256, 512, 1024)
"""Edges in pixels; a request is rounded up."""
MIME_TYPE: Final = "image/jpeg"
_HEADERS: Final = {**HEADERS, hdrs.CACHE_CONTROL: "private, max-age=86400"}


def requested_size(request: web.Request) -> int | None:
    """Return the edge in pixels that a request asks for; None for the picture as it is.

    Raises:
        HTTPBadRequest: `size` isn't a whole number of at most five digits.
    """
    size = request.query.get("size", "")
    if size and not (size.isascii() and size.isdigit() and len(size) <= 5):
        raise web.HTTPBadRequest
    return int(size) if size else None


class Artwork:
    """Serves the pictures of a library; smaller ones are kept in `cache`."""

    def __init__(self, library: Library, cache: DiskCache) -> None:
        self._library = library
        self._cache = cache

    async def respond(self, request: web.Request, id_: str, size: int | None) -> web.StreamResponse:
        """Return the picture of a track, album or artist, about `size` pixels large; None: as it is.

        Raises:
            HTTPNotFound: There is no picture that can be shown.
            Unavailable: Too many pictures are being made.
        """
        if (version := await self._library.artwork_version(id_)) is None:
            raise web.HTTPNotFound
        if size is None:
            return _whole(request, await self._library.artwork(id_))
        edge = next((edge for edge in SIZES if edge >= size), SIZES[-1])
        name = f"{id_}-{version}-{edge}.jpg"
        if (kept := await asyncio.to_thread(self._cache.open, name)) is None:
            if (picture := await self._library.artwork(id_, edge)) is None:
                raise web.HTTPNotFound
            kept = await asyncio.to_thread(self._keep, picture.data, name)
            if kept is None:
                return web.Response(body=picture.data, content_type=MIME_TYPE, headers=_HEADERS)
        return OpenedFile(kept, MIME_TYPE, _HEADERS)

    def _keep(self, data: bytes, name: str) -> BinaryIO | None:
        """Keep a picture; return its file, or None if the disk is full."""
        path: Path | None = None
        try:
            path = self._cache.create_file()
            path.write_bytes(data)
            self._cache.keep(path, name)
            return self._cache.open(name)
        except OSError:
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
