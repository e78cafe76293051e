"""One node as a process, for tests that kill it: `python -m tests.cluster.serve REDIS_URL NAME`; it prints its address."""

import asyncio
import logging
import signal
import sys

from custom_components.moosicbox.engine.limits import Limits

from .nodes import Node

LIMITS = Limits(chat_per_minute=60_000, chat_burst=10_000, messages_per_minute=60_000, burst_size=10_000)


async def main(url: str, name: str) -> None:
    """Serve until SIGTERM."""
    logging.basicConfig(format=f"%(asctime)s {name} %(message)s")
    logging.getLogger("custom_components.moosicbox").setLevel(logging.INFO)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    node = await Node(url, name, limits=LIMITS).start()
    print(node.url, flush=True)  # noqa: T201 - to whoever started it
    await ended.wait()
    await node.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
