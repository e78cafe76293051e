"""Finds the stream at an http(s) address, which may be that of a playlist."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
import logging
from pathlib import PurePosixPath
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, hdrs
from aiohttp.http_exceptions import HttpProcessingError

from ..checked_requests import open_response
from ..fetching import FetchFailed, decode_text, read_bounded
from ..playback.addresses import server_of
from ..protocol.errors import HubError, NotSupported, Sentence, TrackNotFound
from .playlist import parse_playlist

_LOGGER = logging.getLogger(__name__)

TIMEOUT: Final = ClientTimeout(total=8, connect=3)
"""Seconds for one address. All together are bounded by the time that a provider of media has."""
MAX_PLAYLIST_BYTES: Final = 65_536
MAX_TRIED: Final = 5
"""Entries of a playlist that are tried."""
MAX_DEPTH: Final = 2
"""Most playlists that refer to one another in a row."""

MAX_NAME: Final = 200
"""Characters of the name of a station."""

AUDIO_SUFFIXES: Final = frozenset(
    {".aac", ".aif", ".aiff", ".alac", ".flac", ".m4a", ".m4b", ".mka", ".mp2", ".mp3", ".mp4", ".oga", ".ogg"}
    | {".opus", ".wav", ".weba", ".webm", ".wma"}
)
"""Suffixes of addresses that are left to players."""
PLAYLIST_SUFFIXES: Final = frozenset({".m3u", ".m3u8", ".pls"})
PLAYLIST_TYPES: Final = frozenset(
    {"audio/x-mpegurl", "audio/mpegurl", "application/x-mpegurl", "application/mpegurl", "audio/m3u", "audio/x-m3u"}
    | {"application/vnd.apple.mpegurl", "audio/x-scpls", "audio/scpls", "application/pls+xml", "application/pls"}
)
OTHER_CONTAINERS: Final = {
    **dict.fromkeys((".asx", ".wax", ".wvx", "video/x-ms-asf", "audio/x-ms-wax", "video/x-ms-wvx"), "ASX"),
    **dict.fromkeys((".xspf", "application/xspf+xml"), "XSPF"),
    **dict.fromkeys((".ram", ".rm", ".ra", "audio/x-pn-realaudio", "application/vnd.rn-realmedia"), "RealAudio"),
    **dict.fromkeys((".smil", ".smi", "application/smil+xml", "application/smil"), "SMIL"),
    **dict.fromkeys((".wpl", "application/vnd.ms-wpl"), "WPL"),
    **dict.fromkeys((".mid", ".midi", "audio/midi", "audio/x-midi"), "MIDI"),
}
"""Suffixes and media types that players can't play, with the names of their formats."""
BYTES_TYPES: Final = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/ogg"})
"""Media types that may stand for any data, including sound."""


class Stream(NamedTuple):
    """The address of a stream that players can play."""

    url: str
    title: str | None = None
    live: bool = False
    """True if its server says that it is a radio station."""
    segmented: bool = False
    """True if it is a playlist of segments (HLS)."""


def require_playable(suffix_or_type: str, name: str) -> None:
    """Raise NotSupported if a suffix or a media type is one that players can't play."""
    if (container := OTHER_CONTAINERS.get(suffix_or_type)) is not None:
        raise NotSupported(
            Sentence(
                "stream_container",
                "{media} is {container}, which players can't play: use the address of the stream in it",
                media=name,
                container=container,
            )
        )


class StreamFinder:
    """Finds streams by requests to their addresses."""

    def __init__(
        self,
        open_session: Callable[[], AbstractAsyncContextManager[ClientSession]] = ClientSession,
        require_allowed: Callable[[str], None] = lambda _url: None,
    ) -> None:
        """Create a finder.

        Args:
            open_session: Returns the session for the requests of one search.
            require_allowed: Raises HubError for an address that must not be requested, by the hub or by players.

        """
        self._open_session = open_session
        self._require_allowed = require_allowed

    async def find(self, url: str) -> Stream:
        """Return the stream at an http(s) address: itself, or the first one that a playlist there names and that answers.

        An address whose server can't be reached from here is returned as it is, since a player may reach it.

        Raises:
            HubError: If the address isn't allowed.
            NotSupported: If there is something else than sound, such as a web page.
            TrackNotFound: If the server refuses it, or no entry of the playlist answers.

        """
        self._require_allowed(url)
        suffix = _suffix(url)
        if suffix in AUDIO_SUFFIXES:
            return Stream(url)
        require_playable(suffix, url)
        async with self._open_session() as session:
            try:
                return await self._follow(session, url, MAX_DEPTH)
            except (ClientError, HttpProcessingError, OSError, ValueError) as error:
                if suffix in PLAYLIST_SUFFIXES:
                    raise TrackNotFound(
                        Sentence(
                            "cant_read_file",
                            "{file} can't be read: {error}",
                            file=url,
                            error=_reason(error),
                        )
                    ) from error
                _LOGGER.debug("%s can't be reached: %s", server_of(url), type(error).__name__)
                return Stream(url)

    async def find_in(self, data: bytes, name: str) -> Stream:
        """Return the first stream that answers of a playlist, whose first bytes are `data`.

        Raises:
            NotSupported: If it names no http(s) addresses, but files.
            TrackNotFound: If no entry answers.

        """
        if (playlist := parse_playlist(data[:MAX_PLAYLIST_BYTES], "")) is None or not playlist.urls:
            raise NotSupported(
                Sentence(
                    "playlist_of_files",
                    "{media} is a playlist of files: put it into a music folder, where it can be played",
                    media=name,
                )
            )
        async with self._open_session() as session:
            return await self._first_of(session, data[:MAX_PLAYLIST_BYTES], name, "", 1)

    async def _follow(self, session: ClientSession, url: str, depth: int) -> Stream:
        async with open_response(session, url, self._require_allowed, timeout=TIMEOUT) as response:
            if response.status >= 300:
                raise TrackNotFound(
                    Sentence(
                        "server_answers",
                        "The server of {media} answers with the status {status}",
                        media=url,
                        status=response.status,
                    )
                )
            media_type = response.headers.get(hdrs.CONTENT_TYPE, "").partition(";")[0].strip().lower()
            require_playable(media_type, url)
            playlist = media_type in PLAYLIST_TYPES or _suffix(url) in PLAYLIST_SUFFIXES
            if not playlist:
                if media_type in BYTES_TYPES or media_type.startswith(("audio/", "video/")):
                    return Stream(url, _station_name(response), live=_is_station(response))
                raise NotSupported(Sentence("not_audio", "{media} is {type}, not sound", media=url, type=media_type))
            data = await _body(response, url)
            final_url = str(response.url)
        return await self._first_of(session, data, url, final_url, depth)

    async def _first_of(self, session: ClientSession, data: bytes, url: str, final_url: str, depth: int) -> Stream:
        if (playlist := parse_playlist(data, final_url)) is None:
            raise NotSupported(
                Sentence(
                    "playlist_format",
                    "{media} is a playlist of an unknown format: use the address of the stream in it",
                    media=url,
                )
            )
        if playlist.is_stream:
            return Stream(url, segmented=True)
        if not playlist.urls or depth == 0:
            raise TrackNotFound(Sentence("playlist_without_stream", "The playlist {media} names no stream", media=url))
        for entry in playlist.urls[:MAX_TRIED]:
            try:
                require_playable(_suffix(entry), entry)
                found = await self._follow(session, entry, depth - 1)
            except (HubError, ClientError, HttpProcessingError, OSError, ValueError) as error:
                _LOGGER.debug(
                    "An entry of a playlist, at %s, can't be played: %s", server_of(entry), type(error).__name__
                )
            else:
                return found._replace(title=found.title or playlist.title)
        raise TrackNotFound(
            Sentence(
                "playlist_unplayable",
                "None of the first {number} entries of {media} can be played",
                number=min(MAX_TRIED, len(playlist.urls)),
                media=url,
            )
        )


async def _body(response: ClientResponse, url: str) -> bytes:
    try:
        return await read_bounded(response, MAX_PLAYLIST_BYTES)
    except FetchFailed as error:
        raise NotSupported(Sentence("playlist_too_long", "{media} is too long for a playlist", media=url)) from error


def _station_name(response: ClientResponse) -> str | None:
    """Return the name that a station's server sends (ICY), in UTF-8 or Latin-1."""
    sent = response.headers.get("icy-name", "").encode("utf-8", "surrogateescape")
    return "".join(filter(str.isprintable, decode_text(sent))).strip()[:MAX_NAME] or None


def _is_station(response: ClientResponse) -> bool:
    return hdrs.CONTENT_LENGTH not in response.headers and any(
        name.lower().startswith(("icy-", "ice-")) for name in response.headers
    )


def _suffix(url: str) -> str:
    return PurePosixPath(urlsplit(url).path).suffix.lower()


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
