"""The checks, one function each; its docstring's first line says what it checks. They change nothing that users notice."""

import asyncio
from collections.abc import Awaitable, Callable
import time
from typing import Final
import uuid

from aiohttp import WSServerHandshakeError

from .frames import Json, golden
from .probe import CheckFailed, HubUnderTest, Probe, expect

type Check = Callable[[HubUnderTest], Awaitable[None]]

CHECKS: Final[list[Check]] = []
HELLO: Final = {
    *("type", "protocol", "server", "node_id", "clock_id", "server_time_us", "auth_required", "authenticated"),
    *("heartbeat_interval", "limits", "features"),
}
SIDE_EFFECTS: Final = (
    *("authenticate", "refresh", "broadcast", "client_event", "room_command.create", "household_command.announce"),
    *("library_request.favourite", "library_request.playlist", "library_request.podcast", "library_request.station"),
)
"""Golden frames that aren't sent: they start a session, or change something that users notice."""
WELCOME: Final = {
    *("type", "client_id", "session_id", "secret", "resumed", "user", "permissions", "positions", "server_time_us"),
}


def check(function: Check) -> Check:
    """Register a check."""
    CHECKS.append(function)
    return function


@check
async def greeting(target: HubUnderTest) -> None:
    """The hub says hello first, with all its fields, for version 1."""
    async with target.connect() as probe:
        expect(probe.hello.keys() >= HELLO, f"hello has {sorted(HELLO - probe.hello.keys())}")
        expect(probe.hello["protocol"]["min"] <= 1 <= probe.hello["protocol"]["max"], "version 1 is spoken")
        expect(probe.socket.protocol == "moosicbox.v1", "the subprotocol moosicbox.v1 is chosen")


@check
async def subprotocols(target: HubUnderTest) -> None:
    """A client without a subprotocol is served; one with only unknown subprotocols gets 400."""
    async with target.connect(protocols=()):
        pass
    try:
        async with target.connect(protocols=("unknown.v9",)):
            raise CheckFailed("400 for unknown subprotocols")
    except WSServerHandshakeError as error:
        expect(error.status == 400, f"400, not {error.status}")


@check
async def wrong_token(target: HubUnderTest) -> None:
    """A wrong token is refused with authentication_failed and 4501."""
    async with target.connect() as probe:
        await _expect_refusal(
            probe, {"type": "authenticate", "token": "x.y.z", "client": {"name": "x", "kind": "monitor"}}
        )


@check
async def first_message(target: HubUnderTest) -> None:
    """A first message other than authenticate is refused with authentication_failed and 4501."""
    async with target.connect() as probe:
        await _expect_refusal(probe, {"type": "ping"})


@check
async def welcome(target: HubUnderTest) -> None:
    """The welcome has all its fields, and positions of the topics."""
    async with target.controller() as probe:
        missing = WELCOME - probe.welcome.keys()
        expect(not missing, f"welcome has {sorted(missing)}")
        expect(probe.welcome["resumed"] is False, "a new session is not resumed")
        user = probe.welcome["user"]["id"]
        for topic in ("all", f"user:{user}", f"client:{probe.welcome['client_id']}", "players"):
            expect(topic in probe.positions, f"the topic {topic} is followed by default")


@check
async def snapshots(target: HubUnderTest) -> None:
    """The list of players follows the welcome, marked as a snapshot and without offset."""
    async with target.controller(subscribe=["players"]) as probe:
        players = await probe.receive()
        expect(players["type"] == "player_list", f"player_list, not {players['type']}")
        expect(players.get("snapshot") is True and "offset" not in players, "snapshot: true, no offset")


@check
async def answers(target: HubUnderTest) -> None:
    """Each request has exactly one answer; a repeated request_id gets the same answer again."""
    async with target.controller(subscribe=[]) as probe:
        request_id = uuid.uuid4().hex
        for _ in range(2):
            answer = await probe.request({"type": "subscribe", "topics": ["all"], "request_id": request_id})
            expect(answer["type"] == "result" and "all" in answer["data"]["positions"], "result with positions")
        pong = await probe.request({"type": "ping"})
        expect(pong["type"] == "pong" and isinstance(pong["server_time_us"], int), "pong with the hub's time")


@check
async def clock(target: HubUnderTest) -> None:
    """time_sync returns t0_us, and times of a clock that never goes back."""
    async with target.controller(subscribe=[]) as probe:
        last = 0
        for _ in range(3):
            t0_us = time.monotonic_ns() // 1000
            answer = await probe.request({"type": "time_sync", "t0_us": t0_us})
            expect(answer["type"] == "time_sync" and answer["t0_us"] == t0_us, "time_sync with the same t0_us")
            expect(last <= answer["t1_us"] <= answer["t2_us"], "t1_us ≤ t2_us, both never going back")
            last = answer["t2_us"]


@check
async def invalid_messages(target: HubUnderTest) -> None:
    """Invalid messages are answered and don't close: binary, no JSON, unknown type, wrong field; unknown fields are ignored."""
    async with target.controller(subscribe=[]) as probe:
        await probe.socket.send_bytes(b"{}")
        expect((await probe.receive()).get("error_type") == "serialization_error", "serialization_error for binary")
        await probe.socket.send_str("{")
        expect((await probe.receive()).get("error_type") == "serialization_error", "serialization_error for no JSON")
        await probe.expect_error({"type": "no_such_message"}, "unknown_type")
        wrong = await probe.expect_error({"type": "time_sync", "t0_us": "now"}, "invalid_message")
        expect(wrong.get("path") == ["t0_us"], "the path of the wrong field")
        expect((await probe.request({"type": "ping", "unknown": 1}))["type"] == "pong", "unknown fields are ignored")


@check
async def names(target: HubUnderTest) -> None:
    """Missing players and rooms, and forbidden topics, are refused with errors of their own."""
    async with target.controller(subscribe=[]) as probe:
        pause = {"type": "playback_command", "command": "pause"}
        await probe.expect_error({**pause, "player_id": "no-such-player"}, "player_not_found")
        await probe.expect_error({**pause, "room_id": "no-such-room"}, "room_not_found")
        await probe.expect_error({"type": "subscribe", "topics": ["all", "user:another-user"]}, "permission_denied")


@check
async def messages(target: HubUnderTest) -> None:
    """Every message of clients is known: none of their golden frames is refused as invalid."""
    async with target.controller(subscribe=[]) as probe:
        for name, frame in golden("client").items():
            if not name.startswith(SIDE_EFFECTS):
                answer = await probe.request(_with_missing_targets(frame))
                if wait := answer.get("retry_after"):
                    await asyncio.sleep(wait)
                    answer = await probe.request(_with_missing_targets(frame))
                is_invalid = answer.get("error_type") in ("unknown_type", "serialization_error", "invalid_message")
                expect(not is_invalid, f"that {name} is understood, not {answer.get('message')}")


@check
async def size(target: HubUnderTest) -> None:
    """A message over max_message_size closes with 1009."""
    async with target.controller(subscribe=[]) as probe:
        await probe.send({"type": "ping", "padding": "x" * int(probe.hello["limits"]["max_message_size"])})
        code = await probe.wait_closed()
        expect(code == 1009, f"1009, not {code}")


@check
async def resume(target: HubUnderTest) -> None:
    """A lost session resumes with the same ids and topics, without a gap."""
    async with target.controller(subscribe=["all", "players"]) as probe:
        lost = probe
        await probe.socket.close(code=4012)
    positions = {
        "session_id": lost.welcome["session_id"],
        "secret": lost.welcome["secret"],
        "positions": lost.positions,
    }
    async with target.controller(resume=positions) as probe:
        expect(probe.welcome["resumed"] is True, f"resumed, not {probe.welcome.get('resume_failure')}")
        expect(probe.welcome["client_id"] == lost.welcome["client_id"], "the same client_id")
        expect(probe.welcome["positions"].keys() == lost.positions.keys(), "the same topics")


@check
async def no_resume(target: HubUnderTest) -> None:
    """A session that ended is not resumed, and resume_failure says why."""
    async with target.controller() as probe:
        ended = probe
        await probe.socket.close(code=1000)
    resume = {"session_id": ended.welcome["session_id"], "secret": ended.welcome["secret"], "positions": {}}
    async with target.controller(resume=resume) as probe:
        expect(probe.welcome["resumed"] is False, "a session that was closed with 1000 has ended")
        expect(probe.welcome.get("resume_failure") == "session_unknown", "resume_failure session_unknown")


@check
async def player(target: HubUnderTest) -> None:
    """A player appears in the list and follows its play: topic; a newer connection with its id replaces it (4509)."""
    client = {"name": "Conformance", "kind": "player", "player_id": "conformance-check"}
    async with target.controller(subscribe=["players"], client=client) as probe:
        expect(f"play:{client['player_id']}" in probe.positions, "its play: topic is followed by default")
        while (message := await probe.receive())["type"] != "player_list" or not any(
            player["player_id"] == client["player_id"] for player in message["players"]
        ):
            pass
        async with target.controller(subscribe=[], client=client):
            code = await probe.wait_closed()
            expect(code == 4509, f"4509 for the older connection, not {code}")


@check
async def queue(target: HubUnderTest) -> None:
    """Get returns a page of the queue; a stale if_revision is refused with revision_conflict."""
    client = {"name": "Conformance", "kind": "player", "player_id": "conformance-check"}
    async with target.controller(subscribe=[], client=client) as probe:
        page = (await probe.request({"type": "queue_command", "action": "get"}))["data"]["queue"]
        fields = {"epoch", "revision", "current_index", "current_item_id", "items", "total", "offset"}
        expect(page.keys() >= fields, f"a page has {sorted(fields - page.keys())}")
        stale = {"type": "queue_command", "action": "clear", "if_revision": page["revision"] + 7}
        conflict = await probe.expect_error(stale, "revision_conflict")
        expect(conflict.get("revision") == page["revision"], "the conflict names the revision")


@check
async def polling(target: HubUnderTest) -> None:
    """A session by polling: open, fetch, send, end."""
    bearer = {"Authorization": f"Bearer {target.token}"}
    body: Json = {"type": "authenticate", "client": {"name": "Conformance", "kind": "controller"}}
    async with target.http.post(target.address("sessions"), json=body, headers=bearer) as response:
        expect(response.status == 200, f"200, not {response.status}")
        opened = await response.json()
        expect(opened["type"] == "welcome" and opened["hello"]["type"] == "hello", "a welcome with hello inside")
    session = target.address("sessions", opened["session_id"])
    bearer = {"Authorization": f"Bearer {opened['secret']}"}
    async with target.http.get(session / "messages", params={"wait": "0"}, headers=bearer) as response:
        fetched = await response.json()
        expect(isinstance(fetched["messages"], list) and "cursor" in fetched, "messages and a cursor")
    ping = [{"type": "ping", "request_id": "check"}]
    async with target.http.post(session / "messages", json=ping, headers=bearer) as response:
        expect([answer["type"] for answer in await response.json()] == ["pong"], "an array of answers")
    async with target.http.delete(session, headers=bearer) as response:
        expect(response.status in (200, 204), "the session ends")
    async with target.http.get(session / "messages", params={"wait": "0"}, headers=bearer) as response:
        expect(response.status == 410, f"410 for a session that ended, not {response.status}")


def _with_missing_targets(frame: Json) -> Json:
    """Return the frame with ids of a player and room that don't exist, and without a cursor."""
    names = {name: "no-such-one" for name in frame if name.removeprefix("to_") in ("player_id", "room_id")}
    if frame["type"].endswith("_command") and not names.keys() & {"player_id", "room_id"}:
        names["player_id"] = "no-such-one"
    kept = {name: value for name, value in frame.items() if name != "cursor"}
    return {**kept, **names, "request_id": uuid.uuid4().hex}


async def _expect_refusal(probe: Probe, message: Json) -> None:
    await probe.send(message)
    answer = await probe.receive()
    expect(answer.get("error_type") == "authentication_failed", f"authentication_failed, not {answer}")
    code = await probe.wait_closed()
    expect(code == 4501, f"4501, not {code}")
