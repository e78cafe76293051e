"""The chapters of tracks and episodes: in their files, in feeds, and in documents that feeds name."""

from collections import OrderedDict
from itertools import pairwise
import logging
import os
from typing import Final

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

_LOGGER = logging.getLogger(__name__)


class ChapterFinder:
    """Finds chapters on request.

    Args:
        library: The library.
        fetcher: Fetches documents that feeds name; None: there are no requests to other services.
    """

    def __init__(self, library: Library, fetcher: FeedFetcher | None) -> None:
        self._library = library
        self._fetcher = fetcher
        self._kept: OrderedDict[str, Chapters] = OrderedDict()
        library.changed.subscribe(lambda _change: self._kept.clear())

    async def find(self, track_id: str) -> Chapters:
        """Return the chapters of a track or an episode; none if they can't be read or fetched now.

        Raises:
            TrackNotFound: There is no such track or episode.
            Unavailable: The disk with the track isn't there.
        """
        if (kept := self._kept.get(track_id)) is not None:
            self._kept.move_to_end(track_id)
            return kept
        if track_id.startswith(EPISODE_PREFIX):
            found = await self._of_episode(track_id)
        else:
            file = await self._library.track_path(track_id)
            read = await self._library.reader.read_chapters(
                ReadChapters(os.fsencode(file.root), os.fsencode(file.path))
            )
            found = _chapters(track_id, "file", () if read is None else read.chapters, file.duration)
        if found is None:
            return Chapters(track_id=track_id)
        self._kept[track_id] = found
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return found

    async def chapters(self, track_id: str) -> tuple[Chapter, ...]:
        """Return the chapters of a track in a queue; none if the library doesn't have the track."""
        if not track_id.startswith((TRACK_PREFIX, EPISODE_PREFIX)):
            return ()
        return (await self.find(track_id)).chapters

    async def _of_episode(self, episode_id: str) -> Chapters | None:
        """Return the chapters of an episode; None if they can't be fetched now."""
        duration = (await self._library.episode(episode_id)).duration
        in_feed, url = await self._library.episode_chapters(episode_id)
        if not url or self._fetcher is None:
            return _chapters(episode_id, "feed", in_feed, duration)
        try:
            data = (await self._fetcher.fetch(url, max_bytes=MAX_BYTES)).data
        except FetchFailed as error:
            _LOGGER.debug("The chapters of %s can't be fetched: %s", episode_id, error)
            return _chapters(episode_id, "feed", in_feed, duration) if in_feed else None
        read = None if data is None else await self._library.reader.parse_chapters(data)
        if read is None:
            return _chapters(episode_id, "feed", in_feed, duration)
        return _chapters(episode_id, "online", read.chapters, duration)


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
