"""The player of a fed speaker: it executes the orders of its `play:` topic, and reports its state.

The protocol's page: docs/protocol/playing.md. Orders come early enough to be prepared; audio is sent with the hub time at
which it is to be heard, so that nothing here has to act exactly in time.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
import logging
import math
from typing import Final

import msgspec
from msgspec import UnsetType

from ..protocol.client import PlayerReport
from ..protocol.errors import HubError
from ..protocol.server import AnnouncementOrder, Prepare, SynchronizedPlayback, VolumeUpdate
from ..protocol.types import PlayableTrack
from ..sync.orders import Anchor, anchor_of, is_same_order, start_anchor, station_address
from .driver import SpeakerDriver
from .feed import Feed, Segment
from .mixing import CUT_LEAD_US, Mixing
from .opening import Opener, RenewAddress
from .preparation import Preparation
from .renderer.audio import AudioSource, Fade
from .renderer.renderer import Renderer
from .renderer.rendering import RenderingFailed
from .reports import Mode, feed_report, resting_report
from .tasks import replace_task

_LOGGER = logging.getLogger(__name__)

REPORT_INTERVAL: Final = 5.0
NEAR_END_US: Final = 1_000_000
"""An order to play another item waits for the end of the current one if that is less than this away."""
HANDOVER_US: Final = 500_000
"""While an item loads, an order for another item that is due at least this much later names the next one."""
TAIL_US: Final = 500_000
"""On `stop`, an item that ends within this time plays to its end, because the hub ignores small delays."""
SAME_US: Final = 5_000
"""Timelines that differ by less are equal: playback continues without a break."""
JOIN_SECONDS: Final = 0.25
"""An order that is older than this joins a timeline that is already running."""
GRID: Final = 0.25
"""Seconds. A rendering that starts in the middle of an item starts at a multiple of this, so that speakers can share it."""


class FedPlayer:
    """Executes the hub's orders for one connected speaker."""

    def __init__(
        self,
        name: str,
        driver: SpeakerDriver,
        renderer: Renderer,
        now_us: Callable[[], int],
        *,
        send: Callable[[PlayerReport], object],
        renew: RenewAddress,
    ) -> None:
        """Create a player that does nothing yet.

        Args:
            name: The player's name, for the log.
            driver: The speaker.
            renderer: Provides the audio.
            now_us: Returns the hub's time.
            send: Sends a report to the hub.
            renew: Returns a fresh address for an item whose address has expired.
        """
        self._name = name
        self._driver = driver
        self._renderer = renderer
        self._now_us = now_us
        self._send = send
        self._mode: Mode = "idle"
        self._item_id: str | None = None
        """The item of the mode, while no feed runs."""
        self._position = 0.0
        """The position (seconds) in that item."""
        self._changed_us = 0
        """When the mode changed."""
        self._shown: tuple[PlayableTrack | None, float, int, float] | None = None
        self._keeps_own_volume = False
        """True until the hub's first message with a volume, which is older than the speaker's own."""
        self.feed: Feed | None = None
        """The feed that sends; `None` while no item is sent."""
        self.order: SynchronizedPlayback | None = None
        """The hub's latest order."""
        self._loading_id: str | None = None
        """The item of the order that is being executed, until its feed runs."""
        self._handover: SynchronizedPlayback | None = None
        """The order for what follows an item that is still being loaded."""
        self._executing: asyncio.Task[None] | None = None
        self._feeding: asyncio.Task[None] | None = None
        opener = Opener(renderer, driver, renew)
        self._opener = opener
        self._preparation = Preparation(opener, now_us, speed_of=self._speed_of, on_change=self.report)
        self._mixing = Mixing(name, self, renderer, driver, now_us, opener)
        self._report_due = asyncio.Event()

    async def run(self) -> None:
        """Report until cancelled; then release everything."""
        try:
            while True:
                try:
                    async with asyncio.timeout(REPORT_INTERVAL):
                        await self._report_due.wait()
                except TimeoutError:
                    if self.feed is None:
                        self._preparation.release_old()
                        continue
                self._show()
                self._report_due.clear()
                self._send(self._report())
        finally:
            running = self._executing, self._feeding, *self._preparation.tasks, *self._mixing.tasks
            tasks = [task for task in running if task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._mixing.close()
            self._stop_feed()
            self._preparation.close()

    def handle_opening(self) -> None:
        """Note that a session begins, whose first messages are the state as the hub knows it."""
        self._keeps_own_volume = self._driver.volume is not None

    def handle_connected(self) -> None:
        """Report everything. The speaker's own volume becomes the player's, so that it doesn't jump."""
        if (own := self._driver.volume) is not None:
            self.report_volume(own[0], muted=own[1])
        self.report()

    @property
    def is_loading(self) -> bool:
        """True while an item is being opened."""
        return self._mode == "loading"

    def restart(self, order: SynchronizedPlayback) -> None:
        """Execute an order anew, as a player that joins."""
        self._executing = replace_task(self._executing, self._execute(order, self._now_us()))

    def report(self) -> None:
        """Report soon."""
        self._report_due.set()

    def reset(self) -> None:
        """Forget the current order and be silent, because the hub's clock is another one now."""
        self.order = None
        self._executing = replace_task(self._executing, None)
        self._stop_feed()
        self._driver.clear()
        self._set_mode("idle", None)

    def report_volume(self, volume: float | None, *, muted: bool | None) -> None:
        """Report that the volume was changed on the speaker."""
        report = self._report()
        self._send(msgspec.structs.replace(report, volume=volume, muted=muted))

    # ---- input from the hub

    def handle_message(self, message: object) -> None:
        """Handle a message of the `play:` topic."""
        match message:
            case SynchronizedPlayback():
                self._accept(message)
            case Prepare():
                self._preparation.prepare(message)
            case VolumeUpdate():
                self._set_volume(message)
            case AnnouncementOrder():
                self._mixing.announcement.handle(message)

    def _accept(self, order: SynchronizedPlayback) -> None:
        if is_same_order(self.order, order):
            return
        self.order, self._handover = order, None
        self._preparation.use(order.queue_item_id)
        if self._is_handover(order):
            self._handover = order
            return
        if self.feed is not None and self.try_continue(order):
            self.feed.limit(math.inf)
            self._loading_id, self._executing = None, replace_task(self._executing, None)
            return
        self._loading_id = order.queue_item_id if order.command == "play" else None
        self._executing = replace_task(self._executing, self._execute(order, self._now_us()))

    def _is_handover(self, order: SynchronizedPlayback) -> bool:
        """Return whether an order names what follows an item that is still being loaded."""
        loading = self.feed is None and self._executing is not None and not self._executing.done()
        if not loading or self._loading_id is None or order.command != "play":
            return False
        early_us = order.sync_time_us - self._now_us() - self._driver.lead_us
        return order.queue_item_id not in (None, self._loading_id) and early_us > HANDOVER_US

    def try_continue(self, order: SynchronizedPlayback) -> bool:
        """Let the running feed continue with an order if that needs no break; return whether it does."""
        feed = self.feed
        if feed is None or order.command != "play" or order.queue_item_id is None or order.track is None:
            return False
        segment, anchor = feed.segment, _audio_anchor(anchor_of(order))
        is_mixing = feed.following is not None and feed.following.is_mix
        if segment.item_id == order.queue_item_id:
            if segment.speed == _speed(order) and abs(segment.time_of(anchor.position) - anchor.at_us) <= SAME_US:
                if not is_mixing:
                    feed.follow(None)
                segment.anchor, segment.in_room = anchor, bool(order.room_id)
                return True
            if not _repeats(segment, anchor):
                return False
        if is_mixing:
            self._mixing.defer(order)
            return True
        source = _source(order.queue_item_id, order.track, order.gain_db, _speed(order))
        if order.crossfade:
            if self._mixing.announcement.is_heard_at(order.sync_time_us):
                return False
            return self._start_crossfade(feed, order.track, source, order, order.crossfade)
        if segment.end_us is None or abs(segment.end_us - anchor.at_us) > NEAR_END_US:
            return False
        try:
            overlay = self._mixing.announcement.overlay(anchor)
            reader = self._renderer.open(source, anchor.position, self._driver.audio_format, overlay)
        except RenderingFailed:
            return False
        feed.follow(Segment(source.item_id, order.track, reader, anchor, bool(order.room_id)))
        return True

    def _start_crossfade(
        self, feed: Feed, track: PlayableTrack, source: AudioSource, order: SynchronizedPlayback, seconds: float
    ) -> bool:
        """Mix the next item with the current one from some time on; return whether that is possible."""
        segment, anchor = feed.segment, _audio_anchor(anchor_of(order))
        fades_at = segment.position_at(anchor.at_us)
        cut = segment.reader.boundary(fades_at)
        if cut is None or feed.has_sent(cut) or (header := segment.reader.known_header) is None:
            return False
        alone = fades_at - cut / header.rate
        fade = Fade(source=segment.reader.source, position=cut / header.rate, alone=alone, seconds=seconds)
        audio_format = replace(self._driver.audio_format, rates=(header.rate,))
        try:
            reader = self._renderer.open(source, -alone, audio_format, fade)
        except RenderingFailed:
            return False
        following = Segment(source.item_id, track, reader, anchor, bool(order.room_id), fading_until=seconds)
        feed.fade_into(following, cut, fades_at)
        return True

    def _set_volume(self, update: VolumeUpdate) -> None:
        if self._keeps_own_volume:
            self._keeps_own_volume = False
        else:
            self._driver.set_volume(update.volume, muted=update.muted)

    # ---- orders

    async def _execute(self, order: SynchronizedPlayback, received_us: int) -> None:
        item_id, track = order.queue_item_id, order.track
        at_us = order.sync_time_us
        if self.feed is not None:
            if order.command == "stop" and self.feed.ends_after(at_us, TAIL_US):
                at_us = self.feed.segment.end_us or at_us
            self.feed.limit(at_us)
        if order.command == "stop" or item_id is None or track is None:
            await self._sleep_until(at_us)
            self._stop_feed()
            self._driver.end()
            self._set_mode("idle", None)
            self._mixing.speak_alone()
        elif order.command == "pause":
            await self._sleep_until(order.sync_time_us)
            # A pause has no speed of its own: it goes on at that of what played.
            speed = self.feed.segment.speed if self.feed is not None and self.feed.segment.item_id == item_id else 1.0
            self._stop_feed()
            self._driver.clear()
            self._set_mode("paused", item_id, order.start_position)
            self._mixing.speak_alone()
            if station_address(track.stream_url, 0.0) is None:
                # A station is heard from another moment on.
                source = _source(item_id, track, order.gain_db, speed)
                self._preparation.preload(source, (order.start_position or 0.0) / speed)
        else:
            await self._play(order, item_id, track, received_us)

    async def _play(self, order: SynchronizedPlayback, item_id: str, track: PlayableTrack, received_us: int) -> None:
        if self.feed is None:
            self._set_mode("loading", item_id, order.start_position)
        start = _audio_anchor(anchor_of(order))
        begin = start.position
        if self._now_us() - order.sync_time_us > JOIN_SECONDS * 1e6:
            start = _audio_anchor(start_anchor(order, received_us, self._now_us() + self._driver.lead_us))
            begin = start.position // GRID * GRID
        try:
            source = _source(item_id, track, order.gain_db, _speed(order))
            overlay = self._mixing.announcement.overlay(start)
            reader = await self._opener.open_reader(source, begin, overlay)
        except (RenderingFailed, HubError, TimeoutError) as error:
            await self._sleep_until(order.sync_time_us)
            self._fail(item_id, str(error))
            return
        reader.skip_to(start.position)
        try:
            await self._sleep_until(start.at_us - self._driver.lead_us - CUT_LEAD_US)
        except asyncio.CancelledError:
            reader.close()
            raise
        if self.feed is not None or self._mixing.is_speaking:
            self._mixing.stop_speaking()
            self._stop_feed()
            self._driver.clear()
        self.feed = Feed(
            self._driver,
            self._now_us,
            Segment(item_id, track, reader, start, bool(order.room_id)),
            self.report,
        )
        self._preparation.release_starting()
        self._mode = "playing"
        self._feeding = asyncio.create_task(self._run_feed(self.feed), name="moosicbox feed")
        self.report()
        self._preparation.go_on(item_id)
        if self._mixing.announcement.overlay(start) != overlay:
            self._mixing.announcement.mix_again()
        handover, self._handover = self._handover, None
        if handover is not None and not self.try_continue(handover):
            self._executing = asyncio.create_task(self._execute(handover, self._now_us()))

    async def _run_feed(self, feed: Feed) -> None:
        try:
            await feed.run()
        except RenderingFailed as error:
            self._fail(feed.segment.item_id, str(error))
            return
        segment = feed.segment
        self._stop_feed()
        self._driver.end()
        self._set_mode("ended", segment.item_id, (segment.duration or 0.0) * segment.speed)
        self._mixing.speak_alone()

    def _fail(self, item_id: str, error: str) -> None:
        _LOGGER.warning("%s can't play an item: %s", self._name, error)
        self._stop_feed()
        self._driver.end()
        self._set_mode("error", item_id)

    def _stop_feed(self) -> None:
        self._preparation.release_starting()
        feed, self.feed = self.feed, None
        if feed is not None:
            feed.close()
        task, self._feeding = self._feeding, None
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    def _show(self) -> None:
        shown = self._to_show()
        if shown != self._shown:
            self._shown = shown
            track, position, at_us, speed = shown
            self._driver.show(track, position, at_us, speed=speed)

    def _to_show(self) -> tuple[PlayableTrack | None, float, int, float]:
        if (feed := self.feed) is not None:
            segment = feed.audible
            return segment.track, segment.anchor.position * segment.speed, round(segment.anchor.at_us), segment.speed
        track = None if self.order is None or self._mode in ("idle", "ended") else self.order.track
        return track, self._position, self._changed_us, 0.0

    # ---- reports

    def _set_mode(self, mode: Mode, item_id: str | None, position: float = 0.0) -> None:
        self._mode, self._item_id, self._position, self._changed_us = mode, item_id, position, self._now_us()
        self.report()

    def _report(self) -> PlayerReport:
        now_us, ready_id = self._now_us(), self._preparation.ready_id
        ended_id = self._mixing.announcement.ended_id
        if self.feed is None:
            return resting_report(self._mode, self._item_id, self._position, now_us, ready_id, ended_id)
        return feed_report(self.feed, now_us, ready_id, ended_id)

    def _speed_of(self, track: PlayableTrack) -> float:
        """Return the speed of an item that will follow: only spoken ones have that of the playback."""
        return _speed(self.order) if self.order is not None and track.spoken is True else 1.0

    async def _sleep_until(self, hub_us: float) -> None:
        if (left := (hub_us - self._now_us()) / 1e6) > 0:
            await asyncio.sleep(left)


def _source(item_id: str, track: PlayableTrack, gain_db: float | UnsetType, speed: float = 1.0) -> AudioSource:
    return AudioSource(item_id, track.stream_url, gain_db or 0.0, speed, live=track.live is True)


def _repeats(segment: Segment, anchor: Anchor) -> bool:
    """Return whether a timeline begins anew at an item's end."""
    return anchor.position == 0 and segment.end_us is not None and abs(segment.end_us - anchor.at_us) <= TAIL_US


def _speed(order: SynchronizedPlayback) -> float:
    return anchor_of(order).rate


def _audio_anchor(anchor: Anchor) -> Anchor:
    """Return a timeline of an item as one of its audio, whose seconds are those of the clock at any speed."""
    return Anchor(anchor.position / anchor.rate, anchor.at_us, 1.0)
