"""The hub's sensors."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import STATE_UNKNOWN, EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.moosicbox import sensor_descriptions
from custom_components.moosicbox.const import DOMAIN, HUB_ID
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.hub_sensors import CONNECTIONS_INTERVAL, INTERVAL
from custom_components.moosicbox.sensor_descriptions import CONNECTIONS, COUNTERS, PEOPLE
from tests.fixtures import Advance, Connect, CreateToken
from tests.wire.client import Client, player


def state_of(hass: HomeAssistant, key: str) -> str:
    entity_id = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"hub_{key}")
    assert entity_id is not None
    state = hass.states.get(entity_id)
    assert state is not None
    return state.state


async def read_counters(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Let the sensors read their counters."""
    freezer.tick(INTERVAL + timedelta(seconds=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()


async def enable_counters(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    registry = er.async_get(hass)
    for row in COUNTERS:
        entity_id = registry.async_get_entity_id("sensor", DOMAIN, f"hub_{row.key}")
        assert entity_id is not None
        registry.async_update_entity(entity_id, disabled_by=None)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()


async def test_players_are_counted_apart_from_people(
    hass: HomeAssistant, kitchen: Client, advance: Advance, hass_access_token: str, connect: Connect
) -> None:
    await advance(2)
    assert (state_of(hass, "people"), state_of(hass, "players")) == ("0", "1")
    state = hass.states.get("sensor.moosicbox_players_connected")
    assert state is not None
    assert state.attributes["names"] == ["Kitchen"]
    tablet = await connect()
    await tablet.authenticate(hass_access_token, client=player("tablet"))
    await hass.async_block_till_done()
    await advance(2)
    assert (state_of(hass, "people"), state_of(hass, "players")) == ("1", "2")
    await kitchen.close()
    await tablet.close()
    await hass.async_block_till_done()
    await advance(10)
    assert (state_of(hass, "people"), state_of(hass, "players")) == ("0", "0")


async def test_more_players_are_counted_than_named(
    hass: HomeAssistant,
    kitchen: Client,
    hass_access_token: str,
    connect: Connect,
    advance: Advance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sensor_descriptions, "MAX_LISTED", 1)
    tablet = await connect()
    await tablet.authenticate(hass_access_token, client=player("tablet"))
    await hass.async_block_till_done()
    await advance(2)
    assert state_of(hass, "players") == "2"
    state = hass.states.get("sensor.moosicbox_players_connected")
    assert state is not None
    assert state.attributes["names"] == ["Kitchen"]


async def test_people_are_counted(hass: HomeAssistant, controller: Client, advance: Advance) -> None:
    assert state_of(hass, "people") == "0"
    await advance(2)
    assert state_of(hass, "people") == "1"
    state = hass.states.get("sensor.moosicbox_people_present")
    assert state is not None
    assert state.attributes["names"] == ["tester"]
    assert [client["client_id"] for client in state.attributes["clients"]] == [controller.welcome["client_id"]]
    await controller.close()
    await hass.async_block_till_done()
    await advance(10)
    assert state_of(hass, "people") == "0"


async def test_connections_are_counted_once_a_second(
    hass: HomeAssistant, kitchen: Client, controller: Client, freezer: FrozenDateTimeFactory
) -> None:
    async def a_second_passes() -> None:
        await hass.async_block_till_done()
        freezer.tick(CONNECTIONS_INTERVAL)
        async_fire_time_changed(hass)
        await hass.async_block_till_done()

    await a_second_passes()
    assert state_of(hass, "connections") == "2"
    await controller.close()
    await a_second_passes()
    assert state_of(hass, "connections") == "1"


async def test_counters_are_disabled_by_default(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    registry = er.async_get(hass)
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, HUB_ID), entry.entry_id)
    assert device is not None
    for row in (PEOPLE, CONNECTIONS, *COUNTERS):
        entity_id = registry.async_get_entity_id("sensor", DOMAIN, f"hub_{row.key}")
        assert entity_id is not None
        registered = registry.async_get(entity_id)
        assert registered is not None
        assert registered.device_id == device.id
        assert (registered.disabled_by is not None) == (row in COUNTERS)
        if row is not PEOPLE:
            assert registered.entity_category is EntityCategory.DIAGNOSTIC


async def test_counters_change(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, connect: Connect, token: str, freezer: FrozenDateTimeFactory
) -> None:
    await enable_counters(hass, entry)
    client = await connect()
    await client.authenticate(token)
    await client.request("ping")
    await read_counters(hass, freezer)
    assert state_of(hass, "sessions") == "1"
    assert int(state_of(hass, "messages_sent")) >= 3
    assert int(state_of(hass, "messages_received")) >= 1
    assert float(state_of(hass, "bytes_sent")) > 0
    assert float(state_of(hass, "bytes_received")) > 0
    assert state_of(hass, "queue_depth") == "0"
    assert state_of(hass, "refusals") == "0"
    assert state_of(hass, "average_latency") == "unknown"
    before = int(state_of(hass, "disconnects"))
    hub.disconnect(client.welcome["client_id"])
    assert (await client.closed())[0] == 4503
    await hass.async_block_till_done()
    await read_counters(hass, freezer)
    assert int(state_of(hass, "disconnects")) == before + 1


@pytest.mark.parametrize("metrics", [True, False])
async def test_metrics_can_be_switched_off(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, *, metrics: bool
) -> None:
    await enable_counters(hass, entry)
    hass.config_entries.async_update_entry(entry, options={"metrics": metrics})
    await hass.async_block_till_done()
    await read_counters(hass, freezer)
    assert (state_of(hass, "sessions") == STATE_UNKNOWN) is not metrics
    assert state_of(hass, "connections") == "0"
    assert state_of(hass, "people") == "0"


async def test_several_tokens_of_one_person_count_once(
    hass: HomeAssistant, connect: Connect, create_token: CreateToken, advance: Advance
) -> None:
    for sub in ("anna", "anna", "ben"):
        client = await connect()
        await client.authenticate(await create_token(sub), client={"name": f"{sub}'s", "kind": "controller"})
    await advance(2)
    assert state_of(hass, "people") == "2"
