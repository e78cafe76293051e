"""Golden frames pin the wire format: one file per message type, in families per action, more for variants."""

from collections.abc import Iterator
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from custom_components.moosicbox.engine.protocol import client, server
from custom_components.moosicbox.engine.protocol.codec import Codec, encode, encode_error, encode_request, message_name
from custom_components.moosicbox.engine.protocol.errors import RateLimitExceeded
from tests.engine.fakes import Harness

GOLDEN = Path(__file__).parents[2] / "golden"
FAMILIES = {"household_command", "queue_command", "room_command"}


def leaves(model: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    """Return the models of messages: those without subclasses."""
    if model.__struct_config__.tag is not None and not model.__subclasses__():
        yield model
    for child in model.__subclasses__():
        yield from leaves(child)


def frames(side: str) -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((GOLDEN / side).glob("*.json"))}


def key(frame: dict[str, Any]) -> str:
    return f"{frame['type']}.{frame['action']}" if frame["type"] in FAMILIES else frame["type"]


def without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_null(part) for name, part in value.items() if part is not None}
    return [without_null(part) for part in value] if isinstance(value, list) else value


CLIENT, SERVER = frames("client"), frames("server")
REQUESTS: set[Any] = set(leaves(client.Request))
CLIENT_MODELS = {".".join(filter(None, message_name(model))): model for model in REQUESTS}
SERVER_MODELS = {str(model.__struct_config__.tag): model for model in set(leaves(server.ServerMessage))}


@pytest.fixture(scope="module")
def codec() -> Codec:
    """The codec of a complete hub."""
    return Harness().hub.dispatcher.codec


@pytest.mark.parametrize(("name", "frame"), [*CLIENT.items(), *SERVER.items()])
def test_file_is_named_after_its_frame(name: str, frame: dict[str, Any]) -> None:
    assert name == key(frame) or name.startswith(f"{key(frame)}.")


def test_every_model_has_a_frame_and_every_frame_a_model() -> None:
    assert {key(frame) for frame in CLIENT.values()} == set(CLIENT_MODELS)
    # An error has no model: its fields are those of the exception.
    assert {key(frame) for frame in SERVER.values()} == {*SERVER_MODELS, "error"}


@pytest.mark.parametrize("name", CLIENT)
def test_client_frame_round_trip(name: str, codec: Codec) -> None:
    decoded = codec.decode(json.dumps(CLIENT[name]))
    assert decoded.error is None
    assert type(decoded.message) is CLIENT_MODELS[key(CLIENT[name])]
    assert decoded.request_id == CLIENT[name]["request_id"]
    assert decoded.message is not None
    encoded = encode_request(decoded.message)
    assert without_null(json.loads(encoded)) == CLIENT[name]
    assert codec.decode(encoded).message == decoded.message


@pytest.mark.parametrize("name", sorted(SERVER.keys() - {"error"}))
def test_server_frame_round_trip(name: str) -> None:
    model = SERVER_MODELS[key(SERVER[name])]
    message: Any = msgspec.json.decode(json.dumps(SERVER[name]), type=model)
    encoded = encode(message)
    assert json.loads(encoded) == SERVER[name]
    assert msgspec.json.decode(encoded, type=model) == message


def test_error_frame() -> None:
    assert json.loads(encode_error(RateLimitExceeded(1200, 0.5), "r-0001")) == SERVER["error"]


@pytest.mark.parametrize("side", ["client", "server"])
def test_frames_show_every_field(side: str) -> None:
    seen: dict[str, set[str]] = {}
    for frame in frames(side).values():
        seen.setdefault(key(frame), set()).update(frame)
    models = CLIENT_MODELS if side == "client" else SERVER_MODELS
    missing = {
        name: fields
        for name, model in models.items()
        if (fields := set(model.__struct_encode_fields__) - seen[name])
        # Numbered messages are in snapshots only where the protocol says so.
        and fields != {"snapshot"}
    }
    assert missing == {}


@pytest.mark.parametrize("name", CLIENT)
def test_unknown_fields_are_ignored(name: str, codec: Codec) -> None:
    later = {**CLIENT[name], "of_a_later_version": [1]}
    assert codec.decode(json.dumps(later)).message == codec.decode(json.dumps(CLIENT[name])).message


def test_numbered_messages_are_numbered_and_states_are_not() -> None:
    for name, frame in SERVER.items():
        model = SERVER_MODELS.get(key(frame))
        if model is None or not issubclass(model, server.TopicMessage):
            assert not {"topic", "offset", "snapshot"} & frame.keys(), name
        elif issubclass(model, server.NumberedMessage):
            assert ("offset" in frame) != frame.get("snapshot", False), name
        else:
            assert "offset" not in frame, name
