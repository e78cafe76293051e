"""Requests that wait for their answers, found again by `request_id`."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
import itertools
import time

import msgspec

from ..protocol.client import Request
from ..protocol.codec import encode_request
from ..protocol.errors import ConnectionClosed, Unavailable
from .messages import ErrorMessage, Message, request_id_of


def monotonic_us() -> int:
    """The local monotonic clock."""
    return time.monotonic_ns() // 1000


@dataclass(slots=True, eq=False)
class PendingRequest:
    """One request. `retry`: it is sent again when the session goes on."""

    request_id: str
    message: Request
    payload: bytes
    retry: bool
    answer: asyncio.Future[Message] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    arrived_us: int = 0
    """When the answer came, before anybody was woken for it."""


class PendingRequests:
    """All that were sent and have no answer yet, in the order sent."""

    def __init__(self, limit: int) -> None:
        """`limit`: how many may wait."""
        self._limit = limit
        self._numbers = itertools.count(1)
        self._waiting: dict[str, PendingRequest] = {}

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def add(self, message: Request, *, retry: bool) -> PendingRequest:
        """Number a request; Unavailable if too many wait."""
        if len(self._waiting) >= self._limit:
            raise Unavailable("Too many requests wait for an answer")
        request_id = f"r{next(self._numbers)}"
        payload = encode_request(msgspec.structs.replace(message, request_id=request_id))
        pending = self._waiting[request_id] = PendingRequest(request_id, message, payload, retry)
        return pending

    def discard(self, pending: PendingRequest) -> None:
        """Nobody waits for it any more."""
        self._waiting.pop(pending.request_id, None)

    def resolve(self, message: Message) -> PendingRequest | None:
        """Hand an answer to its request, which is returned; None if it answers none."""
        if (request_id := request_id_of(message)) is None or (found := self._waiting.pop(request_id, None)) is None:
            return None
        found.arrived_us = monotonic_us()
        if not found.answer.done():
            if isinstance(message, ErrorMessage):
                found.answer.set_exception(message.error)
            else:
                found.answer.set_result(message)
        return found

    def unanswered(self) -> list[PendingRequest]:
        """What to send again after a resume."""
        return list(self._waiting.values())

    def fail(self, which: Callable[[PendingRequest], bool] = lambda _: True) -> None:
        """The connection is gone, and these have no other."""
        for pending in [pending for pending in self._waiting.values() if which(pending)]:
            self.discard(pending)
            if not pending.answer.done():
                pending.answer.set_exception(ConnectionClosed("The connection to the hub ended before the answer"))
