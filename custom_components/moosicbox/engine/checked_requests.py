"""GET requests to addresses that users name: each redirection is checked like the first address."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import ClientResponse, ClientSession, ClientTimeout, hdrs
from yarl import URL

from .fetching import encode_url

MAX_REDIRECTIONS: Final = 5
REDIRECTIONS: Final = frozenset({301, 302, 303, 307, 308})
"""Statuses of responses that redirect to another address."""


@asynccontextmanager
async def open_response(
    session: ClientSession,
    url: str,
    require_allowed: Callable[[str], None],
    *,
    timeout: ClientTimeout,
    headers: Mapping[str, str] | None = None,
) -> AsyncGenerator[ClientResponse]:
    """Request an address, and yield the response while the context is open; its body may have no end.

    Beyond `MAX_REDIRECTIONS`, the response is that of the last redirection.

    Args:
        session: The HTTP session.
        url: The address.
        require_allowed: Raises an exception for an address that must not be requested.
        timeout: Of each request.
        headers: More headers.

    Raises:
        ClientError, HttpProcessingError, OSError, ValueError: There was no valid response.
    """
    response = await _request(session, url, require_allowed, timeout, headers)
    for _ in range(MAX_REDIRECTIONS):
        location = response.headers.get(hdrs.LOCATION)
        if response.status not in REDIRECTIONS or location is None:
            break
        response.close()
        response = await _request(session, str(response.url.join(URL(location))), require_allowed, timeout, headers)
    # The body of a stream has no end: it is closed, not read.
    try:
        yield response
    finally:
        response.close()


async def _request(
    session: ClientSession,
    url: str,
    require_allowed: Callable[[str], None],
    timeout: ClientTimeout,
    headers: Mapping[str, str] | None,
) -> ClientResponse:
    require_allowed(url)
    return await session.get(encode_url(url), headers=headers, timeout=timeout, allow_redirects=False)
