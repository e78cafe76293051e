"""Compression as browsers negotiate it from outside the local network: its cost, and its saving."""

import asyncio
import random

from .load import Load
from .memory import MESSAGES, WARM_UP, settled
from .options import Options
from .report import Row, median, ratio
from .targets import HUB, Target, targets

BROWSER = "permessage-deflate; client_max_window_bits"
"""The extension that browsers offer, with context takeover."""
SIZES = {250: ("a status", 30), 4096: ("a page of a queue", 100)}
"""The messages, each with the maximum bytes on the wire after a similar one was sent."""


async def measure(options: Options) -> list[Row]:
    """Measure compression."""
    async with targets(HUB) as plain_servers, targets(HUB) as servers:
        plain, compressed = plain_servers[HUB], servers[HUB]
        async with plain.load() as plain_load, compressed.load() as compressed_load, compressed.load() as joiners:
            for load in (compressed_load, joiners):
                await load.offer(BROWSER)
            sides = [(plain, plain_load), (compressed, compressed_load)]
            plain_kib, compressed_kib = [await _memory(server, load, options) for server, load in sides]
            return [
                *await _frames(sides, options),
                await _storm(compressed, compressed_load, joiners, options),
                Row("memory a connection, more than plain", compressed_kib - plain_kib, "KiB", "≤ 1"),
            ]


async def _memory(server: Target, load: Load, options: Options) -> float:
    await load.open(WARM_UP)
    await load.run(MESSAGES, 1, 250)
    empty = await settled(server)
    await load.open(options.connections - WARM_UP)
    for size in SIZES:
        await load.run(options.rounds, 1, size)
        await load.run(options.rounds, 8, size)
    return (await settled(server) - empty) / (options.connections - WARM_UP)


async def _frames(sides: list[tuple[Target, Load]], options: Options) -> list[Row]:
    rows = []
    for size, (what, goal) in SIZES.items():
        used: dict[int, list[float]] = {0: [], 1: []}
        sizes = []
        for _ in range(options.repetitions):
            for side in random.sample((0, 1), 2):
                server, load = sides[side]
                await load.run(1, 1, size)
                before = server.cpu()
                result = await load.run(options.rounds, 1, size)
                used[side].append(server.cpu().since(before).total / result["frames"] * 1e6)
                if side:
                    sizes.append(result["bytes"] / result["frames"])
        rows += [
            Row(f"{what}, {size} B: bytes on the wire", median(sizes), "B", f"≤ {goal}"),
            Row(f"{what}: CPU a frame", median(used[1]), "µs"),
            Row(f"{what}: CPU a frame, plain", median(used[0]), "µs"),
            Row(f"{what}: CPU, compressed : plain", ratio(used[1], used[0]), "×", "≤ 1.15"),
        ]
    return rows


async def _storm(server: Target, load: Load, joiners: Load, options: Options) -> Row:
    before, publications = await server.ask("restarts"), 0
    joining = asyncio.create_task(joiners.open(options.connections))
    while not joining.done():
        await load.run(1, 1, 250)
        publications += 1
    await joining
    restarts = await server.ask("restarts") - before
    return Row(f"restarts a turn while {options.connections} join", restarts / publications, "", "≤ 1")
