"""Decodes the hub's JSON into typed messages. Messages unknown to this version are kept as they are.

The protocol's page: docs/protocol/hub-messages.md.
"""

from dataclasses import dataclass
import functools
import operator
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from ..protocol import household, server
from ..protocol.errors import HubError, SerializationFailed
from ..protocol.server import NumberedMessage, ServerMessage, StateMessage, TopicMessage
from .errors import error_from

_BASES: Final = (ServerMessage, TopicMessage, NumberedMessage, StateMessage)


@dataclass(frozen=True, slots=True)
class ErrorMessage:
    """An `error` of the hub. Without `request_id` it doesn't name the message it is about."""

    error: HubError
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class UnknownMessage:
    """A message of a type, or with values, that this version of the client doesn't know."""

    type: str
    fields: dict[str, Any]
    topic: str | UnsetType = UNSET
    offset: int | UnsetType = UNSET


type Message = ServerMessage | ErrorMessage | UnknownMessage


def server_message_models() -> tuple[type[ServerMessage], ...]:
    """Return the models of all messages that a hub sends, except `error`."""
    return tuple(
        model
        for module in (server, household)
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, ServerMessage) and model not in _BASES
    )


_decoder: Final[msgspec.json.Decoder[ServerMessage]] = msgspec.json.Decoder(
    functools.reduce(operator.or_, server_message_models())
)


def decode(payload: str | bytes) -> Message:
    """Decode one frame.

    Raises:
        SerializationFailed: The frame is no JSON object with a `type`.
    """
    try:
        try:
            return _decoder.decode(payload)
        except msgspec.ValidationError:
            fields = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SerializationFailed(f"The hub sent no JSON: {error}") from error
    if not isinstance(fields, dict) or not isinstance(type_ := fields.get("type"), str):
        raise SerializationFailed("The hub sent no message")
    if type_ == "error":
        request_id = fields.get("request_id")
        return ErrorMessage(error_from(fields), request_id if isinstance(request_id, str) else None)
    topic, offset = fields.get("topic"), fields.get("offset")
    return UnknownMessage(
        type_, fields, topic if isinstance(topic, str) else UNSET, offset if isinstance(offset, int) else UNSET
    )


def request_id_of(message: Message) -> str | None:
    """Return the `request_id` that a message answers, or `None`."""
    if isinstance(message, UnknownMessage):
        value = message.fields.get("request_id")
        return value if isinstance(value, str) else None
    request_id: str | UnsetType | None = getattr(message, "request_id", None)
    return None if isinstance(request_id, UnsetType) else request_id


def topic_and_offset(message: Message) -> tuple[str, int] | None:
    """Return topic and offset of a numbered message, or `None`."""
    topic, offset = getattr(message, "topic", UNSET), getattr(message, "offset", UNSET)
    return None if topic is UNSET or offset is UNSET else (topic, offset)
