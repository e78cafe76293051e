"""A scripted hub that checks a client: each connection is one step of the script, with a verdict on the client.

It supports WebSocket only, accepts any token, and needs a client that connects as a player.
"""

import asyncio
from collections.abc import Awaitable, Callable
import json
import time
from typing import Any, Final, NamedTuple

from aiohttp import WSMsgType, web

from ..config import API
from .frames import Json, find_mismatch, golden
from .probe import SUBPROTOCOL, CheckFailed, expect

MESSAGE_TIMEOUT: Final = 30.0
EPOCH: Final = "conformance"
ADDRESSED: Final = frozenset({"hello", "welcome", "goodbye", "result", "error", "pong", "time_sync"})
"""Message types that depend on the connection's state, and so aren't sent as they are in the golden frames."""
STAY_AWAY_SECONDS: Final = 12
"""Seconds without a connection after which the client counts as staying away."""

type PrintLine = Callable[[str], None]


class Step(NamedTuple):
    """One connection of the script."""

    title: str
    run: Callable[[HubConnection], Awaitable[None]]


class HubConnection:
    """The hub's side of one connection."""

    def __init__(self, socket: web.WebSocketResponse, memory: Json) -> None:
        self.socket = socket
        self.memory = memory
        """Values of earlier connections."""

    async def send(self, type_: str, **fields: Any) -> None:
        """Send a message."""
        await self.socket.send_str(json.dumps({"type": type_, **fields}))

    async def receive(self, *types: str) -> Json:
        """Return the next message of one of these types, and answer all others."""
        async with asyncio.timeout(MESSAGE_TIMEOUT):
            while True:
                frame = await self.socket.receive()
                expect(frame.type is WSMsgType.TEXT, f"one of {types}, not the end of the connection")
                message: Json = json.loads(frame.data)
                expect(not (wrong := find_mismatch("client", message)), f"what the golden frames show: {wrong}")
                if message.get("type") in types:
                    return message
                await self._answer(message)

    async def greet(self) -> Json:
        """Send `hello`, and return the client's `authenticate`."""
        await self.send(
            "hello",
            protocol={"min": 1, "max": 1},
            server="moosicbox-conformance/1",
            node_id="conformance",
            clock_id="conformance",
            server_time_us=now_us(),
            auth_required=True,
            authenticated=False,
            heartbeat_interval=30,
            limits={"max_message_size": 262_144},
            features={"queue": 1, "resume": 1, "sync": 1, "a_feature_of_tomorrow": 9},
        )
        authenticate = await self.receive("authenticate")
        expect(authenticate.get("client", {}).get("kind") == "player", "a client that connects as a player")
        return authenticate

    async def welcome(self, authenticate: Json, *, resumed: bool, offset: int = 0) -> None:
        """Send `welcome`."""
        player_id = authenticate["client"]["player_id"]
        self.memory["play"] = f"play:{player_id}"
        positions = {topic: {"epoch": EPOCH, "offset": offset} for topic in ("all", self.memory["play"])}
        fields = {"request_id": authenticate["request_id"]} if "request_id" in authenticate else {}
        await self.send(
            "welcome",
            client_id="client-1",
            session_id="session-1",
            secret="secret-1",  # noqa: S106 - plays a hub
            resumed=resumed,
            user={"id": "tester", "name": "Tester"},
            permissions=["listen", "play"],
            positions=positions,
            server_time_us=now_us(),
            a_field_of_tomorrow=True,
            **fields,
        )

    async def _answer(self, message: Json) -> None:
        request_id = {"request_id": message["request_id"]} if "request_id" in message else {}
        match message.get("type"):
            case "time_sync":
                stamp = now_us()
                await self.send("time_sync", t0_us=message["t0_us"], t1_us=stamp, t2_us=stamp, **request_id)
            case "ping":
                await self.send("pong", server_time_us=now_us(), **request_id)
            case _ if request_id:
                await self.send("result", data={}, **request_id)


def now_us() -> int:
    """Return the clock of this hub."""
    return time.monotonic_ns() // 1000


async def first_connection(connection: HubConnection) -> None:
    """Accept the client, let it probe the clock, and send it unknown messages and fields."""
    authenticate = await connection.greet()
    expect(authenticate.get("token"), "authenticate carries a token")
    await connection.welcome(authenticate, resumed=False)
    await connection.send("a_message_of_tomorrow", topic="all", data=1)
    probe = await connection.receive("time_sync")
    stamp = now_us()
    await connection.send(
        "time_sync", t0_us=probe["t0_us"], t1_us=stamp, t2_us=stamp, request_id=probe.get("request_id", "")
    )
    for offset in (1, 2):
        await connection.send("message", topic="all", offset=offset, event="check", data=offset)
    await connection.send("synchronized_playback", **_stop(connection))
    report = await connection.receive("player_report")
    expect(report.get("state") == "idle", "a stopped player reports idle")
    connection.memory["session"] = "session-1"


async def resume_after_cut(connection: HubConnection) -> None:
    """After a cut, expect a resume with the position of each topic."""
    authenticate = await connection.greet()
    resume = authenticate.get("resume") or {}
    expect(resume.get("session_id") == "session-1" and resume.get("secret") == "secret-1", "resume names the session")
    expect(resume.get("positions", {}).get("all") == {"epoch": EPOCH, "offset": 2}, "all was read up to offset 2")
    await connection.welcome(authenticate, resumed=True, offset=2)
    await connection.send("goodbye", reason="restart", reconnect=True, reconnect_after=1.0)
    connection.memory["goodbye_us"] = now_us()
    await connection.socket.close(code=4000)


async def reconnect_after_goodbye(connection: HubConnection) -> None:
    """After a goodbye, expect the client after `reconnect_after` at the earliest; then don't resume its session."""
    waited = (now_us() - connection.memory["goodbye_us"]) / 1e6
    expect(waited >= 0.9, f"a wait of reconnect_after (1 s), not {waited:.2f} s")
    authenticate = await connection.greet()
    await connection.welcome(authenticate, resumed=False)
    await connection.send("synchronized_playback", **_stop(connection))
    await connection.receive("player_report")


async def every_message(connection: HubConnection) -> None:
    """Send one of each message that a hub may send, expect the client to go on, then forbid it to reconnect."""
    authenticate = await connection.greet()
    await connection.welcome(authenticate, resumed=False)
    for frame in golden("server").values():
        if frame["type"] not in ADDRESSED and not str(frame.get("topic")).startswith("play:"):
            # In a topic that this client doesn't follow, no offset can be missing.
            replaced = {"topic": "room:elsewhere"} if "topic" in frame else {}
            await connection.socket.send_str(json.dumps({**frame, **replaced}))
    await connection.send("synchronized_playback", **_stop(connection))
    await connection.receive("player_report")
    await connection.socket.close(code=4503)


def _stop(connection: HubConnection) -> Json:
    return {
        "topic": connection.memory["play"],
        "snapshot": True,
        "command": "stop",
        "queue_item_id": None,
        "track": None,
        "start_position": 0.0,
        "sync_time_us": now_us(),
        "rate": 1.0,
    }


STEPS: Final = (
    Step("first connection", first_connection),
    Step("resume after a cut", resume_after_cut),
    Step("goodbye", reconnect_after_goodbye),
    Step("every message", every_message),
)


async def serve(port: int, print_line: PrintLine) -> int:
    """Wait for a client, run all steps with it, and return how many failed."""
    script = _Script(print_line)
    app = web.Application()
    app.router.add_get(f"/{API}/ws", script.connection)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print_line(f"Let the client connect to http://127.0.0.1:{port}, as a player, with any token")
    try:
        await script.done.wait()
    finally:
        await runner.cleanup()
    return script.failures


class _Script:
    def __init__(self, print_line: PrintLine) -> None:
        self.done = asyncio.Event()
        self.failures = 0
        self._print_line = print_line
        self._steps = list(STEPS)
        self._memory: Json = {}

    async def connection(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=(SUBPROTOCOL,))
        await socket.prepare(request)
        if not self._steps:
            self._record("closed with 4503", "FAILED: expected no further connection")
            self.done.set()
            return socket
        step = self._steps.pop(0)
        try:
            await step.run(HubConnection(socket, self._memory))
            verdict = "ok"
        except CheckFailed as failed:
            verdict = f"FAILED: expected {failed}"
        except (TimeoutError, KeyError, TypeError, ValueError) as error:
            verdict = f"FAILED: {type(error).__name__} {error}"
        self._record(step.title, verdict)
        if verdict != "ok":
            self._steps.clear()
            self.done.set()
        elif not self._steps:
            asyncio.get_running_loop().call_later(STAY_AWAY_SECONDS, self._stayed_away)
        elif request.transport is not None and not socket.closed:
            request.transport.abort()
        return socket

    def _stayed_away(self) -> None:
        if not self.done.is_set():
            self._record("stays away after 4503", "ok")
            self.done.set()

    def _record(self, title: str, verdict: str) -> None:
        self.failures += verdict != "ok"
        self._print_line(f"{title:24} {verdict}")
