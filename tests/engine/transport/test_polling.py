"""Polling connections without HTTP: fetching, confirming, timeouts, bounds."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.moosicbox.engine.access.authentication import Peer
from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.protocol.client import Authenticate, ClientInfo, Ping, Resume
from custom_components.moosicbox.engine.protocol.codec import Decoded
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.errors import ConnectionClosed, InvalidMessage, SerializationFailed
from custom_components.moosicbox.engine.protocol.server import CustomMessage
from custom_components.moosicbox.engine.protocol.types import Position
from custom_components.moosicbox.engine.sessions.session import Actor
from custom_components.moosicbox.engine.transport.gateway import HubGateway, HubSession
from custom_components.moosicbox.engine.transport.polling import PollingConnection
from tests.engine.fakes import Harness, principal

CLIENT = ClientInfo(name="Poller", kind="controller")


class WritingHarness(Harness):
    """A hub in an event loop, with its own writer."""

    def __init__(self, limits: Limits | None = None) -> None:
        super().__init__(limits)
        del self.hub.writer._schedule


class Client:
    """A polling client: received messages advance its positions and its cursor."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness
        self.gateway = HubGateway(harness.hub)
        self.closed: list[CloseCode] = []
        self.heard: list[int] = []
        self.connection = self._open(None)
        self.positions = {"all": self._welcome["positions"]["all"]}

    def _open(self, resume: Resume | None) -> PollingConnection:
        connection = PollingConnection(
            self.gateway, Peer("127.0.0.1", None), lambda _connection, code: self.closed.append(code)
        )
        message = Authenticate(client=CLIENT, subscribe=("all",), resume=resume)
        session = self.harness.hub.sessions.open(connection, message, principal())
        self._welcome = json.loads(connection.start(HubSession(self.harness.hub, session)).payload)
        self.cursor: str | None = None
        return connection

    def move(self) -> None:
        """Resume on another connection."""
        self.connection = self._open(
            Resume(
                session_id=self._welcome["session_id"],
                secret=self._welcome["secret"],
                positions={topic: Position(**position) for topic, position in self.positions.items()},
            )
        )
        assert self._welcome["resumed"] is True

    async def fetch(self, *, arrives: bool = True, wait: float = 0) -> list[int]:
        """Fetch; the response may get lost."""
        frames, cursor = await self.connection.fetch(self.cursor, wait)
        messages = [json.loads(frame.payload) for frame in frames]
        if not arrives:
            return []
        self.cursor = cursor
        for message in messages:
            self.positions["all"]["offset"] = message["offset"]
        self.heard += (numbers := [message["data"] for message in messages])
        return numbers


@pytest.fixture
async def harness() -> AsyncGenerator[Harness]:
    """A running hub with a manual clock."""
    harness = WritingHarness(Limits(outbound_messages=100))
    await harness.hub.start()
    yield harness
    await harness.hub.stop(CloseCode.GOING_AWAY, "test")


@pytest.fixture
async def client(harness: Harness) -> Client:
    return Client(harness)


def publish(harness: Harness, *numbers: int) -> None:
    for number in numbers:
        harness.hub.publish("all", CustomMessage(event="count", data=number))


type Step = Callable[[Client], Coroutine[Any, Any, None]]


async def _publishes(client: Client) -> None:
    count = client.harness.hub.topics.position("all").offset
    publish(client.harness, count, count + 1)


async def _turns(_client: Client) -> None:
    await asyncio.sleep(0)


async def _fetches(client: Client) -> None:
    await client.fetch()


async def _loses_the_answer(client: Client) -> None:
    await client.fetch(arrives=False)


async def _moves(client: Client) -> None:
    client.move()


async def _moves_with_its_old_cursor(client: Client) -> None:
    cursor = client.cursor
    client.move()
    client.cursor = cursor


STEPS: tuple[Step, ...] = (
    _publishes,
    _turns,
    _fetches,
    _loses_the_answer,
    _moves,
    _moves_with_its_old_cursor,
)


@given(st.lists(st.sampled_from(STEPS), max_size=40))
def test_each_message_arrives_once(steps: list[Step]) -> None:
    """Lost responses and changes of the connection neither drop nor duplicate messages."""

    async def run() -> None:
        harness = WritingHarness()
        await harness.hub.start()
        client = Client(harness)
        for step in steps:
            await step(client)
        await client.fetch()
        assert client.heard == list(range(harness.hub.topics.position("all").offset))
        await harness.hub.stop(CloseCode.GOING_AWAY, "test")

    asyncio.run(run())


async def test_a_publication_wakes_the_fetch(harness: Harness, client: Client) -> None:
    fetch = asyncio.ensure_future(client.fetch(wait=50))
    await asyncio.sleep(0)
    assert not fetch.done()
    publish(harness, 1)
    assert await fetch == [1]


async def test_a_newer_fetch_ends_the_older_one(harness: Harness, client: Client) -> None:
    older = asyncio.ensure_future(client.fetch(wait=50))
    await asyncio.sleep(0)
    newer = asyncio.ensure_future(client.fetch(wait=50))
    assert await older == []
    publish(harness, 1)
    assert await newer == [1]


async def test_a_superseded_fetch_confirms_nothing(harness: Harness, client: Client) -> None:
    """The cursor of a superseded fetch doesn't confirm messages of the newer one."""
    older = asyncio.ensure_future(client.connection.fetch(None, 50))
    await asyncio.sleep(0)
    publish(harness, 1)
    newer = await client.connection.fetch(None, 0)
    empty = await older
    assert (len(newer.frames), empty.frames) == (1, ())
    assert (await client.connection.fetch(empty.cursor, 0)).frames == newer.frames


async def test_a_cancelled_fetch_loses_nothing(harness: Harness, client: Client) -> None:
    fetch = asyncio.ensure_future(client.fetch(wait=50))
    await asyncio.sleep(0)
    publish(harness, 1)
    fetch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetch
    assert await client.fetch() == [1]


@pytest.mark.parametrize("cursor", ["", "1", "x-1", "0123abcd-", "0123abcd--1"])
async def test_unknown_cursors_are_refused(client: Client, cursor: str) -> None:
    with pytest.raises(InvalidMessage):
        await client.connection.fetch(cursor, 0)


async def test_a_client_that_stops_fetching_is_disconnected(harness: Harness, client: Client) -> None:
    """The timeout is 30 s without a fetch; a waiting fetch counts as one."""
    harness.pass_seconds(29)
    fetch = asyncio.ensure_future(client.fetch(wait=50))
    await asyncio.sleep(0)
    harness.pass_seconds(100)
    assert client.closed == []
    publish(harness, 1)
    await fetch
    harness.pass_seconds(29)
    assert client.closed == []
    harness.pass_seconds(30)
    assert client.closed == [CloseCode.PING_TIMEOUT]
    with pytest.raises(ConnectionClosed) as closed:
        await client.fetch()
    assert closed.value.details == {"close_code": 4012}
    assert closed.value.retryable


async def test_fetches_share_one_timer(harness: Harness, client: Client) -> None:
    """Frequent fetches don't accumulate timers."""
    before = len(harness.hub.timers._heap)
    for _ in range(100):
        await client.fetch()
    assert len(harness.hub.timers._heap) == before


async def test_too_many_unread_messages_close_the_connection(harness: Harness, client: Client) -> None:
    publish(harness, *range(100))
    await asyncio.sleep(0)
    assert client.closed == []
    publish(harness, 100)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert client.closed == [CloseCode.SLOW_CONSUMER]
    client.move()
    assert await client.fetch() == list(range(101))


async def test_too_many_unconfirmed_messages_close_the_connection(harness: Harness, client: Client) -> None:
    """A client that fetches but never confirms is too slow."""
    for _ in range(1_000):
        harness.hub.publish("all", CustomMessage(event="weight", data="x" * 10_000))
        await asyncio.sleep(0)
        if client.closed:
            break
        await client.connection.fetch(None, 0)
    assert client.closed == [CloseCode.SLOW_CONSUMER]


async def test_a_fault_closes_the_connection_and_is_logged_once(
    harness: Harness, client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The client isn't told that it was too slow. It resumes the session, and meets the same fault again."""

    def fail(_connection: PollingConnection) -> bool:
        raise ValueError("odd message")

    for number in range(2):
        with monkeypatch.context() as patch:
            patch.setattr(PollingConnection, "flush", fail)
            publish(harness, number)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        client.move()
    assert client.closed == [CloseCode.INTERNAL_ERROR] * 2
    assert CloseCode.INTERNAL_ERROR.reconnect
    assert await client.fetch() == [0, 1]
    assert caplog.text.count("ValueError: odd message") == 1


async def test_remaining_messages_are_fetched_after_the_end(harness: Harness, client: Client) -> None:
    """A waiting fetch gets the last messages, unless the session was resumed by another connection."""
    fetch = asyncio.ensure_future(client.connection.fetch(None, 50))
    await asyncio.sleep(0)
    publish(harness, 0)
    client.connection.close(CloseCode.RESTART, "restart")
    (frame,) = (await fetch).frames
    assert json.loads(frame.payload)["data"] == 0

    client.move()
    connection = client.connection
    fetch = asyncio.ensure_future(connection.fetch((await connection.fetch(None, 0)).cursor, 50))
    await asyncio.sleep(0)
    publish(harness, 1)
    client.move()
    with pytest.raises(ConnectionClosed):
        await fetch
    assert await client.fetch() == [0, 1]


async def test_answers_are_returned_in_order(client: Client) -> None:
    """Messages are answered in order, including those that can't be decoded."""
    messages = [
        Decoded("a", Ping(request_id="a")),
        Decoded(None, None, SerializationFailed("This is no JSON")),
        Decoded("b", Ping(request_id="b")),
    ]
    answers = [json.loads(frame.payload) for frame in await client.connection.receive(messages)]
    assert [answer.get("request_id") for answer in answers] == ["a", None, "b"]
    assert answers[1]["error_type"] == "serialization_error"
    assert await client.connection.receive([]) == []


async def test_a_late_answer_is_returned_to_a_repetition(harness: Harness, client: Client) -> None:
    """A late answer is returned to a repetition; the end of the connection ends the wait."""
    harness.hub.configure(Limits(poll_timeout=0.001))
    gate = asyncio.Event()

    async def slowly(_actor: Actor, _message: Ping) -> dict[str, str]:
        await gate.wait()
        return {"done": "at last"}

    harness.hub.register(Ping, slowly)
    ping = Decoded("a", Ping(request_id="a"))
    (answer,) = await client.connection.receive([ping])
    assert json.loads(answer.payload).items() >= {"error_type": "unavailable", "retryable": True}.items()

    harness.hub.configure(Limits())
    again = asyncio.ensure_future(client.connection.receive([ping]))
    await asyncio.sleep(0)
    client.move()
    (answer,) = await again
    assert json.loads(answer.payload)["error_type"] == "unavailable"

    gate.set()
    (answer,) = await client.connection.receive([ping])
    assert json.loads(answer.payload)["data"] == {"done": "at last"}


async def test_traffic_is_counted(harness: Harness, client: Client) -> None:
    """Traffic stays counted after the connection has ended."""
    await client.connection.receive([Decoded("a", Ping(request_id="a"), None, 20)])
    publish(harness, 1, 2)
    await client.fetch()
    client.connection.session.drop(CloseCode.RESTART, "restart")
    past = harness.hub.metrics.past
    assert (past.messages_received, past.bytes_received) == (1, 20)
    assert past.messages_sent == 3
    assert past.bytes_sent > 0
    assert harness.hub.metrics.disconnects[4000] == 1
