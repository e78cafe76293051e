"""The client on bad networks: no message is lost or repeated, and it reconnects."""

import asyncio
from collections.abc import AsyncGenerator
import random

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from homeassistant.core import HomeAssistant
import pytest
from yarl import URL

from custom_components.moosicbox.engine.client import (
    Connected,
    CustomMessage,
    Disconnected,
    Events,
    MoosicBoxClient,
    RequestTimedOut,
    transport_selector as transport_module,
    websocket,
)
from custom_components.moosicbox.engine.client.link import LinkClosed
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.protocol.client import Authenticate, ClientInfo, Ping
from tests.fixtures import BRASS
from tests.wire.client import Client

from .conftest import Dial
from .proxy import Proxy, Straggler
from .test_client import PATIENCE, until

TRANSPORTS = pytest.mark.parametrize("transport", ["websocket", "polling"])


@pytest.fixture
async def proxy(address: str) -> AsyncGenerator[Proxy]:
    async with Proxy(URL(address)) as proxy:
        yield proxy


@pytest.fixture
async def behind(dial: Dial, proxy: Proxy) -> Dial:
    """Return a function that connects a client through the proxy, which reconnects at once after a cut."""

    async def behind(**settings: object) -> MoosicBoxClient:
        client: MoosicBoxClient = await dial(proxy.url, reconnect_delay=0.01, **settings)
        return client

    return behind


def publish(hub: Hub, number: int) -> None:
    hub.publish("all", CustomMessage(event=f"e{number}", data="x" * 200))


async def numbers(client: MoosicBoxClient, events: object, count: int) -> list[int]:
    async with asyncio.timeout(PATIENCE):
        return [int((await anext(events)).event[1:]) for _ in range(count)]  # type: ignore[call-overload]


@TRANSPORTS
async def test_cuts_lose_and_repeat_no_message(hub: Hub, proxy: Proxy, behind: Dial, transport: str) -> None:
    client = await behind(transport=transport)
    events, connected = client.events(CustomMessage), client.events(Connected)
    for number in range(60):
        publish(hub, number)
        if number % 20 == 10:
            proxy.cut()
        if number % 20 == 15 and transport == "websocket":
            assert (await asyncio.wait_for(anext(connected), PATIENCE)).resumed
    assert await numbers(client, events, 60) == list(range(60))


async def test_truncated_frames_lose_and_repeat_no_message(hub: Hub, proxy: Proxy, behind: Dial) -> None:
    client = await behind(transport="websocket")
    events = client.events(CustomMessage)
    places = random.Random(7)  # noqa: S311
    for number in range(12):
        proxy.budget = places.randrange(1, 290)
        publish(hub, number)
        publish(hub, number + 100)
        await until(lambda: proxy.budget is None)
    expected = [number for pair in range(12) for number in (pair, pair + 100)]
    assert await numbers(client, events, 24) == expected


@TRANSPORTS
async def test_delays_and_cuts_lose_and_repeat_no_message(hub: Hub, proxy: Proxy, behind: Dial, transport: str) -> None:
    proxy.delay = 0.03
    client = await behind(transport=transport)
    events = client.events(CustomMessage)
    for number in range(12):
        publish(hub, number)
        if number % 4 == 3:
            await asyncio.sleep(0)  # The messages are on their way, delayed by the proxy.
            proxy.cut()
    assert await numbers(client, events, 12) == list(range(12))


@TRANSPORTS
@pytest.mark.parametrize("page", [b"<html>Log in</html>", b"[1,", b"{}"], ids=["html", "half", "other"])
async def test_answers_of_another_web_server_do_not_end_the_client(
    hub: Hub, proxy: Proxy, behind: Dial, transport: str, page: bytes
) -> None:
    client = await behind(transport=transport)
    events, disconnected = client.events(CustomMessage), client.events(Disconnected)
    proxy.answer = page
    accepted = proxy.accepted
    proxy.cut()
    await until(lambda: proxy.accepted > accepted + 1)
    if transport == "polling":
        # The link has given up; now the attempts to open another one get the page.
        await client.connection.link.drop()
    assert (await asyncio.wait_for(anext(disconnected), PATIENCE)).code == 1006
    await until(lambda: proxy.accepted > accepted + 5)
    proxy.answer = None
    publish(hub, 1)
    assert await numbers(client, events, 1) == [1]


@pytest.mark.parametrize("greeting", ["<html>Log in</html>", "[1,", "{}", '{"type": "pong"}'])
async def test_socket_of_another_server_is_a_failed_attempt(greeting: str) -> None:
    async def greet(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("moosicbox.v1",))
        await socket.prepare(request)
        await socket.send_str(greeting)
        await socket.receive()
        return socket

    app = web.Application()
    app.router.add_get("/ws", greet)
    async with TestServer(app) as server, ClientSession() as http:
        link = websocket.WebSocketLink(http, server.make_url("/ws"))
        with pytest.raises(LinkClosed, match="no MoosicBox hub"):
            await link.open(Authenticate(client=ClientInfo(name="Test", kind="controller")))
        await link.drop()


async def test_overtaken_attempt_does_not_end_the_client(
    hub: Hub, proxy: Proxy, behind: Dial, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await behind(transport="websocket")
    events, connected = client.events(CustomMessage), client.events(Connected)
    # The upgrade is forwarded, `authenticate` is held back.
    proxy.straggler = straggler = Straggler(pieces=1)
    monkeypatch.setattr(websocket, "OPEN_TIMEOUT", 0.5)
    proxy.cut()
    assert (await asyncio.wait_for(anext(connected), PATIENCE)).resumed
    publish(hub, 1)
    # Now the first attempt reaches the hub, which takes it for the newest and closes the connection in use.
    straggler.released.set()
    assert (await asyncio.wait_for(anext(connected), PATIENCE)).resumed
    publish(hub, 2)
    assert await numbers(client, events, 2) == [1, 2]


async def test_half_closed_connection_is_replaced(hub: Hub, proxy: Proxy, behind: Dial) -> None:
    client = await behind(transport="websocket")
    events = client.events(CustomMessage)
    proxy.half_close()
    publish(hub, 1)
    assert await numbers(client, events, 1) == [1]
    assert client.welcome.resumed


async def test_silent_network_is_detected(hub: Hub, proxy: Proxy, behind: Dial) -> None:
    client = await behind(transport="websocket", heartbeat_interval=0.1, heartbeat_timeout=0.1)
    events = client.events(CustomMessage)
    proxy.open.clear()
    publish(hub, 1)
    accepted = proxy.accepted
    await until(lambda: proxy.accepted > accepted)
    proxy.open.set()
    assert await numbers(client, events, 1) == [1]


@TRANSPORTS
async def test_command_with_lost_answer_is_executed_once(
    hass: HomeAssistant, proxy: Proxy, kitchen: Client, behind: Dial, transport: str
) -> None:
    client = await behind(transport=transport)
    queue = client.player("kitchen").queue
    for size in range(1, 6):
        proxy.budget = 10
        (added,) = await queue.add(media=BRASS)
        page = await queue.page()
        assert page.total == size
        assert page.items[-1].queue_item_id == added


async def test_request_waits_for_reconnection(proxy: Proxy, kitchen: Client, behind: Dial) -> None:
    client = await behind()
    proxy.refusing = True
    proxy.cut()
    asking = asyncio.create_task(client.player("kitchen").volume(0.5))
    await until(lambda: proxy.accepted > 3)
    assert not asking.done()
    proxy.refusing = False
    await asyncio.wait_for(asking, PATIENCE)


async def test_many_waiting_requests_are_paced_after_a_cut(proxy: Proxy, behind: Dial) -> None:
    client = await behind(request_timeout=30)
    disconnected = client.events(Disconnected)
    proxy.refusing = True
    proxy.cut()
    await anext(disconnected)
    requests = [asyncio.create_task(client.rooms()) for _ in range(90)]
    await until(lambda: proxy.accepted > 2)
    proxy.refusing = False
    await asyncio.gather(*requests)
    assert not any(event.code == 4029 for event in await _waiting(client, disconnected))


async def _waiting(client: MoosicBoxClient, events: Events[Disconnected]) -> list[Disconnected]:
    await client.close()
    return [event async for event in events]


async def test_missing_answer_times_out(proxy: Proxy, kitchen: Client, behind: Dial) -> None:
    client = await behind()
    proxy.open.clear()
    with pytest.raises(RequestTimedOut):
        await client.request(Ping(), timeout=0.05)
    proxy.open.set()


async def test_falls_back_to_polling_and_returns_to_websocket(
    hub: Hub, proxy: Proxy, address: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport_module, "WEBSOCKET_PROBE_INTERVAL", 0.05)
    real = transport_module.WebSocketLink
    blocked = True

    def link(http: object, url: URL) -> object:
        return real(http, URL("http://127.0.0.1:1/") if blocked else url)  # type: ignore[arg-type]

    monkeypatch.setattr(transport_module, "WebSocketLink", link)
    client = MoosicBoxClient(address, token=token, reconnect_delay=0.01)
    connected = client.events(Connected)
    events = client.events(CustomMessage)
    async with client:
        assert (await anext(connected)).transport == "polling"
        publish(hub, 1)
        assert await numbers(client, events, 1) == [1]
        blocked = False
        back = await asyncio.wait_for(anext(connected), PATIENCE)
        assert (back.transport, back.resumed) == ("websocket", True)
        publish(hub, 2)
        assert await numbers(client, events, 1) == [2]
