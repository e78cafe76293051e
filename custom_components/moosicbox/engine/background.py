"""Background tasks of a hub."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
import logging
from typing import Any

_LOGGER = logging.getLogger(__name__)

type Spawn = Callable[[Coroutine[Any, Any, None]], None]
"""Runs a coroutine in the background."""


async def shared_result[T](work: asyncio.Future[T]) -> T:
    """Return the result of `work`, for which others may wait as well: if a caller is cancelled, it goes on.

    `asyncio.shield` would report an error of `work` to the event loop if one of the callers was cancelled before.
    """
    if not work.done():
        await asyncio.wait({work})
    return work.result()


class BackgroundTasks:
    """The running background tasks of a hub."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def __iter__(self) -> Iterator[asyncio.Task[None]]:
        """Iterate over the running tasks."""
        return iter(tuple(self._tasks))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` in the background."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._handle_done)

    def _handle_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOGGER.error("A background task failed", exc_info=error)

    async def cancel(self, others: Iterable[asyncio.Task[None]] = ()) -> None:
        """Cancel all tasks, and `others`, and wait until they have ended."""
        tasks = [*self, *others]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
