"""Decoding: invalid frames are answered with their fault, and no input raises an exception."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.moosicbox.engine.protocol import errors
from custom_components.moosicbox.engine.protocol.client import Authenticate, ClientMessage, Ping
from custom_components.moosicbox.engine.protocol.codec import Codec, Decoded, encode_error
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from tests.engine.fakes import Harness

BROKEN = json.loads((Path(__file__).parents[2] / "golden" / "broken.json").read_text("utf-8"))
ERROR_TYPES = set(
    """
    authentication_failed permission_denied rate_limit_exceeded message_too_large serialization_error invalid_message
    unknown_type client_not_found connection_closed player_not_found room_not_found room_full queue_item_not_found
    track_not_found revision_conflict item_locked not_supported unavailable internal_error
    alarm_not_found follower_not_found rule_not_found snapshot_not_found refused_by_rule
    """.split()  # noqa: SIM905
)
CODEC = Harness().hub.dispatcher.codec

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(st.text(max_size=10), parts, max_size=4),
    max_leaves=10,
)


@pytest.fixture(scope="module")
def codec() -> Codec:
    return CODEC


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken["why"])
def test_broken_frames_name_their_fault(broken: dict[str, Any], codec: Codec) -> None:
    frame = broken["frame"]
    decoded = codec.decode(json.dumps(frame))
    assert decoded.message is None
    assert decoded.error is not None
    assert decoded.error.error_type == broken["error_type"]
    assert decoded.error.details.get("path") == broken.get("path")
    answer = json.loads(encode_error(decoded.error, decoded.request_id))
    assert answer["type"] == "error"
    assert answer["retryable"] is False
    assert answer["message"]


@pytest.mark.parametrize(
    "text", ["", "{", "ping", '{"type":"ping"} {}', "NaN", '{"type":"ping","n":Infinity}', b"\xff"]
)
def test_text_that_is_not_json_is_refused(text: str | bytes, codec: Codec) -> None:
    decoded = codec.decode(text)
    assert (decoded.request_id, decoded.message) == (None, None)
    assert isinstance(decoded.error, errors.SerializationFailed)


def test_deeply_nested_json_is_refused(codec: Codec) -> None:
    assert isinstance(codec.decode("[" * 100_000).error, errors.SerializationFailed)
    assert isinstance(codec.decode('{"a":' * 100_000).error, errors.SerializationFailed)


def test_an_invalid_message_keeps_its_request_id(codec: Codec) -> None:
    decoded = codec.decode('{"type":"seek_command","request_id":"r-7","position_seconds":-1}')
    assert decoded.request_id == "r-7"
    assert codec.decode('{"type":"nothing","request_id":"r-8"}').request_id == "r-8"


def test_free_form_data_is_not_converted() -> None:
    class Lamps(ClientMessage, tag="lamps", frozen=True, kw_only=True):
        level: int = 3
        data: Any = None

    codec = Codec()
    codec.register(Lamps)
    codec.register(Ping)
    carried = {"nothing": None, "one": 1.0, "list": [None, 2.0]}
    for level in (None, 3.0):
        decoded = codec.decode(json.dumps({"type": "lamps", "level": level, "data": carried}))
        assert isinstance(decoded.message, Lamps)
        assert repr(decoded.message.level) == "3"
        assert repr(decoded.message.data) == repr(carried)


def test_whole_floats_and_nulls_in_nested_fields(codec: Codec) -> None:
    position = {"epoch": "e", "offset": 3.0}
    resume = {"session_id": "s", "secret": "s", "positions": {"all": position}}
    client = {"name": "Wall", "kind": "controller", "lead_ms": None}
    decoded = codec.decode(json.dumps({"type": "authenticate", "client": client, "resume": resume}))
    assert isinstance(decoded.message, Authenticate)
    assert decoded.message.resume is not None
    assert repr(decoded.message.resume.positions["all"].offset) == "3"


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_no_text_raises_an_exception(text: str | bytes) -> None:
    decoded = CODEC.decode(text)
    assert (decoded.message is None) != (decoded.error is None)


@given(json_values)
def test_no_value_raises_an_exception(value: Any) -> None:
    _answered(CODEC.decode(json.dumps(value)))


FIELDS = ["position_seconds", "player_id", "action", "place", "track_ids", "client", "topics", "state", "command"]


@given(
    type_=st.sampled_from(
        ["authenticate", "queue_command", "room_command", "player_report", "seek_command", "subscribe"]
    ),
    action=st.sampled_from(["add", "move", "get", "create", "join"]) | json_values,
    fields=st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=5),
)
def test_no_field_raises_an_exception(type_: str, action: Any, fields: dict[str, Any]) -> None:
    _answered(CODEC.decode(json.dumps({"action": action, **fields, "type": type_})))


def _answered(decoded: Decoded) -> None:
    assert (decoded.message is None) != (decoded.error is None)
    if decoded.error is not None:
        assert json.loads(encode_error(decoded.error, decoded.request_id))["error_type"] in ERROR_TYPES


def test_error_types_are_those_of_the_protocol() -> None:
    assert {error.error_type for error in errors.HubError.__subclasses__()} == ERROR_TYPES


def test_details_are_fields_of_the_error() -> None:
    error = errors.RevisionConflict("It changed", revision=4, ops=[])
    assert json.loads(encode_error(error, None)) == {
        "type": "error",
        "error_type": "revision_conflict",
        "message": "It changed",
        "retryable": False,
        "revision": 4,
        "ops": [],
    }


def test_close_codes_state_whether_to_reconnect() -> None:
    again = {code for code in CloseCode if code.reconnect}
    assert {code for code in CloseCode if 4000 <= code < 4500} <= again
    assert not {code for code in CloseCode if code >= 4500} & again
    assert CloseCode.GOING_AWAY in again
    assert not {CloseCode.NORMAL, CloseCode.MESSAGE_TOO_BIG} & again


def test_a_wrong_field_beside_relaxed_ones_is_named(codec: Codec) -> None:
    """The null and the 1.0 are allowed; the wrong field beside them is named."""
    client = {"name": "A", "kind": "toaster", "lead_ms": None}
    error = codec.decode(json.dumps({"type": "authenticate", "client": client})).error
    assert isinstance(error, errors.InvalidMessage)
    assert error.details["path"] == ["client", "kind"]


def test_a_float_beyond_exact_integers_is_refused(codec: Codec) -> None:
    position = {"epoch": "e", "offset": 1e300}
    resume = {"session_id": "s", "secret": "t", "positions": {"all": position}}
    client = {"name": "A", "kind": "controller"}
    error = codec.decode(json.dumps({"type": "authenticate", "client": client, "resume": resume})).error
    assert isinstance(error, errors.InvalidMessage)
