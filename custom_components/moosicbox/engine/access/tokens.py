"""The hub's own access tokens: issued, verified, revoked."""

from base64 import urlsafe_b64decode
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
import hashlib
import re
import secrets
import time
from typing import Any, Final

import jwt
import msgspec

from ..protocol.errors import AuthenticationFailed
from .hub_key import HubKey
from .keys import TrustedKey
from .rights import PERMISSIONS, ROLES, SYSTEM_WIDE, Principal

AUDIENCE: Final = "moosicbox"
ISSUER: Final = "moosicbox"
REFUSED: Final = "The token is not accepted"
MAX_LIFETIME: Final = 10 * 365 * 86_400
"""Longest validity of a token, in seconds."""
MAX_SEEN: Final = 2_000
"""Tokens that are remembered as verified, so that their signatures aren't checked again."""
SUBJECT: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
"""The form of a `sub`: it becomes part of topic names."""
LEEWAY: Final = 10
"""Seconds by which clocks may differ."""
LATEST_TIME: Final = 253_402_300_799
"""The last second of the year 9999 (Unix seconds): later times of other issuers can't be represented."""
REQUIRED_CLAIMS: Final = ["sub", "aud", "iss", "iat", "exp", "jti"]


@dataclass(slots=True)
class Revocations:
    """Revoked tokens: single ones, and all tokens of a `sub` that were issued until a time."""

    tokens: dict[str, float] = field(default_factory=dict)
    """Expiry by jti, Unix seconds."""
    subjects: dict[str, float] = field(default_factory=dict)
    """Unix seconds by sub: tokens issued until then are revoked."""

    def covers(self, sub: str, jti: str, issued_at: float) -> bool:
        """Return whether a token is revoked."""
        return jti in self.tokens or issued_at <= self.subjects.get(sub, float("-inf"))

    def revoke_token(self, jti: str, now: float) -> None:
        """Revoke one token. Its expiry time isn't known here: keep the entry for the longest lifetime."""
        self.tokens[jti] = now + MAX_LIFETIME

    def revoke_subject(self, sub: str, now: float) -> None:
        """Revoke all tokens that were issued to `sub` until `now` (Unix seconds)."""
        self.subjects[sub] = now

    def forget_expired(self, now: float) -> None:
        """Drop revocations of tokens that have expired."""
        self.tokens = {jti: exp for jti, exp in self.tokens.items() if exp + LEEWAY > now}
        self.subjects = {sub: at for sub, at in self.subjects.items() if at + MAX_LIFETIME > now}


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token, with its id and expiry (Unix seconds)."""

    token: str
    jti: str
    expires_at: float


class Tokens:
    """Issues and verifies JWTs. Each key is bound to one algorithm."""

    def __init__(
        self, key: bytes, revocations: Revocations, is_reserved: Callable[[str], bool] = lambda _: False
    ) -> None:
        """Sign with `key`; `is_reserved` returns whether a sub belongs to a user of Home Assistant."""
        self._keys: tuple[HubKey, ...] = (HubKey(key),)
        self._is_reserved = is_reserved
        self._trusted: tuple[TrustedKey, ...] = ()
        self._trusted_issuer = ""
        self._seen: OrderedDict[bytes, Principal] = OrderedDict()
        self.revocations = revocations

    def issue(
        self,
        *,
        sub: str,
        name: str,
        now: float,
        lifetime: float,
        permissions: frozenset[str] | None = None,
        role: str | None = None,
        rooms: frozenset[str] | None = None,
    ) -> IssuedToken:
        """Return a new token.

        Args:
            sub: The id of its user.
            name: The name that other users see.
            now: Unix seconds.
            lifetime: Validity in seconds.
            permissions: The token's permissions; give either these or `role`.
            role: A key of `ROLES`, which stands for permissions.
            rooms: The rooms to which the token is limited; `None`: not limited.

        Raises:
            ValueError: If the sub is reserved, or the role or a permission doesn't exist; names the argument.

        """
        if self._is_reserved(sub):
            raise ValueError("sub")
        if (permissions is None) == (role is None):
            raise ValueError("role")
        if role is not None and role not in ROLES:
            raise ValueError("role")
        if permissions is not None and not permissions <= PERMISSIONS:
            raise ValueError("permissions")
        jti = secrets.token_hex(16)
        claims: dict[str, Any] = {
            "sub": sub,
            "name": name,
            "aud": AUDIENCE,
            "iss": ISSUER,
            "iat": round(now, 6),
            "exp": int(now + lifetime),
            "jti": jti,
        }
        if role is not None:
            claims["role"] = role
        if permissions is not None:
            claims["permissions"] = sorted(permissions)
        if rooms is not None:
            claims["rooms"] = sorted(rooms)
        return IssuedToken(jwt.encode(claims, self._keys[0].key, "HS256"), jti, claims["exp"])

    def use(self, keys: tuple[HubKey, ...]) -> None:
        """Use other keys from now on; the first one signs, all of them verify."""
        self._keys = keys
        self._seen.clear()

    def trust(self, keys: tuple[TrustedKey, ...], issuer: str = "") -> None:
        """Also accept tokens that verify with these public keys; only from `issuer`, unless it is empty."""
        self._trusted = keys
        self._trusted_issuer = issuer
        self._seen.clear()

    def verify(self, token: str) -> Principal:
        """Return the principal of a token. Raise AuthenticationFailed if it isn't valid."""
        # Signatures are checked once: after a network failure a thousand clients authenticate again.
        digest = hashlib.sha256(token.encode()).digest()
        if (principal := self._seen.get(digest)) is None:
            principal = _principal(*self._claims(token))
            self._seen[digest] = principal
            if len(self._seen) > MAX_SEEN:
                self._seen.popitem(last=False)
        return self.verify_again(principal)

    def verify_again(self, principal: Principal) -> Principal:
        """Return the principal of a token that was verified before. Raise AuthenticationFailed if it isn't valid now."""
        if principal.expires_at is None or principal.issued_at is None:
            raise AuthenticationFailed(REFUSED)
        if principal.expires_at + LEEWAY <= time.time():
            raise AuthenticationFailed(REFUSED, expired=True)
        if self._is_reserved(principal.sub) or self.revocations.covers(
            principal.sub, principal.credential, principal.issued_at
        ):
            raise AuthenticationFailed(REFUSED)
        return self._valid_with_its_key(principal)

    def _valid_with_its_key(self, principal: Principal) -> Principal:
        # Sessions of earlier versions don't store the key that verified them.
        if not principal.key_id or any(principal.key_id == trusted.fingerprint for trusted in self._trusted):
            return principal
        now = time.time()
        for key in self._keys:
            if key.id == principal.key_id and key.is_valid(now):
                ends_before = key.valid_until is not None and key.valid_until < (principal.expires_at or 0.0)
                return replace(principal, expires_at=key.valid_until) if ends_before else principal
        raise AuthenticationFailed(REFUSED)

    def _claims(self, token: str) -> tuple[dict[str, Any], str]:
        """Return the claims of a token, and the id of the key that has verified it."""
        now = time.time()
        own = [TrustedKey("HS256", key.key, fingerprint=key.id) for key in self._keys if key.is_valid(now)]
        try:
            header = jwt.get_unverified_header(token)
            for trusted in (*own, *self._trusted):
                if trusted.algorithm == header["alg"] and trusted.key_id in (None, header.get("kid")):
                    with suppress(jwt.InvalidSignatureError):
                        return self._checked(token, trusted), trusted.fingerprint
        except jwt.ExpiredSignatureError as error:
            raise AuthenticationFailed(REFUSED, expired=True) from error
        except (
            jwt.InvalidAudienceError,
            jwt.InvalidIssuerError,
            jwt.ImmatureSignatureError,
            jwt.InvalidIssuedAtError,
            jwt.MissingRequiredClaimError,
        ) as error:
            # The signature is valid, but the claims don't match: a mistake, not a forgery.
            raise AuthenticationFailed(REFUSED) from error
        except (jwt.InvalidTokenError, KeyError) as error:
            raise AuthenticationFailed(REFUSED, forged=True) from error
        raise AuthenticationFailed(REFUSED, forged=True)

    def _checked(self, token: str, trusted: TrustedKey) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            token,
            trusted.key,
            algorithms=[trusted.algorithm],
            audience=AUDIENCE,
            issuer=ISSUER if trusted.algorithm == "HS256" else self._trusted_issuer or None,
            leeway=LEEWAY,
            options={"require": REQUIRED_CLAIMS},
        )
        return claims


class UnverifiedClaims(msgspec.Struct, frozen=True):
    """The claims that decide which issuer verifies a token. Their types are checked, and nothing else."""

    iss: str | None = None
    aud: str | list[str] | None = None

    @property
    def is_ours(self) -> bool:
        """True if the token claims to be one of the hub's."""
        return self.aud == AUDIENCE or (isinstance(self.aud, list) and AUDIENCE in self.aud)


_DECODER: Final = msgspec.json.Decoder(UnverifiedClaims)


def read_claims(token: str) -> UnverifiedClaims:
    """Return the claims of a token that isn't verified yet. Raise AuthenticationFailed if it can't be a token."""
    try:
        _, payload, _ = token.split(".")
        return _DECODER.decode(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, RecursionError) as error:
        raise AuthenticationFailed(REFUSED, forged=True) from error


def _principal(claims: dict[str, Any], key_id: str) -> Principal:
    permissions, role, rooms = claims.get("permissions"), claims.get("role"), claims.get("rooms")
    if permissions is None:
        granted = ROLES.get(role) if isinstance(role, str) else None
    else:
        granted = frozenset(permissions) & PERMISSIONS if _is_strings(permissions) else None
    if granted is None or not (rooms is None or _is_strings(rooms)) or not SUBJECT.fullmatch(claims["sub"]):
        raise AuthenticationFailed(REFUSED)
    if not all(0 <= int(claims[name]) <= LATEST_TIME for name in ("iat", "exp")):
        raise AuthenticationFailed(REFUSED)
    return Principal(
        sub=claims["sub"],
        name=str(claims.get("name") or claims["sub"])[:100],
        permissions=granted if rooms is None else granted - SYSTEM_WIDE,
        credential=str(claims["jti"]),
        rooms=None if rooms is None else frozenset(rooms),
        issued_at=float(claims["iat"]),
        expires_at=float(claims["exp"]),
        key_id=key_id,
    )


def _is_strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
