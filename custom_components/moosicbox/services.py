"""Actions of our own, as a table: name, schema, what it does. Most are for administrators and automations only."""

from typing import Final

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.json import json_bytes
from homeassistant.helpers.service import async_register_admin_service
import voluptuous as vol

from .actions.action import ID, Action
from .actions.library_actions import LIBRARY_ACTIONS
from .actions.room_actions import ROOM_ACTIONS
from .const import DOMAIN
from .engine.api import MAX_LIFETIME, PERMISSIONS, ROLES, GetMetrics, HubError, Request, iso_from_unix
from .entity import async_execute, translated
from .models import DATA_LOADED, MoosicBoxData

DEFAULT_LIFETIME: Final = 365 * 86_400
"""Seconds that a token is good for if nothing else is said."""


async def create_token(data: MoosicBoxData, service: ServiceCall) -> ServiceResponse:
    """A token for a player or a program."""
    call = service.data
    try:
        issued = await data.authenticator.async_create(
            sub=call["sub"],
            name=call.get("name", call["sub"]),
            lifetime=call["expires_in"],
            permissions=frozenset(call["permissions"]) if "permissions" in call else None,
            role=call.get("role"),
            rooms=frozenset(call["rooms"]) if "rooms" in call else None,
        )
    except ValueError as error:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key=f"token_{error}") from error
    return {"token": issued.token, "jti": issued.jti, "expires_at": iso_from_unix(issued.expires_at)}


async def revoke_token(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Refuse tokens from now on and end the connections that they opened."""
    if not call.data:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="token_unnamed")
    return {"disconnected": await data.authenticator.async_revoke(jti=call.data.get("jti"), sub=call.data.get("sub"))}


async def broadcast(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """A notice for people, or an event for programs, to many at once."""
    try:
        # By way of its text, so that it is held to the same bounds as a client's.
        message = data.hub.decode(json_bytes({**call.data, "type": "broadcast"}))
    except HubError as error:
        raise translated(error) from error
    return await _execute(data, call, message)


async def disconnect_client(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Put a client out."""
    try:
        data.hub.disconnect(call.data["client_id"])
    except HubError as error:
        raise translated(error) from error
    return None


async def get_metrics(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """The hub's numbers."""
    return await _execute(data, call, GetMetrics())


async def _execute(data: MoosicBoxData, call: ServiceCall, message: Request) -> ServiceResponse:
    answer: ServiceResponse = await async_execute(call.hass, data.hub, message, call.context.user_id)
    return answer


ACTIONS: Final = (
    Action(
        "create_token",
        vol.Schema(
            {
                vol.Required("sub"): ID,
                vol.Optional("name"): vol.All(cv.string, vol.Length(min=1, max=100)),
                vol.Exclusive("permissions", "rights"): vol.All(cv.ensure_list, [vol.In(sorted(PERMISSIONS))]),
                vol.Exclusive("role", "rights"): vol.In(sorted(ROLES)),
                vol.Optional("rooms"): vol.All(cv.ensure_list, [ID]),
                vol.Optional("expires_in", default=DEFAULT_LIFETIME): vol.All(
                    vol.Coerce(int), vol.Range(min=1, max=MAX_LIFETIME)
                ),
            }
        ),
        create_token,
        SupportsResponse.ONLY,
    ),
    Action(
        "revoke_token",
        vol.Schema({vol.Optional("jti"): cv.string, vol.Optional("sub"): ID}),
        revoke_token,
        SupportsResponse.OPTIONAL,
    ),
    Action(
        "broadcast",
        vol.Schema(
            {
                vol.Required("target"): vol.In(["all", "user", "room", "permission", "client"]),
                vol.Optional("target_id"): ID,
                vol.Optional("level"): vol.In(["info", "success", "warning", "error"]),
                vol.Optional("title"): cv.string,
                vol.Optional("message"): cv.string,
                vol.Optional("event"): ID,
                vol.Optional("data"): object,
            }
        ),
        broadcast,
        SupportsResponse.OPTIONAL,
    ),
    Action("disconnect_client", vol.Schema({vol.Required("client_id"): ID}), disconnect_client, SupportsResponse.NONE),
    Action("get_metrics", vol.Schema({}), get_metrics, SupportsResponse.ONLY),
    *LIBRARY_ACTIONS,
    *ROOM_ACTIONS,
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register all actions."""
    for action in ACTIONS:
        _register(hass, action)


def _register(hass: HomeAssistant, action: Action) -> None:
    async def handle(call: ServiceCall) -> ServiceResponse:
        if (data := hass.data.get(DATA_LOADED)) is None:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_loaded")
        return await action.method(data, call)

    if action.admin:
        async_register_admin_service(hass, DOMAIN, action.name, handle, action.schema, action.response)
    else:
        hass.services.async_register(DOMAIN, action.name, handle, action.schema, action.response)
