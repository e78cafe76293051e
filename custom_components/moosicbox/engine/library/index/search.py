"""Finds artists, albums, tracks, genres, playlists, stations and podcasts by a few words, the likeliest first.

A query is read in several ways, each looser than the one before; the first way that finds anything counts:

1. every word is in a name or around it, as it is written or as the beginning of a word;
2. with words that sound alike ("and", "n", "&") and with misspellings;
3. some words are missing: the more of them are found, the better.
"""

from collections.abc import Collection, Iterable, Iterator
from itertools import chain
import math
import sqlite3
from typing import Final, NamedTuple

from ...protocol.library_request import ItemKind
from ..models import Page, SearchHit
from .cursors import read_cursor, write_cursor
from .details import items_of
from .search_entries import (
    ALBUM,
    ARTIST,
    EPISODE,
    GENRE,
    KIND_BITS,
    PLAYLIST,
    PODCAST,
    STATION,
    TRACK,
    entry,
    is_known,
    near_words,
)
from .states import DELETED
from .text import identity_key, natural_key, sort_key, words

MAX_WORDS: Final = 12
MAX_PHRASINGS: Final = 6
CANDIDATES: Final = 200
"""Names of each kind that are scored. Names that equal the query, or begin with it, are taken first."""
SHORT: Final = 2
"""Most letters of a word that only matches whole words, unless it is the query's last word."""
KINDS: Final[dict[ItemKind, int]] = {
    "artist": ARTIST,
    "album": ALBUM,
    "track": TRACK,
    "genre": GENRE,
    "playlist": PLAYLIST,
    "station": STATION,
    "podcast": PODCAST,
    "episode": EPISODE,
}
_NAMES: Final = {number: kind for kind, number in KINDS.items()}
_TABLES: Final = {
    ARTIST: ("artists", "name"),
    ALBUM: ("albums", "title"),
    TRACK: ("tracks", "title"),
    GENRE: ("genres", "name"),
    PLAYLIST: ("playlists", "name"),
    STATION: ("stations", "name"),
    PODCAST: ("podcasts", "title"),
    EPISODE: ("episodes", "title"),
}
_BONUS: Final = {
    ARTIST: 6.0,
    GENRE: 5.0,
    PLAYLIST: 4.0,
    STATION: 4.0,
    PODCAST: 3.5,
    EPISODE: 0.5,
    ALBUM: 3.0,
    TRACK: 1.0,
}
"""The bonus of each kind: of items with the same name, the artist precedes the album, and the album its title song."""
_LISTED: Final = {
    ARTIST: "SELECT id, favourite, 0 FROM artists WHERE tracks > 0",
    ALBUM: "SELECT id, favourite, 0 FROM albums WHERE tracks > 0",
    TRACK: f"SELECT id, favourite, play_count FROM tracks WHERE state < {DELETED}",
    GENRE: "SELECT id, favourite, 0 FROM genres WHERE tracks > 0",
    PLAYLIST: "SELECT id, favourite, 0 FROM playlists WHERE 1",
    STATION: "SELECT id, favourite, 0 FROM stations WHERE 1",
    PODCAST: "SELECT id, favourite, 0 FROM podcasts WHERE 1",
    EPISODE: "SELECT id, 0, 0 FROM episodes WHERE 1",
}
_COMMANDS: Final = frozenset(
    words(
        "play start put on listen to hear please me some any a the something music songs song tracks track album albums"
        " artist band playlist genre radio station sender podcast episode folge by from of spiel spiele hoere bitte etwas musik lied lieder von der die das"
    )
)
"""Words before a name in a spoken command."""
_BETWEEN: Final = frozenset(words("by from of the a album song track artist band von der die das"))
_UNIMPORTANT: Final = frozenset(
    words(
        "the a an and n of to in on at by for from with is it my me you your der die das den ein eine und von zu im in"
    )
)
"""Words that don't find a name by themselves."""
FILLERS: Final = _COMMANDS | _UNIMPORTANT
"""Words of a request that needn't be in the name of the item."""
_ALIKE: Final = tuple(
    tuple(words(group))
    for group in (
        *("and n und et y", "to too two 2", "for four 4", "you u", "your ur", "are r", "one 1", "three 3", "five 5"),
        *("six 6", "seven 7", "eight 8", "nine 9", "ten 10", "versus vs", "saint st", "mister mr", "doctor dr"),
        *("number no nr", "okay ok", "part pt", "volume vol", "featuring feat ft"),
    )
)
SYNONYMS: Final = {word: [other for other in group if other != word] for group in _ALIKE for word in group}
"""Words that may replace one another."""
SAME: Final = 100.0
SAME_BUT_ARTICLE: Final = 98.0
"""The scores of names that equal the query."""
WEAK: Final = 0.5
"""The factor for a name in which words are missing."""
MIN_FOUND: Final = 0.5
"""The part of the words that must be found."""

type Groups = list[list[str]]
"""For each word of a query, the words that may stand for it, the word itself first."""


class Candidate(NamedTuple):
    """An entry, and the words of its name and around it."""

    number: int
    name: list[str]
    context: list[str]


def search(
    index: sqlite3.Connection, query: str, kinds: Iterable[ItemKind], limit: int, cursor: str | None
) -> Page[SearchHit]:
    """Return a page of the items that `query` finds; `total` counts the scored names.

    Args:
        index: A connection.
        query: Words.
        kinds: The kinds of items to find; all of them if it is empty.
        limit: Items of a page.
        cursor: `next_cursor` of the previous page; None for the first page.

    Raises:
        InvalidMessage: The cursor belongs to another list.
    """
    wanted = [KINDS[kind] for kind in kinds] or list(_NAMES)
    found = sorted((-score, number) for number, score in _find(index, query, wanted).items())
    total = len(found)
    if cursor is not None:
        after = read_cursor(cursor, "search", (float, int))
        found = [pair for pair in found if pair > after]
    page, rest = found[:limit], found[limit:]
    mask = (1 << KIND_BITS) - 1
    items = items_of(index, [(_NAMES[number >> KIND_BITS], number & mask) for _, number in page])
    hits = tuple(
        SearchHit(kind=_NAMES[number >> KIND_BITS], score=round(-score, 2), item=item)
        for (score, number), item in zip(page, items, strict=True)
        if item is not None
    )
    return Page(items=hits, total=total, next_cursor=write_cursor("search", page[-1]) if rest else None)


def _find(index: sqlite3.Connection, query: str, kinds: Collection[int]) -> dict[int, float]:
    """Return the scores of the entries that the first successful reading of `query` finds."""
    asked = words(query)[:MAX_WORDS]
    if not asked:
        # A name without letters is found by the exact query.
        return _weigh(index, query, [], kinds) if query.strip() else {}
    phrasings = [*_phrasings(asked), *_joined(index, asked)]
    for phrasing in phrasings:
        if found := _weigh(index, " ".join(phrasing), [[word] for word in phrasing], kinds):
            return found
    corrected = [_with_corrections(index, phrasing) for phrasing in phrasings]
    for phrasing, groups in zip(phrasings, corrected, strict=True):
        if found := _weigh(index, " ".join(phrasing), groups, kinds):
            return found
    # Begin with the phrasing that has the fewest words of a command.
    for groups in reversed(corrected):
        if found := _weigh_some(index, groups, kinds):
            return found
    return {}


def _phrasings(asked: list[str]) -> Iterator[list[str]]:
    """Yield the query as it is; without words before a name; without words between names."""
    yield asked
    start = 0
    while start < min(len(asked) - 1, MAX_PHRASINGS) and asked[start] in _COMMANDS:
        start += 1
        yield asked[start:]
    names = [word for word in asked[start:] if word not in _BETWEEN]
    if names and len(names) < len(asked) - start:
        yield names


def _joined(index: sqlite3.Connection, asked: list[str]) -> Iterator[list[str]]:
    """Yield the query with two words joined, such as "oconnor" for "o connor", if a name has the joined word."""
    for at in range(len(asked) - 1):
        if is_known(index, word := asked[at] + asked[at + 1]):
            yield [*asked[:at], word, *asked[at + 2 :]]


def _with_corrections(index: sqlite3.Connection, phrasing: list[str]) -> Groups:
    """Return each word with its synonyms and corrections; a word that occurs in no name is left out."""
    groups = []
    for word in phrasing:
        near = [*SYNONYMS.get(word, ()), *near_words(index, word)]
        if near or is_known(index, word):
            groups.append([word, *near])
    return groups


def _weigh(index: sqlite3.Connection, phrase: str, groups: Groups, kinds: Collection[int]) -> dict[int, float]:
    """Return the scores of names in which all groups are found."""
    scores: dict[int, float] = {}
    for kind in kinds:
        weighed = {found.number: _score(found, groups) for found in _candidates(index, kind, groups)}
        weighed |= _same(index, kind, phrase)
        scores |= _listed(index, kind, weighed)
    return scores


def _weigh_some(index: sqlite3.Connection, groups: Groups, kinds: Collection[int]) -> dict[int, float]:
    """Return the scores of names in which most of the groups are found."""
    important = [group for group in groups if group[0] not in _UNIMPORTANT] or groups
    if len(groups) < 2:
        return {}
    terms = " OR ".join(f'"{word}"' for word in dict.fromkeys(chain.from_iterable(important)))
    scores: dict[int, float] = {}
    for kind in kinds:
        weighed = {}
        for found in _matching(index, kind, terms, "ORDER BY rank"):
            names = [*found.name, *found.context]
            hit = [group for group in important if _fit(group, names)[0]]
            if len(hit) >= MIN_FOUND * len(important):
                weighed[found.number] = WEAK * _score(found, groups)
        scores |= _listed(index, kind, weighed)
    return scores


def _listed(index: sqlite3.Connection, kind: int, weighed: dict[int, float]) -> dict[int, float]:
    """Return the scores of the entries that are listed, with the bonuses of kinds, favourites and plays."""
    scores = {}
    marks = ", ".join(str(number & (1 << KIND_BITS) - 1) for number in weighed)
    for row, favourite, plays in index.execute(f"{_LISTED[kind]} AND id IN ({marks})"):
        number = entry(kind, row)
        liking = 1.5 * favourite + min(2.0, math.log1p(plays) / 2)
        scores[number] = weighed[number] + _BONUS[kind] + liking
    return scores


def _same(index: sqlite3.Connection, kind: int, phrase: str) -> Iterator[tuple[int, float]]:
    """Yield the entries whose name is `phrase`, and their scores: a missing or additional article counts little."""
    table, column = _TABLES[kind]
    exactly = identity_key(phrase)
    for row, name in index.execute(
        f"SELECT id, {column} FROM {table} WHERE sort IN (?, ?) LIMIT {CANDIDATES}",
        (sort_key(phrase), natural_key(phrase)),
    ):
        yield entry(kind, row), SAME if identity_key(name) == exactly else SAME_BUT_ARTICLE


def _candidates(index: sqlite3.Connection, kind: int, groups: Groups) -> Iterator[Candidate]:
    if not groups:
        return
    last = len(groups) - 1
    every = " AND ".join(
        f"({' OR '.join(_term(word, begun=at == last or len(word) > SHORT) for word in group)})"
        for at, group in enumerate(groups)
    )
    begins = " ".join(group[0] for group in groups)
    for expression in (f'name : ^ "{begins}" *', every):
        yield from _matching(index, kind, expression)


def _matching(index: sqlite3.Connection, kind: int, expression: str, order: str = "") -> Iterator[Candidate]:
    for number, name, context in index.execute(
        f"SELECT rowid, name, context FROM search WHERE search MATCH ? AND rowid BETWEEN ? AND ? {order} LIMIT {CANDIDATES}",
        (expression, entry(kind, 0), entry(kind + 1, 0) - 1),
    ):
        yield Candidate(number, name.split(), context.split())


def _term(word: str, *, begun: bool) -> str:
    return f'"{word}"{" *" if begun else ""}'


def _score(found: Candidate, groups: Groups) -> float:
    """Return the score of a name: words in it count more than words around it, and a name that is complete most."""
    in_name = around = 0.0
    said: set[str] = set()
    for group in groups:
        here, word = _fit(group, found.name)
        elsewhere, _ = _fit(group, found.context)
        if here >= elsewhere / 2:
            in_name += here
            said.add(word)
        else:
            around += elsewhere
    covered = len(said & set(found.name)) / max(1, len(found.name))
    begins = bool(found.name) and found.name[0] in said
    return 40 * in_name / len(groups) + 20 * around / len(groups) + 25 * covered + 5 * begins


def _fit(group: list[str], names: list[str]) -> tuple[float, str]:
    """Return the best match of `names` with a word of `group`, and how good it is (0 to 1).

    The whole word counts more than its beginning, and the first word of the group more than its replacements.
    """
    best, which = 0.0, ""
    for at, word in enumerate(group):
        for name in names:
            fit = (1.0 if name == word else 0.75 if name.startswith(word) else 0.0) * (0.7 if at else 1.0)
            if fit > best:
                best, which = fit, name
    return best, which
