"""The endpoint of the hub: what is checked before a WebSocket is opened, and beside it the way by polling."""

import asyncio
from collections.abc import Callable, Iterable

from aiohttp import hdrs, web

from ..access.authentication import Peer
from ..protocol.codes import CloseCode
from ..protocol.errors import HubError, InvalidMessage
from .admission import Admission
from .gateway import Gateway
from .polling_endpoint import PollingEndpoint
from .responses import error_response
from .websocket import SUBPROTOCOL, WebSocketConnection


class Endpoint:
    """Lets clients upgrade, or answers why not."""

    def __init__(self, gateway: Gateway, allowed_origins: Callable[[], Iterable[str]] = tuple) -> None:
        """`allowed_origins` are pages that may connect beside those of the asked host itself."""
        self._gateway = gateway
        self._open: set[WebSocketConnection] = set()
        self.admission = Admission(gateway, allowed_origins, self.__len__)
        self.polling = PollingEndpoint(gateway, self.admission)

    def __len__(self) -> int:
        """How many connections there are."""
        return len(self._open) + len(self.polling)

    @property
    def ready(self) -> bool:
        """Whether clients are let in."""
        return self._gateway.running

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One upgrade request, to the end of its connection."""
        gateway, admission = self._gateway, self.admission
        principal = None
        try:
            admission.check_room(request)
            admission.check_origin(request)
            _check_subprotocol(request)
            if (token := admission.bearer(request)) is not None:
                principal = await gateway.authenticate_token(token, Peer(request.remote or "", request))
        except HubError as error:
            gateway.metrics.rejected[error.error_type] += 1
            return error_response(error)
        connection = WebSocketConnection(gateway, request)
        self._open.add(connection)
        try:
            return await connection.run(principal, admission.unauthenticated(request))
        finally:
            self._open.discard(connection)

    async def close(self, code: CloseCode, reason: str) -> None:
        """End the connections that the hub doesn't know yet, and wait until all have ended."""
        for connection in self._open:
            connection.dismiss(self._gateway.goodbye(reason), code)
        if tasks := [task for connection in self._open if (task := connection.task) is not None]:
            await asyncio.wait(tasks, timeout=self._gateway.limits.close_timeout)


def _check_subprotocol(request: web.Request) -> None:
    header = ",".join(request.headers.getall(hdrs.SEC_WEBSOCKET_PROTOCOL, ()))
    offered = [name.strip() for name in header.split(",") if name.strip()]
    if offered and SUBPROTOCOL not in offered:
        raise InvalidMessage(f"The subprotocol is {SUBPROTOCOL}", [str(hdrs.SEC_WEBSOCKET_PROTOCOL)])
