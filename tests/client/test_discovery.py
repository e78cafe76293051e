"""Discovery of Home Assistant by real zeroconf, on the loopback interface."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial
import ipaddress
import json
from pathlib import Path

from homeassistant.components import zeroconf as home_assistant_zeroconf
from homeassistant.core import HomeAssistant
from homeassistant.core_config import async_process_ha_core_config
import pytest
from yarl import URL
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from custom_components.moosicbox.engine.client import discovery
from custom_components.moosicbox.engine.client.cli import context
from custom_components.moosicbox.engine.client.discovery import SERVICE, DiscoveredHub, discover

LOOPBACK = "127.0.0.1"
PATIENCE = 30.0
"""Seconds. A search ends before, as soon as it has found its limit."""


type Announce = Callable[[AsyncServiceInfo], Awaitable[None]]


@pytest.fixture
async def announce(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Announce]:
    """Return a function that announces a service in a network that consists of this machine."""
    monkeypatch.setattr(discovery, "INTERFACES", [LOOPBACK])
    async with AsyncZeroconf(interfaces=[LOOPBACK]) as network:
        repetitions: list[asyncio.Future[None]] = []

        async def announce(info: AsyncServiceInfo) -> None:
            repeated = await network.async_register_service(info, cooperating_responders=True)
            repetitions.append(asyncio.ensure_future(repeated))

        yield announce
        for repetition in repetitions:
            repetition.cancel()


def home(name: str, port: int = 8123, **properties: str) -> AsyncServiceInfo:
    return AsyncServiceInfo(
        SERVICE,
        f"{name}.{SERVICE}",
        addresses=[ipaddress.ip_address(LOOPBACK).packed],
        port=port,
        properties=properties,
        server=f"{name.lower()}.local.",
    )


async def test_home_assistants_announcement_is_parsed(hass: HomeAssistant, announce: Announce, address: str) -> None:
    await async_process_ha_core_config(hass, {"internal_url": str(URL(address).origin()), "name": "St. Mary's"})
    info = await home_assistant_zeroconf._async_get_local_service_info(hass)
    await announce(info)
    assert await discover(PATIENCE, limit=1) == [DiscoveredHub("St  Mary's", str(URL(address).origin()))]


async def test_announcing_address_is_used_without_internal_url(announce: Announce) -> None:
    await announce(home("Home", 8124, location_name="Home", internal_url="", base_url="https://outside.example"))
    assert await discover(PATIENCE, limit=1) == [DiscoveredHub("Home", "http://127.0.0.1:8124")]


async def test_all_announcements_are_found(announce: Announce) -> None:
    for number in range(3):
        await announce(home(f"Home{number}", 8123 + number))
    assert {hub.name for hub in await discover(PATIENCE, limit=3)} == {"Home0", "Home1", "Home2"}


@pytest.mark.usefixtures("announce")
async def test_empty_network_finds_nothing() -> None:
    assert await discover(0.2) == []


async def test_command_line_discovers_the_hub_without_an_address(
    announce: Announce, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MOOSICBOX_CONFIG", str(tmp_path))
    monkeypatch.setattr(discovery, "discover", partial(discover, 0.2))
    monkeypatch.setattr(context, "options", context.Options(token="secret"))
    with pytest.raises(context.CommandFailed, match="No Home Assistant answers"):
        await context.find_hub()
    await announce(home("Home", 8124))
    monkeypatch.setattr(discovery, "discover", partial(discover, PATIENCE, limit=1))
    assert await context.find_hub() == ("http://127.0.0.1:8124", "secret")
    # The token of a pairing is sent to the paired hub only.
    kept = {"url": "http://paired.example:8123", "token": "paired", "player_id": "box", "name": "Box"}
    (tmp_path / "credentials.json").write_text(json.dumps(kept))
    monkeypatch.setattr(context, "options", context.Options())
    assert await context.find_hub() == ("http://paired.example:8123", "paired")
    monkeypatch.setattr(context, "options", context.Options(token="secret"))
    (tmp_path / "credentials.json").unlink()
    await announce(home("Neighbours", 8125))
    monkeypatch.setattr(discovery, "discover", partial(discover, PATIENCE, limit=2))
    with pytest.raises(context.CommandFailed, match="Several answer") as several:
        await context.find_hub()
    assert several.value.code == 2
