"""Marks: sounds of which PulseAudio says when they will be heard. They give the recording of a sound card its clock."""

import asyncio
from statistics import median
import time
from typing import Final

from pasimple import PA_SAMPLE_S16LE, PA_STREAM_PLAYBACK, PaSimple

from .listener import Listener
from .ruler import RATE
from .sound_card import SoundCard

COUNT: Final = 5
BLOCK: Final = RATE // 100
BUFFER_SECONDS: Final = 0.2
SILENT_BLOCKS: Final = 50
LOUD_BLOCKS: Final = 10
SETTLE: Final = 1.0
"""Seconds until the last mark has been heard and read."""


class Marks:
    """Plays marks on an output of its own."""

    def __init__(self, card: SoundCard, output: str, listener: Listener) -> None:
        self._server = card.environment["PULSE_SERVER"]
        self._output = output
        self._listener = listener

    async def offset(self) -> float:
        """Return by how many seconds the times of the recording are later than those of the machine's clock."""
        self._listener.onsets.clear()
        due = await asyncio.to_thread(self._play)
        await asyncio.sleep(SETTLE)
        return median(heard - at for at, heard in zip(due, self._listener.onsets, strict=True))

    def _play(self) -> list[float]:
        silence, sound = bytes(4 * BLOCK), b"\x00\x40" * (2 * BLOCK)
        due: list[float] = []
        with PaSimple(
            PA_STREAM_PLAYBACK,
            PA_SAMPLE_S16LE,
            channels=2,
            rate=RATE,
            server_name=self._server,
            device_name=self._output,
            tlength=round(4 * RATE * BUFFER_SECONDS),
        ) as stream:
            for _ in range(COUNT):
                for _ in range(SILENT_BLOCKS):
                    stream.write(silence)
                due.append(time.monotonic() + stream.get_latency() / 1e6)
                for _ in range(LOUD_BLOCKS):
                    stream.write(sound)
            stream.drain()
        return due
