"""Authentication of clients by tokens and invites."""

import secrets

from msgspec import UNSET, UnsetType

from .access.authentication import INVITE_REFUSED, Authentication, Peer
from .access.rights import GUEST_PREFIX, Principal
from .clock import Clock
from .protocol.client import Authenticate, ClientInfo, Resume
from .protocol.codes import CloseCode
from .protocol.errors import AuthenticationFailed, PermissionDenied, RateLimitExceeded, Unavailable
from .rooms.invites import Invites
from .rooms.rights import GUEST_PERMISSIONS
from .rooms.room import GuestToken
from .rooms.rooms import Rooms
from .sessions.session import Refused
from .sessions.sessions import Sessions


class Identity:
    """Authenticates clients; turns clients with an invite into guests."""

    def __init__(
        self,
        *,
        authentication: Authentication,
        sessions: Sessions,
        invites: Invites,
        rooms: Rooms,
        clock: Clock,
    ) -> None:
        self._authentication = authentication
        self._sessions = sessions
        self._invites = invites
        self._rooms = rooms
        self._clock = clock

    async def authenticate_token(self, token: str, peer: Peer) -> Principal:
        """Return the principal of an access token. Raise AuthenticationFailed or Unavailable."""
        return await self._authentication.authenticate_token(token, peer)

    async def identify(self, message: Authenticate, peer: Peer) -> tuple[Principal | None, str | UnsetType]:
        """Return the principal that a client has proved to be, and the new token of a guest.

        The principal is `None` if the client has shown neither a token nor an invite.
        Raise AuthenticationFailed, Unavailable, or Refused if the limits allow no further guest now.
        """
        if message.token is not None:
            return await self._authenticate(message.token, message.resume, peer), UNSET
        if message.invite is None:
            return None, UNSET
        return await self._admit_guest(message.invite, message.client, peer)

    async def _authenticate(self, token: str, resume: Resume | None, peer: Peer) -> Principal:
        try:
            return await self._authentication.authenticate_token(token, peer)
        except Unavailable:
            # Tokens can't be checked now: an open session is resumed by its own secret.
            if resume is None or (principal := self._sessions.resumable_principal(resume)) is None:
                raise
            return principal

    async def _admit_guest(self, code: str, client: ClientInfo, peer: Peer) -> tuple[Principal, str]:
        now, now_us = self._clock.utc().timestamp(), self._clock.now_us()
        try:
            invite = self._invites.find(code, None, peer.address, now, now_us)
            if (room := self._rooms.find(invite.room_id)) is None:
                raise AuthenticationFailed(INVITE_REFUSED)
            rooms = frozenset({room.room_id})
            self._sessions.require_guest_place(rooms, client)
            self._invites.use(code, peer.address, now_us)
        except PermissionDenied as error:
            raise AuthenticationFailed(error.message) from error
        except (RateLimitExceeded, Unavailable) as error:
            raise Refused(error, CloseCode.RATE_LIMITED) from error
        issued = self._authentication.issue_guest_token(
            sub=GUEST_PREFIX + secrets.token_hex(8),
            name=client.name,
            lifetime=invite.expires_at - now,
            permissions=GUEST_PERMISSIONS[invite.role],
            rooms=rooms,
        )
        principal = await self._authentication.authenticate_token(issued.token, peer)
        token = GuestToken(jti=issued.jti, name=client.name, issued_at=now, expires_at=issued.expires_at)
        room.add_guest(principal.sub, token, now)
        self._rooms.admit(room, principal.sub, invite.role)
        return principal, issued.token
