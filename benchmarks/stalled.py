"""Every tenth client reads nothing: the effect on the others, and the cost of a stuck client."""

import asyncio

from .options import Options
from .process import unread_bytes
from .report import Row, median
from .targets import API, HUB, LOOP, targets

SIZE = 4096
MESSAGES = 200
"""Fewer messages than an outbox holds, so that the stuck clients stay connected."""
SHARE = 10
TIMEOUT_MS = 15_000
SETTLE_SECONDS = 1.0


async def measure(options: Options) -> list[Row]:
    """Measure stalled clients."""
    rows = []
    clients = options.connections // 2
    stuck = clients // SHARE
    async with targets(HUB, API, LOOP) as servers, options.loads(servers.values()) as loads:
        for name, load in loads.items():
            server = servers[name]
            await load.open(clients)
            # Fill the topic's history first, so that it doesn't count as the clients' memory.
            await load.run(MESSAGES * 2, 1, SIZE)
            free = [(await load.run(MESSAGES // 5, 1, SIZE, TIMEOUT_MS))["frame_p99_us"] for _ in range(5)]
            await asyncio.sleep(SETTLE_SECONDS)
            before = server.memory()
            await load.stall(stuck)
            hindered = [await load.run(MESSAGES // 5, 1, SIZE, TIMEOUT_MS) for _ in range(5)]
            await asyncio.sleep(SETTLE_SECONDS)
            user_kib = (server.memory() - before) / stuck
            kernel_kib = median(sorted(unread_bytes(server.port))[-stuck:]) / 1024
            share = sum(result["frames"] for result in hindered) / sum(result["expected"] for result in hindered)
            slower = median(result["frame_p99_us"] for result in hindered) / median(free)
            ours = name == HUB
            rows += [
                Row(f"{name}: frames that the others get", share * 100, "%", "≥ 100" if ours else ""),
                Row(f"{name}: the others' p99, against before", slower, "×", "≤ 1.1" if ours else ""),
                Row(f"{name}: kernel memory of a stuck one", kernel_kib, "KiB", "≤ 256" if ours else ""),
                Row(f"{name}: user memory of a stuck one", user_kib, "KiB", "≤ 64" if ours else ""),
            ]
    return rows
