"""The audio of a rendering: the requested format, its header and its chunks."""

from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

type OutputCodec = Literal["flac", "pcm"]

CHUNK_SAMPLES: Final = 2_048
"""Samples per channel in a chunk, except in the last one of an item: 43 ms at 48 kHz."""
RATES: Final = (44_100, 48_000)
MAX_RATE: Final = 192_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFormat:
    """A format that a speaker accepts. Speakers with equal formats share a rendering.

    Attributes:
        codec: How the samples are encoded.
        rates: The sample rates, in Hz. An item is resampled if its own rate isn't among them.
        bits: Bits per sample: 16, 24 or 32; FLAC has at most 24.
        channels: The number of channels.
    """

    codec: OutputCodec = "flac"
    rates: tuple[int, ...] = RATES
    bits: Literal[16, 24, 32] = 16
    channels: int = 2


@dataclass(frozen=True, slots=True)
class AudioSource:
    """An item to be rendered.

    Attributes:
        item_id: Identifies the item.
        address: Where its media is fetched from. Equal items may have different addresses.
        gain_db: The gain of its samples.
        speed: The speed at which it is heard, with the pitch kept. Positions in its audio are those of that audio: the
            position in the item, divided by the speed.
        live: True for a radio station, which has no end.
    """

    item_id: str
    address: str = field(compare=False)
    gain_db: float = 0.0
    speed: float = 1.0
    live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fade:
    """The end of the item before, which fades out while an item fades in, both with constant power.

    Attributes:
        source: The item before.
        position: Where in it the rendering begins, in seconds.
        alone: How long it is heard alone, in seconds, until the fade begins.
        seconds: How long the fade takes.
    """

    source: AudioSource
    position: float
    alone: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """An announcement that is heard over an item, which is lowered meanwhile.

    Attributes:
        source: The announcement.
        begins: Where in the item it begins, in seconds; negative if it began before the item.
        seconds: Its length.
        ducking_db: By how much the item is lowered.
    """

    source: AudioSource
    begins: float
    seconds: float
    ducking_db: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioHeader:
    """The format of the chunks of a rendering.

    Attributes:
        rate: Samples per second and channel.
        codec_header: Bytes that a decoder needs before the first chunk; empty for PCM.
    """

    codec: OutputCodec
    rate: int
    bits: int
    channels: int
    codec_header: bytes = b""


class Chunk(NamedTuple):
    """Consecutive samples of an item, encoded."""

    start: int
    """The first sample, counted from the item's beginning; negative where the item before it is heard alone."""
    samples: int
    """Samples per channel."""
    data: bytes

    @property
    def end(self) -> int:
        """The sample after the last one."""
        return self.start + self.samples
