"""Actions on alarms and sleep timers."""

from datetime import time
from typing import Any, Final

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..engine.api import DAYS
from ..library_ids import identifier_of, is_library_id
from ..models import MoosicBoxData
from .action import ID, ActionDescription, Fields
from .household_command import async_send, context_command, household_command
from .target import CONTEXT_FIELDS, TARGET_FIELDS, context_target, sent_fields

MINUTES: Final = vol.Coerce(float)
SLEEP_FIELDS: Final[Fields] = {
    vol.Optional("minutes"): MINUTES,
    vol.Optional("until"): vol.In(["time", "track", "album", "chapter"]),
    vol.Optional("fade_seconds"): vol.Coerce(float),
}
ALARM_FIELDS: Final[Fields] = {
    vol.Optional("name"): cv.string,
    vol.Optional("time"): vol.Any(cv.string, cv.time),
    vol.Optional("days"): vol.All(cv.ensure_list, [vol.In(DAYS)]),
    vol.Optional("enabled"): cv.boolean,
    vol.Optional("media_content_id"): vol.All(cv.ensure_list, [cv.string]),
    vol.Optional("query"): cv.string,
    vol.Optional("volume"): vol.Coerce(float),
    vol.Optional("fade_seconds"): vol.Coerce(float),
    vol.Optional("snooze_minutes"): MINUTES,
    vol.Optional("stop_minutes"): MINUTES,
    vol.Optional("only_if"): vol.Any("", cv.entity_id),
}


async def save_alarm(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Add or change an alarm; return its id and when it rings."""
    fields = sent_fields(call)
    media, query = call.data.get("media_content_id", []), call.data.get("query")
    sources: list[dict[str, Any]] = [_source(data, media_id) for media_id in media]
    if query is not None:
        sources.append({"query": query})
    if sources:
        fields["sources"] = sources
    if isinstance(fields.get("time"), time):
        fields["time"] = fields["time"].isoformat("seconds")
    named = any(str(field) in call.data for field in TARGET_FIELDS) or "player_id" in fields or "room_id" in fields
    target = context_target(data.hub, call) if named else {}
    return await async_send(data, call, "save_alarm", {**fields, **target})


def _source(data: MoosicBoxData, media_id: str) -> dict[str, Any]:
    """Return the source for an id of Home Assistant's media browser."""
    if is_library_id(media_id):
        kind, _, id_ = identifier_of(media_id).partition("/")
        return {"kind": kind, **({"id": id_} if id_ else {})}
    return {"media_content_id": media_id}


ALARM_ACTIONS: Final = (
    ActionDescription(
        name="set_sleep_timer",
        handler=context_command("set_sleep_timer"),
        fields={**CONTEXT_FIELDS, **SLEEP_FIELDS},
        response=SupportsResponse.OPTIONAL,
    ),
    ActionDescription(
        name="cancel_sleep_timer",
        handler=context_command("cancel_sleep_timer"),
        fields=CONTEXT_FIELDS,
    ),
    ActionDescription(
        name="save_alarm",
        handler=save_alarm,
        fields={**CONTEXT_FIELDS, vol.Optional("alarm_id"): ID, **ALARM_FIELDS},
        response=SupportsResponse.OPTIONAL,
    ),
    ActionDescription(
        name="delete_alarm", handler=household_command("delete_alarm"), fields={vol.Required("alarm_id"): ID}
    ),
    ActionDescription(
        name="skip_alarm",
        handler=household_command("skip_alarm"),
        fields={vol.Required("alarm_id"): ID, vol.Optional("skip"): cv.boolean},
        response=SupportsResponse.OPTIONAL,
    ),
    ActionDescription(
        name="snooze_alarm",
        handler=household_command("snooze_alarm"),
        fields={vol.Optional("alarm_id"): ID, vol.Optional("minutes"): MINUTES},
        response=SupportsResponse.OPTIONAL,
    ),
    ActionDescription(
        name="dismiss_alarm", handler=household_command("dismiss_alarm"), fields={vol.Optional("alarm_id"): ID}
    ),
)
