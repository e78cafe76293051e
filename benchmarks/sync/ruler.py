"""Music that is a ruler: any sample says which track it is of, and where in it. `meter.js` reads it."""

import asyncio
from pathlib import Path
from typing import Final

SECONDS: Final = 60
RATE: Final = 48_000
# The left channel rises from -0.5 to 0.5 within each second; the right one stands for the second and the track.
_SOUND = "aevalsrc='mod(t,1)-0.5|0.1+0.8*({track}*64+floor(t))/2048':s={rate}:d={seconds}"


async def write_rulers(folder: Path, count: int) -> list[str]:
    """Write tracks 0 … count - 1, losslessly; return their names."""
    return [await _write(folder / f"ruler-{track}.flac", track) for track in range(count)]


async def _write(path: Path, track: int) -> str:
    process = await asyncio.create_subprocess_exec(
        *("ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-f", "lavfi"),
        *("-i", _SOUND.format(track=track, rate=RATE, seconds=SECONDS), "-sample_fmt", "s16", path),
    )
    if code := await process.wait():
        raise OSError(f"ffmpeg ended with {code}")
    return path.name
