"""A client's session: its principal, subscriptions and requests. It outlives its connections."""

import asyncio
import hmac
import secrets
from typing import NamedTuple, Protocol

import msgspec

from ..access.authentication import Peer
from ..access.limiter import Limiter, TokenBucket
from ..access.rights import Principal
from ..delivery.frame import Frame
from ..delivery.outbox import Outbox
from ..limits import Limits
from ..metrics import Traffic
from ..protocol.client import ClientInfo
from ..protocol.codec import Decoded, encode
from ..protocol.codes import CloseCode
from ..protocol.errors import HubError, InvalidMessage
from ..protocol.server import ServerMessage
from ..timers import Timer
from .answers import Answers, Reply
from .withheld import Withheld


class Connection(Protocol):
    """A connection of a client: WebSocket, polling, or one at another node of a cluster."""

    outbox: Outbox
    peer: Peer
    traffic: Traffic
    transport: str

    def close(self, code: CloseCode, reason: str) -> None:
        """Send what is waiting, then close. The session isn't notified."""


type ClientKey = tuple[str, str, str]
"""Identifies a client over all its sessions: sub, kind, and its player's id or its name."""


class Incoming(NamedTuple):
    """A client's message that is to be executed; `reply` is called once with its answer."""

    decoded: Decoded
    received_us: int
    reply: Reply


class Session:
    """The session of one client."""

    __slots__ = (
        "_answers",
        "_limits",
        "client",
        "client_id",
        "connected_at",
        "connection",
        "expiry",
        "follows_players",
        "inbox",
        "limiters",
        "pending_topics",
        "principal",
        "refusals",
        "secret",
        "session_id",
        "task",
        "topics",
        "withheld",
    )

    def __init__(self, principal: Principal, client: ClientInfo, limits: Limits, connected_at: str) -> None:
        """Create a session with new ids and a new secret."""
        self.client_id = secrets.token_hex(8)
        self.session_id = secrets.token_hex(16)
        self.secret = secrets.token_urlsafe(32)
        self.principal = principal
        self.client = client
        self.connected_at = connected_at
        self.topics: dict[str, None] = {}
        self.follows_players = False
        """True if new players are subscribed to automatically."""
        self.pending_topics: tuple[str, ...] = ()
        """Topics that were assigned while the client was disconnected; subscribed to on resume."""
        self.withheld: Withheld | None = None
        """The topics that are withheld from the session; created when first needed."""
        self.connection: Connection | None = None
        self.limiters: tuple[Limiter, Limiter] | None = None
        """The rate limiters of this session and of its user; created by the first message."""
        self.refusals: TokenBucket | None = None
        """Counts refused messages; created by the first refusal."""
        self._limits = limits
        self._answers: Answers | None = None
        self.inbox: tuple[Incoming, ...] = ()
        """Messages that wait for `task`. They are rare and few, and an empty tuple takes no memory."""
        self.task: asyncio.Task[None] | None = None
        """Executes a message that takes time."""
        self.expiry: Timer | None = None
        """Ends the session when the token expires or, while disconnected, when the time to resume is over."""

    @property
    def answers(self) -> Answers:
        """The stored answers; created when they are first needed."""
        if self._answers is None:
            limits = self._limits
            self._answers = Answers(limits.stored_answers_seconds, limits.stored_answers, limits.stored_answer_bytes)
        return self._answers

    @property
    def player_id(self) -> str | None:
        """The id of the player that this client is, if it is one."""
        return self.client.player_id if self.client.kind == "player" else None

    def withholds(self, topic: str) -> bool:
        """Return whether a topic is withheld from the session."""
        return self.withheld is not None and topic in self.withheld.topics

    def knows_secret(self, secret: str) -> bool:
        """Return whether `secret` is this session's, in constant time."""
        return hmac.compare_digest(secret.encode(), self.secret.encode())

    def send(self, message: ServerMessage) -> None:
        """Send `message` to this client only."""
        self.send_frame(Frame(encode(message)))

    def send_frame(self, frame: Frame) -> None:
        """Send an encoded message to this client only."""
        if self.connection is not None:
            self.connection.outbox.send(frame)

    def answer(self, frame: Frame | None) -> None:
        """Send the answer to one of this client's messages by its current connection."""
        if frame is not None and self.connection is not None:
            self.connection.outbox.send(frame)


class Actor(msgspec.Struct, frozen=True):
    """The origin of a command: a client's session, or code inside Home Assistant (no session)."""

    initial_principal: Principal
    """The principal when the command arrived."""
    session: Session | None = None
    received_us: int = 0

    @property
    def principal(self) -> Principal:
        """The principal now: its rights may have become fewer while the command waited."""
        return self.initial_principal if self.session is None else self.session.principal


class Refused(Exception):
    """Raised when a connection is refused."""

    def __init__(self, error: HubError, code: CloseCode | None = None) -> None:
        """`error` is sent to the client, then the connection is closed with `code`; by default, one that fits it."""
        super().__init__(error.message)
        self.error = error
        is_invalid = isinstance(error, InvalidMessage)
        self.code = code or (CloseCode.PROTOCOL_ERRORS if is_invalid else CloseCode.AUTHENTICATION_FAILED)


def client_key(session: Session, client: ClientInfo) -> ClientKey:
    """Return the key that identifies `session`'s client, as it describes itself in `client`."""
    return session.principal.sub, client.kind, session.player_id or client.name
