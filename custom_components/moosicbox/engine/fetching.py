"""Bounded HTTP requests to other services."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, hdrs
from msgspec import Struct

USER_AGENT: Final = "MoosicBox (https://github.com/moosicbox/home-assistant-moosicbox)"
CHUNK_BYTES: Final = 65_536
SAFE_CHARACTERS: Final = "/:?#[]@!$&'()*+,;=%~-._"
"""Characters that are left as they are in a URL."""

type SessionFactory = Callable[[], ClientSession]
"""Returns the session to use for requests; its owner closes it."""


class FetchFailed(Exception):
    """A request failed, timed out, or its response was too large."""


class Response(Struct, frozen=True, kw_only=True):
    """A complete response."""

    status: int
    body: bytes
    headers: Mapping[str, str]


def encode_url(source: str) -> str:
    """Return a URL, or a path of the hub, with all unsafe characters encoded."""
    return quote(source, safe=SAFE_CHARACTERS)


def decode_text(data: bytes) -> str:
    """Return text in UTF-8, without its byte order mark, or in Latin-1, as radio stations and playlists have it."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


async def request(
    session: ClientSession,
    method: str,
    url: str,
    *,
    max_bytes: int,
    timeout: float,
    params: Mapping[str, str] | None = None,
    json: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Send a request and return the response, whatever its status.

    Args:
        session: The HTTP session.
        method: The HTTP method.
        url: An http(s) URL.
        max_bytes: The largest body that is accepted.
        timeout: Seconds for the whole request.
        params: The query.
        json: The body, sent as JSON; `None` sends no body.
        headers: More headers.

    Raises:
        FetchFailed: There was no response, or its body is too large.
    """
    sent = {hdrs.USER_AGENT: USER_AGENT, **(headers or {})}
    limits = ClientTimeout(timeout)
    try:
        async with session.request(method, url, params=params, json=json, headers=sent, timeout=limits) as response:
            body = await read_bounded(response, max_bytes)
            return Response(status=response.status, body=body, headers=response.headers.copy())
    except (ClientError, TimeoutError, ValueError) as error:
        # The message of an error may contain the address.
        raise FetchFailed(type(error).__name__) from error


async def read_bounded(response: ClientResponse, max_bytes: int) -> bytes:
    """Return the body of a response.

    Args:
        response: The response, whose body hasn't been read.
        max_bytes: The largest body that is accepted; no more than one chunk beyond it is read.

    Raises:
        FetchFailed: The body is too large.
        ClientError, TimeoutError: The connection has broken off.
    """
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
        body += chunk
        if len(body) > max_bytes:
            raise FetchFailed(f"The response has more than {max_bytes} bytes")
    return bytes(body)


async def fetch(
    session: ClientSession, url: str, params: Mapping[str, str] | None = None, *, max_bytes: int, timeout: float
) -> bytes | None:
    """Return the body of the response to a GET request; `None` if there is no such resource (404). See `request`.

    Raises:
        FetchFailed: The request failed, or the body is too large.
    """
    response = await request(session, hdrs.METH_GET, url, params=params, max_bytes=max_bytes, timeout=timeout)
    if response.status == 404:
        return None
    if response.status != 200:
        raise FetchFailed(f"The response's status is {response.status}")
    return response.body
