"""The polling transport: a connection that the client itself comes to fetch from. No HTTP: see `polling_endpoint`."""

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
from .gateway import Gateway, SessionHandle
from .protocol_errors import ProtocolErrors

ANSWER_BYTES: Final = 262_144
"""What one fetch brings at most (or one message); so much is kept until a cursor behind it is named."""
_CURSOR: Final = re.compile(r"([0-9a-f]{8})-([0-9]{1,15})")


class Batch(NamedTuple):
    """What a fetch brought; naming `cursor` next time says that it has arrived."""

    frames: tuple[Frame, ...]
    cursor: str


def closed_error(code: CloseCode) -> ConnectionClosed:
    """What a client is told that comes to a connection which ended with `code`."""
    return ConnectionClosed("This connection has ended", close_code=int(code), again=code.reconnect)


class PollingConnection:
    """One session's time on polling. Messages that were fetched are kept until a cursor confirms them."""

    transport = "polling"

    def __init__(self, gateway: Gateway, peer: Peer, closed: Callable[[PollingConnection, CloseCode], None]) -> None:
        """`closed` hears when it has ended."""
        limits = gateway.limits
        self.peer = peer
        self.traffic = Traffic()
        self.outbox = gateway.new_outbox(self, self.traffic)
        self._gateway = gateway
        self._closed = closed
        self._end: asyncio.Future[CloseCode] = asyncio.get_running_loop().create_future()
        self._session: SessionHandle | None = None
        # A cursor of an earlier connection of the same session must confirm nothing here.
        self._name = secrets.token_hex(4)
        self._kept: deque[Frame] = deque()
        self._kept_bytes = 0
        self._confirmed = 0
        self._waiter: asyncio.Future[None] | None = None
        self._errors = ProtocolErrors(limits)
        self._fetched_us = 0
        self._watch: Timer | None = None

    def begin(self, session: SessionHandle) -> Frame:
        """Serve `session`, which was just opened on this connection; its `welcome`."""
        if self._end.done():
            raise closed_error(self._end.result())
        self._session = session
        self._fetched_us = self._gateway.clock.now_us()
        self._look()
        (welcome,) = self.outbox.take(1)
        return welcome

    @property
    def session(self) -> SessionHandle:
        """Whose connection this is."""
        if self._session is None:
            raise RuntimeError("This connection has not begun")
        return self._session

    # ------------------------------------------------------------ out

    async def fetch(self, cursor: str | None, wait: float) -> Batch:
        """All that isn't confirmed, or what comes within `wait` seconds; a newer call ends an older one."""
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
            return Batch(tuple(self._kept), self._cursor(self._confirmed + len(self._kept)))
        finally:
            if self._waiter is waiter:
                self._waiter = None
                self._fetched_us = self._gateway.clock.now_us()

    def _cursor(self, number: int) -> str:
        return f"{self._name}-{number}"

    def _confirm(self, cursor: str) -> None:
        if (parts := _CURSOR.fullmatch(cursor)) is None:
            raise InvalidMessage("This is no cursor", ["cursor"])
        if parts[1] != self._name:
            return
        if (number := int(parts[2])) > self._confirmed + len(self._kept):
            raise InvalidMessage("This cursor was not given yet", ["cursor"])
        while self._confirmed < number:
            self._kept_bytes -= len(self._kept.popleft().payload)
            self._confirmed += 1

    def _refill(self) -> bool:
        self._gateway.writer.settle()
        room = ANSWER_BYTES - self._kept_bytes
        if room > 0 and len(self.outbox):
            for frame in self.outbox.take(room):
                self._kept.append(frame)
                self._kept_bytes += len(frame.payload)
        return bool(self._kept)

    def flush(self) -> bool:
        """Have it fetched."""
        # What waits counts against the bounds at once. It stalls nobody: the client comes for it.
        self.outbox.settle()
        self._wake()
        return True

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def overflow(self) -> None:
        """Too much waited to be fetched."""
        # Not at once: others are being sent the same message just now.
        asyncio.get_running_loop().call_soon(self._leave, CloseCode.SLOW_CONSUMER, "Too much waited to be read")

    # ------------------------------------------------------------ in

    async def receive(self, messages: Sequence[Decoded]) -> list[Frame]:
        """Execute `messages` in order; their answers."""
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
                self._leave(CloseCode.PROTOCOL_ERRORS, "Too many protocol errors")
        await asyncio.wait(
            (asyncio.gather(*answers), self._end),
            timeout=gateway.limits.poll_timeout,
            return_when=asyncio.FIRST_COMPLETED,
        )
        return [
            frame
            for decoded, answer in zip(messages, answers, strict=True)
            if (frame := answer.result() if answer.done() else _unanswered(decoded)) is not None
        ]

    # ------------------------------------------------------------ staying alive

    def _look(self) -> None:
        # One timer looks now and then: a new one for every fetch would fill the hub's row of timers.
        now_us = self._gateway.clock.now_us()
        since_us = self._fetched_us if self._waiter is None else now_us
        due_us = since_us + int(self._gateway.limits.poll_timeout * 1e6)
        if due_us > now_us:
            self._watch = self._gateway.timers.at(due_us, self._look)
        else:
            self._leave(CloseCode.PING_TIMEOUT, "Nothing was fetched in time")

    # ------------------------------------------------------------ ending

    def close(self, code: CloseCode, reason: str) -> None:
        """A fetch that waits takes what is there; later ones are told `code`. The session is not told."""
        if self._end.done():
            return
        self._end.set_result(code)
        # Who took the session over is sent the same from the position that it named.
        if code is not CloseCode.REPLACED:
            self._refill()
        self.outbox.close()
        if self._watch is not None:
            self._watch.cancel()
        self._wake()
        self._gateway.metrics.past.add(self.traffic)
        self._gateway.metrics.disconnects[code] += 1
        if self._session is not None:
            self._closed(self, code)

    def _leave(self, code: CloseCode, reason: str) -> None:
        if self._session is not None and self._session.connection is self:
            self._session.drop(code, reason)
        self.close(code, reason)


def _unanswered(decoded: Decoded) -> Frame:
    # It may still be executed; by the same request id its answer can be had later.
    return Frame(encode_error(Unavailable("No answer yet"), decoded.request_id))
