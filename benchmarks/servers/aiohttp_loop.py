"""A peer: the loop of tutorials, `await ws.send_str(json.dumps(message))` for each client. Arguments: port, control socket."""

import asyncio
import json
from pathlib import Path
import sys

from aiohttp import WSMsgType, web

from .messages import message
from .serving import serve

clients: set[web.WebSocketResponse] = set()


async def connect(request: web.Request) -> web.WebSocketResponse:
    """Serve one client and answer its requests."""
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
    """Send each message to each client."""
    for _ in range(burst):
        content = message(size)
        for ws in list(clients):
            await ws.send_str(json.dumps(content))


async def main(port: int, control: Path) -> None:
    """Serve until the process is ended."""
    app = web.Application()
    app.router.add_get("/", connect)
    await serve(app, broadcast, port, control)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
