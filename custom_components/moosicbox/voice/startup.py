"""Starts the voice commands once Home Assistant's `conversation` is set up."""

from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.importlib import async_import_module
from homeassistant.helpers.start import async_at_started
from homeassistant.setup import async_when_setup
from homeassistant.util.signal_type import SignalType

from ..const import DOMAIN
from ..models import MoosicBoxData
from .language import load_languages

CONVERSATION: Final = "conversation"
SIGNAL_INTENTS: Final[SignalType[()]] = SignalType(f"{DOMAIN}_intents")
"""Sent when Home Assistant registers intents: those of media players come before those of this integration."""


@callback
def async_start_voice(hass: HomeAssistant, data: MoosicBoxData) -> CALLBACK_TYPE:
    """Start the voice commands as soon as possible; return a function that stops them."""
    stops: list[CALLBACK_TYPE] = []
    is_stopped = False

    async def start(hass: HomeAssistant, _component: str) -> None:
        # Imported here: they need the recogniser of sentences, which `conversation` installs.
        assist_module, handler_module = [
            await async_import_module(hass, f"{__package__}.{name}") for name in ("assist", "search_and_play")
        ]
        languages = await hass.async_add_executor_job(load_languages)
        if is_stopped:
            return
        assist = assist_module.Assist(hass, data, languages)
        replacement = handler_module.Replacement(hass, data, assist)

        @callback
        def replace(_hass: HomeAssistant | None = None) -> None:
            replacement.async_replace()

        stops.extend(
            (
                # Home Assistant may register the intents of media players later than ours.
                assist.async_start(replacement.async_replace),
                replacement.async_put_back,
                async_at_started(hass, replace),
                async_dispatcher_connect(hass, SIGNAL_INTENTS, replace),
            )
        )

    @callback
    def stop() -> None:
        nonlocal is_stopped
        is_stopped = True
        for each in stops:
            each()

    async_when_setup(hass, CONVERSATION, start)
    return stop
