"""ffmpeg as a child process that decodes one item, within limits of memory and time."""

import asyncio
from contextlib import suppress
import os
import resource
import ssl
from typing import Final
from urllib.parse import urlsplit

from ...library.streaming.formats import SOURCES
from .audio import CHUNK_SAMPLES, AudioFormat

MAX_MEMORY: Final = 768 * 1024 * 1024
"""Bytes of address space."""
MAX_CPU_SECONDS: Final = 1_800
MAX_OPEN_FILES: Final = 64
PROTOCOLS: Final = "http,https,tcp,tls"
DEMUXERS: Final = ",".join(dict.fromkeys([*(source.demuxer for source in SOURCES.values()), "aac", "matroska"]))
"""Those of the library's files, and of what stations send."""
DECODERS: Final = ",".join(dict.fromkeys(name for source in SOURCES.values() for name in source.decoders))
READ_TIMEOUT_US: Final = 10_000_000
PREROLL_SECONDS: Final = 0.5
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def command(
    program: str, url: str, position: float, audio_format: AudioFormat, length: float | None = None
) -> list[str]:
    """Return the command that writes an item's audio to standard output.

    Args:
        program: The executable.
        url: Where the item is.
        position: Where to begin, in seconds.
        audio_format: The format to write.
        length: The item's length in seconds, if more would be decoded.
    """
    rates = "|".join(map(str, audio_format.rates))
    sample_format = "s16" if audio_format.bits == 16 else "s32"
    layout = {1: "mono", 2: "stereo"}.get(audio_format.channels, f"{audio_format.channels}c")
    # The first frames after a jump may be incomplete: of MP3, they refer to the frames before.
    jump = max(0.0, position - PREROLL_SECONDS)
    begin = position - jump
    cut = f"atrim=start={begin:.6f}" + ("" if length is None else f":end={max(begin, length - jump):.6f}")
    filters = [
        *([] if not begin and length is None else [cut, "asetpts=PTS-STARTPTS"]),
        "aresample=dither_method=triangular",
        f"aformat=sample_fmts={sample_format}:sample_rates={rates}:channel_layouts={layout}",
    ]
    return [
        program,
        *("-nostdin", "-hide_banner", "-loglevel", "quiet", "-threads", "1"),
        *input_options(url),
        *(("-ss", f"{jump:.6f}") if jump else ()),
        *("-i", url, "-map", "0:a:0", "-map_metadata", "-1", "-threads", "1", "-filter_threads", "1"),
        *("-af", ",".join(filters)),
        *_encoder_options(audio_format),
        *("-bitexact", "-flush_packets", "1", "pipe:1"),
    ]


def input_options(url: str) -> list[str]:
    """Return the options that limit what an address can make ffmpeg do."""
    options = ["-rw_timeout", str(READ_TIMEOUT_US), "-reconnect", "1", "-reconnect_delay_max", "4"]
    parts = urlsplit(url)
    authorities = ssl.get_default_verify_paths().cafile
    if parts.scheme == "https" and parts.hostname not in LOOPBACK and authorities is not None:
        options += ["-tls_verify", "1", "-ca_file", authorities]
    return [*options, "-protocol_whitelist", PROTOCOLS, "-format_whitelist", DEMUXERS, "-codec_whitelist", DECODERS]


def _encoder_options(audio_format: AudioFormat) -> tuple[str, ...]:
    if audio_format.codec == "pcm":
        return ("-c:a", f"pcm_s{audio_format.bits}le", "-f", "wav")
    exact = () if audio_format.bits == 16 else ("-bits_per_raw_sample", "24")
    encoder = ("-c:a", "flac", "-compression_level", "3", "-frame_size", str(CHUNK_SAMPLES))
    # Pages this short have one packet each.
    return (*encoder, *exact, "-f", "ogg", "-page_duration", "1")


async def start(arguments: list[str]) -> asyncio.subprocess.Process:
    """Start ffmpeg with its limits. Raise OSError if it can't be started."""
    process = await asyncio.create_subprocess_exec(
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        # Without the secrets that the environment of a server has.
        env={name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ},
    )
    for which, limit in (
        (resource.RLIMIT_AS, MAX_MEMORY),
        (resource.RLIMIT_CPU, MAX_CPU_SECONDS),
        (resource.RLIMIT_NOFILE, MAX_OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ProcessLookupError, PermissionError):
            resource.prlimit(process.pid, which, (limit, limit))
    return process


async def stop(process: asyncio.subprocess.Process) -> None:
    """End a process, if it hasn't ended."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
