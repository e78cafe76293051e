"""One message to 1,000 connections, repeated: its cost for the server, beside its peers."""

import random

from .options import Options
from .process import Cpu
from .report import Row, median, ratio
from .targets import API, BARE, HUB, LOOP, SOCKETIO, C, targets

SIZES = {250: {BARE: 0.95, LOOP: 1.5, API: 1.4, SOCKETIO: 3.0}, 4096: {BARE: 0.95, LOOP: 3.5, API: 1.4, SOCKETIO: 3.0}}
"""The goals in frames for each CPU second, as a multiple of the bare view's or a peer's."""


async def measure(options: Options) -> list[Row]:
    """Measure fan-out."""
    used: dict[tuple[str, int], list[Cpu]] = {}
    names = (HUB, C, BARE, LOOP, API, SOCKETIO)
    async with targets(*names) as servers, options.loads(servers.values()) as loads:
        for load in loads.values():
            await load.open(options.connections)
            await load.run(2, 1, 250)
        cells = [(name, size) for name in names for size in SIZES]
        for _ in range(options.repetitions):
            for name, size in random.sample(cells, len(cells)):
                await servers[name].collect()
                before = servers[name].cpu()
                result = await loads[name].run(options.rounds, 1, size)
                frames = result["frames"]
                spent = servers[name].cpu().since(before)
                used.setdefault((name, size), []).append(Cpu(spent.total / frames * 1e6, spent.user / frames * 1e6))
    rows = []
    for size, goals in SIZES.items():
        ours = [cpu.total for cpu in used[HUB, size]]
        for name in names:
            theirs = [cpu.total for cpu in used[name, size]]
            user = sum(cpu.user for cpu in used[name, size]) / options.repetitions
            rows.append(Row(f"{name}, {size} B: CPU a frame", median(theirs), "µs"))
            rows.append(Row(f"{name}, {size} B: user time a frame", user, "µs"))
            if name != HUB:
                goal = f"≥ {goals[name]}" if name in goals else ""
                rows.append(Row(f"MoosicBox : {name}, {size} B", ratio(theirs, ours), "×", goal))
            if name == BARE:
                # The limit for every view inside Home Assistant.
                limit = ratio([cpu.total for cpu in used[C, size]], theirs)
                rows.append(Row(f"{BARE} : {C}, {size} B", limit, "×"))
    return rows
