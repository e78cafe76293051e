"""A link by HTTP polling, for networks that let no WebSocket through.

The protocol's page: docs/protocol/polling.md.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
import time
from typing import Any, Final

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, hdrs
import msgspec
from yarl import URL

from ..protocol.client import Authenticate
from ..protocol.codec import encode_request
from ..protocol.codes import CloseCode
from ..protocol.errors import AuthenticationFailed, HubError, InvalidMessage, PermissionDenied, SerializationFailed
from ..protocol.server import Welcome
from .errors import error_from
from .link import NO_HUB, LinkClosed, Opened
from .messages import decode
from .reconnect import LOST, Ending

OPEN_TIMEOUT: Final = 15.0
FETCH_WAIT: Final = 25
"""Seconds that a fetch waits at the hub for a message."""
REQUEST_TIMEOUT: Final = 40.0
LOST_AFTER: Final = 25.0
"""Seconds of failing requests after which the link is given up: the hub gives a client up after 30 s."""
RETRY_DELAY: Final = 0.5
MAX_BATCH: Final = 100
"""Messages in one request, as the hub allows."""
CLOSE_TIMEOUT: Final = 2.0
MAX_RECEIVED: Final = 1_000
"""Messages that wait for `receive`; at this number nothing more is fetched."""


class _Fetched(msgspec.Struct):
    messages: list[msgspec.Raw]
    cursor: str


class PollingLink:
    """A session over polling: one request fetches messages, and another one at a time sends them."""

    name = "polling"

    def __init__(self, http: ClientSession, sessions: URL) -> None:
        """Create a link.

        Args:
            http: The HTTP session to use.
            sessions: The address at which sessions are opened (`…/api/moosicbox/sessions`).
        """
        self._http = http
        self._sessions = sessions
        self._address = sessions
        self._headers: dict[str, str] = {}
        self._received: asyncio.Queue[bytes] = asyncio.Queue(MAX_RECEIVED)
        self._outgoing: deque[bytes] = deque()
        self._max_bytes = 0
        self._has_outgoing = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self, authenticate: Authenticate) -> Opened:
        """Open a session, or resume one."""
        token = authenticate.token or (authenticate.resume.secret if authenticate.resume is not None else "")
        body = encode_request(authenticate)
        async with self._request("POST", self._sessions, _bearer(token), OPEN_TIMEOUT, data=body) as response:
            raw = await response.read()
            if response.status != 200:
                raise LinkClosed(_ending_for(response.status, raw))
        try:
            welcome = decode(raw)
        except SerializationFailed as error:
            raise LinkClosed(NO_HUB) from error
        if not isinstance(welcome, Welcome) or isinstance(hello := welcome.hello, msgspec.UnsetType):
            raise LinkClosed(NO_HUB)
        self._max_bytes = int(hello.limits.get("max_message_size", 0))
        self._address = self._sessions / welcome.session_id
        self._headers = _bearer(welcome.secret)
        self._tasks = [asyncio.create_task(self._fetch_loop()), asyncio.create_task(self._send_loop())]
        return Opened(hello, welcome)

    async def receive(self) -> bytes:
        """Return the next message: a fetched one, or the answer to a sent one."""
        if not self._received.empty():
            return self._received.get_nowait()
        arrival = asyncio.ensure_future(self._received.get())
        try:
            await asyncio.wait({arrival, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
            if arrival.done():
                return arrival.result()
        finally:
            arrival.cancel()
        for task in self._tasks:
            if task.done():
                task.result()
        raise LinkClosed(Ending())

    async def send(self, payload: bytes) -> None:
        """Queue a message for the next request."""
        self._outgoing.append(payload)
        self._has_outgoing.set()

    async def close(self) -> None:
        """End the session."""
        await self.drop()
        with suppress(LinkClosed):
            async with self._request("DELETE", self._address, self._headers, CLOSE_TIMEOUT):
                pass

    async def drop(self) -> None:
        """Stop polling; the session can be resumed."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _fetch_loop(self) -> None:
        query = {"wait": str(FETCH_WAIT)}
        while True:
            fetched = await self._request_with_retry(_Fetched, "GET", (self._address / "messages").with_query(query))
            for message in fetched.messages:
                await self._received.put(bytes(message))
            query["cursor"] = fetched.cursor

    async def _send_loop(self) -> None:
        while True:
            await self._has_outgoing.wait()
            body = b"[%b]" % b",".join(self._next_batch())
            for answer in await self._request_with_retry(
                list[msgspec.Raw], "POST", self._address / "messages", data=body
            ):
                await self._received.put(bytes(answer))

    def _next_batch(self) -> list[bytes]:
        batch = [self._outgoing.popleft()]
        size = len(batch[0]) + 2
        while self._outgoing and len(batch) < MAX_BATCH:
            size += len(self._outgoing[0]) + 1
            if size > self._max_bytes:
                break
            batch.append(self._outgoing.popleft())
        if not self._outgoing:
            self._has_outgoing.clear()
        return batch

    async def _request_with_retry[T](self, kind: type[T], method: str, url: URL, **options: Any) -> T:
        """Repeat a request until the hub answers. Cursors and request ids make the repetition harmless."""
        deadline = time.monotonic() + LOST_AFTER
        while True:
            try:
                async with self._request(method, url, self._headers, REQUEST_TIMEOUT, **options) as response:
                    raw = await response.read()
                    if response.status == 200:
                        return msgspec.json.decode(raw, type=kind)
                    ending = _ending_for(response.status, raw)
            except msgspec.DecodeError, UnicodeDecodeError:
                ending = NO_HUB
            except LinkClosed as closed:
                ending = closed.ending
            if ending.code != LOST or ending.error is not None or time.monotonic() > deadline:
                raise LinkClosed(ending)
            await asyncio.sleep(RETRY_DELAY)

    @asynccontextmanager
    async def _request(
        self, method: str, url: URL, headers: dict[str, str], timeout: float, **options: Any
    ) -> AsyncIterator[ClientResponse]:
        try:
            async with self._http.request(
                method, url, headers=headers, timeout=ClientTimeout(total=timeout), allow_redirects=False, **options
            ) as response:
                yield response
        except (ClientError, TimeoutError, OSError) as error:
            raise LinkClosed(Ending(reason=str(error) or type(error).__name__)) from error


def _bearer(token: str) -> dict[str, str]:
    return {hdrs.AUTHORIZATION: f"Bearer {token}", hdrs.CONTENT_TYPE: "application/json"}


def _ending_for(status: int, raw: bytes) -> Ending:
    """Return how the link ended, by an HTTP status other than 200 and its body."""
    error: HubError | None = None
    with suppress(msgspec.DecodeError):
        fields = msgspec.json.decode(raw)
        error = error_from(fields) if isinstance(fields, dict) and "error_type" in fields else None
    reason = f"the web server answered {status}"
    if status == 410 and error is not None:
        return Ending(int(error.details.get("close_code", LOST)), error)
    if isinstance(error, AuthenticationFailed):
        return Ending(CloseCode.AUTHENTICATION_FAILED, error)
    return Ending(error=error, terminal=isinstance(error, PermissionDenied | InvalidMessage), reason=reason)
