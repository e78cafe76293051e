"""The reference player's scheduling in virtual time: when it plays audio that comes exactly, on a card that is exact.

It shows what of the measured delays is the player's own, with any server. The player pairs the time at which a block will
be heard with the time at which it writes that block, so that it is late by what its output holds. Its correction compares
the position at the beginning of a block with the end of that block, to which it has read: it plays ever later until it is
late by nearly a block more. Errors below 2 ms aren't corrected.
"""

from collections.abc import Callable
import random
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

from aiosendspin.client import PCMFormat
import numpy as np
from sendspin.audio import AudioPlayer

from benchmarks.report import Row, median

RATE: Final = 48_000
BLOCK: Final = 2048
"""Frames that the player writes at once."""
LATENCY_US: Final = 85_333
"""The latency of ALSA by way of PulseAudio, as the player gets it."""
CHUNK: Final = 1152
AHEAD_US: Final = 1_700_000
START_US: Final = 1_000_000
LEAD_US: Final = 300_000
PLAYERS: Final = 6
SECONDS: Final = 90
LATE_SECONDS: Final = 30
"""Seconds at the end that are counted."""
WAKE_US: Final = 5_000
"""How much later than it could a block is asked for, at most."""


class Played(NamedTuple):
    """Milliseconds by which sound was late: at its beginning, and at the end."""

    first: float
    last: float


class _Stream:
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def close(self) -> None: ...


def rows() -> list[Row]:
    """Measure exact wake-ups, and those of a machine that does other things, too."""
    exact = play(lambda: 0.0)
    spread = [play(random.Random(seed).random).last for seed in range(PLAYERS)]
    what = "reference player alone, in virtual time"
    return [
        Row(f"{what}: later than due when it begins", exact.first, "ms"),
        Row(f"{what}: later than due after a minute", exact.last, "ms"),
        Row(f"{what}, woken up to 5 ms late: apart, most of {PLAYERS}", max(spread) - min(spread), "ms"),
    ]


def play(late: Callable[[], float]) -> Played:
    """Let a player play; `late` returns how late it is woken, from 0 to 1."""
    now_us = START_US - LEAD_US
    player: Any = AudioPlayer(lambda at: at, lambda at: at, lambda: now_us)
    player._format = PCMFormat(sample_rate=RATE, channels=1, bit_depth=32)  # noqa: SLF001
    player._stream = _Stream()  # noqa: SLF001
    sent, blocks, delays = 0, 0, []
    begun_us: int | None = None
    while sent < SECONDS * RATE:
        while (due_us := START_US + sent * 1_000_000 // RATE) < now_us + AHEAD_US:
            # Each sample says its place; 0 is silence.
            player.submit(due_us, np.arange(sent + 1, sent + 1 + CHUNK, dtype=np.int32).tobytes())
            sent += CHUNK
        begun_us = begun_us or now_us
        free_us = begun_us + blocks * BLOCK * 1_000_000 // RATE
        now_us = round(free_us + late() * WAKE_US)
        out = bytearray(4 * BLOCK)
        told = SimpleNamespace(outputBufferDacTime=(free_us + LATENCY_US) / 1e6)
        player._audio_callback(memoryview(out), BLOCK, told, None)  # noqa: SLF001
        blocks += 1
        samples = np.frombuffer(out, np.int32)
        if (sounding := np.flatnonzero(samples)).size:
            at = int(sounding[0])
            heard_us = free_us + LATENCY_US + at * 1e6 / RATE
            delays.append((heard_us - START_US - (int(samples[at]) - 1) * 1e6 / RATE) / 1e3)
    player.stop()
    return Played(delays[0], median(delays[-LATE_SECONDS * RATE // BLOCK :]))
