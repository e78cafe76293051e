"""Requests whose responses are bounded."""

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.moosicbox.engine.fetching import FetchFailed, decode_text, request

MAX_BYTES = 100_000


async def serve(request: web.Request) -> web.StreamResponse:
    """Send as many bytes as the query says, or bytes without an end."""
    response = web.StreamResponse()
    await response.prepare(request)
    if (size := request.query.get("size")) is not None:
        await response.write(b"a" * int(size))
        return response
    while True:
        await response.write(b"a" * 65_536)


@pytest.mark.parametrize("query", [f"?size={MAX_BYTES + 1}", ""], ids=["one byte more", "no end"])
async def test_a_body_that_is_too_large_is_refused(socket_enabled: None, query: str) -> None:
    app = web.Application()
    app.router.add_get("/", serve)
    async with TestServer(app) as server, ClientSession() as session:
        url = str(server.make_url("/")) + query
        with pytest.raises(FetchFailed, match=f"more than {MAX_BYTES} bytes"):
            await request(session, "GET", url, max_bytes=MAX_BYTES, timeout=20)


async def test_a_body_of_the_largest_size_is_returned(socket_enabled: None) -> None:
    app = web.Application()
    app.router.add_get("/", serve)
    async with TestServer(app) as server, ClientSession() as session:
        url = str(server.make_url("/")) + f"?size={MAX_BYTES}"
        answer = await request(session, "GET", url, max_bytes=MAX_BYTES, timeout=20)
        assert answer.body == b"a" * MAX_BYTES


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Möhre".encode(), "Möhre"),
        ("Möhre".encode("utf-8-sig"), "Möhre"),
        ("Möhre".encode("latin-1"), "Möhre"),
        (b"", ""),
    ],
)
def test_text_is_read_in_both_encodings(data: bytes, text: str) -> None:
    assert decode_text(data) == text
