"""Serving a peer that sends by coroutines: its web application, and its control."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from .control import listen


async def serve(app: web.Application, send: Callable[[int, int], Awaitable[None]], port: int, control: Path) -> None:
    """Serve until the process is ended.

    Args:
        app: Accepts the clients.
        send: Sends a number of messages of a size to all of them.
        port: That of the server.
        control: Path of the control's socket.
    """
    tasks: set[asyncio.Future[None]] = set()

    def publish(burst: int, size: int) -> None:
        task = asyncio.ensure_future(send(burst, size))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    await listen(control, publish)
    await asyncio.Event().wait()
