"""The titles of radio stations, which send what they play within their streams (ICY metadata)."""

from asyncio import IncompleteReadError
from collections.abc import Callable
from typing import Final
from weakref import WeakKeyDictionary

from aiohttp import ClientError, ClientSession, ClientTimeout, hdrs
from aiohttp.http_exceptions import HttpProcessingError

from ..background import Spawn
from ..checked_requests import open_response
from ..clock import Clock
from ..fetching import USER_AGENT, FetchFailed, SessionFactory
from ..protocol.errors import HubError
from ..protocol.types import QueueItem
from ..timers import Timers
from .addresses import is_http_url
from .icy import has_title, icy_interval, title_in
from .media_resolver import MediaResolver
from .playback import Playback

INTERVAL_US: Final = 15_000_000
"""The time between two requests to a station."""
TIMEOUT: Final = ClientTimeout(10)
"""Of each request, in seconds."""
MAX_STATIONS: Final = 20
"""Playbacks whose stations are requested."""
MAX_SOUND_BYTES: Final = 65_536
"""Sound between two blocks that is read whole, only to be dropped."""
MAX_BLOCKS: Final = 3
"""Most blocks that are read. A block is empty unless the title has changed since the one before."""


class RadioTitles:
    """Reads the titles of the stations that play, and sets them in their playbacks.

    A station that the hub fetches for a room sends them with its sound. Of others, they are read at regular intervals:
    a short connection costs less than the whole stream, which players fetch without the hub.
    """

    def __init__(
        self,
        media_resolver: MediaResolver,
        session: SessionFactory,
        require_allowed: Callable[[str], None],
        timers: Timers,
        clock: Clock,
        spawn: Spawn,
    ) -> None:
        """Set up without playbacks.

        Args:
            media_resolver: Knows the addresses of stations.
            session: Returns the HTTP session.
            require_allowed: Raises HubError for an address that must not be requested. Each redirection is checked.
            timers: The hub's timers.
            clock: The hub's clock.
            spawn: Runs a coroutine in the background.

        """
        self._media_resolver = media_resolver
        self._session = session
        self._require_allowed = require_allowed
        self._timers = timers
        self._clock = clock
        self._spawn = spawn
        self._followed: WeakKeyDictionary[Playback, str] = WeakKeyDictionary()
        """The ids of the items whose stations are requested."""
        self._shared: WeakKeyDictionary[Playback, str] = WeakKeyDictionary()
        """The addresses of the stations that rooms share."""

    def update(self, playback: Playback) -> None:
        """Follow the station of a playback that has changed, if it plays one."""
        item = playback.current
        if item is None or not playback.timeline.playing or playback.duration is not None:
            return
        media = self._media_resolver.known(item)
        sharing = self._media_resolver.station_sharing
        if media is not None and sharing is not None and playback.is_shared(item):
            self._shared[playback] = media.source
            playback.set_stream_title(sharing.title(media.source) or playback.stream_title)
            return
        is_followed = self._followed.get(playback) == item.queue_item_id
        if media is None or not is_http_url(media.source) or is_followed or len(self._followed) >= MAX_STATIONS:
            return
        self._followed[playback] = item.queue_item_id
        self._spawn(self._update_title(playback, item, media.source))

    def handle_title(self, source: str) -> None:
        """Set the title of the station at an address, which the hub fetches, in the rooms that play it."""
        sharing = self._media_resolver.station_sharing
        for playback, shared in tuple(self._shared.items()):
            item = playback.current
            media = None if item is None else self._media_resolver.known(item)
            if media is None or media.source != shared or not playback.is_shared(item):
                del self._shared[playback]
            elif shared == source and sharing is not None:
                playback.set_stream_title(sharing.title(source))

    async def _update_title(self, playback: Playback, item: QueueItem, url: str) -> None:
        try:
            title = await read_title(self._session(), url, self._require_allowed)
        except FetchFailed:
            title = playback.stream_title
        if playback.is_current(item.queue_item_id):
            playback.set_stream_title(title)
        self._timers.at(self._clock.now_us() + INTERVAL_US, self._repeat, playback, item)

    def _repeat(self, playback: Playback, item: QueueItem) -> None:
        if self._followed.get(playback) == item.queue_item_id:
            del self._followed[playback]
        self.update(playback)


async def read_title(session: ClientSession, url: str, require_allowed: Callable[[str], None]) -> str | None:
    """Return the title that a station sends; `None` if it sends none.

    Args:
        session: The HTTP session.
        url: The address of the stream.
        require_allowed: Raises HubError for an address that must not be requested. Each redirection is checked.

    Raises:
        FetchFailed: The address isn't allowed, the station can't be reached, or its answer isn't valid.
    """
    headers = {hdrs.USER_AGENT: USER_AGENT, "Icy-MetaData": "1"}
    try:
        async with open_response(session, url, require_allowed, timeout=TIMEOUT, headers=headers) as response:
            if response.status != 200:
                raise FetchFailed(f"The station answers with the status {response.status}")
            if not 0 < (interval := icy_interval(response.headers.get("icy-metaint"))) <= MAX_SOUND_BYTES:
                return None
            for _ in range(MAX_BLOCKS):
                await response.content.readexactly(interval)
                (sixteenths,) = await response.content.readexactly(1)
                block = await response.content.readexactly(16 * sixteenths)
                if has_title(block):
                    return title_in(block)
            return None
    except (ClientError, HttpProcessingError, IncompleteReadError, OSError, ValueError, HubError) as error:
        raise FetchFailed(type(error).__name__) from error
