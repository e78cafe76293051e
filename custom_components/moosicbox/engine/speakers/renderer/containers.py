"""Reads what ffmpeg writes: FLAC in Ogg with one packet a page, and PCM in WAV. Incremental, without I/O."""

from collections.abc import Iterator
from typing import Final, NamedTuple, Protocol

from .audio import CHUNK_SAMPLES, AudioFormat, AudioHeader

MAX_BUFFER: Final = 1024 * 1024
"""Bytes of an incomplete page or header; more means that this isn't the expected container."""
_OGG_HEADER: Final = 27
_FLAC_MAPPING: Final = 9
"""Bytes of the Ogg mapping before `fLaC` in the first packet."""
_STREAMINFO: Final = 34
_LAST_BLOCK: Final = bytes((0x80, 0, 0, _STREAMINFO))


class ContainerError(ValueError):
    """The bytes aren't a stream in the expected format."""


class Samples(NamedTuple):
    """Encoded samples; their number is per channel."""

    samples: int
    data: bytes


class Container(Protocol):
    """Splits a byte stream. `header` is set before the first samples are returned."""

    header: AudioHeader | None

    def feed(self, data: bytes) -> Iterator[Samples]:
        """Add bytes, and yield the samples that are complete. Raise ContainerError."""

    def finish(self) -> Iterator[Samples]:
        """Yield what is left at the end of the stream."""


def container_for(audio_format: AudioFormat) -> Container:
    """Return the parser of the container that ffmpeg writes for a format."""
    return OggFlac() if audio_format.codec == "flac" else WavPcm()


class OggFlac:
    """FLAC in Ogg (RFC 9639, section 10.1), each page with one packet."""

    def __init__(self) -> None:
        self.header: AudioHeader | None = None
        self._buffer = bytearray()
        self._packet = bytearray()
        self._granule = 0
        self._packets = 0

    def feed(self, data: bytes) -> Iterator[Samples]:
        """Add bytes, and yield the samples that are complete. Raise ContainerError."""
        buffer = self._buffer
        buffer += data
        while len(buffer) >= _OGG_HEADER:
            if buffer[:4] != b"OggS":
                raise ContainerError("This is no Ogg page")
            table_end = _OGG_HEADER + buffer[26]
            if len(buffer) < table_end:
                break
            segments = buffer[_OGG_HEADER:table_end]
            end = table_end + sum(segments)
            if len(buffer) < end:
                break
            granule = int.from_bytes(buffer[6:14], "little", signed=True)
            self._packet += buffer[table_end:end]
            del buffer[:end]
            if segments and segments[-1] < 255:
                packet = bytes(self._packet)
                self._packet.clear()
                yield from self._read(packet, granule)
        if len(buffer) + len(self._packet) > MAX_BUFFER:
            raise ContainerError("A page is too long")

    def finish(self) -> Iterator[Samples]:
        """Yield what is left at the end of the stream."""
        yield from ()

    def _read(self, packet: bytes, granule: int) -> Iterator[Samples]:
        self._packets += 1
        if self._packets == 1:
            self.header = _flac_header(packet)
        elif packet[:1] == b"\xff":
            samples, self._granule = granule - self._granule, granule
            if not 0 < samples <= CHUNK_SAMPLES:
                raise ContainerError("A packet has an unexpected length")
            yield Samples(samples, packet)


def _flac_header(packet: bytes) -> AudioHeader:
    block = packet[_FLAC_MAPPING + 8 :]
    if packet[:5] != b"\x7fFLAC" or len(block) < _STREAMINFO:
        raise ContainerError("This is no FLAC")
    fields = int.from_bytes(block[10:18])
    # Sizes of frames, the number of samples and the checksum aren't known of a stream. Without them, the header is the
    # same for all items of a format, so that a speaker's decoder goes on over a change of items.
    sizes, unknown = block[:4], bytes(6)
    described = (fields >> 36 << 36).to_bytes(8)
    return AudioHeader(
        codec="flac",
        rate=fields >> 44,
        channels=(fields >> 41 & 0b111) + 1,
        bits=(fields >> 36 & 0b11111) + 1,
        codec_header=b"fLaC" + _LAST_BLOCK + sizes + unknown + described + bytes(16),
    )


class WavPcm:
    """PCM in WAV, cut into chunks."""

    def __init__(self) -> None:
        self.header: AudioHeader | None = None
        self._buffer = bytearray()
        self._sample_bytes = 0

    def feed(self, data: bytes) -> Iterator[Samples]:
        """Add bytes, and yield the samples that are complete. Raise ContainerError."""
        self._buffer += data
        if self.header is None and not self._read_header():
            if len(self._buffer) > MAX_BUFFER:
                raise ContainerError("The header is too long")
            return
        size = CHUNK_SAMPLES * self._sample_bytes
        while len(self._buffer) >= size:
            chunk = bytes(self._buffer[:size])
            del self._buffer[:size]
            yield Samples(CHUNK_SAMPLES, chunk)

    def finish(self) -> Iterator[Samples]:
        """Yield what is left at the end of the stream."""
        if self._sample_bytes and (samples := len(self._buffer) // self._sample_bytes):
            yield Samples(samples, bytes(self._buffer[: samples * self._sample_bytes]))
        self._buffer.clear()

    def _read_header(self) -> bool:
        buffer = self._buffer
        if len(buffer) < 12:
            return False
        if buffer[:4] != b"RIFF" or buffer[8:12] != b"WAVE":
            raise ContainerError("This is no WAV")
        place = 12
        found: AudioHeader | None = None
        while len(buffer) >= place + 8:
            name, size = bytes(buffer[place : place + 4]), int.from_bytes(buffer[place + 4 : place + 8], "little")
            place += 8
            if name == b"data":
                if found is None:
                    raise ContainerError("The format is missing")
                self.header = found
                self._sample_bytes = found.channels * found.bits // 8
                del buffer[:place]
                return True
            if len(buffer) < place + size:
                return False
            if name == b"fmt ":
                found = _wav_format(bytes(buffer[place : place + size]))
            place += size + size % 2
        return False


def _wav_format(block: bytes) -> AudioHeader:
    channels, rate, bits = (int.from_bytes(block[start:end], "little") for start, end in ((2, 4), (4, 8), (14, 16)))
    if len(block) < 16 or not channels or bits not in (16, 24, 32):
        raise ContainerError("The format isn't usable")
    return AudioHeader(codec="pcm", rate=rate, bits=bits, channels=channels)
