"""Refusals at a bound: the answer says what the reference says, and the same request succeeds once there is room."""

import ast
import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.protocol import errors
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from script.protocol_reference.texts import Texts
from tests.engine.fakes import FakeConnection, Harness, principal, settle

TEXTS = Texts(lambda text: text)
ENGINE = Path(errors.__file__).parents[1]


class Bound(NamedTuple):
    """A bound that `fill` reaches, `request` exceeds, and `free` makes room at."""

    limits: dict[str, Any]
    fill: dict[str, Any]
    request: dict[str, Any]
    free: dict[str, Any]
    error_type: str = "unavailable"


QUEUE = {"type": "queue_command", "player_id": "kitchen"}
ROOM = {"type": "room_command"}
BOUNDS = {
    "queue": Bound(
        {"max_queue_items": 2},
        {**QUEUE, "action": "add", "track_ids": ["one", "two"]},
        {**QUEUE, "action": "add", "track_id": "three"},
        {**QUEUE, "action": "clear"},
    ),
    "rooms": Bound(
        {"max_rooms": 1},
        {**ROOM, "action": "create", "name": "A", "id": "a"},
        {**ROOM, "action": "create", "name": "B", "id": "b"},
        {**ROOM, "action": "close", "room_id": "a"},
    ),
    "topics": Bound(
        {"max_subscriptions": 1},
        {"type": "subscribe", "topics": ["players"]},
        {"type": "subscribe", "topics": ["rooms"]},
        {"type": "unsubscribe", "topics": ["players", "play:kitchen"]},
    ),
    "participants": Bound(
        {},
        {**ROOM, "action": "create", "name": "A", "id": "a", "max_participants": 1},
        {**ROOM, "action": "join", "room_id": "a"},
        {**ROOM, "action": "update", "room_id": "a", "max_participants": 2},
        "room_full",
    ),
}


@pytest.mark.parametrize("bound", BOUNDS.values(), ids=BOUNDS)
async def test_the_same_request_succeeds_once_there_is_room(bound: Bound) -> None:
    harness = Harness(Limits(**bound.limits))
    harness.connect(principal("ada"), player_id="kitchen", subscribe=())
    host = harness.connect(principal("ada"), subscribe=())
    # A second client, for the rooms that a client can't join twice.
    other = harness.connect(principal("ben"), name="Other", subscribe=()) if bound.error_type == "room_full" else host

    async def ask(client: tuple[Any, FakeConnection], frame: dict[str, Any], request_id: str) -> dict[str, Any]:
        session, connection = client
        decoded = harness.hub.dispatcher.codec.decode(json.dumps({**frame, "request_id": request_id}))
        assert decoded.error is None
        harness.hub.dispatcher.receive(session, decoded, harness.clock.now_us())
        await settle()
        (answer,) = [message for message in connection.take() if message.get("request_id") == request_id]
        return answer

    assert (await ask(host, bound.fill, "fill"))["type"] == "result"
    for _ in range(2):
        refused = await ask(other, bound.request, "again")
        assert refused["error_type"] == bound.error_type
        assert refused["retryable"] is is_retryable(bound.error_type, "limit")
    assert (await ask(host, bound.free, "free"))["type"] == "result"
    assert (await ask(other, bound.request, "again"))["type"] == "result"
    await harness.hub.stop(CloseCode.GOING_AWAY, "shutdown")


def is_retryable(error_type: str, word: str) -> bool:
    """Return what the reference says of an error, by a word of its cause."""
    text = TEXTS.errors[error_type]
    if text.causes:
        (cause,) = [cause for cause in text.causes if word in cause.cause]
        return cause.retryable
    return next(error.retryable for error in errors.HubError.__subclasses__() if error.error_type == error_type)


def test_errors_with_several_verdicts_name_their_causes() -> None:
    both = {error.error_type for error in errors.HubError.__subclasses__() if error.__name__ in _overridden()}
    assert both == {error_type for error_type, text in TEXTS.errors.items() if text.causes}
    for error_type in both:
        assert {cause.retryable for cause in TEXTS.errors[error_type].causes} == {True, False}


def _overridden() -> set[str]:
    """Return the names of errors that the hub raises with a verdict of their own."""
    texts = [path.read_text("utf-8") for path in ENGINE.rglob("*.py") if "client" not in path.relative_to(ENGINE).parts]
    trees = [ast.parse(text) for text in texts if "retryable=" in text]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {
        call.func.id
        for call in calls
        if isinstance(call.func, ast.Name) and any(keyword.arg == "retryable" for keyword in call.keywords)
    }
