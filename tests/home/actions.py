"""Standard actions on the kitchen's media player."""

from typing import Any

from homeassistant.core import HomeAssistant, State

KITCHEN = "media_player.kitchen"


async def act(hass: HomeAssistant, action: str, entity_id: str = KITCHEN, **data: Any) -> None:
    """Call an action of `media_player` and wait for it."""
    await hass.services.async_call("media_player", action, {"entity_id": entity_id, **data}, blocking=True)


async def play(hass: HomeAssistant, media_content_id: str, **data: Any) -> None:
    """`media_player.play_media`."""
    await act(hass, "play_media", media_content_id=media_content_id, media_content_type="music", **data)


def state(hass: HomeAssistant, entity_id: str = KITCHEN) -> State:
    """The entity's state, which must exist."""
    found = hass.states.get(entity_id)
    assert found is not None
    return found
