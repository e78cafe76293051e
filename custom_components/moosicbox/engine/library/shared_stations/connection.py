"""The connection to a radio station."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, hdrs
from aiohttp.http_exceptions import HttpProcessingError

from ...checked_requests import open_response
from ...fetching import USER_AGENT, FetchFailed
from ...playback.icy import IcyParser, icy_interval
from ...protocol.errors import HubError

TIMEOUT: Final = ClientTimeout(total=None, sock_connect=5, sock_read=10)
"""Seconds; a station that sends nothing for so long is connected anew."""
CHUNK: Final = 16 * 1024
DEMUXERS: Final = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/aac": "aac",
    "audio/aacp": "aac",
    "audio/ogg": "ogg",
    "application/ogg": "ogg",
    "audio/flac": "flac",
}
"""ffmpeg's names of the containers that stations send, by media type."""


class StationConnection:
    """An open connection to a station.

    Attributes:
        demuxer: ffmpeg's name of the container of its sound; `None` if the station doesn't tell.
    """

    def __init__(self, response: ClientResponse) -> None:
        self.demuxer = DEMUXERS.get(response.content_type)
        self._response = response
        self._parser = IcyParser(icy_interval(response.headers.get("icy-metaint")))

    @property
    def title(self) -> str | None:
        """The latest title that the station has sent."""
        return self._parser.title

    async def read(self) -> bytes:
        """Return the sound that follows, which may be none yet. Raise FetchFailed if the station has ended."""
        try:
            data = await self._response.content.read(CHUNK)
        except (ClientError, TimeoutError, ValueError) as error:
            raise FetchFailed(type(error).__name__) from error
        if not data:
            raise FetchFailed("The station has ended the connection")
        return self._parser.feed(data)


@asynccontextmanager
async def connect(
    session: ClientSession, url: str, require_allowed: Callable[[str], None]
) -> AsyncGenerator[StationConnection]:
    """Connect to a station, while the context is open.

    Args:
        session: The HTTP session.
        url: The address of the stream.
        require_allowed: Raises HubError for an address that must not be requested. Each redirection is checked.

    Raises:
        FetchFailed: The station can't be reached, or refuses.
    """
    headers = {hdrs.USER_AGENT: USER_AGENT, "Icy-MetaData": "1"}
    async with AsyncExitStack() as stack:
        try:
            response = await stack.enter_async_context(
                open_response(session, url, require_allowed, timeout=TIMEOUT, headers=headers)
            )
        except (ClientError, HttpProcessingError, TimeoutError, ValueError, HubError) as error:
            raise FetchFailed(type(error).__name__) from error
        if response.status != 200:
            raise FetchFailed(f"The station answers with the status {response.status}")
        yield _connection(response)


def _connection(response: ClientResponse) -> StationConnection:
    try:
        return StationConnection(response)
    except ValueError as error:
        raise FetchFailed("The station's headers aren't valid") from error
