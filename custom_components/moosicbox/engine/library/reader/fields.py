"""Tag values as fields: texts, numbers, dates, artists and gains."""

from collections.abc import Iterable, Sequence
import re
from typing import Any, Final
import unicodedata

MAX_TEXT: Final = 500
"""Characters of a field."""
MAX_VALUES: Final = 20
"""Artists or genres that a track may have."""

_CONTROL: Final = re.compile("[\x00-\x1f\x7f]+")
_NUMBER: Final = re.compile(r"[-+]?\d+(?:\.\d+)?")
_LEADING: Final = re.compile(r"\s*(\d{1,9})", re.ASCII)
_FEATURING: Final = r"(?:feat\.?|ft\.?|featuring)"
_IN_BRACKETS: Final = re.compile(
    rf"\s*[(\[{{（［]\s*{_FEATURING}\s+(?P<guest>[^)\]}}）］]*)[)\]}}）］]?", re.IGNORECASE
)
_IN_TEXT: Final = re.compile(rf"\s+{_FEATURING}\s+", re.IGNORECASE)
_YEAR_FIRST: Final = re.compile(r"(\d{4})(?:\d{4})?(?!\d)", re.ASCII)
_YEAR: Final = re.compile(r"(?<!\d)(1\d{3}|20\d\d)(?!\d)", re.ASCII)
_YEAR_LAST: Final = re.compile(r"(?<!\d)\d{4}(1\d{3}|20\d\d)(?!\d)", re.ASCII)


def clean(value: Any) -> str:
    """Return `value` as text that can be encoded as UTF-8."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text.encode("utf-8", "replace").decode()


def line(value: Any) -> str:
    """Return `value` as one line of text, without control characters."""
    if isinstance(value, tuple):
        value = value[0] if value else ""
    return " ".join(_CONTROL.sub(" ", clean(value)).split())[:MAX_TEXT].strip()


def first_text(values: Sequence[Any]) -> str:
    """Return the first value as text of any length, its lines kept."""
    return clean(values[0]).replace("\x00", "") if values else ""


def joined(values: Sequence[Any]) -> str | None:
    """Return the values as one line; None if they are empty."""
    return ", ".join(unique(line(value) for value in values[:MAX_VALUES]))[:MAX_TEXT] or None


def artists(values: Sequence[Any]) -> tuple[str, ...]:
    """Return the artists that credits name, each alone: "Drake (feat. Rihanna)" are two."""
    found: list[str] = []
    for value in values[:MAX_VALUES]:
        for credit in line(value).split(";"):
            guests = [match["guest"] for match in _IN_BRACKETS.finditer(credit)]
            found += [*_IN_TEXT.split(_IN_BRACKETS.sub("", credit)), *guests]
    return tuple(unique(found))


def genres(values: Sequence[Any]) -> tuple[str, ...]:
    """Return the genres; one value may name several with semicolons."""
    return tuple(unique(part for value in values[:MAX_VALUES] for part in line(value).split(";")))


def unique(texts: Iterable[str]) -> list[str]:
    """Return the texts that aren't empty, each once."""
    return list(dict.fromkeys(stripped for text in texts if (stripped := text.strip())))[:MAX_VALUES]


def number(values: Sequence[Any], limit: int) -> int:
    """Return the number that the first value begins with, as in "3/12"; 0 if there is none up to `limit`."""
    match = _LEADING.match(line(values[0])) if values else None
    found = int(match[1]) if match else 0
    return found if found <= limit else 0


def year(text: str) -> int:
    """Return the year of a date in any order, as "2024-05-01", "20240501" or "1 May 2024"; 0 if it names none."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if (match := _YEAR_FIRST.match(plain)) and _YEAR.fullmatch(match[1]):
        return int(match[1])
    match = _YEAR.search(plain) or _YEAR_LAST.search(plain)
    return int(match[1]) if match else 0


def decimal(values: Sequence[Any], least: float, most: float) -> float | None:
    """Return the first number in the first value; None if there is none from `least` to `most`."""
    match = _NUMBER.search(line(values[0])) if values else None
    return found if match and least <= (found := float(match[0])) <= most else None
