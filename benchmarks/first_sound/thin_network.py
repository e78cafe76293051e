"""A slow network in front of a server: all connections share one line with a limited bit rate."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Final

CHUNK: Final = 8_192
DELAY: Final = 0.003
"""Seconds each way, as on Wi-Fi."""


class Line:
    """The line that all bytes of the server share."""

    def __init__(self, bits_per_second: float) -> None:
        self._seconds_per_byte = 8 / bits_per_second
        self._free_at = 0.0

    async def carry(self, size: int) -> None:
        """Wait until so many bytes have been transferred."""
        now = asyncio.get_running_loop().time()
        self._free_at = max(now, self._free_at) + size * self._seconds_per_byte
        await asyncio.sleep(self._free_at - now)


@asynccontextmanager
async def thin_network(port: int, bits_per_second: float) -> AsyncGenerator[int]:
    """Yield a port that forwards to `port`."""
    line = Line(bits_per_second)
    carried: set[asyncio.Task[None]] = set()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The buffer in front of the line is small, so that the server notices that the client reads no more.
        there, back = await asyncio.open_connection("127.0.0.1", port, limit=CHUNK)
        await asyncio.gather(_carry(reader, back, None), _carry(there, writer, line))

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        carried.add(task := asyncio.create_task(carry(reader, writer)))
        task.add_done_callback(carried.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in carried:
            task.cancel()
        await asyncio.gather(*carried, return_exceptions=True)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: Line | None) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(CHUNK):
            await asyncio.sleep(DELAY) if line is None else await line.carry(len(data))
            writer.write(data)
            await writer.drain()
    writer.close()
