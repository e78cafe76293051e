"""A client of the protocol that polls."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
import itertools
from typing import Any, Self

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
import pytest

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.protocol.server import CustomMessage
from custom_components.moosicbox.engine.transport.polling import PollingConnection

from .client import CONTROLLER, PATIENCE, Message

SESSIONS = "/api/moosicbox/sessions"


type OpenPoller = Callable[..., Awaitable[Poller]]


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token or a secret."""
    return {"Authorization": f"Bearer {token}"}


def authenticate(**fields: Any) -> Message:
    """The body that opens a session, as a controller unless `client` says otherwise."""
    return {"type": "authenticate", "client": CONTROLLER, **fields}


class Poller:
    """One session on polling. Messages that came are confirmed by the next fetch."""

    def __init__(self, http: TestClient, welcome: Message) -> None:
        self.http = http
        self.welcome = welcome
        self.cursor: str | None = None
        self.positions: dict[str, Message] = dict(welcome["positions"])
        self.headers = bearer(welcome["secret"])
        self.address = f"{SESSIONS}/{welcome['session_id']}"
        self.messages = f"{self.address}/messages"
        self._numbers = itertools.count(1)

    @classmethod
    async def open(cls, http: TestClient, token: str, **fields: Any) -> Self:
        """Open a session, or resume one."""
        response = await http.post(SESSIONS, headers=bearer(token), json=authenticate(**fields))
        assert response.status == 200, await response.text()
        return cls(http, await response.json())

    def resume(self) -> Message:
        """What takes this session up where it is now."""
        return resume(self.welcome, self.positions)

    async def get(self, **query: Any) -> ClientResponse:
        """Fetch, whatever comes of it."""
        return await self.http.get(self.messages, headers=self.headers, params=query)

    async def fetch(self, wait: float = 0) -> list[Message]:
        """The messages behind the cursor, or those that come within `wait` seconds."""
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
        """Send, whatever comes of it."""
        return await self.http.post(self.messages, headers=self.headers, json=body, **options)

    async def send(self, *messages: Message) -> list[Message]:
        """Send messages; their answers."""
        response = await self.post(messages)
        assert response.status == 200, await response.text()
        answers: list[Message] = await response.json()
        return answers

    async def request(self, type_: str, **fields: Any) -> Message:
        """Send one message; its answer."""
        (answer,) = await self.send({"type": type_, "request_id": f"r{next(self._numbers)}", **fields})
        return answer

    async def end(self) -> ClientResponse:
        """Go for good."""
        return await self.http.delete(self.address, headers=self.headers)


def resume(welcome: Message, positions: dict[str, Message]) -> Message:
    """What takes a session up at `positions`."""
    return {"session_id": welcome["session_id"], "secret": welcome["secret"], "positions": positions}


async def refusal(response: ClientResponse) -> tuple[int, str]:
    """The status and the type of the one error under it."""
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
    """The numbers of such messages."""
    return [message["data"] for message in messages if message["type"] == "message"]


def connection_of(hub: Hub) -> PollingConnection:
    """The only connection that there is."""
    (session,) = hub.sessions.connected()
    assert isinstance(session.connection, PollingConnection)
    return session.connection


async def until(happened: Callable[[], bool]) -> None:
    """Let the hub work until something is so."""
    async with asyncio.timeout(PATIENCE):
        while not happened():  # noqa: ASYNC110 - the hub has no event for it
            await asyncio.sleep(0)


@asynccontextmanager
async def waiting(poller: Poller, hub: Hub, **query: Any) -> AsyncGenerator[asyncio.Task[ClientResponse]]:
    """A fetch that the hub holds until something comes."""
    connection = connection_of(hub)
    before = connection._waiter
    fetch = asyncio.create_task(poller.get(wait=50, **query))
    await until(lambda: connection._waiter not in (None, before))
    try:
        yield fetch
    finally:
        fetch.cancel()


@pytest.fixture
def poll(http: TestClient, token: str) -> OpenPoller:
    """Open a session by polling."""

    async def poll(**fields: Any) -> Poller:
        return await Poller.open(http, token, **fields)

    return poll
