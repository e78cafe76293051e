"""The client's address behind load balancers."""

from ipaddress import ip_network

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
import pytest

from custom_components.moosicbox.engine.node.forwarded import forwarded_middleware


async def request_through_proxy(trusted: str, header: str | None) -> tuple[int, str]:
    """Return the status and the client's address of a request from a proxy at 127.0.0.1."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=request.remote)

    app = web.Application(middlewares=[forwarded_middleware((ip_network(trusted),))])
    app.router.add_get("/", answer)
    async with TestClient(TestServer(app)) as client:
        response = await client.get("/", headers={} if header is None else {"X-Forwarded-For": header})
        return response.status, await response.text()


@pytest.mark.parametrize(
    ("trusted", "header", "client"),
    [
        ("127.0.0.0/8", "192.0.2.7", "192.0.2.7"),
        ("127.0.0.0/8", "198.51.100.1, 192.0.2.7", "192.0.2.7"),
        ("127.0.0.0/8", "192.0.2.7, 127.0.0.2", "192.0.2.7"),
        ("127.0.0.0/8", "127.0.0.3, 127.0.0.2", "127.0.0.3"),
        ("127.0.0.0/8", "2001:db8::7", "2001:db8::7"),
        ("127.0.0.0/8", None, "127.0.0.1"),
        ("10.0.0.0/8", "192.0.2.7", "127.0.0.1"),
    ],
)
async def test_client_is_the_last_untrusted_hop(loopback: None, trusted: str, header: str | None, client: str) -> None:
    assert await request_through_proxy(trusted, header) == (200, client)


async def test_invalid_header_is_refused(loopback: None) -> None:
    assert (await request_through_proxy("127.0.0.0/8", "not-an-address"))[0] == 400
