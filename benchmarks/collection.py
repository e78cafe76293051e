"""A collection of music: real tagged files, and further files that exist by name only."""

from collections.abc import Iterator
from pathlib import Path
import random
import subprocess
from typing import Any, NamedTuple

from mutagen.flac import FLAC
from mutagen.id3 import ID3, TALB, TCON, TDRC, TIT2, TPE1, TPE2, TRCK
from mutagen.oggopus import OggOpus

TRACKS_OF_ALBUM = 12
ALBUMS_OF_ARTIST = 5
GENRES = (
    *("Ambient", "Blues", "Chanson", "Classical", "Country", "Dub", "Electronic", "Folk", "Funk", "Hip-Hop"),
    *("House", "Jazz", "Latin", "Metal", "Pop", "Punk", "Reggae", "Rock", "Soul", "Techno"),
)
SYLLABLES = [
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "ha",
    "je",
    "ki",
    "lo",
    "mu",
    "na",
    "pe",
    "ri",
    "so",
    "tu",
    "va",
    "we",
    "xi",
    "yo",
    "zu",
    "bra",
    "cle",
    "dri",
    "flo",
    "gru",
    "sta",
    "tre",
    "pli",
    "mon",
    "ker",
]
SECONDS = 15
QUESTIONS = 300
SUFFIXES = ("mp3", "flac", "opus")


class TaggedTrack(NamedTuple):
    """The tags of a track."""

    artist: str
    album: str
    title: str
    number: int
    year: int
    genre: str
    suffix: str

    @property
    def path(self) -> str:
        """The path in the collection."""
        return f"{self.artist}/{self.album}/{self.number:02} {self.title}.{self.suffix}"


def tracks(count: int, seed: int = 1) -> Iterator[TaggedTrack]:
    """Yield `count` different tracks, the same ones for each seed."""
    chance = random.Random(seed)
    words = [
        "".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))).capitalize() for _ in range(max(200, count // 5))
    ]
    made = 0
    while True:
        artist = " ".join(chance.choices(words, k=2))
        genre = chance.choice(GENRES)
        for _ in range(ALBUMS_OF_ARTIST):
            album = " ".join(chance.choices(words, k=chance.randint(1, 3)))
            year, suffix = chance.randint(1950, 2026), chance.choice(SUFFIXES)
            for number in range(1, TRACKS_OF_ALBUM + 1):
                if made == count:
                    return
                made += 1
                title = " ".join(chance.choices(words, k=chance.randint(1, 4)))
                yield TaggedTrack(artist, album, title, number, year, genre, suffix)


def queries(everything: list[TaggedTrack]) -> list[str]:
    """Return search texts as people type them: names, their beginnings, combinations, and misspellings."""
    step = max(1, len(everything) // QUESTIONS)
    found = []
    for number, track in enumerate(everything[::step][:QUESTIONS]):
        match number % 6:
            case 0:
                found.append(track.artist)
            case 1:
                found.append(f"play {track.album} by {track.artist}")
            case 2:
                found.append(track.title)
            case 3:
                found.append(track.artist[: 3 + number % 4])
            case 4:
                word = track.artist.split()[0]
                found.append(f"{word[:2]}{word[3:]} {track.album}")
            case _:
                found.append(track.genre)
    return found


def write_files(folder: Path, wanted: list[TaggedTrack]) -> int:
    """Write real files and return their total size in bytes."""
    sounds = {suffix: _sound(folder.parent, suffix) for suffix in SUFFIXES}
    chance, size = random.Random(2), 0
    for track in wanted:
        path = folder / track.path
        path.parent.mkdir(parents=True, exist_ok=True)
        sound = bytearray(sounds[track.suffix])
        # Each file needs a sound of its own; a FLAC file contains a fingerprint of it, right behind its sizes.
        at = 26 if track.suffix == "flac" else len(sound) // 2
        sound[at : at + 16] = chance.randbytes(16)
        if track.suffix == "opus":
            at = sound.rfind(b"OggS") + 100
            sound[at : at + 16] = chance.randbytes(16)
        path.write_bytes(sound)
        _tag(path, track)
        size += path.stat().st_size
    return size


def _sound(folder: Path, suffix: str) -> bytes:
    path = folder / f"sound.{suffix}"
    noise = f"anoisesrc=duration={SECONDS}:amplitude=0.02:sample_rate=16000"
    quietly = ("-nostdin", "-loglevel", "error", "-y", "-map_metadata", "-1")
    subprocess.run(["ffmpeg", "-f", "lavfi", "-i", noise, "-b:a", "32k", *quietly, path], check=True)
    return path.read_bytes()


def _tag(path: Path, track: TaggedTrack) -> None:
    fields = {
        "title": track.title,
        "artist": track.artist,
        "album": track.album,
        "albumartist": track.artist,
        "genre": track.genre,
        "date": str(track.year),
        "tracknumber": str(track.number),
    }
    if track.suffix == "mp3":
        id3 = ID3()
        kinds: tuple[Any, ...] = (TIT2, TPE1, TALB, TPE2, TCON, TDRC, TRCK)
        for kind, text in zip(kinds, fields.values(), strict=True):
            id3.add(kind(encoding=3, text=text))
        id3.save(path)
        return
    file: Any = FLAC(path) if track.suffix == "flac" else OggOpus(path)
    file.update(fields)
    file.save()
