"""A peer: python-socketio's `emit` to a room that all clients enter. Arguments: port, control socket."""

import asyncio
from pathlib import Path
import sys
from typing import Any

from aiohttp import web
import socketio

from .control import listen
from .messages import message

PATIENCE = 600
"""Seconds between its pings."""
ROOM = "benchmark"


async def main(port: int, control: Path) -> None:
    """Serve until the process is ended."""
    server = socketio.AsyncServer(async_mode="aiohttp", ping_interval=PATIENCE, ping_timeout=PATIENCE)
    tasks: set[asyncio.Task[Any]] = set()

    async def connected(client: str, *_: object) -> None:
        await server.enter_room(client, ROOM)

    async def emit(burst: int, size: int) -> None:
        for _ in range(burst):
            await server.emit("message", message(size), room=ROOM)

    def publish(burst: int, size: int) -> None:
        task = asyncio.ensure_future(emit(burst, size))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server.on("connect", connected)
    app = web.Application()
    server.attach(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    await listen(control, publish)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
