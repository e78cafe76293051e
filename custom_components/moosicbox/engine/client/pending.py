"""Requests that wait for their answers, found again by `request_id`."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
import itertools
import time

import msgspec

from ..protocol.client import Request
from ..protocol.codec import encode_request
from ..protocol.errors import ConnectionClosed
from .messages import ErrorMessage, Message, request_id_of


def monotonic_us() -> int:
    """Return the local monotonic clock in microseconds."""
    return time.monotonic_ns() // 1000


@dataclass(slots=True, eq=False)
class PendingRequest:
    """A request without an answer yet."""

    request_id: str
    message: Request
    payload: bytes
    retry: bool
    """The request is sent again after a resume."""
    answer: asyncio.Future[Message] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    answered_us: int = 0
    """Local monotonic clock (µs) when the answer was received, before the waiting task was resumed."""


class PendingRequests:
    """The requests that wait for their answers, in the order in which they were sent."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._waiting: dict[str, PendingRequest] = {}

    def add(self, message: Request, *, retry: bool) -> PendingRequest:
        """Assign a `request_id` to a request and encode it."""
        request_id = f"r{next(self._numbers)}"
        payload = encode_request(msgspec.structs.replace(message, request_id=request_id))
        pending = self._waiting[request_id] = PendingRequest(request_id, message, payload, retry)
        return pending

    def discard(self, pending: PendingRequest) -> None:
        """Drop a request: its caller doesn't wait any more."""
        self._waiting.pop(pending.request_id, None)

    def resolve(self, message: Message) -> PendingRequest | None:
        """Hand an answer to the request it belongs to.

        Returns:
            The answered request, or `None` if `message` answers none.
        """
        if (request_id := request_id_of(message)) is None or (found := self._waiting.pop(request_id, None)) is None:
            return None
        found.answered_us = monotonic_us()
        if not found.answer.done():
            if isinstance(message, ErrorMessage):
                found.answer.set_exception(message.error)
            else:
                found.answer.set_result(message)
        return found

    def unanswered(self) -> list[PendingRequest]:
        """Return the requests to send again after a resume."""
        return list(self._waiting.values())

    def fail(self, predicate: Callable[[PendingRequest], bool] = lambda _: True) -> None:
        """Raise `ConnectionClosed` in the callers of all requests that match `predicate`."""
        for pending in [pending for pending in self._waiting.values() if predicate(pending)]:
            self.discard(pending)
            if not pending.answer.done():
                pending.answer.set_exception(ConnectionClosed("The connection to the hub ended before the answer"))
