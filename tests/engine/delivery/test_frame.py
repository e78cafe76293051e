"""Frames: WebSocket headers of every size."""

import pytest

from custom_components.moosicbox.engine.delivery.frame import Frame, websocket_header


@pytest.mark.parametrize(
    ("size", "header"),
    [
        (0, "8100"),
        (125, "817d"),
        (126, "817e007e"),
        (65_535, "817effff"),
        (65_536, "817f0000000000010000"),
        (1_048_576, "817f0000000000100000"),
    ],
)
def test_headers_match_rfc_6455(size: int, header: str) -> None:
    assert websocket_header(size).hex() == header


def test_a_frame_is_framed_once() -> None:
    frame = Frame(b"{}")
    assert frame.websocket == b"\x81\x02{}"
    assert frame.websocket is frame.websocket
