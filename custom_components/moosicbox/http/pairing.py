"""The view that issues a token for a pairing code."""

from typing import Final

from aiohttp import web
from homeassistant.components.http import HomeAssistantView
import msgspec
import orjson

from ..adapters.pairing import PairedDevice
from ..engine.api import HubError, InvalidMessage, error_response, invalid_message, json_response, read_body
from .hub_views import loaded_data

MAX_BODY: Final = 4_096
"""Bytes."""


class PairRequest(msgspec.Struct):
    """The body of the request."""

    code: str
    name: str
    player_id: str


class PairView(HomeAssistantView):
    """Pairs a device."""

    url = "/api/moosicbox/pair"
    name = "api:moosicbox:pair"
    requires_auth = False

    async def post(self, request: web.Request) -> web.Response:
        """Answer `{code, name, player_id}` with `{token, player_id, name}`."""
        data = loaded_data(request)
        try:
            data.endpoint.admission.check_origin(request)
            body = await _read(request)
            device = PairedDevice(body.name, body.player_id)
            answer = await data.pairing.async_redeem(body.code, device, request.remote or "")
        except HubError as error:
            return error_response(error)
        return json_response(orjson.dumps(answer))


async def _read(request: web.Request) -> PairRequest:
    body = await read_body(request, MAX_BODY)
    try:
        return msgspec.json.decode(body, type=PairRequest)
    except msgspec.ValidationError as error:
        raise invalid_message(error) from error
    except msgspec.DecodeError as error:
        raise InvalidMessage("The body is {code, name, player_id}", []) from error
