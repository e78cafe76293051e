"""What the network does to a client: nothing is lost, nothing comes twice, and it comes back."""

import asyncio
from collections.abc import AsyncGenerator
import random

from homeassistant.core import HomeAssistant
import pytest
from yarl import URL

from custom_components.moosicbox.engine.client import (
    Connected,
    CustomMessage,
    MoosicBoxClient,
    RequestTimedOut,
    transport_selector as transport_module,
    websocket,
)
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.protocol.client import Ping
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
    """Connect through the proxy, and come back at once after a cut."""

    async def behind(**settings: object) -> MoosicBoxClient:
        return await dial(proxy.url, reconnect_delay=0.01, **settings)

    return behind


def tell(hub: Hub, number: int) -> None:
    hub.publish("all", CustomMessage(event=f"e{number}", data="x" * 200))


async def numbers(client: MoosicBoxClient, events: object, count: int) -> list[int]:
    async with asyncio.timeout(PATIENCE):
        return [int((await anext(events)).event[1:]) for _ in range(count)]  # type: ignore[call-overload]


@TRANSPORTS
async def test_cuts_lose_and_double_nothing(hub: Hub, proxy: Proxy, behind: Dial, transport: str) -> None:
    client = await behind(transport=transport)
    events, connected = client.events(CustomMessage), client.events(Connected)
    for number in range(60):
        tell(hub, number)
        if number % 20 == 10:
            proxy.cut()
        if number % 20 == 15 and transport == "websocket":
            assert (await asyncio.wait_for(anext(connected), PATIENCE)).resumed
    assert await numbers(client, events, 60) == list(range(60))


async def test_truncated_frames_lose_and_double_nothing(hub: Hub, proxy: Proxy, behind: Dial) -> None:
    client = await behind(transport="websocket")
    events = client.events(CustomMessage)
    places = random.Random(7)  # noqa: S311
    for number in range(12):
        proxy.budget = places.randrange(1, 290)
        tell(hub, number)
        tell(hub, number + 100)
        await until(lambda: proxy.budget is None)
    expected = [number for pair in range(12) for number in (pair, pair + 100)]
    assert await numbers(client, events, 24) == expected


@TRANSPORTS
async def test_delays_and_cuts_lose_and_double_nothing(hub: Hub, proxy: Proxy, behind: Dial, transport: str) -> None:
    proxy.delay = 0.03
    client = await behind(transport=transport)
    events = client.events(CustomMessage)
    for number in range(12):
        tell(hub, number)
        if number % 4 == 3:
            await asyncio.sleep(0)  # The delay begins: what was told is under way.
            proxy.cut()
    assert await numbers(client, events, 12) == list(range(12))


async def test_a_connect_that_is_overtaken_ends_nothing(
    hub: Hub, proxy: Proxy, behind: Dial, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await behind(transport="websocket")
    events, connected = client.events(CustomMessage), client.events(Connected)
    # The upgrade comes through, `authenticate` doesn't.
    proxy.straggler = straggler = Straggler(pieces=1)
    monkeypatch.setattr(websocket, "OPEN_TIMEOUT", 0.5)
    proxy.cut()
    assert (await asyncio.wait_for(anext(connected), PATIENCE)).resumed
    tell(hub, 1)
    # Now the first attempt reaches the hub, which takes it for the newest, and closes the one in use.
    straggler.may_come.set()
    assert (await asyncio.wait_for(anext(connected), PATIENCE)).resumed
    tell(hub, 2)
    assert await numbers(client, events, 2) == [1, 2]


async def test_half_closed_connections_are_left(hub: Hub, proxy: Proxy, behind: Dial) -> None:
    client = await behind(transport="websocket")
    events = client.events(CustomMessage)
    proxy.half_close()
    tell(hub, 1)
    assert await numbers(client, events, 1) == [1]
    assert client.welcome.resumed


async def test_a_silent_network_is_noticed(hub: Hub, proxy: Proxy, behind: Dial) -> None:
    client = await behind(transport="websocket", heartbeat_interval=0.1, heartbeat_timeout=0.1)
    events = client.events(CustomMessage)
    proxy.open.clear()
    tell(hub, 1)
    accepted = proxy.accepted
    await until(lambda: proxy.accepted > accepted)
    proxy.open.set()
    assert await numbers(client, events, 1) == [1]


@TRANSPORTS
async def test_a_command_whose_answer_is_lost_is_done_once(
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


async def test_what_is_asked_while_the_network_is_away_is_done_when_it_is_back(
    proxy: Proxy, kitchen: Client, behind: Dial
) -> None:
    client = await behind()
    proxy.refusing = True
    proxy.cut()
    asking = asyncio.create_task(client.player("kitchen").volume(0.5))
    await until(lambda: proxy.accepted > 3)
    assert not asking.done()
    proxy.refusing = False
    await asyncio.wait_for(asking, PATIENCE)


async def test_an_answer_that_does_not_come_is_told(proxy: Proxy, kitchen: Client, behind: Dial) -> None:
    client = await behind()
    proxy.open.clear()
    with pytest.raises(RequestTimedOut):
        await client.request(Ping(), timeout=0.05)
    proxy.open.set()


async def test_where_websockets_are_cut_it_polls_and_goes_back_later(
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
        tell(hub, 1)
        assert await numbers(client, events, 1) == [1]
        blocked = False
        back = await asyncio.wait_for(anext(connected), PATIENCE)
        assert (back.transport, back.resumed) == ("websocket", True)
        tell(hub, 2)
        assert await numbers(client, events, 1) == [2]
