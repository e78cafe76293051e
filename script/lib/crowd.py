"""Many clients in one process: they hear what is published, are cut off without a word, come back, and must not grow."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
import gc
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, Self

from custom_components.moosicbox.engine.client import Connected, CustomMessage, MoosicBoxClient

AT_ONCE = 50
MESSAGES = 5
RECONNECT_DELAY = 0.5
"""Seconds. Left to themselves they would wait longer and longer: these cuts come too soon one after the other."""
GROWTH = 1.05
"""How much larger something may seem to be later on, and yet be what it was."""
OURS = ("custom_components.moosicbox.engine.client", "aiohttp.client", "aiohttp.connector", "_asyncio", "asyncio")
"""Modules of what a client is made of; all objects would count what others keep, too."""

type Publish = Callable[[int], Awaitable[None]]
"""Publishes a custom event of that number to everybody."""


class Size(NamedTuple):
    """How large this process is."""

    objects: int
    resident_mib: float


class Crowd:
    """Clients that only listen. Enter it to let them all come."""

    def __init__(self, url: str, tokens: Sequence[str], size: int) -> None:
        """They are as many users as there are tokens."""
        self._clients = [
            MoosicBoxClient(url, token=token, subscribe=("all",), reconnect_delay=RECONNECT_DELAY)
            for token in islice(cycle(tokens), size)
        ]
        self._stack = AsyncExitStack()
        self._published = 0

    async def __aenter__(self) -> Self:
        room = asyncio.Semaphore(AT_ONCE)

        async def enter(client: MoosicBoxClient) -> None:
            async with room:
                await self._stack.enter_async_context(client)

        await asyncio.gather(*map(enter, self._clients))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def go_round(self, publish: Publish) -> None:
        """Publish, cut everybody off, and see that everybody has heard all, once and in order, and is back."""
        heard = [client.events(CustomMessage) for client in self._clients]
        back = [client.events(Connected) for client in self._clients]
        numbers = list(range(self._published, self._published + MESSAGES))
        self._published += MESSAGES
        for number in numbers:
            await publish(number)
        await asyncio.gather(*map(_cut, self._clients))
        for events in back:
            welcome = (await anext(events)).welcome
            assert welcome.resumed, welcome.resume_failure
        for messages in heard:
            assert [(await anext(messages)).data for _ in numbers] == numbers


def size() -> Size:
    """Of this process, without what only waits for being collected."""
    gc.collect()
    objects = sum(_is_ours(thing) for thing in gc.get_objects())
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return Size(objects, pages * 4_096 / 1_048_576)


def grows(sizes: Sequence[float]) -> bool:
    """Tell if the second half is larger than the first, without the beginning, in which caches fill."""
    warm = sizes[len(sizes) // 4 :]
    middle = len(warm) // 2
    return median(warm[middle:]) > median(warm[:middle]) * GROWTH


def _is_ours(thing: Any) -> bool:
    module: Any = type(thing).__module__
    return isinstance(module, str) and module.startswith(OURS)


async def _cut(client: MoosicBoxClient) -> None:
    link = client.connection.link
    assert link is not None
    await link.drop()
