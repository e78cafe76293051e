"""A client's connection to a node's gateway without a transport, inside the node's process."""

import asyncio
import json
from typing import Any

from custom_components.moosicbox.engine.access.authentication import Peer
from custom_components.moosicbox.engine.delivery.outbox import Outbox
from custom_components.moosicbox.engine.metrics import Traffic
from custom_components.moosicbox.engine.protocol.client import Authenticate
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.sessions.session import Refused
from custom_components.moosicbox.engine.transport.gateway import Gateway, SessionHandle

from .clients import Client
from .virtual_time import OUTSIDE, Process

AUTHENTICATION_SECONDS = 10.0
"""The timeout of the WebSocket transport."""


class DirectConnection:
    """A connection of a client to a node's gateway."""

    transport = "simulated"

    def __init__(self, loop: asyncio.AbstractEventLoop, process: Process, gateway: Gateway, client: Client) -> None:
        self.traffic = Traffic()
        self.peer = Peer("127.0.0.1", None)
        self.outbox: Outbox = gateway.new_outbox(self, self.traffic)
        self.over = False
        self._loop = loop
        self._process = process
        self._gateway = gateway
        self._client = client
        self._member: SessionHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def open(self, message: dict[str, Any]) -> None:
        """Send the first message."""
        self._process.soon(self._begin, json.dumps(message).encode())

    def say(self, message: dict[str, Any]) -> None:
        """Send a message."""
        self._process.soon(self._receive, json.dumps(message).encode())

    def leave(self) -> None:
        """Close the connection, which the node notices later."""
        self.over = True
        self._process.soon(self._left)

    # These run in the node's process.

    def _begin(self, text: bytes) -> None:
        self._task = asyncio.get_running_loop().create_task(self._serve(text))

    async def _serve(self, text: bytes) -> None:
        message = self._gateway.decode(text).message
        assert isinstance(message, Authenticate)
        try:
            async with asyncio.timeout(AUTHENTICATION_SECONDS):
                self._member = await self._gateway.open(self, message, None)
        except Refused as refused:
            self.close(refused.code, refused.error.message)
        except TimeoutError:
            self.close(CloseCode.AUTHENTICATION_TIMEOUT, "too late")

    def _receive(self, text: bytes) -> None:
        if self._member is not None and self._member.connection is self:
            self._member.receive(self._gateway.decode(text), self._gateway.clock.now_us())

    def _left(self) -> None:
        if self._task is not None:
            self._task.cancel()
        if self._member is not None:
            self._member.connection_lost(self, ended=False)

    def flush(self) -> bool:
        """Pass the frames in the outbox to the client."""
        while len(self.outbox):
            for frame in self.outbox.pop_frames(65_536):
                self._loop.call_soon(self._client.hear, self, frame.payload, context=OUTSIDE)
        return True

    def overflow(self) -> None:
        """Do nothing: the client takes everything."""

    def fail(self, error: Exception) -> None:
        """Let the test fail."""
        raise error

    def close(self, code: CloseCode, _reason: str) -> None:
        """Close the connection from the node's side."""
        self.flush()
        self.outbox.close()
        self._loop.call_soon(self._client.cut, self, int(code), context=OUTSIDE)
