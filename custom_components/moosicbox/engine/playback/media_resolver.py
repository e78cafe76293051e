"""Resolves queue items to media, then starts them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
import logging
from typing import Final

from ..access.rights import Principal
from ..background import shared_result
from ..clock import Clock
from ..protocol.errors import HubError, Sentence, TrackNotFound, Unavailable
from ..protocol.types import ItemState, QueueItem
from ..signals import Signal
from .media import Accepts, Media, MediaCache, MediaProvider, StationSharing, StreamAddress
from .playback import MAX_FAILURES, Playback

_LOGGER = logging.getLogger(__name__)

RESOLVE_SECONDS: Final = 30.0
"""How long a provider may take."""


type FindPosition = Callable[[QueueItem], Awaitable[float]]


class MediaResolver:
    """Resolves media, caches them, and starts items once their media is known."""

    def __init__(self, media: MediaProvider, system: Principal, clock: Clock, cache_size: int) -> None:
        """Set up with an empty cache.

        Args:
            media: Finds media.
            system: The principal that resolves items of queues. Users needed access to an item when they added it.
            clock: The hub's clock.
            cache_size: How many media are cached.

        """
        self.media = media
        self.media_found: Signal[str] = Signal()
        """The media of a `media_content_id` are known now."""
        self.media_failed: Signal[str] = Signal()
        """The media of a `media_content_id` could not be found."""
        self._system = system
        self._clock = clock
        self._cache = MediaCache(cache_size)
        self.find_left_position: FindPosition | None = None
        """Returns the position in seconds where an item was left. Only called for items with `is_resumed`."""
        self.is_resumed: Callable[[QueueItem], bool] = lambda _item: False
        """Returns whether an item starts where it was left; see `find_left_position`."""
        self.station_sharing: StationSharing | None = None
        """Makes the addresses of stations that the players of rooms share; `None`: each player fetches them itself."""
        self._lookups: dict[str, asyncio.Task[Media | None]] = {}
        self._starts: set[asyncio.Task[QueueItem | None]] = set()

    # ------------------------------------------------------------ media

    async def resolve(self, media_content_id: str, principal: Principal) -> Media:
        """Return media on behalf of `principal`; see `MediaProvider.resolve`. Raise Unavailable if it takes too long."""
        media = await _with_timeout(self.media.resolve(media_content_id, principal))
        self._cache.put(media)
        return media

    async def resolve_track(self, track_id: str, principal: Principal) -> Media:
        """Return the media of a track; see `resolve_tracks`."""
        (media,) = await self.resolve_tracks([track_id], principal)
        return media

    async def resolve_tracks(self, track_ids: Sequence[str], principal: Principal) -> list[Media]:
        """Return the media of tracks. Raise TrackNotFound if one is unknown, Unavailable if it takes too long."""
        found = await _with_timeout(self.media.resolve_tracks(track_ids, principal))
        for media in found:
            self._cache.put(media)
        return found

    def remember(self, media: Media) -> None:
        """Cache media that the host provides, and that can't be looked up."""
        self._cache.put(media)

    def known(self, item: QueueItem) -> Media | None:
        """Return the media of an item if they are known."""
        return self._cache.get(item.track.media_content_id)

    def stream_address(
        self, item: QueueItem, accepts: Accepts = None, live_since_us: int | None = None
    ) -> StreamAddress | None:
        """Return an address of an item for a player that accepts certain types.

        Returns `None` if its media isn't known; it is then looked up, and `media_found` or `media_failed` fired.

        Args:
            item: The item.
            accepts: The types.
            live_since_us: The hub time of position 0 of a station that is shared, if the item is one.

        """
        if (media := self._cache.get(item.track.media_content_id)) is None:
            self._look_up(item)
            return None
        return self._address(item, media, accepts, live_since_us)

    async def renew_stream_address(
        self, item: QueueItem, accepts: Accepts = None, live_since_us: int | None = None
    ) -> StreamAddress:
        """Return an address of an item after its media was looked up again; see `stream_address`. Raise TrackNotFound."""
        self._cache.drop(item.track.media_content_id)
        if (media := await shared_result(self._look_up(item))) is None:
            raise TrackNotFound("This item can't be played any more")
        return self._address(item, media, accepts, live_since_us)

    def _address(self, item: QueueItem, media: Media, accepts: Accepts, live_since_us: int | None) -> StreamAddress:
        shared = None
        if self.station_sharing is not None and live_since_us is not None and item.track.live is True:
            shared = self.station_sharing.stream_address(media, accepts, live_since_us)
        return shared or self.media.stream_address(media, accepts)

    def close(self) -> None:
        """Cancel all lookups and starts."""
        for task in (*self._lookups.values(), *self._starts):
            task.cancel()
        self._lookups.clear()

    def _look_up(self, item: QueueItem) -> asyncio.Task[Media | None]:
        # Shared: a caller that is cancelled must not cancel it for the others.
        media_content_id = item.track.media_content_id or ""
        if (task := self._lookups.get(media_content_id)) is None:
            task = asyncio.ensure_future(self._find(item, media_content_id))
            self._lookups[media_content_id] = task
        return task

    async def _find(self, item: QueueItem, media_content_id: str) -> Media | None:
        try:
            media = await _with_timeout(self.media.resolve(media_content_id, self._system))
        except Exception as error:  # noqa: BLE001 - playback goes on after any error of a provider
            log = _LOGGER.debug if isinstance(error, HubError) else _LOGGER.warning
            log("%s can't be played: %r", item.track.track_id, error)
            self.media_failed.emit(media_content_id)
            return None
        finally:
            self._lookups.pop(media_content_id, None)
        self._cache.put(media)
        self.media_found.emit(media_content_id)
        return media

    # ------------------------------------------------------------ starting

    async def start(
        self,
        playback: Playback,
        item: QueueItem,
        position: float | None = None,
        previous_state: ItemState = "played",
    ) -> None:
        """Start an item, or the next one whose media can be found. A later command supersedes this one.

        If the caller is cancelled, the start goes on: the playback would buffer forever otherwise.

        Args:
            playback: Where to start it.
            item: An item of its queue.
            position: Where to start the item, in seconds; `None` where it was left, or at its beginning.
            previous_state: The state of the item that was current before.

        Raises:
            TrackNotFound: If no media was found; the playback is finished.

        """
        # Eager: known media starts at once, before any other command is executed.
        starting = asyncio.create_task(self._start(playback, item, position, previous_state), eager_start=True)
        self._starts.add(starting)
        starting.add_done_callback(self._starts.discard)
        if (failed := await shared_result(starting)) is not None:
            raise TrackNotFound(Sentence("cant_play", "{title} can't be played", title=failed.track.title))

    async def _start(
        self, playback: Playback, item: QueueItem, position: float | None, previous_state: ItemState
    ) -> QueueItem | None:
        # Returns the last item that was tried if no media was found.
        for _ in range(MAX_FAILURES):
            if position is None and self.find_left_position is not None and self.is_resumed(item):
                playback.load(item, self._clock.now_us(), 0.0, previous_state)
                position = await self.find_left_position(item)
                if not playback.is_current(item.queue_item_id) or not playback.goes_on:
                    return None
            position = position or 0.0
            if self._cache.get(item.track.media_content_id) is None:
                playback.load(item, self._clock.now_us(), position, previous_state)
                media = await shared_result(self._look_up(item))
                if not playback.is_current(item.queue_item_id) or playback.timeline.state != "buffering":
                    return None
                if media is None:
                    playback.report_unplayable(item)
                    previous_state = "skipped"
                    if (following := playback.successor()) is None:
                        break
                    item, position = following, None
                    continue
            playback.start(item, self._clock.now_us(), position, previous_state)
            return None
        playback.finish(self._clock.now_us())
        return item

    async def skip(self, playback: Playback) -> None:
        """Start the next item, or finish the playback if there is none."""
        if (item := playback.successor()) is None:
            playback.finish(self._clock.now_us())
        else:
            await self.start(playback, item, previous_state="skipped")

    async def transfer(self, source: Playback, to: Playback) -> None:
        """Move the queue and the position of one playback to another one, and empty the first.

        Raises:
            TrackNotFound: If no media was found; the queue is moved all the same.
            Unavailable: If the other queue is too small; nothing is moved.

        """
        now_us = self._clock.now_us()
        item, position, was_active = source.current, source.timeline.position_at(now_us), source.goes_on
        to.copy_queue(source)
        source.queue.clear()
        source.finish(now_us)
        if item is None:
            to.finish(now_us)
        elif was_active:
            await self.start(to, to.queue.get(item.queue_item_id), position)
        else:
            to.load_paused(to.queue.get(item.queue_item_id), now_us, position)


async def _with_timeout[T](lookup: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            return await lookup
    except TimeoutError as error:
        raise Unavailable(Sentence("took_too_long", "Finding this took too long")) from error
