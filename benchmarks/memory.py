"""The memory of a connection: PSS of the process, without the kernel's buffers."""

import asyncio

from .options import Options
from .report import Row
from .targets import API, BARE, HUB, LOOP, Target, targets

SIZE = 250
MESSAGES = 1_200
"""More messages than a topic's history holds, so that it doesn't grow further."""
WARM_UP = 50
SETTLE_SECONDS = 1.0
GOAL = 3
"""KiB a connection above the bare view's."""


async def measure(options: Options) -> list[Row]:
    """Measure the memory of a connection, idle and after traffic."""
    rows: list[Row] = []
    used: dict[tuple[str, str], float] = {}
    # MoosicBox first, and all stay open, so that none reuses memory that another one freed.
    async with targets(HUB, BARE, API, LOOP) as servers, options.loads(servers.values()) as loads:
        for name, load in loads.items():
            server = servers[name]
            await load.open(WARM_UP)
            await load.run(MESSAGES, 1, SIZE)
            empty = await settled(server)
            await load.open(options.connections)
            idle = await settled(server) - empty
            await load.run(options.rounds, 1, SIZE)
            await load.run(options.rounds, 8, SIZE)
            busy = await settled(server) - empty
            for state, value in (("idle", idle), ("after traffic", busy)):
                used[name, state] = value / options.connections
                rows.append(Row(f"{name}: {state}", used[name, state], "KiB"))
    for state in ("idle", "after traffic"):
        more = used[HUB, state] - used[BARE, state]
        rows.append(Row(f"MoosicBox above {BARE}: {state}", more, "KiB", f"≤ {GOAL}"))
    return rows


async def settled(server: Target) -> float:
    """Return the server's memory in KiB, after its work has ended."""
    await asyncio.sleep(SETTLE_SECONDS)  # until delayed work has ended
    return server.memory()
