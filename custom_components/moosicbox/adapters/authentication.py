"""Who may come in: our own tokens and Home Assistant's, and who is put out when these end."""

from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
import time
from typing import Any, Final, override

from aiohttp import hdrs
from aiohttp.web import Request
from homeassistant.auth import EVENT_USER_ADDED, EVENT_USER_REMOVED, EVENT_USER_UPDATED
from homeassistant.auth.models import RefreshToken, User
from homeassistant.components.http.auth_util import async_user_not_allowed_do_auth
from homeassistant.components.http.ban import process_success_login, process_wrong_login
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers.network import NoURLAvailableError, get_url, is_cloud_connection
from homeassistant.util.network import is_local
import jwt

from ..engine.api import (
    MAX_LIFETIME,
    ROLES,
    Authentication,
    AuthenticationFailed,
    CloseCode,
    IssuedToken,
    Peer,
    Principal,
    Session,
    Sessions,
    Signal,
    Tokens,
    is_ours,
    origin_allowed,
    parse_keys,
)
from .storage import NotedToken, SecretsStore

HOME: Final = "home_assistant"
"""The realm of those who came in by a token of Home Assistant's."""
REFUSED: Final = "The token is not accepted"
ANONYMOUS: Final = Principal(
    sub="anonymous", name="Somebody at home", permissions=frozenset({"listen"}), credential="anonymous"
)
"""Whoever is let in without a token."""
UNCHECKED_HEADERS: Final = (hdrs.FORWARDED, "X-Real-IP", "CF-Connecting-IP", "True-Client-IP")


def principal_of(user: User, credential: str) -> Principal:
    """A user of Home Assistant, with the rights that follow from it."""
    return Principal(
        sub=user.id,
        name=user.name or "Home Assistant",
        permissions=ROLES["admin" if user.is_admin else "user"],
        credential=credential,
        realm=HOME,
    )


def own_urls(hass: HomeAssistant) -> list[str]:
    """Home Assistant's internal and external URL, as far as they are known."""
    urls = []
    for internal in (True, False):
        with suppress(NoURLAvailableError):
            urls.append(get_url(hass, allow_internal=internal, allow_external=not internal, allow_ip=True))
    return urls


class Authenticator(Authentication):
    """Recognises tokens, makes and revokes ours, and watches Home Assistant's users."""

    def __init__(self, hass: HomeAssistant, secrets: SecretsStore) -> None:
        """`secrets` must be loaded."""
        self._hass = hass
        self._secrets = secrets
        self._user_ids: set[str] = set()
        self._sessions: Sessions | None = None
        self._revocation_callbacks: dict[str, CALLBACK_TYPE] = {}
        self._undo: list[CALLBACK_TYPE] = []
        self.users_changed: Signal[()] = Signal()
        """There is one more user of Home Assistant."""
        self.tokens = Tokens(secrets.key, secrets.revocations, self._user_ids.__contains__)
        self.is_locked_out: Callable[[str], bool] = lambda _sub: False
        """Whose tokens are worth nothing any more, though nobody revoked them."""

    async def async_load_users(self) -> None:
        """Know the users of Home Assistant: no token of ours may name one."""
        self._user_ids.update(user.id for user in await self._hass.auth.async_get_users())

    async def async_start(self, sessions: Sessions) -> None:
        """Watch the users of Home Assistant and the sessions that they have with us."""
        self._sessions = sessions
        await self.async_load_users()
        self._undo = [
            self._hass.bus.async_listen(EVENT_USER_ADDED, self._user_added),
            self._hass.bus.async_listen(EVENT_USER_UPDATED, self._user_changed),
            self._hass.bus.async_listen(EVENT_USER_REMOVED, self._user_changed),
            sessions.ended.subscribe(self._session_ended),
        ]
        for session in sessions:
            if session.principal.realm == HOME:
                self._check_again(session, sessions)

    @callback
    def async_stop(self) -> None:
        """Watch nothing any more."""
        for undo in (*self._undo, *self._revocation_callbacks.values()):
            undo()
        self._undo = []
        self._revocation_callbacks = {}

    def trust(self, keys: str, issuer: str) -> None:
        """Accept tokens that were made with these keys, too."""
        self.tokens.trust(parse_keys(keys), issuer)

    @override
    async def authenticate_token(self, token: str, peer: Peer) -> Principal:
        """Whose token this is. Forged ones count as wrong logins, expired ones don't."""
        request = peer.request
        try:
            principal = self.tokens.verify(token) if is_ours(token) else self._user_of(token, request)
        except AuthenticationFailed as error:
            if error.forged and isinstance(request, Request):
                await process_wrong_login(request)
            raise
        if self.is_locked_out(principal.sub):
            raise AuthenticationFailed(REFUSED)
        if isinstance(request, Request):
            process_success_login(request)
        return principal

    def is_user(self, sub: str) -> bool:
        """Whether `sub` is a user of Home Assistant."""
        return sub in self._user_ids

    @override
    def admit_anonymous(self, peer: Peer) -> Principal | None:
        """Somebody without a token, where the household lets in who is at home: to listen, no more."""
        request = peer.request
        if self._sessions is None or self._sessions.limits.require_auth or not isinstance(request, Request):
            return None
        try:
            at_home = is_local(ip_address(peer.address))
        except ValueError:
            return None
        # A page elsewhere could ask in a visitor's browser, a proxy for anybody; Home Assistant has checked the
        # forwarding header that it knows, and the others name nobody who can be trusted.
        origin = request.headers.get(hdrs.ORIGIN)
        if (
            not at_home
            or is_cloud_connection(self._hass)
            or any(header in request.headers for header in UNCHECKED_HEADERS)
            or not origin_allowed(origin, "", lambda: own_urls(self._hass))
        ):
            return None
        return ANONYMOUS

    def ask_for_tokens(self) -> None:
        """Put out who came in without one."""
        self._put_out(lambda session: session.principal == ANONYMOUS, "A token is needed now")

    def shared(self) -> dict[str, Any]:
        """What other nodes must know to recognise our tokens."""
        revocations = self._secrets.revocations
        return {
            "key": self._secrets.key.hex(),
            "revoked_tokens": revocations.tokens,
            "revoked_subjects": revocations.subjects,
            "reserved": sorted(self._user_ids),
        }

    @override
    def issue_guest_token(
        self, *, sub: str, name: str, lifetime: float, permissions: frozenset[str], rooms: frozenset[str]
    ) -> IssuedToken:
        return self.create(sub=sub, name=name, lifetime=lifetime, permissions=permissions, rooms=rooms)

    def create(self, **claims: Any) -> IssuedToken:
        """A new token of ours; see `Tokens.issue`."""
        return self.tokens.issue(now=time.time(), **claims)

    async def async_create(self, *, sub: str, name: str, **claims: Any) -> IssuedToken:
        """A new token that administrators see in a list, as long as it is good."""
        issued, now = self.create(sub=sub, name=name, **claims), time.time()
        noted: NotedToken = {
            "jti": issued.jti,
            "sub": sub,
            "name": name,
            "issued_at": now,
            "expires_at": issued.expires_at,
        }
        self._secrets.noted = [*(held for held in self._secrets.noted if held["expires_at"] > now), noted]
        await self._secrets.async_save()
        return issued

    def noted(self) -> list[tuple[NotedToken, bool]]:
        """The tokens that were made, the newest first, and whether each is revoked."""
        covers = self._secrets.revocations.covers
        return [(held, covers(held["sub"], held["jti"], held["issued_at"])) for held in reversed(self._secrets.noted)]

    async def async_revoke(self, *, jti: str | None = None, sub: str | None = None) -> int:
        """Refuse a token, or all that a sub was given until now, and put out who came in by it; how many."""
        revocations, now = self._secrets.revocations, time.time()
        revocations.forget_expired(now)
        if jti is not None:
            # A token's own end isn't known here; none of ours lives longer than the longest lifetime.
            revocations.tokens[jti] = now + MAX_LIFETIME
        if sub is not None:
            revocations.subjects[sub] = now
        await self._secrets.async_save()
        if self._sessions is None:
            return 0
        return self._sessions.end_where(
            lambda session: jti == session.principal.credential or sub == session.principal.sub,
            CloseCode.FORCED_OUT,
            "The token was revoked",
        )

    def _user_of(self, token: str, request: object) -> Principal:
        refresh_token = self._hass.auth.async_validate_access_token(token)
        if refresh_token is None:
            raise AuthenticationFailed(REFUSED, forged=not self._was_valid(token))
        user = refresh_token.user
        if async_user_not_allowed_do_auth(self._hass, user, request if isinstance(request, Request) else None):
            raise AuthenticationFailed(REFUSED)
        self._user_ids.add(user.id)
        self._watch(refresh_token)
        return principal_of(user, refresh_token.id)

    def _was_valid(self, token: str) -> bool:
        # Expired tokens, and those of users who were deactivated, were not forged.
        try:
            issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
            refresh_token = self._hass.auth.async_get_refresh_token(str(issuer))
            if refresh_token is None:
                return False
            jwt.decode(token, refresh_token.jwt_key, algorithms=["HS256"], options={"verify_exp": False})
        except jwt.InvalidTokenError:
            return False
        return True

    def _check_again(self, session: Session, sessions: Sessions) -> None:
        # While nobody watched, the token may have been revoked or the user put out.
        refresh_token = self._hass.auth.async_get_refresh_token(session.principal.credential)
        if refresh_token is None or not refresh_token.user.is_active:
            sessions.end(session, CloseCode.FORCED_OUT, "The access to Home Assistant ended")
        else:
            self._watch(refresh_token)
            sessions.renew(session, principal_of(refresh_token.user, refresh_token.id))

    def _watch(self, refresh_token: RefreshToken) -> None:
        if refresh_token.id in self._revocation_callbacks:
            return

        @callback
        def revoked() -> None:
            self._revocation_callbacks.pop(refresh_token.id, None)
            self._put_out(lambda session: session.principal.credential == refresh_token.id)

        self._revocation_callbacks[refresh_token.id] = self._hass.auth.async_register_revoke_token_callback(
            refresh_token.id, revoked
        )

    @callback
    def _session_ended(self, ended: Session) -> None:
        credential = ended.principal.credential
        if credential not in self._revocation_callbacks or self._sessions is None:
            return
        if not any(session.principal.credential == credential for session in self._sessions):
            self._revocation_callbacks.pop(credential)()

    @callback
    def _user_added(self, event: Event[dict[str, Any]]) -> None:
        self._user_ids.add(event.data["user_id"])
        self.users_changed.emit()

    async def _user_changed(self, event: Event[dict[str, Any]]) -> None:
        user_id = event.data["user_id"]
        user = await self._hass.auth.async_get_user(user_id)
        if user is None or not user.is_active:
            self._put_out(lambda session: session.principal.sub == user_id)
            return
        for session in self._sessions or ():
            if session.principal.sub == user_id and self._sessions is not None:
                self._sessions.renew(session, principal_of(user, session.principal.credential))

    def _put_out(self, matches: Callable[[Session], bool], reason: str = "The access to Home Assistant ended") -> None:
        if self._sessions is not None:
            self._sessions.end_where(matches, CloseCode.FORCED_OUT, reason)
