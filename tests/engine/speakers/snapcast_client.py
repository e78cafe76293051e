"""A Snapcast client that sends given messages, and records those that it receives."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import json
import struct
import time
from typing import Any

HEADER = struct.Struct("<HHHiiiiI")
HELLO = {
    "Arch": "x86_64",
    "ClientName": "Snapclient",
    "HostName": "den",
    "ID": "00:11:22:33:44:55",
    "Instance": 1,
    "MAC": "00:11:22:33:44:55",
    "OS": "Linux",
    "SnapStreamProtocolVersion": 2,
    "Version": "0.26.0",
}


def message(type_: int, payload: bytes, *, id_: int = 0, sent_us: int = 0) -> bytes:
    return HEADER.pack(type_, id_, 0, *divmod(sent_us, 1_000_000), 0, 0, len(payload)) + payload


def sized(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def hello(**changes: Any) -> bytes:
    return message(5, sized(json.dumps(HELLO | changes).encode()), id_=1)


class SnapcastClient:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.settings: list[dict[str, Any]] = []
        self.answers: dict[int, int] = {}
        """The types of answers, by the id that they refer to."""
        self.codecs: list[tuple[str, bytes]] = []
        self.chunks: list[tuple[int, bytes]] = []
        """Their times in microseconds, and what is in them."""
        self.offsets_us: list[int] = []
        """The server's clock less ours, as each probe found it."""
        self.ended = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    def probe(self) -> None:
        """Measure the server's clock."""
        self.send(message(4, bytes(8), id_=7, sent_us=_now_us()))

    async def close(self) -> None:
        self._reading.cancel()
        self.writer.close()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        try:
            while True:
                head = HEADER.unpack(await self.reader.readexactly(HEADER.size))
                self._handle(head, await self.reader.readexactly(head[-1]))
        except asyncio.IncompleteReadError, ConnectionError:
            self.ended.set()

    def _handle(self, head: tuple[int, ...], payload: bytes) -> None:
        type_, _, refers_to, sent_s, sent_us, *_ = head
        if refers_to:
            self.answers[refers_to] = type_
        match type_:
            case 1:
                size = struct.unpack_from("<I", payload)[0]
                self.codecs.append((payload[4 : 4 + size].decode(), payload[8 + size :]))
            case 2:
                seconds, micros, size = struct.unpack_from("<iiI", payload)
                assert len(payload) == 12 + size
                self.chunks.append((seconds * 1_000_000 + micros, payload[12:]))
            case 3:
                self.settings.append(json.loads(payload[4:]))
            case 4:
                seconds, micros = struct.unpack("<ii", payload)
                to_server, back = seconds * 1_000_000 + micros, _now_us() - (sent_s * 1_000_000 + sent_us)
                self.offsets_us.append((to_server - back) // 2)


def _now_us() -> int:
    # Another clock than the server's.
    return time.monotonic_ns() // 1000 + 5_000_000


@asynccontextmanager
async def snapcast_client(port: int) -> AsyncGenerator[SnapcastClient]:
    client = SnapcastClient(*await asyncio.open_connection("127.0.0.1", port))
    try:
        yield client
    finally:
        await client.close()
