"""The connection of a client: it authenticates, resumes its session after a cut, and reconnects until the hub forbids it.

A connection consists of links, one after the other; a link is one WebSocket or one polling session. Begin reading at
`_reconnect_loop`: each turn is one link, from the attempt to its end. `reader.py` has the incoming side, `requests.py`
the outgoing one, and `reconnect.py` decides when to reconnect.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
import random
import time
from typing import Any, Final, NoReturn

from aiohttp import ClientSession

from ..protocol.client import Authenticate
from ..protocol.codes import CloseCode
from ..protocol.server import Hello, Welcome
from ..signals import Signal
from .config import ClientConfig
from .connection_events import Connected, Disconnected
from .current_link import CurrentLink
from .heartbeat import Heartbeat
from .link import Link, LinkClosed, Opened
from .reader import FrameReader
from .reconnect import Ending, describe, final_error, judge, reconnect_delay
from .requests import Requests
from .session import SessionState
from .token_refresh import TokenRefresh
from .transport_selector import TransportSelector

STABLE_AFTER: Final = 10.0
"""Seconds after which a connection counts as stable, so that the next delay starts small again."""
STRAY_ATTEMPT_SECONDS: Final = 60.0
"""Seconds for which an abandoned attempt may still reach the hub, over a network that was down."""
DEFAULT_HEARTBEAT: Final = 30.0
CUT_OFF: Final = Ending(reason="the attempt was cut off")


class Connection:
    """The connection of one client to the hub, over all its links.

    Attributes:
        session: The session to resume: its secret, and the position of each topic.
        requests: Sends requests and waits for their answers.
        hello: The hub's latest greeting; `None` before the first connection.
        welcome: The hub's latest welcome; `None` before the first connection.
        connected: Emitted after each `welcome`.
        disconnected: Emitted after each lost connection, before the next attempt.
        received: Emitted for each message that answers no request, in order and without duplicates.
    """

    def __init__(self, config: ClientConfig, http: ClientSession) -> None:
        self.config = config
        self.session = SessionState()
        self._current = CurrentLink()
        self.requests = Requests(config, self._current)
        self.hello: Hello | None = None
        self.welcome: Welcome | None = None
        self.connected: Signal[Connected] = Signal()
        self.disconnected: Signal[Disconnected] = Signal()
        self._heartbeat = Heartbeat(self.requests, config.heartbeat_timeout)
        self._reader = FrameReader(self.session, self.requests.pending, self._heartbeat)
        self.received = self._reader.received
        self._token_refresh = TokenRefresh(config, self.requests)
        self._transport = TransportSelector(config, http)
        self._fetch_fresh_token = False
        self._stray_attempt_until = 0.0
        self._woken = asyncio.Event()

    @property
    def link(self) -> Link | None:
        """The link in use; `None` while the connection is down."""
        return self._current.link

    async def run(self) -> None:
        """Stay connected until cancelled; cancelling ends the session.

        Raises:
            AuthenticationFailed: The token is refused, and there is no other one.
            ConnectionClosed: The hub closed with a code that forbids reconnecting, or `reconnect_attempts` failed.
            HubError: The hub refused this client for another reason.
            ProtocolMismatch: The hub doesn't speak this client's version of the protocol.
        """
        try:
            await self._reconnect_loop()
        except BaseException as error:
            self._current.fail(error)
            raise
        finally:
            self.session.forget()
            self.requests.pending.fail()

    def wake(self) -> None:
        """Reconnect now instead of after the current delay, such as when the network is back."""
        self._woken.set()

    async def wait_ready(self) -> None:
        """Wait until the hub has welcomed this client.

        Raises:
            HubError: The connection ended for good; see `run`.
        """
        await self._current.wait()

    async def _reconnect_loop(self) -> None:
        attempt = 0
        while True:
            started = time.monotonic()
            ending = await self._run_link()
            welcomed, stable = self.link is not None, time.monotonic() - started > STABLE_AFTER
            self._current.clear()
            verdict = judge(
                ending,
                token_is_fresh=self._fetch_fresh_token and not welcomed,
                can_renew=self.config.get_token is not None,
                replaced_by_itself=self._stray_attempt_until > time.monotonic(),
            )
            if ending.code == CloseCode.REPLACED:
                self._stray_attempt_until = 0.0
            attempt = 0 if welcomed and stable else attempt
            if verdict.stop or attempt == self.config.reconnect_attempts:
                raise final_error(ending)
            self._fetch_fresh_token = verdict.fresh_token
            self.requests.pending.fail(lambda pending: not pending.retry)
            delay = verdict.after if verdict.after is not None else verdict.extra_delay + self._backoff(attempt)
            attempt += 1
            self.disconnected.emit(Disconnected(ending.code, describe(ending), delay))
            await self._wait_before_retry(delay)

    async def _run_link(self) -> Ending:
        """Open a link, use it until it ends, and return how it ended."""
        try:
            authenticate = await self._authenticate()
        except LinkClosed as closed:
            return closed.ending  # Nothing was sent: this says nothing about the transport.
        except asyncio.CancelledError:
            if _is_cancelled():
                raise
            return CUT_OFF
        link = self._transport.create_link()
        self._reader.reset()
        try:
            opened = await link.open(authenticate)
        except LinkClosed as closed:
            await link.drop()
            self._stray_attempt_until = time.monotonic() + STRAY_ATTEMPT_SECONDS
            self._transport.record_failure(closed.ending, link)
            return closed.ending
        except BaseException as error:
            await link.drop()
            if isinstance(error, asyncio.CancelledError) and not _is_cancelled():
                # The cancellation came from a library, not from the owner of this task: the client goes on.
                return CUT_OFF
            raise
        self._transport.record_success()
        try:
            await self._start_session(link, opened)
            await _run_until_failure(
                self._reader.run(link),
                self._heartbeat.run(self._heartbeat_interval(opened.hello)),
                self._token_refresh.run(opened.welcome.expires_at or None),
                self._transport.probe_websocket(link),
            )
        except LinkClosed as closed:
            await link.drop()
            return replace(
                closed.ending,
                goodbye=closed.ending.goodbye or self._reader.goodbye,
                error=closed.ending.error or self._reader.last_error,
            )
        except BaseException:
            await link.close()
            raise

    async def _authenticate(self) -> Authenticate:
        try:
            token = await self.config.fetch_token(self._fetch_fresh_token)
        except (OSError, TimeoutError) as error:
            raise LinkClosed(Ending(reason=f"no token: {error}")) from error
        return Authenticate(
            token=token, client=self.config.client, subscribe=self.config.subscribe, resume=self.session.resume
        )

    async def _start_session(self, link: Link, opened: Opened) -> None:
        self.hello, self.welcome = opened
        limit = opened.hello.limits.get("max_message_size")
        self.requests.max_message_size = None if limit is None else int(limit)
        self._fetch_fresh_token = False
        self.session.welcome(opened.welcome)
        if opened.welcome.resumed:
            await self.requests.resend(link)
        else:
            self.requests.pending.fail()
        self.connected.emit(Connected(opened.welcome, link.name))
        self._current.set(link)

    def _heartbeat_interval(self, hello: Hello) -> float:
        return self.config.heartbeat_interval or hello.heartbeat_interval or DEFAULT_HEARTBEAT

    async def _wait_before_retry(self, delay: float) -> None:
        self._woken.clear()
        try:
            async with asyncio.timeout(delay):
                await self._woken.wait()
        except TimeoutError:
            pass

    def _backoff(self, attempt: int) -> float:
        fixed = self.config.reconnect_delay
        return fixed if fixed is not None else reconnect_delay(attempt, random.random())  # noqa: S311


def _is_cancelled() -> bool:
    """Return whether cancellation of the running task itself was requested."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _run_until_failure(*work: Coroutine[Any, Any, None]) -> NoReturn:
    """Run coroutines that never return, until one of them raises."""
    tasks = [asyncio.create_task(coroutine) for coroutine in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if task.cancelled():
                raise LinkClosed(Ending(reason="the connection was cut off"))
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    raise AssertionError("a coroutine that never returns has returned")
