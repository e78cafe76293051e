"""Tracks over HTTP: files as they are, or in a format that the player can play."""

import asyncio
from collections.abc import Mapping
import os
import re
import time
from typing import BinaryIO, Final, override

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter

from ...protocol.errors import AuthenticationFailed, Unavailable
from ..library import Library
from ..models import TrackFile
from ..safe_open import open_inside
from .disk_cache import DiskCache
from .formats import DEMUXERS, FORMATS, Format
from .transcoder import Transcoder, Transcoding, TranscodingFailed

HEADERS: Final = {
    hdrs.CACHE_CONTROL: "private, max-age=3600",
    hdrs.CONTENT_SECURITY_POLICY: "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}
CACHE_BYTES: Final = 1024 * 1024 * 1024
"""Of what was transcoded, that may be kept on the disk."""
CHUNK: Final = 128 * 1024
RANGE: Final = re.compile(r"bytes=(?:(\d+)-(\d*)|-\d+)", re.ASCII)


class OpenedFile(web.FileResponse):
    """A response that is a file, whatever becomes of its name."""

    def __init__(self, file: BinaryIO, mime_type: str, headers: Mapping[str, str] = HEADERS) -> None:
        """`file` is closed when it is sent."""
        super().__init__(f"/dev/fd/{file.fileno()}", headers={**headers, hdrs.CONTENT_TYPE: mime_type})
        status = os.fstat(file.fileno())
        self._file = file
        self._current = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'

    @override
    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        try:
            return await super().prepare(self._honest(request))
        finally:
            self._file.close()

    def _honest(self, request: web.BaseRequest) -> web.BaseRequest:
        # What aiohttp leaves to others: parts of another state of the file, of a mere question, or that make no sense.
        wanted = request.headers.get(hdrs.RANGE)
        if wanted is None:
            return request
        condition = request.headers.get(hdrs.IF_RANGE, "")
        stale = condition.startswith(('"', "W/")) and condition != self._current
        if request.method == hdrs.METH_GET and _is_range(wanted) and not stale:
            return request
        headers = request.headers.copy()
        del headers[hdrs.RANGE]
        return request.clone(headers=headers)


class Streams:
    """Serves the tracks of a library."""

    def __init__(self, library: Library, cache: DiskCache, ffmpeg: str | None) -> None:
        """What `ffmpeg` makes is kept in `cache`; without it all is served as it is."""
        self._library = library
        self._cache = cache
        self._transcoder = None if ffmpeg is None else Transcoder(ffmpeg, cache)

    def check(self, request: web.Request, track_id: str) -> None:
        """AuthenticationFailed unless the address is one that we made, and still good."""
        query = request.query
        until, signature = query.get("until", ""), query.get("sig", "")
        if not self._library.seal.admits(track_id, query.get("format"), until, signature, time.time()):
            raise AuthenticationFailed("This address isn't good, or not any more")

    async def respond(self, request: web.Request, track_id: str, format_name: str | None) -> web.StreamResponse:
        """The track, in the format of that name. TrackNotFound, Unavailable."""
        place = await self._library.track_path(track_id)
        try:
            file = await asyncio.to_thread(open_inside, place.root, place.path)
        except OSError as error:
            raise web.HTTPNotFound from error
        if format_name is None:
            return OpenedFile(file, place.mime_type)
        if (to := FORMATS.get(format_name)) is None or place.mime_type not in DEMUXERS:
            file.close()
            raise web.HTTPNotFound
        with file:
            return await self._transcoded(request, place, file, to)

    async def _transcoded(
        self, request: web.Request, place: TrackFile, file: BinaryIO, to: Format
    ) -> web.StreamResponse:
        status = os.fstat(file.fileno())
        name = f"{place.track_id}-{status.st_mtime_ns:x}-{status.st_size:x}.{to.name}"
        if (kept := await asyncio.to_thread(self._cache.open, name)) is not None:
            return OpenedFile(kept, to.mime_type)
        headers = {**HEADERS, hdrs.CONTENT_TYPE: to.mime_type, hdrs.ACCEPT_RANGES: "bytes"}
        if request.method == hdrs.METH_HEAD:
            return web.Response(headers=headers)
        if self._transcoder is None:
            raise Unavailable("Nothing can be transcoded here")
        async with self._transcoder.make(name, file, place.mime_type, to) as making:
            try:
                if request.headers.get(hdrs.RANGE, "bytes=0-") != "bytes=0-":
                    # Where a part begins and ends is known when all is made.
                    return OpenedFile(await making.whole(), to.mime_type)
                return await _send(request, web.StreamResponse(headers=headers), making)
            except TranscodingFailed as error:
                raise Unavailable("This track can't be transcoded") from error


async def _send(request: web.Request, response: web.StreamResponse, making: Transcoding) -> web.StreamResponse:
    chunk = await making.read(0, CHUNK)
    await response.prepare(request)
    offset = 0
    while chunk:
        await response.write(chunk)
        offset += len(chunk)
        try:
            chunk = await making.read(offset, CHUNK)
        except TranscodingFailed:
            # Too late for another answer: a stream that breaks off isn't taken for whole.
            if request.transport is not None:
                request.transport.abort()
            break
    return response


def _is_range(wanted: str) -> bool:
    found = RANGE.fullmatch(wanted)
    return found is not None and not (found[1] and found[2] and int(found[1]) > int(found[2]))
