"""The integration's events in Home Assistant's activity."""

from types import SimpleNamespace
from typing import Any

from homeassistant.core import HomeAssistant

from custom_components.moosicbox.logbook import async_describe_events

CLIENT = {"name": "Kitchen", "username": "Ada"}
TRACK = {"title": "Brass Morning", "artist": "Tin Ensemble"}


def test_events_are_described(hass: HomeAssistant) -> None:
    described: dict[str, Any] = {}
    async_describe_events(hass, lambda _domain, event_type, describe: described.update({event_type: describe}))

    def entry(event_type: str, **data: Any) -> dict[str, Any]:
        found: dict[str, Any] = described[f"moosicbox_{event_type}"](SimpleNamespace(data=data))
        return found

    assert entry("client_connected", **CLIENT) == {"name": "Kitchen", "message": "connected, used by Ada"}
    assert entry("client_disconnected", **CLIENT) == {"name": "Kitchen", "message": "disconnected"}
    assert entry("notification", title=None, message="Dinner") == {"name": "MoosicBox", "message": "sent: Dinner"}
    assert entry("track_changed", track=TRACK, entity_id="media_player.kitchen") == {
        "name": "MoosicBox",
        "message": "plays Brass Morning by Tin Ensemble",
        "entity_id": "media_player.kitchen",
    }
    assert entry("track_changed", track=None) == {"name": "MoosicBox", "message": "stopped playing"}
