"""The part inside Home Assistant, set up there as an integration of its own: publishes by our hub, by Home Assistant's API, or by a bare view."""

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
"""Bytes that the hub's message has around its data, so that a frame has about the size that was asked for."""

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
"""Limits that would stop the load. They are still counted against: that is part of what is measured."""


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Obey on one socket for our hub, on one for Home Assistant's events, on one for the bare view."""
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
