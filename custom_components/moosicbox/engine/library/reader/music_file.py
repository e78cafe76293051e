"""Music files: the sound, tag values and pictures in their container, which is detected by its bytes, not by its name."""

import base64
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from io import BufferedReader
import math
import os
from typing import Any, Final, NamedTuple

from mutagen import MutagenError
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC, Picture as FlacPicture, StreamInfo, VCFLACDict
from mutagen.id3 import ID3, SYLT
from mutagen.mp3 import MPEGInfo
from mutagen.mp4 import MP4
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis

from .chunks import RIFF_NAMES, read_chunked
from .flac import samples_of
from .id3 import MAX_TAG, id3_size, read_id3, read_id3v1

MAX_DURATION: Final = 7 * 86_400
"""Seconds; a longer duration counts as unknown."""
MIN_MP3_RATE: Final = 8_000
"""Bits a second of the slowest MP3; with the size, the bound of a duration."""
MAX_ID3_TAGS: Final = 8
"""Most ID3 tags in front of the sound, one behind another."""

_OGG_CODECS: Final = {OggOpus: "opus", OggVorbis: "vorbis", OggFLAC: "flac"}
_ID3_NAMES: Final = {
    "title": "TIT2",
    "artist": "TPE1",
    "album": "TALB",
    "albumartist": "TPE2",
    "genre": "TCON",
    "date": "TDRC",
    "releasedate": "TDRL",
    "originaldate": "TDOR",
    "tracknumber": "TRCK",
    "discnumber": "TPOS",
    "compilation": "TCMP",
}
_MP4_NAMES: Final = {
    "title": "\xa9nam",
    "artist": "\xa9ART",
    "album": "\xa9alb",
    "albumartist": "aART",
    "genre": "\xa9gen",
    "date": "\xa9day",
    "tracknumber": "trkn",
    "discnumber": "disk",
    "compilation": "cpil",
    "lyrics": "\xa9lyr",
}
_APE_NAMES: Final = {
    "albumartist": "Album Artist",
    "date": "Year",
    "tracknumber": "Track",
    "discnumber": "Disc",
}
_RELEASE_ID: Final = "musicbrainz_albumid"
_ITUNES: Final = "----:com.apple.iTunes:"

type Values = Callable[[str], Sequence[Any]]
"""The values of a tag, by its name among Vorbis comments."""
type Pictures = Callable[[], Iterable[tuple[bool, bytes]]]
"""The embedded pictures, and whether each is a front cover."""


class MusicFile(NamedTuple):
    """The contents of a file. Earlier ones of `tags` take precedence."""

    codec: str
    mime_type: str
    duration: float
    bitrate: int
    sample_rate: int
    channels: int
    md5: int
    tags: tuple[Values, ...]
    pictures: Pictures
    synced_lyrics: Sequence[SYLT] = ()


class _Flac(FLAC):
    # Seek tables and cue sheets are of no use here, and large ones cost much.
    METADATA_BLOCKS: Any = (StreamInfo, None, None, None, VCFLACDict, None, FlacPicture)


class _Tail:
    """A file of `size` bytes from `start` on, for parsers that begin at 0.

    A parser that asks for more bytes than there are, as by a forged length, gets these without a buffer of that size.
    """

    def __init__(self, file: BufferedReader, start: int, size: int) -> None:
        self._file = file
        self._start = start
        self._size = size
        self.name = ""
        file.seek(start)

    def read(self, size: int = -1) -> bytes:
        rest = max(0, self._size - self._file.tell())
        return self._file.read(rest if size < 0 else min(size, rest))

    def tell(self) -> int:
        return self._file.tell() - self._start

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_SET:
            offset += self._start
        return max(0, self._file.seek(offset, whence) - self._start)


def open_music(file: BufferedReader, size: int) -> MusicFile | None:
    """Return the contents of an open file of `size` bytes; None if it is no music.

    Raises:
        OSError: The file can't be read.
        Exception: Anything that a parser raises on bytes that it doesn't expect.
    """
    start, front = _skip_id3(file, size)
    file.seek(start)
    head = file.read(12)
    if head[:4] == b"fLaC":
        return _flac(file, start, size, front)
    if head[:4] == b"OggS":
        return _ogg(_Tail(file, start, size), front)
    if head[4:8] == b"ftyp":
        return _mp4(_Tail(file, start, size), front)
    if (head[:4] in RIFF_NAMES and head[8:12] == b"WAVE") or (head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC")):
        return _chunked(_Tail(file, start, size), head, size - start, front)
    # Skip the header of an ID3 tag whose size is beyond the end of the file.
    return _mp3(file, start + 10 if head[:3] == b"ID3" else start, size, front)


def _skip_id3(file: BufferedReader, size: int) -> tuple[int, ID3 | None]:
    """Return where the ID3 tags at the start end, and the first of them."""
    start, first = 0, None
    for number in range(MAX_ID3_TAGS):
        file.seek(start)
        length = id3_size(file.read(10))
        # A size beyond the end of the file is ignored.
        if not length or start + length > size:
            break
        if number == 0 and length <= MAX_TAG:
            file.seek(start)
            first = _parsed_id3(file.read(length))
        start += length
    return start, first


def _parsed_id3(data: bytes) -> ID3 | None:
    try:
        return read_id3(data)
    except MutagenError, ValueError, IndexError, KeyError, UnicodeError:
        return None


def _parsed(kind: Callable[..., Any], file: _Tail) -> Any:
    return kind(file)


def _flac(file: BufferedReader, start: int, size: int, front: ID3 | None) -> MusicFile:
    flac = _parsed(_Flac, _Tail(file, start, size))
    info = flac.info
    length, bitrate = info.length, whole(info.bitrate)
    if not length and info.sample_rate:
        length = samples_of(file, size, info.max_blocksize) / info.sample_rate
        bitrate = int((size - start) * 8 / length) if length else 0
    return MusicFile(
        codec="flac",
        mime_type="audio/flac",
        duration=_duration(length),
        bitrate=bitrate,
        sample_rate=whole(info.sample_rate),
        channels=whole(info.channels),
        md5=whole(info.md5_signature),
        tags=(_vorbis(flac.tags), _id3(front)),
        pictures=lambda: [*((picture.type == 3, picture.data) for picture in flac.pictures), *_id3_pictures(front)],
    )


def _ogg(file: _Tail, front: ID3 | None) -> MusicFile | None:
    for kind, codec in _OGG_CODECS.items():
        file.seek(0)
        try:
            ogg = _parsed(kind, file)
        except MutagenError:
            continue
        info = ogg.info
        tags = ogg.tags
        return MusicFile(
            codec=codec,
            mime_type="audio/ogg",
            duration=_duration(info.length),
            bitrate=whole(getattr(info, "bitrate", 0)),
            # Opus always has this rate, which the parser doesn't report.
            sample_rate=whole(getattr(info, "sample_rate", 48_000)),
            channels=whole(info.channels),
            md5=0,
            tags=(_vorbis(tags), _id3(front)),
            pictures=partial(_vorbis_pictures, tags),
        )
    return None


def _mp4(file: _Tail, front: ID3 | None) -> MusicFile | None:
    mp4 = _parsed(MP4, file)
    info, tags = mp4.info, mp4.tags
    if not (info.codec or "").startswith(("mp4a", "alac")):
        return None
    return MusicFile(
        codec="alac" if info.codec == "alac" else "aac",
        mime_type="audio/mp4",
        duration=_duration(info.length),
        bitrate=whole(info.bitrate),
        sample_rate=whole(info.sample_rate),
        channels=whole(info.channels),
        md5=0,
        tags=(_mp4_values(tags), _id3(front)),
        pictures=lambda: [(True, bytes(cover)) for cover in (tags or {}).get("covr", [])],
    )


def _chunked(file: _Tail, head: bytes, size: int, front: ID3 | None) -> MusicFile | None:
    if (found := read_chunked(file, head, size)) is None:
        return None
    id3 = _parsed_id3(found.id3) if found.id3 else None
    texts = found.texts
    return MusicFile(
        codec=found.codec,
        mime_type="audio/aiff" if head[:4] == b"FORM" else "audio/wav",
        duration=_duration(found.duration),
        bitrate=found.bitrate,
        sample_rate=found.sample_rate,
        channels=found.channels,
        md5=0,
        tags=(_id3(id3), lambda name: texts.get(name, ()), _id3(front)),
        pictures=lambda: [*_id3_pictures(id3), *_id3_pictures(front)],
        synced_lyrics=[*_id3_lyrics(id3), *_id3_lyrics(front)],
    )


def _mp3(file: BufferedReader, start: int, size: int, front: ID3 | None) -> MusicFile:
    bounded = _Tail(file, 0, size)
    info = _parsed(partial(MPEGInfo, offset=start), bounded)
    ape, last = _ape(bounded), None
    if size >= 128:
        file.seek(size - 128)
        last = read_id3v1(file.read(128))
    return MusicFile(
        codec="mp3",
        mime_type="audio/mpeg",
        duration=min(_duration(info.length), size * 8 / MIN_MP3_RATE),
        bitrate=whole(info.bitrate),
        sample_rate=whole(info.sample_rate),
        channels=whole(info.channels),
        md5=0,
        tags=(_id3(front), _ape_values(ape), _id3(last)),
        pictures=lambda: [*_id3_pictures(front), *_ape_pictures(ape)],
        synced_lyrics=_id3_lyrics(front),
    )


def _ape(file: _Tail) -> APEv2 | None:
    file.seek(0)
    try:
        tags: APEv2 = _parsed(APEv2, file)
    except MutagenError:
        return None
    return tags


def _duration(value: Any) -> float:
    duration = float(value or 0)
    return round(duration, 3) if math.isfinite(duration) and 0 < duration < MAX_DURATION else 0.0


def _vorbis(tags: Any) -> Values:
    return lambda name: () if tags is None else tags.get(name) or ()


def _vorbis_pictures(tags: Any) -> Iterable[tuple[bool, bytes]]:
    for text in (tags or {}).get("metadata_block_picture", []):
        try:
            picture = FlacPicture(base64.b64decode(text))
        except MutagenError, ValueError:
            continue
        yield picture.type == 3, picture.data
    for text in (tags or {}).get("coverart", []):
        try:
            yield True, base64.b64decode(text)
        except ValueError:
            continue


def _id3(tags: ID3 | None) -> Values:
    if tags is None:
        return lambda name: ()
    free = {frame.desc.lower(): frame.text for frame in tags.getall("TXXX")}

    def values(name: str) -> Sequence[Any]:
        if name == "lyrics":
            return [frame.text for frame in tags.getall("USLT")][:1]
        if (frame := tags.get(_ID3_NAMES.get(name, ""))) is not None:
            # A genre may be a number that stands for a name.
            return list(frame.genres) if name == "genre" else list(frame.text)
        return list(free.get("musicbrainz album id" if name == _RELEASE_ID else name, ()))

    return values


def _id3_pictures(tags: ID3 | None) -> Iterable[tuple[bool, bytes]]:
    return [] if tags is None else [(frame.type == 3, frame.data) for frame in tags.getall("APIC")]


def _id3_lyrics(tags: ID3 | None) -> list[SYLT]:
    return [] if tags is None else tags.getall("SYLT")


def _mp4_values(tags: Any) -> Values:
    def values(name: str) -> Sequence[Any]:
        if tags is None:
            return ()
        value = tags.get(_MP4_NAMES.get(name, ""))
        if value is None:
            free = "MusicBrainz Album Id" if name == _RELEASE_ID else name
            value = tags.get(_ITUNES + free) or tags.get(_ITUNES + free.upper()) or ()
        return list(value) if isinstance(value, list | tuple) else [value]

    return values


def _ape_values(tags: APEv2 | None) -> Values:
    def values(name: str) -> Sequence[Any]:
        if tags is None or (value := tags.get(_APE_NAMES.get(name, name))) is None:
            return ()
        return str(value).split("\0")

    return values


def _ape_pictures(tags: APEv2 | None) -> Iterable[tuple[bool, bytes]]:
    for name in "Cover Art (Front)", "Cover Art (Back)":
        if tags is not None and (value := tags.get(name)) is not None:
            # A file's name, then the picture.
            yield name.endswith("(Front)"), bytes(value.value).partition(b"\0")[2]


def whole(value: Any) -> int:
    """Return a parser's value as an int of at least 0; 0 if it is no number."""
    try:
        return max(int(value or 0), 0)
    except TypeError, ValueError, OverflowError:
        return 0
