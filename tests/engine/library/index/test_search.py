"""The first hit of a search is the item that the query means."""

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import shutil
from typing import Any

import pytest

from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.protocol.errors import InvalidMessage
from custom_components.moosicbox.engine.protocol.library_request import ItemKind, PlaylistEdit
from tests.engine.library.found import fill, found

MILES, BLUE = "Miles Davis", "Kind of Blue"
COLLECTION = [
    found("So What", MILES, BLUE, genres=("Jazz",), year=1959),
    found("Blue in Green", MILES, BLUE, genres=("Jazz",), year=1959),
    found("Milestones", MILES, "Milestones", genres=("Jazz",), year=1958),
    found("Jazz", "Queen", "Jazz", genres=("Rock",)),
    found("Bohemian Rhapsody", "Queen", "A Night at the Opera", genres=("Rock",)),
    found("Under Pressure", "Queen", "Hot Space"),
    found("Some Girls", "The Rolling Stones", "Some Girls"),
    found("Play That Funky Music", "Wild Cherry", "Wild Cherry"),
    found("Halo", "Beyoncé", "I Am… Sasha Fierce"),
    found("Jóga", "Björk", "Homogenic"),
    found("Swan Lake", "Pjotr Iljitsch Tschaikowsky", "Ballets"),
    found("Thunderstruck", "AC/DC", "The Razors Edge"),
    found("Don't Stop Me Now", "Queen", "Jazz"),
    found("林檎の唄", "東京事変", "教育"),
    found("Полюшко", "Хор", "Песни"),
    found("Blue Train", "John Coltrane", "Blue Train"),
    found("Love", "Nobody", "Nothing"),
    *(found(f"Love Song {number}", f"Lover {number}", "Loves") for number in range(400)),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an index file with the collection."""
    path = tmp_path_factory.mktemp("index") / "library.db"

    async def write() -> None:
        library = Library(path, [], 0)
        await library.start()
        await fill(library, COLLECTION)
        await library.stop()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(write())).result()
    return path


@pytest.fixture
async def filled(index: Path, tmp_path: Path, music: Path) -> AsyncGenerator[Library]:
    """Return a library with the collection, on a copy of the index."""
    library = Library(Path(shutil.copy(index, tmp_path)), [music], 0)
    await library.start()
    yield library
    await library.stop()


async def best(library: Library, query: str, *kinds: ItemKind) -> tuple[str, str] | None:
    page = await library.search(query, kinds, limit=5)
    if not page.items:
        return None
    hit = page.items[0]
    item: Any = hit.item
    return hit.kind, item.title if hasattr(item, "title") else item.name


@pytest.mark.parametrize(
    ("query", "kind", "name"),
    [
        ("miles davis", "artist", MILES),
        ("MILES DAVIS", "artist", MILES),
        ("davis miles", "artist", MILES),
        ("mil dav", "artist", MILES),
        ("play some Miles Davis", "artist", MILES),
        ("play me something by miles davis please", "artist", MILES),
        ("mlies davis", "artist", MILES),
        ("miles davsi", "artist", MILES),
        ("mils davis", "artist", MILES),
        ("kind of blue", "album", BLUE),
        ("Kind of Blue by Miles Davis", "album", BLUE),
        ("the album kind of blue", "album", BLUE),
        ("miles davis kind of blue", "album", BLUE),
        ("blue kind", "album", BLUE),
        ("so what miles davis", "track", "So What"),
        ("bohemian rapsody", "track", "Bohemian Rhapsody"),
        ("play bohemian rhapsody by queen", "track", "Bohemian Rhapsody"),
        ("some girls", "album", "Some Girls"),
        ("play some girls", "album", "Some Girls"),
        ("play that funky music", "track", "Play That Funky Music"),
        ("rolling stones", "artist", "The Rolling Stones"),
        ("the rolling stones", "artist", "The Rolling Stones"),
        ("beyonce", "artist", "Beyoncé"),
        ("beyoncé", "artist", "Beyoncé"),
        ("bjork", "artist", "Björk"),
        ("joga", "track", "Jóga"),
        ("tchaikowsky", "artist", "Pjotr Iljitsch Tschaikowsky"),
        ("tschaikovsky swan lake", "track", "Swan Lake"),
        ("acdc", "artist", "AC/DC"),
        ("ac dc", "artist", "AC/DC"),
        ("ac/dc thunderstruck", "track", "Thunderstruck"),
        ("dont stop me now", "track", "Don't Stop Me Now"),
        ("don’t stop", "track", "Don't Stop Me Now"),
        ("play some jazz", "genre", "Jazz"),
        ("林檎", "track", "林檎の唄"),
        ("東京事変", "artist", "東京事変"),
        ("полюшко", "track", "Полюшко"),
        ("love", "track", "Love"),
        ("blue train", "album", "Blue Train"),
    ],
)
async def test_the_meant_item_is_the_first_hit(filled: Library, query: str, kind: str, name: str) -> None:
    assert await best(filled, query) == (kind, name)


@pytest.mark.parametrize(
    "query", ["", " ", "xqzw", "?", '"', "*", "NEAR(", "a AND", "-", "miles -davis qqq", "(" * 50, "é" * 500]
)
async def test_no_query_breaks_the_search(filled: Library, query: str) -> None:
    await filled.search(query)


async def test_a_search_is_limited_to_kinds(filled: Library) -> None:
    assert await best(filled, "jazz", "album") == ("album", "Jazz")
    assert await best(filled, "jazz", "track") == ("track", "Jazz")
    assert await best(filled, "queen", "genre") is None
    await filled.edit_playlist(None, PlaylistEdit(name="Sunday Jazz"))
    assert await best(filled, "sunday", "playlist") == ("playlist", "Sunday Jazz")


async def test_favourites_come_first(filled: Library) -> None:
    found: list[Any] = [hit.item for hit in (await filled.search("love song", ["track"], 200)).items]
    (liked,) = [track for track in found if track.title == "Love Song 77"]
    await filled.set_favourite(liked.track_id)
    assert await best(filled, "love song", "track") == ("track", "Love Song 77")


async def test_pages_cover_all_hits_once(filled: Library) -> None:
    seen, cursor = [], None
    while True:
        page = await filled.search("love", ["track"], 30, cursor)
        items: list[Any] = [hit.item for hit in page.items]
        seen += [item.track_id for item in items]
        if (cursor := page.next_cursor) is None:
            break
    assert len(seen) == len(set(seen)) == page.total
    with pytest.raises(InvalidMessage, match="cursor"):
        await filled.search("love", ["track"], 30, "WzFd")
