"""The polling transport: a connection whose messages the client fetches. HTTP is handled in `polling_endpoint`."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
import contextlib
import re
import secrets
from typing import Final, NamedTuple

from ..access.authentication import Peer
from ..delivery.frame import Frame
from ..metrics import Traffic
from ..protocol.codec import Decoded, encode_error
from ..protocol.codes import CloseCode
from ..protocol.errors import ConnectionClosed, InvalidMessage, Unavailable
from ..timers import Timer
from .gateway import HUB_FAILED, Gateway, SessionHandle
from .protocol_errors import ProtocolErrors

ANSWER_BYTES: Final = 262_144
"""Most bytes of one fetch (at least one message). A connection keeps as many until the client confirms them."""
_CURSOR: Final = re.compile(r"([0-9a-f]{8})-([0-9]{1,15})")


class Batch(NamedTuple):
    """The messages of a fetch. The client confirms them by sending `cursor` with its next fetch."""

    frames: tuple[Frame, ...]
    cursor: str


def closed_error(code: CloseCode) -> ConnectionClosed:
    """Return the error for requests to a connection that was closed with `code`."""
    return ConnectionClosed("This connection has ended", close_code=int(code), retryable=code.reconnect)


class PollingConnection:
    """A polling connection of a session. Fetched messages are kept until a cursor confirms them."""

    transport = "polling"

    def __init__(self, gateway: Gateway, peer: Peer, closed: Callable[[PollingConnection, CloseCode], None]) -> None:
        """`closed` is called when the connection has ended."""
        limits = gateway.limits
        self.peer = peer
        self.traffic = Traffic()
        self.outbox = gateway.new_outbox(self, self.traffic)
        self._gateway = gateway
        self._closed = closed
        self._end: asyncio.Future[CloseCode] = asyncio.get_running_loop().create_future()
        self._session: SessionHandle | None = None
        # Part of the cursors, so that one of an earlier connection confirms nothing here.
        self._connection_id = secrets.token_hex(4)
        self._unconfirmed: deque[Frame] = deque()
        self._unconfirmed_bytes = 0
        self._confirmed = 0
        self._waiter: asyncio.Future[None] | None = None
        self._errors = ProtocolErrors(limits)
        self._fetched_us = 0
        self._idle_timer: Timer | None = None

    def start(self, session: SessionHandle) -> Frame:
        """Start serving `session`, which was opened on this connection; return its `welcome`."""
        if self._end.done():
            raise closed_error(self._end.result())
        self._session = session
        self._fetched_us = self._gateway.clock.now_us()
        self._check_idle()
        (welcome,) = self.outbox.pop_frames(1)
        return welcome

    @property
    def session(self) -> SessionHandle:
        """The session of this connection."""
        if self._session is None:
            raise RuntimeError("This connection has no session yet")
        return self._session

    # ------------------------------------------------------------ to the client

    async def fetch(self, cursor: str | None, wait: float) -> Batch:
        """Return all unconfirmed messages; wait up to `wait` seconds if there are none.

        A newer call ends an older one. Raise InvalidMessage for a wrong cursor, ConnectionClosed after the end.
        """
        if cursor is not None:
            self._confirm(cursor)
        self._wake()
        self._waiter = waiter = asyncio.get_running_loop().create_future()
        try:
            if not self._refill() and wait > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await waiter
            if self._waiter is not waiter:
                return Batch((), self._cursor(self._confirmed))
            if not self._refill() and self._end.done():
                raise closed_error(self._end.result())
            return Batch(tuple(self._unconfirmed), self._cursor(self._confirmed + len(self._unconfirmed)))
        finally:
            if self._waiter is waiter:
                self._waiter = None
                self._fetched_us = self._gateway.clock.now_us()

    def _cursor(self, number: int) -> str:
        return f"{self._connection_id}-{number}"

    def _confirm(self, cursor: str) -> None:
        if (parts := _CURSOR.fullmatch(cursor)) is None:
            raise InvalidMessage("This is not a cursor", ["cursor"])
        if parts[1] != self._connection_id:
            return
        if (number := int(parts[2])) > self._confirmed + len(self._unconfirmed):
            raise InvalidMessage("This cursor was not returned by a fetch", ["cursor"])
        while self._confirmed < number:
            self._unconfirmed_bytes -= len(self._unconfirmed.popleft().payload)
            self._confirmed += 1

    def _refill(self) -> bool:
        self._gateway.writer.flush_pending()
        free_bytes = ANSWER_BYTES - self._unconfirmed_bytes
        if free_bytes > 0 and len(self.outbox):
            for frame in self.outbox.pop_frames(free_bytes):
                self._unconfirmed.append(frame)
                self._unconfirmed_bytes += len(frame.payload)
        return bool(self._unconfirmed)

    def flush(self) -> bool:
        """Wake the waiting fetch."""
        # The frames count against the bounds at once. The connection is never reported as stalled.
        self.outbox.queue_fresh()
        self._wake()
        return True

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def overflow(self) -> None:
        """Close the connection as too slow."""
        # Deferred, because the same message is being sent to other connections right now.
        asyncio.get_running_loop().call_soon(
            self._drop, CloseCode.SLOW_CONSUMER, "Too many messages are waiting to be read"
        )

    def fail(self, error: Exception) -> None:
        """Close the connection because of a fault of the hub."""
        self._gateway.log_fault("" if self._session is None else self._session.session_id, error)
        self._drop(CloseCode.INTERNAL_ERROR, HUB_FAILED)

    # ------------------------------------------------------------ from the client

    async def receive(self, messages: Sequence[Decoded]) -> list[Frame]:
        """Execute `messages` in order and return their answers."""
        gateway, loop = self._gateway, asyncio.get_running_loop()
        now_us = gateway.clock.now_us()
        answers: list[asyncio.Future[Frame | None]] = [loop.create_future() for _ in messages]
        for decoded, answer in zip(messages, answers, strict=True):
            if self._end.done():
                break
            self.traffic.messages_received += 1
            self.traffic.bytes_received += decoded.size
            self.session.receive(decoded, now_us, answer.set_result)
            if self._errors.too_many(decoded.error, now_us):
                self._drop(CloseCode.PROTOCOL_ERRORS, "Too many protocol errors")
        await asyncio.wait(
            (asyncio.gather(*answers), self._end),
            timeout=gateway.limits.poll_timeout,
            return_when=asyncio.FIRST_COMPLETED,
        )
        return [
            frame
            for decoded, answer in zip(messages, answers, strict=True)
            if (frame := answer.result() if answer.done() else _not_answered_yet(decoded)) is not None
        ]

    # ------------------------------------------------------------ idle timeout

    def _check_idle(self) -> None:
        # One timer that is rescheduled when it fires: a new one for each fetch would fill the heap of timers.
        now_us = self._gateway.clock.now_us()
        since_us = self._fetched_us if self._waiter is None else now_us
        due_us = since_us + int(self._gateway.limits.poll_timeout * 1e6)
        if due_us > now_us:
            self._idle_timer = self._gateway.timers.at(due_us, self._check_idle)
        else:
            self._drop(CloseCode.PING_TIMEOUT, "The client didn't fetch in time")

    # ------------------------------------------------------------ closing

    def close(self, code: CloseCode, reason: str) -> None:
        """End a waiting fetch with the remaining messages; later fetches fail with `code`. The session isn't notified."""
        if self._end.done():
            return
        self._end.set_result(code)
        # The connection that resumed the session is sent the same messages.
        if code is not CloseCode.REPLACED:
            self._refill()
        self.outbox.close()
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        self._wake()
        self._gateway.metrics.past.add(self.traffic)
        self._gateway.metrics.disconnects[code] += 1
        if self._session is not None:
            self._closed(self, code)

    def _drop(self, code: CloseCode, reason: str) -> None:
        if self._session is not None and self._session.connection is self:
            self._session.drop(code, reason)
        self.close(code, reason)


def _not_answered_yet(decoded: Decoded) -> Frame:
    # The message may still be executed; repeating it with the same request id returns the answer.
    return Frame(encode_error(Unavailable("There is no answer yet"), decoded.request_id))
