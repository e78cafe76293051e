"""Connections spread over nodes that count frames, and one for each node that measures the latency."""

import asyncio
import base64
from collections.abc import Callable
import json
import os
import re
import time
from typing import override

COUNTED = 200
"""Bytes from which a frame counts as a published message."""
_AT = re.compile(rb'"at_us":\s*(\d+)')


class Connection(asyncio.Protocol):
    """A WebSocket that reads frame headers only, unless it measures the latency."""

    def __init__(
        self,
        path: str,
        texts: tuple[str, ...],
        got: Callable[[int], None],
        *,
        times: list[float] | None,
        counted: int = COUNTED,
    ) -> None:
        self.open = asyncio.get_running_loop().create_future()
        self._path = path
        self._texts = list(texts)
        self._got = got
        self._times = times
        self._counted = counted
        self._buffer = bytearray()
        self._upgraded = False
        self._transport: asyncio.Transport

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._upgraded:
            head, found, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if not found:
                return
            assert b" 101 " in head, head
            self._upgraded, self._buffer = True, bytearray(rest)
        self._frames()

    def _frames(self) -> None:
        buffer, at, counted = self._buffer, 0, 0
        while len(buffer) - at >= 2:
            size, start = buffer[at + 1] & 127, at + 2
            if size > 125:
                more = 2 if size == 126 else 8
                if len(buffer) < start + more:
                    break
                size, start = int.from_bytes(buffer[start : start + more]), start + more
            if len(buffer) < start + size:
                break
            if buffer[at] & 15 == 1:
                counted += self._take(bytes(buffer[start : start + size]) if self._times is not None else None, size)
            elif buffer[at] & 15 == 9:
                self.say("", opcode=10)
            at = start + size
        del buffer[:at]
        if counted:
            self._got(counted)

    def _take(self, payload: bytes | None, size: int) -> int:
        if not self.open.done():
            if self._texts:
                self.say(self._texts.pop(0))
            else:
                self.open.set_result(None)
            return 0
        if payload is not None and self._times is not None and (found := _AT.search(payload)) is not None:
            self._times.append(time.monotonic_ns() / 1000 - int(found[1]))
        return size >= self._counted

    def say(self, text: str, opcode: int = 1) -> None:
        """Send a text frame with an empty mask."""
        payload = text.encode()
        assert len(payload) < 65_536
        size = bytes((0x80 | len(payload),)) if len(payload) < 126 else bytes((0x80 | 126,)) + len(payload).to_bytes(2)
        self._transport.write(bytes((0x80 | opcode,)) + size + bytes(4) + payload)

    def close(self) -> None:
        """Close without a close frame."""
        self._transport.abort()


class Crowd:
    """All connections to all nodes."""

    def __init__(self, counted: int = COUNTED) -> None:
        """Count frames from `counted` bytes on."""
        self.frames = 0
        self.times_us: list[float] = []
        """The latency of each message at the measuring connections."""
        self._connections: list[Connection] = []
        self._news = asyncio.Event()
        self._counted = counted

    def _got(self, frames: int) -> None:
        self.frames += frames
        self._news.set()

    async def open(self, ports: list[int], count: int, path: str, texts: tuple[str, ...]) -> None:
        """Open `count` connections, the same number at each node."""
        loop = asyncio.get_running_loop()
        for index in range(count):
            times = self.times_us if index < len(ports) else None
            _, connection = await loop.create_connection(
                lambda times=times: Connection(path, texts, self._got, times=times, counted=self._counted),  # type: ignore[misc]
                "127.0.0.1",
                ports[index % len(ports)],
            )
            self._connections.append(connection)
            async with asyncio.timeout(20):
                await connection.open

    async def until(self, frames: int) -> None:
        """Wait until all connections together have received so many frames."""
        async with asyncio.timeout(30):
            while self.frames < frames:
                self._news.clear()
                await self._news.wait()

    async def until_quiet(self, seconds: float = 0.3) -> None:
        """Wait until no frame has come for some time."""
        while True:
            self._news.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._news.wait()
            except TimeoutError:
                return

    def close(self) -> None:
        """Close all connections."""
        for connection in self._connections:
            connection.close()


def texts(token: str) -> tuple[str, ...]:
    """Return the first message of a client of the hub."""
    client = {"name": "Benchmark", "kind": "controller"}
    return (json.dumps({"type": "authenticate", "token": token, "client": client, "subscribe": ["all"]}),)
