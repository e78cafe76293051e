"""Calls of an edge to the leader that wait for a result."""

import asyncio
from collections.abc import Callable
from typing import Any

from ..protocol.codes import CloseCode
from ..protocol.errors import Unavailable
from ..sessions.session import Refused
from .wire import ToLeader


class Calls:
    """The calls that have no result yet, by number."""

    def __init__(self, send: Callable[[ToLeader], None], local_us: Callable[[], int]) -> None:
        """Set up without calls; `local_us` is this process's time in microseconds."""
        self._send = send
        self._local_us = local_us
        self._calls: dict[int, tuple[asyncio.Future[Any], int]] = {}
        """The result, and the time of the call."""

    async def call(self, number: int, message: ToLeader) -> Any:
        """Send a message and return the result that `resolve` is given for `number`.

        Raises:
            Refused: With the code RESTART if the leader is gone; the client may try again.

        """
        result: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._calls[number] = result, self._local_us()
        try:
            self._send(message)
            return await result
        except Unavailable as error:
            raise Refused(error, CloseCode.RESTART) from error
        finally:
            del self._calls[number]

    def resolve(self, number: int, value: Any, error: Exception | None) -> None:
        """End the call `number` with a value or an error; do nothing if it has ended."""
        result, _ = self._calls.get(number, (None, 0))
        if result is None or result.done():
            return
        if error is None:
            result.set_result(value)
        else:
            result.set_exception(error)

    def fail(self, reason: str, before_us: int) -> None:
        """End the calls that were made before `before_us` of the local time: their leader is gone."""
        for result, at_us in self._calls.values():
            if at_us <= before_us and not result.done():
                result.set_exception(Unavailable(reason))
