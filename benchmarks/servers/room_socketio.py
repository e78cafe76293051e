"""A peer: python-socketio's `emit` to a room that all clients enter. Arguments: port, control socket."""

import asyncio
from pathlib import Path
import sys

from aiohttp import web
import socketio

from .messages import message
from .serving import serve

PATIENCE = 600
"""Seconds between its pings."""
ROOM = "benchmark"


async def main(port: int, control: Path) -> None:
    """Serve until the process is ended."""
    server = socketio.AsyncServer(async_mode="aiohttp", ping_interval=PATIENCE, ping_timeout=PATIENCE)

    async def connected(client: str, *_: object) -> None:
        await server.enter_room(client, ROOM)

    async def emit(burst: int, size: int) -> None:
        for _ in range(burst):
            await server.emit("message", message(size), room=ROOM)

    server.on("connect", connected)
    app = web.Application()
    server.attach(app)
    await serve(app, emit, port, control)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
