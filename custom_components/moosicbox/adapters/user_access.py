"""The access of Home Assistant's users: their sessions end when it ends."""

from collections.abc import Callable
from typing import Any, Final

from homeassistant.auth import EVENT_USER_ADDED, EVENT_USER_REMOVED, EVENT_USER_UPDATED
from homeassistant.auth.models import RefreshToken, User
from homeassistant.core import CALLBACK_TYPE, Context, Event, HomeAssistant, callback

from ..engine.api import ROLES, CloseCode, Principal, Session, Sessions, Signal

REALM: Final = "home_assistant"
"""The realm of principals that authenticated with a token of Home Assistant."""
ACCESS_ENDED: Final = "The access to Home Assistant ended"


def principal_of(user: User, credential: str = "") -> Principal:
    """Return the principal of a Home Assistant user; `credential` is the id of the refresh token, if any."""
    return Principal(
        sub=user.id,
        name=user.name or "Home Assistant",
        permissions=ROLES["admin" if user.is_admin else "user"],
        credential=credential,
        realm=REALM,
    )


class UserAccess:
    """Ends or renews sessions when a refresh token is revoked, or a user is changed or removed."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.user_ids: set[str] = set()
        """The ids of all users; the hub issues no token with one of them as its subject."""
        self.users_changed: Signal[()] = Signal()
        """Emitted when a user was added."""
        self._hass = hass
        self._sessions: Sessions | None = None
        self._revocation_callbacks: dict[str, CALLBACK_TYPE] = {}
        self._unsubscribe: list[CALLBACK_TYPE] = []

    def is_user(self, sub: str) -> bool:
        """Return whether `sub` is the id of a user."""
        return sub in self.user_ids

    def context_of(self, sub: str | None) -> Context:
        """Return the context of an event that `sub` caused: with the user, if it is the id of one."""
        return Context(user_id=sub if sub is not None and self.is_user(sub) else None)

    async def async_load(self) -> None:
        """Load the ids of all users."""
        self.user_ids.update(user.id for user in await self._hass.auth.async_get_users())

    async def async_start(self, sessions: Sessions) -> None:
        """Start watching; first end the sessions whose access ended in the meantime."""
        self._sessions = sessions
        await self.async_load()
        self._unsubscribe = [
            self._hass.bus.async_listen(EVENT_USER_ADDED, self._handle_user_added),
            self._hass.bus.async_listen(EVENT_USER_UPDATED, self._handle_user_changed),
            self._hass.bus.async_listen(EVENT_USER_REMOVED, self._handle_user_changed),
            sessions.ended.subscribe(self._handle_session_ended),
        ]
        for session in sessions:
            if session.principal.realm == REALM:
                self._recheck(session, sessions)

    @callback
    def async_stop(self) -> None:
        """Stop watching."""
        for unsubscribe in (*self._unsubscribe, *self._revocation_callbacks.values()):
            unsubscribe()
        self._unsubscribe = []
        self._revocation_callbacks = {}

    @callback
    def async_watch(self, refresh_token: RefreshToken) -> None:
        """End the sessions of this refresh token when it is revoked."""
        self.user_ids.add(refresh_token.user.id)
        if refresh_token.id in self._revocation_callbacks:
            return

        @callback
        def revoked() -> None:
            self._revocation_callbacks.pop(refresh_token.id, None)
            self._end_where(lambda session: session.principal.credential == refresh_token.id)

        self._revocation_callbacks[refresh_token.id] = self._hass.auth.async_register_revoke_token_callback(
            refresh_token.id, revoked
        )

    def _recheck(self, session: Session, sessions: Sessions) -> None:
        refresh_token = self._hass.auth.async_get_refresh_token(session.principal.credential)
        if refresh_token is None or not refresh_token.user.is_active:
            sessions.end(session, CloseCode.FORCED_OUT, ACCESS_ENDED)
        else:
            self.async_watch(refresh_token)
            sessions.renew(session, principal_of(refresh_token.user, refresh_token.id))

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
        self.users_changed.emit()

    async def _handle_user_changed(self, event: Event[dict[str, Any]]) -> None:
        user_id = event.data["user_id"]
        user = await self._hass.auth.async_get_user(user_id)
        if user is None or not user.is_active:
            self._end_where(lambda session: session.principal.sub == user_id)
            return
        for session in self._sessions or ():
            if session.principal.sub == user_id and self._sessions is not None:
                self._sessions.renew(session, principal_of(user, session.principal.credential))

    def _end_where(self, matches: Callable[[Session], bool]) -> None:
        if self._sessions is not None:
            self._sessions.end_where(matches, CloseCode.FORCED_OUT, ACCESS_ENDED)
