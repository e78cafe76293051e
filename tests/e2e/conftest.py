"""One real Home Assistant and one real browser for all tests of this folder."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
from playwright.async_api import BrowserContext, async_playwright
import pytest
import pytest_asyncio
import pytest_socket

from tests.wire.client import Client, player

from .home import Home, running_home
from .tabs import Tab, Tabs

FOLDER = Path(__file__).parent
TIMEOUT_SECONDS = 300

type OpenTab = Callable[..., Awaitable[Tab]]
type Connect = Callable[..., Awaitable[Client]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run these tests in the loop that the session's Home Assistant and browser live in."""
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker(pytest.mark.e2e)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(TIMEOUT_SECONDS))
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(autouse=True)
def loopback() -> None:
    """Give back the sockets that Home Assistant's test plugin takes away before each test; none can leave this machine."""
    pytest_socket.enable_socket()


@pytest.fixture(autouse=True)
def verify_cleanup() -> None:
    """Take the plugin's check for left-over tasks out: here tasks belong to the session."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_home(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Home]:
    """A running Home Assistant; at the end it must stop cleanly, with nothing of ours in its log."""
    pytest_socket.enable_socket()  # Comes before the fixture above.
    async with running_home(tmp_path_factory.mktemp("home")) as home:
        yield home
    assert home.complaints() == []


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def home(shared_home: Home) -> AsyncGenerator[Home]:
    """The running Home Assistant, without the players and rooms of other files."""
    yield shared_home
    await shared_home.forget_all()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def tabs(shared_home: Home) -> AsyncGenerator[Tabs]:
    """The browser."""
    async with async_playwright() as playwright:
        tabs = Tabs(playwright, shared_home)
        yield tabs
        await tabs.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_tab(tabs: Tabs) -> AsyncGenerator[OpenTab]:
    """Open a path of Home Assistant in a tab with empty storage, which other tests may have used before."""
    opened: list[Tab] = []

    async def open_tab(path: str = "/", **options: Any) -> Tab:
        opened.append(tab := await tabs.open(path, **options))
        return tab

    yield open_tab
    for tab in opened:
        await tabs.give_back(tab)


@pytest_asyncio.fixture(loop_scope="session")
async def new_tab(tabs: Tabs) -> AsyncGenerator[OpenTab]:
    """Return an empty tab with a fresh profile, for a test that prepares it before it opens a page, or changes it for good."""
    contexts: list[BrowserContext] = []

    async def new_tab(**options: Any) -> Tab:
        contexts.append(context := await tabs.context(**options))
        return Tab(await context.new_page())

    yield new_tab
    for context in contexts:
        await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def connect(home: Home) -> AsyncGenerator[Connect]:
    """Clients of the real thing; each as a user of its own."""
    async with ClientSession(home.url) as http:
        clients: list[Client] = []

        async def connect(sub: str, **about: Any) -> Client:
            token = (await home.api.ask("moosicbox.create_token", sub=sub, role="user"))["token"]
            clients.append(client := await Client.connect(http))
            await client.authenticate(token, client=player(sub, **about))
            return client

        yield connect
        for client in clients:
            await client.close()


@pytest_asyncio.fixture(loop_scope="session")
async def close_rooms(home: Home) -> AsyncGenerator[None]:
    """Remove all rooms: a tab of a later test would rejoin the room of its user."""
    yield
    async with home.api.websocket() as websocket:
        devices = await websocket.command("config/device_registry/list")
    identifiers = [
        identifier for device in devices for domain, identifier in device["identifiers"] if domain == "moosicbox"
    ]
    for identifier in identifiers:
        if identifier.startswith("ROOM:"):
            await home.api.call("moosicbox.close_room", room_id=identifier.removeprefix("ROOM:"))
