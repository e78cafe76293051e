"""The arguments by which ffmpeg reads a file that may be hostile, with few decoders."""

from typing import BinaryIO, Final

from .formats import CONTAINERS

PREROLL_SECONDS: Final = 0.5
"""How much earlier decoding starts, because the first sound after a seek depends on the sound before it."""


def input_arguments(source: BinaryIO, mime_type: str, start: float = 0) -> list[str]:
    """Return the arguments to read an open file of a type in `CONTAINERS` from `start` seconds on."""
    demuxer, decoders = CONTAINERS[mime_type]
    early = max(0.0, start - PREROLL_SECONDS)
    arguments = [
        *("-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1"),
        *("-codec_whitelist", ",".join(decoders), "-protocol_whitelist", "file", "-f", demuxer),
    ]
    if early:
        arguments += ["-ss", f"{early:.6f}"]
    # The open file is read, not the one that has its name by now.
    arguments += ["-i", f"/dev/fd/{source.fileno()}"]
    if start:
        arguments += ["-ss", f"{start - early:.6f}"]
    return [*arguments, "-map", "0:a:0", "-map_metadata", "-1"]
