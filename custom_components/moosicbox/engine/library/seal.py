"""Addresses that can't be guessed, of pictures and streams: elements of a page can't show a token.

Whoever knows the key can check them: each hub of a cluster.
"""

import hmac
import sqlite3
from typing import Final

from .models import STREAM_PATH

PATH: Final = "/api/moosicbox/artwork/"
LENGTH: Final = 32


class Seal:
    """Makes such addresses, and knows its own again."""

    def __init__(self, key: bytes = b"") -> None:
        """Who doesn't know `key` can't make any; without one, none is genuine."""
        self._key = key

    def use(self, key: bytes) -> None:
        """Another key from now on."""
        self._key = key

    def address(self, id_: str) -> str:
        """Where the picture of this is."""
        return f"{PATH}{id_}.{self._signature('artwork', id_)}"

    def opened(self, sealed: str) -> str | None:
        """What the last part of an address stands for; None if it was made up."""
        id_, _, signature = sealed.rpartition(".")
        return id_ if self._genuine(signature, "artwork", id_) else None

    def signed(self, source: str, until: int) -> str:
        """The address of a stream that may be fetched until then (Unix seconds)."""
        return f"{source}{'&' if '?' in source else '?'}until={until}&sig={self._signature('stream', source, until)}"

    def admits(self, track_id: str, format_name: str | None, until: str, signature: str, now: float) -> bool:
        """Whether a stream's address is one of ours, and still good."""
        source = stream_source(track_id, format_name)
        if not self._genuine(signature, "stream", source, until):
            return False
        return int(until) >= now

    def _genuine(self, signature: str, *parts: str) -> bool:
        return bool(self._key) and hmac.compare_digest(self._signature(*parts).encode(), signature.encode())

    def _signature(self, *parts: object) -> str:
        return hmac.digest(self._key, ":".join(map(str, parts)).encode(), "sha256").hex()[:LENGTH]


class SealedIndex(sqlite3.Connection):
    """A connection to the index whose records bear such addresses."""

    seal = Seal()


def stream_source(track_id: str, format_name: str | None = None) -> str:
    """The path of a track's stream, in a format of that name or as it is."""
    path = STREAM_PATH.format(track_id=track_id)
    return path if format_name is None else f"{path}?format={format_name}"


def artwork_url(index: sqlite3.Connection, id_: str | None) -> str | None:
    """Where the picture of this is."""
    return index.seal.address(id_) if id_ is not None and isinstance(index, SealedIndex) else None
