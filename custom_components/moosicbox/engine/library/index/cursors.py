"""Cursors: the sort of a page and the values of its last row, so that added or deleted rows don't shift the next page."""

import base64
import binascii
from typing import Any

import msgspec

from ...protocol.errors import InvalidMessage


def write_cursor(sort: str, values: tuple[Any, ...]) -> str:
    """Return the cursor of a page in this order whose last row has these values."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode([sort, *values])).decode().rstrip("=")


def read_cursor(cursor: str, sort: str, kinds: tuple[type, ...]) -> tuple[Any, ...]:
    """Return the values of a cursor for this order; raise InvalidMessage for any other text."""
    try:
        found = msgspec.msgpack.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=list)
    except msgspec.DecodeError, binascii.Error, ValueError:
        found = []
    values = tuple(found[1:])
    # SQLite holds no larger integers.
    fits = len(values) == len(kinds) and all(map(_fits, values, kinds, strict=True))
    if not fits or found[0] != sort:
        raise InvalidMessage("This cursor isn't one of a page in this order", ["cursor"])
    return values


def _fits(value: Any, kind: type) -> bool:
    if kind is str:
        return isinstance(value, str)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return kind is float or (isinstance(value, int) and -(2**63) <= value < 2**63)
