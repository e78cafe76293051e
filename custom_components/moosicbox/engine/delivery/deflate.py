"""Compression (RFC 7692): each message is deflated once for all who share the parameters, never once a client.

Where context takeover is in force, connections that got the same compressed messages share one stream: later messages
refer back to earlier ones, for all of them alike. Whoever misses a message of the stream, or gets another compressed
one in between, has another past: it is served whole messages until the stream begins anew, which it does with the next
publication.
"""

from typing import Final, NamedTuple
import zlib

from .frame import Frame, websocket_header

MAX_PRIVATE: Final = 65_536
"""Bytes; a larger message to one client alone isn't worth the time that it would hold the loop."""
MIN_WINDOW: Final = 9
"""As a power of two; no smaller one can be agreed on."""
_TAIL: Final = 4
"""Bytes of the empty block at the end of a flush, which the wire leaves out."""


class Stream:
    """A shared stream of one window size."""

    __slots__ = ("_compressor", "behind", "bits", "epoch", "level", "sequence")

    def __init__(self, bits: int, level: int) -> None:
        """Begins with the first message."""
        self.bits = bits
        self.behind = True
        """Whether somebody who wants to follow can't: begin anew."""
        self.epoch = 0
        self.sequence = 0
        self.level = level
        self._compressor = _compressor(level, bits)

    def add(self, frame: Frame) -> None:
        """The next message of the stream."""
        if self.behind:
            self.behind = False
            self.epoch += 1
            self.sequence = 0
            self._compressor = _compressor(self.level, self.bits)
        self.sequence += 1
        frame.streamed[self.bits] = (
            self.epoch,
            self.sequence,
            _frame(self._compressor.compress(frame.payload) + self._compressor.flush(zlib.Z_SYNC_FLUSH)),
        )


class Compression:
    """What is shared by the connections of one hub."""

    def __init__(self, level: int, threshold: int) -> None:
        """`threshold` in bytes: shorter messages aren't compressed."""
        self.level = level
        self.threshold = threshold
        self._streams: dict[int, Stream] = {}

    def configure(self, level: int, threshold: int) -> None:
        """Other settings; streams that run begin anew with them."""
        if (level, threshold) != (self.level, self.threshold):
            self.level, self.threshold = level, threshold
            for stream in self._streams.values():
                stream.level, stream.behind = level, True

    def stream(self, bits: int) -> Stream:
        """The shared stream of a window size."""
        if (stream := self._streams.get(bits)) is None:
            stream = self._streams[bits] = Stream(bits, self.level)
        return stream

    def publish(self, frame: Frame, windows: frozenset[int]) -> None:
        """A message that connections of these window sizes are about to get."""
        if len(frame.payload) >= self.threshold:
            for bits in windows:
                self.stream(bits).add(frame)


class Place(NamedTuple):
    """All that decides what a connection gets: whoever is at the same place gets the same bytes."""

    window: int
    """The window size of the shared stream that it follows; 0: none."""
    bits: int
    epoch: int = 0
    sequence: int = 0


type Encoded = dict[Place, tuple[bytes, Place]]
"""What some frames are for those at a place, and where they are then."""


class Deflation:
    """What one connection gets: its parameters and its place in the shared stream."""

    __slots__ = ("_compression", "_stream", "place")

    def __init__(self, compression: Compression, bits: int, *, takeover: bool) -> None:
        """`bits` is the window that was agreed on; without `takeover` each message stands alone."""
        self._compression = compression
        self._stream = compression.stream(bits) if takeover else None
        self.place = Place(bits if takeover else 0, bits)

    def encode_all(self, frames: list[Frame], encoded: Encoded) -> bytes:
        """The WebSocket frames for this connection; `encoded` has them already if another one is where this one is."""
        if (known := encoded.get(self.place)) is None:
            before = self.place
            data = b"".join([self.encode(frame) for frame in frames])
            known = encoded[before] = (data, self.place)
        data, self.place = known
        return data

    def encode(self, frame: Frame) -> bytes:
        """The WebSocket frame for this connection."""
        size = len(frame.payload)
        if size < self._compression.threshold:
            return frame.websocket
        window, bits, epoch, sequence = self.place
        if (stream := self._stream) is not None and (streamed := frame.streamed.get(bits)) is not None:
            frame_epoch, frame_sequence, data = streamed
            if (frame_epoch == epoch and frame_sequence == sequence + 1) or frame_sequence == 1:
                self.place = Place(window, bits, frame_epoch, frame_sequence)
                return data
            if frame_epoch == stream.epoch:
                stream.behind = True
        elif size > MAX_PRIVATE:
            return frame.websocket
        self.place = Place(window, bits)
        # A window larger than the message would cost time and find nothing.
        bits = min(bits, max(MIN_WINDOW, size.bit_length()))
        if (whole := frame.deflated.get(bits)) is None:
            compressor = _compressor(self._compression.level, bits)
            whole = _frame(compressor.compress(frame.payload) + compressor.flush(zlib.Z_SYNC_FLUSH))
            frame.deflated[bits] = whole
        return whole


def _compressor(level: int, bits: int) -> zlib._Compress:
    return zlib.compressobj(level, zlib.DEFLATED, -bits)


def _frame(deflated: bytes) -> bytes:
    return websocket_header(len(deflated) - _TAIL, compressed=True) + deflated[:-_TAIL]
