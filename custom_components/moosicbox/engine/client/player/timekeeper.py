"""Holds what plays where it should be by the hub's time, by small changes of speed, and jumps where these don't do."""

import asyncio
import logging
from typing import Final

from ...sync.clock_filter import ClockFilter
from ...sync.drift import EXACT, DriftController
from ..pending import monotonic_us
from .deck import Deck
from .mpv import MpvError
from .orders import Anchor

_LOGGER = logging.getLogger(__name__)

TICK: Final = 0.5
ON_TIME: Final = 0.1
"""Seconds; an order this near to what sounds is the same one, measured again."""
MAX_JUMPS: Final = 3
"""Jumps in a row that didn't help: then it is left at that until the next order."""


class Timekeeper:
    """One deck's time. While it follows nothing, it leaves the deck alone."""

    def __init__(self, deck: Deck, clock: ClockFilter, delay_ms: float) -> None:
        """`delay_ms` is what the sound needs after mpv."""
        self.delay_us = delay_ms * 1000
        self.start_latency_us = 0.0
        """How much later than told mpv begins to sound, as it was seen."""
        self._deck = deck
        self._clock = clock
        self._drift = DriftController(EXACT)
        self._following = False
        self._place: Anchor | None = None
        """Where the music should be; None: wherever it is."""
        self._jumps = 0
        self._just_started = False

    @property
    def error(self) -> float | None:
        """Seconds that the sound is ahead."""
        return self._drift.error if self._following else None

    def follow(self, place: Anchor | None, *, just_started: bool = False) -> None:
        """From now on the music should be there; None: it is right wherever it is."""
        self._following, self._place, self._just_started = True, place, just_started
        self._drift.reset()
        self._jumps = 0

    def release(self) -> None:
        """Nothing plays, or something is being done to it."""
        self._following, self._place = False, None

    def local_time(self, hub_us: float) -> float:
        """The local time at which mpv must do what is to be heard at a time of the hub."""
        return self._clock.local_at(hub_us) - self.delay_us

    def hub_time(self, local_us: float) -> float:
        """The hub's time at which is heard what mpv puts out at a local time."""
        return self._clock.hub_now(local_us) + self.delay_us

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(TICK)
            if self._following and not self._deck.stalling and self._clock.ready:
                try:
                    await self._check()
                except MpvError as error:
                    _LOGGER.debug("%s", error)

    async def _check(self) -> None:
        if (audible := await self._deck.measure_position()) is None or not self._following:
            return
        if self._place is None:
            self._place = Anchor(audible.position, self.hub_time(audible.at_us), 1.0)
        error = audible.position - self._place.position_at(self.hub_time(audible.at_us))
        if self._just_started and abs(error) < ON_TIME:
            self.start_latency_us = max(0.0, self.start_latency_us - error * 1e6 / 2)
        self._just_started = False
        correction = self._drift.correct(error, audible.at_us / 1e6)
        if not correction.jump:
            await self._deck.set_speed(self._place.rate * correction.rate)
        elif self._deck.seekable and self._jumps < MAX_JUMPS:
            self._jumps += 1
            await self._deck.seek(self._place.position_at(self.hub_time(monotonic_us())))
            self._drift.reset()
