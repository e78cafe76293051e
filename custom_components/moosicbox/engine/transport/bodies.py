"""The bodies of requests: bounded, and whole however slowly they come."""

from aiohttp import web

from ..protocol.errors import MessageTooLarge, SerializationFailed


async def read_body(request: web.Request, max_size: int) -> bytes:
    """All of it; MessageTooLarge, SerializationFailed."""
    if (size := request.content_length or 0) > max_size:
        raise MessageTooLarge(size, max_size)
    body = bytearray()
    try:
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > max_size:
                raise MessageTooLarge(len(body), max_size)
    except web.RequestPayloadError as error:
        raise SerializationFailed("The body can't be read") from error
    return bytes(body)
