"""Snapcast's binary messages. Pure, without I/O.

A message is a header of 26 bytes and a payload. Numbers are little-endian; times are seconds and microseconds of the
sender's monotonic clock.
"""

from enum import IntEnum
import struct
from typing import Final, NamedTuple

import msgspec

HEADER: Final = struct.Struct("<HHHiiiiI")
_TIME: Final = struct.Struct("<ii")
_SIZE: Final = struct.Struct("<I")
MAX_PAYLOAD: Final = 64 * 1024
"""Bytes of the largest payload that is accepted from a client."""
_SECOND_US: Final = 1_000_000


class MessageType(IntEnum):
    """The types of messages."""

    CODEC_HEADER = 1
    WIRE_CHUNK = 2
    SERVER_SETTINGS = 3
    TIME = 4
    HELLO = 5
    CLIENT_INFO = 7


class ProtocolError(ValueError):
    """The bytes aren't Snapcast's protocol."""


class Header(NamedTuple):
    """The header of a message; times are microseconds."""

    type: int
    id: int
    refers_to: int
    sent_us: int
    received_us: int
    size: int


class SnapclientHello(msgspec.Struct, frozen=True):
    """The first message of a client, with its description."""

    id: str = msgspec.field(name="ID")
    host_name: str = msgspec.field(name="HostName", default="")
    instance: int = msgspec.field(name="Instance", default=1)
    version: str = msgspec.field(name="Version", default="")
    protocol: int = msgspec.field(name="SnapStreamProtocolVersion", default=2)


class SnapclientInfo(msgspec.Struct, frozen=True):
    """The volume of a client, 0 to 100, that was changed there."""

    volume: int
    muted: bool


_hello: Final = msgspec.json.Decoder(SnapclientHello)
_client_info: Final = msgspec.json.Decoder(SnapclientInfo)


def read_header(data: bytes) -> Header:
    """Return the header that `data` holds. Raise ProtocolError."""
    type_, id_, refers_to, sent_s, sent_us, received_s, received_us, size = HEADER.unpack(data)
    if size > MAX_PAYLOAD:
        raise ProtocolError("The message is too long")
    return Header(type_, id_, refers_to, sent_s * _SECOND_US + sent_us, received_s * _SECOND_US + received_us, size)


def read_hello(payload: bytes) -> SnapclientHello:
    """Return what a payload says. Raise ProtocolError."""
    return _read_json(_hello, payload)


def read_client_info(payload: bytes) -> SnapclientInfo:
    """Return what a payload says. Raise ProtocolError."""
    return _read_json(_client_info, payload)


def time_reply(request: Header, received_us: int, now_us: int) -> bytes:
    """Return the answer to a client's probe.

    Args:
        request: The probe.
        received_us: When the probe was received, in microseconds of the hub's time.
        now_us: When it is answered, in microseconds of the hub's time.

    Raises:
        ProtocolError: The client's clock is too far away for the answer to be represented.
    """
    try:
        to_server = _time(received_us - request.sent_us)
    except struct.error as error:
        raise ProtocolError("The client's clock is too far away") from error
    return _message(MessageType.TIME, to_server, now_us, refers_to=request.id)


def server_settings(buffer_ms: int, volume: int, *, muted: bool, now_us: int, refers_to: int = 0) -> bytes:
    """Return the settings of a client: how long after their time chunks are played, and its volume (0 to 100).

    The first settings answer a client's hello, whose id is `refers_to`.
    """
    settings = {"bufferMs": buffer_ms, "latency": 0, "muted": muted, "volume": volume}
    return _message(MessageType.SERVER_SETTINGS, _sized(msgspec.json.encode(settings)), now_us, refers_to=refers_to)


def codec_header(codec: str, header: bytes, now_us: int) -> bytes:
    """Return the description of the chunks that follow. A client drops all earlier chunks."""
    return _message(MessageType.CODEC_HEADER, _sized(codec.encode()) + _sized(header), now_us)


def wire_chunk(at_us: int, data: bytes, now_us: int) -> bytes:
    """Return a chunk with its time."""
    return _message(MessageType.WIRE_CHUNK, _time(at_us) + _sized(data), now_us)


def _message(type_: MessageType, payload: bytes, now_us: int, *, refers_to: int = 0) -> bytes:
    sent = divmod(now_us, _SECOND_US)
    return HEADER.pack(type_, 0, refers_to, *sent, 0, 0, len(payload)) + payload


def _time(us: int) -> bytes:
    # Like a timeval: microseconds are never negative.
    return _TIME.pack(*divmod(us, _SECOND_US))


def _sized(data: bytes) -> bytes:
    return _SIZE.pack(len(data)) + data


def _read_json[T](decoder: msgspec.json.Decoder[T], payload: bytes) -> T:
    if len(payload) < _SIZE.size or len(payload) != _SIZE.size + _SIZE.unpack_from(payload)[0]:
        raise ProtocolError("The payload has another length than it says")
    try:
        return decoder.decode(payload[_SIZE.size :])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(f"The payload isn't what is expected: {error}") from error
