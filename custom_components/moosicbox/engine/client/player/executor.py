"""Executes the hub's orders on the deck, at the hub's time.

The protocol's section: "Orders" in docs/protocol/playing.md. All methods are cancellable: a newer order replaces the one
that is being executed.
"""

import asyncio
from collections.abc import Awaitable, Callable
import logging
from typing import Final

from ...protocol.errors import HubError
from ...protocol.server import Prepare, SynchronizedPlayback
from ...protocol.types import PlayableTrack
from ...sync.clock_filter import ClockFilter
from ...sync.drift import EXACT
from ...sync.orders import Anchor, anchor_of, start_anchor, station_address
from ..pending import monotonic_us
from .deck import Deck, LoadFailed, PositionSample
from .state import Mode, PlayerState
from .timekeeper import ON_TIME, Timekeeper

_LOGGER = logging.getLogger(__name__)

LOAD_LEAD: Final = 0.3
"""Seconds before an order's time at which its item is loaded; until then the current item plays on."""
SEEK_LEAD: Final = 0.08
"""Seconds before an order's time at which the deck seeks."""
NEAR_END: Final = 1.0
"""Seconds; an order for the next item this near to the end of the current one waits for that end."""
OVERDUE: Final = 0.15
"""Seconds after which an item is started that should have followed the previous one automatically."""
SAME_SPEED: Final = 0.02
"""Speeds that differ by less than this are the same, apart from a correction."""
SEEK_TOLERANCE: Final = 0.002
"""Seconds; a paused item this near to its position needs no seek."""

type RenewAddress = Callable[[str], Awaitable[str]]
"""Returns a fresh address for an item of the queue."""


class OrderExecutor:
    """Executes orders, one at a time, on a deck."""

    def __init__(
        self,
        deck: Deck,
        clock: ClockFilter,
        timekeeper: Timekeeper,
        state: PlayerState,
        *,
        renew: RenewAddress,
        resolve: Callable[[str], str],
        on_change: Callable[[], None],
    ) -> None:
        """Create an executor.

        Args:
            deck: The deck.
            clock: The hub's clock.
            timekeeper: Keeps the deck on the timeline between orders.
            state: The player's state, which is updated here.
            renew: Returns a fresh address for an item whose address has expired.
            resolve: Makes an address of the hub absolute.
            on_change: Called when the state changed and is to be reported.
        """
        self._deck = deck
        self._clock = clock
        self._timekeeper = timekeeper
        self._state = state
        self._renew = renew
        self._resolve = resolve
        self._on_change = on_change
        self._clock_ready = asyncio.Event()

    def clock_updated(self) -> None:
        """Note that the clock has an estimate: a waiting order can be executed."""
        self._clock_ready.set()

    async def execute(self, order: SynchronizedPlayback, received_us: float) -> None:
        """Execute an order that was received at local time `received_us`."""
        self._timekeeper.release()
        if not self._clock.ready:
            self._clock_ready.clear()
            await self._clock_ready.wait()
        if order.command == "stop" or order.queue_item_id is None or order.track is None:
            await wait_until(self._timekeeper.local_time(order.sync_time_us))
            await self.stop()
        elif order.command == "pause":
            await wait_until(self._timekeeper.local_time(order.sync_time_us))
            await self._pause(order, order.queue_item_id, order.track)
        else:
            await self._play(order, order.queue_item_id, order.track, self._clock.hub_now(received_us))

    async def stop(self) -> None:
        """Stop and empty the deck."""
        self._timekeeper.release()
        await self._deck.stop()
        self._set_mode("idle")

    async def preload(self, prepared: Prepare) -> None:
        """Buffer the item that will follow: behind the item in the deck, or in the deck if that is idle."""
        if prepared.queue_item_id in (self._deck.item_id, self._deck.next_id):
            return
        if prepared.queue_item_id is None or prepared.track is None:
            if self._deck.next_id is not None:
                await self._deck.set_next(None, "")
        elif self._state.mode in ("idle", "ended"):
            if await self._load(prepared.queue_item_id, prepared.track, 0.0, prepared.gain_db or 0.0):
                self._state.mode = "idle"
        elif self._state.mode != "error":
            address = self._resolve(prepared.track.stream_url)
            await self._deck.set_next(prepared.queue_item_id, address, prepared.gain_db or 0.0)

    def end(self) -> None:
        """Note that the item in the deck has ended."""
        self._state.resting = PositionSample(self._deck.duration or self._state.resting.position, monotonic_us())
        self._timekeeper.release()
        self._set_mode("ended")

    def fail(self, error: str) -> None:
        """Note that the item in the deck can't be played."""
        _LOGGER.warning("An item can't be played: %s", error)
        self._timekeeper.release()
        self._state.error = error
        self._state.resting = PositionSample(0.0, monotonic_us())
        self._set_mode("error")

    async def _pause(self, order: SynchronizedPlayback, item_id: str, track: PlayableTrack) -> None:
        position = order.start_position
        if self._holds(item_id) and self._state.mode in ("playing", "paused"):
            await self._deck.pause()
            await self._deck.set_speed(1.0)
            await self._seek(position)
        elif not await self._load(item_id, track, position, order.gain_db or 0.0):
            return
        self._set_mode("paused")

    async def _play(self, order: SynchronizedPlayback, item_id: str, track: PlayableTrack, received_us: float) -> None:
        due_us = self._timekeeper.local_time(order.sync_time_us)
        if await self._is_on_timeline(order, item_id):
            self._follow(anchor_of(order), order)
            return
        if self._deck.next_id == item_id and await self._ends_near(due_us):
            await self._change_over(due_us)
            await self._deck.set_gain(order.gain_db or 0.0)
            await self._set_speed(order)
            self._follow(anchor_of(order), order)
            return
        is_station = station_address(track.stream_url, 0.0) is not None
        if self._holds(item_id) and self._state.mode in ("playing", "paused", "idle") and not is_station:
            await wait_until(due_us - SEEK_LEAD * 1e6)
            await self._deck.pause()
            await self._deck.set_gain(order.gain_db or 0.0)
            start = start_anchor(order, received_us, self._timekeeper.hub_time(not_before(due_us, SEEK_LEAD)))
            await self._set_speed(order, start.position)
            await self._seek(start.position)
        elif not await self._load_for_start(order, item_id, track, received_us):
            return
        self._follow(await self._start(order, received_us), order, just_started=True)

    def _holds(self, item_id: str) -> bool:
        return self._deck.item_id == item_id and not self._deck.at_end

    async def _is_on_timeline(self, order: SynchronizedPlayback, item_id: str) -> bool:
        if self._state.mode != "playing" or self._deck.item_id != item_id:
            return False
        if (sample := await self._deck.measure_position()) is None or not self._has_speed(order):
            return False
        wanted = anchor_of(order).position_at(self._timekeeper.hub_time(sample.at_us))
        return abs(sample.position - wanted) < ON_TIME

    async def _ends_near(self, local_us: float) -> bool:
        if self._state.mode != "playing" or self._deck.duration is None:
            return False
        if (sample := await self._deck.measure_position()) is None:
            return False
        end_us = sample.at_us + (self._deck.duration - sample.position) / self._deck.speed * 1e6
        return abs(end_us - local_us) < NEAR_END * 1e6

    async def _change_over(self, due_us: float) -> None:
        """Let the next item follow at the end of the current one, which has no gap, unlike any timed start."""
        advanced = asyncio.Event()
        unsubscribe = self._deck.advanced.subscribe(lambda _: advanced.set())
        try:
            async with asyncio.timeout(max(0.0, (due_us - monotonic_us()) / 1e6) + OVERDUE):
                await advanced.wait()
        except TimeoutError:
            await self._deck.skip_to_next()
        finally:
            unsubscribe()
        # mpv reads the next item while the end of the current one is still audible.
        await wait_until(due_us)

    async def _load_for_start(
        self, order: SynchronizedPlayback, item_id: str, track: PlayableTrack, received_us: float
    ) -> bool:
        due_us = self._timekeeper.local_time(order.sync_time_us)
        if self._state.mode == "playing":
            await wait_until(due_us - LOAD_LEAD * 1e6)
        start = start_anchor(order, received_us, self._timekeeper.hub_time(not_before(due_us, LOAD_LEAD)))
        self._state.mode = "loading"
        return await self._load(item_id, track, start.position, order.gain_db or 0.0, start.rate)

    async def _load(
        self, item_id: str, track: PlayableTrack, position: float, gain_db: float, speed: float = 1.0
    ) -> bool:
        self._state.error = None
        try:
            try:
                await self._load_from(track.stream_url, item_id, position, gain_db, speed)
            except LoadFailed:
                # The address may have expired.
                await self._load_from(await self._renew(item_id), item_id, position, gain_db, speed)
        except (LoadFailed, HubError, TimeoutError) as error:
            self.fail(str(error))
            return False
        self._state.resting = PositionSample(position, monotonic_us())
        return True

    async def _load_from(self, address: str, item_id: str, position: float, gain_db: float, speed: float) -> None:
        station = station_address(address, position)
        url = self._resolve(station or address)
        await self._deck.load(item_id, url, position, gain_db, speed, begins=None if station is None else position)

    async def _start(self, order: SynchronizedPlayback, received_us: float) -> Anchor:
        """Unpause the item in the deck at the order's time, and return the timeline from then on."""
        due_us = self._timekeeper.local_time(order.sync_time_us)
        start_us = max(due_us, monotonic_us() + self._timekeeper.start_latency_us)
        start = start_anchor(order, received_us, self._timekeeper.hub_time(start_us))
        if start.position - self._state.resting.position > EXACT.jump and self._deck.seekable:
            # Loading took too long: seek to the position that the other players will have reached.
            start_us = not_before(due_us, SEEK_LEAD)
            start = start_anchor(order, received_us, self._timekeeper.hub_time(start_us))
            await self._seek(start.position)
        await wait_until(start_us - self._timekeeper.start_latency_us)
        await self._deck.play()
        return anchor_of(order) if order.room_id else start

    def _has_speed(self, order: SynchronizedPlayback) -> bool:
        # Corrections are far smaller than the steps of speeds.
        return abs(self._deck.speed - anchor_of(order).rate) < SAME_SPEED

    async def _set_speed(self, order: SynchronizedPlayback, position: float | None = None) -> None:
        """Set the speed of an order. At a position, discard the sound that was prepared at another one."""
        if not self._has_speed(order):
            rate = anchor_of(order).rate
            await self._deck.set_speed(rate, keeps_pitch=rate != 1)
            if position is not None:
                await self._deck.seek(position)

    async def _seek(self, position: float) -> None:
        sample = await self._deck.measure_position()
        if sample is None or abs(sample.position - position) > SEEK_TOLERANCE:
            await self._deck.seek(position)
        self._state.resting = PositionSample(position, monotonic_us())

    def _follow(self, anchor: Anchor, order: SynchronizedPlayback, *, just_started: bool = False) -> None:
        self._state.in_room = bool(order.room_id)
        self._timekeeper.follow(anchor, just_started=just_started)
        self._set_mode("playing")
        if self._deck.at_end:
            # The timeline was beyond the end before the item could begin.
            self.end()

    def _set_mode(self, mode: Mode) -> None:
        self._state.set_mode(mode)
        self._on_change()


async def wait_until(local_us: float) -> None:
    """Wait until a local time; return at once if it has passed."""
    if (wait := (local_us - monotonic_us()) / 1e6) > 0:
        await asyncio.sleep(wait)


def not_before(due_us: float, lead: float) -> float:
    """Return the local time `due_us`, or the time in `lead` seconds if that is later."""
    return max(due_us, monotonic_us() + lead * 1e6)
