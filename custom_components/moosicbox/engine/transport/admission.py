"""Checks that every connection passes before it may authenticate, by any transport."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from aiohttp import hdrs, web

from ..protocol.errors import AuthenticationFailed, PermissionDenied, RateLimitExceeded, Unavailable
from .gateway import Gateway
from .origin import origin_allowed

RETRY_SECONDS: Final = 5
"""`retry_after` of a refused connection."""


class Admission:
    """Limits the number of connections and checks the origins of browsers' pages. Refusals are raised as HubError."""

    def __init__(
        self, gateway: Gateway, allowed_origins: Callable[[], Iterable[str]], connections: Callable[[], int]
    ) -> None:
        """`connections` returns the number of open connections."""
        self._gateway = gateway
        self._allowed_origins = allowed_origins
        self._connections = connections
        self._unauthenticated: Counter[str] = Counter()

    def check_capacity(self, request: web.Request) -> None:
        """Raise Unavailable or RateLimitExceeded if there is no capacity for another connection."""
        limits = self._gateway.limits
        if not self._gateway.running or self._connections() >= limits.max_connections:
            raise Unavailable("The hub accepts no more connections now", retry_after=RETRY_SECONDS)
        if self._unauthenticated[request.remote or ""] >= limits.max_unauthenticated_per_address:
            raise RateLimitExceeded(
                limits.max_unauthenticated_per_address,
                RETRY_SECONDS,
                "Too many connections of this address haven't authenticated yet",
            )

    def check_origin(self, request: web.Request) -> None:
        """Raise PermissionDenied if the request comes from a page of another origin."""
        if not origin_allowed(request.headers.get(hdrs.ORIGIN), request.host, self._allowed_origins):
            raise PermissionDenied("This origin is not allowed")

    def bearer_token(self, request: web.Request) -> str | None:
        """Return the bearer token of the Authorization header, or `None` without one. Cookies are ignored.

        Raise AuthenticationFailed if the header holds anything else.
        """
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
    def count_unauthenticated(self, request: web.Request) -> Iterator[None]:
        """Count a connection as unauthenticated inside the context."""
        address = request.remote or ""
        self._unauthenticated[address] += 1
        try:
            yield
        finally:
            self._unauthenticated[address] -= 1
            if not self._unauthenticated[address]:
                del self._unauthenticated[address]
