"""Actions on the hub as a whole: tokens, broadcasts, clients, metrics."""

from typing import Any, Final

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..const import DOMAIN
from ..engine.api import MAX_LIFETIME, PERMISSIONS, ROLES, iso_from_unix
from ..errors import errors_translated, invalid
from ..models import MoosicBoxData
from .action import ID, ActionDescription, async_request, seconds
from .lookup import client_of, recipient_fields

DEFAULT_LIFETIME: Final = 365 * 86_400
"""Seconds."""
DEFAULT_GRACE: Final = 7 * 86_400
"""Seconds for which the earlier key stays valid."""
MAX_GRACE: Final = 90 * 86_400


async def create_token(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Issue a token; return it with its id and its expiry time."""
    fields = call.data
    try:
        issued = await data.authenticator.async_create(
            sub=fields["sub"],
            name=fields.get("name", fields["sub"]),
            lifetime=fields["expires_in"],
            permissions=frozenset(fields["permissions"]) if "permissions" in fields else None,
            role=fields.get("role"),
            rooms=frozenset(fields["rooms"]) if "rooms" in fields else None,
        )
    except ValueError as error:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key=f"token_{error}") from error
    return {"token": issued.token, "jti": issued.jti, "expires_at": iso_from_unix(issued.expires_at)}


async def revoke_token(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Revoke one token, or all tokens of a subject; return the number of ended sessions."""
    if not call.data:
        raise invalid("token_unnamed")
    return {"disconnected": await data.authenticator.async_revoke(jti=call.data.get("jti"), sub=call.data.get("sub"))}


async def rotate_key(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Sign tokens and addresses with a new key; the current one stays valid for a grace."""
    keys = await data.authenticator.async_rotate_key(call.data["grace"])
    data.library.seal.use(keys.addresses)
    data.hub.renew_artwork()
    return None


async def broadcast(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Send a notice or an event to many clients; return the number of recipients."""
    message: dict[str, Any] = {"target": "all", **call.data, "type": "broadcast"}
    if (recipient := message.pop("recipient", None)) is not None:
        message |= recipient_fields(call.hass, data.hub, recipient)
    response: ServiceResponse = await async_request(data, call, message)
    return response


async def disconnect_client(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """End the connection and the session of a client."""
    client_id = call.data.get("client_id") or client_of(data.hub, call.data["client"])
    with errors_translated():
        data.hub.disconnect(client_id)
    return None


async def get_metrics(data: MoosicBoxData, call: ServiceCall) -> ServiceResponse:
    """Return the hub's metrics."""
    response: ServiceResponse = await async_request(data, call, {"type": "get_metrics"})
    return response


HUB_ACTIONS: Final = (
    ActionDescription(
        name="create_token",
        handler=create_token,
        fields={
            vol.Required("sub"): ID,
            vol.Optional("name"): vol.All(cv.string, vol.Length(min=1, max=100)),
            vol.Exclusive("permissions", "rights"): vol.All(cv.ensure_list, [vol.In(sorted(PERMISSIONS))]),
            vol.Exclusive("role", "rights"): vol.In(sorted(ROLES)),
            vol.Optional("rooms"): vol.All(cv.ensure_list, [ID]),
            vol.Optional("expires_in", default=DEFAULT_LIFETIME): vol.All(
                seconds, vol.Coerce(int), vol.Range(min=1, max=MAX_LIFETIME)
            ),
        },
        response=SupportsResponse.ONLY,
        admin_only=True,
    ),
    ActionDescription(
        name="revoke_token",
        handler=revoke_token,
        fields={vol.Optional("jti"): cv.string, vol.Optional("sub"): ID},
        response=SupportsResponse.OPTIONAL,
        admin_only=True,
    ),
    ActionDescription(
        name="rotate_key",
        handler=rotate_key,
        fields={
            vol.Optional("grace", default=DEFAULT_GRACE): vol.All(
                seconds, vol.Coerce(int), vol.Range(min=0, max=MAX_GRACE)
            ),
        },
        admin_only=True,
    ),
    ActionDescription(
        name="broadcast",
        handler=broadcast,
        fields={
            vol.Exclusive("recipient", "target"): cv.entity_id,
            vol.Exclusive("target", "target"): vol.In(["all", "user", "room", "permission", "client"]),
            vol.Optional("target_id"): ID,
            vol.Optional("level"): vol.In(["info", "success", "warning", "error"]),
            vol.Optional("title"): cv.string,
            vol.Optional("message"): cv.string,
            vol.Optional("event"): ID,
            vol.Optional("data"): object,
        },
        response=SupportsResponse.OPTIONAL,
        admin_only=True,
    ),
    ActionDescription(
        name="disconnect_client",
        handler=disconnect_client,
        fields={
            vol.Exclusive("client", "client"): cv.string,
            vol.Exclusive("client_id", "client"): ID,
        },
        needs_one_of=("client", "client_id"),
        admin_only=True,
    ),
    ActionDescription(
        name="get_metrics",
        handler=get_metrics,
        response=SupportsResponse.ONLY,
        admin_only=True,
    ),
)
