"""Forwards the connections of a server through a network that a benchmark disturbs."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

type Carry = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""Carries the bytes of one direction of a connection until its end, and closes the writer."""


@asynccontextmanager
async def forwarding(port: int, to_server: Carry, to_client: Carry, *, limit: int) -> AsyncGenerator[int]:
    """Yield a port that forwards to `port`.

    Args:
        port: That of the server.
        to_server: Carries what clients send.
        to_client: Carries what the server sends.
        limit: Bytes of the server that are buffered before it notices that a client reads no more.
    """
    connections: set[asyncio.Task[None]] = set()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, server_writer = await asyncio.open_connection("127.0.0.1", port, limit=limit)
        await asyncio.gather(to_server(reader, server_writer), to_client(from_server, writer))

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(task := asyncio.create_task(forward(reader, writer)))
        task.add_done_callback(connections.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
