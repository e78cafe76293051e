"""What a transport needs of what lies behind it: a hub in this process, or the way to one elsewhere."""

from typing import TYPE_CHECKING, Any, Protocol

from msgspec import UNSET, UnsetType

from ..access.rights import Principal
from ..clock import Clock
from ..delivery.deflate import Compression
from ..delivery.outbox import Outbox, Sink
from ..delivery.writer import Writer
from ..limits import Limits
from ..metrics import Metrics, Traffic
from ..protocol.client import Authenticate
from ..protocol.codec import Decoded
from ..protocol.codes import CloseCode
from ..protocol.errors import Unavailable
from ..protocol.server import Goodbye, Hello
from ..sessions.answers import Reply
from ..sessions.session import Connection, Peer, Refused
from ..timers import Timers

if TYPE_CHECKING:
    from ..hub import Hub


class Member(Protocol):
    """A client's session, as far as a transport knows it."""

    session_id: str
    secret: str
    connection: Connection | None

    def knows_secret(self, secret: str) -> bool:
        """Whether `secret` is this session's."""


class Gateway(Protocol):
    """The way in for whatever carries messages."""

    timers: Timers
    writer: Writer
    metrics: Metrics

    @property
    def limits(self) -> Limits:
        """The bounds that hold now."""

    @property
    def clock(self) -> Clock:
        """The hub's time."""

    @property
    def compression(self) -> Compression:
        """What compresses for all."""

    @property
    def running(self) -> bool:
        """Whether clients are let in."""

    def decode(self, text: bytes, /) -> Decoded:
        """A frame's message."""

    def hello(self, *, authenticated: bool) -> Hello:
        """The greeting."""

    def goodbye(self, reason: str) -> Goodbye:
        """A farewell."""

    def new_outbox(self, sink: Sink, traffic: Traffic | None = None) -> Outbox:
        """What a connection is sent through."""

    async def authenticate_token(self, token: str, peer: Peer) -> Principal:
        """Whose token this is; AuthenticationFailed."""

    async def open(
        self,
        connection: Connection,
        message: Authenticate,
        principal: Principal | None,
        hello: Hello | UnsetType = UNSET,
    ) -> Member:
        """Let a client in. `principal` is who was recognised before; AuthenticationFailed, Refused."""

    def receive(self, member: Any, decoded: Decoded, received_us: int, reply: Reply | None = None) -> None:
        """A client's message; `reply` is called once with its answer."""

    def drop(self, member: Any, code: CloseCode, reason: str) -> None:
        """Part from a connection; whether the session may come back, the code says."""

    def connection_lost(self, member: Any, connection: Connection, *, ended: bool) -> None:
        """A connection is gone: by the client's will (`ended`), or for a while."""


class HubGateway:
    """The way into a hub in this process."""

    def __init__(self, hub: Hub) -> None:
        """Messages reach the hub without a step between."""
        self._hub = hub
        self.timers = hub.timers
        self.writer = hub.writer
        self.metrics = hub.metrics
        self.compression = hub.topics.compression
        self.decode = hub.dispatcher.codec.decode
        self.receive = hub.dispatcher.receive
        self.drop = hub.sessions.drop
        self.connection_lost = hub.sessions.connection_lost
        self.hello = hub.hello
        self.goodbye = hub.goodbye
        self.new_outbox = hub.new_outbox

    @property
    def limits(self) -> Limits:
        """The bounds that hold now."""
        return self._hub.limits

    @property
    def clock(self) -> Clock:
        """The hub's time."""
        return self._hub.clock

    @property
    def running(self) -> bool:
        """Whether clients are let in."""
        return self._hub.running

    async def authenticate_token(self, token: str, peer: Peer) -> Principal:
        """Whose token this is; AuthenticationFailed."""
        return await self._hub.identity.authenticate_token(token, peer)

    async def open(
        self,
        connection: Connection,
        message: Authenticate,
        principal: Principal | None,
        hello: Hello | UnsetType = UNSET,
    ) -> Member:
        """Let a client in; AuthenticationFailed, Refused."""
        hub = self._hub
        shown, token = await hub.identity.identify(message, connection.peer)
        if not hub.running:
            raise Refused(Unavailable("The hub is stopping", retry_after=1), CloseCode.RESTART)
        return hub.sessions.open(connection, message, shown or principal, hello, token)
