"""Music that is a ruler: each sample encodes its track and position. `meter.js` and `read` decode it."""

import asyncio
from pathlib import Path
from typing import Final

import numpy as np

type Samples = np.ndarray[tuple[int], np.dtype[np.float64]]

SECONDS: Final = 60
RATE: Final = 48_000
# The left channel rises from -0.5 to 0.5 within each second; the right one encodes the second and the track.
_SOUND = "aevalsrc='mod(t,1)-0.5|0.1+0.8*({track}*64+floor(t))/2048':s={rate}:d={seconds}"


_SPAN: Final = 128
"""Consecutive samples that have to be continuous for the first of them to count."""
_STEADY: Final = 1e-4


def read(left: Samples, right: Samples) -> tuple[int, float] | None:
    """Return the track and the position of the first sample, or `None` if they are ambiguous."""
    if right[0] < 0.01 or abs(right[0] - right[_SPAN - 1]) > _STEADY or left[_SPAN - 1] <= left[0]:
        return None
    code = (right[0] - 0.1) / 0.8 * 2048
    if abs(code - round(code)) > 0.2:
        return None
    track, second = divmod(round(code), 64)
    return track, second + float(left[0]) + 0.5


async def write_rulers(folder: Path, count: int) -> list[str]:
    """Write the tracks 0 … count - 1 losslessly, and return their file names."""
    return [await _write(folder / f"ruler-{track}.flac", track) for track in range(count)]


async def _write(path: Path, track: int) -> str:
    process = await asyncio.create_subprocess_exec(
        *("ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-f", "lavfi"),
        *("-i", _SOUND.format(track=track, rate=RATE, seconds=SECONDS), "-sample_fmt", "s16", path),
    )
    if code := await process.wait():
        raise OSError(f"ffmpeg ended with {code}")
    return path.name
