"""What every client must pass before it may authenticate, whichever way it comes."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from aiohttp import hdrs, web

from ..protocol.errors import AuthenticationFailed, PermissionDenied, RateLimitExceeded, Unavailable
from .gateway import Gateway
from .origin import origin_allowed

RETRY_SECONDS: Final = 5
"""When somebody who found no room may ask again."""


class Admission:
    """Room for connections, and the origins of browsers' pages. What it refuses, it raises as a HubError."""

    def __init__(
        self, gateway: Gateway, allowed_origins: Callable[[], Iterable[str]], connections: Callable[[], int]
    ) -> None:
        """`connections` tells how many there are now."""
        self._gateway = gateway
        self._allowed_origins = allowed_origins
        self._connections = connections
        self._unauthenticated: Counter[str] = Counter()

    def check_room(self, request: web.Request) -> None:
        """Whether one more may come."""
        limits = self._gateway.limits
        if not self._gateway.running or self._connections() >= limits.max_connections:
            raise Unavailable("There is no room now", retry_after=RETRY_SECONDS)
        if self._unauthenticated[request.remote or ""] >= limits.max_unauthenticated_per_address:
            most = limits.max_unauthenticated_per_address
            raise RateLimitExceeded(most, RETRY_SECONDS, "Too many connections of this address wait to log in")

    def check_origin(self, request: web.Request) -> None:
        """Whether a page of this origin may talk to the hub."""
        if not origin_allowed(request.headers.get(hdrs.ORIGIN), request.host, self._allowed_origins):
            raise PermissionDenied("This origin is not allowed")

    def bearer(self, request: web.Request) -> str | None:
        """What the Authorization header carries; None without one. Cookies never count."""
        scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        if not scheme:
            return None
        if (
            scheme.lower() != "bearer"
            or not 0 < len(token) <= self._gateway.limits.max_token_size
            or not token.isascii()
        ):
            raise AuthenticationFailed("The Authorization header holds no bearer token")
        return token

    @contextmanager
    def unauthenticated(self, request: web.Request) -> Iterator[None]:
        """Held while nobody knows who it is."""
        address = request.remote or ""
        self._unauthenticated[address] += 1
        try:
            yield
        finally:
            self._unauthenticated[address] -= 1
            if not self._unauthenticated[address]:
                del self._unauthenticated[address]
