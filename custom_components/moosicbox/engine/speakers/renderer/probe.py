"""The exact length of items whose container has it but ffmpeg ignores it: AAC in MP4, which is padded at its end.

ffmpeg skips the samples that an encoder put in front, also those of MP3, and drops the padding of MP3 at the end. Of MP4 it
leaves the padding in, up to one frame, which would be a gap between the tracks of an album.
"""

import asyncio
import re
from typing import Final

import msgspec

from ...ffmpeg_process import run_ffmpeg
from .commands import input_options

TIMEOUT: Final = 5.0
_GAPLESS: Final = re.compile(r"\s*0+ ([0-9A-F]{8}) ([0-9A-F]{8}) ([0-9A-F]{16})", re.IGNORECASE)
"""iTunes' note (iTunSMPB): samples in front, at the end, and of the music itself."""


class _Stream(msgspec.Struct):
    sample_rate: str = "0"
    duration_ts: int = 0
    time_base: str = "1/1"


class _Format(msgspec.Struct):
    tags: dict[str, str] = {}


class _Probed(msgspec.Struct):
    streams: list[_Stream]
    format: _Format


async def exact_length(program: str, url: str) -> float | None:
    """Return the length in seconds of an item in MP4, or `None` if it isn't known.

    Args:
        program: The ffprobe executable.
        url: Where the item is.
    """
    arguments = (
        *("-v", "quiet", "-of", "json", "-select_streams", "a:0"),
        *("-show_entries", "stream=sample_rate,duration_ts,time_base:format_tags=iTunSMPB"),
    )
    output = b""
    try:
        async with run_ffmpeg([program, *arguments, *input_options(url), url]) as process, asyncio.timeout(TIMEOUT):
            if process.stdout is not None:
                output = await process.stdout.read()
        return _length_of(msgspec.json.decode(output, type=_Probed))
    except OSError, ValueError, ZeroDivisionError, msgspec.MsgspecError:
        return None


def _length_of(probed: _Probed) -> float | None:
    if not probed.streams:
        return None
    stream = probed.streams[0]
    rate = int(stream.sample_rate)
    if (noted := _GAPLESS.match(probed.format.tags.get("iTunSMPB", ""))) is not None and rate > 0:
        return int(noted[3], 16) / rate
    numerator, _, denominator = stream.time_base.partition("/")
    return stream.duration_ts * int(numerator) / int(denominator) or None
