"""Whose address a node takes for the client's behind load balancers."""

from ipaddress import ip_network

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
import pytest

from custom_components.moosicbox.engine.node.forwarded import forwarded_middleware


async def asked(trusted: str, header: str | None) -> tuple[int, str]:
    """Ask through a proxy at 127.0.0.1."""

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
async def test_the_last_that_is_none_of_ours(loopback: None, trusted: str, header: str | None, client: str) -> None:
    assert await asked(trusted, header) == (200, client)


async def test_nonsense_is_refused(loopback: None) -> None:
    assert (await asked("127.0.0.0/8", "somebody"))[0] == 400
