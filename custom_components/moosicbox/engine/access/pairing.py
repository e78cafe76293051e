"""Pairing codes: short codes that give a device its access token. Each is valid for minutes and for one device."""

from collections import OrderedDict
from collections.abc import Container
from dataclasses import dataclass
import hashlib
import hmac
import secrets
from typing import Final

from ..protocol.errors import AuthenticationFailed, RateLimitExceeded, Unavailable

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Characters that can't be mistaken for one another."""
LENGTH: Final = 8
"""Characters; 31 ** 8 codes are about 40 bits."""
LIFETIME: Final = 600
"""Validity of a code, in seconds."""
MAX_OFFERS: Final = 16
"""Codes that are valid at the same time."""
GUESSES: Final = 5
"""Wrong codes that one address may try within `GUESS_WINDOW`."""
GUESS_WINDOW: Final = 900
"""Seconds."""
ALL_GUESSES: Final = 50
"""Wrong codes of all addresses after which all valid codes are withdrawn."""
MAX_ADDRESSES: Final = 1_000
"""Addresses whose wrong codes are counted."""


PAIRED_PREFIX: Final = "paired:"
"""The subject of a paired player's token is this prefix and the player's id."""


def is_of_deleted_player(sub: str, paired: Container[str]) -> bool:
    """Return whether `sub` is the subject of a paired player that was deleted; `paired` are the ids of all others."""
    return sub.startswith(PAIRED_PREFIX) and sub.removeprefix(PAIRED_PREFIX) not in paired


@dataclass(slots=True, eq=False)
class Offer:
    """The permissions that a code grants. The code itself isn't stored, only its digest."""

    permissions: frozenset[str]
    digest: bytes
    until_us: int


class PairingCodes:
    """The valid pairing codes."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._offers: list[Offer] = []
        self._wrong: OrderedDict[str, tuple[int, int]] = OrderedDict()
        """Number of wrong codes by address, and the hub time at which they are forgotten."""
        self._all_wrong = 0

    def offer(self, permissions: frozenset[str], now_us: int) -> tuple[str, Offer]:
        """Return a new code, formatted for people, and its offer, which is valid for `LIFETIME` seconds.

        Args:
            permissions: The permissions of the token that the device gets.
            now_us: Hub time.

        Raises:
            Unavailable: `MAX_OFFERS` codes are valid already.

        """
        self._drop_expired(now_us)
        if len(self._offers) >= MAX_OFFERS:
            raise Unavailable("Too many codes are valid at the same time")
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        offer = Offer(permissions, self._digest(code), now_us + LIFETIME * 1_000_000)
        self._offers.append(offer)
        return f"{code[:4]}-{code[4:]}", offer

    def withdraw(self, offer: Offer) -> None:
        """Make the code of `offer` invalid."""
        if offer in self._offers:
            self._offers.remove(offer)

    def redeem(self, code: str, address: str, now_us: int) -> Offer:
        """Return the offer of a code, which becomes invalid.

        Raise AuthenticationFailed if the code is wrong, RateLimitExceeded if `address` has tried too many wrong codes.
        """
        self._drop_expired(now_us)
        wrong, until_us = self._wrong.get(address, (0, now_us + GUESS_WINDOW * 1_000_000))
        if wrong >= GUESSES:
            raise RateLimitExceeded(GUESSES, (until_us - now_us) / 1e6, "Too many wrong codes")
        digest = self._digest(code.upper().replace("-", "").replace(" ", ""))
        found = [offer for offer in self._offers if hmac.compare_digest(offer.digest, digest)]
        if not found:
            self._count_wrong(address, wrong + 1, until_us)
            raise AuthenticationFailed("The code is wrong or has expired")
        self.withdraw(found[0])
        return found[0]

    def _count_wrong(self, address: str, count: int, until_us: int) -> None:
        self._wrong[address] = (count, until_us)
        if len(self._wrong) > MAX_ADDRESSES:
            self._wrong.popitem(last=False)
        self._all_wrong += 1
        if self._all_wrong >= ALL_GUESSES:
            self._offers.clear()

    def _drop_expired(self, now_us: int) -> None:
        self._offers = [offer for offer in self._offers if offer.until_us > now_us]
        if not self._offers:
            self._all_wrong = 0
        for address in [address for address, (_, until_us) in self._wrong.items() if until_us <= now_us]:
            del self._wrong[address]

    def _digest(self, code: str) -> bytes:
        return hmac.digest(self._key, code.encode(), hashlib.sha256)
