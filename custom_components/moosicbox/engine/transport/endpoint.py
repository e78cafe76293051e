"""The door to the hub: what is checked before a WebSocket is opened."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web

from ..protocol.errors import AuthenticationFailed
from ..rights import Principal
from ..session import Peer
from .origin import origin_allowed
from .websocket import SUBPROTOCOL, WebSocketConnection

if TYPE_CHECKING:
    from ..hub import Hub

RETRY_AFTER: Final = "5"
"""Seconds, as a header."""


class Endpoint:
    """Lets clients upgrade, or answers why not."""

    def __init__(self, hub: Hub, allowed_origins: Callable[[], Iterable[str]] = tuple) -> None:
        """`allowed_origins` are pages that may connect beside those of the asked host itself."""
        self._hub = hub
        self._allowed_origins = allowed_origins
        self._unauthenticated: Counter[str] = Counter()
        self._open: set[WebSocketConnection] = set()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One upgrade request, to the end of its connection."""
        hub, limits, address = self._hub, self._hub.limits, request.remote or ""
        if not hub.running or len(self._open) >= limits.max_connections:
            raise web.HTTPServiceUnavailable(headers={hdrs.RETRY_AFTER: RETRY_AFTER})
        if self._unauthenticated[address] >= limits.max_unauthenticated_per_address:
            raise web.HTTPTooManyRequests(headers={hdrs.RETRY_AFTER: RETRY_AFTER})
        if not origin_allowed(request.headers.get(hdrs.ORIGIN), request.host, self._allowed_origins()):
            raise web.HTTPForbidden(text="This origin is not allowed")
        offered = _offered(request)
        if offered and SUBPROTOCOL not in offered:
            raise web.HTTPBadRequest(text=f"The subprotocol is {SUBPROTOCOL}")
        principal = await self._bearer(request)
        connection = WebSocketConnection(hub, request)
        self._open.add(connection)
        try:
            return await connection.run(principal, self._unauthenticated_at(address))
        finally:
            self._open.discard(connection)

    async def close(self) -> None:
        """Wait until every connection has ended; the hub has told them to."""
        if closing := [task for connection in self._open if (task := connection.closing) is not None]:
            await asyncio.wait(closing, timeout=self._hub.limits.close_timeout)

    async def _bearer(self, request: web.Request) -> Principal | None:
        scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        if not scheme:
            return None
        refusal = web.HTTPUnauthorized(headers={hdrs.WWW_AUTHENTICATE: "Bearer"})
        if scheme.lower() != "bearer" or not 0 < len(token) <= self._hub.limits.max_token_size:
            raise refusal
        try:
            return await self._hub.recognise(token, Peer(request.remote or "", request))
        except AuthenticationFailed as error:
            raise refusal from error

    @contextmanager
    def _unauthenticated_at(self, address: str) -> Iterator[None]:
        self._unauthenticated[address] += 1
        try:
            yield
        finally:
            self._unauthenticated[address] -= 1
            if not self._unauthenticated[address]:
                del self._unauthenticated[address]


def _offered(request: web.Request) -> list[str]:
    header = ",".join(request.headers.getall(hdrs.SEC_WEBSOCKET_PROTOCOL, ()))
    return [name.strip() for name in header.split(",") if name.strip()]
