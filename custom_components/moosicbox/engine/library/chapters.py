"""The chapters of tracks and episodes: in their files, in feeds, and in documents that feeds name."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from itertools import pairwise
import logging
import math
import os
import time
from typing import Final, NamedTuple

from ..background import shared_result
from ..fetching import FetchFailed
from ..protocol.types import Chapter
from .library import Library
from .media_provider import TRACK_PREFIX
from .models import EPISODE_PREFIX, Chapters, ChaptersSource
from .podcasts.feed_fetcher import FeedFetcher
from .reader.messages import ChapterStart, ReadChapters

MAX_BYTES: Final = 1024 * 1024
"""Most bytes of a document with chapters."""
MAX_KEPT: Final = 200
"""Items whose chapters are kept until the library changes."""
FAILED_SECONDS: Final = 60.0
"""How long a document that couldn't be fetched isn't requested again."""

_LOGGER = logging.getLogger(__name__)


class _Kept(NamedTuple):
    chapters: Chapters
    until: float = math.inf
    """When they are searched for again."""


class ChapterFinder:
    """Finds chapters on request.

    Args:
        library: The library.
        fetcher: Fetches documents that feeds name; None: there are no requests to other services.
        now: Returns a time in seconds.
    """

    def __init__(
        self, library: Library, fetcher: FeedFetcher | None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._library = library
        self._fetcher = fetcher
        self._now = now
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._searches: dict[str, asyncio.Task[Chapters]] = {}
        """The searches that run, by the ids of the items."""
        library.changed.subscribe(lambda _change: self._forget())

    async def find(self, track_id: str) -> Chapters:
        """Return the chapters of a track or an episode; none if they can't be read or fetched now.

        Raises:
            TrackNotFound: There is no such track or episode.
            Unavailable: The disk with the track isn't there.
        """
        if (kept := self._kept.get(track_id)) is not None and kept.until > self._now():
            self._kept.move_to_end(track_id)
            return kept.chapters
        if (search := self._searches.get(track_id)) is None:
            search = self._searches[track_id] = asyncio.create_task(self._search(track_id), name="moosicbox chapters")
            search.add_done_callback(lambda done: self._end_search(track_id, done))
        # It goes on for others if one of them no longer waits.
        return await shared_result(search)

    async def chapters(self, track_id: str) -> tuple[Chapter, ...]:
        """Return the chapters of a track in a queue; none if the library doesn't have the track."""
        if not track_id.startswith((TRACK_PREFIX, EPISODE_PREFIX)):
            return ()
        return (await self.find(track_id)).chapters

    def _forget(self) -> None:
        # The results of searches that run may be outdated as well. They aren't kept.
        self._kept.clear()
        self._searches.clear()

    def _end_search(self, track_id: str, search: asyncio.Task[Chapters]) -> None:
        if self._searches.get(track_id) is search:
            del self._searches[track_id]
        if not search.cancelled():
            # An error without a caller that waits for it isn't a fault.
            search.exception()

    async def _search(self, track_id: str) -> Chapters:
        if track_id.startswith(EPISODE_PREFIX):
            found = await self._of_episode(track_id)
        else:
            file = await self._library.track_path(track_id)
            read = await self._library.reader.read_chapters(
                ReadChapters(os.fsencode(file.root), os.fsencode(file.path))
            )
            found = _Kept(_chapters(track_id, "file", () if read is None else read.chapters, file.duration))
        if self._searches.get(track_id) is asyncio.current_task():
            self._kept[track_id] = found
            self._kept.move_to_end(track_id)
            if len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return found.chapters

    async def _of_episode(self, episode_id: str) -> _Kept:
        """Return the chapters of an episode; those in the feed, for a while, if others can't be fetched now."""
        duration = (await self._library.episode(episode_id)).duration
        in_feed, url = await self._library.episode_chapters(episode_id)
        if not url or self._fetcher is None:
            return _Kept(_chapters(episode_id, "feed", in_feed, duration))
        try:
            data = (await self._fetcher.fetch(url, max_bytes=MAX_BYTES)).data
        except FetchFailed as error:
            _LOGGER.debug("The chapters of %s can't be fetched: %s", episode_id, error)
            return _Kept(_chapters(episode_id, "feed", in_feed, duration), self._now() + FAILED_SECONDS)
        read = None if data is None else await self._library.reader.parse_chapters(data)
        if read is None:
            return _Kept(_chapters(episode_id, "feed", in_feed, duration))
        return _Kept(_chapters(episode_id, "online", read.chapters, duration))


def _chapters(
    track_id: str, source: ChaptersSource, starts: tuple[ChapterStart, ...], duration: float | None
) -> Chapters:
    """Return chapters with their ends. Those that start after the end of the item are left out."""
    inside = [start for start in starts if duration is None or start.seconds < duration]
    chapters = [
        Chapter(title=start.title, start=start.seconds, end=following.seconds) for start, following in pairwise(inside)
    ]
    if inside:
        last = inside[-1]
        chapters.append(
            Chapter(title=last.title, start=last.seconds)
            if duration is None
            else Chapter(title=last.title, start=last.seconds, end=duration)
        )
    return Chapters(track_id=track_id, source=source if chapters else None, chapters=tuple(chapters))
