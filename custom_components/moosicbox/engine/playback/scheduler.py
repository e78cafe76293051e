"""Advances playbacks when they are due."""

from ..clock import Clock
from ..timers import Timer, Timers
from .player import PlaybackContext


class PlaybackScheduler:
    """Keeps a timer for each playback that is due later."""

    def __init__(self, timers: Timers, clock: Clock) -> None:
        self._timers = timers
        self._clock = clock
        self._scheduled: dict[str, Timer] = {}

    def schedule(self, context: PlaybackContext) -> None:
        """Set the timer of a playback that may have changed."""
        timer = self._scheduled.get(context.topic)
        due_us = context.playback.due_us
        if timer is not None and timer.action is not None and timer.due_us == due_us:
            return
        if timer is not None:
            timer.cancel()
        if due_us is None:
            self._scheduled.pop(context.topic, None)
        else:
            self._scheduled[context.topic] = self._timers.at(due_us, self._advance, context)

    def cancel(self, context: PlaybackContext) -> None:
        """Cancel the timer of a playback that is removed."""
        if (timer := self._scheduled.pop(context.topic, None)) is not None:
            timer.cancel()

    def _advance(self, context: PlaybackContext) -> None:
        context.playback.advance(self._clock.now_us())
        self.schedule(context)
