"""Descriptions of the integration's events in Home Assistant's activity."""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.components.logbook import (
    LOGBOOK_ENTRY_ENTITY_ID,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
    LazyEventPartialState,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from .adapters.event_bridge import (
    EVENT_CLIENT_CONNECTED,
    EVENT_CLIENT_DISCONNECTED,
    EVENT_NOTIFICATION,
    EVENT_TRACK_CHANGED,
)
from .const import DOMAIN, NAME

type Describe = Callable[[LazyEventPartialState], dict[str, Any]]
type Parts = tuple[str, str, dict[str, Any]]
"""The subject of an entry, the key of its text, and the values of the text's placeholders."""


@callback
def async_describe_events(hass: HomeAssistant, async_describe_event: Callable[[str, str, Describe], None]) -> None:
    """Register the descriptions of events whose content no entity shows."""
    for event_type, describe in (
        (EVENT_CLIENT_CONNECTED, lambda data: (data["name"], "connected", {"username": data["username"]})),
        (EVENT_CLIENT_DISCONNECTED, lambda data: (data["name"], "disconnected", {})),
        (EVENT_NOTIFICATION, _sent),
        (EVENT_TRACK_CHANGED, _track_changed),
    ):
        async_describe_event(DOMAIN, event_type, _entry(hass, describe))


def _sent(data: Mapping[str, Any]) -> Parts:
    text = data["title"] or data["message"]
    return NAME, "sent" if text else "sent_event", {"text": text}


def _track_changed(data: Mapping[str, Any]) -> Parts:
    if (track := data["track"]) is None:
        return NAME, "stopped", {}
    artist = track.get("artist")
    return NAME, "plays_by" if artist else "plays", {"title": track["title"], "artist": artist}


def _entry(hass: HomeAssistant, describe: Callable[[Mapping[str, Any]], Parts]) -> Describe:
    @callback
    def described(event: LazyEventPartialState) -> dict[str, Any]:
        name, key, values = describe(event.data)
        # Home Assistant doesn't tell which user reads the description: the language is the server's, not the user's.
        texts = async_get_cached_translations(hass, hass.config.language, "common", DOMAIN)
        text = texts.get(f"component.{DOMAIN}.common.activity_{key}", key)
        entry = {LOGBOOK_ENTRY_NAME: name, LOGBOOK_ENTRY_MESSAGE: text.format(**values)}
        if (entity_id := event.data.get("entity_id")) is not None:
            entry[LOGBOOK_ENTRY_ENTITY_ID] = entity_id
        return entry

    return described
