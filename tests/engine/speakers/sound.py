"""Noise in files of several formats, and decoding of chunks."""

from collections.abc import Iterable
from pathlib import Path
import subprocess
from typing import Any

import av
from mutagen.mp4 import MP4, MP4FreeForm
import numpy as np
from numpy.typing import NDArray

from custom_components.moosicbox.engine.speakers.renderer.audio import AudioHeader, Chunk

type Samples = NDArray[np.int16]
type Exact = NDArray[np.integer | np.floating]
"""Samples that may not have been rounded yet."""

RATE = 44_100
SECONDS = 3.0
STEPS = 12
"""Seconds of a sound whose frequency tells its position: each second is higher than the one before."""
CUT = 71_000
"""The sample at which the noise is cut into two parts; no multiple of a chunk."""


def noise() -> Samples:
    """Return the noise, one row a sample, one column a channel."""
    generator = np.random.default_rng(5)
    return generator.integers(-9_000, 9_000, (round(SECONDS * RATE), 2), np.int16)


def steps() -> Samples:
    """Return a sine wave that becomes higher each second; see `second_of`."""
    frequencies = np.repeat(300 + 50 * np.arange(STEPS), RATE)
    wave = np.sin(2 * np.pi * np.cumsum(frequencies) / RATE)
    return np.repeat((12_000 * wave).astype(np.int16)[:, None], 2, axis=1)


def second_of(samples: Samples) -> float:
    """Return the second of `steps` that has the pitch of a short sound; no whole number if the pitch was changed."""
    mono = samples[:, 0].astype(float)
    spectrum = np.abs(np.fft.rfft(mono * np.hanning(len(mono)), RATE))
    return (int(np.argmax(spectrum)) - 300) / 50


def faded(before: Exact, after: Exact, seconds: float) -> Exact:
    """Return the end of an item as it fades out, mixed with the beginning of another one that fades in."""
    count = round(seconds * RATE)
    turn = np.linspace(0, np.pi / 2, count, endpoint=False)[:, None]
    mixed: Exact = np.cos(turn) * before[:count] + np.sin(turn) * after[:count]
    return mixed


def amplified(samples: Samples, gain_db: float) -> Exact:
    """Return samples with a gain."""
    louder: Exact = samples * 10 ** (gain_db / 20)
    return louder


def close(one: Samples, other: Exact) -> bool:
    """Return whether samples differ only by rounding and dither."""
    return one.shape == other.shape and bool(np.abs(one.astype(float) - other).max() <= 3)


def write(folder: Path) -> None:
    """Write the noise as a whole, in several formats, and in two parts."""
    samples = noise()
    for name, part in (("whole", samples), ("first", samples[:CUT]), ("second", samples[CUT:])):
        encode(part, folder / f"{name}.flac")
    encode(steps(), folder / "steps.flac")
    encode(samples, folder / "whole.mp3", "-c:a", "libmp3lame", "-q:a", "2")
    encode(samples, folder / "edits.m4a", "-c:a", "aac", "-b:a", "256k")
    # As iTunes writes it: with a note about the padding instead of an edit list.
    encode(samples, folder / "itunes.m4a", "-c:a", "aac", "-b:a", "256k", "-use_editlist", "0")
    file = MP4(folder / "itunes.m4a")
    noted = f" 00000000 00000400 00000334 {len(samples):016X} " + " ".join(["00000000"] * 8)
    file["----:com.apple.iTunes:iTunSMPB"] = [MP4FreeForm(noted.encode())]
    file.save()


def encode(samples: Samples, path: Path, *arguments: str) -> None:
    """Write samples to a file with ffmpeg."""
    command = ("ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-f", "s16le", "-ar", str(RATE), "-ac", "2")
    subprocess.run(  # noqa: S603 - the arguments are the tests' own
        [*command, "-i", "pipe:0", *arguments, path], input=samples.tobytes(), check=True
    )


def decode(header: AudioHeader, chunks: Iterable[Chunk]) -> Samples:
    """Return the samples of chunks of 16 bits."""
    chunks = list(chunks)
    if header.codec == "pcm":
        return np.frombuffer(b"".join(chunk.data for chunk in chunks), np.int16).reshape(-1, header.channels)
    codec: Any = av.CodecContext.create("flac", "r")
    codec.extradata = header.codec_header[8:]
    frames = [frame for chunk in chunks for frame in codec.decode(av.Packet(chunk.data))]
    return np.concatenate([frame.to_ndarray().reshape(-1, header.channels) for frame in frames])
