"""HTTP responses: JSON, and the protocol's errors with their status codes."""

import math
from typing import Final

from aiohttp import hdrs, web

from ..protocol.codec import encode_error
from ..protocol.errors import (
    AuthenticationFailed,
    ClientNotFound,
    ConnectionClosed,
    HubError,
    InternalError,
    InvalidMessage,
    MessageTooLarge,
    PermissionDenied,
    PlayerNotFound,
    RateLimitExceeded,
    RoomNotFound,
    SerializationFailed,
    TrackNotFound,
    Unavailable,
    UnknownType,
)

STATUS: Final[dict[type[HubError], int]] = {
    SerializationFailed: 400,
    InvalidMessage: 400,
    UnknownType: 400,
    AuthenticationFailed: 401,
    PermissionDenied: 403,
    ClientNotFound: 404,
    PlayerNotFound: 404,
    RoomNotFound: 404,
    TrackNotFound: 404,
    ConnectionClosed: 410,
    MessageTooLarge: 413,
    RateLimitExceeded: 429,
    InternalError: 500,
    Unavailable: 503,
}


def json_response(body: bytes, status: int = 200) -> web.Response:
    """Return a response with a JSON body, marked as not cacheable because it may hold secrets."""
    return web.Response(
        body=body, status=status, content_type="application/json", headers={hdrs.CACHE_CONTROL: "no-store"}
    )


def wants_text(request: web.Request) -> bool:
    """Return whether the client prefers text to JSON, as Prometheus does."""
    accept = request.headers.get(hdrs.ACCEPT, "").lower()
    return "text/plain" in accept and "application/json" not in accept


def error_response(error: HubError, status: int | None = None) -> web.Response:
    """Return a response with `error` as its body, and `status`: by default that of `STATUS`, 400 for other errors.

    It must be returned, not raised: Home Assistant counts a raised 401 as a failed login.
    """
    response = json_response(encode_error(error, None), status or STATUS.get(type(error), 400))
    if (retry_after := error.details.get("retry_after")) is not None:
        response.headers[hdrs.RETRY_AFTER] = str(max(1, math.ceil(retry_after)))
    if response.status == web.HTTPUnauthorized.status_code:
        response.headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
    return response
