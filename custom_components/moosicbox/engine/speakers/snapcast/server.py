"""Listens for Snapcast clients. The protocol has no authentication, so that only local networks are served."""

import asyncio
import logging
from typing import Final

from ..speakers import Speakers
from .connection import SnapcastConnection

_LOGGER = logging.getLogger(__name__)

PORT: Final = 1704
MAX_CONNECTIONS: Final = 64


class SnapcastServer:
    """The server for Snapcast clients."""

    def __init__(self, speakers: Speakers) -> None:
        self._speakers = speakers
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], SnapcastConnection] = {}

    @property
    def port(self) -> int | None:
        """The port that is listened on; `None` while stopped."""
        return None if self._server is None else self._server.sockets[0].getsockname()[1]

    async def start(self, host: str | None = None, port: int = PORT) -> None:
        """Accept clients. Raise OSError if the port can't be used."""
        self._server = await asyncio.start_server(self._accept, host, port, limit=128 * 1024)

    async def stop(self) -> None:
        """Disconnect all clients; they connect again when there is a server."""
        if self._server is not None:
            self._server.close()
            self._server = None
        tasks = list(self._connections)
        for connection in self._connections.values():
            connection.close()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._connections) >= MAX_CONNECTIONS:
            _LOGGER.warning("A Snapcast client was refused: there are %s already", MAX_CONNECTIONS)
            writer.close()
            return
        connection = self._connections[task] = SnapcastConnection(self._speakers, reader, writer)
        try:
            await connection.run()
        finally:
            del self._connections[task]
