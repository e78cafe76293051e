"""The session and reconnect rules, by the vectors that the browser's client is held to as well."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from custom_components.moosicbox.engine.client.errors import error_from
from custom_components.moosicbox.engine.client.messages import decode, topic_and_offset
from custom_components.moosicbox.engine.client.reconnect import Ending, Verdict, judge, reconnect_delay
from custom_components.moosicbox.engine.client.session import Delivery, SessionState
from custom_components.moosicbox.engine.protocol.server import Goodbye, Welcome
from custom_components.moosicbox.engine.protocol.types import Position

GOLDEN = Path(__file__).parents[2] / "golden"
DELIVERIES = {Delivery.NEW: "new", Delivery.REPEAT: "repeat", Delivery.GAP: "gap"}
WELCOME = {
    "type": "welcome",
    "client_id": "client",
    "user": {"id": "ada", "name": "Ada"},
    "permissions": [],
    "server_time_us": 0,
}


def vectors(folder: str, key: str) -> list[Any]:
    """Return the vectors of a folder that have the member `key`, each as a test parameter."""
    found = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((GOLDEN / folder).glob("*.json"))}
    assert found
    return [pytest.param(vector[key], id=name) for name, vector in found.items() if key in vector]


def deliver(session: SessionState, message: dict[str, Any]) -> str:
    """Hand a message to the session, as the connection does."""
    numbered = topic_and_offset(decode(json.dumps(message)))
    return "new" if numbered is None else DELIVERIES[session.receive(*numbered)]


@pytest.mark.parametrize("steps", vectors("session", "steps"))
def test_session_follows_the_vectors(steps: list[dict[str, Any]]) -> None:
    session = SessionState()
    for number, step in enumerate(steps):
        match step:
            case {"welcome": welcome}:
                session.welcome(msgspec.convert(WELCOME | welcome, Welcome))
            case {"subscribed": positions}:
                session.add(msgspec.convert(positions, dict[str, Position]))
            case {"unsubscribed": topics}:
                session.remove(topics)
            case {"forget": True}:
                session.forget()
            case {"receive": message, "delivery": delivery}:
                assert deliver(session, message) == delivery, f"step {number}"
            case {"resume": resume}:
                assert msgspec.to_builtins(session.resume) == resume, f"step {number}"
            case _:
                pytest.fail(f"unknown step {step}")


@pytest.mark.parametrize("cases", vectors("reconnect", "cases"))
def test_reconnect_decisions_follow_the_vectors(cases: list[dict[str, Any]]) -> None:
    for case in cases:
        closed = case["closed"]
        ending = Ending(
            code=closed["code"],
            error=error_from(closed["error"]) if "error" in closed else None,
            goodbye=msgspec.convert(closed["goodbye"], Goodbye) if "goodbye" in closed else None,
            terminal=closed.get("refused", False),
        )
        verdict = judge(
            ending,
            token_is_fresh=case["token_is_fresh"],
            can_renew=case["can_renew"],
            replaced_by_itself=case["replaced_by_itself"],
        )
        assert decision_of(verdict) == case["decision"], case


@pytest.mark.parametrize("delays", vectors("reconnect", "delays"))
def test_reconnect_delays_follow_the_vectors(delays: list[dict[str, float]]) -> None:
    for delay in delays:
        seconds = reconnect_delay(int(delay["attempt"]), delay["random"])
        assert seconds == pytest.approx(delay["seconds"], abs=1e-6)


def decision_of(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict in the words of the vectors."""
    if verdict.stop:
        return {"reconnect": False}
    return {
        "reconnect": True,
        "fresh_token": verdict.fresh_token,
        "after_seconds": verdict.after,
        "min_seconds": verdict.extra_delay,
    }
