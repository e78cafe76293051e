"""300 clients on one, two and three nodes: the cost and latency of a delivered message, and the time without a leader after a kill."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
import json
from pathlib import Path
import random
import tempfile
import time

from benchmarks.options import Options
from benchmarks.report import Row, median

from .crowd import Connection, Crowd, texts
from .nodes import Servers, servers

SIZE = 250
CLIENTS = 300
ROUNDS = 10
"""Rounds in a repetition, each with `rounds` messages."""
KILLS = 20
HUB, PEER = "cluster_node", "cluster_socketio"
PATHS = {HUB: "/ws", PEER: "/socket.io/?EIO=4&transport=websocket"}
TEXTS = {HUB: texts("benchmark"), PEER: ("40",)}
CASES = {
    "MoosicBox, one hub without Redis": (HUB, 1, False),
    "MoosicBox, 1 node": (HUB, 1, True),
    "MoosicBox, 2 nodes": (HUB, 2, True),
    "MoosicBox, 3 nodes": (HUB, 3, True),
    "python-socketio, one process without Redis": (PEER, 1, False),
    "python-socketio, 2 processes": (PEER, 2, True),
    "python-socketio, 3 processes": (PEER, 3, True),
}
ALONE = {HUB: "MoosicBox, one hub without Redis", PEER: "python-socketio, one process without Redis"}


async def measure(options: Options) -> list[Row]:
    """Measure cost, latency, clocks and failover."""
    cost: dict[str, list[float]] = {name: [] for name in CASES}
    late: dict[str, list[float]] = {name: [] for name in CASES}
    apart: list[float] = []
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        running: dict[str, tuple[Servers, Crowd]] = {}
        for number, (name, (module, count, redis)) in enumerate(CASES.items()):
            those = await stack.enter_async_context(servers(module, count, folder / str(number), redis=redis))
            crowd = Crowd()
            stack.callback(crowd.close)
            await crowd.open([node.port for node in those.nodes], CLIENTS, PATHS[module], TEXTS[module])
            running[name] = those, crowd
            await _publish(those, crowd, 20)
        for _ in range(options.repetitions):
            for name in random.sample(list(CASES), len(CASES)):
                those, crowd = running[name]
                crowd.times_us.clear()
                before, began = those.cpu(), crowd.frames
                await _publish(those, crowd, options.rounds * ROUNDS)
                cost[name].append((those.cpu() - before) / (crowd.frames - began) * 1e6)
                late[name] += crowd.times_us
            shifts = [(await node.status())["shift_us"] for node in running["MoosicBox, 3 nodes"][0].nodes]
            apart.append((max(shifts) - min(shifts)) / 1000)
        rows = _rows(cost, late)
        rows.append(Row("Clocks of 3 nodes: how far apart, at most", max(apart), "ms", "≤ 1"))
        three = await stack.enter_async_context(servers(HUB, 3, folder / "kills", redis=True))
        times = [await _kill(three) for _ in range(min(KILLS, options.repetitions * 3))]
    rows.append(Row(f"Killed leader ({len(times)} times): next command answered, median", median(times), "s", "≤ 5"))
    rows.append(Row("The same, at worst", max(times), "s", "≤ 5"))
    return rows


async def _publish(those: Servers, crowd: Crowd, count: int) -> None:
    # From each node in turn, each message when all clients have the previous one.
    for number in range(count):
        wanted = crowd.frames + CLIENTS
        await those.nodes[number % len(those.nodes)].publish(1, SIZE)
        await crowd.until(wanted)


def _rows(cost: dict[str, list[float]], late: dict[str, list[float]]) -> list[Row]:
    rows = []
    for name, (module, _, _) in CASES.items():
        p50, p99 = _percentiles(late[name])
        alone50, alone99 = _percentiles(late[ALONE[module]])
        rows += [
            Row(f"{name}: CPU a delivered message", median(cost[name]), "µs"),
            Row(f"{name}: latency, p50", p50, "ms"),
            Row(f"{name}: latency, p99", p99, "ms"),
        ]
        if name not in ALONE.values():
            rows += [
                Row(f"{name}: added latency, p50", p50 - alone50, "ms"),
                Row(f"{name}: added latency, p99", p99 - alone99, "ms"),
            ]
    for count in (2, 3):
        ours, theirs = cost[f"MoosicBox, {count} nodes"], cost[f"python-socketio, {count} processes"]
        times = median(b / a for a, b in zip(ours, theirs, strict=True))
        rows.append(Row(f"MoosicBox : python-socketio, {count} processes", times, "×", "≥ 1"))
    return rows


def _percentiles(times_us: list[float]) -> tuple[float, float]:
    ordered = sorted(times_us)
    return ordered[len(ordered) // 2] / 1000, ordered[len(ordered) * 99 // 100] / 1000


async def _kill(three: Servers) -> float:
    leader = await three.leader()
    other = next(node for node in three.nodes if node is not leader)
    answered = asyncio.get_running_loop().create_future()
    answers: Callable[[int], None] = lambda _frames: None if answered.done() else answered.set_result(None)  # noqa: E731
    _, client = await asyncio.get_running_loop().create_connection(
        lambda: Connection(PATHS[HUB], TEXTS[HUB], answers, times=None), "127.0.0.1", other.port
    )
    await client.open
    began = time.monotonic()
    await leader.kill()
    # The published message itself is the answer.
    data = {"text": "x" * SIZE}
    client.say(json.dumps({"type": "broadcast", "target": "all", "event": "after", "data": data}))
    async with asyncio.timeout(30):
        await answered
    took = time.monotonic() - began
    client.close()
    await leader.start()
    return took
