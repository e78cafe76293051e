"""The connection to a radio station."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, hdrs
from yarl import URL

from ...fetching import REDIRECTIONS, USER_AGENT, FetchFailed
from ...playback.addresses import encode_url
from ...playback.icy import IcyParser, icy_interval
from ...protocol.errors import HubError

TIMEOUT: Final = ClientTimeout(total=None, sock_connect=5, sock_read=10)
"""Seconds; a station that sends nothing for so long is connected anew."""
MAX_REDIRECTS: Final = 5
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


class Connection:
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
async def connected(
    session: ClientSession, url: str, require_allowed: Callable[[str], None]
) -> AsyncGenerator[Connection]:
    """Connect to a station, while the context is open.

    Args:
        session: The HTTP session.
        url: The address of the stream.
        require_allowed: Raises HubError for an address that must not be requested. Each redirection is checked.

    Raises:
        FetchFailed: The station can't be reached, or refuses.
    """
    try:
        response = await _request(session, url, require_allowed)
        for _ in range(MAX_REDIRECTS):
            location = response.headers.get(hdrs.LOCATION)
            if response.status not in REDIRECTIONS or location is None:
                break
            response.close()
            response = await _request(session, str(response.url.join(URL(location))), require_allowed)
    except (ClientError, TimeoutError, ValueError, HubError) as error:
        raise FetchFailed(type(error).__name__) from error
    # The body of a stream has no end: it is closed, not read.
    try:
        if response.status != 200:
            raise FetchFailed(f"The station answers with the status {response.status}")
        yield _opened(response)
    finally:
        response.close()


def _opened(response: ClientResponse) -> Connection:
    try:
        return Connection(response)
    except ValueError as error:
        raise FetchFailed("The station's headers aren't valid") from error


async def _request(session: ClientSession, url: str, require_allowed: Callable[[str], None]) -> ClientResponse:
    require_allowed(url)
    headers = {hdrs.USER_AGENT: USER_AGENT, "Icy-MetaData": "1"}
    return await session.get(encode_url(url), headers=headers, timeout=TIMEOUT, allow_redirects=False)
