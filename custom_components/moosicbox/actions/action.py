"""The description of an action, and the way its request reaches the hub."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv, service
from homeassistant.helpers.json import json_bytes
import msgspec
import voluptuous as vol

from ..commands import async_execute
from ..const import DOMAIN
from ..errors import errors_translated
from ..models import MoosicBoxConfigEntry, MoosicBoxData

type Fields = Mapping[str | vol.Marker, Any]
type Handler = Callable[[MoosicBoxData, ServiceCall], Awaitable[ServiceResponse]]

ID: Final = vol.All(cv.string, vol.Match(r"^[A-Za-z0-9_.:-]{1,64}$"))
QUERY: Final = vol.All(cv.string, vol.Length(min=1, max=500))
"""Words to search the library for."""

MEDIA: Final = vol.Schema({vol.Required("media_content_id"): cv.string}, extra=vol.ALLOW_EXTRA)
"""The value of a media selector."""


def seconds(value: Any) -> float:
    """Validate a duration: a number of seconds, or a period of Home Assistant."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    period: timedelta = cv.positive_time_period(value)
    return period.total_seconds()


@dataclass(frozen=True, kw_only=True)
class ActionDescription:
    """An action of the integration."""

    name: str
    handler: Handler
    """Called with the loaded entry's data; raises HomeAssistantError."""
    fields: Fields = field(default_factory=dict)
    response: SupportsResponse = SupportsResponse.NONE
    needs_one_of: tuple[str, ...] = ()
    """Fields of which the call has at least one."""
    admin_only: bool = False

    @callback
    def async_register(self, hass: HomeAssistant) -> None:
        """Register the action with Home Assistant."""

        async def handle(call: ServiceCall) -> ServiceResponse:
            entry: MoosicBoxConfigEntry = service.async_get_config_entry(hass, DOMAIN, None)
            return await self.handler(entry.runtime_data, call)

        schema = vol.Schema(dict(self.fields))
        if self.needs_one_of:
            schema = vol.Schema(vol.All(schema, cv.has_at_least_one_key(*self.needs_one_of)))
        if self.admin_only:
            service.async_register_admin_service(hass, DOMAIN, self.name, handle, schema, self.response)
        else:
            hass.services.async_register(DOMAIN, self.name, handle, schema, self.response)


async def async_request(data: MoosicBoxData, call: ServiceCall, message: Mapping[str, Any]) -> Any:
    """Execute a message of the protocol on behalf of the caller; return the data of its result.

    The message is decoded from its JSON text, so the limits for clients apply to actions, too.
    """
    with errors_translated():
        request = data.hub.decode(json_bytes(message))
    return msgspec.to_builtins(await async_execute(call.hass, data, request, call.context.user_id))
