"""WAV and AIFF: sound and tags from their chunks. Sizes are those that the file has, not those that it claims."""

from typing import Final, NamedTuple, Protocol

MAX_CHUNKS: Final = 1_000
MAX_CHUNK: Final = 64 * 1024 * 1024
"""Bytes of a chunk that is read; sound is never read."""
RIFF_NAMES: Final = frozenset({b"RIFF", b"RF64", b"BW64"})
UNKNOWN_SIZES: Final = frozenset({0, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000})
"""Sizes of sound that programs write while they don't know the size, such as into a pipe."""
_CODECS: Final = {1: "pcm", 3: "pcm", 2: "adpcm", 6: "alaw", 7: "mulaw", 0x11: "adpcm", 0x55: "mp3"}
_AIFC_CODECS: Final = {
    **dict.fromkeys((b"NONE", b"twos", b"sowt", b"raw ", b"in24", b"in32", b"fl32", b"FL32", b"fl64", b"FL64"), "pcm"),
    **dict.fromkeys((b"alaw", b"ALAW"), "alaw"),
    **dict.fromkeys((b"ulaw", b"ULAW"), "mulaw"),
    b"ima4": "adpcm",
}
_INFO: Final = {
    b"INAM": "title",
    b"IART": "artist",
    b"IPRD": "album",
    b"IAAR": "albumartist",
    b"IGNR": "genre",
    b"ICRD": "date",
    b"ITRK": "tracknumber",
    b"IPRT": "tracknumber",
    b"TRCK": "tracknumber",
}
_AIFF_TEXTS: Final = {b"NAME": "title", b"AUTH": "artist"}


class Readable(Protocol):
    """A file from which chunks are read."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes."""

    def seek(self, offset: int, /) -> int:
        """Go to a position."""


class FileChunk(NamedTuple):
    """A chunk: its name, where its data starts, and how many bytes of it the file really has."""

    name: bytes
    start: int
    size: int


class Chunked(NamedTuple):
    """The sound and the tags of a WAV or AIFF file."""

    codec: str
    duration: float
    bitrate: int
    sample_rate: int
    channels: int
    texts: dict[str, list[str]]
    """Tags that are chunks, by their names among Vorbis comments."""
    id3: bytes


def read_chunked(file: Readable, head: bytes, size: int) -> Chunked | None:
    """Read a file that begins with `head` and has `size` bytes; None if it holds no sound."""
    return _read_riff(file, size) if head[:4] in RIFF_NAMES else _read_aiff(file, head, size)


def chunks(file: Readable, size: int, order: str, start: int = 12, sound: int | None = None) -> list[FileChunk]:
    """Return the chunks from `start` on; `sound` is the size of the data chunk if another chunk (`ds64`) has it."""
    found: list[FileChunk] = []
    at = start
    while at + 8 <= size and len(found) < MAX_CHUNKS:
        file.seek(at)
        head = file.read(8)
        name, length = head[:4], int.from_bytes(head[4:8], "little" if order == "little" else "big")
        if name in (b"data", b"SSND"):
            if sound is not None and length == 0xFFFFFFFF:
                length = sound
            elif length in UNKNOWN_SIZES:
                length = size
        found.append(FileChunk(name, at + 8, max(0, min(length, size - at - 8))))
        at += 8 + length + length % 2
    return found


def _read_riff(file: Readable, size: int) -> Chunked | None:
    sound_size = None
    file.seek(12)
    if (first := file.read(8 + 16))[:4] == b"ds64":
        sound_size = int.from_bytes(first[16:24], "little")
    listed = chunks(file, size, "little", sound=sound_size)
    by_name = {chunk.name: chunk for chunk in reversed(listed)}
    if (form := by_name.get(b"fmt ")) is None or (data := by_name.get(b"data")) is None or form.size < 16:
        return None
    fields = _read(file, form)
    tag, channels = int.from_bytes(fields[:2], "little"), int.from_bytes(fields[2:4], "little")
    sample_rate, byte_rate = int.from_bytes(fields[4:8], "little"), int.from_bytes(fields[8:12], "little")
    block, bits = int.from_bytes(fields[12:14], "little"), int.from_bytes(fields[14:16], "little")
    if tag == 0xFFFE and len(fields) >= 26:
        tag = int.from_bytes(fields[24:26], "little")
    codec = _CODECS.get(tag, "unknown")
    if codec == "pcm":
        byte_rate = (block or channels * ((bits + 7) // 8)) * sample_rate
    texts: dict[str, list[str]] = {}
    for chunk in listed:
        if chunk.name == b"LIST" and chunk.size > 4:
            _add_info(texts, _read(file, chunk))
    return Chunked(
        codec=codec,
        duration=data.size / byte_rate if byte_rate else 0.0,
        bitrate=byte_rate * 8,
        sample_rate=sample_rate,
        channels=channels,
        texts=texts,
        id3=_id3(file, listed),
    )


def _read_aiff(file: Readable, head: bytes, size: int) -> Chunked | None:
    listed = chunks(file, size, "big")
    by_name = {chunk.name: chunk for chunk in reversed(listed)}
    if (common := by_name.get(b"COMM")) is None or (sound := by_name.get(b"SSND")) is None or common.size < 18:
        return None
    fields = _read(file, common)
    channels, frames = int.from_bytes(fields[:2]), int.from_bytes(fields[2:6])
    bits, rate = int.from_bytes(fields[6:8]), _extended(fields[8:18])
    codec = _AIFC_CODECS.get(fields[18:22], "unknown") if head[8:12] == b"AIFC" else "pcm"
    byte_rate = channels * ((bits + 7) // 8) * rate
    duration = frames / rate if rate else 0.0
    if codec == "pcm" and byte_rate:
        there = max(0, sound.size - 8) / byte_rate
        duration = min(duration, there) if frames else there
    texts = {name: [_text(_read(file, by_name[chunk]))] for chunk, name in _AIFF_TEXTS.items() if chunk in by_name}
    return Chunked(codec, duration, channels * bits * rate, rate, channels, texts, _id3(file, listed))


def _add_info(texts: dict[str, list[str]], data: bytes) -> None:
    if data[:4] != b"INFO":
        return
    at = 4
    while at + 8 <= len(data):
        name, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if (field := _INFO.get(name.upper())) is not None and (text := _text(data[at + 8 : at + 8 + length])):
            texts.setdefault(field, [text])
        at += 8 + length + length % 2


def _id3(file: Readable, listed: list[FileChunk]) -> bytes:
    found = next((chunk for chunk in listed if chunk.name.upper() == b"ID3 "), None)
    return b"" if found is None else _read(file, found)


def _read(file: Readable, chunk: FileChunk) -> bytes:
    file.seek(chunk.start)
    return file.read(min(chunk.size, MAX_CHUNK))


def _text(data: bytes) -> str:
    text = data.partition(b"\0")[0]
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("cp1252", "replace")


def _extended(data: bytes) -> int:
    """Return a sample rate written as an 80-bit floating point number."""
    exponent, mantissa = int.from_bytes(data[:2]) & 0x7FFF, int.from_bytes(data[2:10])
    shift = 16383 + 63 - exponent
    return mantissa >> shift if 0 <= shift < 64 else 0
