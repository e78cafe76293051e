"""An integration inside Home Assistant that measures the turns of its event loop."""

from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.helpers.typing import ConfigType

from .control import listen


async def async_setup(_hass: HomeAssistant, config: ConfigType) -> bool:
    """Accept questions on a socket."""
    await listen(Path(config["moosicbox_loop"]["socket"]), lambda _burst, _size: None)
    return True
