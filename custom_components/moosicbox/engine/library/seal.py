"""Sealed addresses of pictures and streams: elements of a page can't show a token.

Every hub with the same key makes, and accepts, the same addresses.
"""

import hmac
import sqlite3
from typing import Final

from .models import STREAM_PATH

PATH: Final = "/api/moosicbox/artwork/"
LENGTH: Final = 32
"""Hexadecimal digits of a signature."""


class Seal:
    """Makes and checks sealed addresses.

    Args:
        key: The secret. Without one, no address is accepted.
    """

    def __init__(self, key: bytes = b"") -> None:
        self._key = key

    def use(self, key: bytes) -> None:
        """Use another secret from now on."""
        self._key = key

    def address(self, id_: str) -> str:
        """Return the address of the picture of `id_`."""
        return f"{PATH}{id_}.{self._signature('artwork', id_)}"

    def opened(self, sealed: str) -> str | None:
        """Return the id in the last part of an address; None if it isn't sealed with the key."""
        id_, _, signature = sealed.rpartition(".")
        return id_ if self._is_genuine(signature, "artwork", id_) else None

    def signed(self, source: str, until: int) -> str:
        """Return the address of a stream that may be fetched until then (Unix seconds)."""
        return f"{source}{'&' if '?' in source else '?'}until={until}&sig={self._signature('stream', source, until)}"

    def admits(self, track_id: str, format_name: str | None, until: str, signature: str, now: float) -> bool:
        """Return whether the address of a stream is sealed with the key and hasn't expired at `now` (Unix seconds)."""
        source = stream_source(track_id, format_name)
        return self._is_genuine(signature, "stream", source, until) and int(until) >= now

    def _is_genuine(self, signature: str, *parts: str) -> bool:
        return bool(self._key) and hmac.compare_digest(self._signature(*parts).encode(), signature.encode())

    def _signature(self, *parts: object) -> str:
        return hmac.digest(self._key, ":".join(map(str, parts)).encode(), "sha256").hex()[:LENGTH]


class SealedIndex(sqlite3.Connection):
    """A connection to the index whose records have sealed addresses."""

    seal = Seal()


def stream_source(track_id: str, format_name: str | None = None) -> str:
    """Return the path of a track's stream, as it is or in a format of that name."""
    path = STREAM_PATH.format(track_id=track_id)
    return path if format_name is None else f"{path}?format={format_name}"


def artwork_url(index: sqlite3.Connection, id_: str | None) -> str | None:
    """Return the address of the picture of `id_`; None without an id, or for a connection that seals nothing."""
    return index.seal.address(id_) if id_ is not None and isinstance(index, SealedIndex) else None
