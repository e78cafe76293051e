"""Devices and entities of players, and their removal."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.moosicbox.const import DOMAIN, HUB_ID, VERSION
from tests.fixtures import BRASS, Connect
from tests.wire.client import Client, player

from .actions import KITCHEN, play, state


async def test_a_player_is_a_device_behind_the_hub(
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
    entry: MockConfigEntry,
    kitchen: Client,
) -> None:
    hub = device_registry.async_get_device_by_identifier((DOMAIN, HUB_ID), entry.entry_id)
    device = device_registry.async_get_device_by_identifier((DOMAIN, "kitchen"), entry.entry_id)
    assert hub is not None
    assert device is not None
    assert (hub.entry_type, hub.sw_version) == (dr.DeviceEntryType.SERVICE, VERSION)
    assert (device.name, device.via_device_id) == ("Kitchen", hub.id)
    entity = entity_registry.async_get(KITCHEN)
    assert entity is not None
    assert (entity.unique_id, entity.device_id, entity.config_entry_id) == ("kitchen", device.id, entry.entry_id)


async def remove(hass: HomeAssistant, hass_ws_client: WebSocketGenerator, device_id: str) -> bool:
    """Delete a device, as its page does."""
    assert await async_setup_component(hass, "config", {})
    client = await hass_ws_client(hass)
    success: bool = (await client.remove_device(device_id))["success"]
    await hass.async_block_till_done()
    return success


async def test_deleting_the_device_removes_the_player(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    device_registry: dr.DeviceRegistry,
    entry: MockConfigEntry,
    connect: Connect,
    token: str,
    kitchen: Client,
    controller: Client,
) -> None:
    """A connected player would come back at once. If a deleted one connects again, it is a new player."""
    await play(hass, BRASS)
    device = device_registry.async_get_device_by_identifier((DOMAIN, "kitchen"), entry.entry_id)
    assert device is not None
    assert not await remove(hass, hass_ws_client, device.id)
    await kitchen.close()
    await hass.async_block_till_done()
    await controller.arrived()
    assert await remove(hass, hass_ws_client, device.id)
    assert hass.states.async_entity_ids("media_player") == []
    told = await controller.arrived()
    assert any(m["type"] == "unsubscribed" and "player:kitchen" in m["topics"] for m in told)
    assert [m["players"] for m in told if m["type"] == "player_list"][-1] == []

    again = await connect()
    await again.authenticate(token, client=player("kitchen"))
    await hass.async_block_till_done()
    assert state(hass).state == "idle"
    assert (await again.request("queue_command", action="get"))["data"]["queue"]["total"] == 0


async def test_the_hubs_device_cannot_be_deleted(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    device_registry: dr.DeviceRegistry,
    entry: MockConfigEntry,
    kitchen: Client,
) -> None:
    hub = device_registry.async_get_device_by_identifier((DOMAIN, HUB_ID), entry.entry_id)
    assert hub is not None
    assert not await remove(hass, hass_ws_client, hub.id)
    await kitchen.arrived()


async def test_clients_receive_a_renamed_entity_id(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, kitchen: Client, controller: Client
) -> None:
    await controller.arrived()
    entity_registry.async_update_entity(KITCHEN, new_entity_id="media_player.cook")
    await hass.async_block_till_done()
    listed = [m for m in await controller.arrived() if m["type"] == "player_list"][-1]
    assert listed["players"][0]["entity_id"] == "media_player.cook"


async def test_the_device_of_an_unknown_player_can_be_deleted(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    device_registry: dr.DeviceRegistry,
    entry: MockConfigEntry,
) -> None:
    device = device_registry.async_get_or_create(config_entry_id=entry.entry_id, identifiers={(DOMAIN, "gone")})
    assert await remove(hass, hass_ws_client, device.id)


async def test_a_players_id_cannot_collide_with_the_hubs(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, entry: MockConfigEntry, connect: Connect, token: str
) -> None:
    client = await connect()
    await client.authenticate(token, client=player("hub", name="Kitchen hub"))
    await hass.async_block_till_done()
    (entity_id,) = hass.states.async_entity_ids("media_player")
    entity = entity_registry.async_get(entity_id)
    assert entity is not None
    assert entity.device_id != entry.runtime_data.hub_device_id


async def test_the_devices_name_and_version_follow_the_client(
    hass: HomeAssistant,
    device_registry: dr.DeviceRegistry,
    entry: MockConfigEntry,
    connect: Connect,
    token: str,
) -> None:
    for name, version in ("Kitchen", "1.2.3"), ("Cookery", "1.2.4"):
        client = await connect()
        await client.authenticate(token, client=player("kitchen", name=name, version=version))
        await hass.async_block_till_done()
        device = device_registry.async_get_device_by_identifier((DOMAIN, "kitchen"), entry.entry_id)
        assert device is not None
        assert (device.name, device.sw_version) == (name, version)
