"""The hub's endpoint: WebSocket upgrades, and polling beside it."""

import asyncio
from collections.abc import Callable, Iterable

from aiohttp import hdrs, web

from ..access.authentication import Peer
from ..protocol.codes import CloseCode
from ..protocol.errors import HubError, InvalidMessage
from ..protocol.server import SUBPROTOCOL
from .admission import Admission
from .gateway import Gateway
from .polling_endpoint import PollingEndpoint
from .responses import error_response
from .websocket import WebSocketConnection


class Endpoint:
    """Accepts WebSocket upgrades and holds the open connections."""

    def __init__(self, gateway: Gateway, allowed_origins: Callable[[], Iterable[str]] = tuple) -> None:
        """`allowed_origins` returns the origins whose pages may connect, in addition to the requested host's own."""
        self._gateway = gateway
        self._open: set[WebSocketConnection] = set()
        self.admission = Admission(gateway, allowed_origins, self.__len__)
        self.polling = PollingEndpoint(gateway, self.admission)

    def __len__(self) -> int:
        """Return the number of connections."""
        return len(self._open) + len(self.polling)

    @property
    def ready(self) -> bool:
        """True if clients can connect."""
        return self._gateway.running

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Handle an upgrade request until its connection ends."""
        gateway, admission = self._gateway, self.admission
        principal = None
        try:
            admission.check_capacity(request)
            admission.check_origin(request)
            _check_subprotocol(request)
            if (token := admission.bearer_token(request)) is not None:
                principal = await gateway.authenticate_token(token, Peer(request.remote or "", request))
        except HubError as error:
            gateway.metrics.rejected[error.error_type] += 1
            return error_response(error)
        connection = WebSocketConnection(gateway, request)
        self._open.add(connection)
        try:
            return await connection.run(principal, admission.count_unauthenticated(request))
        finally:
            self._open.discard(connection)

    async def close(self, code: CloseCode, reason: str) -> None:
        """Close connections that haven't authenticated yet, and wait until all connections have ended."""
        for connection in self._open:
            connection.close_unauthenticated(self._gateway.goodbye(reason), code)
        if tasks := [task for connection in self._open if (task := connection.task) is not None]:
            await asyncio.wait(tasks, timeout=self._gateway.limits.close_timeout)


def _check_subprotocol(request: web.Request) -> None:
    header = ",".join(request.headers.getall(hdrs.SEC_WEBSOCKET_PROTOCOL, ()))
    offered = [name.strip() for name in header.split(",") if name.strip()]
    if offered and SUBPROTOCOL not in offered:
        raise InvalidMessage(f"The subprotocol must be {SUBPROTOCOL}", [str(hdrs.SEC_WEBSOCKET_PROTOCOL)])
