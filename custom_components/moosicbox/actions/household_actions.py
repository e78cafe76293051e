"""Actions on announcements, followers, snapshots and rules of the household."""

from typing import Any, Final

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..contexts import contexts_by_entity_id
from ..engine.api import DAYS, Player, Room
from ..errors import invalid
from ..models import MoosicBoxData
from .action import ID, ActionDescription, Fields
from .household_command import async_send, household_command
from .target import CONTEXT_FIELDS, TARGET_FIELDS, has_target, sent_fields, targeted_contexts, targeted_players

RULE_FIELDS: Final[Fields] = {
    **TARGET_FIELDS,
    vol.Optional("rule_id"): ID,
    vol.Optional("name"): cv.string,
    vol.Optional("begins"): vol.Any(None, cv.string),
    vol.Optional("ends"): vol.Any(None, cv.string),
    vol.Optional("days"): vol.All(cv.ensure_list, [vol.In(DAYS)]),
    vol.Optional("max_volume"): vol.Coerce(float),
    vol.Optional("announcement_volume"): vol.Any(None, vol.Coerce(float)),
    vol.Optional("silent"): cv.boolean,
    vol.Optional("genres"): vol.All(cv.ensure_list, [cv.string]),
    vol.Optional("artists"): vol.All(cv.ensure_list, [cv.string]),
    vol.Optional("albums"): vol.All(cv.ensure_list, [cv.string]),
}


async def save_rule(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Add or change a rule of the targeted players; return its id."""
    fields = sent_fields(call)
    if has_target(call):
        fields["player_ids"] = [player.player_id for player in targeted_players(data.hub, call)]
    return await async_send(data, call, "save_rule", fields)


async def snapshot(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Save what plays on the targeted players, or on all; return the snapshot's id."""
    fields: dict[str, Any] = {"name": call.data.get("name", call.data.get("snapshot_id", "Snapshot"))}
    if "snapshot_id" in call.data:
        fields["snapshot_id"] = call.data["snapshot_id"]
    if has_target(call):
        fields["player_ids"] = [player.player_id for player in targeted_players(data.hub, call)]
    return await async_send(data, call, "take_snapshot", fields)


ANNOUNCE_FIELDS: Final[Fields] = {
    **CONTEXT_FIELDS,
    vol.Optional("message"): cv.string,
    vol.Optional("tts_entity"): cv.entity_id,
    vol.Optional("language"): cv.string,
    vol.Optional("options"): dict,
    vol.Optional("media_content_id"): cv.string,
    vol.Optional("everybody_awake"): cv.boolean,
    vol.Optional("chime"): cv.boolean,
    vol.Optional("volume"): vol.Coerce(float),
    vol.Optional("priority"): vol.In(["low", "normal", "high"]),
    vol.Optional("repeat_seconds"): vol.Coerce(float),
    vol.Optional("max_repeats"): vol.Coerce(int),
}
CONTEXT_IDS: Final = ("player_id", "room_id")


async def announce(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Make an announcement on the targeted players and rooms; return the players that make it, and those that don't."""
    fields = {name: value for name, value in sent_fields(call).items() if name not in CONTEXT_IDS}
    if "media_content_id" in call.data:
        fields["media_content_id"] = call.data["media_content_id"]
    contexts = targeted_contexts(data.hub, call)
    players = [context.player_id for context in contexts if isinstance(context, Player)]
    rooms = [context.room_id for context in contexts if isinstance(context, Room)]
    fields["player_ids"] = [*players, *([call.data["player_id"]] if "player_id" in call.data else [])]
    fields["room_ids"] = [*rooms, *([call.data["room_id"]] if "room_id" in call.data else [])]
    return await async_send(data, call, "announce", fields)


FOLLOWER_FIELDS: Final[Fields] = {
    vol.Optional("follower_id"): ID,
    vol.Optional("name"): cv.string,
    vol.Optional("enabled"): cv.boolean,
    vol.Optional("hold_seconds"): vol.Coerce(float),
    vol.Optional("fade_seconds"): vol.Coerce(float),
    vol.Optional("places"): vol.All(
        cv.ensure_list,
        [
            vol.Schema(
                {
                    vol.Required("entity_id"): cv.entity_id,
                    vol.Required("player"): cv.entity_id,
                    vol.Optional("state"): cv.string,
                }
            )
        ],
    ),
}


async def save_follower(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Add or change a follower; return its id."""
    fields: dict[str, Any] = dict(call.data)
    if "places" in fields:
        fields["places"] = [_place(data, place) for place in fields["places"]]
    return await async_send(data, call, "save_follower", fields)


def _place(data: MoosicBoxData, place: dict[str, str]) -> dict[str, str]:
    """Return a place with the id of the player instead of its entity."""
    context = contexts_by_entity_id(data.hub).get(place["player"])
    if not isinstance(context, Player):
        raise invalid("no_player_entity", entity_id=place["player"])
    fields = {name: value for name, value in place.items() if name != "player"}
    return {**fields, "player_id": context.player_id}


async def get_household(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Return all alarms, sleep timers, rules, snapshots, followers, and announcements that are repeated."""
    return await async_send(data, call, "get", {})


HOUSEHOLD_ACTIONS: Final = (
    ActionDescription(
        name="announce",
        handler=announce,
        fields=ANNOUNCE_FIELDS,
        response=SupportsResponse.OPTIONAL,
        needs_one_of=("message", "media_content_id"),
    ),
    ActionDescription(
        name="acknowledge_announcement",
        handler=household_command("acknowledge_announcement"),
        fields={vol.Optional("announcement_id"): ID},
    ),
    ActionDescription(
        name="save_follower",
        handler=save_follower,
        fields=FOLLOWER_FIELDS,
        response=SupportsResponse.OPTIONAL,
    ),
    ActionDescription(
        name="delete_follower",
        handler=household_command("delete_follower"),
        fields={vol.Required("follower_id"): ID},
    ),
    ActionDescription(
        name="snapshot",
        handler=snapshot,
        fields={**TARGET_FIELDS, vol.Optional("name"): cv.string, vol.Optional("snapshot_id"): ID},
        response=SupportsResponse.OPTIONAL,
    ),
    ActionDescription(
        name="restore",
        handler=household_command("restore_snapshot"),
        fields={vol.Required("snapshot_id"): ID},
        response=SupportsResponse.OPTIONAL,
    ),
    ActionDescription(
        name="delete_snapshot",
        handler=household_command("delete_snapshot"),
        fields={vol.Required("snapshot_id"): ID},
    ),
    ActionDescription(
        name="save_rule",
        handler=save_rule,
        fields=RULE_FIELDS,
        response=SupportsResponse.OPTIONAL,
        admin_only=True,
    ),
    ActionDescription(
        name="delete_rule",
        handler=household_command("delete_rule"),
        fields={vol.Required("rule_id"): ID},
        admin_only=True,
    ),
    ActionDescription(name="get_household", handler=get_household, response=SupportsResponse.ONLY),
)
