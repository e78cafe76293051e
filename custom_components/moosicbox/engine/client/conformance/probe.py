"""A connection for checks: JSON as it is, nothing interpreted, nothing mended."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import itertools
import json
from typing import Any, Final, Self

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType
from yarl import URL

from ..config import API, base_url
from .frames import Json, find_mismatch

PATIENCE: Final = 10.0
SUBPROTOCOL: Final = "moosicbox.v1"


class Failed(Exception):
    """The hub didn't do what the protocol says."""


def expect(condition: object, what: str) -> None:
    """Failed, saying `what` should have been, unless `condition` holds."""
    if not condition:
        raise Failed(what)


class Probe:
    """One WebSocket, after its `hello`."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        """Nothing was received yet."""
        self.socket = socket
        self.hello: Json = {}
        self.welcome: Json = {}
        self.positions: dict[str, Json] = {}
        self._kept: list[Json] = []
        self._numbers = itertools.count(1)

    async def send(self, message: Json) -> None:
        """Send a message."""
        await self.socket.send_str(json.dumps(message))

    async def receive(self) -> Json:
        """The next message; Failed if the connection ends instead."""
        return self._kept.pop(0) if self._kept else await self._read()

    async def request(self, message: Json) -> Json:
        """Send a message, and return what answers it."""
        request_id = message.setdefault("request_id", f"check-{next(self._numbers)}")
        await self.send(message)
        while (answer := await self._read()).get("request_id") != request_id:
            self._kept.append(answer)
        return answer

    async def expect_error(self, message: Json, error_type: str) -> Json:
        """Send a message, and expect this error."""
        answer = await self.request(message)
        expect(answer["type"] == "error", f"an error {error_type}, not {answer['type']}")
        expect(answer.get("error_type") == error_type, f"the error {error_type}, not {answer.get('error_type')}")
        expect(isinstance(answer.get("message"), str) and "retryable" in answer, "an error has message and retryable")
        return answer

    async def authenticate(self, token: str, **fields: Any) -> Json:
        """Be let in."""
        fields.setdefault("client", {"name": "Conformance", "kind": "controller"})
        await self.send({"type": "authenticate", "token": token, **fields})
        self.welcome = await self.receive()
        expect(self.welcome["type"] == "welcome", f"a welcome, not {self.welcome}")
        self.positions = dict(self.welcome["positions"])
        return self.welcome

    async def closed(self) -> int | None:
        """Wait for the hub's close; its code."""
        self._kept.clear()
        async with asyncio.timeout(PATIENCE):
            while (await self.socket.receive()).type is WSMsgType.TEXT:
                pass
        return self.socket.close_code

    async def _read(self) -> Json:
        try:
            async with asyncio.timeout(PATIENCE):
                frame = await self.socket.receive()
        except TimeoutError:
            raise Failed(f"an answer within {PATIENCE:.0f} s") from None
        expect(frame.type is WSMsgType.TEXT, f"a text frame, not {frame.type.name} {self.socket.close_code or ''}")
        message: Any = json.loads(frame.data)
        expect(isinstance(message, dict) and isinstance(message.get("type"), str), "a JSON object with a type")
        expect(not (wrong := find_mismatch("server", message)), f"what the golden frames show: {wrong}")
        if isinstance(offset := message.get("offset"), int) and (topic := message.get("topic")) in self.positions:
            expect(offset == self.positions[topic]["offset"] + 1, f"offsets of {topic} without a gap")
            self.positions[topic] = {**self.positions[topic], "offset": offset}
        checked: Json = message
        return checked


class Target:
    """The hub that is checked."""

    def __init__(self, url: str, token: str, http: ClientSession) -> None:
        """`token` should be a user's, with `control` and `play`."""
        self.token = token
        self.http = http
        self._base = base_url(url)

    @classmethod
    @asynccontextmanager
    async def at(cls, url: str, token: str) -> AsyncGenerator[Self]:
        """For as long as the checks last."""
        async with ClientSession() as http:
            yield cls(url, token, http)

    def address(self, *path: str) -> URL:
        """An address of the hub's."""
        return self._base.joinpath(API, *path)

    @asynccontextmanager
    async def connect(self, **options: Any) -> AsyncGenerator[Probe]:
        """A connection that was greeted."""
        options.setdefault("protocols", (SUBPROTOCOL,))
        async with self.http.ws_connect(self.address("ws"), **options) as socket:
            probe = Probe(socket)
            probe.hello = await probe.receive()
            expect(probe.hello["type"] == "hello", "hello comes first")
            yield probe

    @asynccontextmanager
    async def controller(self, **fields: Any) -> AsyncGenerator[Probe]:
        """A connection that was let in."""
        async with self.connect() as probe:
            await probe.authenticate(self.token, **fields)
            yield probe
