"""Music files in every format: one second of sound that ffmpeg makes once, copied and tagged for each test."""

import base64
from pathlib import Path
import shutil
import struct
import subprocess
from typing import Any
import zlib

import mutagen
from mutagen.aiff import AIFF
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, ID3, TALB, TCMP, TCON, TDRC, TIT2, TPE1, TPE2, TPOS, TRCK, TXXX, USLT
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4, MP4Cover
from mutagen.wave import WAVE

FORMATS = {
    "mp3": ("mp3", ("-c:a", "libmp3lame", "-b:a", "64k")),
    "flac": ("flac", ("-c:a", "flac")),
    "ogg": ("ogg", ("-c:a", "libvorbis")),
    "opus": ("opus", ("-c:a", "libopus", "-b:a", "48k")),
    "oga": ("oga", ("-c:a", "flac", "-f", "ogg")),
    "aac": ("m4a", ("-c:a", "aac")),
    "alac": ("m4a", ("-c:a", "alac")),
    "wav": ("wav", ("-c:a", "pcm_s16le")),
    "aiff": ("aiff", ("-c:a", "pcm_s16be")),
}
VARIANTS = 6
"""Different sounds: a test can have this many tracks that aren't recognised as one another."""

FULL: dict[str, Any] = {
    "title": "So What",
    "artist": ["Miles Davis", "John Coltrane"],
    "album": "Kind of Blue",
    "albumartist": "Miles Davis",
    "genre": ["Jazz", "Modal"],
    "date": "1959-08-17",
    "tracknumber": "1/5",
    "discnumber": "1/1",
    "compilation": True,
    "lyrics": "no words\nat all",
    "replaygain_track_gain": "-6.50 dB",
    "replaygain_track_peak": "0.975",
}


def png(red: int = 200) -> bytes:
    """Return a PNG with one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes([0, red, 0, 0])))
        + chunk(b"IEND", b"")
    )


class Sounds:
    """The sounds in a folder; missing ones are made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        variants = [(kind, v) for kind in FORMATS for v in range(VARIANTS if kind in ("mp3", "flac") else 1)]
        if missing := [(kind, variant) for kind, variant in variants if not self.path(kind, variant).exists()]:
            self._make(missing)

    def _make(self, missing: list[tuple[str, int]]) -> None:
        """Let one ffmpeg write all of them: its start takes longer than a second of sound."""
        inputs: list[str | Path] = []
        outputs: list[str | Path] = []
        for number, (kind, variant) in enumerate(missing):
            inputs += "-f", "lavfi", "-i", f"sine=frequency={440 + 40 * variant}:duration={1 + 0.1 * variant}"
            outputs += "-map", f"{number}:a", "-map_metadata", "-1", *FORMATS[kind][1], self.path(kind, variant)
        subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-y", *inputs, *outputs], check=True)

    def path(self, kind: str, variant: int = 0) -> Path:
        return self.folder / f"{kind}-{variant}.{FORMATS[kind][0]}"

    def put(self, path: Path, kind: str | None = None, variant: int = 0, **tags: Any) -> Path:
        """Write a file to `path`, in the format of its suffix, with these tags only."""
        kind = kind or path.suffix.removeprefix(".")
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.path({"m4a": "aac"}.get(kind, kind), variant), path)
        if tags:
            tag(path, **tags)
        return path


def tag(path: Path, picture: bytes | None = None, **tags: Any) -> None:
    """Write tags, given by their Vorbis names, in the way of the file's format."""
    file: Any = mutagen.File(path)
    kind = type(file)
    if issubclass(kind, MP3 | WAVE | AIFF):
        if file.tags is None:
            file.add_tags()
        _id3(file.tags, picture, tags)
    elif issubclass(kind, MP4):
        _mp4(file, picture, tags)
    else:
        for name, value in tags.items():
            file[name] = [str(int(part)) if isinstance(part, bool) else part for part in _list(value)]
        if picture is not None:
            _vorbis_picture(file, picture)
    file.save()


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _id3(id3: ID3, picture: bytes | None, tags: dict[str, Any]) -> None:
    frames: dict[str, Any] = {
        "title": TIT2,
        "artist": TPE1,
        "album": TALB,
        "albumartist": TPE2,
        "genre": TCON,
        "date": TDRC,
        "tracknumber": TRCK,
        "discnumber": TPOS,
    }
    for name, value in tags.items():
        if name == "compilation":
            id3.add(TCMP(encoding=3, text=["1" if value else "0"]))
        elif name == "lyrics":
            id3.add(USLT(encoding=3, lang="eng", text=value))
        elif name in frames:
            id3.add(frames[name](encoding=3, text=_list(value)))
        else:
            id3.add(TXXX(encoding=3, desc=name.upper(), text=_list(value)))
    if picture is not None:
        id3.add(APIC(encoding=3, mime="image/png", type=3, desc="", data=picture))


def _mp4(file: MP4, picture: bytes | None, tags: dict[str, Any]) -> None:
    atoms = {
        "title": "\xa9nam",
        "artist": "\xa9ART",
        "album": "\xa9alb",
        "albumartist": "aART",
        "genre": "\xa9gen",
        "date": "\xa9day",
        "lyrics": "\xa9lyr",
    }
    for name, value in tags.items():
        if name in ("tracknumber", "discnumber"):
            number, _, of = value.partition("/")
            file["trkn" if name == "tracknumber" else "disk"] = [(int(number), int(of or 0))]
        elif name == "compilation":
            file["cpil"] = value
        elif name in atoms:
            file[atoms[name]] = _list(value)
        else:
            file[f"----:com.apple.iTunes:{name}"] = [part.encode() for part in _list(value)]
    if picture is not None:
        file["covr"] = [MP4Cover(picture, MP4Cover.FORMAT_PNG)]


def _vorbis_picture(file: Any, data: bytes) -> None:
    picture = Picture()
    picture.type, picture.mime, picture.data = 3, "image/png", data
    if isinstance(file, FLAC):
        file.add_picture(picture)
    else:
        file["metadata_block_picture"] = [base64.b64encode(picture.write()).decode()]
