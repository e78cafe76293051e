"""A client's session: who it is, what it follows, what it asked. It outlives its connections."""

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
from ..protocol.errors import HubError
from ..protocol.server import ServerMessage
from ..timers import Timer
from .answers import Answers, Reply


class Connection(Protocol):
    """A way to one client, WebSocket or polling."""

    outbox: Outbox
    peer: Peer
    traffic: Traffic
    transport: str

    def close(self, code: CloseCode, reason: str) -> None:
        """Send what waits, then end; the session hears nothing more of this connection."""


type ClientKey = tuple[str, str, str]
"""Identifies a client over all its sessions: sub, kind, and its player's id or its name."""


class Incoming(NamedTuple):
    """A client's message on its way to its handler; `reply` is called once."""

    decoded: Decoded
    received_us: int
    reply: Reply


class Session:
    """What the hub knows of one client."""

    __slots__ = (
        "_answers",
        "_limits",
        "came",
        "client",
        "client_id",
        "connected_at",
        "connection",
        "expiry",
        "follows_players",
        "inbox",
        "limiters",
        "principal",
        "refusals",
        "secret",
        "session_id",
        "task",
        "topics",
    )

    def __init__(self, principal: Principal, client: ClientInfo, limits: Limits, connected_at: str) -> None:
        """A new session with ids and a secret of its own."""
        self.client_id = secrets.token_hex(8)
        self.session_id = secrets.token_hex(16)
        self.secret = secrets.token_urlsafe(32)
        self.principal = principal
        self.client = client
        self.connected_at = connected_at
        self.topics: dict[str, None] = {}
        self.follows_players = False
        """Whether it hears of new players without asking."""
        self.came: tuple[str, ...] = ()
        """Topics that the hub gave it while it was lost; it hears of them when it is back."""
        self.connection: Connection | None = None
        self.limiters: tuple[Limiter, Limiter] | None = None
        """Its own and the one that it shares with the user's other sessions, once it has said something."""
        self.refusals: TokenBucket | None = None
        """How much of what it said too fast was refused lately."""
        self._limits = limits
        self._answers: Answers | None = None
        self.inbox: list[Incoming] = []
        """What waits for `task`; seldom anything, so no deque, which costs a page's worth of memory."""
        self.task: asyncio.Task[None] | None = None
        self.expiry: Timer | None = None
        """Its token expires, or, while it is lost, the session itself."""

    @property
    def answers(self) -> Answers:
        """What its requests were answered; most clients ask for nothing."""
        if self._answers is None:
            limits = self._limits
            self._answers = Answers(limits.stored_answers_seconds, limits.stored_answers, limits.stored_answer_bytes)
        return self._answers

    @property
    def player_id(self) -> str | None:
        """The player that this client is."""
        return self.client.player_id if self.client.kind == "player" else None

    def knows_secret(self, secret: str) -> bool:
        """Whether `secret` is this session's."""
        return hmac.compare_digest(secret.encode(), self.secret.encode())

    def send(self, message: ServerMessage) -> None:
        """To this client alone, in the order of everything else."""
        self.send_frame(Frame(encode(message)))

    def send_frame(self, frame: Frame) -> None:
        """An encoded message to this client alone."""
        if self.connection is not None:
            self.connection.outbox.send(frame)

    def answer(self, frame: Frame | None) -> None:
        """The answer to one of this client's messages, on the connection that it has by now."""
        if frame is not None and self.connection is not None:
            self.connection.outbox.send(frame)


class Actor(msgspec.Struct, frozen=True):
    """Who asks for something: a client's session, or somebody inside the house."""

    principal: Principal
    session: Session | None = None
    received_us: int = 0


class Refused(Exception):
    """A connection that isn't let in: the error to answer, the code to close with."""

    def __init__(self, error: HubError, code: CloseCode = CloseCode.AUTHENTICATION_FAILED) -> None:
        """`error` is what the client is told."""
        super().__init__(error.message)
        self.error = error
        self.code = code


def client_key(session: Session, client: ClientInfo) -> ClientKey:
    """Return the key that identifies `session`'s client, as it describes itself in `client`."""
    return session.principal.sub, client.kind, session.player_id or client.name
