"""A peer inside Home Assistant that does the minimum: a view that upgrades and reads, and writes one prepared frame to each client.

It has no authentication, no checks and no limits, so that its cost is that of aiohttp, asyncio and Home Assistant's web server.
"""

import asyncio
import json
from typing import Final

from aiohttp import web
from homeassistant.components.http import HomeAssistantView

from custom_components.moosicbox.engine.delivery.frame import Frame

from .messages import message

PATH: Final = "/api/moosicbox_benchmark/bare"


class BareView(HomeAssistantView):
    """The view that clients connect to."""

    url = PATH
    name = "api:moosicbox_benchmark:bare"
    requires_auth = False

    def __init__(self) -> None:
        self._lines: dict[asyncio.Transport, None] = {}

    async def get(self, request: web.Request) -> web.WebSocketResponse:
        """Send a greeting and a welcome, and read until the end."""
        ws = web.WebSocketResponse(autoping=False, compress=False)
        await ws.prepare(request)
        line = request.transport
        assert line is not None
        await ws.send_str("{}")
        await ws.receive()
        await ws.send_str("{}")
        self._lines[line] = None
        try:
            async for _ in ws:
                pass
        finally:
            del self._lines[line]
        return ws

    def publish(self, burst: int, size: int) -> None:
        """Write each message to each client, in one turn of the loop."""
        for _ in range(burst):
            frame = Frame(json.dumps(message(size)).encode()).websocket
            for line in self._lines:
                line.write(frame)
