"""Turning a player on without naming any music."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.library.library import Library
from tests.home.actions import act, state
from tests.home.test_room_services import ask
from tests.wire.client import Client


async def test_a_mix_of_the_library_is_shuffled(
    hass: HomeAssistant, hub: Hub, kitchen: Client, library: Library
) -> None:
    await act(hass, "turn_on")
    queue = hub.players.get("kitchen").active_playback.queue
    assert (state(hass).state, state(hass).attributes["shuffle"]) == ("playing", True)
    assert {item.track.track_id for item in queue.items} == {
        track.track_id for track in (await library.get_tracks()).items
    }
    assert queue.current_index == 0


async def test_a_rule_that_keeps_a_mix_from_playing_keeps_the_queue(
    hass: HomeAssistant, hub: Hub, kitchen: Client, library: Library
) -> None:
    await ask(hass, "save_rule", entity_id="media_player.kitchen", name="Night", silent=True)
    with pytest.raises(ServiceValidationError) as refusal:
        await act(hass, "turn_on")
    assert refusal.value.translation_key == "rule_no_music"
    assert len(hub.players.get("kitchen").active_playback.queue) == 0
