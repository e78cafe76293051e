"""Several messages in one turn of the loop, which should leave in one write for each client."""

import random

from .options import Options
from .report import Row, median, ratio
from .targets import API, HUB, C, targets

SIZE = 250
GOALS = {8: 1.0, 32: 0.3}
"""The goal in µs of CPU for a delivery, by messages in a turn."""


async def measure(options: Options) -> list[Row]:
    """Measure bursts."""
    used: dict[tuple[str, int], list[float]] = {}
    names = (HUB, C, API)
    async with targets(*names) as servers, options.loads(servers.values()) as loads:
        for load in loads.values():
            await load.open(options.connections)
            await load.run(2, 1, SIZE)
        cells = [(name, burst) for name in names for burst in GOALS]
        for _ in range(options.repetitions):
            for name, burst in random.sample(cells, len(cells)):
                before = servers[name].cpu()
                result = await loads[name].run(max(2, options.rounds * 8 // burst), burst, SIZE)
                spent = servers[name].cpu().since(before).total
                used.setdefault((name, burst), []).append(spent / result["frames"] * 1e6)
    rows = []
    for burst, goal in GOALS.items():
        for name in names:
            theirs = used[name, burst]
            rows.append(
                Row(f"{name}, {burst} a turn: CPU a delivery", median(theirs), "µs", f"≤ {goal}" if name == HUB else "")
            )
        rows.append(Row(f"MoosicBox : {C}, {burst} a turn", ratio(used[C, burst], used[HUB, burst]), "×"))
    return rows
