"""Commands of Home Assistant's WebSocket API about external speakers and their delays."""

from typing import Any

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from .adapters.output_delays import OutputDelays
from .commands import async_principal, hub_command
from .contexts import PlayerOrRoom
from .engine.api import MAX_OUTPUT_DELAY_MS, Principal
from .errors import invalid
from .models import MoosicBoxData, async_loaded_data

ID = vol.All(str, vol.Length(min=1, max=64))


@callback
def async_register_output_commands(hass: HomeAssistant) -> None:
    """Register all commands."""
    websocket_api.async_register_command(hass, ws_outputs)
    websocket_api.async_register_command(hass, ws_play_delay_sounds)
    websocket_api.async_register_command(hass, ws_set_output_delay)


@websocket_api.websocket_command(
    {
        vol.Required("type"): "moosicbox/outputs",
        vol.Exclusive("player_id", "context"): ID,
        vol.Exclusive("room_id", "context"): ID,
    }
)
@websocket_api.async_response
async def ws_outputs(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Answer with the external speakers of a player or room, and the players to compare them with."""
    data = _loaded_data(hass)
    context: PlayerOrRoom | None
    if "room_id" in msg:
        context = data.hub.rooms.find(msg["room_id"])
    else:
        context = data.hub.players.find(msg.get("player_id", ""))
    if context is None:
        connection.send_error(msg["id"], websocket_api.ERR_NOT_FOUND, "There is no such player or room")
        return
    principal = await _principal(hass, connection, data, context)
    with hub_command(data):
        overview = OutputDelays(hass, data.hub, data.outputs).overview(principal, context)
    connection.send_result(msg["id"], overview)


@websocket_api.websocket_command(
    {
        vol.Required("type"): "moosicbox/play_delay_sounds",
        vol.Required("entity_id"): cv.entity_id,
        vol.Required("player_id"): ID,
    }
)
@websocket_api.async_response
async def ws_play_delay_sounds(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Play test sounds on a speaker and a player at the same time; answer once both have been told to."""
    data = _loaded_data(hass)
    delays = OutputDelays(hass, data.hub, data.outputs)
    principal = await _principal(hass, connection, data, delays.context_of(msg["entity_id"]))
    with hub_command(data):
        await delays.play_sounds(principal, msg["entity_id"], msg["player_id"])
    connection.send_result(msg["id"])


@websocket_api.websocket_command(
    {
        vol.Required("type"): "moosicbox/set_output_delay",
        vol.Required("entity_id"): cv.entity_id,
        vol.Required("delay_ms"): vol.All(vol.Coerce(float), vol.Range(min=0, max=MAX_OUTPUT_DELAY_MS)),
    }
)
@websocket_api.async_response
async def ws_set_output_delay(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Set the delay of a speaker."""
    data = _loaded_data(hass)
    delays = OutputDelays(hass, data.hub, data.outputs)
    principal = await _principal(hass, connection, data, delays.context_of(msg["entity_id"]))
    with hub_command(data):
        delays.set_delay(principal, msg["entity_id"], msg["delay_ms"])
    connection.send_result(msg["id"])


async def _principal(
    hass: HomeAssistant, connection: ActiveConnection, data: MoosicBoxData, context: PlayerOrRoom
) -> Principal:
    entity_ids = () if context.entity_id is None else (context.entity_id,)
    return await async_principal(hass, data, connection.user.id, entity_ids)


def _loaded_data(hass: HomeAssistant) -> MoosicBoxData:
    if (data := async_loaded_data(hass)) is None:
        raise invalid("not_loaded")
    return data
