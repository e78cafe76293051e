"""Actions of the household's day. Each needs the permissions of the protocol."""

from typing import Any, Final

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
import voluptuous as vol

from ..models import MoosicBoxData
from .action import ActionDescription, Fields, Handler, async_request
from .target import CONTEXT_FIELDS, context_target, sent_fields

SLEEP_FIELDS: Final[Fields] = {
    vol.Optional("minutes"): vol.Coerce(float),
    vol.Optional("until"): vol.In(["time", "track", "album"]),
    vol.Optional("fade_seconds"): vol.Coerce(float),
}


def _context_command(action: str) -> Handler:
    """Return a handler that sends the call's fields to its player or room."""

    async def handle(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
        message: dict[str, Any] = {"type": "household_command", "action": action}
        message |= {**sent_fields(call), **context_target(data.hub, call)}
        response: ServiceResponse = await async_request(data, call, message)
        return response

    return handle


HOUSEHOLD_ACTIONS: Final = (
    ActionDescription(
        name="set_sleep_timer",
        handler=_context_command("set_sleep_timer"),
        fields={**CONTEXT_FIELDS, **SLEEP_FIELDS},
        response=SupportsResponse.OPTIONAL,
    ),
    ActionDescription(
        name="cancel_sleep_timer",
        handler=_context_command("cancel_sleep_timer"),
        fields=CONTEXT_FIELDS,
    ),
)
