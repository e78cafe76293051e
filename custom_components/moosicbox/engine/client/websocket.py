"""A link by WebSocket.

The protocol's sections: "Upgrade" and "Hello, authenticate, welcome" in docs/protocol/connecting.md.
"""

import asyncio
from contextlib import suppress
from typing import Final

from aiohttp import (
    ClientError,
    ClientSession,
    ClientWebSocketResponse,
    ClientWSTimeout,
    WSMsgType,
    WSServerHandshakeError,
)
from yarl import URL

from ..protocol.client import Authenticate
from ..protocol.codec import encode_request
from ..protocol.codes import CloseCode
from ..protocol.errors import (
    AuthenticationFailed,
    HubError,
    PermissionDenied,
    RateLimitExceeded,
    SerializationFailed,
    Unavailable,
)
from ..protocol.server import SUBPROTOCOL, Goodbye, Hello, Welcome
from .errors import ProtocolMismatch
from .link import NO_HUB, LinkClosed, Opened
from .messages import ErrorMessage, Message, decode
from .reconnect import LOST, Ending

PROTOCOL_VERSION: Final = 1
OPEN_TIMEOUT: Final = 15.0
CLOSE_TIMEOUT: Final = 2.0
MAX_FRAME: Final = 16 * 1_048_576
"""Bytes; the hub's largest message, a page of 500 queue items, is far smaller."""


class WebSocketLink:
    """One WebSocket connection."""

    name = "websocket"

    def __init__(self, http: ClientSession, url: URL) -> None:
        self._http = http
        self._url = url
        self._socket: ClientWebSocketResponse | None = None
        self._goodbye: Goodbye | None = None
        self._error: HubError | None = None
        self._closing = False

    async def open(self, authenticate: Authenticate) -> Opened:
        """Connect and authenticate, within `OPEN_TIMEOUT`."""
        try:
            async with asyncio.timeout(OPEN_TIMEOUT):
                hello = await self.greet()
                await self.send(encode_request(authenticate))
                return Opened(hello, await self._receive_welcome())
        except TimeoutError as error:
            raise LinkClosed(Ending(reason="the hub doesn't answer")) from error

    async def greet(self) -> Hello:
        """Connect and return the hub's `hello`.

        Raises:
            LinkClosed: The connection failed, or this is no hub.
            ProtocolMismatch: The hub doesn't speak version 1.
        """
        try:
            self._socket = await self._http.ws_connect(
                self._url,
                protocols=(SUBPROTOCOL,),
                max_msg_size=MAX_FRAME,
                compress=15,
                timeout=ClientWSTimeout(ws_close=CLOSE_TIMEOUT),
            )
        except WSServerHandshakeError as error:
            raise LinkClosed(_ending_for(error)) from error
        except (ClientError, OSError) as error:
            raise LinkClosed(Ending(reason=str(error) or type(error).__name__)) from error
        match await self._receive_message():
            case Hello() as hello if hello.protocol.min <= PROTOCOL_VERSION <= hello.protocol.max:
                return hello
            case Hello() as hello:
                raise ProtocolMismatch(f"The hub speaks versions {hello.protocol.min} to {hello.protocol.max}")
        raise LinkClosed(NO_HUB)

    async def receive(self) -> str | bytes:
        """Return the next text frame."""
        socket = self._open_socket()
        # A read during the close would make aiohttp close with 1000, which ends the session.
        while not self._closing:
            try:
                frame = await socket.receive()
            except (ClientError, OSError, RuntimeError) as error:
                raise LinkClosed(Ending(reason=str(error))) from error
            if frame.type is WSMsgType.TEXT:
                text: str = frame.data
                return text
            if frame.type is not WSMsgType.BINARY:
                break
        raise LinkClosed(self._ending())

    async def send(self, payload: bytes) -> None:
        """Send a text frame."""
        try:
            await self._open_socket().send_frame(payload, WSMsgType.TEXT)
        except (ClientError, OSError) as error:
            # The close code and the last error are those that were read.
            raise LinkClosed(self._ending()) from error

    async def close(self) -> None:
        """Close with 1000, which ends the session."""
        await self._close(CloseCode.NORMAL)

    async def drop(self) -> None:
        """Close with 4012; the session can be resumed."""
        await self._close(CloseCode.PING_TIMEOUT)

    async def _close(self, code: CloseCode) -> None:
        self._closing = True
        if self._socket is not None:
            with suppress(ClientError, OSError, TimeoutError):
                async with asyncio.timeout(CLOSE_TIMEOUT):
                    await self._socket.close(code=code)

    async def _receive_welcome(self) -> Welcome:
        while True:
            match await self._receive_message():
                case Welcome() as welcome:
                    return welcome
                case ErrorMessage(error):
                    self._error = error
                case Goodbye() as goodbye:
                    self._goodbye = goodbye

    async def _receive_message(self) -> Message:
        """Return the next message before the welcome."""
        try:
            return decode(await self.receive())
        except SerializationFailed as error:
            raise LinkClosed(NO_HUB) from error

    def _ending(self) -> Ending:
        code = self._socket.close_code if self._socket is not None else None
        return Ending(code or LOST, self._error, self._goodbye)

    def _open_socket(self) -> ClientWebSocketResponse:
        if self._socket is None:
            raise LinkClosed(Ending(reason="not connected"))
        return self._socket


def _ending_for(error: WSServerHandshakeError) -> Ending:
    """Return how the attempt ended, by the HTTP status that was answered instead of an upgrade."""
    reason = f"the web server answered {error.status}"
    after = error.headers.get("Retry-After", "") if error.headers is not None else ""
    seconds = int(after) if after.isdecimal() else None
    match error.status:
        case 401:
            return Ending(CloseCode.AUTHENTICATION_FAILED, AuthenticationFailed("The token is not accepted"))
        case 403:
            return Ending(error=PermissionDenied("The web server refuses this client"), terminal=True)
        case 429:
            return Ending(error=RateLimitExceeded(0, float(seconds or 5)), reason=reason)
        case 503:
            refused = Unavailable("The hub is full or not loaded")
            refused.details = {} if seconds is None else {"retry_after": seconds}
            return Ending(error=refused, reason=reason)
    return Ending(reason=reason)
