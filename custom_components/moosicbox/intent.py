"""Intents, which Home Assistant looks up by this module's name."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.dispatcher import async_dispatcher_send

from .voice.startup import SIGNAL_INTENTS


async def async_setup_intents(hass: HomeAssistant) -> None:
    """Announce that intents are registered, so that the one to play music by its name can be replaced."""
    async_dispatcher_send(hass, SIGNAL_INTENTS)
