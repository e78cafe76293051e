"""Items by the names that users say: certain ones, near ones, none."""

import pytest

from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.models import Genre, LibraryTrack
from custom_components.moosicbox.engine.library.named import find_named

from .found import fill, found

MILES, BLUE = "Miles Davis", "Kind of Blue"
COLLECTION = [
    found("So What", MILES, BLUE, genres=("Jazz",), year=1959),
    found("Blue in Green", MILES, BLUE, genres=("Jazz",), year=1959),
    found("Move", MILES, "Birth of the Cool", genres=("Jazz",), year=1957),
    found("Halo", "Beyoncé", "I Am… Sasha Fierce"),
    found("Thunderstruck", "AC/DC", "The Razors Edge"),
    found("Just the Two of Us", "Bill Withers", "Winelight"),
    found("Nothing Compares 2 U", "Sinéad O'Connor", "I Do Not Want"),
    found("Human Behaviour", "Björk", "Debut", genres=("Pop",)),
]


@pytest.fixture
async def filled(library: Library) -> Library:
    await fill(library, COLLECTION)
    return library


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("So What", "So What"),
        ("so what by miles davis", "So What"),
        ("the song So What from Kind of Blue", "So What"),
        ("Kind of Blue", BLUE),
        ("kind of bleu", BLUE),
        ("some Miles Davis", MILES),
        ("Halo by beyonce", "Halo"),
        ("acdc", "AC/DC"),
        ("ac dc thunderstruck", "Thunderstruck"),
        ("nothing compares to you", "Nothing Compares 2 U"),
        ("o connor", "Sinéad O'Connor"),
        ("jazz", "Jazz"),
        ("ein lied von björk", "Björk"),
    ],
)
async def test_a_name_is_found(filled: Library, name: str, title: str) -> None:
    named = await find_named(filled, name)
    assert named is not None
    assert (_title(named.item), named.is_certain) == (title, True)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Blue Lantern", "Blue in Green"),
        ("Blue Moon", "Blue in Green"),
        ("So Where", "So What"),
        ("Halo by Rihanna", "Halo"),
    ],
)
async def test_the_nearest_name_is_offered(filled: Library, name: str, title: str) -> None:
    named = await find_named(filled, name)
    assert named is not None
    assert (_title(named.item), named.is_certain) == (title, False)


@pytest.mark.parametrize("name", ["Bohemian Rhapsody", "Yesterday by the Beatles", "zzzz", "music", "…"])
async def test_nothing_is_offered_for_an_unknown_name(filled: Library, name: str) -> None:
    assert await find_named(filled, name) is None


async def test_only_the_wanted_kinds_are_found(filled: Library) -> None:
    named = await find_named(filled, "pop", ["genre"])
    assert named is not None
    assert isinstance(named.item, Genre)
    assert await find_named(filled, "pop", ["album"]) is None
    track = await find_named(filled, "Halo", ["track"])
    assert track is not None
    assert isinstance(track.item, LibraryTrack)


def _title(item: object) -> str:
    return str(getattr(item, "title", None) or getattr(item, "name", None))
