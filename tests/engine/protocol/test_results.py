"""Each request has one schema for its result, and real results hold to it."""

import json
from typing import Any

from jsonschema import Draft202012Validator
import pytest

from custom_components.moosicbox.engine.greeting import FEATURES
from custom_components.moosicbox.engine.protocol.codec import Codec, Decoded
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.rooms.room import RoomSettings
from custom_components.moosicbox.engine.rooms.room_registry import event_data
from script.protocol_reference.messages import client_messages, server_messages
from script.protocol_reference.results import OTHERWISE_ANSWERED
from script.protocol_reference.schema import schema
from script.protocol_reference.texts import Texts
from tests.engine.fakes import Harness, principal, settle
from tests.engine.protocol.test_golden import CLIENT, SERVER

MESSAGES = client_messages()
SCHEMA = schema(MESSAGES, server_messages(), Texts(lambda text: text.replace("{{", "").replace("}}", "")))
REQUESTS: list[dict[str, Any]] = [
    {"type": "room_command", "action": "create", "name": "Party", "id": "party"},
    {"type": "room_command", "action": "list"},
    {"type": "room_command", "action": "get", "room_id": "party"},
    {"type": "queue_command", "action": "add", "track_ids": ["one", "two", "three"], "play": True},
    {"type": "queue_command", "action": "get"},
    {"type": "queue_command", "action": "reorder", "from": 1, "to": 2},
    {"type": "playback_command", "command": "next"},
    {"type": "seek_command", "position_seconds": 3},
    {"type": "volume_command", "volume": 0.5},
    {"type": "mode_command", "repeat": "all"},
    {"type": "room_command", "action": "update", "room_id": "party", "name": "Feast"},
    {"type": "room_command", "action": "set_role", "room_id": "party", "user_id": "ada", "role": "host"},
    {"type": "room_command", "action": "invite", "room_id": "party"},
    {"type": "room_command", "action": "revoke_invites", "room_id": "party"},
    {"type": "room_command", "action": "play", "room_id": "party"},
    {"type": "room_command", "action": "seek", "room_id": "party", "position_seconds": 1},
    {"type": "room_command", "action": "pause", "room_id": "party"},
    {"type": "room_command", "action": "skip_vote", "room_id": "party"},
    {"type": "room_chat", "room_id": "party", "message": "Hello"},
    {"type": "room_command", "action": "leave", "room_id": "party"},
    {"type": "room_command", "action": "join", "room_id": "party"},
    {"type": "queue_command", "action": "clear"},
    {"type": "broadcast", "target": "all", "event": "bell", "data": {}},
    {"type": "client_event", "event": "bell", "data": {}},
    {"type": "get_metrics"},
    {"type": "get_clients"},
    {"type": "subscribe", "topics": ["presence"]},
    {"type": "unsubscribe", "topics": ["presence"]},
    {"type": "household_command", "action": "get"},
    {"type": "household_command", "action": "set_sleep_timer", "room_id": "party", "minutes": 5},
    {"type": "household_command", "action": "cancel_sleep_timer", "room_id": "party"},
    {"type": "room_command", "action": "close", "room_id": "party"},
]


def name_of(frame: dict[str, Any]) -> str:
    return ".".join(filter(None, (frame["type"], frame.get("action"))))


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]})


@pytest.fixture(scope="module")
def codec() -> Codec:
    """The codec of a complete hub."""
    return Harness().hub.dispatcher.codec


async def test_results_hold_to_the_schema_of_their_request() -> None:
    harness = Harness()
    session, connection = harness.connect(principal("ada", role="admin"), player_id="kitchen")
    for number, frame in enumerate(REQUESTS):
        decoded = harness.hub.dispatcher.codec.decode(json.dumps({**frame, "request_id": f"r{number}"}))
        assert isinstance(decoded, Decoded)
        assert decoded.error is None, frame
        harness.hub.dispatcher.receive(session, decoded, harness.clock.now_us())
        await settle()
        (answer,) = [message for message in connection.take() if message.get("request_id") == f"r{number}"]
        assert answer["type"] == "result", (frame, answer)
        validator("ServerMessage").validate(answer)
        validator(f"result.{name_of(frame)}").validate(answer["data"])
    await harness.hub.stop(CloseCode.GOING_AWAY, "shutdown")


def test_each_request_has_one_schema_for_its_result() -> None:
    for message in MESSAGES:
        reference = SCHEMA["$defs"][f"client.{message.name}"].get("x-result")
        if message.name in OTHERWISE_ANSWERED:
            assert reference is None
        else:
            assert reference == {"$ref": f"#/$defs/result.{message.name}"}
            assert f"result.{message.name}" in SCHEMA["$defs"]
    assert not validator("result.queue_command.add").is_valid({"revision": 3})
    assert not validator("result.volume_command").is_valid({"volume": 0.5})
    assert not validator("ServerMessage").is_valid({"type": "result", "request_id": "r", "data": 5})


@pytest.mark.parametrize("frame", CLIENT.values(), ids=CLIENT)
def test_null_is_accepted_where_the_schema_allows_it(codec: Codec, frame: dict[str, Any]) -> None:
    definition = SCHEMA["$defs"][f"client.{name_of(frame)}"]
    for field in definition["properties"]:
        with_null = {**frame, field: None}
        accepted = codec.decode(json.dumps(with_null)).error is None
        if field == "data":
            # Null is data like any other.
            continue
        assert validator(f"client.{name_of(frame)}").is_valid(with_null) == accepted, field


def numbers(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [found for part in value for found in numbers(part)]
    if not isinstance(value, dict):
        return []
    own = [value] if value.get("type") in ("integer", "number") else []
    return own + [found for part in value.values() for found in numbers(part)]


def test_each_number_of_a_client_is_bounded() -> None:
    named = {f"client.{message.name}" for message in MESSAGES}
    reached: set[str] = set()
    while named:
        reached |= named
        text = json.dumps([SCHEMA["$defs"][name]["properties"] for name in named])
        named = {part.split('"')[0] for part in text.split("#/$defs/")[1:]} - reached
    for name in reached:
        for number in numbers(SCHEMA["$defs"][name]["properties"]):
            assert number.keys() & {"minimum", "exclusiveMinimum"}, (name, number)
            assert number.keys() & {"maximum", "exclusiveMaximum"}, (name, number)


async def test_examples_have_the_values_that_the_hub_sends() -> None:
    harness = Harness()
    session, _ = harness.connect(principal("ada"), subscribe=())
    harness.hub.rooms.join(room := harness.hub.rooms.create(RoomSettings(name="Party")), session)
    assert SERVER["room_event"]["data"].keys() == event_data(room.participants[session.client_id]).keys()
    assert SERVER["goodbye"]["reason"] in ("reload", "shutdown")
    assert SERVER["error"]["limit"] == harness.hub.limits.messages_per_minute
    hello = SERVER["hello"]
    assert hello["features"].keys() >= FEATURES.keys()
    for name in ("max_message_size", "messages_per_minute", "max_queue_items", "history_seconds", "resume_seconds"):
        assert hello["limits"][name] == getattr(harness.hub.limits, name)
    harness.hub.media_resolver.close()
