"""Compression of WebSocket messages (RFC 7692): a message is compressed once for all clients with the same parameters.

With context takeover, connections that received the same compressed messages share one compressor: later messages
refer back to earlier ones. A connection that missed a message of the shared stream, or received another compressed
message in between, has a different history. It gets messages that are compressed on their own until the stream
restarts, which happens with the next publication.
"""

from typing import Final, NamedTuple
import zlib

from .frame import Frame, websocket_header

MAX_PRIVATE: Final = 65_536
"""Bytes; larger messages to a single client are sent uncompressed, so that they don't block the event loop."""
MIN_WINDOW: Final = 9
"""The smallest window size of zlib's raw deflate, as a power of two."""
_TAIL: Final = 4
"""Bytes of the empty block at the end of a flush; RFC 7692 omits them."""


class SharedStream:
    """The shared compressor of one window size."""

    __slots__ = ("_compressor", "bits", "epoch", "level", "needs_restart", "sequence")

    def __init__(self, bits: int, level: int) -> None:
        self.bits = bits
        self.needs_restart = True
        """True if a connection could not follow the stream; the next message restarts it."""
        self.epoch = 0
        """Number of restarts."""
        self.sequence = 0
        """Number of messages since the last restart."""
        self.level = level
        self._compressor = _compressor(level, bits)

    def add(self, frame: Frame) -> None:
        """Compress `frame` as the next message of the stream."""
        if self.needs_restart:
            self.needs_restart = False
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
    """The shared compressors of a hub and the settings of compression."""

    def __init__(self, level: int, threshold: int) -> None:
        """`level` is zlib's, 1 to 9; messages shorter than `threshold` bytes aren't compressed."""
        self.level = level
        self.threshold = threshold
        self._streams: dict[int, SharedStream] = {}

    def configure(self, level: int, threshold: int) -> None:
        """Change the settings; all streams restart."""
        if (level, threshold) != (self.level, self.threshold):
            self.level, self.threshold = level, threshold
            for stream in self._streams.values():
                stream.level, stream.needs_restart = level, True

    def stream(self, bits: int) -> SharedStream:
        """Return the shared stream of a window size."""
        if (stream := self._streams.get(bits)) is None:
            stream = self._streams[bits] = SharedStream(bits, self.level)
        return stream

    def publish(self, frame: Frame, windows: frozenset[int]) -> None:
        """Compress a message that is about to be sent to connections with these window sizes."""
        if len(frame.payload) >= self.threshold:
            for bits in windows:
                self.stream(bits).add(frame)


class StreamPosition(NamedTuple):
    """A connection's position in a shared stream; connections at the same position receive the same bytes."""

    window: int
    """The window size of the shared stream; 0 without context takeover."""
    bits: int
    """The window size that was negotiated, as a power of two."""
    epoch: int = 0
    sequence: int = 0


type Encoded = dict[StreamPosition, tuple[bytes, StreamPosition]]
"""The bytes of some frames by the position of the connection, with its position afterwards."""


class Deflation:
    """The compression of one connection: its parameters and its position in the shared stream."""

    __slots__ = ("_compression", "_stream", "position")

    def __init__(self, compression: Compression, bits: int, *, takeover: bool) -> None:
        """`bits` is the negotiated window size; without `takeover`, each message is compressed on its own."""
        self._compression = compression
        self._stream = compression.stream(bits) if takeover else None
        self.position = StreamPosition(bits if takeover else 0, bits)

    def encode_all(self, frames: list[Frame], encoded: Encoded) -> bytes:
        """Return the WebSocket frames for this connection.

        `encoded` caches the result for other connections at the same position.
        """
        if (known := encoded.get(self.position)) is None:
            before = self.position
            data = b"".join([self.encode(frame) for frame in frames])
            known = encoded[before] = (data, self.position)
        data, self.position = known
        return data

    def encode(self, frame: Frame) -> bytes:
        """Return the WebSocket frame for this connection."""
        size = len(frame.payload)
        if size < self._compression.threshold:
            return frame.websocket
        window, bits, epoch, sequence = self.position
        if (stream := self._stream) is not None and (streamed := frame.streamed.get(bits)) is not None:
            frame_epoch, frame_sequence, data = streamed
            if (frame_epoch == epoch and frame_sequence == sequence + 1) or frame_sequence == 1:
                self.position = StreamPosition(window, bits, frame_epoch, frame_sequence)
                return data
            if frame_epoch == stream.epoch:
                stream.needs_restart = True
        elif size > MAX_PRIVATE:
            return frame.websocket
        self.position = StreamPosition(window, bits)
        # A window larger than the message costs time without improving the result.
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
