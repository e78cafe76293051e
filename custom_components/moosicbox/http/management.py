"""The management API: what administrators of Home Assistant see and do over HTTP. Refusals are the protocol's errors."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, Final

from aiohttp import hdrs, web
from homeassistant.components.http import HomeAssistantView
from homeassistant.components.http.const import KEY_HASS_USER
import msgspec
import orjson
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from ..adapters.authentication import principal_of
from ..engine.api import (
    GetClients,
    GetMetrics,
    HubError,
    PermissionDenied,
    Principal,
    Request,
    RoomList,
    SerializationFailed,
    error_response,
    health,
    json_response,
    prometheus,
    read_body,
    wants_text,
)
from ..models import MoosicBoxData
from .hub_views import loaded

type _Handler[V, **P] = Callable[Concatenate[V, web.Request, P], Coroutine[Any, Any, web.Response]]


def _for_administrators[V, **P](handler: _Handler[V, P]) -> _Handler[V, P]:
    """Refuse everybody else, and pages of foreign origins where something changes; answer errors."""

    @wraps(handler)
    async def handle(view: V, request: web.Request, /, *args: P.args, **kwargs: P.kwargs) -> web.Response:
        data = loaded(request)
        try:
            if not request[KEY_HASS_USER].is_admin:
                raise PermissionDenied("This is for administrators")
            # Home Assistant lets nobody change anything without the Authorization header: cookies never count.
            if request.method != hdrs.METH_GET and data.hub.limits.validate_csrf:
                data.endpoint.admission.check_origin(request)
            return await handler(view, request, *args, **kwargs)
        except HubError as error:
            return error_response(error)

    return handle


def _principal(request: web.Request) -> Principal:
    return principal_of(request[KEY_HASS_USER], "")


async def _execute(data: MoosicBoxData, request: web.Request, message: Request) -> web.Response:
    return _json(await data.hub.execute(message, _principal(request)))


def _json(answer: Any) -> web.Response:
    return json_response(msgspec.json.encode(answer))


class HealthView(HomeAssistantView):
    """How the hub is, and why."""

    url = "/api/moosicbox/health"
    name = "api:moosicbox:health"

    @_for_administrators
    async def get(self, request: web.Request) -> web.Response:
        """The status and its reasons."""
        status, reasons = health(loaded(request).hub)
        return _json({"status": status, "reasons": reasons})


class MetricsView(HomeAssistantView):
    """The hub's numbers."""

    url = "/api/moosicbox/metrics"
    name = "api:moosicbox:metrics"

    @_for_administrators
    async def get(self, request: web.Request) -> web.Response:
        """As JSON, or as Prometheus likes them."""
        data = loaded(request)
        # Asked in the hub's table in any case: rights and switches are decided there.
        answer = await _execute(data, request, GetMetrics())
        if not wants_text(request):
            return answer
        body = prometheus(data.hub) if data.cluster is None else data.cluster.prometheus(len(data.endpoint))
        return web.Response(body=body, headers={hdrs.CONTENT_TYPE: CONTENT_TYPE_LATEST})


class ClientsView(HomeAssistantView):
    """Who is connected."""

    url = "/api/moosicbox/clients"
    name = "api:moosicbox:clients"

    @_for_administrators
    async def get(self, request: web.Request) -> web.Response:
        """All clients with the numbers of each."""
        return await _execute(loaded(request), request, GetClients())


class ClientView(HomeAssistantView):
    """One client."""

    url = "/api/moosicbox/clients/{client_id}"
    name = "api:moosicbox:client"

    @_for_administrators
    async def delete(self, request: web.Request, client_id: str) -> web.Response:
        """Put it out."""
        loaded(request).hub.disconnect(client_id)
        return web.Response(status=204)


class RoomsView(HomeAssistantView):
    """The rooms."""

    url = "/api/moosicbox/rooms"
    name = "api:moosicbox:rooms"

    @_for_administrators
    async def get(self, request: web.Request) -> web.Response:
        """All rooms, the private ones too."""
        return await _execute(loaded(request), request, RoomList())


class BroadcastView(HomeAssistantView):
    """To many at once."""

    url = "/api/moosicbox/broadcast"
    name = "api:moosicbox:broadcast"

    @_for_administrators
    async def post(self, request: web.Request) -> web.Response:
        """The body is the wire's `broadcast`; its `type` may be left out."""
        data = loaded(request)
        body = await read_body(request, data.hub.limits.max_message_size)
        try:
            fields = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise SerializationFailed(f"This is no JSON: {error}") from error
        if not isinstance(fields, dict):
            raise SerializationFailed("A message is a JSON object")
        message = data.hub.decode(orjson.dumps({**fields, "type": "broadcast"}))
        return await _execute(data, request, message)


MANAGEMENT_VIEWS: Final = (HealthView, MetricsView, ClientsView, ClientView, RoomsView, BroadcastView)
