"""Operations that a client may repeat without harm: per user and queue, across sessions, for a while."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final

KEEP_US: Final = 300_000_000
MAX_OPERATIONS: Final = 1_000
"""Remembered a queue; the oldest go first."""

type OperationKey = tuple[str, str]
"""The sub and its `op_id`."""


class Operations:
    """The operations that one queue has seen."""

    def __init__(self) -> None:
        """None yet."""
        self._results: OrderedDict[OperationKey, tuple[int, asyncio.Future[Any]]] = OrderedDict()

    async def run_once(self, key: OperationKey, now_us: int, operate: Callable[[], Awaitable[Any]]) -> Any:
        """The result of `operate`, which runs unless it did before. A failed one may be tried again."""
        self._forget(now_us)
        if (seen := self._results.get(key)) is not None:
            return await asyncio.shield(seen[1])
        result = asyncio.ensure_future(operate())
        self._results[key] = (now_us, result)
        try:
            return await result
        except BaseException:
            self._results.pop(key, None)
            raise

    def completed(self) -> Iterator[tuple[OperationKey, int, Any]]:
        """Those with a result: the key, when, and the result."""
        for key, (at_us, result) in self._results.items():
            if result.done() and not result.cancelled() and result.exception() is None:
                yield key, at_us, result.result()

    def add_completed(self, key: OperationKey, at_us: int, result: Any) -> None:
        """An operation that was done elsewhere."""
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        done.set_result(result)
        self._results[key] = (at_us, done)

    def _forget(self, now_us: int) -> None:
        results = self._results
        while results:
            key, (at_us, _) = next(iter(results.items()))
            if at_us >= now_us - KEEP_US and len(results) < MAX_OPERATIONS:
                return
            del results[key]
