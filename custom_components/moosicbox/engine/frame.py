"""A message ready to go out: serialised once, framed once, the same bytes for everybody."""

_FIN_TEXT = 0x81


class Frame:
    """A serialised message. `key` names what it replaces in a queue; None: it replaces nothing."""

    __slots__ = ("_websocket", "key", "payload")

    def __init__(self, payload: bytes, key: str | None = None) -> None:
        """`payload` is the JSON text."""
        self.payload = payload
        self.key = key
        self._websocket: bytes | None = None

    @property
    def websocket(self) -> bytes:
        """The payload as one unmasked, uncompressed WebSocket text frame (RFC 6455, section 5.2)."""
        if self._websocket is None:
            self._websocket = websocket_header(len(self.payload)) + self.payload
        return self._websocket


def websocket_header(size: int) -> bytes:
    """The header of a final text frame of `size` bytes from a server."""
    if size < 126:
        return bytes((_FIN_TEXT, size))
    if size < 65_536:
        return bytes((_FIN_TEXT, 126)) + size.to_bytes(2)
    return bytes((_FIN_TEXT, 127)) + size.to_bytes(8)
