"""Noise for tests: loud on the left in its first half, and on the right in its second half."""

import asyncio
from pathlib import Path
from typing import Final, NamedTuple

RATE: Final = 44_100
QUIET: Final = 0.01
LOUD: Final = 0.6


class Kind(NamedTuple):
    """A format of files."""

    suffix: str
    arguments: tuple[str, ...]


KINDS: Final = {
    "FLAC": Kind("flac", ("-sample_fmt", "s16")),
    "MP3": Kind("mp3", ("-b:a", "256k")),
    "MP3 VBR": Kind("mp3", ("-q:a", "2")),
    "AAC": Kind("m4a", ("-c:a", "aac", "-b:a", "256k", "-movflags", "+faststart")),
    "Opus": Kind("opus", ("-c:a", "libopus", "-b:a", "160k")),
    "Vorbis": Kind("ogg", ("-c:a", "libvorbis", "-q:a", "6")),
    "WAV": Kind("wav", ()),
}


def title(kind: str, seconds: int) -> str:
    """Return a track's title."""
    return f"{kind} {seconds}"


async def write_track(folder: Path, kind: str, seconds: int) -> None:
    """Write a track, tagged with its title."""
    suffix, arguments = KINDS[kind]
    half = seconds / 2
    left = f"anoisesrc=c=pink:r={RATE}:d={seconds}:seed=1,volume='if(lt(t,{half}),{LOUD},{QUIET})':eval=frame"
    right = f"anoisesrc=c=pink:r={RATE}:d={seconds}:seed=2,volume='if(lt(t,{half}),{QUIET},{LOUD})':eval=frame"
    process = await asyncio.create_subprocess_exec(
        *("ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-f", "lavfi", "-i", left, "-f", "lavfi", "-i", right),
        *("-filter_complex", "[0][1]join=inputs=2:channel_layout=stereo", "-metadata", f"title={title(kind, seconds)}"),
        *("-metadata", "artist=Noise", *arguments, str(folder / f"{title(kind, seconds).replace(' ', '-')}.{suffix}")),
    )
    if code := await process.wait():
        raise OSError(f"ffmpeg ended with {code}")
