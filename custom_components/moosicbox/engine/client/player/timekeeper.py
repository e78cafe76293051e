"""Keeps the playback on the hub's timeline, by small changes of speed and, for large errors, by seeking.

The protocol's section: "In time with others" in docs/protocol/playing.md.
"""

import asyncio
import logging
from typing import Final

from ...sync.clock_filter import ClockFilter
from ...sync.drift import EXACT, DriftController
from ...sync.orders import Anchor
from ..pending import monotonic_us
from .deck import Deck
from .mpv import MpvError

_LOGGER = logging.getLogger(__name__)

CHECK_INTERVAL: Final = 0.5
ON_TIME: Final = 0.1
"""Seconds of error within which playback counts as being on an order's timeline already."""
MAX_SEEKS: Final = 3
"""Seeks in a row that don't help; then the error is left alone until the next order."""


class Timekeeper:
    """Corrects one deck while it follows a timeline, and converts between the hub's and the local clock.

    Attributes:
        delay_us: How much later than mpv's output the sound is audible.
        start_latency_us: How much later than commanded mpv starts to sound, as measured at earlier starts.
    """

    def __init__(self, deck: Deck, clock: ClockFilter, delay_ms: float) -> None:
        self.delay_us = delay_ms * 1000
        self.start_latency_us = 0.0
        self._deck = deck
        self._clock = clock
        self._drift = DriftController(EXACT)
        self._following = False
        self._anchor: Anchor | None = None
        self._seeks = 0
        self._just_started = False

    @property
    def error(self) -> float | None:
        """Seconds that the sound is ahead of the timeline; `None` while no timeline is followed."""
        return self._drift.error if self._following else None

    def follow(self, anchor: Anchor | None, *, just_started: bool = False) -> None:
        """Follow a timeline.

        Args:
            anchor: The timeline; `None` to take the current position as correct.
            just_started: The playback was started for it now, so that its first error measures the latency.
        """
        self._following, self._anchor, self._just_started = True, anchor, just_started
        self._drift.reset()
        self._seeks = 0

    def release(self) -> None:
        """Follow no timeline, and leave the deck alone."""
        self._following, self._anchor = False, None

    def local_time(self, hub_us: float) -> float:
        """Return the local time at which mpv must act for its effect to be audible at a hub time."""
        return self._clock.local_at(hub_us) - self.delay_us

    def hub_time(self, local_us: float) -> float:
        """Return the hub time at which mpv's output at a local time is audible."""
        return self._clock.hub_now(local_us) + self.delay_us

    async def run(self) -> None:
        """Check the position in intervals, until cancelled."""
        while True:
            await asyncio.sleep(CHECK_INTERVAL)
            if self._following and not self._deck.stalling and self._clock.ready:
                try:
                    await self._check()
                except MpvError as error:
                    _LOGGER.debug("%s", error)

    async def _check(self) -> None:
        if (sample := await self._deck.measure_position()) is None or not self._following:
            return
        if self._anchor is None:
            self._anchor = Anchor(sample.position, self.hub_time(sample.at_us), self._deck.speed)
        error = sample.position - self._anchor.position_at(self.hub_time(sample.at_us))
        if self._just_started and abs(error) < ON_TIME:
            self.start_latency_us = max(0.0, self.start_latency_us - error * 1e6 / 2)
        self._just_started = False
        correction = self._drift.correct(error, sample.at_us / 1e6)
        if not correction.jump:
            await self._deck.set_speed(self._anchor.rate * correction.rate, keeps_pitch=self._anchor.rate != 1)
        elif self._deck.seekable and self._seeks < MAX_SEEKS:
            self._seeks += 1
            await self._deck.seek(self._anchor.position_at(self.hub_time(monotonic_us())))
            self._drift.reset()
