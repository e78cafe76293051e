"""A network between a browser and Home Assistant that a test can cut."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Literal

CHUNK = 65_536

type Cut = Literal["silent", "refused"]
"""Silent: data is dropped without an error. Refused: connections break and new ones are rejected."""


class Network:
    """A TCP proxy in front of a server of this machine."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._whole = asyncio.Event()
        self._whole.set()
        self._cut: Cut = "silent"
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0

    def cut(self, how: Cut) -> None:
        """From now on nothing gets through."""
        self._cut = how
        self._whole.clear()
        if how == "refused":
            self._break()

    def mend(self) -> None:
        """Let new connections through; those from before the cut are reset."""
        self._break()
        self._whole.set()

    def _break(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole.is_set() and self._cut == "refused":
            writer.transport.abort()
            return
        ends = {writer}
        self._writers.add(writer)
        try:
            await self._whole.wait()
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
            ends.add(server_writer)
            self._writers.add(server_writer)
            await asyncio.gather(self._carry(reader, server_writer), self._carry(server_reader, writer))
        finally:
            self._writers -= ends

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                await self._whole.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def network(server_port: int) -> AsyncGenerator[Network]:
    """Serve at a free port of the loopback."""
    between = Network(server_port)
    server = await asyncio.start_server(between._connected, "127.0.0.1", 0)
    between.port = server.sockets[0].getsockname()[1]
    async with server:
        yield between
        between.mend()
        server.close()
        server.close_clients()
