"""A node's web server: the same addresses as the integration's in Home Assistant."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web
import msgspec
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from ..access.authentication import Peer
from ..library.seal import Seal
from ..library.streaming.artwork import WITH_PICTURES, requested_size
from ..protocol.errors import AuthenticationFailed, HubError, NotSupported, PermissionDenied, TrackNotFound
from ..transport.endpoint import Endpoint
from ..transport.responses import error_response, json_response, wants_text
from .forwarded import forwarded_middleware
from .metrics_report import node_health, node_prometheus, node_report
from .music import NodeMusic
from .relay import HomeAssistant, Relay

if TYPE_CHECKING:
    from ..cluster.node import ClusterNode
    from .config import NodeConfig

API: Final = "/api/moosicbox"
ADDRESSES_DOCUMENT: Final = "home"
"""The name of the shared document with Home Assistant's own addresses."""


class NodeApp:
    """The routes of a node."""

    def __init__(self, node: ClusterNode, config: NodeConfig, seal: Seal, music: NodeMusic | None) -> None:
        """Create the routes.

        Args:
            node: The cluster node whose clients connect here.
            config: The node's settings.
            seal: Checks the addresses of artwork.
            music: The node's own library; without one, tracks and artwork are relayed from Home Assistant.
        """
        self.ending = False
        """Set when the node shuts down: it then reports that it isn't ready, for load balancers."""
        self.endpoint = Endpoint(node.gateway, self._allowed_origins)
        self.relay = Relay(self._home_assistant, seal)
        self._node = node
        self._limits = config.limits
        self._seal = seal
        self._music = music
        self.web = web.Application(middlewares=[forwarded_middleware(config.trusted_proxies)])
        polling = self.endpoint.polling
        self.web.add_routes(
            [
                web.get(f"{API}/ws", self.endpoint.serve),
                web.post(f"{API}/sessions", polling.open),
                web.delete(f"{API}/sessions/{{session_id}}", _with_session(polling.end)),
                web.get(f"{API}/sessions/{{session_id}}/messages", _with_session(polling.fetch), allow_head=False),
                web.post(f"{API}/sessions/{{session_id}}/messages", _with_session(polling.send)),
                web.get(f"{API}/tracks/{{track_id}}/stream", self._stream),
                web.get(f"{API}/artwork/{{artwork_id}}", self._artwork),
                web.get(f"{API}/ready", self._ready),
                web.get(f"{API}/health", self._health, allow_head=False),
                web.get(f"{API}/metrics", self._metrics, allow_head=False),
                web.get("/{path:.*}", self.relay.respond),
            ]
        )

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        track_id = request.match_info["track_id"]
        if self._music is None:
            return await self.relay.respond(request)
        try:
            self._music.streams.check(request, track_id)
            return await self._music.streams.respond(request, track_id, request.query.get("format"))
        except TrackNotFound:
            return await self.relay.respond(request)
        except HubError as error:
            return error_response(error)

    async def _artwork(self, request: web.Request) -> web.StreamResponse:
        id_ = self._seal.verify_artwork(request.match_info["artwork_id"])
        if id_ is None or self._music is None or not id_.startswith(WITH_PICTURES):
            return await self.relay.respond(request)
        try:
            return await self._music.artwork.respond(request, id_, requested_size(request))
        except HubError as error:
            return error_response(error)

    async def _ready(self, _request: web.Request) -> web.Response:
        ready = not self.ending and self.endpoint.ready and self._node.status().leader is not None
        return web.Response(status=200 if ready else 503, headers={hdrs.CACHE_CONTROL: "no-store"})

    async def _health(self, _request: web.Request) -> web.Response:
        status, reasons = node_health(self._node, ending=self.ending)
        return json_response(msgspec.json.encode({"status": status, "reasons": reasons}))

    async def _metrics(self, request: web.Request) -> web.Response:
        try:
            await self._check_administrator(request)
            if not self._limits.metrics:
                raise NotSupported("Metrics are switched off")
        except HubError as error:
            return error_response(error)
        connections = len(self.endpoint)
        if not wants_text(request):
            return json_response(msgspec.json.encode(node_report(self._node, connections)))
        return web.Response(
            body=node_prometheus(self._node, connections), headers={hdrs.CONTENT_TYPE: CONTENT_TYPE_LATEST}
        )

    async def _check_administrator(self, request: web.Request) -> None:
        if (token := self.endpoint.admission.bearer_token(request)) is None:
            raise AuthenticationFailed("A bearer token is needed")
        principal = await self._node.gateway.authenticate_token(token, Peer(request.remote or "", request))
        if not principal.is_admin:
            raise PermissionDenied("Metrics are for administrators")

    def _allowed_origins(self) -> list[str]:
        addresses = self._node.shared.get(ADDRESSES_DOCUMENT) or {}
        return [*addresses.get("urls", ()), *self._limits.allowed_origins]

    def _home_assistant(self) -> HomeAssistant | None:
        addresses = self._node.shared.get(ADDRESSES_DOCUMENT) or {}
        urls = addresses.get("urls", ())
        return HomeAssistant(urls[0], addresses.get("run", "")) if urls else None


def _with_session[R](
    answer: Callable[[web.Request, str], R],
) -> Callable[[web.Request], R]:
    return lambda request: answer(request, request.match_info["session_id"])
