"""A player: does what its `play:` topic says, at the hub's time, and nothing else.

`obey` takes an order down; a task carries it out and is replaced by the next order's. So the newest one counts,
whether the one before was carried out or not. Between orders a timekeeper holds the music where it should be.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
import logging
from typing import Any, Final, Literal

from ...protocol.client import Request
from ...protocol.errors import HubError
from ...protocol.server import Prepare, SynchronizedPlayback, VolumeUpdate
from ...protocol.types import PlayableTrack
from ...sync.clock_filter import ClockFilter
from ...sync.drift import EXACT
from ..pending import monotonic_us
from .deck import PositionSample, Deck, LoadFailed
from .mpv import MpvError
from .orders import Anchor, anchor_of, is_same_order, start_anchor
from .reporter import Reporter, PlayerStatus
from .timekeeper import ON_TIME, Timekeeper

_LOGGER = logging.getLogger(__name__)

LEAD: Final = 0.3
"""Seconds before its time at which another item is loaded; until then what plays goes on."""
SEEK_LEAD: Final = 0.08
AT_ITS_END: Final = 1.0
"""Seconds; an order for this near to the end of what plays lets that end by itself."""
OVERDUE: Final = 0.15
"""Seconds after which what should have followed by itself is started by force."""
NEAR: Final = 0.002
"""Seconds; a paused item this near needs no seek."""

type Mode = Literal["idle", "loading", "playing", "paused", "ended", "error"]
type Work = Callable[[], Coroutine[Any, Any, None]]
type Renew = Callable[[str], Awaitable[str]]


class Player:
    """One deck that obeys one hub."""

    def __init__(
        self,
        deck: Deck,
        clock: ClockFilter,
        *,
        send: Callable[[Request], Awaitable[bool]],
        renew: Renew,
        resolve: Callable[[str], str],
        delay_ms: float = 0,
    ) -> None:
        """`renew` brings a fresh address of an item, `resolve` makes an address whole, `delay_ms` is what the sound needs after mpv."""
        self._deck = deck
        self._clock = clock
        self._renew = renew
        self._resolve = resolve
        self._time = Timekeeper(deck, clock, delay_ms)
        self._reporter = Reporter(clock, self.status, send, self._time.delay_us)
        self._clock_ready = asyncio.Event()
        self._order: SynchronizedPlayback | None = None
        self._order_clock: str | None = None
        self._acting: asyncio.Task[None] | None = None
        self._preparing: asyncio.Task[None] | None = None
        self._beside: set[asyncio.Task[None]] = set()
        self._prepared: Prepare | None = None
        """What will follow; put behind what is in the deck as soon as there is something."""
        self._mode: Mode = "idle"
        self._item_id: str | None = None
        self._rest = PositionSample(0.0, 0.0)
        """Where the current item stands, or broke off."""
        self._in_room = False
        self._stalled = False
        self._error: str | None = None
        self._lock = asyncio.Lock()

    async def run(self) -> None:
        """Until cancelled."""
        self._deck.ended.subscribe(self._ended)
        self._deck.failed.subscribe(self._fail)
        self._deck.advanced.subscribe(self._advanced)
        self._deck.changed.subscribe(self._deck_changed)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._reporter.run())
                tasks.create_task(self._time.run())
        finally:
            work = [task for task in (self._acting, self._preparing, *self._beside) if task is not None]
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)

    # ------------------------------------------------------------ what the hub says

    def handle_message(self, message: object) -> None:
        """A message of the `play:` topic."""
        match message:
            case SynchronizedPlayback():
                self._take(message)
            case Prepare():
                self._prepared = message
                self._stop_preparing()
                self._preparing = asyncio.create_task(self._one_at_a_time(self._get_ready))
            case VolumeUpdate():
                self._act_beside(self._deck.set_volume(message.volume, muted=message.muted))

    def clock_updated(self) -> None:
        """The clock has a new estimate."""
        self._clock_ready.set()
        # A hub that was started anew says what to play, or has forgotten all about it.
        if self._order is not None and self._order_clock not in (None, self._clock.clock_id):
            self.stop()
        self._reporter.request_report()

    def report(self) -> None:
        """Tell the hub everything anew, after it was welcomed."""
        self._reporter.request_report(force=True)

    def stop(self) -> None:
        """No hub is to be obeyed any more."""
        self._order = self._order_clock = None
        self._replace(self._fall_silent)

    def restart(self) -> None:
        """The deck was opened anew: do once more what was asked for."""
        self._mode, order, self._order = "idle", self._order, None
        if order is not None:
            self._take(order)

    def _take(self, order: SynchronizedPlayback) -> None:
        if is_same_order(self._order, order) and self._order_clock == self._clock.clock_id:
            return
        self._order, self._order_clock = order, self._clock.clock_id
        self._replace(partial(self._obey_order, order, monotonic_us()))

    def _replace(self, work: Work) -> None:
        if self._acting is not None:
            self._acting.cancel()
        if self._order is None or self._order.queue_item_id != self._deck.item_id:
            self._stop_preparing()  # What is wanted now waits for nothing that may come later.
        self._acting = asyncio.create_task(self._one_at_a_time(work))

    def _stop_preparing(self) -> None:
        if self._preparing is not None:
            self._preparing.cancel()

    async def _one_at_a_time(self, work: Work) -> None:
        async with self._lock:
            await _tolerant(work())

    def _act_beside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_tolerant(work))
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    # ------------------------------------------------------------ carrying out

    async def _obey_order(self, order: SynchronizedPlayback, received_us: float) -> None:
        await self._carry_out(order, received_us)
        await self._get_ready()

    async def _carry_out(self, order: SynchronizedPlayback, received_us: float) -> None:
        self._time.release()
        if not self._clock.ready:
            self._clock_ready.clear()
            await self._clock_ready.wait()
        if order.command == "stop" or order.queue_item_id is None or order.track is None:
            await until(self._time.local_time(order.sync_time_us))
            await self._fall_silent()
        elif order.command == "pause":
            await until(self._time.local_time(order.sync_time_us))
            await self._pause(order, order.queue_item_id, order.track)
        else:
            await self._play(order, order.queue_item_id, order.track, self._clock.hub_now(received_us))

    async def _fall_silent(self) -> None:
        self._time.release()
        await self._deck.stop()
        self._turn("idle")

    async def _pause(self, order: SynchronizedPlayback, item_id: str, track: PlayableTrack) -> None:
        wanted = order.start_position
        if self._deck.item_id == item_id and self._mode in ("playing", "paused"):
            await self._deck.pause()
            await self._deck.set_speed(1.0)
            await self._go_to(wanted)
        elif not await self._load(item_id, track, wanted):
            return
        self._turn("paused")

    async def _play(self, order: SynchronizedPlayback, item_id: str, track: PlayableTrack, received_us: float) -> None:
        due_us = self._time.local_time(order.sync_time_us)
        if await self._sounds_already(order, item_id):
            self._follow(anchor_of(order), order)
            return
        if self._deck.next_id == item_id and await self._ends_at(due_us):
            await self._hand_over(due_us)
            self._follow(anchor_of(order), order)
            return
        if self._deck.item_id == item_id and self._mode in ("playing", "paused", "idle"):
            await until(due_us - SEEK_LEAD * 1e6)
            await self._deck.pause()
            await self._go_to(start_anchor(order, received_us, self._time.hub_time(soon(due_us, SEEK_LEAD))).position)
        elif not await self._load_in_time(order, item_id, track, received_us):
            return
        self._follow(await self._start(order, received_us), order, just_started=True)

    async def _ends_at(self, local_us: float) -> bool:
        if self._mode != "playing" or self._deck.duration is None or (now := await self._deck.measure_position()) is None:
            return False
        ends_us = now.at_us + (self._deck.duration - now.position) * 1e6
        return abs(ends_us - local_us) < AT_ITS_END * 1e6

    async def _hand_over(self, due_us: float) -> None:
        """What is behind follows by itself, at the end of what plays: better than any start could be timed."""
        advanced = asyncio.Event()
        undo = self._deck.advanced.subscribe(lambda _: advanced.set())
        try:
            async with asyncio.timeout(max(0.0, (due_us - monotonic_us()) / 1e6) + OVERDUE):
                await advanced.wait()
        except TimeoutError:
            await self._deck.skip_to_next()
        finally:
            undo()
        # mpv reads the next one while the last of this one still sounds.
        await until(due_us)

    async def _load_in_time(
        self, order: SynchronizedPlayback, item_id: str, track: PlayableTrack, received_us: float
    ) -> bool:
        due_us = self._time.local_time(order.sync_time_us)
        if self._mode == "playing":
            await until(due_us - LEAD * 1e6)
        start = start_anchor(order, received_us, self._time.hub_time(soon(due_us, LEAD)))
        self._mode = "loading"
        return await self._load(item_id, track, start.position)

    async def _load(self, item_id: str, track: PlayableTrack, position: float) -> bool:
        self._error = None
        try:
            try:
                await self._deck.load(item_id, self._resolve(track.stream_url), position)
            except LoadFailed:
                # Its address may have expired.
                await self._deck.load(item_id, self._resolve(await self._renew(item_id)), position)
        except (LoadFailed, HubError, TimeoutError) as error:
            self._fail(item_id, str(error))
            return False
        self._rest = PositionSample(position, monotonic_us())
        return True

    async def _start(self, order: SynchronizedPlayback, received_us: float) -> Anchor:
        """Let what stands still in the deck sound at its time; where it will be from then on."""
        due_us = self._time.local_time(order.sync_time_us)
        start_us = max(due_us, monotonic_us() + self._time.start_latency_us)
        start = start_anchor(order, received_us, self._time.hub_time(start_us))
        if start.position - self._rest.position > EXACT.jump and self._deck.seekable:
            # Loading took longer than there was time: on to where the others are by then.
            start_us = soon(due_us, SEEK_LEAD)
            start = start_anchor(order, received_us, self._time.hub_time(start_us))
            await self._go_to(start.position)
        await until(start_us - self._time.start_latency_us)
        await self._deck.play()
        return anchor_of(order) if order.room_id else start

    async def _go_to(self, position: float) -> None:
        audible = await self._deck.measure_position()
        if audible is None or abs(audible.position - position) > NEAR:
            await self._deck.seek(position)
        self._rest = PositionSample(position, monotonic_us())

    async def _sounds_already(self, order: SynchronizedPlayback, item_id: str) -> bool:
        if self._mode != "playing" or self._deck.item_id != item_id or (now := await self._deck.measure_position()) is None:
            return False
        return abs(now.position - anchor_of(order).position_at(self._time.hub_time(now.at_us))) < ON_TIME

    def _follow(self, place: Anchor, order: SynchronizedPlayback, *, just_started: bool = False) -> None:
        self._in_room = bool(order.room_id)
        self._time.follow(place, just_started=just_started)
        self._turn("playing")

    def _fail(self, item_id: str, error: str) -> None:
        _LOGGER.warning("An item can't be played: %s", error)
        self._time.release()
        self._error = error
        self._rest = PositionSample(0.0, monotonic_us())
        self._turn("error")

    def _turn(self, mode: Mode) -> None:
        self._mode, self._item_id = mode, self._deck.item_id
        self._reporter.request_report(force=True)

    async def _get_ready(self) -> None:
        """Have at hand what the hub will ask for next: behind what is in the deck, or in it while nothing else is."""
        if (prepared := self._prepared) is None or prepared.queue_item_id in (self._deck.item_id, self._deck.next_id):
            return
        if prepared.queue_item_id is None or prepared.track is None:
            if self._deck.next_id is not None:
                await self._deck.set_next(None, "")
        elif self._mode in ("idle", "ended"):
            if await self._load(prepared.queue_item_id, prepared.track, 0.0):
                self._mode = "idle"
        elif self._mode != "error":
            await self._deck.set_next(prepared.queue_item_id, self._resolve(prepared.track.stream_url))
        self._reporter.request_report()

    # ------------------------------------------------------------ what the deck says

    def _ended(self, _item_id: str) -> None:
        if self._mode == "playing":
            self._rest = PositionSample(self._deck.duration or self._rest.position, monotonic_us())
            self._time.release()
            self._turn("ended")

    def _advanced(self, _item_id: str) -> None:
        if not self._lock.locked():
            # By itself, while the hub can't be heard: it is right wherever it is.
            self._time.follow(None)
            self._turn("playing")

    def _deck_changed(self) -> None:
        stalled, self._stalled = self._stalled, self._deck.stalling
        if stalled and not self._stalled and not self._in_room:
            self._time.follow(None)  # Alone it goes on where it was.
        self._reporter.request_report(force=stalled)

    # ------------------------------------------------------------ status

    async def status(self) -> PlayerStatus | None:
        """What it does, now; None while mpv is at the next item already, and the one before still sounds."""
        deck, mode = self._deck, self._mode
        if mode == "playing" and deck.item_id != self._item_id:
            return None
        audible = await deck.measure_position() if mode == "playing" else None
        now = audible or self._rest._replace(at_us=monotonic_us())
        error = self._time.error
        stalled = mode == "playing" and deck.stalling
        return PlayerStatus(
            state="buffering" if stalled or mode == "loading" else "idle" if mode in ("idle", "ended") else mode,  # type: ignore[arg-type]
            item_id=None if mode == "idle" else deck.item_id,
            position=0.0 if mode == "idle" else now.position,
            at_us=now.at_us,
            duration=None if mode == "idle" else deck.duration,
            buffered=max(0.0, deck.cached_until - now.position) if deck.cached_until and mode != "idle" else None,
            ready_item_id=None if mode in ("loading", "error") or self._lock.locked() else deck.ready_id,
            sync_error_ms=None if error is None else round(error * 1000, 3),
            error=self._error if mode == "error" else None,
        )


async def _tolerant(work: Coroutine[Any, Any, None]) -> None:
    """What mpv refuses, or can't do any more, is no end: it is opened anew, or the next order brings it."""
    try:
        await work
    except MpvError as error:
        _LOGGER.warning("%s", error)


async def until(local_us: float) -> None:
    """Wait for a local time."""
    if (wait := (local_us - monotonic_us()) / 1e6) > 0:
        await asyncio.sleep(wait)


def soon(due_us: float, lead: float) -> float:
    """That local time, or as many seconds from now if it is too near."""
    return max(due_us, monotonic_us() + lead * 1e6)
