"""Commands of clients: checked, limited, handled, answered; one at a time, and sixteen at a time."""

import json
import random

from .options import Options
from .report import Row, median, ratio
from .targets import API, HUB, LOOP, PLAYER_ID, targets

CONNECTIONS = 50
GOALS = {1: 0.85, 16: 1.6}
"""The goal of `ping` as a multiple of the echo of aiohttp, by the number that a client sends at once."""
VOLUME_GOAL = 0.5
"""The goal of `volume_command` as a multiple of `ping`."""
NUMBER = "%"
"""The placeholder that the load generator replaces by a number."""

PING = "ping"
ECHO = "echo"
VOLUME = "volume_command"


async def measure(options: Options) -> list[Row]:
    """Measure commands."""
    commands = {
        (HUB, PING): json.dumps({"type": "ping", "request_id": NUMBER}),
        # A different volume each time, so that the player, the topics and the entity change.
        (HUB, VOLUME): json.dumps(
            {"type": VOLUME, "player_id": PLAYER_ID, "volume": f"0.{NUMBER}", "request_id": NUMBER}
        ).replace(f'"0.{NUMBER}"', f"0.{NUMBER}"),
        (API, PING): json.dumps({"id": NUMBER, "type": "ping"}).replace(f'"{NUMBER}"', NUMBER),
        (LOOP, ECHO): json.dumps({"type": "volume_command", "volume": 0.5, "request_id": NUMBER}),
    }
    reached: dict[tuple[str, str, int], list[float]] = {}
    async with (
        targets(HUB, API, LOOP) as servers,
        options.loads(servers.values()) as loads,
        servers[HUB].load(servers[HUB].player()) as player,
    ):
        await player.open(1)
        for load in loads.values():
            await load.open(CONNECTIONS)
        cells = [(name, command, window) for name, command in commands for window in GOALS]
        for _ in range(options.repetitions):
            for name, command, window in random.sample(cells, len(cells)):
                await servers[name].collect()
                before = servers[name].cpu()
                result = await loads[name].pump(options.commands, window, commands[name, command])
                spent = servers[name].cpu().since(before).total
                if result["frames"] != result["expected"]:
                    raise RuntimeError(f"{name} answered {result['frames']} of {result['expected']} commands")
                reached.setdefault((name, command, window), []).append(result["frames"] / spent)
    rows = [
        Row(f"{name}, {command}, {window} at once: commands a CPU second", median(reached[name, command, window]), "")
        for window in GOALS
        for name, command in commands
    ]
    for window, goal in GOALS.items():
        ping, echo = reached[HUB, PING, window], reached[LOOP, ECHO, window]
        rows.append(Row(f"MoosicBox, {PING} : {LOOP}, {ECHO}, {window} at once", ratio(ping, echo), "×", f"≥ {goal}"))
        volume = ratio(reached[HUB, VOLUME, window], ping)
        rows.append(Row(f"MoosicBox, {VOLUME} : {PING}, {window} at once", volume, "×", f"≥ {VOLUME_GOAL}"))
    return rows
