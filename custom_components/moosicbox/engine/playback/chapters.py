"""The chapters of the current items of playbacks, which follow the position from one chapter to the next."""

from collections.abc import Awaitable, Callable
import logging
from typing import Final
from weakref import WeakKeyDictionary

from ..background import Spawn
from ..clock import Clock
from ..protocol.errors import HubError, InvalidMessage, NotSupported, Sentence
from ..protocol.types import Chapter, QueueItem
from ..timers import Timer, Timers
from .playback import Playback
from .playhead import PREVIOUS_SECONDS

MIN_SECONDS: Final = 300.0
"""Shorter items aren't opened to look for chapters."""

type FindChapters = Callable[[str], Awaitable[tuple[Chapter, ...]]]
"""Returns the chapters of a track by its id, or raises HubError."""

_LOGGER = logging.getLogger(__name__)


class PlayingChapters:
    """Finds the chapters of the current items of playbacks. A timer runs only while an item with chapters plays.

    Args:
        find: Returns the chapters of tracks.
        timers: The hub's timers.
        clock: The hub's clock.
        spawn: Runs a coroutine in the background.
    """

    def __init__(self, find: FindChapters, timers: Timers, clock: Clock, spawn: Spawn) -> None:
        self._find = find
        self._timers = timers
        self._clock = clock
        self._spawn = spawn
        self._looked_up: WeakKeyDictionary[Playback, str] = WeakKeyDictionary()
        """The ids of the items whose chapters were looked up."""
        self._due: WeakKeyDictionary[Playback, Timer] = WeakKeyDictionary()

    def update(self, playback: Playback) -> None:
        """Follow a playback that has changed."""
        if (timer := self._due.pop(playback, None)) is not None:
            timer.cancel()
        if (item := playback.current) is None:
            return
        if self._looked_up.get(playback) != item.queue_item_id:
            self._looked_up[playback] = item.queue_item_id
            if (playback.duration or item.track.duration or MIN_SECONDS) >= MIN_SECONDS:
                self._spawn(self._load(playback, item))
            return
        following = 0 if playback.chapter_index is None else playback.chapter_index + 1
        if not playback.timeline.playing or following >= len(playback.chapters):
            return
        due_us = playback.timeline.reaches_us(playback.chapters[following].start)
        if due_us is not None:
            self._due[playback] = self._timers.at(due_us, self._begin_chapter, playback)

    async def require(self, playback: Playback) -> tuple[Chapter, ...]:
        """Return the chapters of the current item.

        Raises:
            NotSupported: There is no current item, or it has no chapters.
        """
        if (item := playback.current) is not None and not playback.chapters:
            await self._load(playback, item)
        if not playback.chapters:
            title = "" if item is None else item.track.title
            raise NotSupported(no_chapters(title))
        return playback.chapters

    async def _load(self, playback: Playback, item: QueueItem) -> None:
        try:
            chapters = await self._find(item.track.track_id)
        except HubError as error:
            _LOGGER.debug("The chapters of %s can't be found: %s", item.track.track_id, error)
            return
        playback.set_chapters(item.queue_item_id, chapters, self._clock.now_us())

    def _begin_chapter(self, playback: Playback) -> None:
        self._due.pop(playback, None)
        playback.update_chapter(self._clock.now_us())


def no_chapters(title: str) -> Sentence:
    """Return the reason why a command for chapters is refused."""
    return Sentence("no_chapters", "“{title}” has no chapters", title=title)


def chapter_index(
    chapters: tuple[Chapter, ...],
    current: int | None,
    position: float,
    number: int | None = None,
    title: str | None = None,
    step: str | None = None,
) -> int:
    """Return the index of the chapter that a command names, by exactly one of `number`, `title` and `step`.

    Args:
        chapters: All chapters of the item, at least one.
        current: The index of the chapter that plays; None before the first one.
        position: The position in the item, in seconds.
        number: The chapter's number, from 1 on.
        title: Its title, or a part of it in any case.
        step: `next` or `previous`. After the first seconds of a chapter, `previous` is its own start.

    Raises:
        InvalidMessage: Not exactly one of them is given, or there is no such chapter.
    """
    if sum(given is not None for given in (number, title, step)) != 1:
        raise InvalidMessage("One of number, title and step is required", ["number"])
    if title is not None:
        return _titled(chapters, title)
    if number is None:
        at = -1 if current is None else current
        number = at + 2 if step == "next" else at + 1
        if step == "previous" and (at < 0 or position - chapters[at].start <= PREVIOUS_SECONDS):
            number = max(1, at)
    if number > len(chapters):
        raise InvalidMessage(
            Sentence("no_chapter_number", "There are only {count} chapters", count=len(chapters)), ["number"]
        )
    return number - 1


def _titled(chapters: tuple[Chapter, ...], title: str) -> int:
    words = title.casefold()
    titles = [chapter.title.casefold() for chapter in chapters]
    if words in titles:
        return titles.index(words)
    if (found := next((index for index, known in enumerate(titles) if words in known), None)) is None:
        raise InvalidMessage(Sentence("no_chapter_titled", "There is no chapter “{title}”", title=title), ["title"])
    return found
