"""Addresses of pictures that can't be guessed: an `img` element can't show a token."""

import hmac
import sqlite3
from typing import Final

PATH: Final = "/api/moosicbox/artwork/"
LENGTH: Final = 32


class Seal:
    """Makes such addresses, and knows its own again."""

    def __init__(self, key: bytes = b"") -> None:
        """Who doesn't know `key` can't make any."""
        self._key = key

    def address(self, id_: str) -> str:
        """Where the picture of this is."""
        return f"{PATH}{id_}.{self._signature(id_)}"

    def opened(self, sealed: str) -> str | None:
        """What the last part of an address stands for; None if it was made up."""
        id_, _, signature = sealed.rpartition(".")
        genuine = hmac.compare_digest(self._signature(id_).encode(), signature.encode())
        return id_ if genuine else None

    def _signature(self, id_: str) -> str:
        return hmac.digest(self._key, b"artwork:" + id_.encode(), "sha256").hex()[:LENGTH]


class SealedIndex(sqlite3.Connection):
    """A connection to the index whose records bear such addresses."""

    seal = Seal()


def artwork_url(index: sqlite3.Connection, id_: str | None) -> str | None:
    """Where the picture of this is."""
    return index.seal.address(id_) if id_ is not None and isinstance(index, SealedIndex) else None
