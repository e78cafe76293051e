"""One `next` in a room of 10, 50 and 200 players that all follow each other: frames and CPU, beside python-socketio's rooms with the same number of messages."""

from contextlib import AsyncExitStack
import json
from pathlib import Path
import random
import tempfile

from .cluster.crowd import Crowd
from .cluster.nodes import Server
from .options import Options
from .process import cpu
from .report import Row, median, ratio

SIZES = (10, 50, 200)
HUB, PEER = "MoosicBox", "python-socketio"
MODULES = {HUB: "room_hub", PEER: "room_socketio"}
PATHS = {HUB: "/ws", PEER: "/socket.io/?EIO=4&transport=websocket"}
BYTES = 500
"""The size of the peer's messages, about that of a playback status."""


async def measure(options: Options) -> list[Row]:
    """Measure the cost of a command for each member."""
    frames: dict[tuple[str, int], list[float]] = {}
    used: dict[tuple[str, int], list[float]] = {}
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        running: dict[tuple[str, int], tuple[Server, Crowd]] = {}
        for name, size in ((name, size) for name in MODULES for size in SIZES):
            server = Server(MODULES[name], f"{name}{size}", folder, "")
            stack.push_async_callback(server.kill)
            await server.start()
            crowd = Crowd(counted=0)
            stack.callback(crowd.close)
            for number in range(size):
                await crowd.open([server.port], 1, PATHS[name], _texts(number, size) if name == HUB else ("40",))
            running[name, size] = server, crowd
            await crowd.until_quiet()
            await server.publish(2, BYTES)
            await crowd.until_quiet()
        messages = 1
        for _ in range(options.repetitions):
            # The hub first, so that the peer sends as many messages as the hub did.
            for name in MODULES:
                for size in random.sample(SIZES, len(SIZES)):
                    server, crowd = running[name, size]
                    spent, began = cpu(server.pid).total, crowd.frames
                    for _ in range(options.rounds):
                        await server.publish(1 if name == HUB else messages, BYTES)
                        await crowd.until(crowd.frames + 1)
                        await crowd.until_quiet()
                    sent = (crowd.frames - began) / options.rounds / size
                    messages = round(sent) if name == HUB else messages
                    frames.setdefault((name, size), []).append(sent)
                    spent = cpu(server.pid).total - spent
                    used.setdefault((name, size), []).append(spent / options.rounds / size * 1e6)
    rows = []
    for name, size in running:
        rows.append(Row(f"{name}, {size} members: frames a member", median(frames[name, size]), ""))
        rows.append(Row(f"{name}, {size} members: CPU a member", median(used[name, size]), "µs"))
    few, most = SIZES[0], SIZES[-1]
    rows.append(
        Row(f"MoosicBox, frames a member, {most} : {few}", ratio(frames[HUB, most], frames[HUB, few]), "×", "≤ 1")
    )
    rows.append(Row(f"MoosicBox, CPU a member, {most} : {few}", ratio(used[HUB, most], used[HUB, few]), "×", "≤ 1.1"))
    rows += [
        Row(f"MoosicBox : {PEER}, {size} members", ratio(used[PEER, size], used[HUB, size]), "×") for size in SIZES
    ]
    return rows


def _texts(number: int, size: int) -> tuple[str, ...]:
    client = {"name": f"Player {number}", "kind": "player", "player_id": f"player-{number}"}
    topics = [f"player:player-{other}" for other in range(size)]
    return (
        json.dumps({"type": "authenticate", "token": "benchmark", "client": client, "subscribe": topics}),
        json.dumps({"type": "room_command", "action": "join", "room_id": "benchmark"}),
    )
