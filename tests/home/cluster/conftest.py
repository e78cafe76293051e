"""Home Assistant in a cluster, with a real Redis."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

from aiohttp import ClientSession
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.const import DOMAIN, NAME
from custom_components.moosicbox.engine.clock import Clock
from custom_components.moosicbox.engine.library.library import Library
from script.lib.node_process import NodeProcess
from script.lib.redis_server import RedisServer
from tests.cluster.conftest import loopback, redis_server  # noqa: F401
from tests.node.conftest import start_node  # noqa: F401
from tests.wire.client import Client

type Reach = Callable[[NodeProcess], Awaitable[Client]]


@pytest.fixture
def clock() -> Clock:
    """The hubs' clock runs by itself."""
    return Clock()


@pytest.fixture
async def reach() -> AsyncGenerator[Reach]:
    """Return a function that opens a connection to a node and receives the greeting."""
    clients: list[Client] = []
    async with ClientSession() as session:

        async def reach(node: NodeProcess) -> Client:
            clients.append(client := Client(await session.ws_connect(f"{node.url}/api/moosicbox/ws")))
            client.hello = await client.receive()
            return client

        yield reach
        for client in clients:
            await client.close()


@pytest.fixture
async def cluster_entry(
    hass: HomeAssistant,
    redis_server: RedisServer,  # noqa: F811
    media_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[MockConfigEntry]:
    """An entry with cluster options, not set up yet."""
    monkeypatch.setattr(Library, "follow_folders", lambda _: None)
    hass.config.config_dir = str(tmp_path / "config")
    hass.config.media_dirs = {"local": str(media_folder)}
    assert await async_setup_component(hass, "media_source", {})
    entry = MockConfigEntry(
        domain=DOMAIN, title=NAME, options={"cluster_mode": True, "redis_url": redis_server.url, "node_id": "home"}
    )
    entry.add_to_hass(hass)
    yield entry
    if entry.state.recoverable:
        await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
async def entry(hass: HomeAssistant, cluster_entry: MockConfigEntry) -> MockConfigEntry:
    """The cluster entry, set up."""
    assert await hass.config_entries.async_setup(cluster_entry.entry_id)
    await hass.async_block_till_done()
    return cluster_entry
