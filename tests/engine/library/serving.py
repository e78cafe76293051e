"""A real web server that serves a library's tracks and pictures."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.streaming.artwork import Artwork
from custom_components.moosicbox.engine.library.streaming.disk_cache import DiskCache
from custom_components.moosicbox.engine.library.streaming.streams import Streams
from custom_components.moosicbox.engine.protocol.errors import HubError
from custom_components.moosicbox.engine.transport.responses import error_response
from tests.http import HttpClient


@asynccontextmanager
async def serve(library: Library, cache: Path, ffmpeg: str | None = "ffmpeg") -> AsyncGenerator[HttpClient]:
    """A client of it: `/<track id>`, with `format` on request, and `/artwork/<id>`, with `size`."""
    streams = Streams(library, DiskCache(cache / "tracks", 10_000_000), ffmpeg)
    artwork = Artwork(library, DiskCache(cache / "artwork", 1_000_000))

    async def track(request: web.Request) -> web.StreamResponse:
        try:
            return await streams.respond(request, request.match_info["id"], request.query.get("format"))
        except HubError as error:
            return error_response(error)

    async def picture(request: web.Request) -> web.StreamResponse:
        size = request.query.get("size")
        return await artwork.respond(request, request.match_info["id"], int(size) if size else None)

    app = web.Application()
    app.router.add_get("/artwork/{id}", picture)
    app.router.add_get("/{id}", track)
    async with TestClient(TestServer(app, handler_cancellation=True)) as client:
        yield client
