"""Fixtures: a small collection of music in the library."""

from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.engine.library.library import Library
from script.lib.sounds import Sounds
from tests.conftest import SharedFolder
from tests.home.scanned import scanned_music

KIND_OF_BLUE = ("So What", "Freddie Freeloader", "Blue in Green")
BIRTH = ("Move", "Jeru")


def collect(sounds: Sounds, folder: Path) -> None:
    """Write two albums by Miles Davis, one by Björk, a track without an album, and a playlist."""
    for number, title in enumerate(KIND_OF_BLUE, 1):
        sounds.put(
            folder / "Miles Davis" / "Kind of Blue" / f"{number}.flac",
            variant=number,
            title=title,
            artist="Miles Davis",
            album="Kind of Blue",
            genre="Jazz",
            date="1959",
            tracknumber=str(number),
        )
    for number, title in enumerate(BIRTH, 1):
        sounds.put(
            folder / "Miles Davis" / "Birth of the Cool" / f"{number}.mp3",
            variant=number,
            title=title,
            artist="Miles Davis",
            album="Birth of the Cool",
            genre="Jazz",
            date="1957",
            tracknumber=str(number),
        )
    sounds.put(
        folder / "Björk" / "Debut" / "1.mp3",
        variant=3,
        title="Human Behaviour",
        artist="Björk",
        album="Debut",
        genre="Pop",
    )
    sounds.put(folder / "loose.opus", title="Hidden Place", artist="Björk")
    (folder / "Sunday.m3u").write_text("Björk/Debut/1.mp3\nMiles Davis/Kind of Blue/1.flac\n", encoding="utf-8")


@pytest.fixture
def media_folder(shared_folder: SharedFolder, tmp_path: Path, sounds: Sounds) -> Path:
    """Home Assistant's media folder with the collection, which is in the library's index."""
    return scanned_music(shared_folder, "collection", lambda folder: collect(sounds, folder), tmp_path / "config")


@pytest.fixture
def library(entry: MockConfigEntry) -> Library:
    """The entry's library."""
    library: Library = entry.runtime_data.library
    return library
