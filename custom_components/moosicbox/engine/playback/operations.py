"""Operations on a queue that a client may repeat: they are executed once per user and `op_id`, across sessions."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final

KEEP_US: Final = 300_000_000
"""How long a result is kept."""
MAX_OPERATIONS: Final = 1_000
"""Results kept per queue; the oldest are dropped first."""

type OperationKey = tuple[str, str]
"""The user and the `op_id`."""


class Operations:
    """The recent operations on one queue."""

    def __init__(self) -> None:
        self._results: OrderedDict[OperationKey, tuple[int, asyncio.Future[Any]]] = OrderedDict()

    async def run_once(self, key: OperationKey, now_us: int, operate: Callable[[], Awaitable[Any]]) -> Any:
        """Return the result of `operate`, which is only called if this operation wasn't executed before.

        A failed operation may be repeated.
        """
        self._drop_old(now_us)
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
        """Yield the key, the hub time and the result of each completed operation."""
        for key, (at_us, result) in self._results.items():
            if result.done() and not result.cancelled() and result.exception() is None:
                yield key, at_us, result.result()

    def add_completed(self, key: OperationKey, at_us: int, result: Any) -> None:
        """Add an operation that was completed elsewhere."""
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        done.set_result(result)
        self._results[key] = (at_us, done)

    def _drop_old(self, now_us: int) -> None:
        results = self._results
        while results:
            key, (at_us, _) = next(iter(results.items()))
            if at_us >= now_us - KEEP_US and len(results) < MAX_OPERATIONS:
                return
            del results[key]
