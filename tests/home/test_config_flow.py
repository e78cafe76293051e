"""The config flow and the options flow."""

from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.const import DOMAIN, NAME
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.settings import SECTIONS


@pytest.mark.process
async def test_setup_needs_one_confirmation(hass: HomeAssistant) -> None:
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert (result["type"], result["step_id"], result["errors"]) == (FlowResultType.FORM, "user", None)

    result = await hass.config_entries.flow.async_configure(result["flow_id"], {})
    await hass.async_block_till_done()
    assert (result["type"], result["title"], result["data"]) == (FlowResultType.CREATE_ENTRY, NAME, {})
    assert result["result"].state is ConfigEntryState.LOADED


async def test_a_second_entry_is_refused(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "single_instance_allowed")


async def test_the_form_shows_current_values_and_changes_take_effect(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub
) -> None:
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "init")
    schema = result["data_schema"]
    assert schema is not None
    shown = schema({section: {} for section in SECTIONS})
    players = shown["connections"]
    assert (players["availability_grace"], players["max_players_per_user"]) == (8, 10)

    changes = {"availability_grace": 30, "max_players_per_user": 3}
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], {**shown, "connections": {**players, **changes}}
    )
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == changes
    assert (hub.limits.availability_grace, hub.limits.max_players_per_user) == (30, 3)

    result = await hass.config_entries.options.async_init(entry.entry_id)
    schema = result["data_schema"]
    assert schema is not None
    shown = schema({section: {} for section in SECTIONS})
    assert shown["connections"].items() >= changes.items()
