"""Tools that read and change a queue."""

from typing import Final, override

from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.llm import ToolAnnotations
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from ...contexts import context_fields
from ...engine.api import QueueClear, QueueMove, QueueRemove
from .tool import PLAYER_FIELD, HubTool, ToolCall, ToolFailure

MAX_ITEMS: Final = 50


class QueueTool(HubTool):
    """Reads a queue from the current track on."""

    name = "moosicbox__queue"
    title = "Read a queue"
    description = "Lists the current track and those after it in the queue of a player or room."
    parameters = vol.Schema(PLAYER_FIELD)
    annotations = ToolAnnotations(read_only=True, destructive=False, idempotent=True, open_world=False)

    @override
    async def run(self, call: ToolCall) -> JsonObjectType:
        context = call.one()
        playback = context.active_playback
        first = playback.queue.current_index or 0
        items = playback.queue.items[first : first + MAX_ITEMS]
        return {
            "player": context.name,
            "items": [
                {
                    "queue_item_id": item.queue_item_id,
                    "title": item.track.title,
                    "artist": item.track.artist,
                    "added_by": item.added_by.name,
                    "is_current": item is playback.current,
                }
                for item in items
            ],
            "not_listed": len(playback.queue) - first - len(items),
        }


class ChangeQueueTool(HubTool):
    """Removes or moves an item of a queue, or clears it."""

    name = "moosicbox__change_queue"
    title = "Change a queue"
    description = "Removes an item from a queue, lets it play next, or clears the whole queue, which stops the music."
    parameters = vol.Schema(
        {
            vol.Required("action"): vol.In(("remove", "play_next", "clear")),
            vol.Optional(
                "queue_item_id", description=f"The item to remove or to play next, from {QueueTool.name}"
            ): cv.string,
            **PLAYER_FIELD,
        }
    )
    annotations = ToolAnnotations(open_world=False)

    @override
    async def run(self, call: ToolCall) -> JsonObjectType:
        context, action = call.one(), call.arguments["action"]
        fields = context_fields(context)
        item_id = call.arguments.get("queue_item_id")
        if action == "clear":
            await call.execute(QueueClear(**fields))
        elif item_id is None:
            raise ToolFailure(f"Call {QueueTool.name} to get the queue_item_id.")
        elif action == "remove":
            await call.execute(QueueRemove(**fields, queue_item_id=item_id))
        else:
            await call.execute(QueueMove(**fields, queue_item_id=item_id, place="next"))
        return {"player": context.name, "items": len(context.active_playback.queue)}
