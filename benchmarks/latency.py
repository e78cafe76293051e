"""The time until the last of 1,000 clients has a message."""

import random

from .options import Options
from .report import Row, median, ratio
from .targets import API, HUB, LOOP, C, targets

SIZES = (250, 4096)
GOAL = 1.3


async def measure(options: Options) -> list[Row]:
    """Measure the latency of a fan-out."""
    last: dict[tuple[str, int], list[float]] = {}
    names = (HUB, C, LOOP, API)
    async with targets(*names) as servers, options.loads(servers.values()) as loads:
        for load in loads.values():
            await load.open(options.connections)
            await load.run(2, 1, SIZES[0])
        cells = [(name, size) for name in names for size in SIZES]
        for _ in range(options.repetitions):
            for name, size in random.sample(cells, len(cells)):
                result = await loads[name].run(options.rounds, 1, size)
                last.setdefault((name, size), []).append(result["last_p50_us"] / 1e3)
    rows = []
    for size in SIZES:
        rows += [Row(f"{name}, {size} B: last client, p50", median(last[name, size]), "ms") for name in names]
        rows.append(Row(f"MoosicBox against {C}, {size} B", ratio(last[HUB, size], last[C, size]), "×", f"≤ {GOAL}"))
    return rows
