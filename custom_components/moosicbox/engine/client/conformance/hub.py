"""Plays the hub for a client under test: a script of what hubs and networks do, and a verdict on what the client does.

It speaks WebSocket alone, takes any token, and needs a client that connects as a player.
"""

import asyncio
from collections.abc import Awaitable, Callable
import json
import time
from typing import Any, Final, NamedTuple

from aiohttp import WSMsgType, web

from ..config import API
from .frames import Json, find_mismatch, golden
from .probe import SUBPROTOCOL, Failed, expect

PATIENCE: Final = 30.0
EPOCH: Final = "conformance"
ADDRESSED: Final = frozenset({"hello", "welcome", "goodbye", "result", "error", "pong", "time_sync"})
"""Types that begin, end or answer something."""
STAY_AWAY_SECONDS: Final = 12
"""Seconds that a client may take to come back."""

type Say = Callable[[str], None]


class Step(NamedTuple):
    """One connection of the script."""

    title: str
    play: Callable[[HubConnection], Awaitable[None]]


class HubConnection:
    """The hub's side of one connection."""

    def __init__(self, socket: web.WebSocketResponse, told: Json) -> None:
        """`told`: what was learnt about the client on earlier connections."""
        self.socket = socket
        self.told = told

    async def send(self, type_: str, **fields: Any) -> None:
        """Say something."""
        await self.socket.send_str(json.dumps({"type": type_, **fields}))

    async def receive(self, *types: str) -> Json:
        """The next message of one of these types; pings and probes are answered meanwhile."""
        async with asyncio.timeout(PATIENCE):
            while True:
                frame = await self.socket.receive()
                expect(frame.type is WSMsgType.TEXT, f"one of {types}, not the end of the connection")
                message: Json = json.loads(frame.data)
                expect(not (wrong := find_mismatch("client", message)), f"what the golden frames show: {wrong}")
                if message.get("type") in types:
                    return message
                await self._serve(message)

    async def greet(self) -> Json:
        """Say hello; the client's authenticate."""
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
        """Let the client in."""
        player_id = authenticate["client"]["player_id"]
        self.told["play"] = f"play:{player_id}"
        positions = {topic: {"epoch": EPOCH, "offset": offset} for topic in ("all", self.told["play"])}
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

    async def _serve(self, message: Json) -> None:
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
    """The clock of this hub."""
    return time.monotonic_ns() // 1000


async def first(stage: HubConnection) -> None:
    """Let in, learn the clock, ignore what is unknown."""
    authenticate = await stage.greet()
    expect(authenticate.get("token"), "authenticate carries a token")
    await stage.welcome(authenticate, resumed=False)
    await stage.send("a_message_of_tomorrow", topic="all", data=1)
    probe = await stage.receive("time_sync")
    stamp = now_us()
    await stage.send(
        "time_sync", t0_us=probe["t0_us"], t1_us=stamp, t2_us=stamp, request_id=probe.get("request_id", "")
    )
    for offset in (1, 2):
        await stage.send("message", topic="all", offset=offset, event="check", data=offset)
    await stage.send("synchronized_playback", **_stop(stage))
    report = await stage.receive("player_report")
    expect(report.get("state") == "idle", "a stopped player reports idle")
    stage.told["session"] = "session-1"


async def cut(stage: HubConnection) -> None:
    """After a cut: come back with resume, and name how far each topic was read."""
    authenticate = await stage.greet()
    resume = authenticate.get("resume") or {}
    expect(resume.get("session_id") == "session-1" and resume.get("secret") == "secret-1", "resume names the session")
    expect(resume.get("positions", {}).get("all") == {"epoch": EPOCH, "offset": 2}, "all was read up to offset 2")
    await stage.welcome(authenticate, resumed=True, offset=2)
    await stage.send("goodbye", reason="restart", reconnect=True, reconnect_after=1.0)
    stage.told["goodbye_us"] = now_us()
    await stage.socket.close(code=4000)


async def goodbye(stage: HubConnection) -> None:
    """After a goodbye: come back no sooner than it says; begin anew when the session is unknown."""
    waited = (now_us() - stage.told["goodbye_us"]) / 1e6
    expect(waited >= 0.9, f"a wait of reconnect_after (1 s), not {waited:.2f} s")
    authenticate = await stage.greet()
    await stage.welcome(authenticate, resumed=False)
    await stage.send("synchronized_playback", **_stop(stage))
    await stage.receive("player_report")


async def everything(stage: HubConnection) -> None:
    """Hear one of each message that a hub may send, wanted or not, and go on as before; then be put out."""
    authenticate = await stage.greet()
    await stage.welcome(authenticate, resumed=False)
    for frame in golden("server").values():
        if frame["type"] not in ADDRESSED and not str(frame.get("topic")).startswith("play:"):
            # Of a topic that this client doesn't follow: no offset of it can be missed.
            others = {"topic": "room:elsewhere"} if "topic" in frame else {}
            await stage.socket.send_str(json.dumps({**frame, **others}))
    await stage.send("synchronized_playback", **_stop(stage))
    await stage.receive("player_report")
    await stage.socket.close(code=4503)


def _stop(stage: HubConnection) -> Json:
    return {
        "topic": stage.told["play"],
        "snapshot": True,
        "command": "stop",
        "queue_item_id": None,
        "track": None,
        "start_position": 0.0,
        "sync_time_us": now_us(),
        "rate": 1.0,
    }


STEPS: Final = (
    Step("first connection", first),
    Step("resume after a cut", cut),
    Step("goodbye", goodbye),
    Step("every message", everything),
)


async def serve(port: int, say: Say) -> int:
    """Wait for a client and play all acts with it; how many it failed."""
    script = _Script(say)
    app = web.Application()
    app.router.add_get(f"/{API}/ws", script.connection)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    say(f"Let the client connect to http://127.0.0.1:{port}, as a player, with any token")
    try:
        await script.done.wait()
    finally:
        await runner.cleanup()
    return script.failures


class _Script:
    def __init__(self, say: Say) -> None:
        self.done = asyncio.Event()
        self.failures = 0
        self._say = say
        self._acts = list(STEPS)
        self._told: Json = {}

    async def connection(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=(SUBPROTOCOL,))
        await socket.prepare(request)
        if not self._acts:
            self._judge("closed with 4503", "FAILED: expected the client to stay away")
            self.done.set()
            return socket
        act = self._acts.pop(0)
        try:
            await act.play(HubConnection(socket, self._told))
            verdict = "ok"
        except Failed as failed:
            verdict = f"FAILED: expected {failed}"
        except (TimeoutError, KeyError, TypeError, ValueError) as error:
            verdict = f"FAILED: {type(error).__name__} {error}"
        self._judge(act.title, verdict)
        if verdict != "ok":
            self._acts.clear()
            self.done.set()
        elif not self._acts:
            asyncio.get_running_loop().call_later(STAY_AWAY_SECONDS, self._stayed_away)
        elif request.transport is not None and not socket.closed:
            request.transport.abort()
        return socket

    def _stayed_away(self) -> None:
        if not self.done.is_set():
            self._judge("stays away after 4503", "ok")
            self.done.set()

    def _judge(self, title: str, verdict: str) -> None:
        self.failures += verdict != "ok"
        self._say(f"{title:24} {verdict}")
