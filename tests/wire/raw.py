"""A client that sends raw frames, also invalid ones."""

import asyncio
import base64
import json
import os
from typing import Any, Self

from tests.http import HttpClient

from .client import PATH, PATIENCE, Message

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 0x1, 0x2, 0x0, 0x8, 0x9, 0xA
FINAL, COMPRESSED = 0x80, 0x40
MASK = b"\x12\x34\x56\x78"


def frame(
    opcode: int, payload: bytes = b"", *, first: int = FINAL, mask: bool = True, size: int | None = None
) -> bytes:
    """Return a frame; `first` are the bits before the opcode, `size` is the size in the header."""
    claimed = len(payload) if size is None else size
    bit = 0x80 if mask else 0
    if claimed < 126:
        header = bytes((first | opcode, bit | claimed))
    elif claimed < 65_536:
        header = bytes((first | opcode, bit | 126)) + claimed.to_bytes(2)
    else:
        header = bytes((first | opcode, bit | 127)) + claimed.to_bytes(8)
    if not mask:
        return header + payload
    masks = (MASK * (len(payload) // 4 + 1))[: len(payload)]
    masked = (int.from_bytes(payload) ^ int.from_bytes(masks)).to_bytes(len(payload))
    return header + MASK + masked


class RawClient:
    """A socket with an upgraded connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self._reader = reader

    @classmethod
    async def connect(cls, http: HttpClient, *headers: str) -> Self:
        """Connect and upgrade."""
        reader, writer = await asyncio.open_connection(http.host, http.port)
        lines = [
            f"GET {PATH} HTTP/1.1",
            f"Host: {http.host}:{http.port}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            *headers,
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 101 "), answer
        return cls(reader, writer)

    async def authenticate(self, token: str, **fields: object) -> None:
        """Authenticate and read the welcome."""
        client = {"name": "Raw", "kind": "controller"}
        self.send(TEXT, json.dumps({"type": "authenticate", "token": token, "client": client, **fields}).encode())
        while (await self.message())["type"] != "welcome":
            pass

    def send(self, opcode: int, payload: bytes = b"", **options: Any) -> None:
        """Send a frame."""
        self.writer.write(frame(opcode, payload, **options))

    def pause_reading(self) -> None:
        """Stop reading from the socket."""
        assert isinstance(self.writer.transport, asyncio.Transport)
        self.writer.transport.pause_reading()

    def resume_reading(self) -> None:
        """Read from the socket again."""
        assert isinstance(self.writer.transport, asyncio.Transport)
        self.writer.transport.resume_reading()

    async def receive(self) -> tuple[int, bytes]:
        """Return the first byte and the payload of the next frame."""
        async with asyncio.timeout(PATIENCE):
            first, size = await self._reader.readexactly(2)
            if size == 126:
                size = int.from_bytes(await self._reader.readexactly(2))
            elif size == 127:
                size = int.from_bytes(await self._reader.readexactly(8))
            return first, await self._reader.readexactly(size)

    async def message(self) -> Message:
        """Return the next message."""
        first, payload = await self.receive()
        assert first == FINAL | TEXT, (first, payload)
        message: Message = json.loads(payload)
        return message

    async def until(self, type_: str) -> Message:
        """Return the next message of this type."""
        while (message := await self.message())["type"] != type_:
            pass
        return message

    async def closed(self) -> int | None:
        """Return the code of the hub's close frame; `None` if the connection ended without one."""
        try:
            while True:
                first, payload = await self.receive()
                if first == FINAL | CLOSE:
                    return int.from_bytes(payload[:2])
        except asyncio.IncompleteReadError, ConnectionError:
            return None

    def abort(self) -> None:
        """Drop the connection."""
        self.writer.transport.abort()
