"""A polling client of the protocol for tests."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
import itertools
from typing import Any, Self

from aiohttp import ClientResponse
import pytest

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.protocol.server import CustomMessage
from custom_components.moosicbox.engine.transport.polling import PollingConnection
from tests.http import HttpClient

from .client import CONTROLLER, PATIENCE, Message

SESSIONS = "/api/moosicbox/sessions"


type OpenPoller = Callable[..., Awaitable[Poller]]


def bearer(token: str) -> dict[str, str]:
    """Return the header with a token or a secret."""
    return {"Authorization": f"Bearer {token}"}


def authenticate(**fields: Any) -> Message:
    """Return the body that opens a session, by default of a controller."""
    return {"type": "authenticate", "client": CONTROLLER, **fields}


class Poller:
    """One polling session. A fetch confirms the messages of the previous one."""

    def __init__(self, http: HttpClient, welcome: Message) -> None:
        self.http = http
        self.welcome = welcome
        self.cursor: str | None = None
        self.positions: dict[str, Message] = dict(welcome["positions"])
        self.headers = bearer(welcome["secret"])
        self.address = f"{SESSIONS}/{welcome['session_id']}"
        self.messages = f"{self.address}/messages"
        self._numbers = itertools.count(1)

    @classmethod
    async def open(cls, http: HttpClient, token: str, **fields: Any) -> Self:
        """Open or resume a session."""
        response = await http.post(SESSIONS, headers=bearer(token), json=authenticate(**fields))
        assert response.status == 200, await response.text()
        return cls(http, await response.json())

    def resume(self) -> Message:
        """Return the `resume` field for the current positions."""
        return resume(self.welcome, self.positions)

    async def get(self, **query: Any) -> ClientResponse:
        """Fetch and return the response, whatever its status."""
        return await self.http.get(self.messages, headers=self.headers, params=query)

    async def fetch(self, wait: float = 0) -> list[Message]:
        """Return the messages behind the cursor, waiting up to `wait` seconds."""
        query = {"wait": wait} if self.cursor is None else {"wait": wait, "cursor": self.cursor}
        response = await self.get(**query)
        assert response.status == 200, await response.text()
        answer = await response.json()
        assert set(answer) == {"messages", "cursor"}
        self.cursor = answer["cursor"]
        messages: list[Message] = answer["messages"]
        for message in messages:
            if "offset" in message:
                self.positions[message["topic"]] = {**self.positions[message["topic"]], "offset": message["offset"]}
        return messages

    async def post(self, body: Any, **options: Any) -> ClientResponse:
        """Send and return the response, whatever its status."""
        return await self.http.post(self.messages, headers=self.headers, json=body, **options)

    async def send(self, *messages: Message) -> list[Message]:
        """Send messages and return their answers."""
        response = await self.post(messages)
        assert response.status == 200, await response.text()
        answers: list[Message] = await response.json()
        return answers

    async def request(self, type_: str, **fields: Any) -> Message:
        """Send a message and return its answer."""
        (answer,) = await self.send({"type": type_, "request_id": f"r{next(self._numbers)}", **fields})
        return answer

    async def end(self) -> ClientResponse:
        """End the session."""
        return await self.http.delete(self.address, headers=self.headers)


def resume(welcome: Message, positions: dict[str, Message]) -> Message:
    """Return the `resume` field for a session at `positions`."""
    return {"session_id": welcome["session_id"], "secret": welcome["secret"], "positions": positions}


async def refusal(response: ClientResponse) -> tuple[int, str]:
    """Return the status and the error type of a response."""
    error = await response.json()
    assert error["type"] == "error"
    assert error["message"]
    assert isinstance(error["retryable"], bool)
    return response.status, error["error_type"]


def say(hub: Hub, *numbers: int) -> None:
    """Publish numbered messages to all."""
    for number in numbers:
        hub.publish("all", CustomMessage(event="count", data=number))


def counted(messages: list[Message]) -> list[int]:
    """Return the numbers in such messages."""
    return [message["data"] for message in messages if message["type"] == "message"]


def connection_of(hub: Hub) -> PollingConnection:
    """Return the only polling connection."""
    (session,) = hub.sessions.connected()
    assert isinstance(session.connection, PollingConnection)
    return session.connection


async def until(happened: Callable[[], bool]) -> None:
    """Run the event loop until a condition holds."""
    async with asyncio.timeout(PATIENCE):
        while not happened():  # noqa: ASYNC110 - the hub has no event for it
            await asyncio.sleep(0)


@asynccontextmanager
async def waiting(poller: Poller, hub: Hub, **query: Any) -> AsyncGenerator[asyncio.Task[ClientResponse]]:
    """Start a fetch that waits for messages."""
    connection = connection_of(hub)
    before = connection._waiter
    fetch = asyncio.create_task(poller.get(wait=50, **query))
    await until(lambda: connection._waiter not in (None, before))
    try:
        yield fetch
    finally:
        fetch.cancel()


@pytest.fixture
def poll(http: HttpClient, token: str) -> OpenPoller:
    """Open a polling session."""

    async def poll(**fields: Any) -> Poller:
        return await Poller.open(http, token, **fields)

    return poll
