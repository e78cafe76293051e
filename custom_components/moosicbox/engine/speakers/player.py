"""The player of a fed speaker: it executes the orders of its `play:` topic, and reports its state.

The protocol's page: docs/protocol/playing.md. Orders come early enough to be prepared; audio is sent with the hub time at
which it is to be heard, so that nothing here has to act exactly in time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
import logging
from typing import Any, Final, Literal

import msgspec
from msgspec import UnsetType

from ..protocol.client import PlayerReport
from ..protocol.errors import HubError
from ..protocol.server import AnnouncementOrder, Prepare, SynchronizedPlayback, VolumeUpdate
from ..protocol.types import PlayableTrack, ReportState
from ..sync.orders import Anchor, anchor_of, is_same_order, start_anchor
from .announcer import Announcer, Spoken
from .feed import Feed, Segment
from .output import Output
from .renderer.audio import Fade, Overlay, Source
from .renderer.ffmpeg import RAMP_SECONDS
from .renderer.renderer import Renderer
from .renderer.rendering import Reader, RenderingFailed

_LOGGER = logging.getLogger(__name__)

REPORT_INTERVAL: Final = 5.0
PRELOAD_SECONDS: Final = 60.0
"""How long an item is kept ready while nothing plays."""
CUT_LEAD_US: Final = 50_000
"""How long before it starts to sound a new item replaces the previous one."""
NEAR_END_US: Final = 1_000_000
"""An order for another item this near to the end of the current one waits for that end."""
HANDOVER_US: Final = 500_000
"""An order for another item that comes this much earlier than it must is about the time after the current one."""
TAIL_US: Final = 500_000
"""An item that ends this shortly after it is stopped is heard to its end: the hub takes small delays for none."""
SOON_US: Final = 500_000
"""A playback that is heard within this time counts as playing."""
SAME_US: Final = 5_000
"""A timeline that differs by less is followed without a break."""
JOIN_SECONDS: Final = 0.25
"""An order that is older joins a timeline that runs already."""
MIX_MARGIN: Final = 0.5
"""Seconds of audio that may be sent while a rendering with an announcement begins; twice as many at each attempt."""
MIX_ATTEMPTS: Final = 5
END_US: Final = 300_000
"""An announcement that would begin this near to the end of an item begins with the next one."""
WAIT_SECONDS: Final = 0.02
GRID: Final = 0.25
"""Seconds; renderings that join in the middle begin at a multiple, so that others can share them."""

type Mode = Literal["idle", "loading", "playing", "paused", "ended", "error"]
type RenewAddress = Callable[[str], Awaitable[str]]
"""Returns a fresh address for an item of the queue. Raise HubError, TimeoutError."""


class FedPlayer:
    """Executes the hub's orders for one connected speaker."""

    def __init__(
        self,
        output: Output,
        renderer: Renderer,
        now_us: Callable[[], int],
        *,
        send: Callable[[PlayerReport], object],
        renew: RenewAddress,
    ) -> None:
        """Create a player that does nothing yet.

        Args:
            output: The speaker.
            renderer: Provides the audio.
            now_us: Returns the hub's time.
            send: Sends a report to the hub.
            renew: Returns a fresh address for an item whose address has expired.
        """
        self._output = output
        self._renderer = renderer
        self._now_us = now_us
        self._send = send
        self._renew = renew
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
        self._feed: Feed | None = None
        self._order: SynchronizedPlayback | None = None
        self._loading_id: str | None = None
        """The item of the order that is being executed, until its feed runs."""
        self._handover: SynchronizedPlayback | None = None
        """The order for what follows an item that is still being loaded."""
        self._prepared: Prepare | None = None
        """The hub's latest `prepare`, with the item that will follow."""
        self._preloaded: Reader | None = None
        self._preloaded_us = 0
        self._starting: Reader | None = None
        """The reader of the item that is being started, which was prepared."""
        self._ready_id: str | None = None
        self._executing: asyncio.Task[None] | None = None
        self._feeding: asyncio.Task[None] | None = None
        self._preloading: asyncio.Task[None] | None = None
        self._speaking: asyncio.Task[None] | None = None
        """Makes an announcement without music."""
        self._speaking_id: str | None = None
        self._deferred: SynchronizedPlayback | None = None
        """An order for what follows, until the mix with an announcement is what is being sent."""
        self._announcer = Announcer(
            renderer, output.audio_format, now_us, mix=self._mix_announcement, on_ended=self.report
        )
        self._report_due = asyncio.Event()

    async def run(self) -> None:
        """Report until cancelled; then release everything."""
        try:
            while True:
                try:
                    async with asyncio.timeout(REPORT_INTERVAL):
                        await self._report_due.wait()
                except TimeoutError:
                    if self._feed is None:
                        self._release_old()
                        continue
                self._show()
                self._report_due.clear()
                self._send(self._report())
        finally:
            running = self._executing, self._feeding, self._preloading, self._speaking
            tasks = [task for task in running if task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._announcer.close()
            self._stop_feed()
            self._release_starting()
            self._release_preloaded()

    def handle_opening(self) -> None:
        """Note that a session begins, whose first messages are the state as the hub knows it."""
        self._keeps_own_volume = self._output.volume is not None

    def handle_connected(self) -> None:
        """Report everything. The speaker's own volume becomes the player's, so that it doesn't jump."""
        if (own := self._output.volume) is not None:
            self.report_volume(own[0], muted=own[1])
        self.report()

    def report(self) -> None:
        """Report soon."""
        self._report_due.set()

    def reset(self) -> None:
        """Forget the current order and be silent, because the hub's clock is another one now."""
        self._order = None
        self._executing = _replaced(self._executing, None)
        self._stop_feed()
        self._output.clear()
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
                self._prepare(message)
            case VolumeUpdate():
                self._set_volume(message)
            case AnnouncementOrder():
                self._announcer.handle(message)

    def _accept(self, order: SynchronizedPlayback) -> None:
        if is_same_order(self._order, order):
            return
        self._order, self._handover = order, None
        if self._preloaded is not None and self._preloaded.source.item_id == order.queue_item_id:
            # The item that is prepared after it may be announced before it is opened.
            self._release_starting()
            self._starting, self._preloaded = self._preloaded, None
        if self._is_handover(order):
            self._handover = order
            return
        continues = self._continues(order)
        self._loading_id = None if continues or order.command != "play" else order.queue_item_id
        self._executing = _replaced(self._executing, None if continues else self._execute(order, self._now_us()))

    def _is_handover(self, order: SynchronizedPlayback) -> bool:
        """Return whether an order names what follows an item that is still being loaded."""
        loading = self._feed is None and self._executing is not None and not self._executing.done()
        if not loading or self._loading_id is None or order.command != "play":
            return False
        early_us = order.sync_time_us - self._now_us() - self._output.lead_us
        return order.queue_item_id not in (None, self._loading_id) and early_us > HANDOVER_US

    def _continues(self, order: SynchronizedPlayback) -> bool:
        """Let the running feed continue with an order if that needs no break, and return whether it does."""
        feed = self._feed
        if feed is None or order.command != "play" or order.queue_item_id is None or order.track is None:
            return False
        segment, anchor = feed.segment, _audio_anchor(anchor_of(order))
        if segment.item_id == order.queue_item_id:
            if segment.speed != _speed(order) or abs(segment.time_of(anchor.position) - anchor.at_us) > SAME_US:
                return False
            feed.follow(None)
            segment.anchor, segment.in_room = anchor, bool(order.room_id)
            return True
        if feed.following is not None and feed.following.item_id == segment.item_id:
            self._deferred = order
            return True
        source = _source(order.queue_item_id, order.track, order.gain_db, _speed(order))
        if order.crossfade:
            return self._fade(feed, order.track, source, order, order.crossfade)
        if segment.end_us is None or abs(segment.end_us - anchor.at_us) > NEAR_END_US:
            return False
        try:
            overlay = self._announcer.overlay(anchor)
            reader = self._renderer.open(source, anchor.position, self._output.audio_format, overlay)
        except RenderingFailed:
            return False
        feed.follow(Segment(source.item_id, order.track, reader, anchor, bool(order.room_id)))
        return True

    def _fade(
        self, feed: Feed, track: PlayableTrack, source: Source, order: SynchronizedPlayback, seconds: float
    ) -> bool:
        """Mix the next item with the current one from some time on; return whether that is possible."""
        segment, anchor = feed.segment, _audio_anchor(anchor_of(order))
        fades_at = segment.position_at(anchor.at_us)
        cut = segment.reader.boundary(fades_at)
        if cut is None or feed.has_sent(cut) or (header := segment.reader.known_header) is None:
            return False
        alone = fades_at - cut / header.rate
        fade = Fade(source=segment.reader.source, position=cut / header.rate, alone=alone, seconds=seconds)
        audio_format = replace(self._output.audio_format, rates=(header.rate,))
        try:
            reader = self._renderer.open(source, -alone, audio_format, fade)
        except RenderingFailed:
            return False
        feed.fade_into(Segment(source.item_id, track, reader, anchor, bool(order.room_id)), cut, fades_at)
        return True

    def _set_volume(self, update: VolumeUpdate) -> None:
        if self._keeps_own_volume:
            self._keeps_own_volume = False
        else:
            self._output.set_volume(update.volume, muted=update.muted)

    # ---- orders

    async def _execute(self, order: SynchronizedPlayback, received_us: int) -> None:
        item_id, track = order.queue_item_id, order.track
        at_us = order.sync_time_us
        if self._feed is not None:
            if order.command == "stop" and self._feed.ends_after(at_us, TAIL_US):
                at_us = self._feed.segment.end_us or at_us
            self._feed.until_us = at_us
        if order.command == "stop" or item_id is None or track is None:
            await self._sleep_until(at_us)
            self._stop_feed()
            self._output.end()
            self._set_mode("idle", None)
            self._speak_alone()
        elif order.command == "pause":
            await self._sleep_until(order.sync_time_us)
            self._stop_feed()
            self._output.clear()
            self._set_mode("paused", item_id, order.start_position)
            self._speak_alone()
            source = _source(item_id, track, order.gain_db)
            self._preloading = _replaced(self._preloading, self._preload(source, order.start_position))
        else:
            await self._play(order, item_id, track, received_us)

    async def _play(self, order: SynchronizedPlayback, item_id: str, track: PlayableTrack, received_us: int) -> None:
        if self._feed is None:
            self._set_mode("loading", item_id, order.start_position)
        start = _audio_anchor(anchor_of(order))
        begin = start.position
        if self._now_us() - order.sync_time_us > JOIN_SECONDS * 1e6:
            start = _audio_anchor(start_anchor(order, received_us, self._now_us() + self._output.lead_us))
            begin = start.position // GRID * GRID
        try:
            source, overlay = _source(item_id, track, order.gain_db, _speed(order)), self._announcer.overlay(start)
            reader = await self._opened(source, begin, overlay)
        except (RenderingFailed, HubError, TimeoutError) as error:
            await self._sleep_until(order.sync_time_us)
            self._fail(item_id, str(error))
            return
        reader.skip_to(start.position)
        try:
            await self._sleep_until(start.at_us - self._output.lead_us - CUT_LEAD_US)
        except asyncio.CancelledError:
            reader.close()
            raise
        if self._feed is not None or self._speaking is not None:
            self._speaking = _replaced(self._speaking, None)
            self._stop_feed()
            self._output.clear()
        self._feed = Feed(
            self._output,
            self._now_us,
            Segment(item_id, track, reader, start, bool(order.room_id)),
            self.report,
        )
        self._release_starting()
        self._mode = "playing"
        self._feeding = asyncio.create_task(self._run_feed(self._feed), name="moosicbox feed")
        self.report()
        if self._prepared is not None and self._prepared.queue_item_id != item_id:
            self._prepare(self._prepared)
        if self._announcer.overlay(start) != overlay:
            self._announcer.mix_again()
        handover, self._handover = self._handover, None
        if handover is not None and not self._continues(handover):
            self._executing = asyncio.create_task(self._execute(handover, self._now_us()))

    async def _run_feed(self, feed: Feed) -> None:
        try:
            await feed.run()
        except RenderingFailed as error:
            self._fail(feed.segment.item_id, str(error))
            return
        segment = feed.segment
        self._stop_feed()
        self._output.end()
        self._set_mode("ended", segment.item_id, (segment.duration or 0.0) * segment.speed)
        self._speak_alone()

    def _fail(self, item_id: str, error: str) -> None:
        _LOGGER.warning("An item can't be played: %s", error)
        self._stop_feed()
        self._output.end()
        self._set_mode("error", item_id)

    def _stop_feed(self) -> None:
        self._release_starting()
        feed, self._feed = self._feed, None
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
            self._output.show(track, position, at_us, speed=speed)

    def _to_show(self) -> tuple[PlayableTrack | None, float, int, float]:
        if (feed := self._feed) is not None:
            segment = feed.audible
            return segment.track, segment.anchor.position * segment.speed, round(segment.anchor.at_us), segment.speed
        track = None if self._order is None or self._mode in ("idle", "ended") else self._order.track
        return track, self._position, self._changed_us, 0.0

    # ---- audio

    async def _mix_announcement(self) -> None:
        """Mix the announcement, or none, with the current item from the next audio on that hasn't been sent."""
        for attempt in range(MIX_ATTEMPTS):
            if (feed := self._feed) is None:
                if self._mode != "loading":
                    self._speak_alone()
                return
            segment = feed.segment
            if (cut := self._find_cut(feed, MIX_MARGIN * 2**attempt)) is None:
                return
            mixed = await self._mixed(segment, cut)
            if self._feed is feed and feed.segment is segment and not feed.has_sent(cut):
                await self._continue_mixed(feed, mixed, cut)
                return
            mixed.reader.close()
        # The music is sent faster than it can be mixed: begin it anew, as for a player that joins.
        order = self._order
        if order is not None and self._feed is not None and order.queue_item_id == self._feed.segment.item_id:
            self._executing = _replaced(self._executing, self._execute(order, self._now_us()))

    def _find_cut(self, feed: Feed, margin: float) -> int | None:
        """Return the sample from which on the current item is mixed; `None` if the one that follows is."""
        segment, spoken = feed.segment, self._announcer.spoken
        if (header := segment.reader.known_header) is None:
            return None
        soonest = segment.reader.sample / header.rate + margin
        wanted = soonest if spoken is None else max(soonest, segment.position_at(spoken.at_us))
        if (end_us := segment.end_us) is not None and segment.time_of(wanted) > end_us - END_US:
            if feed.following is not None and self._order is not None:
                feed.follow(None)
                self._continues(self._order)
            return None
        if spoken is not None:
            self._announcer.spoken = spoken._replace(at_us=max(spoken.at_us, segment.time_of(soonest)))
        return segment.reader.boundary(wanted - RAMP_SECONDS)

    async def _mixed(self, segment: Segment, cut: int) -> Segment:
        """Return the rest of an item with the announcement. Raise RenderingFailed."""
        rate = (await segment.reader.header()).rate
        anchor = Anchor(cut / rate, segment.time_of(cut / rate), segment.anchor.rate)
        audio_format = replace(self._output.audio_format, rates=(rate,))
        overlay = self._announcer.overlay(anchor)
        reader = await _ready(self._renderer.open(segment.reader.source, anchor.position, audio_format, overlay))
        return Segment(segment.item_id, segment.track, reader, anchor, segment.in_room)

    async def _continue_mixed(self, feed: Feed, mixed: Segment, cut: int) -> None:
        if feed.following is not None:
            self._deferred = self._order
        feed.fade_into(mixed, cut, mixed.anchor.position)
        while feed.following is mixed:  # noqa: ASYNC110 - a feed has no event for it
            await asyncio.sleep(WAIT_SECONDS)
        deferred, self._deferred = self._deferred, None
        if deferred is not None and deferred is self._order and not self._continues(deferred):
            self._executing = _replaced(self._executing, self._execute(deferred, self._now_us()))

    def _speak_alone(self) -> None:
        """Go on with the announcement, or with none, although there is no music any more."""
        spoken = self._announcer.spoken
        if self._speaking is not None and not self._speaking.done():
            if spoken is not None and spoken.source.item_id == self._speaking_id:
                return
            self._speaking = _replaced(self._speaking, None)
            self._output.end()
        if (paused := self._announcer.pause()) is not None:
            self._speaking_id = paused[0].source.item_id
            self._speaking = asyncio.create_task(self._speak(*paused), name="moosicbox announcement")

    async def _speak(self, spoken: Spoken, heard: float) -> None:
        try:
            reader = await self._opened(spoken.source, heard)
        except (RenderingFailed, HubError, TimeoutError) as error:
            _LOGGER.warning("An announcement isn't heard to its end: %s", error)
            self._announcer.resume(self._now_us(), spoken.seconds)
            return
        at_us = max(spoken.at_us, self._now_us() + self._output.lead_us + CUT_LEAD_US)
        self._announcer.resume(at_us, heard)
        anchor = Anchor(heard, at_us, 1.0)
        segment = Segment(spoken.source.item_id, spoken.track, reader, anchor, in_room=False)
        feed = Feed(self._output, self._now_us, segment, self.report)
        try:
            await feed.run()
        except RenderingFailed as error:
            _LOGGER.warning("An announcement breaks off: %s", error)
        finally:
            feed.close()
        self._speaking = None
        self._output.end()

    async def _opened(self, source: Source, position: float, overlay: Overlay | None = None) -> Reader:
        """Return a reader that has audio. Raise RenderingFailed, HubError, TimeoutError."""
        audio_format = self._output.audio_format
        try:
            return await _ready(self._renderer.open(source, position, audio_format, overlay))
        except RenderingFailed:
            # The address may have expired.
            renewed = replace(source, address=await self._renew(source.item_id))
            return await _ready(self._renderer.open(renewed, position, audio_format, overlay))

    def _prepare(self, prepared: Prepare) -> None:
        self._prepared = prepared
        if prepared.queue_item_id is None or prepared.track is None:
            self._preloading = _replaced(self._preloading, None)
            self._release_preloaded()
            return
        speed = _speed(self._order) if self._order is not None and prepared.track.spoken is True else 1.0
        source = _source(prepared.queue_item_id, prepared.track, prepared.gain_db, speed)
        if self._preloaded is None or self._preloaded.source != source:
            self._preloading = _replaced(self._preloading, self._preload(source, 0.0))

    async def _preload(self, source: Source, position: float) -> None:
        """Keep an item ready, for a while at least."""
        self._release_preloaded()
        try:
            reader = await self._opened(source, position)
        except (RenderingFailed, HubError, TimeoutError) as error:
            _LOGGER.debug("An item can't be prepared: %s", error)
            return
        self._preloaded, self._ready_id = reader, source.item_id
        self._preloaded_us = self._now_us()
        self.report()

    def _release_old(self) -> None:
        if self._now_us() - self._preloaded_us > PRELOAD_SECONDS * 1e6:
            self._release_starting()
            self._release_preloaded()

    def _release_starting(self) -> None:
        if self._starting is not None:
            self._starting.close()
            self._starting = None

    def _release_preloaded(self) -> None:
        if self._preloaded is not None:
            self._preloaded.close()
            self._preloaded = self._ready_id = None

    # ---- reports

    def _set_mode(self, mode: Mode, item_id: str | None, position: float = 0.0) -> None:
        self._mode, self._item_id, self._position, self._changed_us = mode, item_id, position, self._now_us()
        self.report()

    def _report(self) -> PlayerReport:
        now_us = self._now_us()
        if (feed := self._feed) is None:
            return PlayerReport(
                state=_REPORTED[self._mode],
                queue_item_id=self._item_id,
                position_seconds=self._position,
                at_us=now_us,
                ready_item_id=self._ready_id,
                round_trip_us=0,
                ended_announcement_id=self._announcer.ended_id,
                error="The audio can't be decoded" if self._mode == "error" else None,
            )
        segment = feed.audible
        position, speed = segment.position_at(now_us), segment.speed
        return PlayerReport(
            state="buffering" if feed.stalled or segment.anchor.at_us - now_us > SOON_US else "playing",
            queue_item_id=segment.item_id,
            position_seconds=max(0.0, position * speed),
            at_us=max(now_us, round(segment.anchor.at_us)),
            # At another speed, the length of the audio is that of the item only nearly.
            duration_seconds=segment.reader.duration if speed == 1 else None,
            buffered_seconds=max(0.0, segment.reader.buffered_until - position) * speed,
            ready_item_id=self._ready_id,
            round_trip_us=0,
            ended_announcement_id=self._announcer.ended_id,
        )

    async def _sleep_until(self, hub_us: float) -> None:
        if (left := (hub_us - self._now_us()) / 1e6) > 0:
            await asyncio.sleep(left)


_REPORTED: Final[dict[Mode, ReportState]] = {
    "idle": "idle",
    "loading": "buffering",
    "playing": "playing",
    "paused": "paused",
    "ended": "idle",
    "error": "error",
}


def _source(item_id: str, track: PlayableTrack, gain_db: float | UnsetType, speed: float = 1.0) -> Source:
    return Source(item_id, track.stream_url, gain_db or 0.0, speed)


def _speed(order: SynchronizedPlayback) -> float:
    return anchor_of(order).rate


def _audio_anchor(anchor: Anchor) -> Anchor:
    """Return a timeline of an item as one of its audio, whose seconds are those of the clock at any speed."""
    return Anchor(anchor.position / anchor.rate, anchor.at_us, 1.0)


async def _ready(reader: Reader) -> Reader:
    """Return a reader once it has audio; it is closed if it fails. Raise RenderingFailed."""
    try:
        await reader.header()
    except BaseException:
        reader.close()
        raise
    return reader


def _replaced(running: asyncio.Task[None] | None, work: Coroutine[Any, Any, None] | None) -> asyncio.Task[None] | None:
    """Cancel a task, and run `work` instead."""
    if running is not None and running is not asyncio.current_task():
        running.cancel()
    return None if work is None else asyncio.create_task(work)
