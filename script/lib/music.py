"""Short songs made for this project, written as tagged audio files."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, ID3, TALB, TDRC, TIT2, TPE1, TRCK, PictureType

ARTIST = "The Wind-Up Trio"
ALBUM = "Three Turns of the Key"
YEAR = "2026"
TURNS = 3
ARTWORK_SIZE = 512


@dataclass(frozen=True)
class Song:
    """A melody with one note for each step, in semitones above the key; None is a rest."""

    title: str
    number: int
    suffix: str
    key_hz: float
    step_seconds: float
    notes: tuple[int | None, ...]
    colours: tuple[str, str]

    @property
    def file_name(self) -> str:
        """A name that needs no quoting anywhere."""
        return f"{self.title.lower().replace(' ', '-')}.{self.suffix}"

    @property
    def duration(self) -> float:
        """The duration in seconds."""
        return TURNS * self.step_seconds * len(self.notes)


MORNING = (0, 4, 7, 12, 7, 4, 5, 9, 12, 17, 12, 9, 7, 11, 14, 19, 14, 11, 12, 7, 4, 0, 4, 7)
RAIN = (0, None, 3, 7, 10, 7, 3, None, -4, 0, 3, 8, 3, 0, -4, None, -2, 2, 5, 10, 5, 2, -2, None)
LANTERN = (7, 4, 4, 9, 4, 4, 7, 4, 4, 5, 2, 2, 4, 0, 0, 2, -1, -1, 0, 4, 7, 12, None, None)

SONGS = (
    Song("Brass Morning", 1, "flac", 523.25, 0.3, MORNING, ("orange", "crimson")),
    Song("Copper Rain", 2, "mp3", 440.0, 0.4, RAIN, ("teal", "midnightblue")),
    Song("Paper Lantern", 3, "flac", 587.33, 0.32, LANTERN, ("gold", "purple")),
)


async def write_songs(folder: Path, songs: Iterable[Song] = SONGS) -> list[Path]:
    """Write the songs that are missing in the folder and return the paths of all."""
    return list(await asyncio.gather(*(_write_song(song, folder / song.file_name) for song in songs)))


async def _write_song(song: Song, path: Path) -> Path:
    if path.exists():
        return path
    # Renamed when it is complete, so that an interrupted start leaves no partial file.
    draft = path.with_name(f"draft-{path.name}")
    cover = path.with_name(f"draft-{path.stem}.png")
    try:
        await asyncio.gather(
            _ffmpeg("-i", _sound(song), draft),
            _ffmpeg("-i", _cover(song), "-frames:v", "1", cover),
        )
        await asyncio.to_thread(_tag, song, draft, cover.read_bytes())
        draft.rename(path)
    finally:
        cover.unlink(missing_ok=True)
        draft.unlink(missing_ok=True)
    return path


async def _ffmpeg(*arguments: str | Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *("ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-f", "lavfi"), *arguments
    )
    if code := await process.wait():
        raise OSError(f"ffmpeg ended with {code}")


def _sound(song: Song) -> str:
    """Return the sound: for each note, a sine with two overtones that fades like a music box."""
    step = song.step_seconds
    pitches = "+".join(f"eq(ld(0),{index})*{note}" for index, note in enumerate(song.notes) if note)
    sounding = "+".join(f"eq(ld(0),{index})" for index, note in enumerate(song.notes) if note is not None)
    expression = (
        f"st(0,floor(t/{step}+1e-6));"
        f"st(1,t-ld(0)*{step});"
        f"st(2,2*PI*{song.key_hz}*pow(2,({pitches})/12)*ld(1));"
        f"0.4*({sounding})*min(1,ld(1)*400)*min(1,({step}-ld(1))*200)*exp(-4*ld(1))"
        f"*(sin(ld(2))+0.3*sin(2*ld(2))*exp(-6*ld(1))+0.15*sin(5*ld(2))*exp(-20*ld(1)))"
    )
    return f"aevalsrc='{expression}':s=44100:d={song.duration / TURNS},aloop={TURNS - 1}:size=2e9"


def _cover(song: Song) -> str:
    first, second = song.colours
    return f"gradients=s={ARTWORK_SIZE}x{ARTWORK_SIZE}:c0={first}:c1={second}:x0=0:y0=0:x1={ARTWORK_SIZE}:y1={ARTWORK_SIZE}:seed=1"


def _tag(song: Song, path: Path, cover: bytes) -> None:
    if song.suffix == "flac":
        flac = FLAC(path)
        flac.update(
            {"title": song.title, "artist": ARTIST, "album": ALBUM, "date": YEAR, "tracknumber": str(song.number)}
        )
        picture = Picture()
        picture.type, picture.mime, picture.data = PictureType.COVER_FRONT, "image/png", cover
        flac.add_picture(picture)
        flac.save()
        return
    id3 = ID3()
    for frame in (TIT2, song.title), (TPE1, ARTIST), (TALB, ALBUM), (TDRC, YEAR), (TRCK, str(song.number)):
        kind, text = frame
        id3.add(kind(text=text))
    id3.add(APIC(mime="image/png", type=PictureType.COVER_FRONT, data=cover))
    id3.save(path)
