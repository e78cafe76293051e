"""Between what shall play and what can: finds the media of items, then lets the playback begin."""

import asyncio
from collections.abc import Awaitable, Sequence
import logging
from typing import Final

from ..access.rights import Principal
from ..clock import Clock
from ..protocol.errors import HubError, TrackNotFound, Unavailable
from ..protocol.types import ItemState, QueueItem
from ..signals import Signal
from .media import Accepts, Media, MediaCache, MediaProvider, StreamAddress
from .playback import MAX_FAILURES, Playback

_LOGGER = logging.getLogger(__name__)

RESOLVE_SECONDS: Final = 30.0


class MediaResolver:
    """Starts items. Media that isn't known yet is looked up first, off the path of everything else."""

    def __init__(self, media: MediaProvider, house: Principal, clock: Clock, cache_size: int) -> None:
        """`house` is in whose name media is looked up again for items that were let in before."""
        self.media = media
        self.found: Signal[str] = Signal()
        """The media of this `media_content_id` can be played now."""
        self.media_failed: Signal[str] = Signal()
        self._house = house
        self._clock = clock
        self._cache = MediaCache(cache_size)
        self._looking: dict[str, asyncio.Task[Media | None]] = {}

    async def resolve(self, media_content_id: str, principal: Principal) -> Media:
        """What `media_content_id` is, for one who may know; TrackNotFound, PermissionDenied and the like."""
        media = await self._asked(self.media.resolve(media_content_id, principal))
        self._cache.put(media)
        return media

    async def resolve_track(self, track_id: str, principal: Principal) -> Media:
        """A track by its id; TrackNotFound."""
        (media,) = await self.resolve_tracks([track_id], principal)
        return media

    async def resolve_tracks(self, track_ids: Sequence[str], principal: Principal) -> list[Media]:
        """Tracks by their ids; TrackNotFound if one of them is unknown."""
        media_found = await self._asked(self.media.resolve_tracks(track_ids, principal))
        for media in media_found:
            self._cache.put(media)
        return media_found

    def address(self, item: QueueItem, accepts: Accepts = None) -> StreamAddress | None:
        """A fresh address of an item for who plays this; None if its media must be looked up first, which begins now."""
        if (media := self._cache.get(item.track.media_content_id)) is None:
            self._look_up(item)
            return None
        return self.media.address(media, accepts)

    async def renew_address(self, item: QueueItem, accepts: Accepts = None) -> StreamAddress:
        """A fresh address of an item for who plays this, with its media looked up anew."""
        self._cache.drop(item.track.media_content_id)
        if (media := await self._look_up(item)) is None:
            raise TrackNotFound("This item can't be played any more")
        return self.media.address(media, accepts)

    async def start(
        self, playback: Playback, item: QueueItem, position: float = 0.0, previous_state: ItemState = "played"
    ) -> None:
        """Play `item`, or what follows it if it can't be found; a later command overtakes this one."""
        for _ in range(MAX_FAILURES):
            if self._cache.get(item.track.media_content_id) is None:
                playback.load(item, self._clock.now_us(), position, previous_state)
                media = await self._look_up(item)
                if playback.current is None or playback.current.queue_item_id != item.queue_item_id:
                    return
                if playback.timeline.state != "buffering":
                    return
                if media is None:
                    playback.report_unplayable(item)
                    previous_state = "skipped"
                    if (following := playback.successor()) is None:
                        break
                    item, position = following, 0.0
                    continue
            playback.start(item, self._clock.now_us(), position, previous_state)
            return
        playback.finish(self._clock.now_us())
        raise TrackNotFound(f"{item.track.title} can't be played")

    async def transfer(self, source: Playback, to: Playback) -> None:
        """Let `to` go on with what `source` played, where it was; `source` is empty then. Unavailable if it won't fit."""
        now_us = self._clock.now_us()
        item, position = source.current, source.timeline.position_at(now_us)
        playing = source.timeline.state in ("playing", "buffering")
        to.copy_queue(source)
        source.queue.clear()
        source.finish(now_us)
        if item is None:
            to.finish(now_us)
        elif playing:
            await self.start(to, to.queue.get(item.queue_item_id), position)
        else:
            to.load_paused(to.queue.get(item.queue_item_id), now_us, position)

    async def skip(self, playback: Playback) -> None:
        """Go on with the next item, if there is one."""
        if (item := playback.successor()) is None:
            playback.finish(self._clock.now_us())
        else:
            await self.start(playback, item, previous_state="skipped")

    def close(self) -> None:
        """Look for nothing any more."""
        for task in self._looking.values():
            task.cancel()
        self._looking.clear()

    def _look_up(self, item: QueueItem) -> asyncio.Task[Media | None]:
        media_content_id = item.track.media_content_id or ""
        if (task := self._looking.get(media_content_id)) is None:
            task = asyncio.ensure_future(self._find(item, media_content_id))
            self._looking[media_content_id] = task
        return task

    async def _asked[T](self, answer: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                return await answer
        except TimeoutError as error:
            raise Unavailable("Finding this took too long") from error

    async def _find(self, item: QueueItem, media_content_id: str) -> Media | None:
        try:
            media = await self._asked(self.media.resolve(media_content_id, self._house))
        except Exception as error:  # noqa: BLE001 - whatever a provider does, the music goes on with the next item
            log = _LOGGER.debug if isinstance(error, HubError) else _LOGGER.warning
            log("%s can't be played: %r", item.track.track_id, error)
            self.media_failed.emit(media_content_id)
            return None
        finally:
            self._looking.pop(media_content_id, None)
        self._cache.put(media)
        self.found.emit(media_content_id)
        return media
