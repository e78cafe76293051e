"""Serves tracks over HTTP: files as they are, or in a format that the player plays."""

import asyncio
from collections.abc import AsyncIterator, Mapping
import math
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
from .formats import CONTAINERS, FORMATS, Format
from .transcoder import Transcoder
from .transcoding import Transcoding, TranscodingFailed

HEADERS: Final = {
    hdrs.CACHE_CONTROL: "private, max-age=3600",
    hdrs.CONTENT_SECURITY_POLICY: "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}
CACHE_BYTES: Final = 1024 * 1024 * 1024
"""Transcoded tracks that are kept on the disk."""
CHUNK: Final = 128 * 1024
MAX_PART: Final = 1024 * 1024
"""Bytes of a part that is waited for while a track is being transcoded; a larger one is sent as it comes."""
STALL_SECONDS: Final = 600
"""After which a player that takes nothing of a transcoded track loses its connection."""
RANGE: Final = re.compile(r"bytes=(?:(\d{1,15})-(\d{0,15})|-\d{1,15})", re.ASCII)
START: Final = re.compile(r"\d{1,7}(?:\.\d{1,6})?", re.ASCII)


class OpenedFile(web.FileResponse):
    """A response with an open file, even if it was replaced meanwhile; the file is closed when it is sent."""

    def __init__(self, file: BinaryIO, mime_type: str, headers: Mapping[str, str] = HEADERS) -> None:
        super().__init__(f"/dev/fd/{file.fileno()}", headers={**headers, hdrs.CONTENT_TYPE: mime_type})
        status = os.fstat(file.fileno())
        self._file = file
        self._current = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'

    @override
    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        try:
            return await super().prepare(self._with_valid_range(request))
        finally:
            self._file.close()

    def _with_valid_range(self, request: web.BaseRequest) -> web.BaseRequest:
        """Return the request without a range that has to be ignored, since aiohttp would apply or refuse it.

        Such a range is of another version of the file, in a HEAD request, or invalid.
        """
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
    """Serves the tracks of a library.

    Args:
        library: The library.
        cache: Keeps what was transcoded.
        ffmpeg: The program; without it, tracks are only served as they are.
    """

    def __init__(self, library: Library, cache: DiskCache, ffmpeg: str | None) -> None:
        self._library = library
        self._cache = cache
        self._transcoder = None if ffmpeg is None else Transcoder(ffmpeg, cache)

    def check(self, request: web.Request, track_id: str) -> None:
        """Raise AuthenticationFailed unless the request's address is sealed by this hub and hasn't expired."""
        query = request.query
        until, signature = query.get("until", ""), query.get("sig", "")
        if not self._library.seal.verify_stream(track_id, query.get("format"), until, signature, time.time()):
            raise AuthenticationFailed("This address isn't valid, or has expired")

    async def respond(self, request: web.Request, track_id: str, format_name: str | None) -> web.StreamResponse:
        """Return a track as it is, or in the format of that name.

        With a format, the query parameter `start` requests the sound from a position (seconds) on. The seal of an
        address doesn't cover it, because it only selects a part of the track, as a range of bytes does.

        Raises:
            TrackNotFound: The library has no such track.
            Unavailable: The track's disk isn't there, it can't be transcoded, or too many are being transcoded.
            HTTPNotFound: The file isn't there, or there is no such format.
            HTTPBadRequest: `start` is no time in the track.
        """
        place = await self._library.track_path(track_id)
        start = _requested_start(request, place, format_name)
        try:
            file = await asyncio.to_thread(open_inside, place.root, place.path)
        except OSError as error:
            raise web.HTTPNotFound from error
        if format_name is None:
            return OpenedFile(file, place.mime_type)
        if (to := FORMATS.get(format_name)) is None or place.mime_type not in CONTAINERS:
            file.close()
            raise web.HTTPNotFound
        with file:
            try:
                return await self._serve_transcoded(request, place, file, to, start)
            except TranscodingFailed as error:
                raise Unavailable("This track can't be transcoded", retryable=False) from error

    async def _serve_transcoded(
        self, request: web.Request, place: TrackFile, file: BinaryIO, to: Format, start: float
    ) -> web.StreamResponse:
        status = os.fstat(file.fileno())
        name = f"{place.track_id}-{status.st_mtime_ns:x}-{status.st_size:x}.{to.name}"
        if not start and (kept := await asyncio.to_thread(self._cache.open, name)) is not None:
            return OpenedFile(kept, to.mime_type)
        headers = {**HEADERS, hdrs.CONTENT_TYPE: to.mime_type, hdrs.ACCEPT_RANGES: "none" if start else "bytes"}
        if request.method == hdrs.METH_HEAD:
            return web.Response(headers=headers)
        if (transcoder := self._transcoder) is None:
            raise Unavailable("Nothing can be transcoded here", retryable=False)
        if start or not await asyncio.to_thread(transcoder.fits, place, to):
            headers[hdrs.ACCEPT_RANGES] = "none"
            async with transcoder.live(file, place.mime_type, to, start) as chunks:
                return await _send(request, web.StreamResponse(headers=headers), chunks)
        async with transcoder.file(name, file, place.mime_type, to) as transcoding:
            return await _serve_growing(request, transcoding, to, headers)


async def _serve_growing(
    request: web.Request, transcoding: Transcoding, to: Format, headers: Mapping[str, str]
) -> web.StreamResponse:
    """Return the requested part of a file that is still being written."""
    wanted = RANGE.fullmatch(request.headers.get(hdrs.RANGE, "")) if hdrs.IF_RANGE not in request.headers else None
    if wanted is None or wanted[0] == "bytes=0-" or not _is_range(wanted[0]):
        return await _send(request, web.StreamResponse(headers=headers), _chunks(transcoding))
    first, last = wanted[1], wanted[2]
    if not first or not last or int(last) - int(first) >= MAX_PART:
        # The end of such a part is known once the whole file is there.
        return OpenedFile(await transcoding.whole(), to.mime_type)
    at = int(first)
    data = await transcoding.read_exactly(at, int(last) - at + 1)
    total = "*" if transcoding.size is None else str(transcoding.size)
    if not data:
        raise web.HTTPRequestRangeNotSatisfiable(headers={hdrs.CONTENT_RANGE: f"bytes */{total}"})
    part = {**headers, hdrs.CONTENT_RANGE: f"bytes {at}-{at + len(data) - 1}/{total}"}
    return web.Response(status=206, body=data, headers=part)


async def _chunks(transcoding: Transcoding) -> AsyncIterator[bytes]:
    offset = 0
    while chunk := await transcoding.read(offset, CHUNK):
        yield chunk
        offset += len(chunk)


async def _send(request: web.Request, response: web.StreamResponse, chunks: AsyncIterator[bytes]) -> web.StreamResponse:
    """Send chunks as they are made; raise TranscodingFailed if there is none."""
    chunk = await anext(chunks, b"")
    await response.prepare(request)
    try:
        while chunk:
            async with asyncio.timeout(STALL_SECONDS):
                await response.write(chunk)
            chunk = await anext(chunks, b"")
    except TranscodingFailed, TimeoutError:
        # The status is sent already: abort, so that the player doesn't take this for the end of the track.
        if request.transport is not None:
            request.transport.abort()
    return response


def _requested_start(request: web.Request, place: TrackFile, format_name: str | None) -> float:
    text = request.query.get("start")
    if text is None:
        return 0.0
    start = float(text) if START.fullmatch(text) else math.inf
    if format_name is None or start >= (place.duration or math.inf):
        raise web.HTTPBadRequest
    return start


def _is_range(wanted: str) -> bool:
    found = RANGE.fullmatch(wanted)
    return found is not None and not (found[1] and found[2] and int(found[1]) > int(found[2]))
