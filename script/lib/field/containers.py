"""Files whose bytes aren't what their names or headers claim."""

from pathlib import Path
import struct
import subprocess

from mutagen.id3 import ID3, TIT2, TPE1

from script.lib.sounds import Sounds

from .case import Case
from .tags import syncsafe

RATE = 44_100


def _id3(title: str) -> bytes:
    text = b"\3" + title.encode()
    frame = b"TIT2" + syncsafe(len(text)) + b"\0\0" + text
    return b"ID3\4\0\0" + syncsafe(len(frame)) + frame


def _behind_id3(folder: Path, sounds: Sounds) -> None:
    for kind, suffix in (("flac", "flac"), ("flac", "mp3"), ("ogg", "ogg"), ("aac", "m4a"), ("wav", "wav")):
        path = sounds.put(folder / f"{kind}.{suffix}", kind)
        path.write_bytes(_id3("Front") * 2 + path.read_bytes())


def _in_the_middle(folder: Path, sounds: Sounds) -> None:
    whole = sounds.path("mp3").read_bytes()
    sound = whole[_sync(whole) :]
    (folder / "cut.mp3").write_bytes(sound[100:])
    (folder / "zeros.mp3").write_bytes(bytes(5_000) + sound)
    (folder / "tagged.mp3").write_bytes(_id3("Tagged") + bytes(3_000) + sound[50:])


def _sync(data: bytes) -> int:
    return next(at for at in range(len(data)) if data[at] == 0xFF and data[at + 1] & 0xE0 == 0xE0)


def _pcm(seconds: float) -> bytes:
    return bytes(int(seconds * RATE) * 2)


def _wav(size: int, seconds: float, *chunks: bytes) -> bytes:
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, RATE * 2, 2, 16)
    body = b"WAVE" + form + b"".join(chunks) + struct.pack("<4sI", b"data", size) + _pcm(seconds)
    return struct.pack("<4sI", b"RIFF", min(len(body), 0xFFFFFFFF)) + body


def _piped_wav(folder: Path, _sounds: Sounds) -> None:
    for name, size in (("ffmpeg", 0xFFFFFFFF), ("sox", 0x7FFFFFFF), ("zero", 0), ("long", 500_000_000)):
        (folder / f"{name}.wav").write_bytes(_wav(size, 4))


def _riff_info(folder: Path, _sounds: Sounds) -> None:
    def info(*pairs: tuple[bytes, bytes]) -> bytes:
        fields = b"".join(name + struct.pack("<I", len(text)) + text + bytes(len(text) % 2) for name, text in pairs)
        return struct.pack("<4sI4s", b"LIST", len(fields) + 4, b"INFO") + fields

    texts = (
        (b"INAM", b"Title\0"),
        (b"IART", "Rïff".encode("cp1252") + b"\0"),
        (b"IPRD", b"Chunks"),
        (b"ICRD", b"1994-01-02"),
        (b"IGNR", b"Noise\0"),
        (b"ITRK", b"7\0"),
    )
    (folder / "before.wav").write_bytes(_wav(RATE * 2, 1, info(*texts)))
    whole = bytearray(_wav(RATE * 2, 1) + info(*texts))
    whole[4:8] = struct.pack("<I", len(whole) - 8)
    (folder / "behind.wav").write_bytes(whole)


def _rf64(folder: Path, sounds: Sounds) -> None:
    path = sounds.put(folder / "x.wav", title="Long wave")
    data = path.read_bytes()
    at = data.index(b"data")
    size = struct.unpack("<I", data[at + 4 : at + 8])[0]
    sizes = struct.pack("<4sIQQQI", b"ds64", 28, len(data), size, size // 2, 0)
    whole = b"RF64\xff\xff\xff\xffWAVE" + sizes + data[12 : at + 4] + b"\xff\xff\xff\xff" + data[at + 8 :]
    path.write_bytes(whole)
    path.rename(folder / "long.wav")


def _aiff_texts(folder: Path, sounds: Sounds) -> None:
    path = sounds.put(folder / "x.aiff")
    data = path.read_bytes()
    texts = b"".join(
        name + struct.pack(">I", len(text)) + text + bytes(len(text) % 2)
        for name, text in ((b"NAME", b"Apple"), (b"AUTH", b"Newton"))
    )
    whole = bytearray(data + texts)
    whole[4:8] = struct.pack(">I", len(whole) - 8)
    path.write_bytes(whole)


def _wrong_names(folder: Path, sounds: Sounds) -> None:
    for kind, suffix, name in (
        ("flac", "flac", "flac.mp3"),
        ("mp3", "mp3", "mp3.flac"),
        ("opus", "opus", "opus.wav"),
        ("aac", "m4a", "m4a.ogg"),
    ):
        sounds.put(folder / f"right.{suffix}", kind, title=kind.capitalize()).rename(folder / name)
    (folder / "page.mp3").write_text("<!DOCTYPE html><title>404</title>" * 50)
    (folder / "video.wav").write_bytes(b"RIFF" + struct.pack("<I", 1_000) + b"AVI " + bytes(1_000))
    (folder / "empty.flac").touch()


def _lying_xing(folder: Path, sounds: Sounds) -> None:
    """Write an MP3 whose VBR header counts a thousand times the frames that there are."""
    path = sounds.put(folder / "x.mp3", title="X")
    data = bytearray(path.read_bytes())
    at = next((at for name in (b"Xing", b"Info") if (at := data.find(name)) > 0), None)
    if at is not None:
        data[at + 8 : at + 12] = struct.pack(">I", 200_000_000)
    path.write_bytes(data)


def _piped_flac(folder: Path, _sounds: Sounds) -> None:
    for seconds, rate in ((3, 44_100), (0.05, 48_000)):
        sound = f"sine=frequency=500:duration={seconds}:sample_rate={rate}"
        command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", sound, "-f", "flac", "pipe:1"]
        made = subprocess.run(command, check=True, capture_output=True)
        (folder / f"{rate}.flac").write_bytes(made.stdout)


def _wav_with_id3(folder: Path, sounds: Sounds) -> None:
    path = sounds.put(folder / "x.wav", title="Tagged wave", artist="Ida")
    tags = ID3()
    tags.add(TIT2(encoding=3, text="Front"))
    tags.add(TPE1(encoding=3, text="Nobody"))
    tags.save(folder / "tag")
    path.write_bytes((folder / "tag").read_bytes() + path.read_bytes())
    (folder / "tag").unlink()


CASES: tuple[Case, ...] = (
    Case(
        name="behind-id3",
        trick="ID3 tags in front of containers that have none",
        write=_behind_id3,
        tracks={
            "flac.flac": {"title": "Front", "codec": "flac", "duration": 1.0},
            "flac.mp3": {"title": "Front", "codec": "flac", "duration": 1.0},
            "ogg.ogg": {"title": "Front", "codec": "vorbis", "duration": 1.0},
            "aac.m4a": {"title": "Front", "codec": "aac", "duration": 1.0},
            "wav.wav": {"title": "Front", "codec": "pcm", "duration": 1.0},
        },
    ),
    Case(
        name="inside-a-frame",
        trick="MP3s that begin inside a frame, or with zeros",
        write=_in_the_middle,
        tracks={
            "cut.mp3": {"title": "cut", "codec": "mp3", "duration": 1.0},
            "zeros.mp3": {"title": "zeros", "codec": "mp3", "duration": 1.0},
            "tagged.mp3": {"title": "Tagged", "codec": "mp3", "duration": 1.0},
        },
    ),
    Case(
        name="piped-wav",
        trick="WAVs whose sizes were unknown when they were written",
        write=_piped_wav,
        tracks={f"{name}.wav": {"duration": 4.0, "codec": "pcm"} for name in ("ffmpeg", "sox", "zero", "long")},
    ),
    Case(
        name="piped-flac",
        trick="FLACs whose lengths were unknown when they were written",
        write=_piped_flac,
        tracks={"44100.flac": {"duration": 3.0}, "48000.flac": {"duration": 0.05}},
    ),
    Case(
        name="riff-info",
        trick="a WAV with RIFF INFO instead of ID3",
        write=_riff_info,
        tracks={
            f"{name}.wav": {
                "title": "Title",
                "artist": "Rïff",
                "album": "Chunks",
                "year": 1994,
                "genre": "Noise",
                "track_number": 7,
                "duration": 1.0,
            }
            for name in ("before", "behind")
        },
    ),
    Case(
        name="rf64",
        trick="RF64, a WAV for more than 4 GiB",
        write=_rf64,
        tracks={"long.wav": {"title": "Long wave", "codec": "pcm", "duration": 1.0}},
    ),
    Case(
        name="aiff-texts",
        trick="an AIFF with text chunks instead of ID3",
        write=_aiff_texts,
        tracks={"x.aiff": {"title": "Apple", "artist": "Newton", "duration": 1.0}},
    ),
    Case(
        name="wrong-names",
        trick="files that aren't what their names say",
        write=_wrong_names,
        tracks={
            "flac.mp3": {"title": "Flac", "mime_type": "audio/flac"},
            "mp3.flac": {"title": "Mp3", "mime_type": "audio/mpeg"},
            "opus.wav": {"title": "Opus", "mime_type": "audio/ogg"},
            "m4a.ogg": {"title": "Aac", "mime_type": "audio/mp4"},
            "page.mp3": None,
            "video.wav": None,
            "empty.flac": None,
        },
    ),
    Case(
        name="lying-xing",
        trick="an MP3 that claims to have 200 million frames",
        write=_lying_xing,
        tracks={"x.mp3": {"title": "X"}},
    ),
    Case(
        name="wav-between-tags",
        trick="a WAV with an ID3 chunk and an ID3 tag in front of it",
        write=_wav_with_id3,
        tracks={"x.wav": {"title": "Tagged wave", "artist": "Ida", "duration": 1.0}},
    ),
)
