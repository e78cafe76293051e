"""Many clients in one process: they receive events, lose their connections, resume, and must not grow in memory."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
import gc
from itertools import batched, cycle, islice
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, Self

from custom_components.moosicbox.engine.client import Connected, CustomMessage, MoosicBoxClient

AT_ONCE = 50
CUT_AT_ONCE = 200
"""So few that a busy machine serves their new connections before the clients give up waiting for them."""
MESSAGES = 5
RECONNECT_DELAY = 0.5
"""Seconds. The default delay would grow with each cut, as the cuts follow each other quickly."""
CLOSE_SECONDS = 60.0
"""How long the connections that were cut may take to end."""
SPARE_TASKS = 20
"""How many tasks of other parts of this process may begin meanwhile."""
GROWTH = 1.05
"""The ratio of two measurements up to which memory hasn't grown."""
OURS = ("custom_components.moosicbox.engine.client", "aiohttp.client", "aiohttp.connector", "_asyncio", "asyncio")
"""The modules whose objects are counted: those of a client. Objects of other modules may be kept by others."""

type Publish = Callable[[int], Awaitable[None]]
"""Publishes a custom event with this number to all clients."""


class Size(NamedTuple):
    """The size of this process."""

    objects: int
    resident_mib: float


class Crowd:
    """Clients that only receive. They connect when the context is entered."""

    def __init__(self, url: str, tokens: Sequence[str], size: int) -> None:
        """Share the clients among the users of these tokens."""
        self._clients = [
            MoosicBoxClient(url, token=token, subscribe=("all",), reconnect_delay=RECONNECT_DELAY)
            for token in islice(cycle(tokens), size)
        ]
        self._stack = AsyncExitStack()
        self._published = 0
        self._tasks = 0
        """How many tasks run in this process while all clients are connected."""

    async def __aenter__(self) -> Self:
        slots = asyncio.Semaphore(AT_ONCE)

        async def enter(client: MoosicBoxClient) -> None:
            async with slots:
                await self._stack.enter_async_context(client)

        await asyncio.gather(*map(enter, self._clients))
        self._tasks = len(asyncio.all_tasks())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def go_round(self, publish: Publish) -> None:
        """Publish events, cut all connections, and check that each client resumes and has each event once and in order."""
        heard = [client.events(CustomMessage) for client in self._clients]
        back = [client.events(Connected) for client in self._clients]
        numbers = list(range(self._published, self._published + MESSAGES))
        self._published += MESSAGES
        for number in numbers:
            await publish(number)
        for group in batched(zip(self._clients, back, strict=True), CUT_AT_ONCE, strict=False):
            await asyncio.gather(*(_cut(client) for client, _ in group))
            for _, events in group:
                welcome = (await anext(events)).welcome
                assert welcome.resumed, welcome.resume_failure
        for messages in heard:
            assert [(await anext(messages)).data for _ in numbers] == numbers
        await self._wait_until_closed()

    async def _wait_until_closed(self) -> None:
        """Wait until the tasks of the connections that were cut have ended, which takes a busy machine longer."""
        async with asyncio.timeout(CLOSE_SECONDS):
            while len(asyncio.all_tasks()) > self._tasks + SPARE_TASKS:  # noqa: ASYNC110 - asyncio has no event for it
                await asyncio.sleep(0.05)


def size() -> Size:
    """Return the size of this process after a garbage collection."""
    gc.collect()
    objects = sum(_is_ours(thing) for thing in gc.get_objects())
    return Size(objects, resident_mib())


def resident_mib(pid: int | str = "self") -> float:
    """Return the resident memory of a process, in MiB."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * 4_096 / 1_048_576


def grows(sizes: Sequence[float]) -> bool:
    """Return whether sizes grow: the second half against the first, without the beginning, in which caches fill."""
    warm = sizes[len(sizes) // 4 :]
    middle = len(warm) // 2
    return median(warm[middle:]) > median(warm[:middle]) * GROWTH


def _is_ours(thing: Any) -> bool:
    module: Any = type(thing).__module__
    return isinstance(module, str) and module.startswith(OURS)


async def _cut(client: MoosicBoxClient) -> None:
    # On a busy machine, a client can have lost its connection by itself; it resumes as well.
    if (link := client.connection.link) is not None:
        await link.drop()
