"""What only Home Assistant has, fetched there by a node for the players that know this node alone."""

import asyncio
from collections.abc import AsyncGenerator

from aiohttp import ClientPayloadError, web
from aiohttp.test_utils import TestClient, TestServer
import pytest

from custom_components.moosicbox.engine.node.relay import Relay

SOUND = bytes(range(256)) * 4_000


class Home:
    """Home Assistant, as far as it is asked, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[web.Request] = []
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self.server = TestServer(app)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
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
def known(home: Home) -> list[str]:
    """Where the node believes Home Assistant to be."""
    return [str(home.server.make_url("/"))]


@pytest.fixture
async def node(known: list[str]) -> AsyncGenerator[TestClient]:
    relay = Relay(lambda: known[0] if known else None)
    app = web.Application()
    app.router.add_get("/{path:.*}", relay.respond)
    async with TestClient(TestServer(app)) as client:
        yield client
    await relay.close()


@pytest.mark.parametrize(
    "path",
    [
        "/media/local/a%20song.flac?authSig=abc.def",
        "/api/moosicbox/tracks/t-1/stream?until=5&sig=x",
        "/api/tts_proxy/hello.mp3",
        "/local/bell.mp3",
    ],
)
async def test_music_comes_through(node: TestClient, home: Home, path: str) -> None:
    response = await node.get(path)
    assert (response.status, response.content_type) == (200, "audio/flac")
    assert await response.read() == SOUND
    assert "Set-Cookie" not in response.headers
    assert home.asked[0].raw_path == path


async def test_parts_and_mere_questions(node: TestClient, home: Home) -> None:
    response = await node.get("/local/bell.mp3", headers={"Range": "bytes=0-9"})
    assert (response.status, await response.read()) == (206, SOUND[:10])
    assert response.headers["Content-Range"] == f"bytes 0-9/{len(SOUND)}"
    response = await node.head("/local/bell.mp3")
    assert (response.status, response.headers["Content-Length"]) == (200, str(len(SOUND)))
    assert home.asked[1].method == "HEAD"


async def test_no_credentials_go_there(node: TestClient, home: Home) -> None:
    await node.get(
        "/local/bell.mp3", headers={"Authorization": "Bearer secret", "Cookie": "a=b", "X-Forwarded-For": "::1"}
    )
    assert {"Authorization", "Cookie", "X-Forwarded-For"}.isdisjoint(home.asked[0].headers)


@pytest.mark.parametrize("path", ["/", "/api/states", "/media/local/song.flac", "/localize", "/auth/token"])
async def test_nothing_else_is_asked(node: TestClient, home: Home, path: str) -> None:
    assert (await node.get(path)).status == 404
    assert home.asked == []


@pytest.mark.parametrize("path", ["/local/../api/states", "/local/%2e%2e/api/states", "/local/%2E./api/states"])
async def test_no_way_round(node: TestClient, home: Home, path: str) -> None:
    """Dots lead nowhere else."""
    reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n".encode())
    await reader.read()
    writer.close()
    assert all(request.path.startswith("/local/") for request in home.asked)


async def test_home_is_away(node: TestClient, home: Home, known: list[str]) -> None:
    await home.server.close()
    response = await node.get("/local/bell.mp3")
    assert (response.status, (await response.json())["error_type"]) == (503, "unavailable")
    known.clear()
    assert (await node.get("/local/bell.mp3")).status == 503


async def test_what_breaks_off_is_not_taken_for_whole(node: TestClient) -> None:
    response = await node.get("/local/broken.mp3")
    with pytest.raises(ClientPayloadError):
        await response.read()
