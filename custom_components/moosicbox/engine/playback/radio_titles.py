"""The titles of radio stations, which send what they play within their streams (ICY metadata)."""

from asyncio import IncompleteReadError
import re
from typing import Final
from weakref import WeakKeyDictionary

from aiohttp import ClientError, ClientTimeout, hdrs

from ..background import Spawn
from ..clock import Clock
from ..fetching import USER_AGENT, FetchFailed, SessionFactory
from ..protocol.types import QueueItem
from ..timers import Timers
from .addresses import is_http_url
from .media_resolver import MediaResolver
from .playback import Playback

INTERVAL_US: Final = 15_000_000
"""The time between two requests to a station."""
TIMEOUT_SECONDS: Final = 10.0
MAX_STATIONS: Final = 20
"""Playbacks whose stations are requested."""
MAX_SOUND_BYTES: Final = 65_536
"""Sound between two blocks of metadata."""
MAX_BLOCKS: Final = 3
"""Most blocks that are read. A block is empty unless the title has changed since the one before."""
MAX_TITLE: Final = 300
_TITLE: Final = re.compile(rb"StreamTitle='(.*?)';", re.DOTALL)


class RadioTitles:
    """Reads the titles of the stations that play at regular intervals, and sets them in their playbacks.

    A short connection costs less than the whole stream, which players fetch without the hub.
    """

    def __init__(
        self, media_resolver: MediaResolver, session: SessionFactory, timers: Timers, clock: Clock, spawn: Spawn
    ) -> None:
        """Set up without playbacks; `spawn` runs a coroutine in the background."""
        self._media_resolver = media_resolver
        self._session = session
        self._timers = timers
        self._clock = clock
        self._spawn = spawn
        self._followed: WeakKeyDictionary[Playback, str] = WeakKeyDictionary()
        """The ids of the items whose stations are requested."""

    def update(self, playback: Playback) -> None:
        """Follow the station of a playback that has changed, if it plays one."""
        item = playback.current
        if item is None or not playback.timeline.playing or playback.duration is not None:
            return
        media = self._media_resolver.known(item)
        is_followed = self._followed.get(playback) == item.queue_item_id
        if media is None or not is_http_url(media.source) or is_followed or len(self._followed) >= MAX_STATIONS:
            return
        self._followed[playback] = item.queue_item_id
        self._spawn(self._update_title(playback, item, media.source))

    async def _update_title(self, playback: Playback, item: QueueItem, url: str) -> None:
        try:
            title = await read_title(self._session, url)
        except FetchFailed:
            title = playback.stream_title
        if playback.is_current(item.queue_item_id):
            playback.set_stream_title(title)
        self._timers.at(self._clock.now_us() + INTERVAL_US, self._repeat, playback, item)

    def _repeat(self, playback: Playback, item: QueueItem) -> None:
        if self._followed.get(playback) == item.queue_item_id:
            del self._followed[playback]
        self.update(playback)


async def read_title(session: SessionFactory, url: str) -> str | None:
    """Return the title that a station sends; `None` if it sends none.

    Raises:
        FetchFailed: The station can't be reached, or its answer isn't valid.
    """
    headers = {hdrs.USER_AGENT: USER_AGENT, "Icy-MetaData": "1"}
    try:
        async with session().get(url, headers=headers, timeout=ClientTimeout(TIMEOUT_SECONDS)) as response:
            response.raise_for_status()
            interval = int(response.headers.get("icy-metaint", "0"))
            if not 0 < interval <= MAX_SOUND_BYTES:
                return None
            for _ in range(MAX_BLOCKS):
                await response.content.readexactly(interval)
                (sixteenths,) = await response.content.readexactly(1)
                block = await response.content.readexactly(16 * sixteenths)
                if (found := _TITLE.search(block)) is not None:
                    return _text(found[1])
            return None
    except (ClientError, IncompleteReadError, TimeoutError, ValueError) as error:
        raise FetchFailed(type(error).__name__) from error


def _text(title: bytes) -> str | None:
    try:
        text = title.decode()
    except UnicodeDecodeError:
        text = title.decode("latin-1")
    return "".join(filter(str.isprintable, text)).strip()[:MAX_TITLE] or None
