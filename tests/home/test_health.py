"""The hub's health: binary sensor, repair issue and its fix, system information."""

import asyncio
from datetime import timedelta
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    get_system_health_info,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.moosicbox.adapters.health_monitor import INTERVAL
from custom_components.moosicbox.const import DOMAIN, VERSION
from custom_components.moosicbox.engine.hub import Hub
from tests.wire.client import Client

from .actions import state

PROBLEM = "binary_sensor.moosicbox_problem"
ISSUE = "connections_nearly_full"


async def check_health(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Let the health monitor check."""
    freezer.tick(INTERVAL + timedelta(seconds=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()


@pytest.fixture
async def full(hass: HomeAssistant, entry: MockConfigEntry, controller: Client, freezer: FrozenDateTimeFactory) -> None:
    """A hub whose only allowed connection is in use."""
    hass.config_entries.async_update_entry(entry, options={"max_connections": 1, "max_connections_per_user": 3})
    await hass.async_block_till_done()
    await check_health(hass, freezer)


async def test_a_new_hub_is_healthy(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    found = state(hass, PROBLEM)
    assert found.state == "off"
    assert (found.attributes["status"], found.attributes["reasons"]) == ("healthy", [])
    assert ir.async_get(hass).async_get_issue(DOMAIN, ISSUE) is None


@pytest.mark.usefixtures("full")
async def test_a_problem_is_reported_and_withdrawn(
    hass: HomeAssistant, controller: Client, freezer: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture
) -> None:
    found = state(hass, PROBLEM)
    assert found.state == "on"
    assert (found.attributes["status"], found.attributes["reasons"]) == ("degraded", [ISSUE])
    issue = ir.async_get(hass).async_get_issue(DOMAIN, ISSUE)
    assert issue is not None
    assert issue.is_fixable
    await check_health(hass, freezer)
    told = [record.message for record in caplog.get_records("setup") if record.message.startswith("The hub is")]
    assert told == [f"The hub is degraded: {ISSUE}"]
    assert "The hub is" not in caplog.text, "once a change"
    await controller.close()
    await hass.async_block_till_done()
    await check_health(hass, freezer)
    assert state(hass, PROBLEM).state == "off"
    assert ir.async_get(hass).async_get_issue(DOMAIN, ISSUE) is None


@pytest.mark.usefixtures("full")
async def test_the_repair_flow_raises_the_limit(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    hass_client: ClientSessionGenerator,
    controller: Client,
    freezer: FrozenDateTimeFactory,
) -> None:
    assert await async_setup_component(hass, "repairs", {})
    web = await hass_client()
    started = await web.post("/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": ISSUE})
    form = await started.json()
    assert form["description_placeholders"] == {"max_connections": "1"}
    assert form["data_schema"][0]["default"] == 2
    for wrong, error in ((2, "too_many_per_user"), (60.5, "out_of_range"), (0, "out_of_range")):
        answer = await web.post(f"/api/repairs/issues/fix/{form['flow_id']}", json={"max_connections": wrong})
        assert (await answer.json())["errors"] == {"max_connections": error}
    done = await web.post(f"/api/repairs/issues/fix/{form['flow_id']}", json={"max_connections": 40})
    assert (await done.json())["type"] == "create_entry"
    await hass.async_block_till_done()
    assert entry.options["max_connections"] == 40
    assert hub.limits.max_connections == 40
    assert ir.async_get(hass).async_get_issue(DOMAIN, ISSUE) is None
    await check_health(hass, freezer)
    assert state(hass, PROBLEM).state == "off"
    await controller.request("ping")


@pytest.mark.usefixtures("full")
async def test_the_issue_is_deleted_when_the_entry_is_unloaded(
    hass: HomeAssistant, entry: MockConfigEntry, controller: Client
) -> None:
    # The hub's clock is stopped, so it would wait for the client's close frame forever.
    await asyncio.gather(hass.config_entries.async_unload(entry.entry_id), controller.closed())
    assert ir.async_get(hass).async_get_issue(DOMAIN, ISSUE) is None
    assert state(hass, PROBLEM).state == "unavailable"


async def test_system_health(hass: HomeAssistant, entry: MockConfigEntry, kitchen: Client) -> None:
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    assert await get_system_health_info(hass, DOMAIN) == {
        "version": VERSION,
        "status": "Healthy",
        "connections": 1,
        "max_connections": 1000,
        "sessions": 1,
        "players": 1,
        "rooms": 0,
    }
    await hass.config_entries.async_unload(entry.entry_id)
    assert await get_system_health_info(hass, DOMAIN) == {"version": VERSION, "status": "The hub is stopped"}


@pytest.mark.usefixtures("full")
async def test_a_repair_ends_if_the_entry_was_unloaded_meanwhile(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client: ClientSessionGenerator, controller: Client
) -> None:
    assert await async_setup_component(hass, "repairs", {})
    web = await hass_client()
    started = await web.post("/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": ISSUE})
    form = await started.json()
    await asyncio.gather(hass.config_entries.async_unload(entry.entry_id), controller.closed())
    answer = await web.post(f"/api/repairs/issues/fix/{form['flow_id']}", json={"max_connections": 40})
    done = await answer.json()
    assert (done["type"], done["reason"]) == ("abort", "not_loaded")


async def test_a_folder_that_goes_is_an_issue_until_it_is_back(
    hass: HomeAssistant, entry: MockConfigEntry, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    share, library = tmp_path / "share", entry.runtime_data.library
    share.mkdir()
    hass.config_entries.async_update_entry(entry, options={"library_folders": [str(share)]})
    await hass.async_block_till_done()
    issues = ir.async_get(hass)
    for is_there in (True, False, True):
        if is_there:
            share.mkdir(exist_ok=True)
        else:
            share.rmdir()
        library.counted.emit()
        await hass.async_block_till_done(wait_background_tasks=True)
        issue = issues.async_get_issue(DOMAIN, "library_folder_missing")
        assert (issue is None) is is_there
        assert issue is None or issue.translation_placeholders == {"folders": str(share)}
        await check_health(hass, freezer)
        assert state(hass, PROBLEM).state == ("off" if is_there else "on")
