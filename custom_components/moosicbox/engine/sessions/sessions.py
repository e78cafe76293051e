"""All sessions: letting clients in, taking lost ones up again, letting them go."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from msgspec import UNSET, UnsetType

from ..access.authentication import Authentication
from ..access.rights import Principal
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
from .session import Connection, Refused, Session
from .subscriptions import Subscriptions

REVOKING: Final = frozenset({CloseCode.FORCED_OUT, CloseCode.TOKEN_EXPIRED})
"""Codes with which rights end: what is under way in their name ends, too."""


class _Resumption(NamedTuple):
    session: Session
    positions: dict[str, Position]
    missed: list[Frame]
    fresh: list[str]


class Sessions:
    """The sessions of a hub, by id; those without a connection wait for theirs to come back."""

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
        """A client is here; True if it was here before."""
        self.not_resumed: Signal[ResumeFailure] = Signal()
        """A client wanted its session back, in vain."""
        self.renamed: Signal[Session, ClientInfo] = Signal()
        """A client comes back, perhaps under another name."""
        self.renewed: Signal[Session] = Signal()
        """A client showed a newer token, or its user may do other things now."""
        self.lost: Signal[Session] = Signal()
        """A client's connection is gone; it may come back."""
        self.ended: Signal[Session] = Signal()
        """A client is gone for good."""
        self._limits = limits
        self._authentication = authentication
        self._topics = topics
        self._subscriptions = subscriptions
        self._players = players
        self._timers = timers
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._connected: Counter[str] = Counter()
        """Connections by sub."""
        self._lost: dict[str, dict[Session, None]] = {}
        """By sub, in the order in which their connections went."""

    @property
    def limits(self) -> Limits:
        """The limits in force."""
        return self._limits.current

    def __iter__(self) -> Iterator[Session]:
        """All sessions, lost ones too."""
        return iter(tuple(self._sessions.values()))

    def __len__(self) -> int:
        """How many there are."""
        return len(self._sessions)

    def find(self, session_id: str) -> Session | None:
        """A session, if there is one of this id."""
        return self._sessions.get(session_id)

    def of_client(self, client_id: str | None) -> Session | None:
        """A client's session, if it is here."""
        return next((session for session in self.connected() if session.client_id == client_id), None)

    def connected(self) -> Iterator[Session]:
        """Those who are here."""
        return (session for session in self if session.connection is not None)

    # ------------------------------------------------------------ coming

    def open(
        self,
        connection: Connection,
        message: Authenticate,
        principal: Principal | None,
        hello: Hello | UnsetType = UNSET,
        token: str | UnsetType = UNSET,
    ) -> Session:
        """Let a client in, on its lost session if that can go on; `token` is a new one for it. Raises Refused."""
        resumption = None
        failure: ResumeFailure | UnsetType = UNSET
        if message.resume is not None:
            principal = principal or self.named_by(message.resume)
            try:
                resumption = self._resumption(message.resume, message.client, principal)
            except PositionLost as lost:
                failure = lost.failure
                self.not_resumed.emit(failure)
        if resumption is not None:
            return self._resume(resumption, connection, message, hello)
        if principal is None and (principal := self._authentication.admit_anonymous(connection.peer)) is None:
            raise Refused(AuthenticationFailed("A token is needed"))
        return self._begin(connection, message, principal, failure, hello, token)

    def named_by(self, resume: Resume) -> Principal | None:
        """Whose session this is, for who knows its secret, as long as the token that opened it holds."""
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
            # It is from another life of the hub: no secret could have survived that.
            raise PositionLost("epoch_changed")
        if session is None or not session.knows_secret(resume.secret):
            raise PositionLost("session_unknown")
        if principal is None or principal.sub != session.principal.sub:
            raise PositionLost("session_unknown")
        if session.player_id is not None and not principal.may("play"):
            raise PositionLost("session_unknown")
        session.principal = principal
        topics = [topic for topic in session.topics if self._subscriptions.visible(session, topic)]
        positions = {topic: resume.positions[topic] for topic in topics if topic in resume.positions}
        try:
            missed = [frame for topic, position in positions.items() for frame in self._topics.since(topic, position)]
        except PositionLost:
            self.end(session, CloseCode.REPLACED)
            raise
        if (client.kind, client.player_id) == (session.client.kind, session.client.player_id):
            self.renamed.emit(session, client)
            session.client = client
        fresh = [topic for topic in topics if topic not in positions]
        fresh += [topic for topic in session.came if self._subscriptions.visible(session, topic)]
        return _Resumption(session, positions, missed, fresh)

    def _resume(
        self, resumption: _Resumption, connection: Connection, message: Authenticate, hello: Hello | UnsetType
    ) -> Session:
        session, positions, missed, fresh = resumption
        self._disconnect(session, CloseCode.REPLACED, "Another connection resumed this session")
        self._find_again(session)
        session.topics = dict.fromkeys([*positions, *fresh])
        session.came = ()
        session.connection = connection
        self._welcome(
            session, message, {**positions, **self._subscriptions.positions(fresh)}, resumed=True, hello=hello
        )
        self._subscriptions.attach(session, session.topics)
        connection.outbox.replay(missed)
        self._arrived(session, resumed=True)
        self._subscriptions.newest_states(session, positions)
        self._subscriptions.snapshot(session, fresh)
        self.opened.emit(session, True)
        return session

    def _begin(
        self,
        connection: Connection,
        message: Authenticate,
        principal: Principal,
        failure: ResumeFailure | UnsetType,
        hello: Hello | UnsetType,
        token: str | UnsetType,
    ) -> Session:
        client = message.client
        if self._connected[principal.sub] >= self.limits.max_connections_per_user:
            error = Unavailable(f"A user has at most {self.limits.max_connections_per_user} connections")
            raise Refused(error, CloseCode.RATE_LIMITED)
        session = Session(principal, client, self.limits, self._clock.timestamp())
        own = []
        if client.kind == "player":
            try:
                player = self._players.claim(principal, client)
            except HubError as error:
                raise Refused(error) from error
            self._end_others(player.player_id)
            own = [f"play:{player.player_id}"]
        session.follows_players = message.subscribe is None
        if message.subscribe is None:
            topics = self._subscriptions.default(session)
        else:
            topics = [topic for topic in message.subscribe if self._subscriptions.visible(session, topic)]
        topics = list(dict.fromkeys(own + topics))
        self._sessions[session.session_id] = session
        session.connection = connection
        # Before it follows anything: what its coming changes is in its snapshots.
        self._arrived(session, resumed=False)
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
        self._subscriptions.snapshot(session, topics)
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

    def _arrived(self, session: Session, *, resumed: bool) -> None:
        self._connected[session.principal.sub] += 1
        self._watch_expiry(session)
        if (player_id := session.player_id) is not None:
            self._players.mark_connected(
                self._players.get(player_id), session.client_id, session.client, resumed=resumed
            )

    def adopt(self, session: Session, connection: Connection | None) -> None:
        """Go on with a session that another hub began; nobody is told."""
        self._sessions[session.session_id] = session
        player = None if session.player_id is None else self._players.find(session.player_id)
        if player is not None:
            player.client_id = session.client_id
        if connection is None:
            self._await(session)
            if player is not None:
                self._players.mark_disconnected(player)
            return
        session.connection = connection
        self._connected[session.principal.sub] += 1
        self._watch_expiry(session)
        self._subscriptions.attach(session, session.topics)
        if player is not None:
            player.present = player.available = True

    # ------------------------------------------------------------ staying

    def renew(self, session: Session, principal: Principal) -> None:
        """A newer token: what it may not see or be is taken away."""
        session.principal = principal
        if session.player_id is not None and not principal.may("play"):
            self.end(session, CloseCode.FORCED_OUT, "The permission to be a player ended")
            return
        if session.connection is not None:
            self._watch_expiry(session)
        hidden = [topic for topic in session.topics if not self._subscriptions.visible(session, topic)]
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

    # ------------------------------------------------------------ going

    def connection_lost(self, session: Session, connection: Connection, *, ended: bool) -> None:
        """A connection is gone: by the client's will (`ended`), or for a while."""
        if session.connection is not connection:
            return
        if ended:
            self.end(session, CloseCode.NORMAL)
            return
        self._detach(session)
        self._await(session)
        self.lost.emit(session)
        self._bound_lost(session.principal.sub)

    def _await(self, session: Session) -> None:
        due_us = self._clock.now_us() + int(self.limits.resume_seconds * 1e6)
        if session.expiry is not None:
            session.expiry.cancel()
        session.expiry = self._timers.at(due_us, self.end, session, CloseCode.NORMAL)
        self._lost.setdefault(session.principal.sub, {})[session] = None

    def _find_again(self, session: Session) -> None:
        if (lost := self._lost.get(session.principal.sub)) is not None:
            lost.pop(session, None)
            if not lost:
                del self._lost[session.principal.sub]

    def _bound_lost(self, sub: str) -> None:
        disconnected = self._lost.get(sub, {})
        if len(disconnected) > self.limits.max_connections_per_user:
            self.end(next(iter(disconnected)), CloseCode.NORMAL)

    def end(self, session: Session, code: CloseCode, reason: str = "") -> None:
        """A session is over."""
        if self._sessions.pop(session.session_id, None) is None:
            return
        if session.expiry is not None:
            session.expiry.cancel()
        self._find_again(session)
        session.inbox.clear()
        if session.task is not None and code in REVOKING:
            session.task.cancel()
        self._disconnect(session, code, reason)
        self._topics.forget(f"client:{session.client_id}")
        self.ended.emit(session)

    def drop(self, session: Session, code: CloseCode, reason: str) -> None:
        """Part from a connection; whether the session may come back, the code says."""
        if not code.reconnect:
            self.end(session, code, reason)
        elif (connection := session.connection) is not None:
            self.connection_lost(session, connection, ended=False)
            connection.close(code, reason)

    def end_where(self, matches: Callable[[Session], bool], code: CloseCode, reason: str) -> int:
        """End all sessions that match; how many."""
        found = [session for session in self if matches(session)]
        for session in found:
            self.end(session, code, reason)
        return len(found)

    def disconnect_all(self, code: CloseCode, reason: str) -> None:
        """Close every connection; the sessions may go on elsewhere or later."""
        for session in self.connected():
            self.drop(session, code, reason)

    def _end_others(self, player_id: str) -> None:
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
