"""Actions on alarms and sleep timers."""

from typing import Any, Final

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..engine.api import DAYS
from ..library_ids import is_library_id, source_of
from ..models import MoosicBoxData
from .action import ID, ActionDescription, Fields
from .household_command import async_send, context_command, household_command
from .target import CONTEXT_FIELDS, context_target, has_target, sent_fields

MINUTES: Final = vol.Coerce(float)
SLEEP_FIELDS: Final[Fields] = {
    vol.Optional("minutes"): MINUTES,
    vol.Optional("until"): vol.In(["time", "track", "album", "chapter"]),
    vol.Optional("fade_seconds"): vol.Coerce(float),
}
ALARM_FIELDS: Final[Fields] = {
    vol.Optional("name"): cv.string,
    vol.Optional("time"): cv.string,
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
    sources: list[dict[str, Any]] = [
        source_of(media_id) if is_library_id(media_id) else {"media_content_id": media_id} for media_id in media
    ]
    if query is not None:
        sources.append({"query": query})
    if sources:
        fields["sources"] = sources
    is_targeted = has_target(call) or "player_id" in fields or "room_id" in fields
    target = context_target(data.hub, call) if is_targeted else {}
    return await async_send(data, call, "save_alarm", {**fields, **target})


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
