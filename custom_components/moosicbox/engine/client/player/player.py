"""A headless player: it executes the orders of its `play:` topic at the hub's time, and reports its state.

Each order is executed by a task that the next order cancels and replaces: the newest order always wins. Between orders, a
timekeeper keeps the playback on the timeline.

The protocol's page: docs/protocol/playing.md.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
import logging
from typing import Any

from ...protocol.client import Request
from ...protocol.server import Prepare, SynchronizedPlayback, VolumeUpdate
from ...sync.clock_filter import ClockFilter
from ...sync.orders import is_same_order
from ..pending import monotonic_us
from .deck import Deck
from .executor import OrderExecutor, RenewAddress
from .mpv import MpvError
from .reporter import PlayerStatus, Reporter
from .state import Mode, PlayerState
from .timekeeper import Timekeeper

_LOGGER = logging.getLogger(__name__)

type Work = Callable[[], Coroutine[Any, Any, None]]


class HeadlessPlayer:
    """Plays on a deck what the hub orders."""

    def __init__(
        self,
        deck: Deck,
        clock: ClockFilter,
        *,
        send: Callable[[Request], Awaitable[bool]],
        renew: RenewAddress,
        resolve: Callable[[str], str],
        delay_ms: float = 0,
    ) -> None:
        """Create a player.

        Args:
            deck: An open deck.
            clock: The hub's clock.
            send: Sends a message to the hub, and returns whether it was sent.
            renew: Returns a fresh address for an item of the queue.
            resolve: Makes an address of the hub absolute.
            delay_ms: How much later than mpv's output the sound is audible.
        """
        self._deck = deck
        self._clock = clock
        self._timekeeper = Timekeeper(deck, clock, delay_ms)
        self._state = PlayerState(deck, self._timekeeper)
        self._reporter = Reporter(clock, self.status, send, self._timekeeper.delay_us)
        self._executor = OrderExecutor(
            deck,
            clock,
            self._timekeeper,
            self._state,
            renew=renew,
            resolve=resolve,
            on_change=partial(self._reporter.request_report, force=True),
        )
        self._order: SynchronizedPlayback | None = None
        self._order_clock_id: str | None = None
        self._prepared: Prepare | None = None
        """The hub's latest `prepare`, with the item that will follow."""
        self._executing: asyncio.Task[None] | None = None
        self._preloading: asyncio.Task[None] | None = None
        self._background: set[asyncio.Task[None]] = set()
        self._deck_lock = asyncio.Lock()
        self._was_stalling = False

    async def run(self) -> None:
        """Play until cancelled."""
        self._deck.ended.subscribe(self._on_ended)
        self._deck.failed.subscribe(self._on_failed)
        self._deck.advanced.subscribe(self._on_advanced)
        self._deck.changed.subscribe(self._on_deck_changed)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._reporter.run())
                tasks.create_task(self._timekeeper.run())
        finally:
            tasks_left = [task for task in (self._executing, self._preloading, *self._background) if task is not None]
            for task in tasks_left:
                task.cancel()
            await asyncio.gather(*tasks_left, return_exceptions=True)

    # ---- input from the hub

    def handle_message(self, message: object) -> None:
        """Handle a message of the `play:` topic."""
        match message:
            case SynchronizedPlayback():
                self._accept(message)
            case Prepare():
                self._prepared = message
                self._cancel_preload()
                self._preloading = asyncio.create_task(self._run_exclusively(self._preload))
            case VolumeUpdate():
                self._run_in_background(self._deck.set_volume(message.volume, muted=message.muted))

    def clock_updated(self) -> None:
        """Note that the clock has a new estimate."""
        self._executor.clock_updated()
        # A restarted hub sends its order again, or has lost it.
        if self._order is not None and self._order_clock_id not in (None, self._clock.clock_id):
            self.stop()
        self._reporter.request_report()

    def report(self) -> None:
        """Report everything anew, as after a welcome."""
        self._reporter.request_report(force=True)

    def stop(self) -> None:
        """Stop the playback, and forget the current order."""
        self._order = self._order_clock_id = None
        self._replace(self._executor.stop)

    def restart(self) -> None:
        """Execute the current order again, after the deck was opened anew."""
        self._state.mode, order, self._order = "idle", self._order, None
        if order is not None:
            self._accept(order)

    async def status(self) -> PlayerStatus | None:
        """Return the status to report; `None` during a change of items."""
        return await self._state.status(busy=self._deck_lock.locked())

    # ---- tasks

    def _accept(self, order: SynchronizedPlayback) -> None:
        if is_same_order(self._order, order) and self._order_clock_id == self._clock.clock_id:
            return
        self._order, self._order_clock_id = order, self._clock.clock_id
        self._replace(partial(self._execute, order, monotonic_us()))

    async def _execute(self, order: SynchronizedPlayback, received_us: float) -> None:
        await self._executor.execute(order, received_us)
        await self._preload()

    async def _preload(self) -> None:
        if self._prepared is not None:
            await self._executor.preload(self._prepared)
            self._reporter.request_report()

    def _replace(self, work: Work) -> None:
        if self._executing is not None:
            self._executing.cancel()
        if self._order is None or self._order.queue_item_id != self._deck.item_id:
            self._cancel_preload()  # The new item must not wait for the one after it.
        self._executing = asyncio.create_task(self._run_exclusively(work))

    def _cancel_preload(self) -> None:
        if self._preloading is not None:
            self._preloading.cancel()

    async def _run_exclusively(self, work: Work) -> None:
        async with self._deck_lock:
            await _log_mpv_errors(work())

    def _run_in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_log_mpv_errors(work))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    # ---- events of the deck

    def _on_ended(self, _item_id: str) -> None:
        if self._state.mode == "playing":
            self._executor.end()

    def _on_failed(self, _item_id: str, error: str) -> None:
        self._executor.fail(error)

    def _on_advanced(self, _item_id: str) -> None:
        if not self._deck_lock.locked():
            # The next item followed without an order, as without a connection: its position is correct by definition.
            self._timekeeper.follow(None)
            self._set_mode("playing")

    def _on_deck_changed(self) -> None:
        was_stalling, self._was_stalling = self._was_stalling, self._deck.stalling
        if was_stalling and not self._was_stalling and not self._state.in_room:
            self._timekeeper.follow(None)  # Outside of a room, playback continues where it stalled.
        self._reporter.request_report(force=was_stalling)

    def _set_mode(self, mode: Mode) -> None:
        self._state.set_mode(mode)
        self._reporter.request_report(force=True)


async def _log_mpv_errors(work: Coroutine[Any, Any, None]) -> None:
    """Await `work`; an error of mpv is only logged, since a restart of mpv or the next order repairs it."""
    try:
        await work
    except MpvError as error:
        _LOGGER.warning("%s", error)
