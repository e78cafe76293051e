"""Spelling mistakes: how far two words differ, and the parts that two similar words share."""

from collections.abc import Iterable, Iterator
from typing import Final

MIN_CORRECTED_LETTERS: Final = 4
"""Letters of the shortest word that may have a mistake."""
TWO_MISTAKES: Final = 8
"""Letters from which on a word may have two mistakes."""


def shortened(word: str, letters: int = 1) -> set[str]:
    """Return what remains of `word` when up to `letters` letters are left out.

    Two words with one mistake between them share one of these.
    """
    found = {word}
    latest = found
    for _ in range(letters):
        latest = {part[:at] + part[at + 1 :] for part in latest for at in range(len(part))}
        found = found | latest
    return found


def max_mistakes(word: str) -> int:
    """Return how many mistakes `word` may have."""
    if len(word) < MIN_CORRECTED_LETTERS or word.isdigit():
        return 0
    return 1 if len(word) < TWO_MISTAKES else 2


def mistakes(one: str, other: str, limit: int) -> int:
    """Return how many letters are added, left out, changed or swapped between two words; `limit` + 1 if more."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    line = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        above, line = line, [row]
        for column, opposite in enumerate(other, 1):
            cost = min(above[column] + 1, line[-1] + 1, above[column - 1] + (letter != opposite))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == opposite:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        if min(line) > limit:
            return limit + 1
        before = above
    return min(line[-1], limit + 1)


def nearest(word: str, candidates: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Yield those of `candidates` that `word` may be a misspelling of, with the mistakes, the likeliest first."""
    limit = max_mistakes(word)
    near = ((candidate, mistakes(word, candidate, limit)) for candidate in candidates)
    yield from sorted(
        ((candidate, count) for candidate, count in near if count <= limit),
        key=lambda pair: (pair[1], pair[0][:1] != word[:1], abs(len(pair[0]) - len(word)), pair[0]),
    )
