"""A client of the protocol for tests; messages that arrive in between are kept in order."""

import asyncio
from collections import deque
import itertools
from typing import Any, Self

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from tests.http import HttpClient

PATH = "/api/moosicbox/ws"
PATIENCE = 60
"""Seconds after which a missing message fails the test."""

type Message = dict[str, Any]

CONTROLLER: Message = {"name": "Test", "kind": "controller"}
"""The description of a client that is not a player."""


class Closed(Exception):
    """The hub closed the connection."""

    def __init__(self, code: int | None) -> None:
        super().__init__(code)
        self.code = code


class Client:
    """One connection, after its `hello`."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.hello: Message = {}
        self.welcome: Message = {}
        self.positions: dict[str, Message] = {}
        self._kept: deque[Message] = deque()
        self._numbers = itertools.count(1)

    @classmethod
    async def connect(cls, http: HttpClient | ClientSession, **options: Any) -> Self:
        """Connect and receive the greeting; `options` are passed to aiohttp."""
        client = cls(await http.ws_connect(PATH, **options))
        client.hello = await client.receive()
        assert client.hello["type"] == "hello"
        return client

    async def authenticate(self, token: str | None = None, **fields: Any) -> Message:
        """Send `authenticate` and return the `welcome`; by default as a controller."""
        fields.setdefault("client", CONTROLLER)
        if token is not None:
            fields["token"] = token
        await self.send("authenticate", **fields)
        self.welcome = await self.receive()
        assert self.welcome["type"] == "welcome", self.welcome
        self.positions = dict(self.welcome["positions"])
        return self.welcome

    async def send(self, type_: str, **fields: Any) -> None:
        """Send a message."""
        await self.socket.send_json({"type": type_, **fields})

    async def request(self, type_: str, **fields: Any) -> Message:
        """Send a message and return its answer; earlier messages can still be received."""
        request_id = fields.setdefault("request_id", f"r{next(self._numbers)}")
        await self.send(type_, **fields)
        return await self._find(lambda message: message.get("request_id") == request_id)

    async def receive(self) -> Message:
        """Return the next message."""
        return self._kept.popleft() if self._kept else await self._read()

    async def until(self, type_: str, **fields: Any) -> Message:
        """Return the next message of this type with these fields; earlier messages are dropped."""
        while True:
            message = await self.receive()
            if message["type"] == type_ and message.items() >= fields.items():
                return message

    async def arrived(self) -> list[Message]:
        """Return all messages that the hub has sent so far."""
        await self.request("ping")
        kept = list(self._kept)
        self._kept.clear()
        return kept

    async def closed(self) -> tuple[int | None, list[Message]]:
        """Wait for the hub's close frame; return its code and the messages before it."""
        messages = []
        try:
            while True:
                messages.append(await self.receive())
        except Closed as closed:
            return closed.code, messages

    async def close(self, code: int = 1000) -> None:
        """Close the connection normally."""
        await self.socket.close(code=code)

    async def drop(self) -> None:
        """Drop the connection without a close frame."""
        response = self.socket._response
        assert response.connection is not None
        assert response.connection.transport is not None
        response.connection.transport.abort()
        await self.socket.close()

    async def _find(self, wanted: Any) -> Message:
        for message in self._kept:
            if wanted(message):
                self._kept.remove(message)
                return message
        while not wanted(message := await self._read()):
            self._kept.append(message)
        return message

    async def _read(self) -> Message:
        async with asyncio.timeout(PATIENCE):
            received = await self.socket.receive()
        if received.type is not WSMsgType.TEXT:
            raise Closed(self.socket.close_code)
        message: Message = received.json()
        if message["type"] == "subscribed":
            self.positions |= message["positions"]
        if "offset" in message:
            self.positions[message["topic"]] = {**self.positions[message["topic"]], "offset": message["offset"]}
        return message


def player(player_id: str, name: str | None = None, **fields: Any) -> Message:
    """Return the description of a player for `authenticate`."""
    return {"name": name or player_id.capitalize(), "kind": "player", "player_id": player_id, **fields}


def resume_of(client: Client, **changes: Any) -> Message:
    """Return the `resume` field for a session."""
    welcome = client.welcome
    resume = {"session_id": welcome["session_id"], "secret": welcome["secret"], "positions": client.positions}
    return {**resume, **changes}
