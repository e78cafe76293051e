"""Tools for players that play together, and for announcements."""

from typing import Final, override

from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.llm import ToolAnnotations
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from ...adapters.speech import speech_engine
from ...commands import hub_command
from ...contexts import PlayerOrRoom
from ...engine.api import Announce, Player, Room
from ..targets import best_of
from .tool import PLAYER_FIELD, HubTool, ToolCall, ToolFailure, names

MAX_MESSAGE: Final = 500
"""Characters of an announcement."""


class RoomsTool(HubTool):
    """Lists rooms, groups and players."""

    name = "moosicbox__rooms"
    title = "List rooms and players"
    description = "Lists the rooms and groups with their players and participants, and the players that play alone."
    annotations = ToolAnnotations(read_only=True, destructive=False, idempotent=True, open_world=False)

    @override
    async def run(self, call: ToolCall) -> JsonObjectType:
        contexts = call.targets.contexts.values()
        players = [context for context in contexts if isinstance(context, Player)]
        exposed = [context for context in contexts if isinstance(context, Room)]
        groups = [room for player in players if (room := call.data.hub.rooms.of_player(player)) is not None]
        return {
            "rooms": [
                {
                    "name": room.name,
                    "players": list(names(player for player in players if player.room is room)),
                    "participants": [participant.username for participant in room.present],
                }
                for room in dict.fromkeys((*exposed, *groups))
            ],
            "alone": list(names(player for player in players if player.room is None)),
        }


class MovePlayersTool(HubTool):
    """Groups players, moves them to a room, or lets them play alone."""

    name = "moosicbox__move_players"
    title = "Move players"
    description = "Lets players play together with another player or in a room, or lets them play alone again."
    parameters = vol.Schema(
        {
            vol.Required("players", description="Names of players or areas"): [cv.string],
            vol.Optional(
                "to", description="The player or room whose music they play; without it, each plays alone"
            ): cv.string,
        }
    )
    annotations = ToolAnnotations(idempotent=True, open_world=False)

    @override
    async def run(self, call: ToolCall) -> JsonObjectType:
        named = [context for name in call.arguments["players"] for context in call.named(name)]
        players = [context for context in dict.fromkeys(named) if isinstance(context, Player)]
        if not players:
            raise ToolFailure("Only players can be moved. Name players.")
        principal, grouping = await call.principal(), call.data.hub.grouping
        if (to := call.arguments.get("to")) is None:
            with hub_command(call.data):
                grouping.leave(principal, *players)
            return {"alone": list(names(players))}
        leader: PlayerOrRoom | None = best_of(call.named(to))
        if leader is None:
            raise ToolFailure("Name a player or room.")
        with hub_command(call.data):
            room = await grouping.join(principal, leader, players)
        return {"room": room.name, "players": list(names(room.renderers))}


class AnnounceTool(HubTool):
    """Speaks a text."""

    name = "moosicbox__announce"
    title = "Announce a message"
    description = "Speaks a message on a player, in a room, or to everybody who is awake. The music is lowered, or pauses, meanwhile."
    parameters = vol.Schema(
        {
            vol.Required("message", description="The words to speak"): vol.All(cv.string, vol.Length(max=MAX_MESSAGE)),
            **PLAYER_FIELD,
            vol.Optional("everybody", description="True to speak to everybody who is awake"): cv.boolean,
        }
    )
    annotations = ToolAnnotations(destructive=False, open_world=False)

    @override
    async def run(self, call: ToolCall) -> JsonObjectType:
        if speech_engine(call.hass) is None:
            raise ToolFailure("There is no text-to-speech engine.")
        message = call.arguments["message"]
        if call.arguments.get("everybody"):
            exposed = call.targets.contexts.values()
            awake = [each.player_id for each in call.data.hub.household.announcer.targets.awake() if each in exposed]
            if not awake:
                raise ToolFailure("No player is awake.")
            result = await call.execute(Announce(message=message, player_ids=tuple(awake)))
            players = [call.data.hub.players.get(player_id) for player_id in result["players"]]
            return {"announced_on": list(names(players))}
        context = call.one()
        if isinstance(context, Room):
            await call.execute(Announce(message=message, room_ids=(context.room_id,)))
        else:
            await call.execute(Announce(message=message, player_ids=(context.player_id,)))
        return {"announced_on": context.name}
