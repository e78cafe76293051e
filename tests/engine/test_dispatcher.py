"""The dispatcher: order within a session, one answer per request, faults that keep the connection."""

import asyncio
import logging
from typing import Any

import pytest

from custom_components.moosicbox.engine.dispatcher import ResultThen
from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.protocol.client import GetMetrics, Ping, QueueGet, SeekCommand, StreamRequest
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.errors import (
    InvalidMessage,
    NotSupported,
    PermissionDenied,
    Unavailable,
)
from custom_components.moosicbox.engine.protocol.server import Pong
from custom_components.moosicbox.engine.sessions.session import Actor
from tests.engine.fakes import FakeConnection, Harness, principal, settle
from tests.engine.protocol.test_golden import CLIENT_MODELS


class Handler:
    """A handler that answers when the test says so; counts its executions."""

    def __init__(self) -> None:
        self.executed: list[Any] = []
        self.answers: dict[str, Any] = {}
        self.gates: dict[str, asyncio.Event] = {}

    async def slow(self, actor: Actor, message: StreamRequest) -> Any:
        self.executed.append(message.queue_item_id)
        if (gate := self.gates.get(message.queue_item_id)) is not None:
            await gate.wait()
        return self._answer(message.queue_item_id)

    def fast(self, actor: Actor, message: SeekCommand) -> Any:
        self.executed.append(message.position_seconds)
        return self._answer("fast")

    def _answer(self, key: str) -> Any:
        if isinstance(answer := self.answers.get(key), Exception):
            raise answer
        return answer


class Desk:
    """A hub with one client, on which `stream_request` is slow and `seek_command` is fast."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.harness = Harness(limits)
        self.handler = Handler()
        self.harness.hub.register(StreamRequest, self.handler.slow)
        self.harness.hub.register(SeekCommand, self.handler.fast, "control")
        self.session, self.connection = self.harness.connect(principal(), subscribe=())
        self.connection.take()

    def slow(self, name: str, request_id: str | None = None) -> None:
        self.harness.say(self.session, StreamRequest(queue_item_id=name, request_id=request_id))

    def fast(self, number: float, request_id: str | None = None) -> None:
        self.harness.say(self.session, SeekCommand(position_seconds=number, request_id=request_id))

    def gate(self, name: str) -> asyncio.Event:
        gate = self.handler.gates[name] = asyncio.Event()
        return gate

    def answers(self) -> list[tuple[str | None, Any]]:
        """Return the answers: request id, and data or error type."""
        return [
            (message.get("request_id"), message.get("error_type", message.get("data")))
            for message in self.connection.take()
        ]


async def test_only_requests_with_an_id_are_answered() -> None:
    desk = Desk()
    desk.handler.answers["fast"] = {"n": 1}
    desk.fast(1, "r1")
    desk.fast(2)
    assert desk.handler.executed == [1, 2]
    assert desk.answers() == [("r1", {"n": 1})]


async def test_a_handler_without_a_result_answers_an_empty_one() -> None:
    desk = Desk()
    desk.fast(1, "r1")
    assert desk.answers() == [("r1", {})]


async def test_messages_are_executed_in_the_order_sent() -> None:
    desk = Desk()
    gate = desk.gate("a")
    desk.slow("a", "r1")
    desk.fast(1, "r2")
    desk.slow("b", "r3")
    desk.fast(2, "r4")
    await settle()
    assert desk.handler.executed == ["a"]
    assert desk.answers() == []
    gate.set()
    await settle()
    assert desk.handler.executed == ["a", 1, "b", 2]
    assert [request_id for request_id, _ in desk.answers()] == ["r1", "r2", "r3", "r4"]


async def test_sessions_do_not_wait_for_one_another() -> None:
    desk = Desk()
    other, connection = desk.harness.connect(principal("eve"), subscribe=())
    connection.take()
    gate = desk.gate("a")
    desk.slow("a")
    await settle()
    desk.harness.say(other, SeekCommand(position_seconds=1, request_id="r1"))
    assert len(connection.take()) == 1
    gate.set()
    await settle()


async def test_a_repeated_request_gets_its_answer_without_execution() -> None:
    desk = Desk()
    desk.handler.answers["fast"] = {"n": 1}
    desk.fast(1, "r1")
    desk.handler.answers["fast"] = {"n": 2}
    desk.fast(1, "r1")
    assert desk.handler.executed == [1]
    assert desk.answers() == [("r1", {"n": 1})] * 2


async def test_a_repeated_request_gets_the_same_error() -> None:
    desk = Desk()
    desk.handler.answers["fast"] = InvalidMessage("no", ["x"])
    desk.fast(1, "r1")
    desk.handler.answers["fast"] = None
    desk.fast(1, "r1")
    assert desk.handler.executed == [1]
    assert desk.answers() == [("r1", "invalid_message")] * 2


async def test_a_request_with_a_retryable_error_is_executed_again() -> None:
    desk = Desk()
    desk.handler.answers["fast"] = Unavailable("later")
    desk.fast(1, "r1")
    desk.handler.answers["fast"] = {"n": 1}
    desk.fast(1, "r1")
    assert desk.handler.executed == [1, 1]
    assert desk.answers() == [("r1", "unavailable"), ("r1", {"n": 1})]


async def test_a_request_repeated_while_it_runs_is_executed_once() -> None:
    desk = Desk()
    gate = desk.gate("a")
    desk.slow("a", "r1")
    desk.slow("a", "r1")
    gate.set()
    await settle()
    assert desk.handler.executed == ["a"]
    assert all(request_id == "r1" for request_id, _ in desk.answers())


async def test_a_running_request_is_answered_on_the_newest_connection() -> None:
    desk = Desk()
    gate = desk.gate("a")
    desk.handler.answers["a"] = {"n": 1}
    desk.slow("a", "r1")
    await settle()
    desk.session.connection = newer = FakeConnection()
    gate.set()
    await settle()
    assert desk.answers() == []
    assert [message["request_id"] for message in newer.take()] == ["r1"]


async def test_an_answer_is_stored_while_the_client_is_disconnected() -> None:
    desk = Desk()
    gate = desk.gate("a")
    desk.handler.answers["a"] = {"n": 1}
    desk.slow("a", "r1")
    await settle()
    desk.session.connection = None
    gate.set()
    await settle()
    desk.session.connection = desk.connection
    desk.slow("a", "r1")
    assert desk.handler.executed == ["a"]
    assert desk.answers() == [("r1", {"n": 1})]


async def test_a_permission_is_checked_before_the_handler() -> None:
    desk = Desk()
    listener, connection = desk.harness.connect(principal("eve", "listen"), subscribe=())
    connection.take()
    desk.harness.say(listener, SeekCommand(position_seconds=1, request_id="r1"))
    assert [message["error_type"] for message in connection.take()] == ["permission_denied"]
    assert desk.handler.executed == []


async def test_permissions_are_checked_at_execution() -> None:
    desk = Desk()
    gate = desk.gate("a")
    desk.slow("a")
    desk.fast(1, "r1")
    desk.harness.hub.sessions.renew(desk.session, principal("ada", "listen"))
    gate.set()
    await settle()
    assert desk.handler.executed == ["a"]
    assert ("r1", "permission_denied") in desk.answers()


@pytest.mark.parametrize("kind", ["fast", "slow"])
async def test_a_failing_handler_keeps_the_connection_and_reveals_nothing(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk()
    desk.handler.answers["fast"] = desk.handler.answers["a"] = RuntimeError("secret detail")
    if kind == "fast":
        desk.fast(1, "r1")
    else:
        desk.slow("a", "r1")
    await settle()
    [answer] = desk.connection.take()
    assert (answer["error_type"], answer["request_id"]) == ("internal_error", "r1")
    assert "secret" not in str(answer)
    assert "secret detail" in caplog.text
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    desk.handler.answers.clear()
    desk.fast(2, "r2")
    assert desk.answers() == [("r2", {})]


async def test_a_follow_up_action_runs_after_the_answer() -> None:
    desk = Desk()
    desk.handler.answers["fast"] = ResultThen({"n": 1}, lambda: desk.session.send(Pong(server_time_us=7)))
    desk.fast(1, "r1")
    assert [message["type"] for message in desk.connection.take()] == ["result", "pong"]


async def test_a_message_may_replace_the_result() -> None:
    desk = Desk()
    desk.harness.say(desk.session, Ping(request_id="r1"))
    desk.harness.say(desk.session, Ping())
    first, second = desk.connection.take()
    assert (first["type"], first["request_id"]) == ("pong", "r1")
    assert "request_id" not in second


async def test_an_invalid_message_is_answered_in_order() -> None:
    desk = Desk()
    gate = desk.gate("a")
    desk.slow("a", "r1")
    decoded = desk.harness.hub.dispatcher.codec.decode('{"type":"seek_command","request_id":"r2"}')
    desk.harness.hub.dispatcher.receive(desk.session, decoded, desk.harness.clock.now_us())
    assert desk.answers() == []
    gate.set()
    await settle()
    assert desk.answers() == [("r1", {}), ("r2", "invalid_message")]


async def test_an_ended_session_executes_no_waiting_messages() -> None:
    desk = Desk()
    gate = desk.gate("a")
    desk.slow("a")
    await settle()
    desk.fast(1)
    desk.harness.hub.sessions.end(desk.session, CloseCode.FORCED_OUT)
    gate.set()
    await settle()
    assert desk.handler.executed == ["a"]


async def test_a_request_that_is_cancelled_before_it_begins_keeps_no_later_one_waiting() -> None:
    desk = Desk()
    desk.slow("a", "r1")
    desk.fast(1, "r2")
    assert desk.session.task is not None
    desk.session.task.cancel()
    await settle()
    assert desk.answers() == [("r1", "unavailable"), ("r2", "unavailable")]
    desk.fast(2, "r3")
    desk.slow("b", "r1")
    await settle()
    assert desk.handler.executed == [2, "b"]
    assert [request_id for request_id, _ in desk.answers()] == ["r3", "r1"]


async def test_a_request_that_is_cancelled_may_have_been_executed_in_part() -> None:
    desk = Desk()
    desk.gate("a")
    desk.slow("a", "r1")
    desk.fast(1, "r2")
    await settle()
    assert desk.handler.executed == ["a"]
    assert desk.session.task is not None
    desk.session.task.cancel()
    await settle()
    first, second = desk.connection.take()
    assert (first["request_id"], first["error_type"], "in part" in first["message"]) == ("r1", "unavailable", True)
    assert (second["request_id"], second["error_type"], "in part" in second["message"]) == ("r2", "unavailable", False)


async def test_the_inbox_is_bounded() -> None:
    desk = Desk(Limits(inbound_messages=2))
    gate = desk.gate("a")
    desk.slow("a", "r1")
    for number in range(4):
        desk.fast(number, f"f{number}")
    assert desk.answers() == [("f2", "rate_limit_exceeded"), ("f3", "rate_limit_exceeded")]
    gate.set()
    await settle()
    assert desk.handler.executed == ["a", 0, 1]
    desk.fast(3, "f3")
    assert desk.answers()[-1] == ("f3", {})


async def test_commands_from_inside_use_the_same_table() -> None:
    desk = Desk()
    hub = desk.harness.hub
    desk.handler.answers["fast"] = ResultThen({"n": 1}, lambda: desk.handler.executed.append("then"))
    result: Any = await hub.execute(SeekCommand(position_seconds=1))
    assert result == {"n": 1}
    assert desk.handler.executed == [1, "then"]
    with pytest.raises(PermissionDenied):
        await hub.execute(SeekCommand(position_seconds=1), principal("eve", "listen"))
    hub.register(GetMetrics, None, "admin")
    with pytest.raises(NotSupported):
        await hub.execute(GetMetrics())


def test_every_message_of_the_protocol_is_in_the_table() -> None:
    assert set(Harness().hub.dispatcher._rows) == set(CLIENT_MODELS.values())


def test_reading_needs_the_permission_to_listen() -> None:
    rows = Harness().hub.dispatcher._rows
    assert rows[QueueGet].permission == "listen"
    open_to_all = {model.__name__ for model, row in rows.items() if row.permission is None}
    assert open_to_all == {"Authenticate", "Refresh", "Subscribe", "Unsubscribe", "Ping", "TimeSync"}
