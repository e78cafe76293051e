"""A bad network in front of a server: each piece of data is delayed by a random time, in order."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from functools import partial
import random

from benchmarks.forwarding import forwarding

CHUNK = 65_536


@asynccontextmanager
async def slow_network(port: int, jitter: float) -> AsyncGenerator[int]:
    """Yield a port that forwards to `port`, with a delay of up to `jitter` seconds in each direction."""
    carry = partial(_carry, jitter=jitter)
    async with forwarding(port, carry, carry, limit=CHUNK) as forwarded:
        yield forwarded


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, jitter: float) -> None:
    loop = asyncio.get_running_loop()
    under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def deliver() -> None:
        while True:
            due, data = await under_way.get()
            await asyncio.sleep(due - loop.time())
            if not data:
                writer.close()
                return
            if not writer.is_closing():
                writer.write(data)

    delivery = asyncio.create_task(deliver())
    try:
        with suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                under_way.put_nowait((loop.time() + random.uniform(0, jitter), data))
        under_way.put_nowait((loop.time() + jitter, b""))
        await delivery
    finally:
        delivery.cancel()
