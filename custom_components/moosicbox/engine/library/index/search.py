"""What somebody means by a few words: artists, albums, tracks, genres and playlists, the likeliest first."""

from collections.abc import Collection, Iterable, Iterator
import math
import sqlite3
from typing import Final, NamedTuple

from ..models import Hit, Kind, Page
from ..scan.comparison import GONE
from .cursors import read_cursor, write_cursor
from .details import items_of
from .search_entries import ALBUM, ARTIST, GENRE, KIND_BITS, PLAYLIST, TRACK, entry, is_known, near_words
from .text import sort_key, words

MAX_WORDS: Final = 12
MAX_PHRASINGS: Final = 6
CANDIDATES: Final = 200
"""Of each kind that are weighed; names that begin as asked, and those that are just that, come in first."""
SHORT: Final = 2
"""Letters up to which a word before the last isn't taken for the beginning of another."""
KINDS: Final[dict[Kind, int]] = {"artist": ARTIST, "album": ALBUM, "track": TRACK, "genre": GENRE, "playlist": PLAYLIST}
_NAMES: Final = {number: kind for kind, number in KINDS.items()}
_BONUS: Final = {ARTIST: 6.0, GENRE: 5.0, PLAYLIST: 4.0, ALBUM: 3.0, TRACK: 1.0}
"""Who says a name that several bear means the artist before the album, and the album before its title song."""
_VISIBLE: Final = {
    ARTIST: "SELECT id, favourite, 0 FROM artists WHERE tracks > 0",
    ALBUM: "SELECT id, favourite, 0 FROM albums WHERE tracks > 0",
    TRACK: f"SELECT id, favourite, play_count FROM tracks WHERE state < {GONE}",
    GENRE: "SELECT id, favourite, 0 FROM genres WHERE tracks > 0",
    PLAYLIST: "SELECT id, favourite, 0 FROM playlists WHERE 1",
}
_COMMANDS: Final = frozenset(
    words(
        "play start put on listen to hear please me some any a the something music songs song tracks track album albums"
        " artist band playlist genre by from of spiel spiele hoere bitte etwas musik lied lieder von der die das"
    )
)
"""Words before a name, when somebody says what to play."""
_BETWEEN: Final = frozenset(words("by from of the a album song track artist band von der die das"))

type Groups = list[list[str]]
"""For each word that was asked for, the words that will do."""


class Candidate(NamedTuple):
    """An entry and the words of its name and around it."""

    number: int
    name: list[str]
    context: list[str]


def search(index: sqlite3.Connection, query: str, kinds: Iterable[Kind], limit: int, cursor: str | None) -> Page[Hit]:
    """A page of what is found; `total` counts what was weighed."""
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
        Hit(kind=_NAMES[number >> KIND_BITS], score=round(-score, 2), item=item)
        for (score, number), item in zip(page, items, strict=True)
        if item is not None
    )
    return Page(items=hits, total=total, next_cursor=write_cursor("search", page[-1]) if rest else None)


def _find(index: sqlite3.Connection, query: str, kinds: Collection[int]) -> dict[int, float]:
    """The scores of what is found for the first way to read `query` that finds anything."""
    asked = words(query)[:MAX_WORDS]
    if not asked:
        # A name without a letter is found by itself.
        return _weigh(index, sort_key(query), [], kinds) if query.strip() else {}
    phrasings = list(_phrasings(asked))
    for phrasing in phrasings:
        if found := _weigh(index, " ".join(phrasing), [[word] for word in phrasing], kinds):
            return found
    for phrasing in phrasings:
        if found := _weigh(index, " ".join(phrasing), _forgiving(index, phrasing), kinds):
            return found
    return {}


def _phrasings(asked: list[str]) -> Iterator[list[str]]:
    """As it was said; less what is said before a name; less what is said between names."""
    yield asked
    start = 0
    while start < min(len(asked) - 1, MAX_PHRASINGS) and asked[start] in _COMMANDS:
        start += 1
        yield asked[start:]
    names = [word for word in asked[start:] if word not in _BETWEEN]
    if names and len(names) < len(asked) - start:
        yield names


def _forgiving(index: sqlite3.Connection, phrasing: list[str]) -> Groups:
    """Each word with those that it may be a mistake for; a word that nobody knows is passed over."""
    groups = []
    for word in phrasing:
        near = near_words(index, word)
        if near or is_known(index, word):
            groups.append([word, *near])
    return groups


def _weigh(index: sqlite3.Connection, phrase: str, groups: Groups, kinds: Collection[int]) -> dict[int, float]:
    exactly = sort_key(phrase)
    scores: dict[int, float] = {}
    for kind in kinds:
        same = set(_same(index, kind, exactly))
        candidates = {found.number: found for found in _candidates(index, kind, groups)}
        weighed = {
            number: 100.0 if number in same else _score(candidates[number], groups)
            for number in same | candidates.keys()
        }
        marks = ", ".join(str(number & (1 << KIND_BITS) - 1) for number in weighed)
        for row, favourite, plays in index.execute(f"{_VISIBLE[kind]} AND id IN ({marks})"):
            number = entry(kind, row)
            liking = 1.5 * favourite + min(2.0, math.log1p(plays) / 2)
            scores[number] = weighed[number] + _BONUS[kind] + liking
    return scores


def _same(index: sqlite3.Connection, kind: int, name: str) -> Iterator[int]:
    table = {ARTIST: "artists", ALBUM: "albums", TRACK: "tracks", GENRE: "genres", PLAYLIST: "playlists"}[kind]
    for (row,) in index.execute(f"SELECT id FROM {table} WHERE sort = ? LIMIT {CANDIDATES}", (name,)):
        yield entry(kind, row)


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
        for number, name, context in index.execute(
            f"SELECT rowid, name, context FROM search WHERE search MATCH ? AND rowid BETWEEN ? AND ? LIMIT {CANDIDATES}",
            (expression, entry(kind, 0), entry(kind + 1, 0) - 1),
        ):
            yield Candidate(number, name.split(), context.split())


def _term(word: str, *, begun: bool) -> str:
    return f'"{word}"{" *" if begun else ""}'


def _score(found: Candidate, groups: Groups) -> float:
    """How well a name answers: words in it count more than words around it, and a name that was said whole most."""
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
    """How well one of `names` fits: as it was said, begun so, or by a mistake."""
    best, which = 0.0, ""
    for at, word in enumerate(group):
        for name in names:
            fit = (1.0 if name == word else 0.75 if name.startswith(word) else 0.0) * (0.7 if at else 1.0)
            if fit > best:
                best, which = fit, name
    return best, which
