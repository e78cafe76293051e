"""A peer inside Home Assistant that does the least that can be done there: a view that upgrades and reads, and one ready frame written to each.

It knows nobody, checks nothing, bounds nothing: what it costs is what aiohttp, asyncio and Home Assistant's web server cost.
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
    """Where its clients connect."""

    url = PATH
    name = "api:moosicbox_benchmark:bare"
    requires_auth = False

    def __init__(self) -> None:
        self._lines: dict[asyncio.Transport, None] = {}

    async def get(self, request: web.Request) -> web.WebSocketResponse:
        """Greet, hear who it is, welcome, read."""
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
        """Each message to each client, in one turn of the loop."""
        for _ in range(burst):
            frame = Frame(json.dumps(message(size)).encode()).websocket
            for line in self._lines:
                line.write(frame)
