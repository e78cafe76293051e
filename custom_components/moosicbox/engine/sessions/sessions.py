"""All sessions: opening, resuming and ending them."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from msgspec import UNSET, UnsetType

from ..access.authentication import Authentication, Peer
from ..access.rights import GUEST_PREFIX, SPEAKERS, Principal
from ..access.tokens import LEEWAY
from ..clock import Clock, iso_from_unix
from ..delivery.frame import Frame
from ..delivery.topics import PositionLost, Topics
from ..limits import Limits, SharedLimits
from ..playback.players import Players
from ..protocol.client import Authenticate, ClientInfo, Resume
from ..protocol.codes import CloseCode
from ..protocol.errors import AuthenticationFailed, HubError, Unavailable
from ..protocol.server import Hello, Welcome
from ..protocol.types import Position, ResumeFailure, UserRef
from ..signals import Signal
from ..timers import Timers
from .guest_places import require_guest_place
from .session import Connection, Refused, Session
from .subscriptions import Subscriptions

REVOKING: Final = frozenset({CloseCode.FORCED_OUT, CloseCode.TOKEN_EXPIRED})
"""Codes that revoke the rights of a session: its running command is cancelled, too."""
ACCESS_ENDED: Final = "The access ended"


class _Resumption(NamedTuple):
    session: Session
    positions: dict[str, Position]
    missed: list[Frame]
    new_topics: list[str]


class Sessions:
    """The sessions of a hub, by id. A session without a connection waits for its client to resume it."""

    def __init__(
        self,
        topics: Topics,
        subscriptions: Subscriptions,
        players: Players,
        timers: Timers,
        clock: Clock,
        limits: SharedLimits,
        authentication: Authentication,
    ) -> None:
        self.opened: Signal[Session, bool] = Signal()
        """A session was opened; true if it was resumed."""
        self.not_resumed: Signal[ResumeFailure] = Signal()
        """A session could not be resumed."""
        self.renamed: Signal[Session, ClientInfo] = Signal()
        """A session is being resumed with this description of the client; its name may have changed."""
        self.renewed: Signal[Session] = Signal()
        """The principal of a session was replaced, by a newer token or because its user changed."""
        self.disconnected: Signal[Session] = Signal()
        """A session lost its connection and may be resumed."""
        self.ended: Signal[Session] = Signal()
        """A session ended."""
        self._limits = limits
        self._authentication = authentication
        self._topics = topics
        self._subscriptions = subscriptions
        self._players = players
        self._timers = timers
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._by_client: dict[str, Session] = {}
        """The same sessions by the ids of their clients."""
        self._guards: list[Callable[[Principal], None]] = []
        self._connected: Counter[str] = Counter()
        """Number of connections by sub."""
        self._disconnected: dict[str, dict[Session, None]] = {}
        """Disconnected sessions by sub, in the order of disconnection."""

    @property
    def limits(self) -> Limits:
        """The limits in force."""
        return self._limits.current

    def __iter__(self) -> Iterator[Session]:
        """Iterate over all sessions, including disconnected ones."""
        return iter(tuple(self._sessions.values()))

    def __len__(self) -> int:
        """Return the number of sessions."""
        return len(self._sessions)

    def find(self, session_id: str) -> Session | None:
        """Return the session with this id, if any."""
        return self._sessions.get(session_id)

    def find_by_client(self, client_id: str | None) -> Session | None:
        """Return the connected session of a client, if any."""
        session = None if client_id is None else self._by_client.get(client_id)
        return None if session is None or session.connection is None else session

    def connected(self) -> Iterator[Session]:
        """Return the connected sessions."""
        return (session for session in self if session.connection is not None)

    # ------------------------------------------------------------ opening and resuming

    def open(
        self,
        connection: Connection,
        message: Authenticate,
        principal: Principal | None,
        hello: Hello | UnsetType = UNSET,
        token: str | UnsetType = UNSET,
    ) -> Session:
        """Open a session for a connection, or resume the one that `message` names.

        Args:
            connection: The client's connection.
            message: The client's first message.
            principal: The authenticated principal; `None` if the client has shown no credentials.
            hello: The greeting to include in `welcome`.
            token: A new token for the client, to include in `welcome`.

        Raises:
            AuthenticationFailed: If the principal's access has ended.
            Refused: If the client isn't admitted.

        """
        resumption = None
        failure: ResumeFailure | UnsetType = UNSET
        if principal is None and message.resume is not None:
            principal = self.resumable_principal(message.resume)
        if principal is not None:
            principal = self._verified(principal, connection.peer, message.resume)
        if message.resume is not None:
            try:
                resumption = self._resumption(message.resume, message.client, principal)
            except PositionLost as lost:
                failure = lost.failure
                self.not_resumed.emit(failure)
        if resumption is not None:
            return self._resume(resumption, connection, message, hello)
        if principal is None and (principal := self._authentication.admit_anonymous(connection.peer)) is None:
            raise Refused(AuthenticationFailed("A token is needed"))
        return self._create(connection, message, principal, failure, hello, token)

    def add_guard(self, guard: Callable[[Principal], None]) -> None:
        """Call `guard` with the principal of each session that begins or resumes; it may raise AuthenticationFailed."""
        self._guards.append(guard)

    def require_guest_place(self, rooms: frozenset[str] | None, client: ClientInfo) -> None:
        """Raise Unavailable if there is no place for another guest of `rooms`."""
        require_guest_place(self._sessions.values(), rooms, client, self.limits)

    def _require_place(self, principal: Principal, client: ClientInfo) -> None:
        # A connection that replaces another one of its session needs none.
        if self._connected[principal.sub] >= (most := self._max_connections(principal.sub)):
            raise Refused(Unavailable(f"A user has at most {most} connections"), CloseCode.RATE_LIMITED)
        if principal.is_guest:
            try:
                self.require_guest_place(principal.rooms, client)
            except Unavailable as error:
                raise Refused(error, CloseCode.RATE_LIMITED) from error

    def _verified(self, principal: Principal, peer: Peer, resume: Resume | None) -> Principal:
        # Called directly before a session begins or resumes: nothing can revoke the access in between.
        for guard in self._guards:
            guard(principal)
        try:
            return self._verify_again(principal, peer)
        except Unavailable as error:
            # The principal's issuer is offline: an open session is resumed by its own secret.
            if resume is not None and principal == self.resumable_principal(resume):
                return principal
            raise Refused(error, CloseCode.RESTART) from error

    def _verify_again(self, principal: Principal, peer: Peer | None) -> Principal:
        if principal.realm == SPEAKERS:
            return principal
        return self._authentication.verify_again(principal, peer)

    def verify_where(self, matches: Callable[[Session], bool]) -> int:
        """Verify the principals of all sessions that match: renew them, and end those whose access has ended.

        Return the number of ended sessions.
        """
        ended = 0
        for session in [session for session in self if matches(session)]:
            peer = None if session.connection is None else session.connection.peer
            try:
                principal = self._verify_again(session.principal, peer)
            except AuthenticationFailed as error:
                code = CloseCode.TOKEN_EXPIRED if error.expired else CloseCode.FORCED_OUT
                self.end(session, code, ACCESS_ENDED)
                ended += 1
            except Unavailable:
                continue
            else:
                before = session.principal
                if (principal, principal.expires_at) != (before, before.expires_at):
                    self.renew(session, principal)
        return ended

    def resumable_principal(self, resume: Resume) -> Principal | None:
        """Return the principal of a session to resume, if the secret is right and the session's token hasn't expired."""
        session = self._sessions.get(resume.session_id)
        if session is None or not session.knows_secret(resume.secret):
            return None
        expires_at = session.principal.expires_at
        if expires_at is not None and expires_at + LEEWAY < self._clock.utc().timestamp():
            return None
        return session.principal

    def _resumption(self, resume: Resume, client: ClientInfo, principal: Principal | None) -> _Resumption:
        session = self._sessions.get(resume.session_id)
        if session is None and any(position.epoch != self._topics.epoch for position in resume.positions.values()):
            # The session belongs to an earlier run of the hub.
            raise PositionLost("epoch_changed")
        if session is None or not session.knows_secret(resume.secret):
            raise PositionLost("session_unknown")
        if principal is None or principal.sub != session.principal.sub:
            raise PositionLost("session_unknown")
        if session.player_id is not None and not principal.may("play"):
            raise PositionLost("session_unknown")
        if session.connection is None:
            self._require_place(principal, session.client)
        session.principal = principal
        topics = [topic for topic in session.topics if self._subscriptions.is_visible(session, topic)]
        positions = {
            topic: position
            for topic in topics
            if (position := resume.positions.get(topic)) is not None
            and not self._subscriptions.is_outdated(session, topic, position)
        }
        try:
            missed = [
                frame
                for topic, position in positions.items()
                if not session.withholds(topic)
                for frame in self._topics.since(topic, position)
            ]
        except PositionLost:
            self.end(session, CloseCode.REPLACED)
            raise
        if (client.kind, client.player_id) == (session.client.kind, session.client.player_id):
            self.renamed.emit(session, client)
            session.client = client
        new_topics = [topic for topic in topics if topic not in positions]
        new_topics += [topic for topic in session.pending_topics if self._subscriptions.is_visible(session, topic)]
        return _Resumption(session, positions, missed, new_topics)

    def _resume(
        self, resumption: _Resumption, connection: Connection, message: Authenticate, hello: Hello | UnsetType
    ) -> Session:
        session, positions, missed, new_topics = resumption
        self._disconnect(session, CloseCode.REPLACED, "Another connection resumed this session")
        self._forget_disconnected(session)
        session.topics = dict.fromkeys([*positions, *new_topics])
        session.pending_topics = ()
        session.connection = connection
        self._welcome(
            session, message, {**positions, **self._subscriptions.positions(new_topics)}, resumed=True, hello=hello
        )
        self._subscriptions.attach(session, session.topics)
        connection.outbox.replay(missed)
        self._mark_connected(session, resumed=True)
        self._subscriptions.send_states(session, positions)
        self._subscriptions.send_snapshots(session, new_topics)
        self.opened.emit(session, True)
        return session

    def _create(
        self,
        connection: Connection,
        message: Authenticate,
        principal: Principal,
        failure: ResumeFailure | UnsetType,
        hello: Hello | UnsetType,
        token: str | UnsetType,
    ) -> Session:
        client = message.client
        self._require_place(principal, client)
        session = Session(principal, client, self.limits, self._clock.timestamp())
        player_topics = []
        if client.kind == "player":
            try:
                player = self._players.claim(principal, client)
            except HubError as error:
                raise Refused(error) from error
            self._end_player_sessions(player.player_id)
            player_topics = [f"play:{player.player_id}"]
        session.follows_players = message.subscribe is None
        if message.subscribe is None:
            topics = self._subscriptions.default_topics(session)
        else:
            topics = [topic for topic in message.subscribe if self._subscriptions.is_visible(session, topic)]
        topics = list(dict.fromkeys(player_topics + topics))
        self._add(session)
        session.connection = connection
        # Before it subscribes: its snapshots then include the changes that its arrival causes.
        self._mark_connected(session, resumed=False)
        self._welcome(
            session,
            message,
            self._subscriptions.positions(topics),
            resumed=False,
            failure=failure,
            hello=hello,
            token=token,
        )
        self._subscriptions.attach(session, topics)
        self._subscriptions.send_snapshots(session, topics)
        self.opened.emit(session, False)
        return session

    def _welcome(
        self,
        session: Session,
        message: Authenticate,
        positions: dict[str, Position],
        *,
        resumed: bool,
        failure: ResumeFailure | UnsetType = UNSET,
        hello: Hello | UnsetType = UNSET,
        token: str | UnsetType = UNSET,
    ) -> None:
        principal = session.principal
        session.send(
            Welcome(
                client_id=session.client_id,
                session_id=session.session_id,
                secret=session.secret,
                resumed=resumed,
                resume_failure=failure,
                user=UserRef(id=principal.sub, name=principal.name),
                permissions=tuple(sorted(principal.permissions)),
                positions=positions,
                expires_at=UNSET if principal.expires_at is None else iso_from_unix(principal.expires_at),
                server_time_us=self._clock.now_us(),
                request_id=message.request_id or UNSET,
                hello=hello,
                token=token,
            )
        )

    def _mark_connected(self, session: Session, *, resumed: bool) -> None:
        self._connected[session.principal.sub] += 1
        self._watch_expiry(session)
        if (player_id := session.player_id) is not None:
            self._players.mark_connected(
                self._players.get(player_id), session.client_id, session.client, resumed=resumed
            )

    def restore(self, session: Session, connection: Connection | None) -> None:
        """Take over a session of another hub; nothing is published or emitted."""
        self._add(session)
        player = None if session.player_id is None else self._players.find(session.player_id)
        if player is not None:
            player.client_id = session.client_id
        session.connection = connection
        self._subscriptions.attach(session, session.topics)
        if connection is None:
            self._keep_for_resume(session)
            if player is not None:
                self._players.mark_disconnected(player)
            return
        self._connected[session.principal.sub] += 1
        self._watch_expiry(session)
        if player is not None:
            player.connected = player.available = True

    def _add(self, session: Session) -> None:
        self._sessions[session.session_id] = session
        self._by_client[session.client_id] = session

    # ------------------------------------------------------------ renewing and expiring

    def renew(self, session: Session, principal: Principal) -> None:
        """Replace the principal of a session; topics that it may not follow are withdrawn."""
        session.principal = principal
        if session.player_id is not None and not principal.may("play"):
            self.end(session, CloseCode.FORCED_OUT, "The permission to be a player ended")
            return
        if session.connection is not None:
            self._watch_expiry(session)
        hidden = [topic for topic in session.topics if not self._subscriptions.is_visible(session, topic)]
        self._subscriptions.withdraw(session, hidden, "permissions")
        self.renewed.emit(session)

    def _watch_expiry(self, session: Session) -> None:
        if session.expiry is not None:
            session.expiry.cancel()
            session.expiry = None
        if (expires_at := session.principal.expires_at) is not None:
            left = expires_at + LEEWAY - self._clock.utc().timestamp()
            due_us = self._clock.now_us() + int(max(0.0, left) * 1e6)
            session.expiry = self._timers.at(due_us, self._expire, session)

    def _expire(self, session: Session) -> None:
        expires_at = session.principal.expires_at
        if expires_at is not None and expires_at + LEEWAY > self._clock.utc().timestamp():
            self._watch_expiry(session)
        else:
            self.end(session, CloseCode.TOKEN_EXPIRED, "The token expired")

    # ------------------------------------------------------------ disconnecting and ending

    def connection_lost(self, session: Session, connection: Connection, *, ended: bool) -> None:
        """Handle the loss of a connection; `ended` is true if the client ended its session."""
        if session.connection is not connection:
            return
        if ended:
            self.end(session, CloseCode.NORMAL)
            return
        self._detach(session)
        self._keep_for_resume(session)
        self.disconnected.emit(session)
        self._limit_disconnected(session.principal.sub)

    def _keep_for_resume(self, session: Session) -> None:
        due_us = self._clock.now_us() + int(self.limits.resume_seconds * 1e6)
        if session.expiry is not None:
            session.expiry.cancel()
        session.expiry = self._timers.at(due_us, self.end, session, CloseCode.NORMAL)
        self._disconnected.setdefault(session.principal.sub, {})[session] = None

    def _forget_disconnected(self, session: Session) -> None:
        if (lost := self._disconnected.get(session.principal.sub)) is not None:
            lost.pop(session, None)
            if not lost:
                del self._disconnected[session.principal.sub]

    def _limit_disconnected(self, sub: str) -> None:
        disconnected = self._disconnected.get(sub, {})
        if len(disconnected) > self._max_connections(sub):
            self.end(next(iter(disconnected)), CloseCode.NORMAL)

    def _max_connections(self, sub: str) -> int:
        limits = self.limits
        return limits.max_connections_per_guest if sub.startswith(GUEST_PREFIX) else limits.max_connections_per_user

    def end(self, session: Session, code: CloseCode, reason: str = "") -> None:
        """End a session and close its connection with `code`."""
        if self._sessions.pop(session.session_id, None) is None:
            return
        self._by_client.pop(session.client_id, None)
        if session.expiry is not None:
            session.expiry.cancel()
        self._forget_disconnected(session)
        session.inbox = ()
        if session.task is not None and code in REVOKING:
            session.task.cancel()
        self._disconnect(session, code, reason)
        self._topics.forget(f"client:{session.client_id}")
        self.ended.emit(session)

    def drop(self, session: Session, code: CloseCode, reason: str) -> None:
        """Close a session's connection; end the session too if `code` doesn't allow to reconnect."""
        if not code.reconnect:
            self.end(session, code, reason)
        elif (connection := session.connection) is not None:
            self.connection_lost(session, connection, ended=False)
            connection.close(code, reason)

    def end_where(self, matches: Callable[[Session], bool], code: CloseCode, reason: str) -> int:
        """End all sessions that match, and close their connections.

        Args:
            matches: Returns whether to end a session, which may be disconnected.
            code: The close code.
            reason: The reason that clients are told.

        Returns:
            The number of sessions that were ended.

        """
        found = [session for session in self if matches(session)]
        for session in found:
            self.end(session, code, reason)
        return len(found)

    def disconnect_all(self, code: CloseCode, reason: str) -> None:
        """Close all connections; the sessions may be resumed later or at another node."""
        for session in self.connected():
            self.drop(session, code, reason)

    def _end_player_sessions(self, player_id: str) -> None:
        self.end_where(
            lambda session: session.player_id == player_id,
            CloseCode.REPLACED,
            "Another connection is this player now",
        )

    def _disconnect(self, session: Session, code: CloseCode, reason: str) -> None:
        if (connection := session.connection) is not None:
            self._detach(session)
            connection.close(code, reason)

    def _detach(self, session: Session) -> None:
        sub = session.principal.sub
        self._connected[sub] -= 1
        if not self._connected[sub]:
            del self._connected[sub]
        self._subscriptions.detach(session, session.topics)
        session.connection = None
        player_id = session.player_id
        if player_id is not None and (player := self._players.find(player_id)) is not None:
            if player.client_id == session.client_id:
                self._players.mark_disconnected(player)
