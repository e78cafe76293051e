"""Decoding and encoding of messages. Invalid messages become named errors with their request's id."""

import functools
import operator
import re
from typing import Any, Final, NamedTuple

import msgspec
import orjson

from .client import Request
from .errors import HubError, InvalidMessage, SerializationFailed, UnknownType
from .portable import explain_refusal
from .server import ServerMessage

MAX_REQUEST_ID: Final = 64
MAX_DEPTH: Final = 4
"""Depth of the fields of messages; deeper values are free-form data."""
MAX_EXACT: Final = 2**53
"""Largest float that stands for exactly one integer."""
_PATH: Final = re.compile(r" - at `(?:key in |value in )?\$(?P<path>[^`]*)`$")
_STEP: Final = re.compile(r"\.(\w+)|\[(\d+)\]")
_REQUIRED: Final = re.compile(r"missing required field `(\w+)`")

_encoder: Final = msgspec.json.Encoder()


class MessageName(NamedTuple):
    """The name of a message: its `type`, and in a family its `action`."""

    type: str
    action: str | None = None


class Decoded(msgspec.Struct, frozen=True):
    """A decoded frame: its message, or the error that answers it."""

    request_id: str | None
    """The request's id, if it could be read."""
    message: Request | None
    error: HubError | None = None
    size: int = 0
    """Size of the frame in bytes."""
    text: bytes = b""
    """The frame's text, for messages that are forwarded to another node."""


def message_name(model: type[Request]) -> MessageName:
    """Return the name of a message model."""
    config = model.__struct_config__
    tag = str(config.tag)
    if config.tag_field == "type":
        return MessageName(tag)
    # `msgspec.structs.fields` would evaluate the annotations of all fields.
    defaults = dict(zip(reversed(model.__struct_fields__), reversed(model.__struct_defaults__), strict=False))
    return MessageName(str(defaults["type"]), tag)


class Codec:
    """Decodes the registered messages."""

    def __init__(self) -> None:
        self._decoder: msgspec.json.Decoder[Request] | None = None
        self._models: dict[str, type[Request]] = {}
        self._families: dict[str, dict[str, type[Request]]] = {}

    def register(self, model: type[Request]) -> None:
        """Add a message model."""
        name = message_name(model)
        self._decoder = None
        if name.action is None:
            self._models[name.type] = model
        else:
            self._families.setdefault(name.type, {})[name.action] = model

    def unregister(self, model: type[Request]) -> None:
        """Remove a message model."""
        name = message_name(model)
        self._decoder = None
        if name.action is None:
            self._models.pop(name.type, None)
        else:
            self._families[name.type].pop(name.action, None)

    def decode(self, text: str | bytes) -> Decoded:
        """Decode the text of a frame. Faults are returned in `Decoded.error`, never raised."""
        decoder = self._decoder or self._union()
        try:
            message = decoder.decode(text)
        except msgspec.DecodeError, UnicodeDecodeError, RecursionError:
            return self._decode_slowly(text)
        return Decoded(message.request_id, message, None, len(text))

    def _union(self) -> msgspec.json.Decoder[Request]:
        # Families of messages and invalid messages can't be decoded by the union and take the slow path.
        union = functools.reduce(operator.or_, self._models.values())
        self._decoder = msgspec.json.Decoder(union)
        return self._decoder

    def _decode_slowly(self, text: str | bytes) -> Decoded:
        try:
            raw = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            request_id, fault = explain_refusal(text, str(error))
            valid_id = request_id if request_id and len(request_id) <= MAX_REQUEST_ID else None
            return Decoded(valid_id, None, fault, len(text))
        return self.decode_object(raw, len(text))

    def decode_object(self, raw: Any, size: int) -> Decoded:
        """Decode a frame that has been parsed to an object. Faults are returned in `Decoded.error`, never raised."""
        if not isinstance(raw, dict):
            return Decoded(None, None, SerializationFailed("A message must be a JSON object"), size)
        request_id = raw.get("request_id")
        if request_id is not None and not (isinstance(request_id, str) and 0 < len(request_id) <= MAX_REQUEST_ID):
            error = InvalidMessage("request_id must be a string of 1 to 64 characters", ["request_id"])
            return Decoded(None, None, error, size)
        try:
            return Decoded(request_id, _converted(raw, self._model(raw)), None, size)
        except msgspec.ValidationError as error:
            return Decoded(request_id, None, invalid_message(error), size)
        except HubError as error:
            return Decoded(request_id, None, error, size)

    def _model(self, raw: dict[str, Any]) -> type[Request]:
        type_ = raw.get("type")
        if not isinstance(type_, str):
            raise InvalidMessage("A message needs a type", ["type"])
        if (model := self._models.get(type_)) is not None:
            return model
        if (family := self._families.get(type_)) is None:
            raise UnknownType(f"This hub doesn't support messages of the type {type_[:64]!r}")
        action = raw.get("action")
        if not isinstance(action, str) or (model := family.get(action)) is None:
            raise InvalidMessage(f"{type_} needs one of the actions {', '.join(sorted(family))}", ["action"])
        return model


def encode(message: ServerMessage) -> bytes:
    """Encode a message of the hub."""
    return _encoder.encode(message)


def encode_done(request_id: str) -> bytes:
    """Encode a result without data."""
    return b'{"type":"result","request_id":' + _encoder.encode(request_id) + b',"data":{}}'


def encode_error(error: HubError, request_id: str | None) -> bytes:
    """Encode an error as the answer to a request."""
    answer = {
        "type": "error",
        "error_type": error.error_type,
        "message": error.message,
        "retryable": error.retryable,
        **error.details,
    }
    if request_id is not None:
        answer["request_id"] = request_id
    return _encoder.encode(answer)


def encode_request(message: Request) -> bytes:
    """Encode a message of a client; fields that aren't set are omitted."""
    return _encoder.encode({key: value for key, value in msgspec.to_builtins(message).items() if value is not None})


def size_of(data: Any) -> int:
    """Return the size of `data` as JSON, in bytes."""
    return len(_encoder.encode(data))


@functools.cache
def free_fields(model: type[Request]) -> tuple[str, ...]:
    """Return the names of a message's fields that hold free JSON."""
    return tuple(field.name for field in msgspec.inspect.type_info(model).fields if _is_free(field.type))  # type: ignore[attr-defined]


def _is_free(info: msgspec.inspect.Type) -> bool:
    match info:
        case msgspec.inspect.AnyType():
            return True
        case msgspec.inspect.UnionType():
            return any(_is_free(part) for part in info.types)
        case msgspec.inspect.DictType():
            return _is_free(info.value_type)
        case msgspec.inspect.ListType() | msgspec.inspect.VarTupleType():
            return _is_free(info.item_type)
        case _:
            return False


def _converted(raw: dict[str, Any], model: type[Request]) -> Request:
    try:
        return msgspec.convert(raw, model)
    except msgspec.ValidationError:
        return msgspec.convert(_relaxed(raw), model)


def _relaxed(value: Any, depth: int = 0) -> Any:
    """Return `value` with whole floats as integers and without null fields, which JSON clients may send."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_EXACT:
        return int(value)
    if depth > MAX_DEPTH:
        return value
    if isinstance(value, list):
        return [_relaxed(part, depth + 1) for part in value]
    if isinstance(value, dict):
        return {
            key: part if key == "data" else _relaxed(part, depth + 1) for key, part in value.items() if part is not None
        }
    return value


def invalid_message(error: msgspec.ValidationError) -> InvalidMessage:
    """Return the error that describes a message's fault and the path to it."""
    text = str(error)
    path: list[str | int] = []
    if match := _PATH.search(text):
        path = [name or int(index) for name, index in _STEP.findall(match["path"])]
        text = text[: match.start()]
    if match := _REQUIRED.search(text):
        path.append(match[1])
    return InvalidMessage(text, path)
