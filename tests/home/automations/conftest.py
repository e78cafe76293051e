"""Fixtures: real automations with triggers and conditions of the integration."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.moosicbox.const import DOMAIN

type Config = dict[str, Any]
type Fired = list[dict[str, Any]]
type Save = Callable[..., Awaitable[None]]
type Automate = Callable[..., Awaitable[list[Fired]]]


def element(kind: str, key: str, target: Config | str | None = None, **options: Any) -> Config:
    """Return the configuration of a trigger or condition, as the editor writes it; `target` may be an entity."""
    config: Config = {kind: f"{DOMAIN}.{key}"}
    if target is not None:
        config["target"] = {"entity_id": target} if isinstance(target, str) else target
    if options:
        config["options"] = options
    return config


def trigger(key: str, target: Config | str | None = None, **options: Any) -> Config:
    return element("trigger", key, target, **options)


@pytest.fixture
async def editor(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set up Home Assistant's automations with the API of their editor, and their file."""
    folder = Path(hass.config.config_dir)
    folder.mkdir(exist_ok=True)
    (folder / "configuration.yaml").write_text("automation: !include automations.yaml\n")
    (folder / "automations.yaml").write_text("[]")
    assert await async_setup_component(hass, "config", {})
    assert await async_setup_component(hass, "automation", {})


@pytest.fixture
def save(hass: HomeAssistant, editor: None, hass_client: ClientSessionGenerator) -> Save:
    """Return a function that saves automations as the editor does: Home Assistant checks, stores and loads them."""

    async def save(*automations: Config) -> None:
        client = await hass_client()
        for number, automation in enumerate(automations):
            response = await client.post(f"/api/config/automation/config/{number}", json=automation)
            assert response.status == HTTPStatus.OK, await response.text()
        await hass.async_block_till_done()
        assert len(hass.states.async_entity_ids("automation")) == len(automations)

    return save


@pytest.fixture
def automate(hass: HomeAssistant, save: Save) -> Automate:
    """Return a function that saves an automation for each trigger.

    It returns a list for each automation, with the variables of the trigger of each run.
    """

    async def automate(*triggers: Config, conditions: list[Config] | None = None) -> list[Fired]:
        names = [f"automation_{number}" for number, _ in enumerate(triggers)]
        automations = [
            {
                "alias": name,
                "triggers": [each],
                "conditions": conditions or [],
                "actions": [{"event": name, "event_data": {"trigger": "{{ trigger }}"}}],
                "mode": "queued",
            }
            for name, each in zip(names, triggers, strict=True)
        ]
        await save(*automations)
        return [_runs(hass, name) for name in names]

    return automate


def _runs(hass: HomeAssistant, event_type: str) -> Fired:
    fired: Fired = []

    @callback
    def add(event: Event) -> None:
        fired.append(event.data["trigger"])

    hass.bus.async_listen(event_type, add)
    return fired
