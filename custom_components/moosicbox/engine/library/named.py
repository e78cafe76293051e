"""Items of the library by the name that a user said."""

from collections.abc import Iterable
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Final, NamedTuple

from ..protocol.library_request import ItemKind
from .index.search import FILLERS, SYNONYMS
from .index.text import searchable, words
from .library import Library
from .models import Album, Artist, Genre, LibraryItem, LibraryTrack, Playlist, Podcast, Station

CANDIDATES: Final = 10
"""Results of the search that are compared with the name."""
ALIKE: Final = 0.7
"""The similarity of two words from which one may be a misspelling of the other."""
NEAR: Final = 0.5
"""The part of the words that an item has to have in common with the name to be offered."""


class NamedItem(NamedTuple):
    """An item of the library for a name."""

    item: LibraryItem
    is_certain: bool
    """False if a word of the name doesn't occur in the item, so that it is the nearest one only."""


async def find_named(library: Library, name: str, kinds: Iterable[ItemKind] = ()) -> NamedItem | None:
    """Return the best item for a name, or `None` if none is near.

    Args:
        library: The library.
        name: The name of an item, in any spelling, with the artist or without.
        kinds: The kinds of items to find; all by default.

    Raises:
        Unavailable: If the index can't be read.

    """
    page = await library.search(name, kinds, CANDIDATES)
    items = [hit.item for hit in page.items if not isinstance(hit.item, LibraryTrack) or hit.item.available]
    asked = [word for word in words(name) if word not in FILLERS] or words(name)
    if not items or not asked:
        return None
    parts = [_known_part(asked, item) for item in items]
    if parts[0] == 1:
        return NamedItem(items[0], is_certain=True)
    best = max(parts)
    return NamedItem(items[parts.index(best)], is_certain=best == 1) if best >= NEAR else None


def _known_part(asked: list[str], item: LibraryItem) -> float:
    """Return the part of the words that occur in an item's names."""
    known = set(words(searchable(*_names(item))))
    joined = [first + second for first, second in pairwise(asked)]
    found = 0
    for at, word in enumerate(asked):
        spellings = (word, *SYNONYMS.get(word, ()))
        found += any(_is_alike(spelling, other) for spelling in spellings for other in known) or not known.isdisjoint(
            joined[max(0, at - 1) : at + 1]
        )
    return found / len(asked)


def _is_alike(word: str, other: str) -> bool:
    return other.startswith(word) or SequenceMatcher(None, word, other).ratio() >= ALIKE


def _names(item: LibraryItem) -> Iterable[str]:
    match item:
        case LibraryTrack():
            return filter(None, (item.title, item.artist, item.album, item.album_artist, item.genre, *item.artists))
        case Album():
            return filter(None, (item.title, item.artist))
        case Podcast():
            return filter(None, (item.title, item.author))
        case Station():
            return filter(None, (item.name, item.country, item.genre))
        case Artist() | Genre() | Playlist():
            return (item.name,)
