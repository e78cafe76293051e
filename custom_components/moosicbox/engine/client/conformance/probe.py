"""A connection for checks: it sends and receives raw JSON, and interprets and corrects nothing."""

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

TIMEOUT: Final = 10.0
SUBPROTOCOL: Final = "moosicbox.v1"


class CheckFailed(Exception):
    """The peer violated the protocol; the text says what was expected."""


def expect(condition: object, expectation: str) -> None:
    """Raise `CheckFailed` with the expectation, unless `condition` is true."""
    if not condition:
        raise CheckFailed(expectation)


class Probe:
    """One WebSocket, after its `hello`."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.hello: Json = {}
        self.welcome: Json = {}
        self.positions: dict[str, Json] = {}
        self._unread: list[Json] = []
        self._numbers = itertools.count(1)

    async def send(self, message: Json) -> None:
        """Send a message."""
        await self.socket.send_str(json.dumps(message))

    async def receive(self) -> Json:
        """Return the next message.

        Raises:
            CheckFailed: The connection ended.
        """
        return self._unread.pop(0) if self._unread else await self._read()

    async def request(self, message: Json) -> Json:
        """Send a message and return its answer; other messages are kept for `receive`."""
        request_id = message.setdefault("request_id", f"check-{next(self._numbers)}")
        await self.send(message)
        while (answer := await self._read()).get("request_id") != request_id:
            self._unread.append(answer)
        return answer

    async def expect_error(self, message: Json, error_type: str) -> Json:
        """Send a message, expect an error of this type, and return it."""
        answer = await self.request(message)
        expect(answer["type"] == "error", f"an error {error_type}, not {answer['type']}")
        expect(answer.get("error_type") == error_type, f"the error {error_type}, not {answer.get('error_type')}")
        expect(isinstance(answer.get("message"), str) and "retryable" in answer, "an error has message and retryable")
        return answer

    async def authenticate(self, token: str, **fields: Any) -> Json:
        """Authenticate, and return the welcome."""
        fields.setdefault("client", {"name": "Conformance", "kind": "controller"})
        await self.send({"type": "authenticate", "token": token, **fields})
        self.welcome = await self.receive()
        expect(self.welcome["type"] == "welcome", f"a welcome, not {self.welcome}")
        self.positions = dict(self.welcome["positions"])
        return self.welcome

    async def wait_closed(self) -> int | None:
        """Wait until the hub closes, and return the close code."""
        self._unread.clear()
        async with asyncio.timeout(TIMEOUT):
            while (await self.socket.receive()).type is WSMsgType.TEXT:
                pass
        return self.socket.close_code

    async def _read(self) -> Json:
        try:
            async with asyncio.timeout(TIMEOUT):
                frame = await self.socket.receive()
        except TimeoutError:
            raise CheckFailed(f"an answer within {TIMEOUT:.0f} s") from None
        expect(frame.type is WSMsgType.TEXT, f"a text frame, not {frame.type.name} {self.socket.close_code or ''}")
        message: Any = json.loads(frame.data)
        expect(isinstance(message, dict) and isinstance(message.get("type"), str), "a JSON object with a type")
        expect(not (wrong := find_mismatch("server", message)), f"what the golden frames show: {wrong}")
        if isinstance(offset := message.get("offset"), int) and (topic := message.get("topic")) in self.positions:
            expect(offset == self.positions[topic]["offset"] + 1, f"offsets of {topic} without a gap")
            self.positions[topic] = {**self.positions[topic], "offset": offset}
        checked: Json = message
        return checked


class HubUnderTest:
    """The hub under test."""

    def __init__(self, url: str, token: str, http: ClientSession) -> None:
        """Create a target; the token needs the permissions `listen`, `control` and `play`."""
        self.token = token
        self.http = http
        self._base = base_url(url)

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, token: str) -> AsyncGenerator[Self]:
        """Open an HTTP session for the checks."""
        async with ClientSession() as http:
            yield cls(url, token, http)

    def address(self, *path: str) -> URL:
        """Return an address of the hub's API."""
        return self._base.joinpath(API, *path)

    @asynccontextmanager
    async def connect(self, **options: Any) -> AsyncGenerator[Probe]:
        """Connect, and yield the connection after the `hello`."""
        options.setdefault("protocols", (SUBPROTOCOL,))
        async with self.http.ws_connect(self.address("ws"), **options) as socket:
            probe = Probe(socket)
            probe.hello = await probe.receive()
            expect(probe.hello["type"] == "hello", "hello comes first")
            yield probe

    @asynccontextmanager
    async def controller(self, **fields: Any) -> AsyncGenerator[Probe]:
        """Connect as a controller, and yield the connection after the `welcome`."""
        async with self.connect() as probe:
            await probe.authenticate(self.token, **fields)
            yield probe
