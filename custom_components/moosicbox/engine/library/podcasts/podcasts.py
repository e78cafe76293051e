"""The podcasts that the household follows: subscribing, and reading their feeds when they are due."""

import asyncio
from collections.abc import Callable
import logging
import random
from typing import Final

from ...background import Spawn
from ...clock import Clock
from ...fetching import FetchFailed
from ...protocol.errors import HubError, InvalidMessage, NotSupported, Sentence, TrackNotFound
from ...timers import Timer, Timers
from ..index.podcasts import Checked, Due, podcast_id_of
from ..library import Library
from ..models import PodcastDetails
from .feed_fetcher import MAX_VALIDATOR, FeedFetcher, FetchedFeed

_LOGGER = logging.getLogger(__name__)

REFRESH_SECONDS: Final = 3 * 3_600
"""The usual interval between two requests of a feed."""
MAX_REFRESH_SECONDS: Final = 24 * 3_600
"""The longest interval, after failures."""
JITTER: Final = 0.2
"""The part by which an interval is longer or shorter, so that not all feeds are due together."""
MAX_FAILURES: Final = 10
"""Consecutive failures that are counted."""
MIN_WAIT_SECONDS: Final = 1


class Podcasts:
    """Reads feeds one after another. Without podcasts, no timer runs.

    Args:
        library: Keeps the podcasts.
        fetcher: Fetches feeds.
        timers: The hub's timers.
        clock: The hub's clock.
        spawn: Runs a coroutine in the background.
    """

    def __init__(self, library: Library, fetcher: FeedFetcher, timers: Timers, clock: Clock, spawn: Spawn) -> None:
        self._library = library
        self._fetcher = fetcher
        self._timers = timers
        self._clock = clock
        self._spawn = spawn
        self._timer: Timer | None = None
        self._running = False
        self._reading = asyncio.Lock()

    def start(self) -> None:
        """Read feeds whenever they are due, from now on."""
        self._running = True
        self._spawn(self._plan())

    def stop(self) -> None:
        """Stop reading feeds automatically."""
        self._running = False
        self._cancel_timer()

    async def subscribe(self, url: str, require_right: Callable[[], None] = lambda: None) -> PodcastDetails:
        """Subscribe to the podcast whose feed is at an address; return it with its episodes.

        Args:
            url: The address of the feed.
            require_right: Raises PermissionDenied if the caller has no right to it; called when the feed was read.

        Raises:
            InvalidMessage: The address isn't allowed or can't be fetched.
            NotSupported: There is no feed with sound, or feeds can't be read here.
            PermissionDenied: The caller has lost its right.
            Unavailable: There are too many podcasts.
        """
        await self._library.require_podcast_capacity(url)
        await self._prepare()
        async with self._reading:
            try:
                fetched = await self._fetcher.fetch(url)
            except FetchFailed as error:
                raise InvalidMessage(
                    Sentence("feed_failed", "The feed can't be fetched: {reason}", reason=error), ["podcast", "url"]
                ) from error
            if not await self._keep(url, fetched, require_right=require_right):
                raise NotSupported(Sentence("no_feed", "There is no feed of a podcast at this address"))
        await self._plan()
        return await self._library.podcast(podcast_id_of(url))

    async def unsubscribe(self, podcast_id: str) -> None:
        """Unsubscribe from a podcast; raise TrackNotFound if it isn't subscribed to."""
        await self._library.drop_podcast(podcast_id)
        await self._plan()

    async def refresh(self, podcast_id: str | None = None) -> None:
        """Read the feed of a podcast now, or those of all.

        Raises:
            TrackNotFound: The podcast isn't subscribed to.
            NotSupported: Feeds can't be read here.
        """
        await self._prepare()
        found = await self._library.due_podcasts(float("inf"), podcast_id)
        if podcast_id is not None and not found:
            raise TrackNotFound(f"The library has no podcast {podcast_id}")
        for due in found:
            await self._read(due)
        await self._plan()

    async def _prepare(self) -> None:
        if (prepare := self._library.prepare_feeds) is not None:
            await prepare()

    async def _plan(self) -> None:
        """Set the timer for the feed that is due next."""
        try:
            due_at = await self._library.next_podcast_due()
        except HubError as error:
            _LOGGER.debug("Feeds can't be scheduled: %s", error)
            self._try_later()
            return
        self._cancel_timer()
        if due_at is not None and self._running:
            wait = min(max(due_at - self._now(), MIN_WAIT_SECONDS), MAX_REFRESH_SECONDS)
            self._timer = self._timers.at(self._clock.now_us() + int(wait * 1e6), self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._spawn(self._read_due())

    async def _read_due(self) -> None:
        try:
            await self._prepare()
            for due in await self._library.due_podcasts(self._now()):
                if self._running:
                    await self._read(due)
        except HubError as error:
            _LOGGER.warning("Podcasts can't be read now: %s", error)
            self._try_later()
            return
        await self._plan()

    def _try_later(self) -> None:
        if self._running and self._timer is None:
            self._timer = self._timers.at(self._clock.now_us() + REFRESH_SECONDS * 1_000_000, self._wake)

    async def _read(self, due: Due) -> None:
        async with self._reading:
            try:
                fetched = await self._fetcher.fetch(due.url, due.etag, due.modified)
                error = "" if await self._keep(due.url, fetched, due) else "There is no feed of a podcast any more"
            except FetchFailed as failure:
                error = str(failure)
            if error:
                _LOGGER.debug("The feed of %s can't be read: %s", due.podcast_id, error)
                failures = min(due.failures + 1, MAX_FAILURES)
                await self._library.set_podcast_checked(
                    due.podcast_id, self._checked(due.etag, due.modified, failures, error)
                )

    async def _keep(
        self,
        url: str,
        fetched: FetchedFeed,
        due: Due | None = None,
        require_right: Callable[[], None] = lambda: None,
    ) -> bool:
        """Store a fetched feed; return False if it isn't one."""
        if fetched.data is None:
            if due is not None:
                await self._library.set_podcast_checked(due.podcast_id, self._checked(due.etag, due.modified))
            return due is not None
        feed = await self._library.reader.parse_feed(url, fetched.data)
        require_right()
        if feed is None or not (feed.episodes or due):
            return False
        if due is not None and not await self._library.due_podcasts(0, due.podcast_id):
            # It was removed meanwhile.
            return True
        await self._library.put_podcast(url, feed, self._checked(fetched.etag, fetched.modified))
        return True

    def _checked(self, etag: str, modified: str, failures: int = 0, error: str = "") -> Checked:
        now = self._now()
        wait = min(REFRESH_SECONDS * 2**failures, MAX_REFRESH_SECONDS) * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - it only spreads load
        return Checked(int(now), int(now + wait), etag, modified, failures, error[:MAX_VALIDATOR])

    def _now(self) -> float:
        return self._clock.utc().timestamp()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
