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

from .adapters.event_bridge import (
    EVENT_CLIENT_CONNECTED,
    EVENT_CLIENT_DISCONNECTED,
    EVENT_NOTIFICATION,
    EVENT_TRACK_CHANGED,
)
from .const import DOMAIN, NAME

type Describe = Callable[[LazyEventPartialState], dict[str, Any]]


@callback
def async_describe_events(_hass: HomeAssistant, async_describe_event: Callable[[str, str, Describe], None]) -> None:
    """Register the descriptions. The other events describe what entities show."""
    for event_type, describe in (
        (EVENT_CLIENT_CONNECTED, lambda data: (data["name"], f"connected, used by {data['username']}")),
        (EVENT_CLIENT_DISCONNECTED, lambda data: (data["name"], "disconnected")),
        (EVENT_NOTIFICATION, lambda data: (NAME, f"sent: {data['title'] or data['message'] or 'an event'}")),
        (EVENT_TRACK_CHANGED, _track_changed),
    ):
        async_describe_event(DOMAIN, event_type, _entry(describe))


def _track_changed(data: Mapping[str, Any]) -> tuple[str, str]:
    track = data["track"]
    if track is None:
        return NAME, "stopped playing"
    artist = f" by {track['artist']}" if track.get("artist") else ""
    return NAME, f"plays {track['title']}{artist}"


def _entry(describe: Callable[[Mapping[str, Any]], tuple[str, str]]) -> Describe:
    @callback
    def described(event: LazyEventPartialState) -> dict[str, Any]:
        name, message = describe(event.data)
        entry = {LOGBOOK_ENTRY_NAME: name, LOGBOOK_ENTRY_MESSAGE: message}
        if (entity_id := event.data.get("entity_id")) is not None:
            entry[LOGBOOK_ENTRY_ENTITY_ID] = entity_id
        return entry

    return described
