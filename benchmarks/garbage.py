"""Connections that end without a close: the longest pause for garbage collection."""

from .options import Options
from .report import Row
from .targets import API, HUB, LOOP, targets

CHURNS = 8
GOAL = 60


async def measure(options: Options) -> list[Row]:
    """Measure connections that come and go."""
    rows = []
    for name in (HUB, API, LOOP):
        async with targets(name) as servers, servers[name].load() as load:
            server = servers[name]
            alone = (await server.ask("collect"))["ms"]
            await server.ask("garbage")
            before = server.cpu()
            for _ in range(CHURNS):
                await load.open(options.connections)
                await load.abort()
            connections = CHURNS * options.connections
            spent = server.cpu().since(before).total / connections
            seen = await server.ask("garbage")
            await server.hush()
            goal = f"≤ {GOAL}" if name == HUB else ""
            rows += [
                Row(f"{name}: a full collection before the first connection", alone, "ms"),
                Row(f"{name}: longest pause", seen["longest_ms"], "ms", goal),
                Row(f"{name}: all pauses", seen["total_ms"], "ms"),
                Row(f"{name}: objects found in cycles, a connection", seen["collected"] / connections, ""),
                Row(f"{name}: CPU a connection that comes and goes", spent * 1e6, "µs"),
            ]
    return rows
