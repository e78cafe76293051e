"""The access of Home Assistant's users: their sessions end when it ends."""

from collections.abc import Iterable
from typing import Any, Final

from aiohttp.web import Request
from homeassistant.auth import EVENT_USER_ADDED, EVENT_USER_REMOVED, EVENT_USER_UPDATED
from homeassistant.auth.models import RefreshToken, User
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.components.http.auth_util import async_user_not_allowed_do_auth
from homeassistant.const import Platform
from homeassistant.core import CALLBACK_TYPE, Context, Event, HomeAssistant, callback

from ..const import DOMAIN
from ..engine.api import ROLES, TOKEN_REFUSED, AuthenticationFailed, Peer, Principal, Session, Sessions, Signal

REALM: Final = "home_assistant"
"""The realm of principals that authenticated with a token of Home Assistant."""
READER: Final = frozenset({"listen", "library"})
"""The permissions of a user who may see media players, but not control them."""
ANY_PLAYER: Final = (f"{Platform.MEDIA_PLAYER}.{DOMAIN}",)
"""Stands for all players, where a command isn't for certain entities."""


def principal_of(user: User, credential: str = "", entity_ids: Iterable[str] = ANY_PLAYER) -> Principal:
    """Return the principal of a Home Assistant user, whose permissions follow Home Assistant's policy for the user.

    Args:
        user: The user.
        credential: The id of the refresh token, if any.
        entity_ids: The entities that the user must be allowed to control.

    """
    return Principal(
        sub=user.id,
        name=user.name or "Home Assistant",
        permissions=_permissions_of(user, entity_ids),
        credential=credential,
        realm=REALM,
    )


def _permissions_of(user: User, entity_ids: Iterable[str]) -> frozenset[str]:
    if user.is_admin:
        return ROLES["admin"]

    def allows(policy: str) -> bool:
        return all(user.permissions.check_entity(entity_id, policy) for entity_id in entity_ids)

    if allows(POLICY_CONTROL):
        return ROLES["user"]
    return READER if allows(POLICY_READ) else frozenset()


class UserAccess:
    """Determines the current rights of users; verifies sessions again when a login ends or a user changes."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.user_ids: set[str] = set()
        """The ids of all users, including those removed since the start; no token is issued for one of them."""
        self.user_added: Signal[()] = Signal()
        self._hass = hass
        self._sessions: Sessions | None = None
        self._revocation_callbacks: dict[str, CALLBACK_TYPE] = {}
        self._unsubscribe: list[CALLBACK_TYPE] = []

    def is_user(self, sub: str) -> bool:
        """Return whether `sub` is the id of a user, or of one that was removed since the start."""
        return sub in self.user_ids

    def log_in(self, refresh_token: RefreshToken, peer: Peer) -> Principal:
        """Return the principal of a login. Raise AuthenticationFailed if its user may not log in from there."""
        user, request = refresh_token.user, request_of(peer)
        # Without the request, the network of a user who may log in from the local one only can't be determined.
        if (request is None and user.local_only) or async_user_not_allowed_do_auth(self._hass, user, request):
            raise AuthenticationFailed(TOKEN_REFUSED)
        return principal_of(user, refresh_token.id)

    def verify_again(self, principal: Principal, peer: Peer | None) -> Principal:
        """Return a user's principal with its current rights; see `Authentication.verify_again`."""
        refresh_token = self._hass.auth.async_get_refresh_token(principal.credential)
        if refresh_token is None or not refresh_token.user.is_active:
            raise AuthenticationFailed(TOKEN_REFUSED)
        # The network is checked by the node that the client is connected to.
        if peer is None or request_of(peer) is None:
            return principal_of(refresh_token.user, refresh_token.id)
        return self.log_in(refresh_token, peer)

    def context_of(self, sub: str | None) -> Context:
        """Return the context of an event that `sub` caused: with the user, if it is the id of one."""
        return Context(user_id=sub if sub is not None and self.is_user(sub) else None)

    async def async_load(self) -> None:
        """Load the ids of all users."""
        self.user_ids.update(user.id for user in await self._hass.auth.async_get_users())

    async def async_start(self, sessions: Sessions) -> None:
        """Start watching the users and their sessions."""
        self._sessions = sessions
        await self.async_load()
        self._unsubscribe = [
            self._hass.bus.async_listen(EVENT_USER_ADDED, self._handle_user_added),
            self._hass.bus.async_listen(EVENT_USER_UPDATED, self._handle_user_changed),
            self._hass.bus.async_listen(EVENT_USER_REMOVED, self._handle_user_changed),
            sessions.opened.subscribe(lambda session, _resumed: self._watch(session)),
            sessions.renewed.subscribe(self._watch),
            sessions.ended.subscribe(self._handle_session_ended),
        ]
        for session in sessions:
            self._watch(session)

    @callback
    def async_stop(self) -> None:
        """Stop watching."""
        for unsubscribe in (*self._unsubscribe, *self._revocation_callbacks.values()):
            unsubscribe()
        self._unsubscribe = []
        self._revocation_callbacks = {}

    @callback
    def _watch(self, session: Session) -> None:
        credential = session.principal.credential
        if session.principal.realm != REALM:
            return
        self.user_ids.add(session.principal.sub)
        if credential in self._revocation_callbacks:
            return

        @callback
        def revoked() -> None:
            self._revocation_callbacks.pop(credential, None)
            if self._sessions is not None:
                self._sessions.verify_where(lambda other: other.principal.credential == credential)

        self._revocation_callbacks[credential] = self._hass.auth.async_register_revoke_token_callback(
            credential, revoked
        )

    @callback
    def _handle_session_ended(self, ended: Session) -> None:
        credential = ended.principal.credential
        if credential not in self._revocation_callbacks or self._sessions is None:
            return
        if not any(session.principal.credential == credential for session in self._sessions):
            self._revocation_callbacks.pop(credential)()

    @callback
    def _handle_user_added(self, event: Event[dict[str, Any]]) -> None:
        self.user_ids.add(event.data["user_id"])
        self.user_added.emit()

    @callback
    def _handle_user_changed(self, event: Event[dict[str, Any]]) -> None:
        if self._sessions is not None:
            user_id = event.data["user_id"]
            self._sessions.verify_where(lambda session: session.principal.sub == user_id)


def request_of(peer: Peer) -> Request | None:
    """Return the request that opened a connection; `None` if it came to another node."""
    return peer.request if isinstance(peer.request, Request) else None
