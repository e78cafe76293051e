"""The tone of an alarm, made by this machine: an alarm rings even if no music can be fetched."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
import logging
import math
from pathlib import Path
import struct
import tempfile
from typing import Final
import wave

_LOGGER = logging.getLogger(__name__)

RATE: Final = 16_000
"""Samples a second."""
BEEPS: Final = ((660, 0.22), (0, 0.12), (880, 0.22), (0, 0.94))
"""Pitch in Hz (0: silence) and duration in seconds."""
LOUDNESS: Final = 0.6
EDGE_SECONDS: Final = 0.01
"""How long a beep swells and fades, so that it doesn't click."""


def write_tone(path: Path) -> None:
    """Write one round of beeps as a WAV file."""
    samples = [sample for pitch, seconds in BEEPS for sample in _beep(pitch, seconds)]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))


def _beep(pitch: int, seconds: float) -> list[int]:
    count = round(seconds * RATE)
    edge = EDGE_SECONDS * RATE
    return [
        round(32_767 * LOUDNESS * min(1.0, n / edge, (count - n) / edge) * math.sin(2 * math.pi * pitch * n / RATE))
        for n in range(count)
    ]


class Tone:
    """Plays the tone by a process of its own, beside the music's."""

    def __init__(self, program: str, options: Sequence[str]) -> None:
        """`program` is mpv, `options` choose its output."""
        self._command = (program, "--no-config", "--no-video", "--no-terminal", "--loop-file=inf", *options)
        self._process: asyncio.subprocess.Process | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._lock = asyncio.Lock()

    async def set(self, *, sounds: bool) -> None:
        """Start the tone if `sounds` is true, otherwise stop it."""
        async with self._lock:
            if not sounds:
                await self._stop()
            elif self._process is None or self._process.returncode is not None:
                await self._stop()
                await self._start()

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        folder, self._folder = self._folder, None
        if folder is not None:
            await asyncio.to_thread(folder.cleanup)

    async def _start(self) -> None:
        try:
            self._folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="moosicbox-")
            path = Path(self._folder.name) / "alarm.wav"
            await asyncio.to_thread(write_tone, path)
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                str(path),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            _LOGGER.error("The tone of an alarm can't be played: %s", error)  # noqa: TRY400
