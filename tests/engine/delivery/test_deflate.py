"""Compression: every connection can inflate its messages, however the shared stream is used and whichever it missed."""

import json
import zlib

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.moosicbox.engine.delivery.deflate import Compression, Deflation, Encoded
from custom_components.moosicbox.engine.delivery.frame import Frame

THRESHOLD = 60


class Reader:
    """A client that keeps one decompressor for all messages, as RFC 7692 allows."""

    def __init__(self, compression: Compression, bits: int, *, takeover: bool = True) -> None:
        self.deflation = Deflation(compression, bits, takeover=takeover)
        self.takeover = takeover
        self.bits = bits
        self.bytes = 0
        self._inflater = zlib.decompressobj(-bits)

    def read(self, frame: Frame) -> bytes:
        (payload,) = self.read_all([frame], {})
        return payload

    def read_all(self, frames: list[Frame], encoded: Encoded) -> list[bytes]:
        data = self.deflation.encode_all(frames, encoded)
        self.bytes += len(data)
        payloads = []
        while data:
            size, start = data[1], 2
            if size == 126:
                size, start = int.from_bytes(data[2:4]), 4
            payload = data[start : start + size]
            assert len(payload) == size
            payloads.append(self._inflated(payload) if data[0] & 0x40 else payload)
            data = data[start + size :]
        return payloads

    def _inflated(self, payload: bytes) -> bytes:
        if not self.takeover:
            self._inflater = zlib.decompressobj(-self.bits)
        return self._inflater.decompress(payload + b"\0\0\xff\xff")


def status(number: int) -> Frame:
    return Frame(
        json.dumps(
            {"type": "playback_status", "topic": "player:kitchen", "position_seconds": number, "rate": 1}
        ).encode()
    )


def test_later_messages_of_a_stream_are_small() -> None:
    compression = Compression(6, THRESHOLD)
    readers = [Reader(compression, 12) for _ in range(3)]
    for number in range(20):
        frame = status(number)
        compression.publish(frame, frozenset({12}))
        assert {reader.read(frame) for reader in readers} == {frame.payload}
    assert readers[0].bytes < 20 * len(status(0).payload) / 3


def test_a_new_connection_restarts_the_stream() -> None:
    compression = Compression(6, THRESHOLD)
    first, second = Reader(compression, 12), Reader(compression, 12)
    for number in range(4):
        frame = status(number)
        compression.publish(frame, frozenset({12}))
        assert first.read(frame) == frame.payload
        if number >= 2:
            assert second.read(frame) == frame.payload
    assert compression.stream(12).epoch == 2
    frame = status(4)
    compression.publish(frame, frozenset({12}))
    assert first.deflation.encode(frame) is second.deflation.encode(frame)


def test_short_messages_are_not_compressed() -> None:
    compression = Compression(6, THRESHOLD)
    frame = Frame(b'{"type":"pong"}')
    compression.publish(frame, frozenset({12}))
    assert Deflation(compression, 12, takeover=True).encode(frame) is frame.websocket


def test_without_takeover_each_message_is_compressed_on_its_own() -> None:
    compression = Compression(6, THRESHOLD)
    alone, follower = Reader(compression, 12, takeover=False), Reader(compression, 12)
    for number in range(5):
        frame = status(number)
        compression.publish(frame, frozenset({12}))
        assert alone.read(frame) == follower.read(frame) == frame.payload


@pytest.mark.parametrize("bits", range(9, 16))
def test_all_window_sizes_can_be_inflated(bits: int) -> None:
    compression = Compression(9, THRESHOLD)
    reader = Reader(compression, bits)
    for number in range(300):
        frame = Frame(json.dumps({"n": number, "text": "music " * (number % 40)}).encode())
        compression.publish(frame, frozenset({bits}))
        assert reader.read(frame) == frame.payload


@settings(max_examples=3 * settings().max_examples)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("publish"), st.frozensets(st.integers(0, 5), min_size=2)),
            st.tuples(st.just("burst"), st.frozensets(st.integers(0, 5), min_size=2)),
            st.tuples(st.just("private"), st.integers(0, 5)),
            st.tuples(st.just("miss"), st.integers(0, 5)),
            st.tuples(st.just("new"), st.integers(0, 5)),
        ),
        max_size=60,
    ),
    st.lists(st.sampled_from([(12, True), (15, True), (12, False)]), min_size=6, max_size=6),
)
def test_every_connection_can_inflate_its_messages(
    steps: list[tuple[str, object]], kinds: list[tuple[int, bool]]
) -> None:
    compression = Compression(6, THRESHOLD)
    readers = [Reader(compression, bits, takeover=takeover) for bits, takeover in kinds]
    missing: set[int] = set()
    for number, (step, who) in enumerate(steps):
        frame = status(number * 7919)
        if isinstance(who, frozenset):
            frames = [status(number * 7919 + turn) for turn in range(1 if step == "publish" else 3)]
            frames.append(Frame(b'{"type":"pong"}'))
            windows = frozenset(readers[index].deflation.position.window for index in who) - {0}
            for frame in frames:
                compression.publish(frame, windows)
            encoded: Encoded = {}
            for index in who:
                # A state that was replaced before it was sent never reaches the client.
                if index not in missing:
                    assert readers[index].read_all(frames, encoded) == [frame.payload for frame in frames]
            missing.clear()
        elif isinstance(who, int):
            if step == "private":
                assert readers[who].read(frame) == frame.payload
            elif step == "miss":
                missing.add(who)
            else:
                readers[who] = Reader(compression, readers[who].bits, takeover=readers[who].takeover)
