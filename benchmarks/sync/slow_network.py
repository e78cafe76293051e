"""A bad network in front of a server: each piece of data is delayed by a random time, in order."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
import random

CHUNK = 65_536


@asynccontextmanager
async def slow_network(port: int, jitter: float) -> AsyncGenerator[int]:
    """Yield a port that forwards to `port`, with a delay of up to `jitter` seconds in each direction."""

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_carry(reader, back, jitter), _carry(there, writer, jitter))

    carried: set[asyncio.Task[None]] = set()

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
