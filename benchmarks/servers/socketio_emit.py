"""A peer: python-socketio's `emit` to all clients. Arguments: port, control socket."""

import asyncio
from pathlib import Path
import sys
from typing import Any

from aiohttp import web
import socketio

from .control import listen
from .messages import message

PATIENCE = 600
"""Seconds between its pings, which the load generator doesn't support."""

server = socketio.AsyncServer(async_mode="aiohttp", ping_interval=PATIENCE, ping_timeout=PATIENCE)
tasks: set[asyncio.Task[Any]] = set()


async def broadcast(burst: int, size: int) -> None:
    """Emit each message to all clients."""
    for _ in range(burst):
        await server.emit("message", message(size))


def publish(burst: int, size: int) -> None:
    """Start a broadcast."""
    task = asyncio.ensure_future(broadcast(burst, size))
    tasks.add(task)
    task.add_done_callback(tasks.discard)


async def main(port: int, control: Path) -> None:
    """Serve until the process is ended."""
    app = web.Application()
    server.attach(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    await listen(control, publish)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
