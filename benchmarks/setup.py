"""The cost of accepting a client: upgrade, greeting, token, subscription, first answer."""

import asyncio
import random

from .options import Options
from .report import Row, median, ratio
from .targets import API, BARE, HUB, LOOP, targets

WARM_UP = 100
SETTLE_SECONDS = 0.5
GOAL = 1.5
"""CPU as a multiple of the bare view's."""


async def measure(options: Options) -> list[Row]:
    """Measure the set-up of connections with a token."""
    names = (HUB, BARE, API, LOOP)
    used: dict[str, list[float]] = {name: [] for name in names}
    count = options.connections // 2
    async with targets(*names) as servers, options.loads(servers.values()) as loads:
        for load in loads.values():
            await load.open(WARM_UP)
            await load.close()
        for _ in range(options.repetitions):
            for name in random.sample(names, len(names)):
                await asyncio.sleep(SETTLE_SECONDS)  # until the previous connections are closed
                await servers[name].collect()
                before = servers[name].cpu()
                await loads[name].open(count)
                used[name].append(servers[name].cpu().since(before).total / count * 1e6)
                await loads[name].close()
    rows = [Row(f"{name}: CPU a connection", median(used[name]), "µs") for name in names]
    rows.append(Row(f"MoosicBox's CPU : that of the {BARE}", ratio(used[HUB], used[BARE]), "×", f"≤ {GOAL}"))
    rows.append(Row(f"MoosicBox : {API}", ratio(used[API], used[HUB]), "×"))
    rows.append(Row(f"MoosicBox : {LOOP} (which checks no token)", ratio(used[LOOP], used[HUB]), "×"))
    return rows
