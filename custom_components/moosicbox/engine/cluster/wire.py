"""The messages between the edges of a cluster and its leader. MessagePack; a message is a list that begins with its tag."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from ..access.rights import Principal
from ..protocol.client import Authenticate
from ..protocol.errors import AuthenticationFailed, HubError, InternalError
from ..protocol.server import Hello


class _Message(msgspec.Struct, array_like=True):
    pass


class Fault(_Message):
    """A HubError, as part of a message."""

    error_type: str
    message: str
    retryable: bool
    details: dict[str, Any]


# ---------------------------------------------------------------- to the leader


class AuthenticateToken(_Message, tag=1):
    """A call to authenticate an access token."""

    call: int
    token: str
    address: str


class ClientConnected(_Message, tag=2):
    """A call to open or resume a session for a connection, which is numbered by its edge."""

    connection: int
    message: Authenticate
    principal: Principal | None
    """The principal that the edge has authenticated, if any."""
    transport: str
    address: str
    hello: Hello | None
    """The greeting to include in `welcome`, if any."""


class ForwardedMessage(_Message, tag=3):
    """A message of a client, as its edge received it."""

    connection: int
    number: int
    """The number under which the edge waits for the answer; 0 if the answer goes to the connection."""
    text: bytes
    at_us: int
    """The hub time at which it was received."""


class ClientDisconnected(_Message, tag=4):
    """A connection has closed."""

    connection: int
    ended: bool
    """True if the client has ended its session."""


class SessionDropped(_Message, tag=5):
    """The edge has closed a connection."""

    connection: int
    code: int


class ClockProbe(_Message, tag=6):
    """A request for the leader's time."""

    t0_us: int
    """The edge's local time."""


type ToLeader = (
    AuthenticateToken | ClientConnected | ForwardedMessage | ClientDisconnected | SessionDropped | ClockProbe
)

# ---------------------------------------------------------------- to an edge


class Publish(_Message, tag=1):
    """A publication to all connections that follow a topic."""

    topic: str
    payload: bytes
    key: str | None
    """Of two publications with the same key, the later one replaces the earlier one."""


class Send(_Message, tag=2):
    """A frame to one connection."""

    connection: int
    payload: bytes
    key: str | None


class Replay(_Message, tag=3):
    """Frames to one connection, sent as fast as it takes them."""

    connection: int
    payloads: list[bytes]


class Follow(_Message, tag=4):
    """From now on, a connection gets the publications to a topic."""

    connection: int
    topic: str


class Unfollow(_Message, tag=5):
    """From now on, a connection doesn't get the publications to a topic."""

    connection: int
    topic: str


class CloseConnection(_Message, tag=6):
    """An order to close a connection."""

    connection: int
    code: int
    reason: str


class SessionOpened(_Message, tag=7):
    """The result of `ClientConnected`."""

    connection: int
    session_id: str
    secret: str
    client_id: str


class SessionRefused(_Message, tag=8):
    """The failure of `ClientConnected`."""

    connection: int
    fault: Fault
    code: int | None
    """The close code; `None` if the credentials are wrong."""


class Answer(_Message, tag=9):
    """The answer to a numbered `ForwardedMessage`."""

    connection: int
    number: int
    payload: bytes | None


class TokenAuthenticated(_Message, tag=10):
    """The result of `AuthenticateToken`: a principal or a fault."""

    call: int
    principal: Principal | None
    fault: Fault | None


class ClockReply(_Message, tag=11):
    """The reply to a `ClockProbe`: its `t0_us`, and the leader's time when it was received and answered."""

    t0_us: int
    t1_us: int
    t2_us: int


class ResetEdge(_Message, tag=12):
    """An order to close all connections: the leader doesn't know them any more."""


type ToEdge = (
    Publish
    | Send
    | Replay
    | Follow
    | Unfollow
    | CloseConnection
    | SessionOpened
    | SessionRefused
    | Answer
    | TokenAuthenticated
    | ClockReply
    | ResetEdge
)


class Unreadable(NamedTuple):
    """Takes the place of a message that isn't understood, such as one of another version."""

    number: int | None
    """The connection or the call that it is about, if any."""
    reason: str


_encoder: Final = msgspec.msgpack.Encoder()
_to_leader: Final = msgspec.msgpack.Decoder(list[ToLeader])
_to_edge: Final = msgspec.msgpack.Decoder(list[ToEdge])
_unread: Final = msgspec.msgpack.Decoder(list[msgspec.Raw])


def pack(messages: list[Any]) -> bytes:
    """Return messages as one batch."""
    return _encoder.encode(messages)


def unpack_to_leader(data: bytes) -> Sequence[ToLeader | Unreadable]:
    """Return the messages of a batch from an edge. Raise msgspec.MsgspecError if they can't be told apart."""
    return _unpack(data, _to_leader)


def unpack_to_edge(data: bytes) -> Sequence[ToEdge | Unreadable]:
    """Return the messages of a batch from the leader. Raise msgspec.MsgspecError if they can't be told apart."""
    return _unpack(data, _to_edge)


def _unpack[T](data: bytes, decoder: msgspec.msgpack.Decoder[list[T]]) -> Sequence[T | Unreadable]:
    try:
        return decoder.decode(data)
    except msgspec.ValidationError:
        found: list[T | Unreadable] = []
        for message in _unread.decode(data):
            try:
                # A batch with this message alone.
                found += decoder.decode(b"\x91" + bytes(message))
            except msgspec.MsgspecError as error:
                found.append(Unreadable(_number_of(message), str(error)))
        return found


def _number_of(message: msgspec.Raw) -> int | None:
    # Connections and calls are numbered together, and their number follows the tag.
    try:
        _tag, number = msgspec.msgpack.decode(message, type=list[Any])[:2]
    except msgspec.MsgspecError, ValueError:
        return None
    return number if type(number) is int else None


def fault_of(error: HubError) -> Fault:
    """Return `error` as part of a message."""
    return Fault(error.error_type, error.message, error.retryable, error.details)


def error_of(fault: Fault) -> HubError:
    """Return the error that `fault` was made of; an InternalError if its type is unknown."""
    if fault.error_type == AuthenticationFailed.error_type:
        return AuthenticationFailed(fault.message)
    kinds = (kind for kind in HubError.__subclasses__() if kind.error_type == fault.error_type)
    kind = next(kinds, InternalError)
    error = kind.__new__(kind)
    HubError.__init__(error, fault.message, retryable=fault.retryable, **fault.details)
    return error
