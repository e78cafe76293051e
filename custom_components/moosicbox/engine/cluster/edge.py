"""A node's gateway: it forwards the messages of its clients to the leader, and delivers what the leader sends."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
import contextlib
import itertools
import logging
import secrets
from typing import Final, override

import msgspec
from msgspec import UNSET, UnsetType

from ..access.authentication import Authentication, Peer
from ..access.limiter import Limiter
from ..access.rights import Principal
from ..delivery.frame import Frame
from ..delivery.topics import Topics
from ..delivery.writer import Writer
from ..greeting import FEATURES
from ..limits import Limits, SharedLimits
from ..metrics import Metrics
from ..protocol.client import Authenticate, Ping, TimeSync
from ..protocol.codec import Codec, Decoded, encode, encode_error
from ..protocol.codes import CloseCode
from ..protocol.errors import RateLimitExceeded, Unavailable
from ..protocol.server import Hello, Pong, TimeSyncReply
from ..sessions.answers import Reply
from ..sessions.session import Connection, Refused
from ..timer_runner import TimerRunner
from ..transport.gateway import Gateway, SessionHandle
from .calls import Calls
from .clock import ClusterClock
from .wire import (
    Answer,
    AuthenticateToken,
    ClientConnected,
    ClientDisconnected,
    ClockReply,
    CloseConnection,
    Follow,
    ForwardedMessage,
    Publish,
    Replay,
    ResetEdge,
    Send,
    SessionDropped,
    SessionOpened,
    SessionRefused,
    ToEdge,
    TokenAuthenticated,
    ToLeader,
    Unfollow,
    Unreadable,
    error_of,
)

_LOGGER = logging.getLogger(__name__)

LOCAL_TYPES: Final = frozenset({"authenticate", "ping", "time_sync"})
"""The messages that a node decodes itself; all others are decoded by the leader."""


class _Head(msgspec.Struct):
    type: str = ""
    request_id: str | None = None


class EdgeSession(SessionHandle):
    """A client's session as its node knows it. Its state is the leader's."""

    __slots__ = ("_edge", "client_id", "connection", "limiter", "number", "replies", "secret", "session_id", "topics")

    session_id: str
    secret: str
    connection: Connection | None

    def __init__(self, edge: Edge, number: int, connection: Connection, limits: Limits) -> None:
        self._edge = edge
        self.number = number
        self.connection = connection
        self.session_id = ""
        self.secret = ""
        self.client_id = ""
        self.limiter = Limiter(limits)
        """For requests that are answered at this node."""
        self.topics: dict[str, None] = {}
        self.replies: dict[int, tuple[str | None, Reply]] = {}
        """Request id and callback of each numbered message that has no answer yet."""

    @override
    def knows_secret(self, secret: str) -> bool:
        return secrets.compare_digest(secret.encode(), self.secret.encode())

    @override
    def receive(self, decoded: Decoded, received_us: int, reply: Reply | None = None) -> None:
        self._edge.receive(self, decoded, received_us, reply)

    @override
    def drop(self, code: CloseCode, reason: str) -> None:
        self._edge.drop(self, code, reason)

    @override
    def connection_lost(self, connection: Connection, *, ended: bool) -> None:
        self._edge.connection_lost(self, ended=ended)


class Edge(Gateway):
    """The gateway of one node in a cluster: it holds the connections and forwards messages to the leader."""

    def __init__(
        self,
        *,
        version: str,
        node_id: str,
        limits: Limits,
        clock: ClusterClock,
        send: Callable[[ToLeader], None],
        on_clock_reply: Callable[[int, int, int], None],
        authentication: Authentication | None = None,
    ) -> None:
        """Set up a gateway that doesn't accept clients before `start`.

        Args:
            version: The version that clients are shown.
            node_id: The name of the node.
            limits: The limits until the leader's are known.
            clock: The cluster's clock.
            send: Sends a message to the leader; raises Unavailable.
            on_clock_reply: Called with the times of an answered clock probe; see `ClockReply`.
            authentication: Authenticates clients at this node; by default, the leader authenticates them.

        """
        metrics = Metrics()
        writer = Writer(metrics.fan_out)
        self._timer_runner = TimerRunner(clock)
        self._limits = SharedLimits(limits)
        self.topics = Topics(secrets.token_hex(8), self._limits, clock.now_us, writer)
        super().__init__(
            version=version,
            node_id=node_id,
            clock=clock,
            timers=self._timer_runner.timers,
            writer=writer,
            compression=self.topics.compression,
            metrics=metrics,
        )
        self._clock = clock
        self._authentication = authentication
        self._features: Mapping[str, int] = FEATURES
        self._send = send
        self._on_clock_reply = on_clock_reply
        self._running = False
        self._unreadable = False
        """True once a message of the leader wasn't understood. Only the first one is logged."""
        self._sessions: dict[int, EdgeSession] = {}
        self._numbers = itertools.count(1)
        self._calls = Calls(send, lambda: clock.local_us)
        self._heads = msgspec.json.Decoder(_Head)
        self._codec = Codec()
        for model in (Authenticate, Ping, TimeSync):
            self._codec.register(model)

    def __len__(self) -> int:
        """Return the number of sessions."""
        return len(self._sessions)

    # ------------------------------------------------------------ life cycle

    def start(self) -> None:
        """Accept clients."""
        if not self._running:
            self._running = True
            self._timer_runner.start()

    def stop(self, code: CloseCode, reason: str) -> None:
        """Send all clients a goodbye and close their connections."""
        self._running = False
        for session in tuple(self._sessions.values()):
            if (connection := session.connection) is not None:
                connection.outbox.send(Frame(encode(self.goodbye(reason))))
                self._close(session, code, reason)
        self.halt()

    def halt(self) -> None:
        """Stop all activity without notifying clients."""
        self._running = False
        self.writer.close()
        self._timer_runner.stop()

    def reset(self, reason: str) -> None:
        """Close all connections, because clients may have missed or received too much. They reconnect and resync."""
        for session in tuple(self._sessions.values()):
            self._close(session, CloseCode.POSITION_LOST, reason)
        self.fail_calls(reason, self._clock.local_us)

    def resync(self, reason: str) -> None:
        """Close all connections, because their clients have missed messages. Unlike by `reset`, the leader is told."""
        for session in tuple(self._sessions.values()):
            self.drop(session, CloseCode.POSITION_LOST, reason)
        self.fail_calls(reason, self._clock.local_us)

    def fail_calls(self, reason: str, before_us: int) -> None:
        """Fail the calls to the leader that were made before `before_us` of the local time."""
        self._calls.fail(reason, before_us)

    def configure(self, limits: Limits, features: Mapping[str, int]) -> None:
        """Use the leader's limits and features."""
        self._limits.replace(limits)
        self._features = features

    # ------------------------------------------------------------ gateway

    @property
    @override
    def limits(self) -> Limits:
        return self._limits.current

    @property
    @override
    def running(self) -> bool:
        return self._running

    @property
    @override
    def features(self) -> Mapping[str, int]:
        return self._features

    @override
    def decode(self, text: bytes) -> Decoded:
        try:
            head = self._heads.decode(text)
        except msgspec.DecodeError, UnicodeDecodeError, RecursionError:
            return Decoded(None, None, None, len(text), text)
        if head.type in LOCAL_TYPES:
            return msgspec.structs.replace(self._codec.decode(text), text=text)
        return Decoded(head.request_id, None, None, len(text), text)

    @override
    async def authenticate_token(self, token: str, peer: Peer) -> Principal:
        if self._authentication is not None:
            return await self._authentication.authenticate_token(token, peer)
        number = next(self._numbers)
        try:
            async with asyncio.timeout(self.limits.authentication_timeout):
                principal: Principal = await self._calls.call(number, AuthenticateToken(number, token, peer.address))
        except (TimeoutError, Refused) as error:
            raise Unavailable("No hub answers now", retry_after=1) from error
        return principal

    @override
    async def open(
        self,
        connection: Connection,
        message: Authenticate,
        principal: Principal | None,
        hello: Hello | UnsetType = UNSET,
    ) -> EdgeSession:
        if self._authentication is not None:
            if message.token is not None:
                principal = await self._authentication.authenticate_token(message.token, connection.peer)
                message = msgspec.structs.replace(message, token=None)
            elif principal is None and message.invite is None and message.resume is None:
                principal = self._authentication.admit_anonymous(connection.peer)
        number = next(self._numbers)
        session = self._sessions[number] = EdgeSession(self, number, connection, self.limits)
        greeting = None if hello is UNSET else hello
        address = connection.peer.address
        try:
            await self._calls.call(
                number, ClientConnected(number, message, principal, connection.transport, address, greeting)
            )
        except BaseException:
            self._forget(session)
            self._report(ClientDisconnected(number, ended=False))
            raise
        return session

    def receive(self, session: EdgeSession, decoded: Decoded, received_us: int, reply: Reply | None) -> None:
        """Answer a message here, or forward it to the leader; see `SessionHandle.receive`."""
        if session.connection is None:
            return
        answer = reply or self._reply_to(session)
        if decoded.message is not None and not isinstance(decoded.message, Authenticate):
            answer(Frame(self._answer_locally(session, decoded, received_us)))
            return
        number = 0
        if reply is not None:
            number = next(self._numbers)
            session.replies[number] = (decoded.request_id, reply)
        try:
            self._send(ForwardedMessage(session.number, number, decoded.text, received_us))
        except Unavailable as error:
            session.replies.pop(number, None)
            answer(Frame(encode_error(error, decoded.request_id)))

    def drop(self, session: EdgeSession, code: CloseCode, reason: str) -> None:
        """Close a session's connection; see `SessionHandle.drop`."""
        if self._forget(session):
            self._report(SessionDropped(session.number, code))
        if (connection := session.connection) is not None:
            session.connection = None
            connection.close(code, reason)

    def connection_lost(self, session: EdgeSession, *, ended: bool) -> None:
        """Report to the leader that a connection is gone; see `SessionHandle.connection_lost`."""
        if self._forget(session):
            self._report(ClientDisconnected(session.number, ended))
        session.connection = None

    # ------------------------------------------------------------ messages of the leader

    def apply(self, messages: Iterable[ToEdge | Unreadable]) -> None:
        """Apply messages of the leader in their order."""
        for message in messages:
            try:
                self._apply(message)
            except Exception:
                _LOGGER.exception("A message of the leader could not be applied")
                if (session := self._sessions.get(getattr(message, "connection", 0))) is not None:
                    self.drop(session, CloseCode.POSITION_LOST, "A message could not be delivered")

    def _apply(self, message: ToEdge | Unreadable) -> None:
        match message:
            case Publish(topic, payload, key):
                if (followed := self.topics.find(topic)) is not None:
                    followed.send(Frame(payload, key))
            case TokenAuthenticated(call, principal, fault):
                self._calls.resolve(call, principal, None if fault is None else error_of(fault))
            case ClockReply(t0_us, t1_us, t2_us):
                self._on_clock_reply(t0_us, t1_us, t2_us)
            case ResetEdge():
                # The leader is told, because it may know clients that have connected since.
                self.resync("The hubs have lost track of this connection")
            case Unreadable(number, reason):
                self._skip(number, reason)
            case _:
                if (session := self._sessions.get(message.connection)) is not None:
                    self._apply_to(session, message)
                elif isinstance(message, SessionOpened):
                    # The client has disconnected meanwhile.
                    self._report(ClientDisconnected(message.connection, ended=False))

    def _skip(self, number: int | None, reason: str) -> None:
        if not self._unreadable:
            self._unreadable = True
            _LOGGER.error("A message of the leader isn't understood: %s", reason)
        if number is not None:
            self._calls.resolve(number, None, Unavailable("The answer could not be read"))
            if (session := self._sessions.get(number)) is not None:
                self.drop(session, CloseCode.POSITION_LOST, "A message could not be read")

    def _apply_to(self, session: EdgeSession, message: ToEdge) -> None:
        if (connection := session.connection) is None:
            return
        match message:
            case Send(_, payload, key):
                connection.outbox.send(Frame(payload, key))
            case Replay(_, payloads):
                connection.outbox.replay(Frame(payload) for payload in payloads)
            case Follow(_, topic):
                session.topics[topic] = None
                connection.outbox.follow(self.topics, topic)
            case Unfollow(_, topic):
                session.topics.pop(topic, None)
                connection.outbox.unfollow(self.topics, topic)
            case Answer(_, number, payload):
                if (waiting := session.replies.pop(number, None)) is not None:
                    waiting[1](None if payload is None else Frame(payload))
            case SessionOpened(number, session_id, secret, client_id):
                session.session_id, session.secret, session.client_id = session_id, secret, client_id
                self._calls.resolve(number, session, None)
            case SessionRefused(number, fault, code):
                error = error_of(fault)
                self._calls.resolve(number, None, error if code is None else Refused(error, CloseCode(code)))
            case CloseConnection(_, code, reason):
                self._close(session, CloseCode(code), reason)

    # ------------------------------------------------------------ inside

    def _answer_locally(self, session: EdgeSession, decoded: Decoded, received_us: int) -> bytes:
        if (refusal := session.limiter.consume("sync", decoded.size, received_us)) is not None:
            self.metrics.refusals[refusal.limit_class] += 1
            return encode_error(RateLimitExceeded(refusal.per_minute, refusal.retry_after), decoded.request_id)
        request_id = decoded.request_id or UNSET
        if isinstance(decoded.message, TimeSync):
            t0_us, now_us = decoded.message.t0_us, self._clock.now_us()
            return encode(TimeSyncReply(t0_us=t0_us, t1_us=received_us, t2_us=now_us, request_id=request_id))
        return encode(Pong(server_time_us=self._clock.now_us(), request_id=request_id))

    def _reply_to(self, session: EdgeSession) -> Reply:
        def answer(frame: Frame | None) -> None:
            if frame is not None and session.connection is not None:
                session.connection.outbox.send(frame)

        return answer

    def _report(self, message: ToLeader) -> None:
        # If nothing can be sent, the leader will miss this node's heartbeats and remove its connections.
        with contextlib.suppress(Unavailable):
            self._send(message)

    def _close(self, session: EdgeSession, code: CloseCode, reason: str) -> None:
        self._forget(session)
        if (connection := session.connection) is not None:
            session.connection = None
            connection.close(code, reason)

    def _forget(self, session: EdgeSession) -> bool:
        if self._sessions.pop(session.number, None) is None:
            return False
        if session.connection is not None:
            for topic in session.topics:
                session.connection.outbox.unfollow(self.topics, topic)
        unanswered = Unavailable("The connection ended before this was answered")
        for request_id, reply in session.replies.values():
            reply(Frame(encode_error(unanswered, request_id)))
        session.replies.clear()
        return True
