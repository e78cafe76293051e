"""Measures the loudness of tracks whose tags don't contain it, in the background, with ffmpeg."""

import asyncio
from collections.abc import Callable
import contextlib
import logging
import math
import os
from pathlib import Path
import re
from typing import BinaryIO, Final, NamedTuple

from ..ffmpeg_process import run_ffmpeg
from ..protocol.errors import HubError
from .index import loudness
from .index.database import Database
from .index.loudness import ToMeasure
from .safe_open import open_inside
from .streaming.formats import CONTAINERS
from .streaming.input import input_arguments

_LOGGER = logging.getLogger(__name__)

SILENCE_LUFS: Final = -69.9
MAX_GAIN: Final = 51.0
MAX_SECONDS: Final = 3_600
"""Most seconds of a track that are measured."""
TIMEOUT_SECONDS: Final = 1_800
"""How long one measurement may take."""
NICENESS: Final = 19
POLL_SECONDS: Final = 600.0
"""Interval at which the index is queried for tracks to measure while there are none."""
PAUSE_FACTOR: Final = 1.0
"""The pause after a measurement, as a multiple of its duration: at most half of one core is used."""
MAX_OUTPUT: Final = 65_536
"""Bytes of ffmpeg's messages; the summary comes last."""
_INTEGRATED: Final = re.compile(rb"Integrated loudness:\s+I:\s+(-?[\d.]+|-?inf|nan) LUFS")
_PEAK: Final = re.compile(rb"Sample peak:\s+Peak:\s+(-?[\d.]+|-?inf|nan) dBFS")


class Loudness(NamedTuple):
    """A track's gain in dB and its peak as a part of full scale; no gain for silence and for what can't be measured."""

    gain: float | None
    peak: float | None


class LoudnessMeter:
    """Measures the tracks without a known loudness, one at a time, and writes the results to the index.

    Args:
        database: The index.
        ffmpeg: The program.
        root_of: Returns the library's folder in which a path lies, without links; None if it lies in none.
        is_busy: Returns whether a scan is running; nothing is measured meanwhile.
    """

    def __init__(
        self,
        database: Database,
        ffmpeg: str,
        root_of: Callable[[Path], Path | None],
        is_busy: Callable[[], bool],
    ) -> None:
        self._database = database
        self._ffmpeg = ffmpeg
        self._root_of = root_of
        self._is_busy = is_busy
        self._after = 0
        """The last track that couldn't be opened; it is tried again after the others."""
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start measuring; do nothing if already started."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="moosicbox loudness")

    async def stop(self) -> None:
        """Stop measuring. A track whose measurement is interrupted is measured again later."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def wake(self) -> None:
        """Query the index for tracks to measure now: there may be new ones."""
        self._wanted.set()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            try:
                measured = not self._is_busy() and await self._measure_next()
            except (HubError, OSError) as error:
                _LOGGER.debug("Loudness can't be measured now: %s", error)
                measured = False
            if measured:
                await asyncio.sleep((loop.time() - started) * PAUSE_FACTOR)
                continue
            self._wanted.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wanted.wait()

    async def _measure_next(self) -> bool:
        """Measure a track; return whether there was one.

        Raises:
            OSError: The track can't be opened now, perhaps because its disk isn't there.
        """
        track = await self._database.read(lambda index: loudness.next_track(index, self._after))
        if track is None:
            self._after = 0
            await self._database.write(loudness.write_albums)
            return False
        try:
            found = await self._measure(track)
        except OSError:
            self._after = track.row
            raise
        await self._database.write(lambda index: loudness.write_track(index, track, found.gain, found.peak))
        return True

    async def _measure(self, track: ToMeasure) -> Loudness:
        if track.mime_type not in CONTAINERS:
            return Loudness(None, None)
        path = Path(os.fsdecode(track.path))
        if (root := self._root_of(path)) is None:
            raise FileNotFoundError(f"{path} is in no folder of the library")
        with await asyncio.to_thread(open_inside, root, path) as file:
            try:
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    return _parsed(await self._output(file, track.mime_type))
            except TimeoutError:
                return Loudness(None, None)

    async def _output(self, file: BinaryIO, mime_type: str) -> bytes:
        arguments = input_arguments(file, mime_type)
        # ffmpeg logs the result at this level.
        arguments[arguments.index("-loglevel") + 1] = "info"
        arguments += [
            "-t",
            str(MAX_SECONDS),
            "-nostats",
            "-af",
            "ebur128=peak=sample:framelog=verbose",
            "-f",
            "null",
            "-",
        ]
        found = b""
        async with run_ffmpeg(
            [self._ffmpeg, *arguments], source=file, stderr=asyncio.subprocess.STDOUT, niceness=NICENESS
        ) as process:
            while process.stdout is not None and (part := await process.stdout.read(MAX_OUTPUT)):
                found = (found + part)[-MAX_OUTPUT:]
            return b"" if await process.wait() else found


def _parsed(output: bytes) -> Loudness:
    integrated, peak = _INTEGRATED.search(output), _PEAK.search(output)
    loudness_lufs = float(integrated[1]) if integrated else math.nan
    peak_db = float(peak[1]) if peak else math.nan
    if not math.isfinite(loudness_lufs) or loudness_lufs < SILENCE_LUFS:
        return Loudness(None, None)
    gain = max(-MAX_GAIN, min(MAX_GAIN, loudness.REFERENCE_LUFS - loudness_lufs))
    return Loudness(round(gain, 2), round(10 ** (peak_db / 20), 6) if math.isfinite(peak_db) else None)
