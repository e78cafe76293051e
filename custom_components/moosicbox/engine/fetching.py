"""Bounded HTTP requests to other services."""

from collections.abc import Callable, Mapping
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout, hdrs

USER_AGENT: Final = "MoosicBox (https://github.com/moosicbox/home-assistant-moosicbox)"
CHUNK_BYTES: Final = 65_536

type SessionFactory = Callable[[], ClientSession]
"""Returns the session to use for requests; its owner closes it."""


class FetchFailed(Exception):
    """A request failed, timed out, or its response was too large."""


async def fetch(
    session: ClientSession, url: str, params: Mapping[str, str] | None = None, *, max_bytes: int, timeout: float
) -> bytes | None:
    """Return the body of a response; `None` if there is no such resource (404).

    Args:
        session: The HTTP session.
        url: An http(s) URL.
        params: The query.
        max_bytes: The largest body that is accepted.
        timeout: Seconds for the whole request.

    Raises:
        FetchFailed: The request failed, or the body is too large.
    """
    headers = {hdrs.USER_AGENT: USER_AGENT}
    body = bytearray()
    try:
        async with session.get(url, params=params, headers=headers, timeout=ClientTimeout(timeout)) as response:
            if response.status == 404:
                return None
            response.raise_for_status()
            async for chunk in response.content.iter_chunked(CHUNK_BYTES):
                body += chunk
                if len(body) > max_bytes:
                    raise FetchFailed(f"The response has more than {max_bytes} bytes")
    except (ClientError, TimeoutError, ValueError) as error:
        raise FetchFailed(type(error).__name__) from error
    return bytes(body)
