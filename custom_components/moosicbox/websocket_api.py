"""Commands of Home Assistant's WebSocket API, for panels and cards; some are for administrators only."""

from collections.abc import Callable
from functools import wraps
import time
from typing import Any

from homeassistant.auth import EVENT_USER_UPDATED
from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.components.websocket_api.messages import construct_event_message
from homeassistant.core import Event, HomeAssistant, callback
import msgspec
import voluptuous as vol

from .adapters.user_access import principal_of
from .blueprints import load_blueprints
from .const import VERSION
from .engine.api import HubError, InternalSubscriber, health, iso_from_unix
from .http.hub_views import WebSocketView
from .models import MoosicBoxData, async_loaded_data
from .output_commands import async_register_output_commands

TOPIC = vol.All(str, vol.Match(r"^[a-z_]{1,16}(:[A-Za-z0-9_.:-]{1,64})?$"))

type _Command = Callable[[HomeAssistant, ActiveConnection, dict[str, Any]], None]
type _LoadedCommand = Callable[[HomeAssistant, ActiveConnection, dict[str, Any], MoosicBoxData], None]


@callback
def async_register_commands(hass: HomeAssistant) -> None:
    """Register all commands."""
    websocket_api.async_register_command(hass, ws_info)
    websocket_api.async_register_command(hass, ws_subscribe)
    websocket_api.async_register_command(hass, ws_health)
    websocket_api.async_register_command(hass, ws_tokens)
    websocket_api.async_register_command(hass, ws_blueprints)
    async_register_output_commands(hass)


def _with_loaded_data(command: _LoadedCommand) -> _Command:
    """Pass the loaded entry's data to a command; answer `not_found` if no entry is loaded."""

    @callback
    @wraps(command)
    def handle(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
        if (data := async_loaded_data(hass)) is None:
            connection.send_error(msg["id"], websocket_api.ERR_NOT_FOUND, "MoosicBox is not loaded")
        else:
            command(hass, connection, msg, data)

    return handle


@websocket_api.websocket_command({vol.Required("type"): "moosicbox/info"})
@_with_loaded_data
def ws_info(_hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any], data: MoosicBoxData) -> None:
    """Answer with the path of the hub's WebSocket and the players."""
    players = [msgspec.to_builtins(player.info()) for player in data.hub.players]
    connection.send_result(msg["id"], {"path": WebSocketView.url, "version": VERSION, "players": players})


@websocket_api.require_admin
@websocket_api.websocket_command({vol.Required("type"): "moosicbox/health"})
@_with_loaded_data
def ws_health(_hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any], data: MoosicBoxData) -> None:
    """Answer with the hub's health and the reasons for it."""
    status, reasons = health(data.hub)
    connection.send_result(msg["id"], {"status": status, "reasons": reasons})


@websocket_api.require_admin
@websocket_api.websocket_command({vol.Required("type"): "moosicbox/tokens"})
@_with_loaded_data
def ws_tokens(_hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any], data: MoosicBoxData) -> None:
    """Answer with the issued tokens and those of invited guests, without their secrets."""
    is_revoked = data.authenticator.is_revoked
    guests = [
        {
            "jti": guest.jti,
            "sub": sub,
            "name": guest.name,
            "issued_at": iso_from_unix(guest.issued_at),
            "expires_at": iso_from_unix(guest.expires_at),
            "revoked": is_revoked(sub, guest.jti, guest.issued_at),
            "room_id": room.room_id,
        }
        for room in data.hub.rooms
        for sub, guest in room.guests.items()
        if guest.expires_at > time.time()
    ]
    tokens = [
        {
            "jti": token["jti"],
            "sub": token["sub"],
            "name": token["name"],
            "issued_at": iso_from_unix(token["issued_at"]),
            "expires_at": iso_from_unix(token["expires_at"]),
            "revoked": revoked,
        }
        for token, revoked in data.authenticator.issued_tokens()
    ]
    connection.send_result(msg["id"], {"tokens": [*tokens, *guests]})


@websocket_api.require_admin
@websocket_api.websocket_command({vol.Required("type"): "moosicbox/blueprints"})
@websocket_api.async_response
async def ws_blueprints(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Answer with the blueprints that come with the integration."""
    connection.send_result(msg["id"], {"blueprints": await hass.async_add_executor_job(load_blueprints)})


@websocket_api.websocket_command(
    {vol.Required("type"): "moosicbox/subscribe", vol.Optional("topics"): vol.All([TOPIC], vol.Length(max=1000))}
)
@_with_loaded_data
def ws_subscribe(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any], data: MoosicBoxData) -> None:
    """Forward the hub's messages as events, with the permissions of the connection's user."""
    iden, user = msg["id"], connection.user

    def forward(message: bytes) -> None:
        connection.send_message(construct_event_message(iden, message))

    try:
        subscriber = InternalSubscriber(data.hub, principal_of(user), forward, msg.get("topics"))
    except HubError as error:
        connection.send_error(iden, error.error_type, error.message)
        return

    @callback
    def user_updated(event: Event[dict[str, Any]]) -> None:
        if event.data["user_id"] == user.id:
            subscriber.renew(principal_of(user))

    stop_listening = hass.bus.async_listen(EVENT_USER_UPDATED, user_updated)

    @callback
    def unsubscribe() -> None:
        stop_listening()
        subscriber.close()

    connection.subscriptions[iden] = unsubscribe
    connection.send_result(iden)
