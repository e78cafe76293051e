"""A server that echoes messages with the hub's own WebSocket code: framing, compression, writing and closing."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

from aiohttp import WSMsgType, web

from custom_components.moosicbox.engine.assembly import build_hub
from custom_components.moosicbox.engine.delivery.frame import Frame
from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.transport.gateway import HubGateway
from custom_components.moosicbox.engine.transport.websocket import WebSocketConnection, is_utf8

LARGEST = 32 * 1_048_576
"""Bytes; the test suite echoes messages of 16 MiB."""
LIMITS = Limits(compress_local=True, max_message_size=LARGEST, outbound_bytes=8 * LARGEST, outbound_messages=1_000_000)


class EchoConnection(WebSocketConnection):
    """A connection that echoes its messages, without a hub."""

    async def serve(self) -> web.WebSocketResponse:
        """Echo until the client closes."""
        await self._open()
        try:
            await self._echo_all()
        except asyncio.CancelledError:
            self._handle_cancelled()
        finally:
            self._clean_up(ended=False)
        await self._close_socket()
        return self._ws

    async def _echo_all(self) -> None:
        while self._closing is None:
            received = await self._ws.receive()
            if received.type is WSMsgType.TEXT and not is_utf8(received.data):
                self.close(CloseCode.INVALID_TEXT, "The text is not UTF-8")
            elif received.type is WSMsgType.TEXT or received.type is WSMsgType.BINARY:
                self._echo(received.data, binary=received.type is WSMsgType.BINARY)
            elif received.type is WSMsgType.PING:
                await self._ws.pong(received.data)
            elif received.type is not WSMsgType.PONG:
                return

    def _echo(self, payload: bytes, *, binary: bool) -> None:
        frame = Frame(payload)
        if not binary:
            self.outbox.send(frame)
            return
        # The hub sends text frames only; a binary frame differs by its opcode.
        deflation = self.outbox.deflation
        data = frame.websocket if deflation is None else deflation.encode(frame)
        assert self._tcp is not None
        self._tcp.write(bytes((data[0] + 1,)) + data[1:])


@asynccontextmanager
async def echo_server(port: int) -> AsyncGenerator[None]:
    """Serve on a loopback port."""
    nobody = cast(Any, None)
    gateway = HubGateway(build_hub(version="echo", media=nobody, authentication=nobody, store=nobody, limits=LIMITS))

    async def serve(request: web.Request) -> web.StreamResponse:
        return await EchoConnection(gateway, request).serve()

    app = web.Application()
    app.router.add_get("/", serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield
    finally:
        await runner.cleanup()
