"""The hub's secrets, and the keys that are derived from them: one for tokens, one for sealed addresses."""

from collections.abc import Iterable
import secrets
from typing import Final, NamedTuple, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
import msgspec

from .hub_key import HubKey

SIZE: Final = 32
"""Bytes of a secret and of each key."""
MAX_EARLIER: Final = 5
"""Most earlier secrets that stay valid."""


class HubSecret(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A secret as it is stored and shared with the nodes of a cluster."""

    key: str
    """Hexadecimal."""
    valid_until: float | None = None
    """Unix seconds; `None`: the current secret."""
    raw: bool = False
    """True if earlier versions used the secret itself as the key, so that it still verifies their tokens."""

    @classmethod
    def create(cls) -> Self:
        """Return a new secret."""
        return cls(key=secrets.token_hex(SIZE))


class HubKeys(NamedTuple):
    """The keys of a hub. The first of each kind makes signatures, all verify them."""

    tokens: tuple[HubKey, ...]
    addresses: tuple[HubKey, ...]


def derive_keys(hub_secrets: Iterable[HubSecret]) -> HubKeys:
    """Return the keys that are derived from secrets, of which the first is the current one.

    Raise ValueError if the key of a secret isn't hexadecimal.
    """
    tokens: list[HubKey] = []
    addresses: list[HubKey] = []
    for secret in hub_secrets:
        material = bytes.fromhex(secret.key)
        tokens.append(HubKey(_derived(material, b"tokens"), secret.valid_until))
        addresses.append(HubKey(_derived(material, b"addresses"), secret.valid_until))
        if secret.raw:
            tokens.append(HubKey(material, secret.valid_until))
    return HubKeys(tuple(tokens), tuple(addresses))


def raw_keys(key: str) -> HubKeys:
    """Return a secret itself as the only key of each kind, as earlier versions do.

    Raise ValueError if it isn't hexadecimal.
    """
    keys = (HubKey(bytes.fromhex(key)),)
    return HubKeys(keys, keys)


def rotated(hub_secrets: tuple[HubSecret, ...], now: float, grace: float) -> tuple[HubSecret, ...]:
    """Return a new secret, followed by the earlier ones, which stay valid for a grace period.

    Args:
        hub_secrets: The secrets until now, the current one first.
        now: Unix seconds.
        grace: The grace period in seconds.

    """
    until = now + grace
    earlier = (
        msgspec.structs.replace(secret, valid_until=min(secret.valid_until or until, until)) for secret in hub_secrets
    )
    return (HubSecret.create(), *[secret for secret in earlier if (secret.valid_until or now) > now][:MAX_EARLIER])


def _derived(material: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=SIZE, salt=None, info=b"moosicbox " + purpose).derive(material)
