"""Our own access tokens: made, checked, revoked."""

from base64 import urlsafe_b64decode
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
import hashlib
import re
import secrets
import time
from typing import Any, Final

import jwt
import orjson

from ..protocol.errors import AuthenticationFailed
from .keys import TrustedKey
from .rights import HOUSE_WIDE, PERMISSIONS, ROLES, Principal

AUDIENCE: Final = "moosicbox"
ISSUER: Final = "moosicbox"
REFUSED: Final = "The token is not accepted"
MAX_LIFETIME: Final = 10 * 365 * 86_400
"""Seconds; the longest that a token of ours may be good for."""
MAX_SEEN: Final = 2_000
"""Tokens whose signature isn't checked again."""
SUBJECT: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
"""It becomes part of topics, so it is an id."""
LEEWAY: Final = 10
"""Seconds that clocks may differ by."""
REQUIRED_CLAIMS: Final = ["sub", "aud", "iss", "iat", "exp", "jti"]


@dataclass(slots=True)
class Revocations:
    """What is revoked: single tokens until they would have expired, and all of a `sub` up to a time."""

    tokens: dict[str, float] = field(default_factory=dict)
    """jti → exp, Unix seconds."""
    subjects: dict[str, float] = field(default_factory=dict)
    """sub → Unix seconds: tokens issued until then are refused."""

    def covers(self, sub: str, jti: str, issued_at: float) -> bool:
        """Whether this token is revoked."""
        return jti in self.tokens or issued_at <= self.subjects.get(sub, float("-inf"))

    def revoke_token(self, jti: str, now: float) -> None:
        """Revoke one token. Its expiry time isn't known here: keep the entry for the longest lifetime."""
        self.tokens[jti] = now + MAX_LIFETIME

    def revoke_subject(self, sub: str, now: float) -> None:
        """Revoke all tokens that were issued to `sub` until `now` (Unix seconds)."""
        self.subjects[sub] = now

    def forget_expired(self, now: float) -> None:
        """Drop single tokens that have expired by themselves."""
        self.tokens = {jti: exp for jti, exp in self.tokens.items() if exp + LEEWAY > now}
        self.subjects = {sub: at for sub, at in self.subjects.items() if at + MAX_LIFETIME > now}


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token and what one needs to revoke it."""

    token: str
    jti: str
    expires_at: float


class Tokens:
    """Makes and checks JWTs with one secret; the algorithm is bound to the key."""

    def __init__(
        self, key: bytes, revocations: Revocations, is_reserved: Callable[[str], bool] = lambda _: False
    ) -> None:
        """`is_reserved` names subs that belong to somebody else, such as a user of the house."""
        self._key = key
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
        """A token for `sub`, good for `lifetime` seconds; ValueError for a sub, role or permission that can't be."""
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
        return IssuedToken(jwt.encode(claims, self._key, "HS256"), jti, claims["exp"])

    def trust(self, keys: tuple[TrustedKey, ...], issuer: str = "") -> None:
        """Accept tokens made with these public keys, too; from `issuer` alone, if one is named."""
        self._trusted = keys
        self._trusted_issuer = issuer
        self._seen.clear()

    def verify(self, token: str) -> Principal:
        """Whose token this is; AuthenticationFailed if it doesn't hold."""
        # A signature that was right once stays right: after a cut a thousand clients show theirs again.
        digest = hashlib.sha256(token.encode()).digest()
        if (principal := self._seen.get(digest)) is None:
            principal = _principal(self._claims(token))
            self._seen[digest] = principal
            if len(self._seen) > MAX_SEEN:
                self._seen.popitem(last=False)
        elif (principal.expires_at or 0.0) + LEEWAY <= time.time():
            raise AuthenticationFailed(REFUSED, expired=True)
        issued_at = principal.issued_at or 0.0
        if self._is_reserved(principal.sub) or self.revocations.covers(principal.sub, principal.credential, issued_at):
            raise AuthenticationFailed(REFUSED)
        return principal

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            own = TrustedKey("HS256", self._key)
            if not self._trusted:
                return self._checked(token, own)
            header = jwt.get_unverified_header(token)
            for trusted in (own, *self._trusted):
                if trusted.algorithm == header["alg"] and trusted.key_id in (None, header.get("kid")):
                    with suppress(jwt.InvalidSignatureError):
                        return self._checked(token, trusted)
        except jwt.ExpiredSignatureError as error:
            raise AuthenticationFailed(REFUSED, expired=True) from error
        except (
            jwt.InvalidAudienceError,
            jwt.InvalidIssuerError,
            jwt.ImmatureSignatureError,
            jwt.InvalidIssuedAtError,
            jwt.MissingRequiredClaimError,
        ) as error:
            # Rightly signed, but not for here or now: a mistake, no forgery.
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


def is_ours(token: str) -> bool:
    """Whether the token claims to be for this hub; proves nothing."""
    try:
        payload = token.split(".")[1]
        claims = orjson.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        audience = claims["aud"]
    except ValueError, LookupError, TypeError:
        return False
    return audience == AUDIENCE or (isinstance(audience, list) and AUDIENCE in audience)


def _principal(claims: dict[str, Any]) -> Principal:
    permissions, role, rooms = claims.get("permissions"), claims.get("role"), claims.get("rooms")
    if permissions is None:
        granted = ROLES.get(role) if isinstance(role, str) else None
    else:
        granted = frozenset(permissions) & PERMISSIONS if _is_strings(permissions) else None
    if granted is None or not (rooms is None or _is_strings(rooms)) or not SUBJECT.fullmatch(claims["sub"]):
        raise AuthenticationFailed(REFUSED)
    return Principal(
        sub=claims["sub"],
        name=str(claims.get("name") or claims["sub"])[:100],
        permissions=granted if rooms is None else granted - HOUSE_WIDE,
        credential=str(claims["jti"]),
        rooms=None if rooms is None else frozenset(rooms),
        issued_at=float(claims["iat"]),
        expires_at=float(claims["exp"]),
    )


def _is_strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
