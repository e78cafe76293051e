"""The WebSocket transport."""

import asyncio
import contextlib
from contextlib import AbstractContextManager
import ipaddress
import logging
import socket
from typing import Any, Final

from aiohttp import WSCloseCode, WSMessage, WSMsgType, hdrs, web

from ..access.authentication import Peer
from ..access.limiter import MIN_WAIT, TokenBucket
from ..access.rights import Principal
from ..delivery.deflate import Deflation
from ..delivery.frame import Frame
from ..metrics import Traffic
from ..protocol.client import Authenticate
from ..protocol.codec import Decoded, encode, encode_error
from ..protocol.codes import CloseCode
from ..protocol.errors import AuthenticationFailed, InvalidMessage, RateLimitExceeded, SerializationFailed
from ..protocol.server import SUBPROTOCOL, Goodbye
from ..sessions.session import Refused
from ..timers import Timer
from .gateway import HUB_FAILED, Gateway, SessionHandle
from .protocol_errors import ProtocolErrors

_LOGGER = logging.getLogger(__name__)

CHUNK: Final = 65_536
"""Bytes that are written between two checks of flow control."""
UNSENT_BYTES: Final = 16_384
"""Unsent bytes that the kernel may buffer (`TCP_NOTSENT_LOWAT`), so that a stalled reader is noticed early."""
PING: Final = bytes((0x89, 0))
"""A WebSocket ping without a payload."""
NO_CODE: Final = 0
"""The code of a close frame without one, as aiohttp reports it."""
CONTROL: Final = (WSMsgType.PING, WSMsgType.PONG)
FLOOD: Final = "Too many pings and pongs"
FLOOD_CLOSE_SECONDS: Final = 1.0
"""The time in which a client that floods the hub can read why its connection is closed."""
LOST: Final = 1006
"""Counted as the close code of a connection that ended without one."""
BINARY: Final = Decoded(None, None, SerializationFailed("Messages are text frames"))


class WebSocketConnection:
    """One WebSocket connection. Messages are sent through its outbox, or by the `Writer` while that is empty."""

    __slots__ = (
        "_closing",
        "_control_frames",
        "_errors",
        "_flooding",
        "_gateway",
        "_ping_timer",
        "_pinged_us",
        "_request",
        "_tcp",
        "_ws",
        "outbox",
        "peer",
        "session",
        "task",
        "traffic",
    )

    transport = "websocket"

    def __init__(self, gateway: Gateway, request: web.Request) -> None:
        limits = gateway.limits
        self.peer = Peer(request.remote or "", request)
        self.traffic = Traffic()
        self.session: SessionHandle | None = None
        self.outbox = gateway.new_outbox(self, self.traffic)
        self._gateway = gateway
        self._request = request
        self._tcp: asyncio.Transport | None = None
        # Without aiohttp's heartbeat, which leaves reference cycles behind. aiohttp only negotiates compression: `Deflation` compresses.
        self._ws = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,),
            timeout=limits.close_timeout,
            autoping=False,
            autoclose=False,
            compress=limits.compression and (limits.compress_local or not _is_private(self.peer.address)),
            max_msg_size=limits.max_message_size + 1,
            decode_text=False,
        )
        self.task: asyncio.Task[Any] | None = None
        """The task that runs `run`."""
        self._closing: tuple[CloseCode, str] | None = None
        """Close code and reason, once the connection is being closed."""
        self._ping_timer: Timer | None = None
        self._pinged_us: int | None = None
        self._errors: ProtocolErrors | None = None
        """The protocol errors of the client; created by the first one."""
        self._control_frames = TokenBucket(limits.sync_per_minute / 60, limits.sync_burst)
        self._flooding = False
        """True if the client sends more control frames than it may; its input isn't read any more."""

    async def run(self, principal: Principal | None, admission: AbstractContextManager[None]) -> web.WebSocketResponse:
        """Serve the connection until it ends.

        `principal` is the one that the upgrade request was authenticated as, if any. The context `admission` is left
        when the client has authenticated.
        """
        await self._open()
        ended = False
        try:
            self.outbox.send(Frame(encode(self._gateway.hello(authenticated=principal is not None))))
            with admission:
                known = await self._authenticate(principal)
            del admission
            if known is not None:
                self._schedule_ping()
                # Read inline: a separate coroutine would cost 300 bytes for each connection.
                while self._closing is None:
                    received: WSMessage = await self._ws.receive()
                    if received.type is WSMsgType.TEXT or received.type is WSMsgType.BINARY:
                        self._receive(known, received)
                    elif received.type in CONTROL:
                        await self._receive_control(received)
                    elif received.type is WSMsgType.CLOSE:
                        await self._echo_close(received.data)
                        ended = received.data in (NO_CODE, CloseCode.NORMAL)
                        break
                    else:
                        break
        except asyncio.CancelledError:
            self._handle_cancelled()
        finally:
            self._clean_up(ended=ended)
        await self._close_socket()
        return self._ws

    async def _open(self) -> None:
        await self._ws.prepare(self._request)
        self.task = asyncio.current_task()
        self._tcp = self._request.transport
        self._limit_kernel_buffer()
        self._negotiate_compression()
        if self._tcp is not None:
            # With these limits writing is paused while anything is unsent, which is cheaper to check than the size.
            self._tcp.set_write_buffer_limits(high=1, low=0)
            self.outbox.direct, self.outbox.flow_control = self._tcp, self._request.protocol

    # ------------------------------------------------------------ from the client

    async def _authenticate(self, principal: Principal | None) -> SessionHandle | None:
        limits = self._gateway.limits
        request_id = None
        try:
            async with asyncio.timeout(limits.authentication_timeout):
                decoded = await self._receive_first()
                if decoded is None:
                    return None
                request_id = decoded.request_id
                self.session = await self._gateway.open(self, _authenticate_of(decoded), principal)
        except TimeoutError:
            self._refuse(
                Refused(
                    AuthenticationFailed("The client didn't authenticate in time"), CloseCode.AUTHENTICATION_TIMEOUT
                )
            )
        except (AuthenticationFailed, InvalidMessage) as error:
            self._refuse(Refused(error), request_id)
        except Refused as refused:
            self._refuse(refused, request_id)
        return self.session

    async def _receive_first(self) -> Decoded | None:
        while (received := await self._ws.receive()).type in CONTROL:
            if self._is_flood(self._gateway.clock.now_us()):
                limits = self._gateway.limits
                error = RateLimitExceeded(limits.sync_per_minute, MIN_WAIT, FLOOD)
                raise Refused(error, CloseCode.RATE_LIMITED)
            if received.type is WSMsgType.PING:
                await self._pong(received.data)
        if received.type is WSMsgType.BINARY:
            raise AuthenticationFailed("The first message must be `authenticate`")
        if received.type is WSMsgType.CLOSE:
            await self._echo_close(received.data)
        if received.type is not WSMsgType.TEXT:
            return None
        if len(received.data) > self._gateway.limits.max_first_message_size:
            raise AuthenticationFailed("The first message is too large")
        return self._gateway.decode(received.data)

    def _receive(self, session: SessionHandle, received: WSMessage) -> None:
        if session.connection is not self:
            return
        data, received_us = received.data, self._gateway.clock.now_us()
        self.traffic.messages_received += 1
        self.traffic.bytes_received += len(data)
        is_text = received.type is WSMsgType.TEXT
        decoded = self._gateway.decode(data) if is_text else BINARY
        session.receive(decoded, received_us)
        if is_text and not is_utf8(data):
            self._drop(CloseCode.INVALID_TEXT, "The text is not UTF-8")
        elif decoded.error is not None:
            if self._errors is None:
                self._errors = ProtocolErrors(self._gateway.limits)
            if self._errors.too_many(decoded.error, received_us):
                self._drop(CloseCode.PROTOCOL_ERRORS, "Too many protocol errors")

    async def _receive_control(self, received: WSMessage) -> None:
        received_us = self._gateway.clock.now_us()
        if self._is_flood(received_us):
            self._drop(CloseCode.RATE_LIMITED, FLOOD)
        elif received.type is WSMsgType.PING:
            await self._pong(received.data)
        else:
            self._measure_round_trip(received_us)
            self._schedule_ping()

    def _is_flood(self, now_us: int) -> bool:
        # Control frames are cheap to send, and each one that is read keeps all other clients waiting.
        self._flooding = self._control_frames.consume(now_us) > 0
        return self._flooding

    # ------------------------------------------------------------ to the client

    def flush(self) -> bool:
        """Send the frames of the outbox; return whether all were sent."""
        tcp = self._tcp
        if self.outbox.closed or tcp is None or tcp.is_closing():
            self.outbox.close()
            return True
        while len(self.outbox):
            if self.outbox.flow_control.writing_paused:
                return False
            frames = self.outbox.pop_frames(CHUNK)
            if (deflation := self.outbox.deflation) is not None:
                tcp.write(b"".join([deflation.encode(frame) for frame in frames]))
            else:
                tcp.write(b"".join([frame.wire or frame.websocket for frame in frames]))
        return True

    def overflow(self) -> None:
        """Close the connection as too slow."""
        # Deferred, because the same message is being sent to other connections right now.
        asyncio.get_running_loop().call_soon(
            self._drop, CloseCode.SLOW_CONSUMER, "Too many messages are waiting to be read"
        )

    def fail(self, error: Exception) -> None:
        """Close the connection because of a fault of the hub."""
        self._gateway.log_fault("" if self.session is None else self.session.session_id, error)
        self._drop(CloseCode.INTERNAL_ERROR, HUB_FAILED)

    def _negotiate_compression(self) -> None:
        if not self._ws.compress:
            return
        bits = min(int(self._ws.compress), self._gateway.limits.compression_window_bits)
        takeover = "server_no_context_takeover" not in self._ws.headers.get(hdrs.SEC_WEBSOCKET_EXTENSIONS, "")
        self.outbox.deflation = Deflation(self._gateway.compression, bits, takeover=takeover)

    def _limit_kernel_buffer(self) -> None:
        sock = self._ws.get_extra_info("socket")
        if sock is not None and hasattr(socket, "TCP_NOTSENT_LOWAT"):
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)

    # ------------------------------------------------------------ staying alive

    def _schedule_ping(self) -> None:
        if self._ping_timer is not None:
            self._ping_timer.cancel()
        interval_us = int(self._gateway.limits.heartbeat_interval * 1e6)
        self._ping_timer = self._gateway.timers.at(self._gateway.clock.now_us() + interval_us, self._ping)

    def _measure_round_trip(self, now_us: int) -> None:
        if self._pinged_us is not None:
            self.traffic.round_trip_us = now_us - self._pinged_us
            self._gateway.metrics.latency.observe(self.traffic.round_trip_us / 1e6)
            self._pinged_us = None

    def _ping(self) -> None:
        self._pinged_us = self._gateway.clock.now_us()
        timeout_us = int(self._gateway.limits.ping_timeout * 1e6)
        self._ping_timer = self._gateway.timers.at(self._gateway.clock.now_us() + timeout_us, self._ping_timed_out)
        if self._tcp is not None and not self._tcp.is_closing():
            self._tcp.write(PING)

    def _ping_timed_out(self) -> None:
        self._drop(CloseCode.PING_TIMEOUT, "A ping wasn't answered in time")

    # ------------------------------------------------------------ control frames

    async def _pong(self, data: bytes) -> None:
        # The client may have disconnected already; its end is received next.
        with contextlib.suppress(ConnectionError):
            await self._ws.pong(data)

    async def _echo_close(self, code: int) -> None:
        # RFC 6455, section 5.5.1. Nothing is waited for, since the client is about to disconnect.
        with contextlib.suppress(ConnectionError):
            await self._ws.close(code=_echo_of(code), drain=False)

    # ------------------------------------------------------------ closing

    def close(self, code: CloseCode, reason: str) -> None:
        """Send what the client accepts at once, then close. The session isn't notified."""
        if self._closing is not None:
            return
        self.flush()
        self.outbox.close()
        self._closing = (code, reason)
        # The reading task closes the socket, which gives the client time to answer.
        if self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()

    def _handle_cancelled(self) -> None:
        # Cancelled by `close`, or by the web server after the client has disconnected.
        if self._closing is None:
            raise asyncio.CancelledError
        if self.task is not None:
            self.task.uncancel()

    async def _close_socket(self) -> None:
        if self._closing is not None:
            code, reason = self._closing
            if self._flooding and self._tcp is not None and not self._tcp.is_closing():
                # The closing handshake would read, and wait for the end of, what the client sends.
                self._tcp.pause_reading()
                self._tcp.write(_close_frame(code, reason))
                await asyncio.sleep(FLOOD_CLOSE_SECONDS)
                self._tcp.abort()
            # A client that doesn't read would block the closing handshake for ever.
            with contextlib.suppress(TimeoutError, ConnectionError):
                async with asyncio.timeout(self._gateway.limits.close_timeout):
                    await self._ws.close(code=code, message=reason.encode()[:120])
            if self._tcp is not None and not self._tcp.is_closing():
                self._tcp.abort()
        if (exception := self._ws.exception()) is not None:
            exception.__traceback__ = exception.__context__ = None

    def close_unauthenticated(self, goodbye: Goodbye, code: CloseCode) -> None:
        """Close the connection if it hasn't authenticated yet; called when the hub stops."""
        if self.session is None and self._closing is None:
            self.outbox.send(Frame(encode(goodbye)))
            self.close(code, goodbye.reason)

    def _refuse(self, refused: Refused, request_id: str | None = None) -> None:
        _LOGGER.debug("Refused a client from %s: %s", self.peer.address, refused.error.message)
        self.outbox.send(Frame(encode_error(refused.error, request_id)))
        self.close(refused.code, refused.error.error_type)

    def _drop(self, code: CloseCode, reason: str) -> None:
        if (session := self.session) is not None and session.connection is self:
            session.drop(code, reason)
        self.close(code, reason)

    def _clean_up(self, *, ended: bool) -> None:
        if self._ping_timer is not None:
            self._ping_timer.cancel()
            self._ping_timer = None
        self._gateway.writer.discard(self.outbox)
        self.outbox.close()
        if self.session is not None:
            self.session.connection_lost(self, ended=ended)
            self.session = None
        metrics = self._gateway.metrics
        metrics.past.add(self.traffic)
        metrics.disconnects[self._closing[0] if self._closing else self._ws.close_code or LOST] += 1


def _close_frame(code: CloseCode, reason: str) -> bytes:
    payload = int(code).to_bytes(2) + reason.encode()[:120]
    return bytes((0x88, len(payload))) + payload


def _authenticate_of(decoded: Decoded) -> Authenticate:
    if isinstance(decoded.message, Authenticate):
        return decoded.message
    if isinstance(decoded.error, InvalidMessage):
        raise decoded.error
    hint = "" if decoded.error is None else f": {decoded.error.message}"
    raise AuthenticationFailed(f"The first message must be `authenticate`{hint}")


def is_utf8(data: bytes) -> bool:
    """Return whether `data` is UTF-8, which RFC 6455 (section 8.1) requires of text messages."""
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _echo_of(code: int) -> int:
    # Codes that mean "no code" must not be sent (RFC 6455, section 7.4).
    if code == NO_CODE:
        return CloseCode.NORMAL
    return code if code in range(1000, 5000) and code not in (1004, 1005, 1006, 1015) else WSCloseCode.PROTOCOL_ERROR


def _is_private(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return False
