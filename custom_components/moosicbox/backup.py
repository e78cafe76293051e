"""Backups: the library's index doesn't change while Home Assistant copies it."""

from contextlib import suppress

from homeassistant.core import HomeAssistant

from .engine.api import HubError
from .models import async_loaded_data


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Write all changes into the index's file, and keep later ones beside it."""
    if (data := async_loaded_data(hass)) is not None:
        # Without an index that can be read, there is nothing to protect.
        with suppress(HubError):
            await data.library.begin_backup()


async def async_post_backup(hass: HomeAssistant) -> None:
    """Let the index's file change again."""
    if (data := async_loaded_data(hass)) is not None:
        await data.library.end_backup()
