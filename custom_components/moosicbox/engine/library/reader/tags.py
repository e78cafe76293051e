"""What a music file says of itself. Reads files: never in the event loop."""

import base64
from collections.abc import Callable, Iterable, Sequence
from io import BufferedReader
import math
import re
from typing import Any, Final, NamedTuple

import mutagen
from mutagen.aiff import AIFF
from mutagen.flac import FLAC, Picture as FlacPicture
from mutagen.id3 import ID3
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4, MP4Cover
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from .fingerprint import fingerprint, id3_size

SUFFIXES: Final = frozenset({"mp3", "flac", "ogg", "oga", "opus", "m4a", "m4b", "wav", "aif", "aiff", "aifc"})
MAX_TAG: Final = 64 * 1024 * 1024
"""Bytes; a file with a larger one is named from its path."""
MAX_TEXT: Final = 500
MAX_LYRICS: Final = 50_000
MAX_VALUES: Final = 20
"""Of artists or genres that one track may have."""
MAX_PICTURE: Final = 8 * 1024 * 1024
PICTURE_TYPES: Final = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
MAX_DURATION: Final = 7 * 86_400
"""Seconds; a longer duration is a lie."""

_KINDS: Final[dict[type, tuple[str, str]]] = {
    MP3: ("mp3", "audio/mpeg"),
    FLAC: ("flac", "audio/flac"),
    OggFLAC: ("flac", "audio/ogg"),
    OggVorbis: ("vorbis", "audio/ogg"),
    OggOpus: ("opus", "audio/ogg"),
    MP4: ("aac", "audio/mp4"),
    WAVE: ("pcm", "audio/wav"),
    AIFF: ("pcm", "audio/aiff"),
}
_ID3: Final = {
    "title": "TIT2",
    "artist": "TPE1",
    "album": "TALB",
    "albumartist": "TPE2",
    "genre": "TCON",
    "date": "TDRC",
    "tracknumber": "TRCK",
    "discnumber": "TPOS",
    "compilation": "TCMP",
}
_MP4: Final = {
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
_ITUNES: Final = "----:com.apple.iTunes:"
_FEATURING: Final = re.compile(r"\s+[(\[]?(?:feat\.?|ft\.?|featuring)\s+", re.IGNORECASE)
_NUMBER: Final = re.compile(r"[-+]?\d+(?:\.\d+)?")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f]+")

type Values = Callable[[str], Sequence[Any]]
"""The values of a tag by its name among Vorbis comments."""


class Sound(NamedTuple):
    """What the file holds beside its tags."""

    codec: str
    mime_type: str
    duration: float
    bitrate: int
    sample_rate: int
    channels: int
    fingerprint: str


class Tags(NamedTuple):
    """What its tags say; what they don't is None, empty or 0."""

    title: str | None
    artist: str | None
    artists: tuple[str, ...]
    album: str | None
    album_artist: str | None
    genres: tuple[str, ...]
    year: int
    track_number: int
    disc_number: int
    compilation: bool
    picture: bool
    track_gain: float | None
    track_peak: float | None
    album_gain: float | None
    album_peak: float | None
    lyrics: str | None


class EmbeddedPicture(NamedTuple):
    """A picture in a file."""

    data: bytes
    mime_type: str


def read(file: BufferedReader, size: int) -> tuple[Sound, Tags] | None:
    """An open file's sound and tags; None if it is no music. OSError if it can't be read."""
    if (opened := _open(file)) is None:
        return None
    codec, mime_type = _KINDS[type(opened)]
    info = opened.info
    if isinstance(opened, MP4):
        if not (info.codec or "").startswith(("mp4a", "alac")):
            return None
        codec = "alac" if info.codec == "alac" else "aac"
    duration = float(getattr(info, "length", 0) or 0)
    sound = Sound(
        codec=codec,
        mime_type=mime_type,
        duration=round(duration, 3) if math.isfinite(duration) and 0 < duration < MAX_DURATION else 0.0,
        bitrate=_whole(getattr(info, "bitrate", 0)),
        # Opus always sounds at this rate, and doesn't say so.
        sample_rate=_whole(getattr(info, "sample_rate", 48_000)),
        channels=_whole(getattr(info, "channels", 0)),
        fingerprint=fingerprint(file, size, _whole(getattr(info, "md5_signature", 0))),
    )
    return sound, _tags(opened)


def read_picture(file: BufferedReader) -> EmbeddedPicture | None:
    """The front cover in `file`, else its first picture."""
    try:
        opened = _open(file)
        pictures = [] if opened is None else list(_pictures(opened))
    except OSError:
        return None
    pictures.sort(key=lambda found: not found[0])
    return next((picture for _, picture in pictures if _shown(picture)), None)


def _shown(picture: EmbeddedPicture) -> bool:
    return picture.mime_type in PICTURE_TYPES and 0 < len(picture.data) <= MAX_PICTURE


def _open(file: BufferedReader) -> Any:
    head = file.read(12)
    if (tag_size := id3_size(head)) > MAX_TAG:
        return None
    if tag_size:
        file.seek(tag_size)
        head = file.read(12)
    file.seek(0)
    try:
        opened = mutagen.File(file, options=_kinds_of(head))
    except OSError:
        raise
    except Exception:  # noqa: BLE001 - a file that lies may lead a parser anywhere
        return None
    return opened if type(opened) in _KINDS and opened.info is not None else None


def _kinds_of(head: bytes) -> list[type]:
    """What a file that begins so can be: its name may lie."""
    if head[:4] == b"fLaC":
        return [FLAC]
    if head[:4] == b"OggS":
        return [OggOpus, OggVorbis, OggFLAC]
    if head[4:8] == b"ftyp":
        return [MP4]
    if head[:4] == b"RIFF":
        return [WAVE]
    return [AIFF] if head[:4] == b"FORM" else [MP3]


def _tags(file: Any) -> Tags:
    values = _reader(file)
    artist = _joined(values("artist"))
    artists = _split(values("artists")) or _split(values("artist"))
    return Tags(
        title=_joined(values("title")),
        artist=artist,
        artists=artists,
        album=_joined(values("album")),
        album_artist=_joined(values("albumartist") or values("album artist")),
        genres=tuple(_unique(part for value in values("genre") for part in _text(value).split(";"))),
        year=_leading(values("date") or values("year"), 9999),
        track_number=_leading(values("tracknumber"), 9999),
        disc_number=_leading(values("discnumber"), 999),
        compilation=_text(next(iter(values("compilation")), "")).lower() in {"1", "true", "yes"},
        picture=any(_shown(picture) for _, picture in _pictures(file)),
        track_gain=_gain(values, "track"),
        track_peak=_decimal(values("replaygain_track_peak"), 0, 100),
        album_gain=_gain(values, "album"),
        album_peak=_decimal(values("replaygain_album_peak"), 0, 100),
        lyrics=_clean(values("lyrics") or values("unsyncedlyrics"))[:MAX_LYRICS].strip() or None,
    )


def _reader(file: Any) -> Values:
    tags = file.tags
    if tags is None:
        return lambda name: ()
    if isinstance(tags, ID3):
        return _id3_reader(tags)
    if isinstance(file, MP4):

        def mp4(name: str) -> Sequence[Any]:
            value = tags.get(_MP4.get(name, ""))
            if value is None:
                value = tags.get(_ITUNES + name) or tags.get(_ITUNES + name.upper()) or ()
            return list(value) if isinstance(value, list | tuple) else [value]

        return mp4
    return lambda name: tags.get(name) or ()


def _id3_reader(tags: ID3) -> Values:
    free = {frame.desc.lower(): frame.text for frame in tags.getall("TXXX")}

    def id3(name: str) -> Sequence[Any]:
        if name == "lyrics":
            return [frame.text for frame in tags.getall("USLT")][:1]
        if (frame := tags.get(_ID3.get(name, ""))) is not None:
            # A genre may be a number that stands for a name.
            return list(frame.genres) if name == "genre" else list(frame.text)
        return list(free.get(name, ()))

    return id3


def _pictures(file: Any) -> Iterable[tuple[bool, EmbeddedPicture]]:
    tags = file.tags
    if isinstance(file, FLAC):
        return [_flac_picture(picture) for picture in file.pictures]
    if isinstance(tags, ID3):
        return [(frame.type == 3, EmbeddedPicture(frame.data, frame.mime.lower())) for frame in tags.getall("APIC")]
    if isinstance(file, MP4):
        return [
            (
                True,
                EmbeddedPicture(
                    bytes(cover), "image/png" if cover.imageformat == MP4Cover.FORMAT_PNG else "image/jpeg"
                ),
            )
            for cover in (tags or {}).get("covr", [])
        ]
    return [
        _flac_picture(picture) for text in (tags or {}).get("metadata_block_picture", []) if (picture := _block(text))
    ]


def _flac_picture(picture: FlacPicture) -> tuple[bool, EmbeddedPicture]:
    return picture.type == 3, EmbeddedPicture(picture.data, picture.mime.lower())


def _block(text: str) -> FlacPicture | None:
    try:
        return FlacPicture(base64.b64decode(text))
    except Exception:  # noqa: BLE001 - whatever stands there, it is no picture
        return None


def clean(value: Any) -> str:
    """`value` as a line of text that can be written anywhere."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text.encode("utf-8", "replace").decode()


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        value = value[0] if value else ""
    return " ".join(_CONTROL.sub(" ", clean(value)).split())[:MAX_TEXT].strip()


def _clean(values: Sequence[Any]) -> str:
    return clean(values[0]).replace("\x00", "") if values else ""


def _joined(values: Sequence[Any]) -> str | None:
    return ", ".join(_unique(_text(value) for value in values[:MAX_VALUES]))[:MAX_TEXT] or None


def _split(values: Sequence[Any]) -> tuple[str, ...]:
    parts = (part for value in values for piece in _text(value).split(";") for part in _FEATURING.split(piece))
    return tuple(_unique(parts))


def _unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(stripped for text in texts if (stripped := text.strip())))[:MAX_VALUES]


def _leading(values: Sequence[Any], most: int) -> int:
    # "3/12" is the third of twelve, "2024-05-01" a date.
    match = re.match(r"\s*(\d{1,9})", _text(values[0]), re.ASCII) if values else None
    number = int(match[1]) if match else 0
    return number if number <= most else 0


def _gain(values: Values, which: str) -> float | None:
    if (gain := _decimal(values(f"replaygain_{which}_gain"), -99, 99)) is not None:
        return gain
    # Opus has its own way: 256ths of a decibel, for a loudness that lies 5 dB lower.
    r128 = _decimal(values(f"r128_{which}_gain"), -32_768, 32_767)
    return None if r128 is None else round(r128 / 256 + 5, 2)


def _decimal(values: Sequence[Any], least: float, most: float) -> float | None:
    match = _NUMBER.search(_text(values[0])) if values else None
    return number if match and least <= (number := float(match[0])) <= most else None


def _whole(value: Any) -> int:
    try:
        number = int(value or 0)
    except TypeError, ValueError, OverflowError:
        return 0
    return max(number, 0)
