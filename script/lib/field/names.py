"""Names of files and folders that stand for tags, names that are alike, and their order."""

from pathlib import Path
from typing import Any

from script.lib.sounds import Sounds, tag

from .case import Case, Write


def _files(*names: str, **tags: Any) -> Write:
    def write(folder: Path, sounds: Sounds) -> None:
        for number, name in enumerate(names):
            sounds.put(folder / name, variant=number % 6, **tags)

    return write


def _titled(*titles: str) -> Write:
    def write(folder: Path, sounds: Sounds) -> None:
        for number, title in enumerate(titles):
            sounds.put(folder / f"{number}.flac", variant=number % 6, title=title, artist="Counter")

    return write


def _by(*artists: str) -> Write:
    def write(folder: Path, sounds: Sounds) -> None:
        for number, artist in enumerate(artists):
            sounds.put(folder / f"{number}.flac", variant=number % 6, title=f"By {number}", artist=artist)

    return write


def _spelled_anew(folder: Path, sounds: Sounds) -> None:
    tag(folder / "0.flac", artist="Bjørk", album="Début", albumartist="Bjørk", genre="Élan")


def _spelled_before(folder: Path, sounds: Sounds) -> None:
    sounds.put(folder / "0.flac", title="Human", artist="bjork", album="debut", albumartist="bjork", genre="elan")


def _spelled_by_most(folder: Path, sounds: Sounds) -> None:
    for number, artist in enumerate(("zap mama", "Zap Mama", "Zap Mama", "ZAP MAMA")):
        sounds.put(folder / f"{number}.flac", variant=number, title=f"T{number}", artist=artist)


CASES: tuple[Case, ...] = (
    Case(
        name="99 balloons",
        trick="titles that begin with numbers",
        write=_files("99 Luftballons.mp3", "7-Eleven.mp3", "99.9F.mp3", "50-50 Chance.mp3"),
        tracks={
            "99 Luftballons.mp3": {"title": "99 Luftballons", "track_number": None},
            "7-Eleven.mp3": {"title": "7-Eleven", "track_number": None},
            "99.9F.mp3": {"title": "99.9F", "track_number": None},
            "50-50 Chance.mp3": {"title": "50-50 Chance", "track_number": None},
        },
    ),
    Case(
        name="numbered",
        trick="track numbers in file names, in several ways",
        write=_files("A/B/01 One.mp3", "A/B/02 - Two.mp3", "A/B/03. Three.mp3", "A/B/1-04 Four.mp3", "A/B/05_Five.mp3"),
        tracks={
            "A/B/01 One.mp3": {"title": "One", "track_number": 1},
            "A/B/02 - Two.mp3": {"title": "Two", "track_number": 2},
            "A/B/03. Three.mp3": {"title": "Three", "track_number": 3},
            "A/B/1-04 Four.mp3": {"title": "Four", "track_number": 4, "disc_number": 1},
            "A/B/05_Five.mp3": {"title": "Five", "track_number": 5},
        },
    ),
    Case(
        name="numbered without zeros",
        trick="a folder whose files all begin with their places",
        write=_files(*(f"A/C/{number} Song {number}.mp3" for number in range(1, 13))),
        tracks={"A/C/12 Song 12.mp3": {"title": "Song 12", "track_number": 12}},
    ),
    Case(
        name="Various Artists",
        trick="a folder of several artists",
        write=_files("Hits/01 - Toto - Africa.mp3", "Hits/02 - Nena - 99 Luftballons.mp3"),
        tracks={
            "Hits/01 - Toto - Africa.mp3": {
                "title": "Africa",
                "artist": "Toto",
                "album_artist": "Various Artists",
                "compilation": True,
                "album": "Hits",
            },
            "Hits/02 - Nena - 99 Luftballons.mp3": {"title": "99 Luftballons", "artist": "Nena"},
        },
        albums=(("Hits", "Various Artists", 2),),
    ),
    Case(
        name="title-only",
        trick="only the title is tagged",
        write=_files("Joni Mitchell/Blue (1971)/01 - x.mp3", title="All I Want"),
        tracks={
            "Joni Mitchell/Blue (1971)/01 - x.mp3": {
                "title": "All I Want",
                "artist": "Joni Mitchell",
                "album": "Blue",
                "year": 1971,
                "track_number": 1,
            }
        },
    ),
    Case(
        name="Downloads",
        trick="tags that the folder contradicts",
        write=_files("Stuff/Misc/x.mp3", title="Song", artist="Tagged Artist"),
        tracks={"Stuff/Misc/x.mp3": {"title": "Song", "artist": "Tagged Artist", "album": None}},
    ),
    Case(
        name="natural-order",
        trick="titles with numbers",
        write=_titled("Part 1", "Part 10", "Part 11", "Part 2", "Part 02b"),
        order=("Part 1", "Part 2", "Part 02b", "Part 10", "Part 11"),
    ),
    Case(
        name="articles",
        trick="names that begin like an article, and names that differ by one",
        write=_by("a-ha", "Ha", "A.R. Rahman", "A L E X", "The Band", "Band"),
        artists=frozenset({"a-ha", "Ha", "A.R. Rahman", "A L E X", "The Band", "Band"}),
        finds={"a-ha": "a-ha", "ha": "Ha", "the band": "The Band"},
    ),
    Case(
        name="spelled-anew",
        trick="a file is retagged with another spelling",
        write=_spelled_before,
        change=_spelled_anew,
        tracks={"0.flac": {"artist": "Bjørk", "artists": ("Bjørk",), "album_artist": "Bjørk"}},
        albums=(("Début", "Bjørk", 1),),
        artists=frozenset({"Bjørk"}),
        finds={"elan": "Élan", "bjork": "Bjørk"},
    ),
    Case(
        name="spelled-by-most",
        trick="an artist is spelled in several ways",
        write=_spelled_by_most,
        artists=frozenset({"Zap Mama"}),
    ),
    Case(
        name="searched",
        trick="names that are said otherwise than they are written",
        write=_by("Guns N’ Roses", "Sinéad O'Connor", "P!nk", "Ke$ha", "Don´t Panic", "AC/DC"),
        finds={
            "guns and roses": "Guns N’ Roses",
            "guns n roses": "Guns N’ Roses",
            "sinead o connor": "Sinéad O'Connor",
            "sinead oconnor": "Sinéad O'Connor",
            "oconnor": "Sinéad O'Connor",
            "pink": "P!nk",
            "kesha": "Ke$ha",
            "dont panic": "Don´t Panic",
            "don't panic": "Don´t Panic",
            "acdc": "AC/DC",
            "guns roses live": "Guns N’ Roses",
        },
    ),
    Case(
        name="said-wrong",
        trick="a title of which a word is said otherwise, or one too many",
        write=_titled("Nothing Compares 2 U", "Smoke on the Water"),
        finds={
            "nothing compares to you": "Nothing Compares 2 U",
            "nothing really compares to you": "Nothing Compares 2 U",
            "smoke under the water": "Smoke on the Water",
        },
    ),
)
