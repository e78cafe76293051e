"""The link by polling, where WebSockets don't get through."""

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
from ..protocol.errors import AuthenticationFailed, HubError, InvalidMessage, PermissionDenied
from ..protocol.server import Welcome
from .errors import error_from
from .link import LinkClosed, Opened
from .messages import decode
from .reconnect import LOST, Ending

OPEN_TIMEOUT: Final = 15.0
WAIT: Final = 25
"""Seconds that a fetch waits at the hub for something to come."""
ANSWER_TIMEOUT: Final = 40.0
LOST_AFTER: Final = 25.0
"""The hub gives a client up that stays away for 30 s: no use to ask again much later."""
RETRY_DELAY: Final = 0.5
MAX_AT_ONCE: Final = 100
CLOSE_TIMEOUT: Final = 2.0
MAX_ARRIVED: Final = 1_000
"""Messages that wait to be received; then nothing more is fetched."""


class _Fetched(msgspec.Struct):
    messages: list[msgspec.Raw]
    cursor: str


class PollingLink:
    """One session's time on polling: one request that fetches, and one at a time that sends."""

    name = "polling"

    def __init__(self, http: ClientSession, sessions: URL) -> None:
        """`sessions`: where sessions are opened."""
        self._http = http
        self._sessions = sessions
        self._address = sessions
        self._headers: dict[str, str] = {}
        self._arrived: asyncio.Queue[bytes] = asyncio.Queue(MAX_ARRIVED)
        self._outgoing: deque[bytes] = deque()
        self._max_bytes = 0
        self._to_send = asyncio.Event()
        self._work: list[asyncio.Task[None]] = []

    async def open(self, authenticate: Authenticate) -> Opened:
        """Open a session, or resume one."""
        token = authenticate.token or (authenticate.resume.secret if authenticate.resume is not None else "")
        body = encode_request(authenticate)
        async with self._ask("POST", self._sessions, _bearer(token), OPEN_TIMEOUT, data=body) as response:
            raw = await response.read()
            if response.status != 200:
                raise LinkClosed(_refused(response.status, raw))
        welcome = decode(raw)
        if not isinstance(welcome, Welcome) or isinstance(hello := welcome.hello, msgspec.UnsetType):
            raise LinkClosed(Ending(reason="this is no MoosicBox hub"))
        self._max_bytes = int(hello.limits.get("max_message_size", 0))
        self._address = self._sessions / welcome.session_id
        self._headers = _bearer(welcome.secret)
        self._work = [asyncio.create_task(self._fetch_all()), asyncio.create_task(self._send_all())]
        return Opened(hello, welcome)

    async def receive(self) -> bytes:
        """The next message, fetched or answered."""
        if not self._arrived.empty():
            return self._arrived.get_nowait()
        arrival = asyncio.ensure_future(self._arrived.get())
        try:
            await asyncio.wait({arrival, *self._work}, return_when=asyncio.FIRST_COMPLETED)
            if arrival.done():
                return arrival.result()
        finally:
            arrival.cancel()
        for task in self._work:
            if task.done():
                task.result()
        raise LinkClosed(Ending())

    async def send(self, payload: bytes) -> None:
        """Leave a message to be sent with the next request."""
        self._outgoing.append(payload)
        self._to_send.set()

    async def close(self) -> None:
        """End the session for good."""
        await self.drop()
        with suppress(LinkClosed):
            async with self._ask("DELETE", self._address, self._headers, CLOSE_TIMEOUT):
                pass

    async def drop(self) -> None:
        """Stop asking; the session waits to be resumed."""
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)

    async def _fetch_all(self) -> None:
        query = {"wait": str(WAIT)}
        while True:
            raw = await self._again("GET", (self._address / "messages").with_query(query))
            fetched = msgspec.json.decode(raw, type=_Fetched)
            for message in fetched.messages:
                await self._arrived.put(bytes(message))
            query["cursor"] = fetched.cursor

    async def _send_all(self) -> None:
        while True:
            await self._to_send.wait()
            raw = await self._again("POST", self._address / "messages", data=b"[%b]" % b",".join(self._batch()))
            for answer in msgspec.json.decode(raw, type=list[msgspec.Raw]):
                await self._arrived.put(bytes(answer))

    def _batch(self) -> list[bytes]:
        batch = [self._outgoing.popleft()]
        size = len(batch[0]) + 2
        while self._outgoing and len(batch) < MAX_AT_ONCE:
            size += len(self._outgoing[0]) + 1
            if size > self._max_bytes:
                break
            batch.append(self._outgoing.popleft())
        if not self._outgoing:
            self._to_send.clear()
        return batch

    async def _again(self, method: str, url: URL, **options: Any) -> bytes:
        """Ask until there is an answer: a lost one is simply asked for again, request ids make that harmless."""
        until = time.monotonic() + LOST_AFTER
        while True:
            try:
                async with self._ask(method, url, self._headers, ANSWER_TIMEOUT, **options) as response:
                    raw = await response.read()
                    if response.status == 200:
                        return raw
                    ending = _refused(response.status, raw)
            except LinkClosed as closed:
                ending = closed.ending
            if ending.code != LOST or ending.error is not None or time.monotonic() > until:
                raise LinkClosed(ending)
            await asyncio.sleep(RETRY_DELAY)

    @asynccontextmanager
    async def _ask(
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


def _refused(status: int, raw: bytes) -> Ending:
    """What an answer that is no success means."""
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
