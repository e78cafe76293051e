"""Normal forms of names: for identity, for sorting, and as words to search for."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
import os
import re
from typing import Final
import unicodedata

MAX_WORD: Final = 32
"""Letters of a word that are searched."""
MAX_WORDS: Final = 64
"""Words of a name that are searched."""

_ACCENTS: Final = re.compile("[\u0300-\u036f]+")
_APOSTROPHES: Final = re.compile("['’‘‛ʼʻʽʹˈ`´′‵＇՚ꞌ]")
_UNSPACED_SCRIPTS: Final = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
# In a script that is written without spaces, each character counts as a word.
_WORDS: Final = re.compile(f"[{_UNSPACED_SCRIPTS}]|[^\\W_]+")
_UNSPACED: Final = re.compile(f"[{_UNSPACED_SCRIPTS}]")
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
_SYMBOLS: Final = str.maketrans({"!": "i", "¡": "i", "$": "s", "€": "e", "@": "a", "†": "t"})
_SYMBOL_IN_WORD: Final = re.compile(r"(?<=[^\W\d_])[!¡@€†](?=[^\W\d_])|\$(?=[^\W\d_])|(?<=[^\W\d_])\$")
"""A symbol that stands for a letter, as in "P!nk", "Ke$ha" or "$uicide"."""
_ARTICLE: Final = re.compile(r"^\s*(?:the|an?)\s+(?=[^\W_]{2}|\d)", re.IGNORECASE)
"""An article, with a word behind it: "A L E X", "a-ha" and "A.R. Rahman" have none."""
_DIGITS: Final = re.compile("[0-9]+")


# Cached, because an artist's and an album's names occur once for each of their tracks.
@lru_cache(4_096)
def fold(text: str) -> str:
    """Return `text` in lower case, without accents and apostrophes."""
    # Compatibility forms decompose some apostrophes: these are removed first.
    plain = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text.casefold()))
    return unicodedata.normalize("NFC", _APOSTROPHES.sub("", _ACCENTS.sub("", plain).translate(_LETTERS)))


def words(text: str) -> list[str]:
    """Return the words of `text`, folded."""
    return [word[:MAX_WORD] for word in _WORDS.findall(fold(text))][:MAX_WORDS]


@lru_cache(4_096)
def identity_key(name: str) -> str:
    """Return the form of `name` that is equal for spellings of the same name.

    Case, accents and punctuation don't count; every word does, articles included.
    """
    folded = fold(name)
    return " ".join(_WORDS.findall(folded)) or folded.strip()


def sort_key(name: str) -> str:
    """Return the key that sorts `name` alphabetically, without its article, and with numbers in natural order."""
    return natural_key(_ARTICLE.sub("", name))


def natural_key(name: str) -> str:
    """Return the key that sorts `name` alphabetically, with its article."""
    return _DIGITS.sub(_natural, identity_key(name))


def path_key(part: bytes) -> str:
    """Return the form of a file's or folder's name that is equal in other cases and encodings of its accents."""
    return unicodedata.normalize("NFC", os.fsdecode(part).encode("utf-8", "replace").decode()).casefold()


def searchable(*texts: str | None) -> str:
    """Return the words by which a search finds `texts`, including words that punctuation or spaces split.

    "AC/DC" gives "ac dc acdc", "P!nk" gives "p nk pnk pink", "O Connor" gives "o connor oconnor" and "O'Connor"
    "oconnor connor".
    """
    found: dict[str, None] = {}
    for text in texts:
        if text:
            found |= dict.fromkeys(_searched(text))
    return " ".join(list(found)[:MAX_WORDS])


@lru_cache(4_096)
def _searched(text: str) -> tuple[str, ...]:
    return (*words(text), *(joined[:MAX_WORD] for joined in _joined(text)))


def _joined(text: str) -> Iterator[str]:
    for chunk in text.split():
        if _SYMBOL_IN_WORD.search(chunk):
            yield "".join(_WORDS.findall(fold(_SYMBOL_IN_WORD.sub(lambda found: found[0].translate(_SYMBOLS), chunk))))
    for chunk in text.split():
        _, apostrophe, end = _APOSTROPHES.sub("'", chunk).partition("'")
        if apostrophe and len(rest := "".join(_WORDS.findall(fold(end)))) > 2:
            yield rest
    for chunk in fold(text).split():
        parts = _WORDS.findall(chunk)
        if 1 < len(parts) <= 8 and not _UNSPACED.search(chunk):
            yield "".join(parts)
    parts = [part for part in fold(text).split() if part.isalnum()]
    for first, second in pairwise(parts):
        if len(first) == 1 and not _UNSPACED.search(first + second):
            yield first + second
    for run in re.findall(r"\b(?:\w ){2,}\w\b", " ".join(parts)):
        yield run.replace(" ", "")


def _natural(digits: re.Match[str]) -> str:
    # The count of digits before them: "2" sorts before "10" as text, too.
    number = digits[0].lstrip("0") or "0"
    return f"{min(len(number), 99):02}{number}"
