"""A peer: the loop of the tutorials, `await ws.send_str(json.dumps(message))` to each client. Arguments: port, control socket."""

import asyncio
import json
from pathlib import Path
import sys

from aiohttp import WSMsgType, web

from .control import listen
from .messages import message

clients: set[web.WebSocketResponse] = set()
tasks: set[asyncio.Task[None]] = set()


async def connect(request: web.Request) -> web.WebSocketResponse:
    """Keep one client and answer what it asks."""
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    clients.add(ws)
    try:
        async for received in ws:
            if received.type is WSMsgType.TEXT:
                command = json.loads(received.data)
                await ws.send_str(json.dumps({"type": "result", "request_id": command["request_id"], "data": {}}))
    finally:
        clients.discard(ws)
    return ws


async def broadcast(burst: int, size: int) -> None:
    """Each message to each client."""
    for _ in range(burst):
        content = message(size)
        for ws in list(clients):
            await ws.send_str(json.dumps(content))


def publish(burst: int, size: int) -> None:
    """Begin to broadcast."""
    task = asyncio.ensure_future(broadcast(burst, size))
    tasks.add(task)
    task.add_done_callback(tasks.discard)


async def main(port: int, control: Path) -> None:
    """Serve until the end."""
    app = web.Application()
    app.router.add_get("/", connect)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    await listen(control, publish)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
