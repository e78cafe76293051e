"""Reading of request bodies, bounded in size and time."""

import asyncio
from typing import Final

from aiohttp import web

from ..protocol.errors import MessageTooLarge, SerializationFailed

SECONDS: Final = 30
"""Longest time that a body may take."""


async def read_body(request: web.Request, max_size: int) -> bytes:
    """Return the body of a request. Raise MessageTooLarge or SerializationFailed."""
    if (size := request.content_length or 0) > max_size:
        raise MessageTooLarge(size, max_size)
    body = bytearray()
    try:
        async with asyncio.timeout(SECONDS):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > max_size:
                    raise MessageTooLarge(len(body), max_size)
    except TimeoutError as error:
        raise SerializationFailed("The body didn't arrive in time") from error
    except web.RequestPayloadError as error:
        raise SerializationFailed("The body can't be read") from error
    return bytes(body)
