"""Decoding of the hub's messages."""

import json
from typing import Any

import pytest

from custom_components.moosicbox.engine.client.conformance.frames import golden
from custom_components.moosicbox.engine.client.messages import ErrorMessage, UnknownMessage, decode, topic_and_offset
from custom_components.moosicbox.engine.protocol.codec import encode
from custom_components.moosicbox.engine.protocol.errors import SerializationFailed

FRAMES = golden("server")


@pytest.mark.parametrize("name", sorted(FRAMES.keys() - {"error"}))
def test_golden_frames_decode_and_encode_unchanged(name: str) -> None:
    message: Any = decode(json.dumps(FRAMES[name]))
    assert not isinstance(message, UnknownMessage | ErrorMessage)
    assert json.loads(encode(message)) == FRAMES[name]


def test_errors_become_the_named_exception() -> None:
    message = decode(json.dumps(FRAMES["error"]))
    assert isinstance(message, ErrorMessage)
    assert type(message.error).__name__ == "RateLimitExceeded"
    assert message.error.details == {"limit": 1200, "retry_after": 0.5}


def test_unknown_message_keeps_its_fields() -> None:
    frame = {"type": "future_type", "topic": "all", "offset": 3, "more": [1]}
    message = decode(json.dumps(frame))
    assert isinstance(message, UnknownMessage)
    assert (message.fields, topic_and_offset(message)) == (frame, ("all", 3))


@pytest.mark.parametrize(
    "frame", [b"<html>", b"", b"[1,", b'{"type": 1', b'{"type": "hello"} more', b'"\xff"', b"[1]", b"{}"]
)
def test_frames_that_are_no_message_raise_one_error(frame: bytes) -> None:
    with pytest.raises(SerializationFailed):
        decode(frame)
