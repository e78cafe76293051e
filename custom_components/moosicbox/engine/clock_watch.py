"""Detects that the time of day was set, such as by NTP on a computer without a hardware clock."""

import asyncio
from collections.abc import Callable
import os
import time
from typing import Final

FAR_SECONDS: Final = 10.0 * 365 * 86_400


class ClockWatch:
    """Calls a function when the time of day is set. Needs Linux's timerfd; elsewhere the function is never called."""

    def __init__(self, jumped: Callable[[], None]) -> None:
        self._jumped = jumped
        self._file: int | None = None

    def start(self) -> None:
        """Start watching; do nothing if already started."""
        if self._file is None and hasattr(os, "timerfd_create"):
            self._file = os.timerfd_create(time.CLOCK_REALTIME, flags=os.TFD_NONBLOCK | os.TFD_CLOEXEC)
            self._arm(self._file)
            asyncio.get_running_loop().add_reader(self._file, self._read)

    def stop(self) -> None:
        """Stop watching."""
        if self._file is not None:
            asyncio.get_running_loop().remove_reader(self._file)
            os.close(self._file)
            self._file = None

    def _arm(self, file: int) -> None:
        # A timer in the far future, which the kernel cancels when the clock is set.
        os.timerfd_settime(
            file, flags=os.TFD_TIMER_ABSTIME | os.TFD_TIMER_CANCEL_ON_SET, initial=time.time() + FAR_SECONDS
        )

    def _read(self) -> None:
        if (file := self._file) is None:
            return
        try:
            os.read(file, 8)
        except OSError:
            # ECANCELED: the clock was set.
            self._jumped()
        self._arm(file)
