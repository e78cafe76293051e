"""The client: connects, keeps a mirror of the hub's state, hands out events, and asks."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
import inspect
import logging
from typing import Any, Final, Self

from aiohttp import ClientSession, TCPConnector

from ..protocol.client import (
    Broadcast,
    ClientEvent,
    ClientInfo,
    GetMetrics,
    Request,
    RoomCreate,
    RoomList,
    Subscribe,
    Unsubscribe,
)
from ..protocol.errors import ConnectionClosed, HubError
from ..protocol.library_request import LibraryRequest
from ..protocol.server import Hello, Welcome
from ..protocol.types import ClientKind
from ..sync.clock_filter import ClockFilter
from .config import ClientConfig
from .connection import Connected, Connection, Disconnected
from .controls import PlayerControls, RoomControls
from .errors import EventsLost, RequestTimedOut
from .events import Events, EventStreams
from .messages import Message
from .mirror import Mirror
from .pending import monotonic_us
from .time_sync import TimeSync

_LOGGER = logging.getLogger(__name__)

FETCHES: Final = 5
"""How often a queue is fetched that changes all the time, before it is left stale until its next change."""

type Handler[T] = Callable[[T], Awaitable[None] | None]


class MoosicBoxClient:
    """A client of a MoosicBox hub.

    Enter it to connect; leave it to end the session. In between it connects again by itself: what is asked meanwhile
    waits (up to its timeout), what came meanwhile is delivered after it.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        name: str = "MoosicBox client",
        kind: ClientKind = "controller",
        client: ClientInfo | None = None,
        http: ClientSession | None = None,
        **settings: Any,
    ) -> None:
        """`client` says more than `name` and `kind`; `settings` are the fields of `ClientConfig`."""
        who = client or ClientInfo(name=name, kind=kind)
        settings.setdefault("sync_clock", who.kind == "player")
        self.config = ClientConfig(url=url, token=token, client=who, **settings)
        self.clock = ClockFilter()
        self.clock_updated = asyncio.Event()
        """Set whenever the clock has a new estimate."""
        self.mirror = Mirror(self._fetch_queue, self._fetch_room)
        self._own_http = http is None
        self._http = http
        self._connection: Connection | None = None
        self._subscribers = EventStreams(self.config.max_events)
        self._handlers: list[tuple[tuple[type, ...], Handler[Any]]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._fetching: dict[str, asyncio.Task[None]] = {}
        self._running: asyncio.Task[None] | None = None
        self._rough_offset_us = 0

    # ------------------------------------------------------------ life

    async def __aenter__(self) -> Self:
        """Connect, and return when the hub has welcomed this client; raises why it doesn't."""
        if self._http is None:
            self._http = ClientSession(connector=TCPConnector(limit=8))
        self._connection = connection = Connection(self.config, self._http)
        connection.connected.subscribe(self._connected)
        connection.disconnected.subscribe(self._disconnected)
        connection.received.subscribe(self._received)
        for kinds, handler in self._handlers:
            self._handle(kinds, handler)
        self._running = asyncio.create_task(connection.run())
        self._running.add_done_callback(self._ended)
        if self.config.sync_clock:
            self._spawn(TimeSync(self.clock, connection.probe, self.clock_updated.set).run())
        try:
            async with asyncio.timeout(self.config.connect_timeout):
                await connection.wait_ready()
        except TimeoutError as error:
            await self.close()
            raise ConnectionClosed(f"No hub answers at {self.config.url}") from error
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the session."""
        await self.close()

    async def close(self) -> None:
        """End the session; what still waits for something learns of it."""
        running = [task for task in (self._running, *self._tasks) if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self._subscribers.close(None)
        if self._own_http and self._http is not None:
            await self._http.close()
            self._http = None

    async def run(self) -> None:
        """Stay until cancelled, or until the hub says that there is no use in coming back; raises why."""
        await asyncio.shield(self._started())

    # ------------------------------------------------------------ state

    @property
    def connection(self) -> Connection:
        """Below this: the connection that keeps itself alive."""
        if self._connection is None:
            raise ConnectionClosed("The client isn't connected: use it as `async with`")
        return self._connection

    @property
    def hello(self) -> Hello | None:
        """What the hub says of itself."""
        return self.connection.hello

    @property
    def welcome(self) -> Welcome | None:
        """Who this client is to the hub."""
        return self.connection.welcome

    def hub_now_us(self) -> float:
        """The hub's time: to the millisecond with `sync_clock`, else to about half a round trip."""
        now_us = monotonic_us()
        return self.clock.hub_now(now_us) if self.clock.ready else now_us + self._rough_offset_us

    def player(self, player_id: str) -> PlayerControls:
        """A player, to look at and to command."""
        return PlayerControls(self, player_id)

    def room(self, room_id: str) -> RoomControls:
        """A room, to look at and to command."""
        return RoomControls(self, room_id)

    # ------------------------------------------------------------ events

    def events[T](self, *kinds: type[T]) -> Events[T]:
        """What comes from now on: messages of the hub's of these types, `Connected`, `Disconnected`; all without types."""
        return self._subscribers.subscribe(*kinds)

    def on[T](self, *kinds: type[T]) -> Callable[[Handler[T]], Handler[T]]:
        """Decorate a function that is to be called with each event, one after the other."""

        def decorate(handler: Handler[T]) -> Handler[T]:
            self._handlers.append((kinds, handler))
            if self._running is not None:
                self._handle(kinds, handler)
            return handler

        return decorate

    # ------------------------------------------------------------ asking

    async def request(self, message: Request, *, timeout: float | None = None, retry: bool = True) -> Any:
        """Ask anything; the answer's data. Raises the hub's refusal, or RequestTimedOut."""
        return await self.connection.request(message, timeout=timeout, retry=retry)

    async def send(self, message: Request) -> bool:
        """Say something that needs no answer; False if there is no connection just now."""
        return await self.connection.send(message)

    async def subscribe(self, *topics: str) -> None:
        """Follow these topics, too: all or none."""
        await self.request(Subscribe(topics=topics))

    async def unsubscribe(self, *topics: str) -> None:
        """Follow these topics no more."""
        await self.request(Unsubscribe(topics=topics))
        self.mirror.remove_topics(topics)

    async def library(self, request_type: Any, **fields: Any) -> dict[str, Any]:
        """Ask the library."""
        answer: dict[str, Any] = await self.request(LibraryRequest(request_type=request_type, **fields))
        return answer

    async def search(self, query: str, *, limit: int = 50) -> list[dict[str, Any]]:
        """Find music in the library."""
        items: list[dict[str, Any]] = (await self.library("search", query=query, limit=limit))["items"]
        return items

    async def broadcast(self, message: str | None = None, *, target: Any = "all", **fields: Any) -> int:
        """Tell many; how many were told."""
        answer = await self.request(Broadcast(target=target, message=message, **fields))
        recipients: int = answer["recipients"]
        return recipients

    async def metrics(self) -> dict[str, Any]:
        """The hub's numbers, for administrators."""
        numbers: dict[str, Any] = await self.request(GetMetrics())
        return numbers

    async def fire(self, event: str, **data: Any) -> None:
        """Fire an event on Home Assistant's bus."""
        await self.request(ClientEvent(event=event, data=data))

    async def create_room(self, name: str, **settings: Any) -> RoomControls:
        """Make a room; this client is its host."""
        return self.room((await self.request(RoomCreate(name=name, **settings)))["room_id"])

    async def rooms(self) -> list[dict[str, Any]]:
        """The rooms that one may see, asked anew."""
        rooms: list[dict[str, Any]] = (await self.request(RoomList()))["rooms"]
        return rooms

    # ------------------------------------------------------------ inside

    def _started(self) -> asyncio.Task[None]:
        if self._running is None:
            raise ConnectionClosed("The client isn't connected: use it as `async with`")
        return self._running

    def _connected(self, connected: Connected) -> None:
        if (hello := self.hello) is not None:
            self.clock.set_clock_id(hello.clock_id)
        self._rough_offset_us = connected.welcome.server_time_us - monotonic_us()
        if not connected.resumed:
            self.mirror.reset()
        self._subscribers.publish(connected)

    def _disconnected(self, disconnected: Disconnected) -> None:
        _LOGGER.debug("Connection lost (%s), again in %.1f s", disconnected.reason, disconnected.retry_in)
        self._subscribers.publish(disconnected)

    def _received(self, message: Message) -> None:
        if self.config.mirror:
            self.mirror.apply(message)
        self._subscribers.publish(message)

    def _ended(self, running: asyncio.Task[None]) -> None:
        self._subscribers.close(None if running.cancelled() else running.exception())

    def _fetch_queue(self, topic: str) -> None:
        # One at a time: an older one would bring what is older than what has been heard since.
        if (running := self._fetching.pop(topic, None)) is not None:
            running.cancel()
        self._fetching[topic] = self._spawn(self._fetch(topic))

    def _fetch_room(self, room_id: str) -> None:
        key = f"room_state:{room_id}"
        if (running := self._fetching.pop(key, None)) is not None:
            running.cancel()
        self._fetching[key] = self._spawn(self._get_room(room_id))

    async def _get_room(self, room_id: str) -> None:
        try:
            state = await self.room(room_id).get()
        except (HubError, RequestTimedOut) as error:
            _LOGGER.debug("The state of the room %s could not be fetched: %s", room_id, error)
            return
        if f"room:{room_id}" in self.connection.session.topics:
            self.mirror.apply(state)

    async def _fetch(self, topic: str) -> None:
        kind, _, id_ = topic.partition(":")
        queue = (self.room(id_) if kind == "room" else self.player(id_)).queue
        mirror = self.mirror.queues[topic]
        for _ in range(FETCHES):
            try:
                pages = await queue.pages()
            except (HubError, RequestTimedOut) as error:
                _LOGGER.warning("The queue of %s could not be fetched: %s", topic, error)
                return
            if mirror.replace(pages):
                return

    def _handle(self, kinds: tuple[type, ...], handler: Handler[Any]) -> None:
        self._spawn(self._call(self.events(*kinds), kinds, handler))

    async def _call(self, events: Events[Any], kinds: tuple[type, ...], handler: Handler[Any]) -> None:
        while True:
            try:
                async for event in events:
                    await _called(handler, event)
            except EventsLost:
                _LOGGER.warning("%r is too slow for its events; some are lost", handler)
                events = self.events(*kinds)
                continue
            except HubError:
                pass  # `run` tells why there are no more.
            return

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def _called(handler: Handler[Any], event: object) -> None:
    try:
        result = handler(event)
        if inspect.isawaitable(result):
            await result
    except Exception:
        _LOGGER.exception("A handler of events failed: %r", handler)
