"""The management API for administrators of Home Assistant. Errors are those of the protocol."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, Final

from aiohttp import hdrs, web
from homeassistant.components.http import HomeAssistantView
from homeassistant.components.http.const import KEY_HASS_USER
import msgspec
import orjson
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from ..adapters.user_access import principal_of
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
from .hub_views import loaded_data

type Handler[V, **P] = Callable[Concatenate[V, web.Request, P], Coroutine[Any, Any, web.Response]]


def _admin_only[V, **P](handler: Handler[V, P]) -> Handler[V, P]:
    """Refuse users who aren't administrators, and writing requests from foreign websites; answer the hub's errors."""

    @wraps(handler)
    async def handle(view: V, request: web.Request, /, *args: P.args, **kwargs: P.kwargs) -> web.Response:
        data = loaded_data(request)
        try:
            if not request[KEY_HASS_USER].is_admin:
                raise PermissionDenied("Administrators only")
            # Home Assistant accepts writing requests with the Authorization header only, never with cookies.
            if request.method != hdrs.METH_GET and data.hub.limits.validate_csrf:
                data.endpoint.admission.check_origin(request)
            return await handler(view, request, *args, **kwargs)
        except HubError as error:
            return error_response(error)

    return handle


def _principal(request: web.Request) -> Principal:
    return principal_of(request[KEY_HASS_USER])


async def _execute(data: MoosicBoxData, request: web.Request, message: Request) -> web.Response:
    return _json(await data.hub.execute(message, _principal(request)))


def _json(answer: Any) -> web.Response:
    return json_response(msgspec.json.encode(answer))


class HealthView(HomeAssistantView):
    """The hub's health."""

    url = "/api/moosicbox/health"
    name = "api:moosicbox:health"

    @_admin_only
    async def get(self, request: web.Request) -> web.Response:
        """Answer with the status and its reasons."""
        status, reasons = health(loaded_data(request).hub)
        return _json({"status": status, "reasons": reasons})


class MetricsView(HomeAssistantView):
    """The hub's metrics."""

    url = "/api/moosicbox/metrics"
    name = "api:moosicbox:metrics"

    @_admin_only
    async def get(self, request: web.Request) -> web.Response:
        """Answer in JSON, or in the text format of Prometheus."""
        data = loaded_data(request)
        # Executed for both formats: the hub checks the permission and the option `metrics`.
        answer = await _execute(data, request, GetMetrics())
        if not wants_text(request):
            return answer
        body = prometheus(data.hub) if data.cluster is None else data.cluster.prometheus(len(data.endpoint))
        return web.Response(body=body, headers={hdrs.CONTENT_TYPE: CONTENT_TYPE_LATEST})


class ClientsView(HomeAssistantView):
    """The connected clients."""

    url = "/api/moosicbox/clients"
    name = "api:moosicbox:clients"

    @_admin_only
    async def get(self, request: web.Request) -> web.Response:
        """Answer with all clients and their metrics."""
        return await _execute(loaded_data(request), request, GetClients())


class ClientView(HomeAssistantView):
    """One client."""

    url = "/api/moosicbox/clients/{client_id}"
    name = "api:moosicbox:client"

    @_admin_only
    async def delete(self, request: web.Request, client_id: str) -> web.Response:
        """End its connection and its session."""
        loaded_data(request).hub.disconnect(client_id)
        return web.Response(status=204)


class RoomsView(HomeAssistantView):
    """The rooms."""

    url = "/api/moosicbox/rooms"
    name = "api:moosicbox:rooms"

    @_admin_only
    async def get(self, request: web.Request) -> web.Response:
        """Answer with all rooms, private ones included."""
        return await _execute(loaded_data(request), request, RoomList())


class BroadcastView(HomeAssistantView):
    """Broadcasts to many clients."""

    url = "/api/moosicbox/broadcast"
    name = "api:moosicbox:broadcast"

    @_admin_only
    async def post(self, request: web.Request) -> web.Response:
        """Send the protocol's `broadcast` in the body; its `type` is optional."""
        data = loaded_data(request)
        body = await read_body(request, data.hub.limits.max_message_size)
        try:
            fields = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise SerializationFailed(f"The body is not JSON: {error}") from error
        if not isinstance(fields, dict):
            raise SerializationFailed("A message is a JSON object")
        message = data.hub.decode(orjson.dumps({**fields, "type": "broadcast"}))
        return await _execute(data, request, message)


MANAGEMENT_VIEWS: Final = (HealthView, MetricsView, ClientsView, ClientView, RoomsView, BroadcastView)
