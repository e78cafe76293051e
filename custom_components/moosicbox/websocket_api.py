"""Commands on Home Assistant's own WebSocket: for pages, also those of users who may not listen to the event bus."""

from typing import Any, Final

from homeassistant.auth import EVENT_USER_UPDATED
from homeassistant.components import websocket_api
from homeassistant.components.websocket_api.messages import construct_event_message
from homeassistant.core import Event, HomeAssistant, callback
import msgspec
import voluptuous as vol

from .adapters.authentication import principal_of
from .const import VERSION
from .engine.api import HubError, InternalSubscriber, health, iso_from_unix
from .http.hub_views import WebSocketView
from .models import DATA_LOADED

NOT_LOADED: Final = "MoosicBox is not set up, or still starting"
TOPIC: Final = vol.All(str, vol.Match(r"^[a-z_]{1,16}(:[A-Za-z0-9_.:-]{1,64})?$"))


@callback
def async_register_commands(hass: HomeAssistant) -> None:
    """Register all commands."""
    websocket_api.async_register_command(hass, ws_info)
    websocket_api.async_register_command(hass, ws_subscribe)
    websocket_api.async_register_command(hass, ws_health)
    websocket_api.async_register_command(hass, ws_tokens)


@websocket_api.websocket_command({vol.Required("type"): "moosicbox/info"})
@callback
def ws_info(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """Where clients connect, and the players that there are."""
    if (data := hass.data.get(DATA_LOADED)) is None:
        connection.send_error(msg["id"], websocket_api.ERR_NOT_FOUND, NOT_LOADED)
        return
    players = [msgspec.to_builtins(player.info()) for player in data.hub.players]
    connection.send_result(msg["id"], {"path": WebSocketView.url, "version": VERSION, "players": players})


@websocket_api.require_admin
@websocket_api.websocket_command({vol.Required("type"): "moosicbox/health"})
@callback
def ws_health(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """How the hub is, and why."""
    if (data := hass.data.get(DATA_LOADED)) is None:
        connection.send_error(msg["id"], websocket_api.ERR_NOT_FOUND, NOT_LOADED)
        return
    status, reasons = health(data.hub)
    connection.send_result(msg["id"], {"status": status, "reasons": reasons})


@websocket_api.require_admin
@websocket_api.websocket_command({vol.Required("type"): "moosicbox/tokens"})
@callback
def ws_tokens(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """The tokens that were made, without their secrets."""
    if (data := hass.data.get(DATA_LOADED)) is None:
        connection.send_error(msg["id"], websocket_api.ERR_NOT_FOUND, NOT_LOADED)
        return
    tokens = [
        {
            "jti": token["jti"],
            "sub": token["sub"],
            "name": token["name"],
            "issued_at": iso_from_unix(token["issued_at"]),
            "expires_at": iso_from_unix(token["expires_at"]),
            "revoked": revoked,
        }
        for token, revoked in data.authenticator.noted()
    ]
    connection.send_result(msg["id"], {"tokens": tokens})


@websocket_api.websocket_command(
    {vol.Required("type"): "moosicbox/subscribe", vol.Optional("topics"): vol.All([TOPIC], vol.Length(max=1000))}
)
@callback
def ws_subscribe(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """The hub's messages as events, under the rights of the page's user, as long as the page wants."""
    iden, user = msg["id"], connection.user
    if (data := hass.data.get(DATA_LOADED)) is None:
        connection.send_error(iden, websocket_api.ERR_NOT_FOUND, NOT_LOADED)
        return

    def forward(message: bytes) -> None:
        connection.send_message(construct_event_message(iden, message))

    try:
        follower = InternalSubscriber(data.hub, principal_of(user, ""), forward, msg.get("topics"))
    except HubError as error:
        connection.send_error(iden, error.error_type, error.message)
        return

    @callback
    def user_updated(event: Event[dict[str, Any]]) -> None:
        if event.data["user_id"] == user.id:
            follower.renew(principal_of(user, ""))

    stop_watching = hass.bus.async_listen(EVENT_USER_UPDATED, user_updated)

    @callback
    def end() -> None:
        stop_watching()
        follower.close()

    connection.subscriptions[iden] = end
    connection.send_result(iden)
