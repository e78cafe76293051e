"""A connection that keeps itself alive: it authenticates, resumes after a cut, and tries again until that is of no use.

Read `run` first: one turn of its loop is one link, from the attempt to its end.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, replace
import logging
import random
import time
from typing import Any, Final, NoReturn

from aiohttp import ClientSession
import msgspec

from ..protocol.client import Authenticate, Ping, Refresh, Request, Subscribe, TimeSync, Unsubscribe
from ..protocol.codec import encode_request
from ..protocol.codes import CloseCode
from ..protocol.errors import ConnectionClosed, HubError, MessageTooLarge, RateLimitExceeded
from ..protocol.server import Goodbye, Hello, Result, Subscribed, TimeSyncReply, Unsubscribed, Welcome
from ..protocol.types import Position
from ..signals import Signal
from .config import ClientConfig
from .errors import RequestTimedOut, SerializationError, retry_after
from .link import Link, LinkClosed, Opened
from .messages import ErrorMessage, Message, UnknownMessage, decode, place_of
from .pending import PendingRequest, PendingRequests, monotonic_us
from .reconnect import Ending, described, fault, judge, reconnect_delay
from .session import Heard, SessionState
from .time_sync import Probe
from .token_refresh import refresh_before_expiry
from .transport_choice import TransportSelector

_LOGGER = logging.getLogger(__name__)

STABLE: Final = 10.0
"""Seconds after which a connection counts as a good one."""
STRAGGLES: Final = 60.0
"""Seconds for which an attempt that was given up may still come to the hub, over a network that was away."""
BREATH: Final = 50
"""Messages handled at a stretch before others of the loop have their turn."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The hub welcomed this client. `resumed`: nothing was missed; else everything begins anew with snapshots."""

    welcome: Welcome
    transport: str

    @property
    def resumed(self) -> bool:
        """Whether the session went on."""
        return self.welcome.resumed


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection was lost; the next attempt comes in `retry_in` seconds."""

    code: int
    reason: str
    retry_in: float


class Connection:
    """One client's way to the hub, over all its links."""

    def __init__(self, config: ClientConfig, http: ClientSession) -> None:
        """Nothing happens before `run`."""
        self.config = config
        self.session = SessionState()
        self.hello: Hello | None = None
        self.welcome: Welcome | None = None
        self.received: Signal[Message] = Signal()
        """Every message that answers no request."""
        self.connected: Signal[Connected] = Signal()
        self.disconnected: Signal[Disconnected] = Signal()
        self._transport = TransportSelector(config, http)
        self._requests = PendingRequests(config.max_requests)
        self._link: Link | None = None
        self._ready = asyncio.Event()
        self._ended: BaseException | None = None
        self._fresh_token = False
        self._straggler_until = 0.0
        self._heard = False
        self._goodbye: Goodbye | None = None
        self._last_error: HubError | None = None
        self._wake = asyncio.Event()

    # ------------------------------------------------------------ life

    async def run(self) -> None:
        """Stay connected. Ends by being cancelled, which ends the session, or by raising why the hub is of no use."""
        try:
            await self._link_after_link()
        except BaseException as error:
            self._ended = error
            raise
        finally:
            self.session.forget()
            self._requests.fail()
            self._ready.set()  # Whoever waits for a connection learns that none will come.

    async def _link_after_link(self) -> None:
        attempt = 0
        while True:
            began = time.monotonic()
            ending = await self._one_link()
            was_ready, good = self._ready.is_set(), time.monotonic() - began > STABLE
            self._ready.clear()
            verdict = judge(
                ending,
                token_is_fresh=self._fresh_token and not was_ready,
                can_renew=self.config.get_token is not None,
                replaced_by_itself=self._straggler_until > time.monotonic(),
            )
            if ending.code == CloseCode.REPLACED:
                self._straggler_until = 0.0
            attempt = 0 if was_ready and good else attempt
            if verdict.stop or attempt == self.config.reconnect_attempts:
                raise fault(ending)
            self._fresh_token = verdict.fresh_token
            self._requests.fail(lambda pending: not pending.retry)
            delay = verdict.after if verdict.after is not None else verdict.least + self._delay(attempt)
            attempt += 1
            self.disconnected.emit(Disconnected(ending.code, described(ending), delay))
            await self._rest(delay)

    def wake(self) -> None:
        """The network is back: wait no longer."""
        self._wake.set()

    async def _one_link(self) -> Ending:
        link = self._transport.create_link()
        self._goodbye = self._last_error = None
        try:
            opened = await link.open(await self._authenticate())
        except LinkClosed as closed:
            await link.drop()
            self._straggler_until = time.monotonic() + STRAGGLES
            self._transport.record_failure(closed.ending, link)
            return closed.ending
        except asyncio.CancelledError:
            await link.drop()
            if _is_cancelled():
                raise
            # A library below has cancelled what it was waiting for; nobody wants this client to end.
            return Ending(reason="the attempt was cut off")
        self._transport.record_success()
        try:
            await self._begin(link, opened)
            await _first_of(
                self._read(link), self._stay_alive(), self._refresh(), self._transport.probe_websocket(link)
            )
        except LinkClosed as closed:
            await link.drop()
            return replace(
                closed.ending,
                goodbye=closed.ending.goodbye or self._goodbye,
                error=closed.ending.error or self._last_error,
            )
        except BaseException:
            await link.close()
            raise
        finally:
            self._link = None

    async def _authenticate(self) -> Authenticate:
        try:
            token = await self.config.fetch_token(self._fresh_token)
        except (OSError, TimeoutError) as error:
            raise LinkClosed(Ending(reason=f"no token: {error}")) from error
        return Authenticate(
            token=token, client=self.config.client, subscribe=self.config.subscribe, resume=self.session.resume
        )

    async def _begin(self, link: Link, opened: Opened) -> None:
        self.hello, self.welcome = opened
        self._link = link
        self._fresh_token = False
        self.session.welcome(opened.welcome)
        if opened.welcome.resumed:
            for pending in self._requests.unanswered():
                await link.send(pending.payload)
        else:
            self._requests.fail()
        self.connected.emit(Connected(opened.welcome, link.name))
        self._ready.set()

    async def _rest(self, delay: float) -> None:
        self._wake.clear()
        try:
            async with asyncio.timeout(delay):
                await self._wake.wait()
        except TimeoutError:
            pass

    def _delay(self, attempt: int) -> float:
        fixed = self.config.reconnect_delay
        return fixed if fixed is not None else reconnect_delay(attempt, random.random())  # noqa: S311

    # ------------------------------------------------------------ in

    async def _read(self, link: Link) -> None:
        handled = 0
        while True:
            payload = await link.receive()
            self._heard = True
            try:
                message = decode(payload)
            except SerializationError as error:
                _LOGGER.warning("%s", error)
                continue
            if (answered := self._requests.resolve(message)) is None:
                self._take(message)
            elif isinstance(message, Result):
                self._note_topics(answered.message, message.data)
            handled += 1
            if handled % BREATH == 0:
                await asyncio.sleep(0)

    def _take(self, message: Message) -> None:
        match message:
            case Goodbye():
                self._goodbye = message
            case ErrorMessage():
                self._last_error = message.error
            case Subscribed():
                self.session.add(message.positions)
            case Unsubscribed():
                self.session.remove(message.topics)
        if (place := place_of(message)) is not None:
            heard = self.session.hear(*place)
            if heard is Heard.AGAIN:
                return
            if heard is Heard.GAP:
                raise LinkClosed(Ending(reason=f"a message of {place[0]} is missing"))
        if isinstance(message, UnknownMessage):
            _LOGGER.debug("A message of the type %s, unknown to this client", message.type)
        self.received.emit(message)

    # ------------------------------------------------------------ staying

    async def _stay_alive(self) -> None:
        """A half-open connection can be silent for minutes: nothing heard for a heartbeat is worth a question."""
        interval = self.config.heartbeat_interval or (self.hello.heartbeat_interval if self.hello else 30)
        while True:
            self._heard = False
            await asyncio.sleep(interval)
            if not self._heard:
                try:
                    await self.request(Ping(), timeout=self.config.heartbeat_timeout, retry=False)
                except RequestTimedOut as error:
                    raise LinkClosed(Ending(reason="the hub is silent")) from error
                except HubError:
                    continue

    async def _refresh(self) -> None:
        if self.welcome is not None and isinstance(self.welcome.expires_at, str) and self.config.get_token is not None:
            await refresh_before_expiry(self.welcome.expires_at, self._renew)
        await asyncio.Event().wait()

    async def _renew(self) -> str | None:
        try:
            token = await self.config.fetch_token(fresh=True)
            answer = await self.request(Refresh(token=token or ""))
        except (HubError, RequestTimedOut, OSError) as error:
            # No harm yet: the hub closes with "token expired", and a fresh one is taken then.
            _LOGGER.warning("The token could not be renewed: %s", error)
            return None
        expires_at: str | None = answer.get("expires_at")
        return expires_at

    # ------------------------------------------------------------ out

    async def wait_ready(self) -> Link:
        """The link, as soon as there is one; raises why there will be none."""
        while self._link is None or not self._ready.is_set():
            if self._ended is not None:
                if isinstance(self._ended, asyncio.CancelledError):
                    raise ConnectionClosed("The client is closed")
                raise self._ended
            await self._ready.wait()
        return self._link

    async def request(self, message: Request, *, timeout: float | None = None, retry: bool = True) -> Any:
        """Ask, and return the answer's data. `retry`: ask again after a cut or when the hub says that it was too much."""
        answer, _ = await self.ask(message, timeout=timeout, retry=retry)
        return answer.data if isinstance(answer, Result) else answer

    async def ask(
        self, message: Request, *, timeout: float | None = None, retry: bool = True
    ) -> tuple[Message, PendingRequest]:
        """Ask, and return the answer as it came, with when it came."""
        loop = asyncio.get_running_loop()
        until = loop.time() + (self.config.request_timeout if timeout is None else timeout)
        try:
            async with asyncio.timeout_at(until):
                while True:
                    link = await self.wait_ready()
                    pending = self._requests.add(message, retry=retry)
                    try:
                        await self._send(link, pending)
                        return await pending.answer, pending
                    except RateLimitExceeded as error:
                        wait = retry_after(error)
                        if not retry or wait is None or loop.time() + wait > until:
                            raise
                        await asyncio.sleep(wait)
                    finally:
                        self._requests.discard(pending)
        except TimeoutError as error:
            raise RequestTimedOut("The hub did not answer in time") from error

    async def probe(self) -> Probe:
        """One probe of the clocks."""
        t0_us = monotonic_us()
        answer, pending = await self.ask(TimeSync(t0_us=t0_us), timeout=2, retry=False)
        if not isinstance(answer, TimeSyncReply):
            raise SerializationError("This answers no probe")
        return Probe(answer.t0_us, answer.t1_us, answer.t2_us, pending.arrived_us)

    async def send(self, message: Request) -> bool:
        """Send what needs no answer; False if there is no connection just now."""
        if (link := self._link) is None or not self._ready.is_set():
            return False
        try:
            await link.send(self._checked(encode_request(message)))
        except LinkClosed:
            return False
        return True

    async def _send(self, link: Link, pending: PendingRequest) -> None:
        try:
            await link.send(self._checked(pending.payload))
        except LinkClosed:
            # After a resume it is sent again; otherwise its wait ends with the connection.
            if not pending.retry:
                raise ConnectionClosed("The connection to the hub is lost") from None

    def _checked(self, payload: bytes) -> bytes:
        most = self.hello.limits.get("max_message_size") if self.hello is not None else None
        if most is not None and len(payload) > most:
            raise MessageTooLarge(len(payload), int(most))
        return payload

    def _note_topics(self, asked: Request, data: Any) -> None:
        # Here and not where the answer is awaited: the topics' first messages may come right behind it.
        match asked:
            case Subscribe():
                self.session.add(msgspec.convert(data["positions"], dict[str, Position]))
            case Unsubscribe():
                self.session.remove(asked.topics)


def _is_cancelled() -> bool:
    """Whether somebody wants the running task to end."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _first_of(*work: Coroutine[Any, Any, None]) -> NoReturn:
    """Run all, none of which returns, until one of them fails."""
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
    raise AssertionError("work without end has ended")
