"""A peer: python-socketio in several processes with its Redis manager. Arguments: port, control socket, name, optionally the URL of Redis."""

import asyncio
from pathlib import Path
import sys
import time
from typing import Any

from aiohttp import web
import socketio

from .control import listen
from .messages import message

PATIENCE = 600
"""Seconds between its pings."""


async def main(port: int, control: Path, _name: str, url: str = "") -> None:
    """Serve until the process is ended."""
    manager = socketio.AsyncRedisManager(url) if url else None
    server = socketio.AsyncServer(
        async_mode="aiohttp", client_manager=manager, ping_interval=PATIENCE, ping_timeout=PATIENCE
    )
    tasks: set[asyncio.Task[Any]] = set()

    async def broadcast(burst: int, size: int) -> None:
        for _ in range(burst):
            at_us = time.monotonic_ns() // 1000
            await server.emit("message", {**message(size), "at_us": at_us})

    def publish(burst: int, size: int) -> None:
        task = asyncio.ensure_future(broadcast(burst, size))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    app = web.Application()
    server.attach(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    await listen(control, publish, {b"status": lambda: {"leads": False}})
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:]))
