"""The base of the tools for language models: their arguments, their players, and the rights of their user."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv, intent
from homeassistant.helpers.llm import LLMContext, Tool, ToolInput, ToolResult
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from ...commands import async_execute, async_principal
from ...const import DOMAIN
from ...contexts import PlayerOrRoom
from ...engine.api import Principal, Request
from ...models import MoosicBoxData, async_loaded_data
from ..targets import VoiceTargets, area_of

PLAYER: Final = "player"
PLAYER_FIELD: Final = {
    vol.Optional(
        PLAYER, description="Name of a player, room or area. By default where the user is, or where music plays."
    ): cv.string
}
"""The argument of tools for one player or room."""


class ToolFailure(Exception):
    """Ends a tool with a text that tells the model what to do instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A call of a tool."""

    hass: HomeAssistant
    data: MoosicBoxData
    targets: VoiceTargets
    """The players and rooms that are exposed to the model's assistant."""
    arguments: Mapping[str, Any]
    user_id: str | None
    """The user who speaks; None for a satellite without a user, which has the rights of the hub."""
    area_id: str | None
    """The area of the device that the user speaks to."""

    def named(self, name: str) -> list[PlayerOrRoom]:
        """Return the players and rooms of a name or in an area. Raise ToolFailure if there are none."""
        if not (found := self.targets.named(name)):
            raise ToolFailure(f"There is no player, room or area “{name}”. {self._known()}")
        return found

    def one(self) -> PlayerOrRoom:
        """Return the player or room of the argument `player`. Raise ToolFailure if that isn't clear."""
        if (name := self.arguments.get(PLAYER)) is not None:
            named = self.named(name)
        else:
            named = [] if self.area_id is None else self.targets.in_area(self.area_id)
        if (found := self.targets.choose(named)) is None:
            raise ToolFailure(f"Ask the user where. {self._known()}")
        return found

    def _known(self) -> str:
        return f"There are: {', '.join(names(self.targets.contexts.values()))}."

    async def execute[R](self, request: Request[R]) -> R:
        """Execute a request with the rights of the user. Raise HomeAssistantError."""
        return await async_execute(self.hass, self.data, request, self.user_id)

    async def principal(self) -> Principal:
        """Return the principal of the user."""
        return await async_principal(self.hass, self.data, self.user_id)


class HubTool(Tool):
    """A tool that works on the exposed players and rooms."""

    integration = DOMAIN

    @override
    async def async_call(self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext) -> ToolResult:
        if (data := async_loaded_data(hass)) is None:
            return ToolResult(data={"error": "MoosicBox isn't running"}, error=True)
        # Models send empty texts for arguments that they leave out.
        given = {name: each for name, each in tool_input.tool_args.items() if not intent.is_blank_slot_value(each)}
        call = ToolCall(
            hass=hass,
            data=data,
            targets=VoiceTargets(hass, data.hub, llm_context.assistant),
            arguments=self.parameters(given),
            user_id=llm_context.context.user_id if llm_context.context is not None else None,
            area_id=area_of(hass, None, llm_context.device_id),
        )
        try:
            return ToolResult(data=await self.run(call))
        except ToolFailure as failure:
            return ToolResult(data={"error": str(failure)}, error=True)

    @abstractmethod
    async def run(self, call: ToolCall) -> JsonObjectType:
        """Return the result of a call. Raise HomeAssistantError or ToolFailure."""


def names(contexts: Iterable[PlayerOrRoom]) -> list[str]:
    return [context.name for context in contexts]
