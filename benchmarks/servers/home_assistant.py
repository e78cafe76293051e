"""An integration inside Home Assistant that publishes by MoosicBox, by Home Assistant's API, or by a bare view."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.typing import ConfigType

from custom_components.moosicbox.engine.api import Hub
from custom_components.moosicbox.engine.protocol.server import CustomMessage
from custom_components.moosicbox.models import async_loaded_data

from .bare_view import BareView
from .control import listen
from .messages import message

DOMAIN: Final = "moosicbox_benchmark"
EVENT: Final = DOMAIN
ENVELOPE: Final = 75
"""Bytes of the hub's message around its data, subtracted so that frames have the requested size."""

NOT_MEASURED: Final[dict[str, Any]] = {
    "max_connections": 20_000,
    "max_connections_per_user": 20_000,
    "max_unauthenticated_per_address": 1_000,
    "messages_per_minute": 1_000_000_000,
    "burst_size": 1_000_000_000,
    "sync_per_minute": 1_000_000_000,
    "sync_burst": 1_000_000_000,
    "bytes_per_minute": 1_000_000_000_000,
    "compress_local": True,
}
"""Limits that would stop the load. They are raised, but still checked: that is a part of the cost."""


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Accept commands on three sockets: for MoosicBox, for Home Assistant's events, and for the bare view."""
    sockets = config[DOMAIN]

    def loaded_hub() -> Hub:
        data = async_loaded_data(hass)
        assert data is not None
        return data.hub

    def publish(burst: int, size: int) -> None:
        hub = loaded_hub()
        for _ in range(burst):
            hub.publish("all", CustomMessage(event="benchmark", data=message(size - ENVELOPE)))

    def fire(burst: int, size: int) -> None:
        for _ in range(burst):
            hass.bus.async_fire(EVENT, message(size))

    def restarts() -> int:
        hub = loaded_hub()
        return hub.topics.compression.stream(hub.limits.compression_window_bits).epoch

    def lift(_call: Any) -> None:
        hub = loaded_hub()
        hub.configure(replace(hub.limits, **NOT_MEASURED))

    hass.services.async_register(DOMAIN, "lift_limits", lift)
    bare = BareView()
    hass.http.register_view(bare)
    await listen(Path(sockets["hub"]), publish, {b"restarts": restarts})
    await listen(Path(sockets["api"]), fire)
    await listen(Path(sockets["bare"]), bare.publish)
    return True
