"""The integration's events in Home Assistant's activity."""

from types import SimpleNamespace
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_load_integrations
import pytest

from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.logbook import async_describe_events

CLIENT = {"name": "Kitchen", "username": "Ada"}
TRACK = {"title": "Brass Morning", "artist": "Tin Ensemble"}


EN = ("connected, used by Ada", "disconnected", "sent: Dinner", "sent an event")
EN_PLAYS = ("plays Brass Morning by Tin Ensemble", "plays Brass Morning", "stopped playing")
DE = ("hat sich verbunden, benutzt von Ada", "hat die Verbindung getrennt", "hat gesendet: Dinner")
DE_PLAYS = ("spielt Brass Morning von Tin Ensemble", "spielt Brass Morning", "hat aufgehört zu spielen")


@pytest.mark.parametrize(
    ("language", "texts"), [("en", [*EN, *EN_PLAYS]), ("de", [*DE, "hat ein Ereignis gesendet", *DE_PLAYS])]
)
async def test_events_are_described_in_the_servers_language(
    hass: HomeAssistant, language: str, texts: list[str]
) -> None:
    hass.config.language = language
    await async_load_integrations(hass, {DOMAIN})
    described: dict[str, Any] = {}
    async_describe_events(hass, lambda _domain, event_type, describe: described.update({event_type: describe}))

    def entry(event_type: str, **data: Any) -> dict[str, Any]:
        found: dict[str, Any] = described[f"moosicbox_{event_type}"](SimpleNamespace(data=data))
        return found

    entries = [
        entry("client_connected", **CLIENT),
        entry("client_disconnected", **CLIENT),
        entry("notification", title=None, message="Dinner"),
        entry("notification", title=None, message=None),
        entry("track_changed", track=TRACK, entity_id="media_player.kitchen"),
        entry("track_changed", track={**TRACK, "artist": None}),
        entry("track_changed", track=None),
    ]
    assert [found["message"] for found in entries] == texts
    assert [found["name"] for found in entries] == ["Kitchen", "Kitchen", *["MoosicBox"] * 5]
    assert [found.get("entity_id") for found in entries] == [*[None] * 4, "media_player.kitchen", None, None]
