"""Sealed addresses of pictures and streams, for elements of pages, which can't send a token.

Every hub with the same key makes, and accepts, the same addresses. All of them expire.
"""

from collections.abc import Iterable
import hmac
import re
import sqlite3
import time
from typing import Final

from yarl import URL

from ..access.hub_key import HubKey
from .models import STREAM_PATH

PATH: Final = "/api/moosicbox/artwork/"
LENGTH: Final = 32
"""Hexadecimal digits of a signature."""
WINDOW: Final = 7 * 86_400
"""Seconds. The addresses of pictures made within a window are the same, so that browsers can keep the pictures.

They are valid until the end of the next window.
"""
ARTWORK: Final = re.compile(rf"(?P<id>.+?)(?:\.(?P<until>[0-9]{{10}}))?\.(?P<signature>[0-9a-f]{{{LENGTH}}})")
SEALS: Final = frozenset({"until", "sig", "authSig"})
"""The parameters of an address that attest it."""


class Seal:
    """Makes and checks sealed addresses.

    Args:
        key: The secret. Without one, no address is accepted.
    """

    def __init__(self, key: bytes = b"") -> None:
        self._keys: tuple[HubKey, ...] = (HubKey(key),) if key else ()

    def use(self, keys: Iterable[HubKey]) -> None:
        """Use other keys from now on; the first one makes addresses, all of them verify."""
        self._keys = tuple(keys)

    # ------------------------------------------------------------ pictures

    def sign_artwork(self, id_: str) -> str:
        """Return the address of the picture of `id_`, valid for one to two windows."""
        until = (int(time.time()) // WINDOW + 2) * WINDOW
        return f"{PATH}{id_}.{until}.{self._signature('artwork', id_, until)}"

    def verify_artwork(self, sealed: str) -> str | None:
        """Return the id in the last part of an address; None if it isn't sealed with a key, or has expired."""
        found = ARTWORK.fullmatch(sealed)
        if found is None or found["until"] is None:
            return None
        id_, until, signature = found.group("id", "until", "signature")
        is_valid = self._is_genuine(signature, "artwork", id_, until) and int(until) >= time.time()
        return id_ if is_valid else None

    def renew_artwork(self, address: str | None) -> str | None:
        """Return the current address of the picture whose earlier address is stored."""
        if address is None or not address.startswith(PATH):
            return address
        found = ARTWORK.fullmatch(address.removeprefix(PATH))
        return address if found is None else self.sign_artwork(found["id"])

    # ------------------------------------------------------------ streams

    def sign_stream(self, source: str, until: int) -> str:
        """Return the address of a stream that may be fetched until `until` (Unix seconds)."""
        return _with_query(source, until, self._signature("stream", source, until))

    def verify_stream(self, track_id: str, format_name: str | None, until: str, signature: str, now: float) -> bool:
        """Return whether the address of a stream is sealed with a key and hasn't expired at `now` (Unix seconds)."""
        source = stream_source(track_id, format_name)
        return self._is_genuine(signature, "stream", source, until) and int(until) >= now

    # ------------------------------------------------------------ addresses relayed by nodes

    def sign_relay(self, source: str, until: int, run: str) -> str:
        """Return an address of Home Assistant from which nodes may fetch for their players.

        Args:
            source: An encoded path, perhaps with a query.
            until: Unix seconds.
            run: The id of the run of Home Assistant that has made it.

        """
        return _with_query(source, until, self._signature("relay", run, *_resource(URL(source, encoded=True)), until))

    def verify_relay(self, url: URL, run: str, now: float) -> bool:
        """Return whether Home Assistant has made an address for nodes in this run, and it hasn't expired at `now`."""
        until, signature = url.query.get("until", ""), url.query.get("sig", "")
        return self._is_genuine(signature, "relay", run, *_resource(url), until) and int(until) >= now

    # ------------------------------------------------------------ signatures

    def _is_genuine(self, signature: str, *parts: str) -> bool:
        now = time.time()
        return any(
            hmac.compare_digest(_signature(key.key, parts).encode(), signature.encode())
            for key in self._keys
            if key.is_valid(now)
        )

    def _signature(self, *parts: object) -> str:
        return _signature(self._keys[0].key if self._keys else b"", parts)


def _signature(key: bytes, parts: tuple[object, ...]) -> str:
    return hmac.digest(key, repr(tuple(map(str, parts))).encode(), "sha256").hex()[:LENGTH]


def _with_query(source: str, until: int, signature: str) -> str:
    return f"{source}{'&' if '?' in source else '?'}until={until}&sig={signature}"


def _resource(url: URL) -> tuple[str, str]:
    # Decoded, because clients and proxies may encode an address in another way.
    return url.path, repr([pair for pair in url.query.items() if pair[0] not in SEALS])


class SealedIndex(sqlite3.Connection):
    """A connection to the index whose records have sealed addresses."""

    seal = Seal()


def stream_source(track_id: str, format_name: str | None = None) -> str:
    """Return the path of a track's stream, as it is or in a format of that name."""
    path = STREAM_PATH.format(track_id=track_id)
    return path if format_name is None else f"{path}?format={format_name}"


def artwork_url(index: sqlite3.Connection, id_: str | None) -> str | None:
    """Return the address of the picture of `id_`; None without an id, or for a connection that seals nothing."""
    return index.seal.sign_artwork(id_) if id_ is not None and isinstance(index, SealedIndex) else None
