"""The relay of Home Assistant's media through a node."""

import asyncio
from collections.abc import AsyncGenerator
import time

from aiohttp import ClientPayloadError, web
from aiohttp.test_utils import TestClient, TestServer
import pytest

from custom_components.moosicbox.engine.library.seal import Seal, stream_source
from custom_components.moosicbox.engine.node.relay import HomeAssistant, Relay
from tests.http import HttpClient

SOUND = bytes(range(256)) * 4_000
SEAL = Seal(b"key")
RUN = "this run"

LIFETIME = 86_400
"""Seconds; addresses are made when the tests are collected, long before they are used."""


def relayed(path: str, lifetime: int = LIFETIME, run: str = RUN, seal: Seal = SEAL) -> str:
    """Return an address as Home Assistant's hub makes it."""
    return seal.sign_relay(path, int(time.time()) + lifetime, run)


class Home:
    """A stand-in for Home Assistant's web server that records its requests."""

    def __init__(self) -> None:
        self.requests: list[web.Request] = []
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self.server = TestServer(app)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        if "broken" in request.path:
            response = web.StreamResponse(headers={"Content-Length": str(len(SOUND))})
            await response.prepare(request)
            await response.write(SOUND[:1_000])
            assert request.transport is not None
            request.transport.abort()
            return response
        if request.headers.get("Range") == "bytes=0-9":
            return web.Response(status=206, body=SOUND[:10], headers={"Content-Range": f"bytes 0-9/{len(SOUND)}"})
        return web.Response(body=SOUND, content_type="audio/flac", headers={"Set-Cookie": "theirs=1"})


@pytest.fixture
async def home(loopback: None) -> AsyncGenerator[Home]:
    home = Home()
    await home.server.start_server()
    yield home
    await home.server.close()


@pytest.fixture
def known(home: Home) -> list[HomeAssistant]:
    """Return Home Assistant as the node knows it; empty for an unknown one."""
    return [HomeAssistant(str(home.server.make_url("/")), RUN)]


@pytest.fixture
async def node(known: list[HomeAssistant]) -> AsyncGenerator[HttpClient]:
    relay = Relay(lambda: known[0] if known else None, SEAL)
    app = web.Application()
    app.router.add_get("/{path:.*}", relay.respond)
    async with TestClient(TestServer(app)) as client:
        yield client
    await relay.close()


@pytest.mark.parametrize(
    "path",
    [
        relayed("/media/local/a%20song.flac") + "&authSig=abc.def",
        relayed("/local/bell.mp3?v=2&v=1"),
        relayed("/api/tts_proxy/hello.mp3"),
        SEAL.sign_stream(stream_source("t-1"), int(time.time()) + LIFETIME),
        SEAL.sign_stream(stream_source("t-1", "mp3"), int(time.time()) + LIFETIME),
        SEAL.sign_stream(stream_source("st-1", "wav"), int(time.time()) + LIFETIME) + "&origin=1200&start=34.5",
        SEAL.sign_artwork("al-1"),
    ],
    # Signatures differ between the processes that run the tests.
    ids=lambda path: path.partition("until=")[0],
)
async def test_media_is_relayed(node: HttpClient, home: Home, path: str) -> None:
    response = await node.get(path)
    assert (response.status, response.content_type) == (200, "audio/flac")
    assert await response.read() == SOUND
    assert "Set-Cookie" not in response.headers
    assert home.requests[0].raw_path == path


async def test_range_and_head_requests(node: HttpClient, home: Home) -> None:
    bell = relayed("/local/bell.mp3")
    response = await node.get(bell, headers={"Range": "bytes=0-9"})
    assert (response.status, await response.read()) == (206, SOUND[:10])
    assert response.headers["Content-Range"] == f"bytes 0-9/{len(SOUND)}"
    response = await node.head(bell)
    assert (response.status, response.headers["Content-Length"]) == (200, str(len(SOUND)))
    assert home.requests[1].method == "HEAD"


async def test_credentials_are_not_forwarded(node: HttpClient, home: Home) -> None:
    await node.get(
        relayed("/local/bell.mp3"),
        headers={"Authorization": "Bearer secret", "Cookie": "a=b", "X-Forwarded-For": "::1"},
    )
    assert {"Authorization", "Cookie", "X-Forwarded-For"}.isdisjoint(home.requests[0].headers)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/states",
        "/auth/token",
        "/local/bell.mp3",
        "/api/tts_proxy/hello.mp3",
        "/manifest.json?authSig=abc.def",
        "/media/local/song.flac?authSig=abc.def",
        "/api/moosicbox/tracks/t-1/stream?until=9999999999&sig=x",
        SEAL.sign_stream(stream_source("t-1"), int(time.time()) + LIFETIME).replace("t-1", "t-2"),
        SEAL.sign_stream(stream_source("t-1"), int(time.time()) - 1),
        "/api/moosicbox/artwork/al-1",
        SEAL.sign_artwork("al-1").replace("al-1", "al-2"),
        relayed("/local/bell.mp3").replace("bell", "door"),
        relayed("/local/bell.mp3") + "&more=1",
        relayed("/local/bell.mp3", lifetime=-1),
        relayed("/local/bell.mp3", run="an earlier run"),
        relayed("/local/bell.mp3", seal=Seal(b"another key")),
        relayed("/local/bell.mp3", seal=Seal()),
    ],
    ids=lambda path: path.partition("until=")[0],
)
async def test_addresses_that_the_hub_has_not_made_are_not_found(node: HttpClient, home: Home, path: str) -> None:
    """Wrong requests would get the node banned by Home Assistant."""
    assert (await node.get(path)).status == 404
    assert home.requests == []


@pytest.mark.parametrize("path", ["/local/../api/states", "/local/%2e%2e/api/states", "/local/%2E./api/states"])
async def test_dot_segments_do_not_leave_public_paths(node: HttpClient, home: Home, path: str) -> None:
    query = relayed("/local/bell.mp3").partition("?")[2]
    reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
    writer.write(f"GET {path}?{query} HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n".encode())
    await reader.read()
    writer.close()
    assert home.requests == []


async def test_unavailable_without_home_assistant(node: HttpClient, home: Home, known: list[HomeAssistant]) -> None:
    await home.server.close()
    response = await node.get(relayed("/local/bell.mp3"))
    assert (response.status, (await response.json())["error_type"]) == (503, "unavailable")
    known.clear()
    assert (await node.get(SEAL.sign_artwork("al-1"))).status == 503


async def test_broken_response_aborts_the_connection(node: HttpClient) -> None:
    response = await node.get(relayed("/local/broken.mp3"))
    with pytest.raises(ClientPayloadError):
        await response.read()
