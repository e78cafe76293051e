"""A simple load balancer: it forwards each TCP connection to the next hub that accepts it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
import itertools
from typing import Self
from urllib.parse import urlsplit

CHUNK = 65_536


class Balancer:
    """Listens on the loopback interface, and forwards to the hubs at these URLs."""

    def __init__(self, urls: Sequence[str], port: int = 0) -> None:
        self._ports = [urlsplit(url).port for url in urls]
        self._turn = itertools.count()
        self._port = port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        """The URL that it listens at."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = next(self._turn)
        for number in range(len(self._ports)):
            port = self._ports[(first + number) % len(self._ports)]
            with suppress(OSError):
                hub_reader, hub_writer = await asyncio.open_connection("127.0.0.1", port)
                self._pump(reader, hub_writer)
                self._pump(hub_reader, writer)
                return
        writer.close()

    def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_pumped(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _pumped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                writer.write(data)
                await writer.drain()
    finally:
        writer.close()
