"""Actions of the media player `media_player.kitchen`, and messages of its player."""

from typing import Any

from homeassistant.core import HomeAssistant, State

from tests.fixtures import BRASS, COPPER, PAPER
from tests.wire.client import Client, Message

KITCHEN = "media_player.kitchen"
BRASS_SECONDS = 21.6
TITLES = {"Brass Morning": BRASS, "Copper Rain": COPPER, "Paper Lantern": PAPER}


async def act(hass: HomeAssistant, action: str, entity_id: str = KITCHEN, **data: Any) -> None:
    """Call an action of `media_player` and wait for it."""
    await hass.services.async_call("media_player", action, {"entity_id": entity_id, **data}, blocking=True)


async def play(hass: HomeAssistant, media_content_id: str, **data: Any) -> None:
    """Call `media_player.play_media`."""
    await act(hass, "play_media", media_content_id=media_content_id, media_content_type="music", **data)


def state(hass: HomeAssistant, entity_id: str = KITCHEN) -> State:
    """Return the state of an entity, which must exist."""
    found = hass.states.get(entity_id)
    assert found is not None
    return found


async def fill(hass: HomeAssistant) -> None:
    """Play the first song and add two more."""
    await play(hass, BRASS)
    await play(hass, COPPER, enqueue="add")
    await play(hass, PAPER, enqueue="add")


async def titles(client: Client) -> list[str]:
    """Return the titles in the player's queue."""
    page = await client.request("queue_command", action="get")
    return [item["track"]["title"] for item in page["data"]["queue"]["items"]]


async def next_command(client: Client, command: str = "play") -> Message:
    """Return the next command that the player receives."""
    return await client.until("synchronized_playback", command=command)


async def report(client: Client, state: str, told: Message, **fields: object) -> None:
    """Report the playback of the item of a received command."""
    fields.setdefault("position_seconds", told["start_position"])
    fields.setdefault("at_us", told["sync_time_us"])
    answer = await client.request("player_report", state=state, queue_item_id=told["queue_item_id"], **fields)
    assert answer["type"] == "result", answer
