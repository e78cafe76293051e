"""Compression (RFC 7692): each message is deflated once for all who share the parameters, never once a client.

Where context takeover is in force, connections that got the same compressed messages share one stream: later messages
refer back to earlier ones, for all of them alike. Whoever misses a message of the stream, or gets another compressed
one in between, has another past: it is served whole messages until the stream begins anew, which it does with the next
publication.
"""

from typing import Final
import zlib

from .frame import Frame, websocket_header

MAX_PRIVATE: Final = 65_536
"""Bytes; a larger message to one client alone isn't worth the time that it would hold the loop."""
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


class Deflation:
    """What one connection gets: its parameters and its place in the shared stream."""

    __slots__ = ("_bits", "_compression", "_epoch", "_sequence", "_stream")

    def __init__(self, compression: Compression, bits: int, *, takeover: bool) -> None:
        """`bits` is the window that was agreed on; without `takeover` each message stands alone."""
        self._compression = compression
        self._bits = bits
        self._stream = compression.stream(bits) if takeover else None
        self._epoch = 0
        self._sequence = 0

    @property
    def window(self) -> int:
        """The window size of the shared stream that it follows; 0: none."""
        return self._bits if self._stream is not None else 0

    def encode(self, frame: Frame) -> bytes:
        """The WebSocket frame for this connection."""
        size = len(frame.payload)
        if size < self._compression.threshold:
            return frame.websocket
        if (stream := self._stream) is not None and (streamed := frame.streamed.get(self._bits)) is not None:
            epoch, sequence, data = streamed
            if (epoch == self._epoch and sequence == self._sequence + 1) or sequence == 1:
                self._epoch, self._sequence = epoch, sequence
                return data
            if epoch == stream.epoch:
                stream.behind = True
        elif size > MAX_PRIVATE:
            return frame.websocket
        self._epoch = 0
        if (whole := frame.deflated.get(self._bits)) is None:
            compressor = _compressor(self._compression.level, self._bits)
            whole = _frame(compressor.compress(frame.payload) + compressor.flush(zlib.Z_SYNC_FLUSH))
            frame.deflated[self._bits] = whole
        return whole


def _compressor(level: int, bits: int) -> zlib._Compress:
    return zlib.compressobj(level, zlib.DEFLATED, -bits)


def _frame(deflated: bytes) -> bytes:
    return websocket_header(len(deflated) - _TAIL, compressed=True) + deflated[:-_TAIL]
