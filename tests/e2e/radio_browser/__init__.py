"""A stand-in for Home Assistant's Radio Browser, which needs the internet: one genre with one station."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.typing import ConfigType


async def async_setup(_hass: HomeAssistant, _config: ConfigType) -> bool:
    """Let its media source be found."""
    return True
