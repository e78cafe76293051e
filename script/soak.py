"""Measures the memory of the hub and of many clients for some minutes; `script/soak` starts it."""

import argparse
import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
import sys
import tempfile
import time
from typing import NamedTuple

from custom_components.moosicbox.engine.settings import MAX_CONNECTIONS

from .lib.client import HomeAssistantClient
from .lib.config_folder import ConfigFolder
from .lib.crowd import Crowd, grows, resident_mib, size
from .lib.process import HomeAssistantProcess, free_port

USERS = 4
WIDTHS = (8, 8, 10, 14, 10)


class Sample(NamedTuple):
    """The measurements after a round."""

    seconds: float
    objects: int
    clients_mib: float
    hub_mib: float


async def soak(clients: int, seconds: float) -> bool:
    """Run rounds until the time is over; return True if no process has grown."""
    with tempfile.TemporaryDirectory() as folder:
        async with home_assistant(Path(folder)) as (home, hub_pid):
            # The tokens are valid for longer than the run.
            user = {"role": "user", "expires_in": int(seconds) + 86_400}
            made = [await home.ask("moosicbox.create_token", sub=f"crowd-{number}", **user) for number in range(USERS)]
            tokens = [answer["token"] for answer in made]

            async def publish(number: int) -> None:
                await home.call("moosicbox.broadcast", target="all", event="soak", data=number)

            samples: list[Sample] = []
            began = time.monotonic()
            async with Crowd(home.url, tokens, clients) as crowd:
                say(f"{clients} clients came within {time.monotonic() - began:.1f} s")
                say(*("round", "after s", "objects", "clients MiB", "hub MiB"))
                while time.monotonic() - began < seconds or len(samples) < 6:
                    await crowd.go_round(publish)
                    ours = size()
                    sample = Sample(time.monotonic() - began, ours.objects, ours.resident_mib, resident_mib(hub_pid))
                    samples.append(sample)
                    say(len(samples), *(f"{value:.0f}" for value in sample))
    return judge(samples, clients)


def judge(samples: list[Sample], clients: int) -> bool:
    """Print and return whether no process has grown."""
    growing = {
        "objects": grows([sample.objects for sample in samples]),
        "the clients' memory": grows([sample.clients_mib for sample in samples]),
        "the hub's memory": grows([sample.hub_mib for sample in samples]),
    }
    for what, does in growing.items():
        print(f"{what}: {'GROWS' if does else 'stays'}")
    print(f"{len(samples)} rounds, {len(samples) * clients} cuts, nothing lost, nothing twice")
    return not any(growing.values())


def say(*columns: object) -> None:
    """Print a line of the table at once."""
    widths = WIDTHS if len(columns) > 1 else (0,)
    print("".join(f"{column:>{width}}" for column, width in zip(map(str, columns), widths, strict=True)), flush=True)


@asynccontextmanager
async def home_assistant(folder: Path) -> AsyncGenerator[tuple[HomeAssistantClient, int]]:
    """Run a Home Assistant whose limits admit all clients; yield its client and its process id."""
    config = ConfigFolder(folder / "config")
    config.write(port=(port := free_port()))
    process = HomeAssistantProcess(config, port, folder / "home-assistant.log")
    try:
        await process.start()
        async with HomeAssistantClient(process.url) as client:
            await client.log_in()
            await client.wait_until_running()
            limits = {
                "max_connections": MAX_CONNECTIONS,
                "max_connections_per_user": 1_000,
                "max_connections_per_ip": 1_000,
            }
            await client.set_options(connections=limits, features={"rate_limiting": False})
            yield client, process.pid
    finally:
        await process.stop()


def main() -> None:
    """Run, and exit with 1 if a process has grown."""
    parser = argparse.ArgumentParser(prog="script/soak", description=__doc__)
    parser.add_argument("--clients", type=int, default=1_000)
    parser.add_argument("--minutes", type=float, default=10)
    arguments = parser.parse_args()
    sys.exit(not asyncio.run(soak(arguments.clients, arguments.minutes * 60)))


if __name__ == "__main__":
    main()
