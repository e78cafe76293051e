"""Operations on a queue that a client may repeat: they are executed once per user and `op_id`, across sessions."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from ..background import shared_result

KEEP_US: Final = 300_000_000
"""How long a result is kept."""
MAX_OPERATIONS: Final = 1_000
"""Results kept per queue; the oldest are dropped first."""

type OperationKey = tuple[str, str]
"""The user and the `op_id`."""


@dataclass(slots=True)
class _Operation:
    at_us: int
    result: asyncio.Future[Any]
    callers: int = 0


class Operations:
    """The recent operations on one queue."""

    def __init__(self) -> None:
        self._results: OrderedDict[OperationKey, _Operation] = OrderedDict()

    async def run_once(self, key: OperationKey, now_us: int, operate: Callable[[], Awaitable[Any]]) -> Any:
        """Return the result of `operate`, which is only called if this operation wasn't executed before.

        A failed operation may be repeated. An operation is cancelled once all its callers were.
        """
        self._drop_old(now_us)
        if (operation := self._results.get(key)) is None:
            self._results[key] = operation = _Operation(now_us, asyncio.ensure_future(operate()))
        operation.callers += 1
        try:
            return await shared_result(operation.result)
        finally:
            operation.callers -= 1
            if not operation.callers and not _has_succeeded(operation.result):
                operation.result.cancel()
                if self._results.get(key) is operation:
                    del self._results[key]

    def completed(self) -> Iterator[tuple[OperationKey, int, Any]]:
        """Yield the key, the hub time and the result of each completed operation."""
        for key, operation in self._results.items():
            if _has_succeeded(operation.result):
                yield key, operation.at_us, operation.result.result()

    def add_completed(self, key: OperationKey, at_us: int, result: Any) -> None:
        """Add an operation that was completed elsewhere."""
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        done.set_result(result)
        self._results[key] = _Operation(at_us, done)

    def _drop_old(self, now_us: int) -> None:
        results = self._results
        while results:
            key, operation = next(iter(results.items()))
            if operation.at_us >= now_us - KEEP_US and len(results) < MAX_OPERATIONS:
                return
            del results[key]


def _has_succeeded(result: asyncio.Future[Any]) -> bool:
    return result.done() and not result.cancelled() and result.exception() is None
