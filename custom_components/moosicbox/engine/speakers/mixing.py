"""Announcements of a fed player: mixed with the item that is being sent, or alone when there is none."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
import logging
from typing import Final, Protocol

from ..protocol.errors import HubError
from ..protocol.server import SynchronizedPlayback
from ..sync.orders import Anchor
from .driver import SpeakerDriver
from .feed import Feed, Segment
from .held_announcement import HeldAnnouncement, SpokenAnnouncement
from .opening import Opener, ready
from .renderer.commands import RAMP_SECONDS
from .renderer.renderer import Renderer
from .renderer.rendering import RenderingFailed
from .tasks import replace_task

_LOGGER = logging.getLogger(__name__)

CUT_LEAD_US: Final = 50_000
"""How long before it becomes audible a new item replaces the previous one in the feed."""
MIX_MARGIN: Final = 0.5
"""Seconds of audio that may be sent until a mixed rendering is ready; doubled at each attempt."""
MIX_ATTEMPTS: Final = 5
END_US: Final = 300_000
"""An announcement that would begin this near to the end of an item begins with the next one."""
WAIT_SECONDS: Final = 0.02


class Playing(Protocol):
    """The player whose music is mixed with an announcement.

    Attributes:
        feed: The feed that sends; `None` while no item is sent.
        order: The hub's latest order.
    """

    feed: Feed | None
    order: SynchronizedPlayback | None

    @property
    def is_loading(self) -> bool:
        """True while an item is being opened."""

    def try_continue(self, order: SynchronizedPlayback) -> bool:
        """Let the running feed continue with an order if that needs no break; return whether it does."""

    def restart(self, order: SynchronizedPlayback) -> None:
        """Execute an order anew, as a player that joins."""

    def report(self) -> None:
        """Report soon."""


class Mixing:
    """Makes a player's announcements heard.

    Attributes:
        announcement: The announcement, if there is one.
    """

    def __init__(
        self,
        name: str,
        player: Playing,
        renderer: Renderer,
        driver: SpeakerDriver,
        now_us: Callable[[], int],
        opener: Opener,
    ) -> None:
        """Create a mixing without an announcement.

        Args:
            name: The player's name, for the log.
            player: The player.
            renderer: Provides the audio.
            driver: The speaker.
            now_us: Returns the hub's time.
            opener: Opens items for that speaker.
        """
        self._name = name
        self._player = player
        self._renderer = renderer
        self._driver = driver
        self._now_us = now_us
        self._opener = opener
        self._speaking: asyncio.Task[None] | None = None
        """Makes an announcement without music."""
        self._speaking_id: str | None = None
        self._deferred: SynchronizedPlayback | None = None
        """An order for what follows, until the mix with an announcement is what is being sent."""
        self.announcement = HeldAnnouncement(
            name, renderer, driver.audio_format, now_us, mix=self._mix_announcement, on_ended=player.report
        )

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """The task that makes an announcement without music, if one runs."""
        return [] if self._speaking is None else [self._speaking]

    @property
    def is_speaking(self) -> bool:
        """True while an announcement is made without music."""
        return self._speaking is not None and not self._speaking.done()

    def stop_speaking(self) -> None:
        """Stop the announcement that is played without music."""
        self._speaking = replace_task(self._speaking, None)

    def defer(self, order: SynchronizedPlayback) -> None:
        """Execute an order for the next item after the mix has started."""
        self._deferred = order

    async def close(self) -> None:
        """Release everything."""
        await self.announcement.close()

    # ---- with music

    async def _mix_announcement(self) -> None:
        """Mix the announcement, or none, with the current item from the next audio on that hasn't been sent."""
        player = self._player
        for attempt in range(MIX_ATTEMPTS):
            if (feed := player.feed) is None:
                if not player.is_loading:
                    self.speak_alone()
                return
            segment = feed.segment
            if (cut := self._find_cut(feed, MIX_MARGIN * 2**attempt)) is None:
                return
            mixed = await self._mix(segment, cut)
            if player.feed is feed and feed.segment is segment and not feed.has_sent(cut):
                await self._continue_mixed(feed, mixed, cut)
                return
            mixed.reader.close()
        # The music is sent faster than it can be mixed: begin it anew, as for a player that joins.
        order = player.order
        if order is not None and player.feed is not None and order.queue_item_id == player.feed.segment.item_id:
            player.restart(order)

    def _find_cut(self, feed: Feed, margin: float) -> int | None:
        """Return the sample from which on the current item is mixed; `None` if the one that follows is."""
        segment, spoken = feed.segment, self.announcement.spoken
        if (header := segment.reader.known_header) is None:
            return None
        soonest = segment.reader.sample / header.rate + margin
        soonest = max(soonest, segment.fading_until + RAMP_SECONDS)
        wanted = soonest if spoken is None else max(soonest, segment.position_at(spoken.at_us))
        if (until_us := _music_until(feed)) is not None and segment.time_of(wanted) > until_us - END_US:
            self._postpone(feed, until_us)
            return None
        if spoken is not None:
            self.announcement.spoken = spoken._replace(at_us=max(spoken.at_us, segment.time_of(soonest)))
        return segment.reader.boundary(wanted - RAMP_SECONDS)

    def _postpone(self, feed: Feed, at_us: int) -> None:
        """Let the announcement begin with the item that follows at a hub time."""
        if (spoken := self.announcement.spoken) is not None:
            self.announcement.spoken = spoken._replace(at_us=max(spoken.at_us, at_us))
        order = self._player.order
        if feed.following is not None and order is not None:
            feed.follow(None)
            if not self._player.try_continue(order):
                self._player.restart(order)

    async def _mix(self, segment: Segment, cut: int) -> Segment:
        """Return the rest of an item with the announcement. Raise RenderingFailed."""
        rate = (await segment.reader.header()).rate
        anchor = Anchor(cut / rate, segment.time_of(cut / rate), segment.anchor.rate)
        audio_format = replace(self._driver.audio_format, rates=(rate,))
        overlay = self.announcement.overlay(anchor)
        reader = await ready(self._renderer.open(segment.reader.source, anchor.position, audio_format, overlay))
        return Segment(segment.item_id, segment.track, reader, anchor, segment.in_room, is_mix=True)

    async def _continue_mixed(self, feed: Feed, mixed: Segment, cut: int) -> None:
        player = self._player
        if feed.following is not None:
            self._deferred = player.order
        feed.fade_into(mixed, cut, mixed.anchor.position)
        while feed.following is mixed:  # noqa: ASYNC110 - a feed has no event for it
            await asyncio.sleep(WAIT_SECONDS)
        deferred, self._deferred = self._deferred, None
        if deferred is not None and deferred is player.order and not player.try_continue(deferred):
            player.restart(deferred)

    # ---- without music

    def speak_alone(self) -> None:
        """Play the rest of the announcement without music; do nothing if there is none."""
        spoken = self.announcement.spoken
        if self.is_speaking:
            if spoken is not None and spoken.source.item_id == self._speaking_id:
                return
            self.stop_speaking()
            self._driver.end()
        if (paused := self.announcement.pause()) is not None:
            self._speaking_id = paused[0].source.item_id
            self._speaking = asyncio.create_task(self._speak(*paused), name="moosicbox announcement")

    async def _speak(self, spoken: SpokenAnnouncement, heard: float) -> None:
        try:
            reader = await self._opener.open_reader(spoken.source, heard)
        except (RenderingFailed, HubError, TimeoutError) as error:
            _LOGGER.warning("An announcement on %s isn't played to its end: %s", self._name, error)
            self.announcement.resume(self._now_us(), spoken.seconds)
            return
        at_us = max(spoken.at_us, self._now_us() + self._driver.lead_us + CUT_LEAD_US)
        self.announcement.resume(at_us, heard)
        anchor = Anchor(heard, at_us, 1.0)
        segment = Segment(spoken.source.item_id, spoken.track, reader, anchor, in_room=False)
        feed = Feed(self._driver, self._now_us, segment, self._player.report)
        try:
            await feed.run()
        except RenderingFailed as error:
            _LOGGER.warning("An announcement on %s was cut off: %s", self._name, error)
        finally:
            feed.close()
        self._speaking = None
        self._driver.end()


def _music_until(feed: Feed) -> int | None:
    """Return the hub time up to which the current item is sent without another one; `None` if it isn't known."""
    segment, following = feed.segment, feed.following
    if segment.fades_at is not None and following is not None and not following.is_mix:
        return segment.time_of(segment.fades_at)
    return segment.end_us
