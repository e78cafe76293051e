"""Discovery of Home Assistant by real zeroconf, on the loopback interface."""

from collections.abc import AsyncGenerator
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
SECONDS = 2.0


@pytest.fixture
async def network(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[AsyncZeroconf]:
    """Return an announcer in a network that consists of this machine."""
    monkeypatch.setattr(discovery, "INTERFACES", [LOOPBACK])
    async with AsyncZeroconf(interfaces=[LOOPBACK]) as network:
        yield network


async def announce(network: AsyncZeroconf, name: str, port: int = 8123, **properties: str) -> None:
    info = AsyncServiceInfo(
        SERVICE,
        f"{name}.{SERVICE}",
        addresses=[ipaddress.ip_address(LOOPBACK).packed],
        port=port,
        properties=properties,
        server=f"{name.lower()}.local.",
    )
    await (await network.async_register_service(info))


async def test_home_assistants_announcement_is_parsed(
    hass: HomeAssistant, network: AsyncZeroconf, address: str
) -> None:
    await async_process_ha_core_config(hass, {"internal_url": str(URL(address).origin()), "name": "St. Mary's"})
    info = await home_assistant_zeroconf._async_get_local_service_info(hass)
    await (await network.async_register_service(info))
    assert await discover(SECONDS, limit=1) == [DiscoveredHub("St  Mary's", str(URL(address).origin()))]


async def test_announcing_address_is_used_without_internal_url(network: AsyncZeroconf) -> None:
    await announce(network, "Home", 8124, location_name="Home", internal_url="", base_url="https://outside.example")
    assert await discover(SECONDS, limit=1) == [DiscoveredHub("Home", "http://127.0.0.1:8124")]


async def test_all_announcements_are_found(network: AsyncZeroconf) -> None:
    for number in range(3):
        await announce(network, f"Home{number}", 8123 + number)
    assert {hub.name for hub in await discover(SECONDS)} == {"Home0", "Home1", "Home2"}


async def test_empty_network_finds_nothing(network: AsyncZeroconf) -> None:
    assert await discover(0.2) == []


async def test_command_line_discovers_the_hub_without_an_address(
    network: AsyncZeroconf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MOOSICBOX_CONFIG", str(tmp_path))
    monkeypatch.setattr(context, "options", context.Options(token="secret"))
    with pytest.raises(context.CommandFailed, match="No Home Assistant answers"):
        await context.find_hub()
    await announce(network, "Home", 8124)
    assert await context.find_hub() == ("http://127.0.0.1:8124", "secret")
    # The token of a pairing is sent to the paired hub only.
    kept = {"url": "http://paired.example:8123", "token": "paired", "player_id": "box", "name": "Box"}
    (tmp_path / "credentials.json").write_text(json.dumps(kept))
    monkeypatch.setattr(context, "options", context.Options())
    assert await context.find_hub() == ("http://paired.example:8123", "paired")
    monkeypatch.setattr(context, "options", context.Options(token="secret"))
    (tmp_path / "credentials.json").unlink()
    await announce(network, "Neighbours", 8125)
    with pytest.raises(context.CommandFailed, match="Several answer") as several:
        await context.find_hub()
    assert several.value.code == 2
