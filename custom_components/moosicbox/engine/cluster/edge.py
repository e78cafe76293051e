"""A node's connections: what clients say goes up to the leader, what the leader sends goes out to them."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
import contextlib
import itertools
import logging
import secrets
from typing import Any, Final, override

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
from .clock import ClusterClock
from .wire import (
    Answer,
    AuthenticateToken,
    ClientConnected,
    ClientDisconnected,
    ClientMessage,
    ClockReply,
    CloseConnection,
    Follow,
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
    error_of,
)

_LOGGER = logging.getLogger(__name__)

OWN: Final = frozenset({"authenticate", "ping", "time_sync"})
"""What a node understands by itself; all else is the leader's."""


class _Head(msgspec.Struct):
    type: str = ""
    request_id: str | None = None


class EdgeSession(SessionHandle):
    """A client's session as its node knows it; the leader holds the rest."""

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
        """For what is answered here."""
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
        say: Callable[[ToLeader], None],
        authentication: Authentication | None = None,
    ) -> None:
        """`say` sends a message to the leader and raises Unavailable if it can't be sent.

        With `authentication`, clients are recognised here instead of by the leader.
        """
        metrics = Metrics()
        writer = Writer(metrics.fan_out)
        self._alarm = TimerRunner(clock)
        self._limits = SharedLimits(limits)
        self.topics = Topics(secrets.token_hex(8), self._limits, clock.now_us, writer)
        super().__init__(
            version=version,
            node_id=node_id,
            clock=clock,
            timers=self._alarm.timers,
            writer=writer,
            compression=self.topics.compression,
            metrics=metrics,
        )
        self._clock = clock
        self._authentication = authentication
        self._features: Mapping[str, int] = FEATURES
        self._say = say
        self._running = False
        self._sessions: dict[int, EdgeSession] = {}
        self._numbers = itertools.count(1)
        self._calls: dict[int, tuple[asyncio.Future[Any], int]] = {}
        """What was asked, and when."""
        self._heads = msgspec.json.Decoder(_Head)
        self._codec = Codec()
        for model in (Authenticate, Ping, TimeSync):
            self._codec.register(model)
        self.told: Callable[[int, int, int], None] = lambda _t0_us, _t1_us, _t2_us: None
        """The leader said what time it is."""

    def __len__(self) -> int:
        """How many connections there are."""
        return len(self._sessions)

    def start(self) -> None:
        """Let clients in."""
        if not self._running:
            self._running = True
            self._alarm.start()

    def stop(self, code: CloseCode, reason: str) -> None:
        """Say goodbye to all clients."""
        self._running = False
        for session in tuple(self._sessions.values()):
            if (connection := session.connection) is not None:
                connection.outbox.send(Frame(encode(self.goodbye(reason))))
                self._part(session, code, reason)
        self.quit()

    def quit(self) -> None:
        """Do nothing any more; nobody is told."""
        self._running = False
        self.writer.close()
        self._alarm.stop()

    def reset(self, reason: str) -> None:
        """What clients were told may be wrong: they come back and hear what is right."""
        for session in tuple(self._sessions.values()):
            self._part(session, CloseCode.POSITION_LOST, reason)
        self.give_up(reason, self._clock.local_us)

    def give_up(self, reason: str, before_us: int) -> None:
        """Nobody answers what was asked until then: whoever wants to come in comes again."""
        for call, at_us in self._calls.values():
            if at_us <= before_us and not call.done():
                call.set_exception(Unavailable(reason))

    # ------------------------------------------------------------ the door

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

    def configure(self, limits: Limits, features: Mapping[str, int]) -> None:
        """Other bounds from now on."""
        self._limits.replace(limits)
        self._features = features

    @override
    def decode(self, text: bytes) -> Decoded:
        try:
            head = self._heads.decode(text)
        except msgspec.DecodeError, UnicodeDecodeError, RecursionError:
            return Decoded(None, None, None, len(text), text)
        if head.type in OWN:
            return msgspec.structs.replace(self._codec.decode(text), text=text)
        return Decoded(head.request_id, None, None, len(text), text)

    @override
    async def authenticate_token(self, token: str, peer: Peer) -> Principal:
        if self._authentication is not None:
            return await self._authentication.authenticate_token(token, peer)
        number = next(self._numbers)
        try:
            async with asyncio.timeout(self.limits.authentication_timeout):
                principal: Principal = await self._called(number, AuthenticateToken(number, token, peer.address))
        except (TimeoutError, Refused) as error:
            raise Unavailable("Nobody answers now", retry_after=1) from error
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
        coming = ClientConnected(number, message, principal, connection.transport, connection.peer.address, greeting)
        try:
            await self._called(number, coming)
        except BaseException:
            self._forget(session)
            with contextlib.suppress(Unavailable):
                self._say(ClientDisconnected(number, ended=False))
            raise
        return session

    def receive(self, member: EdgeSession, decoded: Decoded, received_us: int, reply: Reply | None) -> None:
        """Answer a message here, or forward it to the leader; see `SessionHandle.receive`."""
        if member.connection is None:
            return
        answer = reply or self._answerer(member)
        if decoded.message is not None and not isinstance(decoded.message, Authenticate):
            answer(Frame(self._own(member, decoded, received_us)))
            return
        number = 0
        if reply is not None:
            number = next(self._numbers)
            member.replies[number] = (decoded.request_id, reply)
        try:
            self._say(ClientMessage(member.number, number, decoded.text, received_us))
        except Unavailable as error:
            member.replies.pop(number, None)
            answer(Frame(encode_error(error, decoded.request_id)))

    def drop(self, member: EdgeSession, code: CloseCode, reason: str) -> None:
        """Close a session's connection; see `SessionHandle.drop`."""
        if self._forget(member):
            self._tell(SessionDropped(member.number, code))
        if (connection := member.connection) is not None:
            member.connection = None
            connection.close(code, reason)

    def connection_lost(self, member: EdgeSession, *, ended: bool) -> None:
        """Report to the leader that a connection is gone; see `SessionHandle.connection_lost`."""
        if self._forget(member):
            self._tell(ClientDisconnected(member.number, ended))
        member.connection = None

    # ------------------------------------------------------------ down

    def apply(self, downs: Iterable[ToEdge]) -> None:
        """Do what the leader says, in its order."""
        for down in downs:
            try:
                self._apply(down)
            except Exception:
                _LOGGER.exception("What the leader sent could not be done")
                if (session := self._sessions.get(getattr(down, "connection", 0))) is not None:
                    self._part(session, CloseCode.POSITION_LOST, "Something could not be delivered")

    def _apply(self, down: ToEdge) -> None:
        match down:
            case Publish(topic, payload, key):
                if (followed := self.topics.find(topic)) is not None:
                    followed.send(Frame(payload, key))
            case TokenAuthenticated(call, principal, fault):
                self._return(call, principal, None if fault is None else error_of(fault))
            case ClockReply(t0_us, t1_us, t2_us):
                self.told(t0_us, t1_us, t2_us)
            case ResetEdge():
                self.reset("What the hubs share was lost")
            case _:
                if (session := self._sessions.get(down.connection)) is not None:
                    self._apply_to(session, down)
                elif isinstance(down, SessionOpened):
                    # Its client has given up meanwhile.
                    self._tell(ClientDisconnected(down.connection, ended=False))

    def _apply_to(self, session: EdgeSession, down: ToEdge) -> None:
        if (connection := session.connection) is None:
            return
        match down:
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
                self._return(number, session, None)
            case SessionRefused(number, fault, code):
                error = error_of(fault)
                self._return(number, None, error if code is None else Refused(error, CloseCode(code)))
            case CloseConnection(_, code, reason):
                self._part(session, CloseCode(code), reason)

    # ------------------------------------------------------------ inside

    async def _called(self, number: int, up: ToLeader) -> Any:
        # What a leader that went away left unanswered is asked no one else: the client comes again.
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._calls[number] = answer, self._clock.local_us
        try:
            self._say(up)
            return await answer
        except Unavailable as error:
            raise Refused(error, CloseCode.RESTART) from error
        finally:
            del self._calls[number]

    def _return(self, number: int, value: Any, error: Exception | None) -> None:
        call, _ = self._calls.get(number, (None, 0))
        if call is None or call.done():
            return
        if error is None:
            call.set_result(value)
        else:
            call.set_exception(error)

    def _own(self, member: EdgeSession, decoded: Decoded, received_us: int) -> bytes:
        if (refusal := member.limiter.consume("sync", decoded.size, received_us)) is not None:
            self.metrics.refusals[refusal.limit_class] += 1
            return encode_error(RateLimitExceeded(refusal.per_minute, refusal.retry_after), decoded.request_id)
        request_id = decoded.request_id or UNSET
        if isinstance(decoded.message, TimeSync):
            t0_us, now_us = decoded.message.t0_us, self._clock.now_us()
            return encode(TimeSyncReply(t0_us=t0_us, t1_us=received_us, t2_us=now_us, request_id=request_id))
        return encode(Pong(server_time_us=self._clock.now_us(), request_id=request_id))

    def _answerer(self, member: EdgeSession) -> Reply:
        def answer(frame: Frame | None) -> None:
            if frame is not None and member.connection is not None:
                member.connection.outbox.send(frame)

        return answer

    def _tell(self, up: ToLeader) -> None:
        # Where nothing can go up, the leader takes this node for gone, and its connections with it.
        with contextlib.suppress(Unavailable):
            self._say(up)

    def _part(self, session: EdgeSession, code: CloseCode, reason: str) -> None:
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
