"""Authentication of clients by tokens of the hub and of Home Assistant."""

from collections.abc import Callable, Collection
from ipaddress import ip_address
import re
import time
from typing import Any, Final, Required, TypedDict, Unpack, override

from aiohttp import hdrs
from aiohttp.web import Request
from homeassistant.components.http.ban import process_success_login, process_wrong_login
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.network import is_cloud_connection
from homeassistant.util.network import is_local
import jwt
import msgspec

from ..engine.api import (
    TOKEN_REFUSED,
    Authentication,
    AuthenticationFailed,
    CloseCode,
    HubKeys,
    IssuedToken,
    Peer,
    Principal,
    Sessions,
    Tokens,
    is_of_deleted_player,
    origin_allowed,
    parse_keys,
    read_claims,
)
from .own_addresses import own_urls
from .storage import SecretsStore, TokenRecord
from .user_access import REALM, UserAccess, request_of

ANONYMOUS: Final = Principal(
    sub="anonymous", name="Anonymous", permissions=frozenset({"listen"}), credential="anonymous"
)
"""The principal of clients without a token."""
PROXY_HEADERS: Final = re.compile(r"via|forwarded|x-forwarded-.*|x-original-.*|x-envoy-.*|cf-.*|fly-.*|.*-ip")
"""Headers that proxies add, in lower case."""


class TokenClaims(TypedDict, total=False):
    """The claims of a new token; exactly one of `permissions` and `role` is needed."""

    sub: Required[str]
    name: Required[str]
    lifetime: Required[float]
    """Seconds."""
    permissions: frozenset[str] | None
    role: str | None
    rooms: frozenset[str] | None


class Authenticator(Authentication):
    """Authenticates tokens of the hub and of Home Assistant; issues and revokes tokens of the hub."""

    def __init__(
        self, hass: HomeAssistant, secrets: SecretsStore, paired_players: Callable[[], Collection[str]]
    ) -> None:
        """`secrets` must be loaded; tokens of a paired player that isn't one of `paired_players` are refused."""
        self.users = UserAccess(hass)
        keys = secrets.keys.tokens
        self.tokens = Tokens(keys[0].key, secrets.revocations, self.users.is_user)
        self.tokens.use(keys)
        self._hass = hass
        self._secrets = secrets
        self._paired_players = paired_players
        self._sessions: Sessions | None = None

    async def async_start(self, sessions: Sessions) -> None:
        """End the sessions whose access has ended, now and when it ends."""
        self._sessions = sessions
        await self.users.async_start(sessions)
        self._verify_sessions()

    @callback
    def async_stop(self) -> None:
        """Stop watching users."""
        self.users.async_stop()

    def trust(self, keys: str, issuer: str) -> None:
        """Accept tokens signed with these keys (PEM or JWKS), from this issuer unless it is empty."""
        self.tokens.trust(parse_keys(keys), issuer)
        self._verify_sessions()

    @override
    async def authenticate_token(self, token: str, peer: Peer) -> Principal:
        """Return the principal of a token.

        A forged token counts as a failed login, an expired one doesn't. Only a login with Home Assistant's own token
        resets the count, as everywhere in Home Assistant: the owner of a hub's token can't clear its own guesses.
        """
        request = request_of(peer)
        try:
            claims = read_claims(token)
            if claims.is_ours:
                principal = self.tokens.verify(token)
            else:
                principal = self._verify_access_token(token, claims.iss, peer)
            self._refuse_deleted_player(principal)
        except AuthenticationFailed as error:
            if error.forged and request is not None:
                await process_wrong_login(request)
            raise
        if request is not None and principal.realm == REALM:
            process_success_login(request)
        return principal

    @override
    def verify_again(self, principal: Principal, peer: Peer | None) -> Principal:
        if principal == ANONYMOUS:
            return self._verify_anonymous(peer)
        if principal.realm == REALM:
            return self.users.verify_again(principal, peer)
        self._refuse_deleted_player(principal)
        return self.tokens.verify_again(principal)

    @override
    def admit_anonymous(self, peer: Peer) -> Principal | None:
        """Return a principal that may listen if tokens are optional and the client is in the local network."""
        request = peer.request
        if self._sessions is None or self._sessions.limits.require_auth or not isinstance(request, Request):
            return None
        try:
            is_local_peer = is_local(ip_address(peer.address))
        except ValueError:
            return None
        # A foreign website could connect from a visitor's browser, and a proxy forwards clients from anywhere.
        origin = request.headers.get(hdrs.ORIGIN)
        if (
            not is_local_peer
            or is_cloud_connection(self._hass)
            or _came_through_unchecked_proxy(request)
            or not origin_allowed(origin, "", lambda: own_urls(self._hass))
        ):
            return None
        return ANONYMOUS

    def end_anonymous_sessions(self) -> None:
        """End the sessions of clients without a token."""
        if self._sessions is not None:
            self._sessions.end_where(
                lambda session: session.principal == ANONYMOUS, CloseCode.FORCED_OUT, "A token is required now"
            )

    def shared_secrets(self) -> dict[str, Any]:
        """Return what the other nodes of a cluster need to verify the hub's tokens."""
        revocations = self._secrets.revocations
        return {
            "key": self._secrets.secrets[0].key,
            "keys": [msgspec.to_builtins(secret) for secret in self._secrets.secrets],
            "revoked_tokens": revocations.tokens,
            "revoked_subjects": revocations.subjects,
            "reserved": sorted(self.users.user_ids),
            "paired": sorted(self._paired_players()),
        }

    @override
    def issue_guest_token(
        self, *, sub: str, name: str, lifetime: float, permissions: frozenset[str], rooms: frozenset[str]
    ) -> IssuedToken:
        return self.tokens.issue(
            sub=sub, name=name, now=time.time(), lifetime=lifetime, permissions=permissions, rooms=rooms
        )

    async def async_create(self, **claims: Unpack[TokenClaims]) -> IssuedToken:
        """Issue a token and record it for administrators.

        Raise ValueError with the name of the claim that isn't allowed.
        """
        now = time.time()
        issued = self.tokens.issue(now=now, **claims)
        await self._secrets.async_record(
            {
                "jti": issued.jti,
                "sub": claims["sub"],
                "name": claims["name"],
                "issued_at": now,
                "expires_at": issued.expires_at,
            }
        )
        return issued

    async def async_rotate_key(self, grace: float) -> HubKeys:
        """Sign with a new key from now on, and return the keys; tokens of the current one are valid for `grace` seconds."""
        await self._secrets.async_rotate(grace)
        keys = self._secrets.keys
        self.tokens.use(keys.tokens)
        self._verify_sessions()
        return keys

    def issued_tokens(self) -> list[tuple[TokenRecord, bool]]:
        """Return the recorded tokens, newest first, and whether each is revoked."""
        return [
            (record, self.is_revoked(record["sub"], record["jti"], record["issued_at"]))
            for record in reversed(self._secrets.issued)
        ]

    def is_revoked(self, sub: str, jti: str, issued_at: float) -> bool:
        """Return whether a token was revoked; `issued_at` in Unix seconds."""
        return self._secrets.revocations.covers(sub, jti, issued_at)

    async def async_revoke(self, *, jti: str | None = None, sub: str | None = None) -> int:
        """Revoke one token, or all tokens of a subject, and end their sessions; return the number of these."""
        revocations, now = self._secrets.revocations, time.time()
        revocations.forget_expired(now)
        if jti is not None:
            revocations.revoke_token(jti, now)
        if sub is not None:
            revocations.revoke_subject(sub, now)
        await self._secrets.async_save()
        if self._sessions is None:
            return 0
        return self._sessions.end_where(
            lambda session: jti == session.principal.credential or sub == session.principal.sub,
            CloseCode.FORCED_OUT,
            "The token was revoked",
        )

    def _verify_access_token(self, token: str, issuer: str | None, peer: Peer) -> Principal:
        # Home Assistant uses the issuer as the key of a dictionary before it verifies the token.
        if issuer is None:
            raise AuthenticationFailed(TOKEN_REFUSED, forged=True)
        refresh_token = self._hass.auth.async_validate_access_token(token)
        if refresh_token is None:
            raise AuthenticationFailed(TOKEN_REFUSED, forged=not self._has_valid_signature(token, issuer))
        return self.users.log_in(refresh_token, peer)

    def _verify_sessions(self) -> None:
        if self._sessions is not None:
            self._sessions.verify_where(lambda _session: True)

    def _verify_anonymous(self, peer: Peer | None) -> Principal:
        if self._sessions is None or self._sessions.limits.require_auth:
            raise AuthenticationFailed(TOKEN_REFUSED)
        # If the connection is another node's, that node has checked its address.
        if peer is not None and request_of(peer) is not None and self.admit_anonymous(peer) is None:
            raise AuthenticationFailed(TOKEN_REFUSED)
        return ANONYMOUS

    def _refuse_deleted_player(self, principal: Principal) -> None:
        if is_of_deleted_player(principal.sub, self._paired_players()):
            raise AuthenticationFailed(TOKEN_REFUSED)

    def _has_valid_signature(self, token: str, issuer: str) -> bool:
        """Return whether Home Assistant issued the token, which may have expired or lost its user since."""
        if (refresh_token := self._hass.auth.async_get_refresh_token(issuer)) is None:
            return False
        try:
            jwt.decode(token, refresh_token.jwt_key, algorithms=["HS256"], options={"verify_exp": False})
        except jwt.InvalidTokenError:
            return False
        return True


def _came_through_unchecked_proxy(request: Request) -> bool:
    """Return whether a proxy forwarded a request without naming the client in the header that Home Assistant checks."""
    names = {name.lower() for name in request.headers}
    # Home Assistant refuses X-Forwarded-For of proxies that it doesn't trust, and checks its companions with it.
    checked = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"} if "x-forwarded-for" in names else set()
    return any(PROXY_HEADERS.fullmatch(name) for name in names - checked)
