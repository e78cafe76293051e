"""Fixtures: a Home Assistant with the integration, three songs in its media folder, and a clock set by the test."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
import shutil
from typing import Any, override

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.moosicbox.const import DOMAIN, NAME
from custom_components.moosicbox.engine import assembly
from custom_components.moosicbox.engine.clock import Clock
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.library.library import Library
from script.lib.music import SONGS, write_songs
from tests.conftest import SharedFolder
from tests.http import HttpClient
from tests.readers import Readers, use

from .wire.client import Client, player

type Connect = Callable[..., Awaitable[Client]]
type CreateToken = Callable[..., Awaitable[str]]
type Lose = Callable[[Client], Awaitable[None]]
type Advance = Callable[[float], Awaitable[None]]

CLOSE_TIMEOUT = 0.2
"""Seconds."""

MEDIA = "media-source://media_source/local/"
BRASS, COPPER, PAPER = (MEDIA + song.file_name for song in SONGS)


class ManualClock(Clock):
    """A clock that moves only when the test moves it."""

    def __init__(self) -> None:
        super().__init__()
        self.moment_us = 1_000_000_000_000
        self._start_us = self.moment_us
        self._start = datetime.now(UTC)

    @override
    def now_us(self) -> int:
        return self.moment_us

    @override
    def utc(self) -> datetime:
        return self._start + timedelta(microseconds=self.moment_us - self._start_us)


@pytest.fixture(scope="session")
def songs(shared_folder: SharedFolder) -> Path:
    """A folder with the songs of the demo, written once per session."""

    def fill(folder: Path) -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: asyncio.run(write_songs(folder))).result()

    return shared_folder("songs", fill)


@pytest.fixture
def media_folder(songs: Path, tmp_path: Path) -> Path:
    """Home Assistant's media folder with the songs in it."""
    folder = tmp_path / "media"
    shutil.copytree(songs, folder)
    return folder


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    clock = ManualClock()
    monkeypatch.setattr(assembly, "Clock", lambda: clock)
    return clock


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    clock: ManualClock,
    media_folder: Path,
    tmp_path: Path,
    readers: Readers,
    forks: None,
    monkeypatch: pytest.MonkeyPatch,
) -> MockConfigEntry:
    """The config entry, set up. Its library is open, but scans its folders only on request."""
    use(readers, monkeypatch)
    monkeypatch.setattr(Library, "follow_folders", lambda _: None)
    hass.config.config_dir = str(tmp_path / "config")
    hass.config.media_dirs = {"local": str(media_folder)}
    assert await async_setup_component(hass, "media_source", {})
    entry = MockConfigEntry(domain=DOMAIN, title=NAME)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    # Most clients of the tests don't read the hub's close frame when the entry is unloaded.
    hub: Hub = entry.runtime_data.hub
    hub.configure(replace(hub.limits, close_timeout=CLOSE_TIMEOUT))
    return entry


@pytest.fixture
def hub(entry: MockConfigEntry) -> Hub:
    """The hub of the loaded entry."""
    found: Hub = entry.runtime_data.hub
    return found


@pytest.fixture
async def http(entry: MockConfigEntry, hass_client_no_auth: ClientSessionGenerator) -> HttpClient:
    """A client of Home Assistant's web server without a login."""
    return await hass_client_no_auth()


@pytest.fixture
async def connect(http: HttpClient) -> AsyncGenerator[Connect]:
    """Return a function that opens a connection and receives the greeting; connections are closed after the test."""
    clients: list[Client] = []

    async def connect(**options: Any) -> Client:
        clients.append(client := await Client.connect(http, **options))
        return client

    yield connect
    for client in clients:
        await client.close()


@pytest.fixture
def lose(hub: Hub) -> Lose:
    """Return a function that cuts a client's connection after all sent messages, and waits until the hub has noticed."""

    async def lose(client: Client) -> None:
        await client.arrived()
        known = asyncio.Event()
        unsubscribe = hub.sessions.disconnected.subscribe(lambda _session: known.set())
        await client.drop()
        await known.wait()
        unsubscribe()

    return lose


@pytest.fixture
def create_token(hass: HomeAssistant, entry: MockConfigEntry) -> CreateToken:
    """Return a function that creates a token by the action."""

    async def create_token(sub: str = "tester", **fields: Any) -> str:
        if "permissions" not in fields:
            fields.setdefault("role", "user")
        answer = await hass.services.async_call(
            DOMAIN, "create_token", {"sub": sub, **fields}, blocking=True, return_response=True
        )
        assert answer is not None
        return str(answer["token"])

    return create_token


@pytest.fixture
async def token(create_token: CreateToken) -> str:
    """A token with the permissions of a user."""
    return await create_token()


@pytest.fixture
async def controller(connect: Connect, token: str) -> Client:
    """A client without a player."""
    client = await connect()
    await client.authenticate(token)
    return client


@pytest.fixture
async def kitchen(hass: HomeAssistant, connect: Connect, token: str) -> Client:
    """A player, `media_player.kitchen`."""
    client = await connect()
    await client.authenticate(token, client=player("kitchen"))
    await hass.async_block_till_done()
    return client


@pytest.fixture
def advance(hass: HomeAssistant, hub: Hub, clock: ManualClock) -> Advance:
    """Return a function that lets seconds of hub time pass; due timers run at their time."""

    async def advance(seconds: float) -> None:
        until_us = clock.moment_us + round(seconds * 1e6)
        while (due_us := hub.timers.next_due_us) is not None and due_us <= until_us:
            # Move at least one microsecond each time, so that a timer that is always due can't block the test.
            clock.moment_us = max(clock.moment_us + 1, due_us)
            hub.timers.run(clock.moment_us)
            await hass.async_block_till_done()
        clock.moment_us = until_us

    return advance
