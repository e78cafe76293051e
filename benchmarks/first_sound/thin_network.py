"""A slow network in front of a server: all connections share one line with a limited bit rate."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Final

from benchmarks.forwarding import forwarding

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
    # The buffer in front of the line is small, so that the server notices that the client reads no more.
    async with forwarding(port, partial(_carry, line=None), partial(_carry, line=line), limit=CHUNK) as forwarded:
        yield forwarded


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: Line | None) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(CHUNK):
            await asyncio.sleep(DELAY) if line is None else await line.carry(len(data))
            writer.write(data)
            await writer.drain()
    writer.close()
