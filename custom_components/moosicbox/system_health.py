"""The hub in Home Assistant's system information."""

from typing import Any, Final

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN, VERSION
from .engine.api import health
from .models import async_loaded_data

PROBLEM_TEXTS: Final = f"component.{DOMAIN}.entity.binary_sensor.problem.state_attributes."


@callback
def async_register(_hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Register the information callback."""
    register.async_register_info(_async_info)


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    if (data := async_loaded_data(hass)) is None:
        return {"version": VERSION, "status": (await _async_texts(hass, ["stopped"]))[0]}
    hub = data.hub
    status, reasons = health(hub)
    info: dict[str, Any] = {
        "version": VERSION,
        "status": ", ".join(await _async_texts(hass, [status, *reasons])),
        "connections": sum(1 for _ in hub.sessions.connected()),
        "max_connections": hub.limits.max_connections,
        "sessions": len(hub.sessions),
        "players": len(hub.players),
        "rooms": len(hub.rooms),
    }
    if data.cluster is not None:
        info["nodes"] = ", ".join(data.cluster.node.status().nodes)
    return info


async def _async_texts(hass: HomeAssistant, keys: list[str]) -> list[str]:
    """Return the translations of the health's status and reasons, which are those of the sensor Problem."""
    texts = await async_get_translations(hass, hass.config.language, "entity", {DOMAIN})
    found = {path.rpartition(".")[2]: text for path, text in texts.items() if path.startswith(PROBLEM_TEXTS)}
    return [found.get(key, key) for key in keys]
