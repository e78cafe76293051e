"""What nodes tell one another: from an edge up to the leader, and down again. MessagePack, one list a message."""

from typing import Any, Final

import msgspec

from ..access.rights import Principal
from ..protocol.client import Authenticate
from ..protocol.errors import AuthenticationFailed, HubError, InternalError
from ..protocol.server import Hello


class _Part(msgspec.Struct, array_like=True):
    """One message; its class is told by a number."""


class Fault(_Part):
    """A HubError on its way to another node."""

    error_type: str
    message: str
    may_retry: bool
    details: dict[str, Any]


# ---------------------------------------------------------------- up


class AuthenticateToken(_Part, tag=1):
    """Whose token is this?"""

    call: int
    token: str
    address: str


class ClientConnected(_Part, tag=2):
    """A client wants to be let in."""

    connection: int
    message: Authenticate
    principal: Principal | None
    transport: str
    address: str
    hello: Hello | None
    """What `welcome` has to bring along."""


class ClientMessage(_Part, tag=3):
    """A client's message. `number`: its answer goes to who asked by that; 0: to the connection."""

    connection: int
    number: int
    text: bytes
    at_us: int


class ClientDisconnected(_Part, tag=4):
    """A connection is gone."""

    connection: int
    ended: bool


class SessionDropped(_Part, tag=5):
    """The edge parted from a connection."""

    connection: int
    code: int


class ClockProbe(_Part, tag=6):
    """What time is it?"""

    t0_us: int


type ToLeader = AuthenticateToken | ClientConnected | ClientMessage | ClientDisconnected | SessionDropped | ClockProbe

# ---------------------------------------------------------------- down


class Publish(_Part, tag=1):
    """To all who follow a topic."""

    topic: str
    payload: bytes
    key: str | None


class Send(_Part, tag=2):
    """To one connection."""

    connection: int
    payload: bytes
    key: str | None


class Replay(_Part, tag=3):
    """To one connection, paced by it."""

    connection: int
    payloads: list[bytes]


class Follow(_Part, tag=4):
    """From here on a connection hears a topic."""

    connection: int
    topic: str


class Unfollow(_Part, tag=5):
    """No more."""

    connection: int
    topic: str


class CloseConnection(_Part, tag=6):
    """The end of a connection."""

    connection: int
    code: int
    reason: str


class SessionOpened(_Part, tag=7):
    """A client is in."""

    connection: int
    session_id: str
    secret: str
    client_id: str


class SessionRefused(_Part, tag=8):
    """A client isn't let in; without a code, its credentials don't hold."""

    connection: int
    fault: Fault
    code: int | None


class Answer(_Part, tag=9):
    """To a message that was numbered."""

    connection: int
    number: int
    payload: bytes | None


class TokenAuthenticated(_Part, tag=10):
    """Whose token that is, or why nobody's."""

    call: int
    principal: Principal | None
    fault: Fault | None


class ClockReply(_Part, tag=11):
    """The leader's time when it was asked, and when it answers."""

    t0_us: int
    t1_us: int
    t2_us: int


class ResetEdge(_Part, tag=12):
    """The leader knows nothing of the edge's connections any more."""


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

_encoder: Final = msgspec.msgpack.Encoder()
_ups: Final = msgspec.msgpack.Decoder(list[ToLeader])
_downs: Final = msgspec.msgpack.Decoder(list[ToEdge])


def pack(parts: list[Any]) -> bytes:
    """Messages of one turn."""
    return _encoder.encode(parts)


def unpack_to_leader(data: bytes) -> list[ToLeader]:
    """What an edge sent."""
    return _ups.decode(data)


def unpack_to_edge(data: bytes) -> list[ToEdge]:
    """What the leader sent."""
    return _downs.decode(data)


def fault_of(error: HubError) -> Fault:
    """`error`, to be sent."""
    return Fault(error.error_type, error.message, error.may_retry, error.details)


def error_of(fault: Fault) -> HubError:
    """`fault` as what it was."""
    if fault.error_type == AuthenticationFailed.error_type:
        return AuthenticationFailed(fault.message)
    kinds = (kind for kind in HubError.__subclasses__() if kind.error_type == fault.error_type)
    kind = next(kinds, InternalError)
    error = kind.__new__(kind)
    HubError.__init__(error, fault.message, again=fault.may_retry, **fault.details)
    return error
