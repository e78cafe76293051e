"""An outgoing message: serialised once, framed once, the same bytes for every subscriber."""

_TEXT = 0x81
_COMPRESSED_TEXT = 0xC1


class Frame:
    """A serialised message."""

    __slots__ = ("__weakref__", "_deflated", "_streamed", "key", "payload", "wire")

    def __init__(self, payload: bytes, key: str | None = None) -> None:
        """`payload` is the JSON text; a frame replaces a waiting one with the same `key`, `None` replaces nothing."""
        self.payload = payload
        self.key = key
        self.wire: bytes | None = None
        """The cached value of `websocket`."""
        self._deflated: dict[int, bytes] | None = None
        self._streamed: dict[int, tuple[int, int, bytes]] | None = None

    @property
    def websocket(self) -> bytes:
        """The payload as one unmasked, uncompressed WebSocket text frame (RFC 6455, section 5.2)."""
        if self.wire is None:
            self.wire = websocket_header(len(self.payload)) + self.payload
        return self.wire

    @property
    def deflated(self) -> dict[int, bytes]:
        """The frame compressed on its own, by window size."""
        if self._deflated is None:
            self._deflated = {}
        return self._deflated

    @property
    def streamed(self) -> dict[int, tuple[int, int, bytes]]:
        """The frame compressed in a shared stream, by window size: the stream's epoch, the sequence number, the frame."""
        if self._streamed is None:
            self._streamed = {}
        return self._streamed


def websocket_header(size: int, *, compressed: bool = False) -> bytes:
    """Return the header of an unmasked, final text frame with `size` bytes of payload."""
    first = _COMPRESSED_TEXT if compressed else _TEXT
    if size < 126:
        return bytes((first, size))
    if size < 65_536:
        return bytes((first, 126)) + size.to_bytes(2)
    return bytes((first, 127)) + size.to_bytes(8)
