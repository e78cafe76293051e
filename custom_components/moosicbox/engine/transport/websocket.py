"""The WebSocket transport: one connection from its upgrade to its last frame."""

import asyncio
import contextlib
from contextlib import AbstractContextManager
import ipaddress
import logging
import socket
from typing import Any, Final

from aiohttp import WSMessage, WSMsgType, hdrs, web

from ..access.authentication import Peer
from ..access.rights import Principal
from ..delivery.deflate import Deflation
from ..delivery.frame import Frame
from ..metrics import Traffic
from ..protocol.client import Authenticate
from ..protocol.codec import Decoded, encode, encode_error
from ..protocol.codes import CloseCode
from ..protocol.errors import AuthenticationFailed, SerializationFailed
from ..protocol.server import Goodbye
from ..sessions.session import Refused
from ..timers import Timer
from .gateway import Gateway, SessionHandle
from .protocol_errors import ProtocolErrors

_LOGGER = logging.getLogger(__name__)

SUBPROTOCOL: Final = "moosicbox.v1"
CHUNK: Final = 65_536
"""Bytes that are written before the socket is asked again whether it takes more."""
UNSENT_BYTES: Final = 16_384
"""What the kernel may hold unsent: a reader that stalls shows up early and costs little."""
PING: Final = bytes((0x89, 0))
"""A WebSocket ping without a payload."""
LOST: Final = 1006
"""The close code of a connection that ended without one."""
BINARY: Final = Decoded(None, None, SerializationFailed("Messages are text frames"))


class WebSocketConnection:
    """One WebSocket. Everything but control frames goes out through its outbox."""

    __slots__ = (
        "_errors",
        "_farewell",
        "_gateway",
        "_heartbeat",
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
        """Not accepted yet."""
        limits = gateway.limits
        self.peer = Peer(request.remote or "", request)
        self.traffic = Traffic()
        self.session: SessionHandle | None = None
        self.outbox = gateway.new_outbox(self, self.traffic)
        self._gateway = gateway
        self._request = request
        self._tcp: asyncio.Transport | None = None
        # No heartbeat of aiohttp's: it leaves reference cycles behind. It agrees on compression, which we do ourselves.
        self._ws = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,),
            timeout=limits.close_timeout,
            autoping=False,
            compress=limits.compression and (limits.compress_local or not _is_private(self.peer.address)),
            max_msg_size=limits.max_message_size + 1,
            decode_text=False,
        )
        self.task: asyncio.Task[Any] | None = None
        """What serves it."""
        self._farewell: tuple[CloseCode, str] | None = None
        """The code and the reason that it is closed with."""
        self._heartbeat: Timer | None = None
        self._pinged_us: int | None = None
        self._errors = ProtocolErrors(limits)

    async def run(self, principal: Principal | None, admission: AbstractContextManager[None]) -> web.WebSocketResponse:
        """Serve the connection until it ends.

        `principal` is who the upgrade request proved to be; `admission` is held while nobody is authenticated.
        """
        await self._open()
        ended = False
        try:
            self.outbox.send(Frame(encode(self._gateway.hello(authenticated=principal is not None))))
            with admission:
                known = await self._authenticate(principal)
            del admission
            if known is not None:
                self._beat()
                ended = await self._read(known)
        except asyncio.CancelledError:
            self._stopped()
        finally:
            self._gone(ended=ended)
        await self._part()
        return self._ws

    async def _open(self) -> None:
        await self._ws.prepare(self._request)
        self.task = asyncio.current_task()
        self._tcp = self._request.transport
        self._keep_kernel_buffer_small()
        self._agree_on_compression()
        if self._tcp is not None:
            # Writing is paused as long as anything is unsent: asked for each frame, that costs less than its size.
            self._tcp.set_write_buffer_limits(high=1, low=0)
            self.outbox.line, self.outbox.pace = self._tcp, self._request.protocol

    # ------------------------------------------------------------ in

    async def _authenticate(self, principal: Principal | None) -> SessionHandle | None:
        limits = self._gateway.limits
        request_id = None
        try:
            async with asyncio.timeout(limits.authentication_timeout):
                decoded = await self._first_message()
                if decoded is None:
                    return None
                request_id = decoded.request_id
                self.session = await self._gateway.open(self, _authenticate_of(decoded), principal)
        except TimeoutError:
            self._refuse(
                Refused(AuthenticationFailed("Nothing was authenticated in time"), CloseCode.AUTHENTICATION_TIMEOUT)
            )
        except AuthenticationFailed as error:
            self._refuse(Refused(error), request_id)
        except Refused as refused:
            self._refuse(refused, request_id)
        return self.session

    async def _first_message(self) -> Decoded | None:
        while True:
            received = await self._ws.receive()
            if received.type is WSMsgType.PING:
                await self._ws.pong(received.data)
            elif received.type is not WSMsgType.PONG:
                break
        if received.type is WSMsgType.BINARY:
            raise AuthenticationFailed("The first message must be `authenticate`")
        if received.type is not WSMsgType.TEXT:
            return None
        if len(received.data) > self._gateway.limits.max_first_message_size:
            raise AuthenticationFailed("The first message is too large")
        return self._gateway.decode(received.data)

    async def _read(self, session: SessionHandle) -> bool:
        # True if the client ended the session itself: closed normally, or without a code.
        ws, gateway = self._ws, self._gateway
        decode, receive, now_us = gateway.decode, session.receive, gateway.clock.now_us
        while self._farewell is None:
            received: WSMessage = await ws.receive()
            received_us = now_us()
            if received.type is WSMsgType.TEXT or received.type is WSMsgType.BINARY:
                if session.connection is not self:
                    continue
                self.traffic.messages_received += 1
                self.traffic.bytes_received += len(received.data)
                decoded = decode(received.data) if received.type is WSMsgType.TEXT else BINARY
                receive(decoded, received_us)
                if received.type is WSMsgType.TEXT and not is_utf8(received.data):
                    self._leave(CloseCode.INVALID_TEXT, "The text is not UTF-8")
                elif decoded.error is not None and self._errors.too_many(decoded.error, received_us):
                    self._leave(CloseCode.PROTOCOL_ERRORS, "Too many protocol errors")
            elif received.type is WSMsgType.PING:
                await ws.pong(received.data)
            elif received.type is WSMsgType.PONG:
                self._measure(received_us)
                self._beat()
            else:
                return received.type is WSMsgType.CLOSE and received.data in (0, CloseCode.NORMAL, 1005)
        return False

    # ------------------------------------------------------------ out

    def flush(self) -> bool:
        """Send what there is; whether the client took all."""
        tcp = self._tcp
        if self.outbox.closed or tcp is None or tcp.is_closing():
            self.outbox.close()
            return True
        while len(self.outbox):
            if self.outbox.pace.writing_paused:
                return False
            frames = self.outbox.take(CHUNK)
            if (deflation := self.outbox.deflation) is not None:
                tcp.write(b"".join([deflation.encode(frame) for frame in frames]))
            else:
                tcp.write(b"".join([frame.wire or frame.websocket for frame in frames]))
        return True

    def overflow(self) -> None:
        """Too much waited to be read."""
        # Not at once: others are being sent the same message just now.
        asyncio.get_running_loop().call_soon(self._leave, CloseCode.SLOW_CONSUMER, "Too much waited to be read")

    def _agree_on_compression(self) -> None:
        if not self._ws.compress:
            return
        bits = min(int(self._ws.compress), self._gateway.limits.compression_window_bits)
        takeover = "server_no_context_takeover" not in self._ws.headers.get(hdrs.SEC_WEBSOCKET_EXTENSIONS, "")
        self.outbox.deflation = Deflation(self._gateway.compression, bits, takeover=takeover)

    def _keep_kernel_buffer_small(self) -> None:
        sock = self._ws.get_extra_info("socket")
        if sock is not None and hasattr(socket, "TCP_NOTSENT_LOWAT"):
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)

    # ------------------------------------------------------------ staying alive

    def _beat(self) -> None:
        if self._heartbeat is not None:
            self._heartbeat.cancel()
        interval_us = int(self._gateway.limits.heartbeat_interval * 1e6)
        self._heartbeat = self._gateway.timers.at(self._gateway.clock.now_us() + interval_us, self._ping)

    def _measure(self, now_us: int) -> None:
        if self._pinged_us is not None:
            self.traffic.round_trip_us = now_us - self._pinged_us
            self._gateway.metrics.latency.observe(self.traffic.round_trip_us / 1e6)
            self._pinged_us = None

    def _ping(self) -> None:
        self._pinged_us = self._gateway.clock.now_us()
        timeout_us = int(self._gateway.limits.ping_timeout * 1e6)
        self._heartbeat = self._gateway.timers.at(self._gateway.clock.now_us() + timeout_us, self._no_pong)
        if self._tcp is not None and not self._tcp.is_closing():
            self._tcp.write(PING)

    def _no_pong(self) -> None:
        self._leave(CloseCode.PING_TIMEOUT, "No answer to a ping")

    # ------------------------------------------------------------ ending

    def close(self, code: CloseCode, reason: str) -> None:
        """Send what waits, as far as the client takes it, then close. The session is not told."""
        if self._farewell is not None:
            return
        # An outbox that overflowed takes part in nothing more: what came after it would leave a gap.
        self.flush()
        self.outbox.close()
        self._farewell = (code, reason)
        # The task that reads is the one to close: only so the client has its time to answer.
        if self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()

    def _stopped(self) -> None:
        # By `close`, or by the web server, which cancels the handler of a client that has gone.
        if self._farewell is None:
            raise asyncio.CancelledError
        if self.task is not None:
            self.task.uncancel()

    async def _part(self) -> None:
        if self._farewell is not None:
            code, reason = self._farewell
            # A client that reads nothing would hold the drain for ever.
            with contextlib.suppress(TimeoutError, ConnectionError):
                async with asyncio.timeout(self._gateway.limits.close_timeout):
                    await self._ws.close(code=code, message=reason.encode()[:120])
            if self._tcp is not None and not self._tcp.is_closing():
                self._tcp.abort()
        if (exception := self._ws.exception()) is not None:
            exception.__traceback__ = exception.__context__ = None

    def dismiss(self, goodbye: Goodbye, code: CloseCode) -> None:
        """The hub closes while nobody is known here yet."""
        if self.session is None and self._farewell is None:
            self.outbox.send(Frame(encode(goodbye)))
            self.close(code, goodbye.reason)

    def _refuse(self, refused: Refused, request_id: str | None = None) -> None:
        _LOGGER.debug("Refused a client from %s: %s", self.peer.address, refused.error.message)
        self.outbox.send(Frame(encode_error(refused.error, request_id)))
        self.close(refused.code, refused.error.error_type)

    def _leave(self, code: CloseCode, reason: str) -> None:
        if (session := self.session) is not None and session.connection is self:
            session.drop(code, reason)
        self.close(code, reason)

    def _gone(self, *, ended: bool) -> None:
        if self._heartbeat is not None:
            self._heartbeat.cancel()
            self._heartbeat = None
        self._gateway.writer.forget(self.outbox)
        self.outbox.close()
        if self.session is not None:
            self.session.connection_lost(self, ended=ended)
            self.session = None
        metrics = self._gateway.metrics
        metrics.past.add(self.traffic)
        metrics.disconnects[self._farewell[0] if self._farewell else self._ws.close_code or LOST] += 1


def _authenticate_of(decoded: Decoded) -> Authenticate:
    if isinstance(decoded.message, Authenticate):
        return decoded.message
    hint = "" if decoded.error is None else f": {decoded.error.message}"
    raise AuthenticationFailed(f"The first message must be `authenticate`{hint}")


def is_utf8(data: bytes) -> bool:
    """Whether a text message is one; RFC 6455 (section 8.1) has the connection fail if not."""
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_private(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return False
