"""Short codes that a box is let in by: shown once, good for minutes and for one box, guessed at only a few times."""

from collections import OrderedDict
from dataclasses import dataclass
import hashlib
import hmac
import secrets
from typing import Final

from ..protocol.errors import AuthenticationFailed, RateLimitExceeded, Unavailable

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Nothing that looks like something else."""
LENGTH: Final = 8
"""31 ** 8 codes: some 40 bits."""
LIFETIME: Final = 600
"""Seconds."""
MAX_OFFERS: Final = 16
GUESSES: Final = 5
"""Wrong codes of one address within `GUESS_WINDOW`."""
GUESS_WINDOW: Final = 900
"""Seconds."""
ALL_GUESSES: Final = 50
"""Wrong codes of everybody, after which the codes that are out are worth nothing any more."""
MAX_ADDRESSES: Final = 1_000


@dataclass(slots=True, eq=False)
class Offer:
    """What somebody who knows the code is given. The code itself is not kept."""

    permissions: frozenset[str]
    digest: bytes
    until_us: int


class PairingCodes:
    """The codes that are out."""

    def __init__(self) -> None:
        """None yet."""
        self._key = secrets.token_bytes(32)
        self._offers: list[Offer] = []
        self._wrong: OrderedDict[str, tuple[int, int]] = OrderedDict()
        """Address → how many, and when that is forgotten."""
        self._all_wrong = 0

    def offer(self, permissions: frozenset[str], now_us: int) -> tuple[str, Offer]:
        """A new code, for people to read, and what it stands for."""
        self._forget(now_us)
        if len(self._offers) >= MAX_OFFERS:
            raise Unavailable("Too many codes are out")
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        offer = Offer(permissions, self._digest(code), now_us + LIFETIME * 1_000_000)
        self._offers.append(offer)
        return f"{code[:4]}-{code[4:]}", offer

    def withdraw(self, offer: Offer) -> None:
        """Its code is worth nothing any more."""
        if offer in self._offers:
            self._offers.remove(offer)

    def redeem(self, code: str, address: str, now_us: int) -> Offer:
        """What the code stands for; it can't be used again. AuthenticationFailed if it is wrong."""
        self._forget(now_us)
        wrong, until_us = self._wrong.get(address, (0, now_us + GUESS_WINDOW * 1_000_000))
        if wrong >= GUESSES:
            raise RateLimitExceeded(GUESSES, (until_us - now_us) / 1e6, "Too many wrong codes, wait")
        digest = self._digest(code.upper().replace("-", "").replace(" ", ""))
        found = [offer for offer in self._offers if hmac.compare_digest(offer.digest, digest)]
        if not found:
            self._guessed_wrong(address, wrong + 1, until_us)
            raise AuthenticationFailed("The code is wrong or has expired")
        self.withdraw(found[0])
        return found[0]

    def _guessed_wrong(self, address: str, count: int, until_us: int) -> None:
        self._wrong[address] = (count, until_us)
        if len(self._wrong) > MAX_ADDRESSES:
            self._wrong.popitem(last=False)
        self._all_wrong += 1
        if self._all_wrong >= ALL_GUESSES:
            self._offers.clear()

    def _forget(self, now_us: int) -> None:
        self._offers = [offer for offer in self._offers if offer.until_us > now_us]
        if not self._offers:
            self._all_wrong = 0
        for address in [address for address, (_, until_us) in self._wrong.items() if until_us <= now_us]:
            del self._wrong[address]

    def _digest(self, code: str) -> bytes:
        return hmac.digest(self._key, code.encode(), hashlib.sha256)
