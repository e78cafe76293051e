"""Tracks that belong to one album, or to several."""

from pathlib import Path

from script.lib.sounds import Sounds

from .case import Case

BLUE, GREEN = "9d4ab2b6-1d3a-4c62-bf3b-4d6d2ed2e6c1", "0bfb0f6b-6d0f-4a4f-a0ba-7a6b3b8f2a11"


def _same_name(folder: Path, sounds: Sounds) -> None:
    for year, name in ((1994, "Blue"), (2001, "Green")):
        for number in (1, 2):
            sounds.put(
                folder / f"{name}/{number}.flac",
                variant=number + (2 if year == 2001 else 0),
                title=f"{name} {number}",
                artist="Tweezer",
                album="Tweezer",
                date=str(year),
                tracknumber=str(number),
            )


def _same_releases(folder: Path, sounds: Sounds) -> None:
    for number, release in enumerate((BLUE, BLUE, GREEN, GREEN)):
        sounds.put(
            folder / f"{number}.mp3",
            variant=number,
            title=f"Song {number}",
            artist="Freezer",
            album="Freezer",
            **{"MusicBrainz Album Id": release},
        )


def _same_places(folder: Path, sounds: Sounds) -> None:
    for number, name in enumerate(("first", "second")):
        for track in (1, 2):
            sounds.put(
                folder / f"{name}/{track}.flac",
                variant=2 * number + track - 1,
                title=f"{name} {track}",
                artist="Sneezer",
                album="Live",
                tracknumber=str(track),
            )


def _two_discs(folder: Path, sounds: Sounds) -> None:
    for disc in (1, 2):
        for track in (1, 2):
            sounds.put(
                folder / f"Long/Disc {disc}/{track}.flac",
                variant=2 * disc + track - 2,
                title=f"{disc}/{track}",
                artist="Geezer",
                album="Long",
                tracknumber=str(track),
            )


def _parts(folder: Path, sounds: Sounds) -> None:
    for track in range(4):
        sounds.put(
            folder / f"{'a' if track < 2 else 'b'}/{track}.flac",
            variant=track,
            title=f"T{track}",
            artist="Wheezer",
            album="Scattered",
            tracknumber=str(track + 1),
        )


def _compilation(folder: Path, sounds: Sounds) -> None:
    for number, artist in enumerate(("Uno", "Due", "Tre")):
        sounds.put(
            folder / f"{number}.flac",
            variant=number,
            title=f"T{number}",
            artist=artist,
            album="Festival",
            tracknumber=str(number + 1),
        )


def _guest(folder: Path, sounds: Sounds) -> None:
    for number, artist in enumerate(("Host", "Host", "Host feat. Guest", "Guest")):
        sounds.put(
            folder / f"{number}.flac",
            variant=number,
            title=f"T{number}",
            artist=artist,
            album="Party",
            tracknumber=str(number + 1),
        )


def _flat_folder(folder: Path, sounds: Sounds) -> None:
    for number, artist in enumerate(("Regina", "Regina", "Baba", "Baba")):
        sounds.put(
            folder / f"{artist} {number}.flac",
            variant=number,
            title=f"T{number}",
            artist=artist,
            album="Greatest Hits",
            tracknumber=str(number % 2 + 1),
        )


def _album_artist_missing_once(folder: Path, sounds: Sounds) -> None:
    for number in range(3):
        tags = {"albumartist": "Ensemble"} if number else {}
        sounds.put(
            folder / f"{number}.flac",
            variant=number,
            title=f"T{number}",
            artist=f"Soloist {number}",
            album="Chamber",
            tracknumber=str(number + 1),
            **tags,
        )


def _copy_appears(folder: Path, sounds: Sounds) -> None:
    _two_of_album(folder / "old", sounds)


def _two_of_album(folder: Path, sounds: Sounds) -> None:
    for track in (1, 2):
        sounds.put(
            folder / f"{track}.flac",
            variant=track,
            title=f"T{track}",
            artist="Copied",
            album="Twice",
            tracknumber=str(track),
        )


CASES: tuple[Case, ...] = (
    Case(
        name="self-titled-years",
        trick="two albums of one name and artist, in two folders, of two years",
        write=_same_name,
        albums=(("Tweezer", "Tweezer", 2), ("Tweezer", "Tweezer", 2)),
    ),
    Case(
        name="self-titled-releases",
        trick="two albums of one name and artist in one folder, told apart by MusicBrainz",
        write=_same_releases,
        albums=(("Freezer", "Freezer", 2), ("Freezer", "Freezer", 2)),
    ),
    Case(
        name="self-titled-places",
        trick="two albums of one name and artist in two folders, each with a first and a second track",
        write=_same_places,
        albums=(("Live", "Sneezer", 2), ("Live", "Sneezer", 2)),
    ),
    Case(
        name="two-discs",
        trick="the discs of an album in folders of their own, and no disc numbers in the tags",
        write=_two_discs,
        albums=(("Long", "Geezer", 4),),
    ),
    Case(
        name="scattered",
        trick="an album in two folders",
        write=_parts,
        albums=(("Scattered", "Wheezer", 4),),
    ),
    Case(
        name="compilation",
        trick="one folder, one album, three artists, no album artist",
        write=_compilation,
        tracks={"0.flac": {"album_artist": "Various Artists", "compilation": True, "artist": "Uno"}},
        albums=(("Festival", "Various Artists", 3),),
    ),
    Case(
        name="guest",
        trick="an album of one artist, with a guest on it",
        write=_guest,
        albums=(("Party", "Host", 4),),
        artists=frozenset({"Host", "Guest"}),
    ),
    Case(
        name="flat-folder",
        trick="two albums of one name in one folder, by two artists",
        write=_flat_folder,
        albums=(("Greatest Hits", "Regina", 2), ("Greatest Hits", "Baba", 2)),
    ),
    Case(
        name="album-artist-once",
        trick="one track lacks the album artist",
        write=_album_artist_missing_once,
        albums=(("Chamber", "Ensemble", 3),),
    ),
    Case(
        name="copied",
        trick="an album is there twice, as while it is moved by copying",
        write=_copy_appears,
        change=lambda folder, sounds: _two_of_album(folder / "new", sounds),
        albums=(("Twice", "Copied", 4),),
    ),
)
