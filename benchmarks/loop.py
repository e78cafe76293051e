"""The longest turn of Home Assistant's loop during a large fan-out."""

from .options import Options
from .report import Row, median
from .targets import API, HUB, LOOP, targets

SIZE = 250
GOAL = 1.0


async def measure(options: Options) -> list[Row]:
    """Measure the longest turn of the loop in each fan-out."""
    rows = []
    for names in ((HUB, API), (LOOP,)):
        async with targets(*names) as servers:
            for name, server in servers.items():
                async with server.load() as load:
                    await load.open(options.many_connections)
                    await load.run(2, 1, SIZE)
                    turns = []
                    for _ in range(options.rounds):
                        await server.ask("loop")
                        await load.run(1, 1, SIZE)
                        turns.append(await server.ask("loop"))
                    await server.hush()
                    goal = f"≤ {GOAL}" if name == HUB else ""
                    held = [turn["cpu_us"] / 1e3 for turn in turns]
                    rows += [
                        Row(f"{name}: longest turn of a fan-out, median, CPU time", median(held), "ms", goal),
                        Row(f"{name}: longest turn of all, CPU time", max(held), "ms"),
                        Row(f"{name}: median by the clock", median(turn["wall_us"] / 1e3 for turn in turns), "ms"),
                    ]
    return rows
