"""Names as people mean them: without case, accents and punctuation; cut into words; with their near misses."""

from collections.abc import Iterable, Iterator
import re
from typing import Final
import unicodedata

MAX_WORD: Final = 32
MAX_WORDS: Final = 64
"""Of one name; the rest isn't searched for."""
MIN_FORGIVEN: Final = 4
"""A shorter word is looked for as it is written."""
TWO_MISTAKES: Final = 8
"""Letters from which on a word may have two mistakes."""

_ACCENTS: Final = re.compile("[\u0300-\u036f]+")
_APOSTROPHES: Final = re.compile("['’‘ʼ`´]")
# Scripts written without spaces: each character counts as a word.
_WORDS: Final = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\\W_]+")
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_LETTERS: Final = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",
        "ħ": "h",
        "ŧ": "t",
        "&": " and ",
    }
)
_ARTICLES: Final = re.compile(r"^(?:the|a|an) (?=.)")


def fold(text: str) -> str:
    """`text` with small letters and no accents."""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))
    return unicodedata.normalize("NFC", _APOSTROPHES.sub("", plain.translate(_LETTERS)))


def words(text: str) -> list[str]:
    """The words of `text`, folded."""
    return [word[:MAX_WORD] for word in _WORDS.findall(fold(text))][:MAX_WORDS]


def searchable(*texts: str | None) -> str:
    """What is searched for in `texts`: their words, and those that punctuation cuts, whole as well: "ac dc acdc"."""
    found: dict[str, None] = {}
    for text in texts:
        if text:
            folded = fold(text)
            found |= dict.fromkeys(words(text))
            for chunk in folded.split():
                parts = _WORDS.findall(chunk)
                if 1 < len(parts) <= 8 and not _UNSPACED.search(chunk):
                    found["".join(parts)[:MAX_WORD]] = None
    return " ".join(list(found)[:MAX_WORDS])


def sort_key(text: str) -> str:
    """Where `text` stands in an alphabetic list; the same for names that people take for the same."""
    folded = fold(text)
    return _ARTICLES.sub("", " ".join(_WORDS.findall(folded)) or folded.strip())


def shortened(word: str, letters: int = 1) -> set[str]:
    """What remains of `word` when up to so many letters are left out: two words with a mistake between them share one."""
    found = {word}
    latest = found
    for _ in range(letters):
        latest = {part[:at] + part[at + 1 :] for part in latest for at in range(len(part))}
        found = found | latest
    return found


def forgiven(word: str) -> int:
    """How many mistakes `word` may have."""
    if len(word) < MIN_FORGIVEN or word.isdigit():
        return 0
    return 1 if len(word) < TWO_MISTAKES else 2


def mistakes(one: str, other: str, most: int) -> int:
    """Letters added, left out, changed, or swapped with the next, between two words; `most` + 1 if there are more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    line = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        above, line = line, [row]
        for column, opposite in enumerate(other, 1):
            cost = min(above[column] + 1, line[-1] + 1, above[column - 1] + (letter != opposite))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == opposite:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        if min(line) > most:
            return most + 1
        before = above
    return min(line[-1], most + 1)


def nearest(word: str, candidates: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Those of `candidates` that `word` may be a mistake for, the likeliest first."""
    most = forgiven(word)
    near = ((candidate, mistakes(word, candidate, most)) for candidate in candidates)
    yield from sorted(
        ((candidate, count) for candidate, count in near if count <= most),
        key=lambda pair: (pair[1], pair[0][:1] != word[:1], abs(len(pair[0]) - len(word)), pair[0]),
    )
