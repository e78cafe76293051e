"""A peer: python-socketio's `emit` to all clients. Arguments: port, control socket."""

import asyncio
from pathlib import Path
import sys

from aiohttp import web
import socketio

from .messages import message
from .serving import serve

PATIENCE = 600
"""Seconds between its pings, which the load generator doesn't support."""

server = socketio.AsyncServer(async_mode="aiohttp", ping_interval=PATIENCE, ping_timeout=PATIENCE)


async def broadcast(burst: int, size: int) -> None:
    """Emit each message to all clients."""
    for _ in range(burst):
        await server.emit("message", message(size))


async def main(port: int, control: Path) -> None:
    """Serve until the process is ended."""
    app = web.Application()
    server.attach(app)
    await serve(app, broadcast, port, control)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
