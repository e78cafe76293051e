"""Conditions of automations. Home Assistant's interface for them is declared unstable, so it is used in this file only."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final, cast, override

from homeassistant.components.media_player import DOMAIN as MEDIA_PLAYER_DOMAIN
from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import (
    ATTR_BEHAVIOR,
    BEHAVIOR_ALL,
    BEHAVIOR_ANY,
    Condition,
    ConditionConfig,
    EntityConditionBase,
)
from homeassistant.helpers.typing import ConfigType
import voluptuous as vol

from .contexts import PlayerOrRoom, contexts_by_entity_id
from .engine.api import Player, Room
from .models import MoosicBoxData, async_loaded_data

type Options = Mapping[vol.Marker, Any]

COUNT: Final[Options] = {vol.Required("count", default=1): vol.All(vol.Coerce(int), vol.Range(min=1, max=100_000))}


class HubCondition(EntityConditionBase):
    """A condition that any, or all, of the targeted players and rooms have to satisfy."""

    _domain_specs: Mapping[str, DomainSpec] = {MEDIA_PLAYER_DOMAIN: DomainSpec()}
    options: ClassVar[Options] = {}

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        behavior = {vol.Required(ATTR_BEHAVIOR, default=BEHAVIOR_ANY): vol.In([BEHAVIOR_ANY, BEHAVIOR_ALL])}
        schema = vol.Schema(
            {
                vol.Required(CONF_TARGET): cv.TARGET_FIELDS,
                vol.Required(CONF_OPTIONS, default=dict): {**behavior, **cls.options},
            }
        )
        return cast(ConfigType, schema(config))

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        super().__init__(hass, config)
        self._options = config.options or {}

    @property
    @override
    def needs_polling(self) -> bool:
        # The result depends on state of the hub that no entity shows.
        return True

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        data = async_loaded_data(self._hass)
        return set() if data is None else entities & contexts_by_entity_id(data.hub).keys()

    @override
    def is_valid_state(self, entity_state: State) -> bool:
        data = async_loaded_data(self._hass)
        context = None if data is None else contexts_by_entity_id(data.hub).get(entity_state.entity_id)
        return data is not None and context is not None and self.is_satisfied(data, context)

    @abstractmethod
    def is_satisfied(self, data: MoosicBoxData, context: PlayerOrRoom) -> bool:
        """Return whether a player or room satisfies the condition."""


class IsInRoom(HubCondition):
    """A player is in a room: a certain one, or any."""

    options: ClassVar[Options] = {vol.Optional("room"): cv.entity_id}

    @override
    def is_satisfied(self, data: MoosicBoxData, context: PlayerOrRoom) -> bool:
        if not isinstance(context, Player) or (room := data.hub.rooms.of_player(context)) is None:
            return False
        return self._options.get("room") in (None, room.entity_id)


class HasListeners(HubCondition):
    """At least a number of participants are in a room, or in the room that a player is in."""

    options: ClassVar[Options] = COUNT

    @override
    def is_satisfied(self, data: MoosicBoxData, context: PlayerOrRoom) -> bool:
        room = context if isinstance(context, Room) else data.hub.rooms.of_player(context)
        return room is not None and len(room.present) >= self._options["count"]


class QueueHas(HubCondition):
    """At least a number of items follow the current one."""

    options: ClassVar[Options] = COUNT

    @override
    def is_satisfied(self, data: MoosicBoxData, context: PlayerOrRoom) -> bool:
        queue = context.active_playback.queue
        played = 0 if queue.current_index is None else queue.current_index + 1
        return bool(len(queue) - played >= self._options["count"])


class UserIsListening(HubCondition):
    """A person hears what is played; without the option, any user of Home Assistant or any guest does."""

    options: ClassVar[Options] = {vol.Optional("person"): cv.entity_domain("person")}

    @override
    def is_satisfied(self, data: MoosicBoxData, context: PlayerOrRoom) -> bool:
        if not context.active_playback.timeline.playing:
            return False
        user_ids = set(_hearing_user_ids(data, context))
        if (person := self._options.get("person")) is None:
            return bool(user_ids)
        state = self._hass.states.get(person)
        return state is not None and state.attributes.get("user_id") in user_ids


class IsInSync(HubCondition):
    """A player, or each player of a room, plays in time with the others."""

    @override
    def is_satisfied(self, data: MoosicBoxData, context: PlayerOrRoom) -> bool:
        players = context.renderers if isinstance(context, Room) else [context]
        return all(player.is_in_sync for player in players if player.connected)


class IsQuiet(HubCondition):
    """A rule of the household with hours, such as quiet hours, applies to a player now, or to a player of a room."""

    @override
    def is_satisfied(self, data: MoosicBoxData, context: PlayerOrRoom) -> bool:
        players = context.renderers if isinstance(context, Room) else [context]
        return any(data.hub.household.rules.is_quiet(player) for player in players)


def _hearing_user_ids(data: MoosicBoxData, context: PlayerOrRoom) -> Iterable[str]:
    """Yield the ids of the users and guests that hear a player or room."""
    if isinstance(context, Room):
        yield from (
            participant.user_id
            for participant in context.present
            if participant.is_guest or data.authenticator.users.is_user(participant.user_id)
        )
    elif context.connected and data.authenticator.users.is_user(context.owner_user_id):
        yield context.owner_user_id


CONDITIONS: Final[dict[str, type[Condition]]] = {
    "is_in_room": IsInRoom,
    "has_listeners": HasListeners,
    "queue_has": QueueHas,
    "user_is_listening": UserIsListening,
    "is_in_sync": IsInSync,
    "is_quiet": IsQuiet,
}


async def async_get_conditions(_hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions by their keys."""
    return CONDITIONS
