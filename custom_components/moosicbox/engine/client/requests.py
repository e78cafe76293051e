"""Sends requests over the current link and waits for their answers."""

import asyncio
from contextlib import nullcontext
from typing import Any

from ..protocol.client import Request
from ..protocol.codec import encode_request
from ..protocol.errors import ConnectionClosed, MessageTooLarge, RateLimitExceeded, Unavailable
from ..protocol.server import Result
from .config import ClientConfig
from .current_link import CurrentLink
from .errors import RequestTimedOut, retry_after
from .link import Link, LinkClosed
from .messages import Message
from .pacing import Pacer
from .pending import PendingRequest, PendingRequests


class Requests:
    """The outgoing side of a connection."""

    def __init__(self, config: ClientConfig, current: CurrentLink) -> None:
        self.pending = PendingRequests()
        self.max_message_size: int | None = None
        """Bytes that the hub takes in one message; `None` before its first `hello`."""
        self._timeout = config.request_timeout
        self._max_requests = config.max_requests
        self._open = 0
        self._current = current
        self._pacer = Pacer()

    async def request(self, message: Request, *, timeout: float | None = None, retry: bool = True) -> Any:
        """Send a request and return the data of its answer; see `MoosicBoxClient.request`."""
        answer, _ = await self.exchange(message, timeout=timeout, retry=retry)
        return answer.data if isinstance(answer, Result) else answer

    async def exchange(
        self, message: Request, *, timeout: float | None = None, retry: bool = True
    ) -> tuple[Message, PendingRequest]:
        """Send a request and return the answering message, and the request with the time of its answer."""
        if self._open >= self._max_requests:
            raise Unavailable("Too many requests wait for an answer")
        self._open += 1
        try:
            async with asyncio.timeout(self._timeout if timeout is None else timeout) as deadline:
                return await self._exchange_with_retry(message, deadline.when(), retry=retry)
        except TimeoutError as error:
            raise RequestTimedOut("The hub did not answer in time") from error
        finally:
            self._open -= 1

    async def send(self, message: Request) -> bool:
        """Send a message that needs no answer; see `MoosicBoxClient.send`."""
        if (link := self._current.link) is None:
            return False
        try:
            await link.send(self._checked(encode_request(message)))
        except LinkClosed:
            return False
        return True

    async def resend(self, link: Link) -> None:
        """Send all unanswered requests again, with the same ids, after a resume."""
        for pending in self.pending.unanswered():
            await link.send(pending.payload)

    async def _exchange_with_retry(
        self, message: Request, deadline: float | None, *, retry: bool
    ) -> tuple[Message, PendingRequest]:
        while True:
            try:
                # Pings and probes of the clock, which aren't repeated, have a rate limit of their own.
                async with self._pacer.slot() if retry else nullcontext():
                    return await self._exchange_once(message, retry=retry)
            except RateLimitExceeded as error:
                wait = retry_after(error)
                if not retry or wait is None:
                    raise
                self._pacer.pause(wait)
                if deadline is not None and asyncio.get_running_loop().time() + wait > deadline:
                    raise

    async def _exchange_once(self, message: Request, *, retry: bool) -> tuple[Message, PendingRequest]:
        link = await self._current.wait()
        pending = self.pending.add(message, retry=retry)
        try:
            await link.send(self._checked(pending.payload))
            return await pending.answer, pending
        except LinkClosed:
            if not retry:
                raise ConnectionClosed("The connection to the hub is lost") from None
            # It is sent again after a resume, or fails with the session.
            return await pending.answer, pending
        finally:
            self.pending.discard(pending)

    def _checked(self, payload: bytes) -> bytes:
        if self.max_message_size is not None and len(payload) > self.max_message_size:
            raise MessageTooLarge(len(payload), self.max_message_size)
        return payload
