"""The client: a connection that keeps itself alive, a copy of the hub's state, events, and requests."""

import asyncio
from collections.abc import Callable
import logging
from typing import Any, Self

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
from ..protocol.errors import ConnectionClosed
from ..protocol.library_request import LibraryRequest
from ..protocol.server import Hello, Welcome
from ..protocol.types import ClientKind
from ..sync.clock_filter import ClockFilter
from .clock_prober import ClockProber
from .config import ClientConfig
from .connection import Connection
from .connection_events import Connected, Disconnected
from .controls import PlayerControls
from .events import Events, EventStreams
from .handlers import Handler, Handlers
from .messages import Message
from .mirror import Mirror
from .mirror_fetcher import MirrorFetcher
from .pending import monotonic_us
from .room_controls import RoomControls

_LOGGER = logging.getLogger(__name__)


class MoosicBoxClient:
    """A client of a MoosicBox hub.

    Used as an asynchronous context manager: entering connects, leaving ends the session.

        async with MoosicBoxClient("http://homeassistant.local:8123", token=token) as hub:
            await hub.player("kitchen").play()

    In between the client reconnects by itself. Requests made while the connection is down wait for the next one, up to
    their timeout. After a resume, the messages of the meantime are delivered once and in order.

    Attributes:
        config: The settings.
        clock: The filter that estimates the hub's clock; see `hub_now_us`.
        clock_updated: Set after each new estimate of the clock; consumers clear it.
        mirror: A copy of the hub's state, kept up to date unless `ClientConfig.mirror` is off.
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
        """Create a client; nothing is connected yet.

        Args:
            url: Home Assistant's address, such as `http://homeassistant.local:8123`.
            token: A token of the hub or of Home Assistant. For one that expires, use `get_token` (see `ClientConfig`).
            name: This client's name, as others see it.
            kind: `controller`, `monitor` or `player`. A player needs a `client` with its `player_id`.
            client: The whole description of this client, instead of `name` and `kind`.
            http: The HTTP session to use; it isn't closed. `None` opens one for this client.
            **settings: Further fields of `ClientConfig`.

        Raises:
            TypeError: `settings` has a field that `ClientConfig` lacks.
        """
        info = client or ClientInfo(name=name, kind=kind)
        settings.setdefault("sync_clock", info.kind == "player")
        self.config = ClientConfig(url=url, token=token, client=info, **settings)
        self.clock = ClockFilter()
        self.clock_updated = asyncio.Event()
        self._fetcher = MirrorFetcher(self, lambda topic: topic in self.connection.session.topics)
        self.mirror = Mirror(self._fetcher.fetch_queue, self._fetcher.fetch_room)
        self._owns_http = http is None
        self._http = http
        self._connection: Connection | None = None
        self._streams = EventStreams(self.config.max_events)
        self._handlers = Handlers(self._streams)
        self._running: asyncio.Task[None] | None = None
        self._probing: asyncio.Task[None] | None = None
        self._rough_offset_us = 0

    # ---- lifecycle

    async def __aenter__(self) -> Self:
        """Connect, and return when the hub has welcomed this client.

        Raises:
            AuthenticationFailed: The token is refused.
            ConnectionClosed: No hub answered within `connect_timeout`, or it closed for good.
            HubError: The hub refused this client for another reason.
            ProtocolMismatch: The hub doesn't speak version 1 of the protocol.
        """
        if self._http is None:
            self._http = ClientSession(connector=TCPConnector(limit=8))
        self._connection = connection = Connection(self.config, self._http)
        connection.connected.subscribe(self._on_connected)
        connection.disconnected.subscribe(self._on_disconnected)
        connection.received.subscribe(self._on_received)
        self._handlers.start()
        self._running = asyncio.create_task(connection.run())
        self._running.add_done_callback(self._on_ended)
        if self.config.sync_clock:
            prober = ClockProber(self.clock, connection.requests, self.clock_updated.set)
            self._probing = asyncio.create_task(prober.run())
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
        """End the session. Waiting requests raise `ConnectionClosed`; event streams end."""
        tasks = [task for task in (self._running, self._probing) if task is not None]
        for task in tasks:
            task.cancel()
        tasks += self._handlers.stop() + self._fetcher.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._streams.close(None)
        if self._owns_http and self._http is not None:
            await self._http.close()
            self._http = None

    async def run(self) -> None:
        """Wait until the client ends by itself, or until cancelled. Cancelling doesn't end the session.

        Raises:
            HubError: Why the client ended; see `Connection.run`.
        """
        if self._running is None:
            raise ConnectionClosed("The client isn't connected: use it as `async with`")
        await asyncio.wait({self._running})
        self._running.result()

    # ---- state

    @property
    def connection(self) -> Connection:
        """The underlying connection.

        Raises:
            ConnectionClosed: The client was never entered.
        """
        if self._connection is None:
            raise ConnectionClosed("The client isn't connected: use it as `async with`")
        return self._connection

    @property
    def hello(self) -> Hello | None:
        """The hub's greeting: its version, limits and features (protocol: `hello`)."""
        return self.connection.hello

    @property
    def welcome(self) -> Welcome | None:
        """This client's user, permissions and ids (protocol: `welcome`)."""
        return self.connection.welcome

    def hub_now_us(self) -> float:
        """Return the hub's clock in microseconds.

        Exact to about a millisecond with `sync_clock`, otherwise to half a round trip.
        """
        now_us = monotonic_us()
        return self.clock.hub_now(now_us) if self.clock.ready else now_us + self._rough_offset_us

    def player(self, player_id: str) -> PlayerControls:
        """Return the state and the commands of a player."""
        return PlayerControls(self, player_id)

    def room(self, room_id: str) -> RoomControls:
        """Return the state and the commands of a room."""
        return RoomControls(self, room_id)

    # ---- events

    def events[T](self, *kinds: type[T]) -> Events[T]:
        """Return a stream of the events from now on; also before the client is entered.

        Args:
            *kinds: Types of the hub's messages (protocol: docs/protocol/hub-messages.md), `Connected` and
                `Disconnected`; without types all events.

        Returns:
            An asynchronous iterator. `Events` describes its limit and its end.
        """
        return self._streams.subscribe(*kinds)

    def on[T](self, *kinds: type[T]) -> Callable[[Handler[T]], Handler[T]]:
        """Register the decorated function, or coroutine function, as a handler of events.

        It is called with one event at a time. An exception in it is logged; events that it is too slow for are lost, with
        a warning.

        Args:
            *kinds: As for `events`.
        """

        def decorate(handler: Handler[T]) -> Handler[T]:
            self._handlers.add(kinds, handler)
            return handler

        return decorate

    # ---- requests

    async def request(self, message: Request, *, timeout: float | None = None, retry: bool = True) -> Any:
        """Send any request of the protocol and return the data of its answer.

        Without a connection the request waits for the next one; that time counts against `timeout`.

        Args:
            message: The request; its `request_id` is assigned here.
            timeout: Seconds to wait for the answer; `None` uses `ClientConfig.request_timeout`.
            retry: Send the request again after a cut (the hub executes it once), and after `rate_limit_exceeded` when
                its `retry_after` has passed.

        Raises:
            RequestTimedOut: No answer came in time; the request may have been executed.
            ConnectionClosed: The session ended before the answer.
            MessageTooLarge: The message is larger than the hub's `max_message_size`; nothing was sent.
            Unavailable: `max_requests` requests wait already; nothing was sent. Or the hub is at a limit.
            HubError: The hub refused the request; docs/protocol/errors.md lists the subclasses.
        """
        return await self.connection.requests.request(message, timeout=timeout, retry=retry)

    async def send(self, message: Request) -> bool:
        """Send a message that needs no answer.

        Returns:
            `True` if it was sent; `False` while the connection is down.

        Raises:
            MessageTooLarge: The message is larger than the hub's `max_message_size`.
        """
        return await self.connection.requests.send(message)

    async def subscribe(self, *topics: str) -> None:
        """Follow further topics: all of them, or none (protocol: `subscribe`, docs/protocol/topics.md).

        Args:
            *topics: Names of topics, such as `player:kitchen`.

        Raises:
            PermissionDenied: A topic may not be followed.
            Unavailable: The limit of topics is reached.
        """
        await self.request(Subscribe(topics=topics))

    async def unsubscribe(self, *topics: str) -> None:
        """Stop following topics, and remove their state from the mirror (protocol: `unsubscribe`)."""
        await self.request(Unsubscribe(topics=topics))
        self.mirror.remove_topics(topics)

    async def library(self, request_type: Any, **fields: Any) -> dict[str, Any]:
        """Send a request to the library (protocol: `library_request`, which lists fields and results).

        Args:
            request_type: The kind of request, such as `search` or `get_album`.
            **fields: Further fields of the request.

        Returns:
            The data of the answer.

        Raises:
            NotSupported: The hub has no library.
            TrackNotFound: `id` names nothing in the library.
        """
        answer: dict[str, Any] = await self.request(LibraryRequest(request_type=request_type, **fields))
        return answer

    async def search(self, query: str, *, limit: int = 50) -> list[dict[str, Any]]:
        """Search the library (protocol: `library_request.search`).

        Args:
            query: Words of a title, artist, album …
            limit: Most items to return.

        Returns:
            The best matches of all kinds, the best first, each with `kind` and `score`.

        Raises:
            NotSupported: The hub has no library.
        """
        items: list[dict[str, Any]] = (await self.library("search", query=query, limit=limit))["items"]
        return items

    async def broadcast(self, message: str | None = None, *, target: Any = "all", **fields: Any) -> int:
        """Send a notice to people, or an event to programs (protocol: `broadcast`). Needs the permission `broadcast`.

        Args:
            message: The notice; `None` for an event.
            target: `all`, `user`, `permission`, `client` or `room`.
            **fields: Further fields, such as `target_id`, `title`, `level`, `event` and `data`.

        Returns:
            How many clients receive it now.
        """
        answer = await self.request(Broadcast(target=target, message=message, **fields))
        recipients: int = answer["recipients"]
        return recipients

    async def metrics(self) -> dict[str, Any]:
        """Return the hub's metrics (protocol: `get_metrics`). Needs the permission `admin`."""
        numbers: dict[str, Any] = await self.request(GetMetrics())
        return numbers

    async def fire(self, event: str, **data: Any) -> None:
        """Fire `moosicbox_client_event` on Home Assistant's bus (protocol: `client_event`). Needs the permission `events`.

        Args:
            event: The name of the event, one of the event's data.
            **data: Further data, which must be JSON.
        """
        await self.request(ClientEvent(event=event, data=data))

    async def create_room(self, name: str, **settings: Any) -> RoomControls:
        """Create a room with this client as its host (protocol: `room_command.create`). Needs the permission `rooms`.

        Args:
            name: The room's name.
            **settings: Further fields, such as `id`, `description`, `is_public`, `control` and `wait`.

        Returns:
            The controls of the new room.

        Raises:
            Unavailable: The limit of rooms is reached.
        """
        return self.room((await self.request(RoomCreate(name=name, **settings)))["room_id"])

    async def rooms(self) -> list[dict[str, Any]]:
        """Request the visible rooms (protocol: `room_command.list`, which lists the fields of a room)."""
        rooms: list[dict[str, Any]] = (await self.request(RoomList()))["rooms"]
        return rooms

    # ---- connection events

    def _on_connected(self, connected: Connected) -> None:
        if (hello := self.hello) is not None:
            self.clock.set_clock_id(hello.clock_id)
        self._rough_offset_us = connected.welcome.server_time_us - monotonic_us()
        if not connected.resumed:
            self.mirror.reset()
        self._streams.publish(connected)

    def _on_disconnected(self, disconnected: Disconnected) -> None:
        _LOGGER.debug("Connection lost (%s); reconnecting in %.1f s", disconnected.reason, disconnected.retry_in)
        self._streams.publish(disconnected)

    def _on_received(self, message: Message) -> None:
        if self.config.mirror:
            self.mirror.apply(message)
        self._streams.publish(message)

    def _on_ended(self, running: asyncio.Task[None]) -> None:
        self._streams.close(None if running.cancelled() else running.exception())
