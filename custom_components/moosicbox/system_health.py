"""The hub in Home Assistant's system information."""

from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.core import HomeAssistant, callback

from .const import VERSION
from .engine.api import health
from .models import async_loaded_data


@callback
def async_register(_hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Register the information callback."""
    register.async_register_info(_async_info)


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    if (data := async_loaded_data(hass)) is None:
        return {"version": VERSION, "status": "not loaded"}
    hub = data.hub
    status, reasons = health(hub)
    info: dict[str, Any] = {
        "version": VERSION,
        "status": ", ".join((status, *reasons)),
        "connections": sum(1 for _ in hub.sessions.connected()),
        "max_connections": hub.limits.max_connections,
        "sessions": len(hub.sessions),
        "players": len(hub.players),
        "rooms": len(hub.rooms),
    }
    if data.cluster is not None:
        info["nodes"] = ", ".join(data.cluster.node.status().nodes)
    return info
