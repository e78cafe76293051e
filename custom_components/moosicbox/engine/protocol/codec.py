"""Between JSON text and message models. What a frame says wrongly becomes a named error that knows its request."""

import functools
import operator
import re
from typing import Any, Final, NamedTuple

import msgspec
import orjson

from .client import Request
from .errors import HubError, InvalidMessage, SerializationFailed, UnknownType
from .server import ServerMessage

MAX_REQUEST_ID: Final = 64
MAX_DEPTH: Final = 4
MAX_EXACT: Final = 2**53
"""Beyond it a float is no longer one integer."""
"""How deep the fields of messages lie; below it is what nobody asked for."""
_PATH: Final = re.compile(r" - at `(?:key in |value in )?\$(?P<path>[^`]*)`$")
_STEP: Final = re.compile(r"\.(\w+)|\[(\d+)\]")
_REQUIRED: Final = re.compile(r"missing required field `(\w+)`")

_encoder: Final = msgspec.json.Encoder()


class MessageName(NamedTuple):
    """A message is told by its `type`, in a family also by its `action`."""

    type: str
    action: str | None = None


class Decoded(msgspec.Struct, frozen=True):
    """A frame: its message, or the error that answers it; `request_id` where it could be read, `size` in bytes."""

    request_id: str | None
    message: Request | None
    error: HubError | None = None
    size: int = 0
    text: bytes = b""
    """As it came, where it goes on to another node."""


def message_name(model: type[Request]) -> MessageName:
    """By what the wire tells `model`."""
    config = model.__struct_config__
    tag = str(config.tag)
    if config.tag_field == "type":
        return MessageName(tag)
    family = next(field.default for field in msgspec.structs.fields(model) if field.name == "type")
    return MessageName(str(family), tag)


class Codec:
    """Decodes the messages that were registered with it."""

    def __init__(self) -> None:
        """Knows nothing yet."""
        self._decoder: msgspec.json.Decoder[Request] | None = None
        self._models: dict[str, type[Request]] = {}
        self._families: dict[str, dict[str, type[Request]]] = {}

    def register(self, model: type[Request]) -> None:
        """Learn a message."""
        name = message_name(model)
        self._decoder = None
        if name.action is None:
            self._models[name.type] = model
        else:
            self._families.setdefault(name.type, {})[name.action] = model

    def unregister(self, model: type[Request]) -> None:
        """Forget a message."""
        name = message_name(model)
        self._decoder = None
        if name.action is None:
            self._models.pop(name.type, None)
        else:
            self._families[name.type].pop(name.action, None)

    def decode(self, text: str | bytes) -> Decoded:
        """One frame's text; never raises."""
        decoder = self._decoder or self._union()
        try:
            message = decoder.decode(text)
        except msgspec.DecodeError, UnicodeDecodeError, RecursionError:
            return self._decode_slowly(text)
        return Decoded(message.request_id, message, None, len(text))

    def _union(self) -> msgspec.json.Decoder[Request]:
        # Whatever it can't decode takes the slow way: families of messages, and errors that need their names.
        union = functools.reduce(operator.or_, self._models.values())
        self._decoder = msgspec.json.Decoder(union)
        return self._decoder

    def _decode_slowly(self, text: str | bytes) -> Decoded:
        try:
            raw = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            return Decoded(None, None, SerializationFailed(f"This is no JSON: {error}"), len(text))
        return self.decode_object(raw, len(text))

    def decode_object(self, raw: Any, size: int) -> Decoded:
        """One frame's object; never raises."""
        if not isinstance(raw, dict):
            return Decoded(None, None, SerializationFailed("A message is a JSON object"), size)
        request_id = raw.get("request_id")
        if request_id is not None and not (isinstance(request_id, str) and 0 < len(request_id) <= MAX_REQUEST_ID):
            error = InvalidMessage("request_id is a string of 1 to 64 characters", ["request_id"])
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
            raise InvalidMessage("A message has a type", ["type"])
        if (model := self._models.get(type_)) is not None:
            return model
        if (family := self._families.get(type_)) is None:
            raise UnknownType(f"This hub doesn't know messages of the type {type_[:64]!r}")
        action = raw.get("action")
        if not isinstance(action, str) or (model := family.get(action)) is None:
            raise InvalidMessage(f"{type_} has one of the actions {', '.join(sorted(family))}", ["action"])
        return model


def encode(message: ServerMessage) -> bytes:
    """A message as it goes over the wire."""
    return _encoder.encode(message)


def encode_done(request_id: str) -> bytes:
    """The result of a request that brought nothing but that it was done."""
    return b'{"type":"result","request_id":' + _encoder.encode(request_id) + b',"data":{}}'


def encode_error(error: HubError, request_id: str | None) -> bytes:
    """An error as it goes over the wire."""
    answer = {
        "type": "error",
        "error_type": error.error_type,
        "message": error.message,
        "retryable": error.may_retry,
        **error.details,
    }
    if request_id is not None:
        answer["request_id"] = request_id
    return _encoder.encode(answer)


def encode_request(message: Request) -> bytes:
    """A client's message; what isn't set is left out."""
    return _encoder.encode({key: value for key, value in msgspec.to_builtins(message).items() if value is not None})


def size_of(data: Any) -> int:
    """Bytes of `data` as JSON."""
    return len(_encoder.encode(data))


def _converted(raw: dict[str, Any], model: type[Request]) -> Request:
    try:
        return msgspec.convert(raw, model)
    except msgspec.ValidationError:
        return msgspec.convert(_relaxed(raw), model)


def _relaxed(value: Any, depth: int = 0) -> Any:
    """JSON has one kind of number, so 1.0 is 1; and null says no more than a field that isn't there."""
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
    """What is wrong with a message, and where."""
    text = str(error)
    path: list[str | int] = []
    if match := _PATH.search(text):
        path = [name or int(index) for name, index in _STEP.findall(match["path"])]
        text = text[: match.start()]
    if match := _REQUIRED.search(text):
        path.append(match[1])
    return InvalidMessage(text, path)
