"""The interface between transports and a hub, and its implementation for a hub in the same process."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
import logging
from typing import Final, override

from msgspec import UNSET, UnsetType

from ..access.authentication import Peer
from ..access.rights import Principal
from ..clock import Clock
from ..delivery.deflate import Compression
from ..delivery.outbox import Outbox, Sink
from ..delivery.writer import Writer
from ..greeting import goodbye, hello
from ..hub import Hub
from ..limits import Limits
from ..metrics import Metrics, Traffic
from ..protocol.client import Authenticate
from ..protocol.codec import Decoded
from ..protocol.codes import CloseCode
from ..protocol.errors import Unavailable
from ..protocol.server import Goodbye, Hello
from ..sessions.answers import Reply
from ..sessions.session import Connection, Refused, Session
from ..timers import Timers

_LOGGER = logging.getLogger(__name__)

MAX_FAULTY: Final = 100
"""Clients that are remembered, because a fault of theirs was logged."""
HUB_FAILED: Final = "The hub failed; its log has the details"
"""The reason that clients are told with `CloseCode.INTERNAL_ERROR`."""


class SessionHandle(ABC):
    """A client's session as its transport sees it."""

    __slots__ = ()

    @property
    @abstractmethod
    def session_id(self) -> str:
        """The session's id."""

    @property
    @abstractmethod
    def secret(self) -> str:
        """The secret that authenticates requests of a polling client."""

    @property
    @abstractmethod
    def connection(self) -> Connection | None:
        """The connection that the session uses now."""

    @abstractmethod
    def knows_secret(self, secret: str) -> bool:
        """Return whether `secret` is this session's, in constant time."""

    @abstractmethod
    def receive(self, decoded: Decoded, received_us: int, reply: Reply | None = None) -> None:
        """Execute a message of the client, received at `received_us` (hub time, microseconds).

        `reply` is called once with the answer; without it, the answer goes to the session's connection.
        """

    @abstractmethod
    def drop(self, code: CloseCode, reason: str) -> None:
        """Close the session's connection; end the session too if `code` doesn't allow to reconnect."""

    @abstractmethod
    def connection_lost(self, connection: Connection, *, ended: bool) -> None:
        """Report that `connection` is closed; `ended` is true if the client ended its session, false if it broke."""


class Gateway(ABC):
    """The hub as transports see it: in the same process (`HubGateway`) or behind a cluster's edge."""

    def __init__(
        self,
        *,
        version: str,
        node_id: str,
        clock: Clock,
        timers: Timers,
        writer: Writer,
        compression: Compression,
        metrics: Metrics,
    ) -> None:
        self.clock = clock
        self.timers = timers
        self.writer = writer
        self.compression = compression
        self.metrics = metrics
        self._version = version
        self._node_id = node_id
        self._faulty: deque[str] = deque(maxlen=MAX_FAULTY)

    @property
    @abstractmethod
    def limits(self) -> Limits:
        """The limits in force."""

    @property
    @abstractmethod
    def running(self) -> bool:
        """True if clients can connect."""

    @property
    @abstractmethod
    def features(self) -> Mapping[str, int]:
        """The features of the hub with their versions, for `hello`."""

    @abstractmethod
    def decode(self, text: bytes) -> Decoded:
        """Decode a message of a client."""

    @abstractmethod
    async def authenticate_token(self, token: str, peer: Peer) -> Principal:
        """Return the principal of an access token. Raise AuthenticationFailed or Unavailable."""

    @abstractmethod
    async def open(
        self,
        connection: Connection,
        message: Authenticate,
        principal: Principal | None,
        hello: Hello | UnsetType = UNSET,
    ) -> SessionHandle:
        """Open a session for `connection`, or resume one.

        `principal` is the one that the connection's HTTP request was authenticated as, if any.
        Raise AuthenticationFailed or Refused.
        """

    def hello(self, *, authenticated: bool) -> Hello:
        """Return the greeting for a new connection."""
        return hello(self._version, self._node_id, self.clock, self.limits, self.features, authenticated=authenticated)

    def goodbye(self, reason: str) -> Goodbye:
        """Return a farewell with a random delay before the client reconnects."""
        return goodbye(reason)

    def log_fault(self, client: str, error: Exception) -> None:
        """Log that messages could not be sent to a client: once, because it may return, and the fault with it.

        Args:
            client: The id of its session, or of its player if that has a new session each time.
            error: The exception that sending them raised.

        """
        if client not in self._faulty:
            self._faulty.append(client)
            _LOGGER.error("Messages can't be sent to a client, so its connection is closed", exc_info=error)

    def new_outbox(self, sink: Sink, traffic: Traffic | None = None) -> Outbox:
        """Return an outbox that sends through `sink`, bounded by the limits."""
        return Outbox(self.limits.outbound_bytes, self.limits.outbound_messages, sink, self.writer, traffic)


class HubSession(SessionHandle):
    """A session of a hub in this process."""

    __slots__ = ("_hub", "_session")

    def __init__(self, hub: Hub, session: Session) -> None:
        self._hub = hub
        self._session = session

    @property
    @override
    def session_id(self) -> str:
        return self._session.session_id

    @property
    @override
    def secret(self) -> str:
        return self._session.secret

    @property
    @override
    def connection(self) -> Connection | None:
        return self._session.connection

    @override
    def knows_secret(self, secret: str) -> bool:
        return self._session.knows_secret(secret)

    @override
    def receive(self, decoded: Decoded, received_us: int, reply: Reply | None = None) -> None:
        self._hub.dispatcher.receive(self._session, decoded, received_us, reply)

    @override
    def drop(self, code: CloseCode, reason: str) -> None:
        self._hub.sessions.drop(self._session, code, reason)

    @override
    def connection_lost(self, connection: Connection, *, ended: bool) -> None:
        self._hub.sessions.connection_lost(self._session, connection, ended=ended)


class HubGateway(Gateway):
    """The gateway to a hub in this process."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(
            version=hub.version,
            node_id=hub.node_id,
            clock=hub.clock,
            timers=hub.timers,
            writer=hub.writer,
            compression=hub.topics.compression,
            metrics=hub.metrics,
        )
        self._hub = hub

    @property
    @override
    def limits(self) -> Limits:
        return self._hub.limits

    @property
    @override
    def running(self) -> bool:
        return self._hub.running

    @property
    @override
    def features(self) -> Mapping[str, int]:
        return self._hub.features()

    @override
    def decode(self, text: bytes) -> Decoded:
        return self._hub.dispatcher.codec.decode(text)

    @override
    async def authenticate_token(self, token: str, peer: Peer) -> Principal:
        return await self._hub.identity.authenticate_token(token, peer)

    @override
    async def open(
        self,
        connection: Connection,
        message: Authenticate,
        principal: Principal | None,
        hello: Hello | UnsetType = UNSET,
    ) -> HubSession:
        hub = self._hub
        proved, token = await hub.identity.identify(message, connection.peer)
        if not hub.running:
            raise Refused(Unavailable("The hub is stopping", retry_after=1), CloseCode.RESTART)
        return HubSession(hub, hub.sessions.open(connection, message, proved or principal, hello, token))
