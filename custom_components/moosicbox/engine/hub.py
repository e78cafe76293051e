"""The hub: ties the domain together and is the face that everything outside the engine sees."""

import asyncio
from collections.abc import Callable, Coroutine
import logging
import secrets
from typing import Any, Final

import msgspec

from .access.limiter import LimitClass, UserLimiters
from .access.rights import PERMISSIONS, Principal
from .clock import Clock
from .delivery.catalog import TopicCatalog
from .delivery.outbox import Outbox, Sink
from .delivery.topics import Topics
from .delivery.writer import Writer
from .dispatcher import Dispatcher, Handler
from .greeting import goodbye, hello
from .handlers.admin import AdminHandlers
from .handlers.broadcast import BroadcastHandlers
from .handlers.connection import ConnectionHandlers
from .handlers.library import LibraryHandlers
from .handlers.playback import PlaybackHandlers
from .handlers.queue import QueueHandlers
from .handlers.reports import ReportHandlers
from .handlers.rooms import RoomHandlers
from .identity import Identity, TokenAuthenticator
from .library.feed import LibraryFeed
from .library.library import Library
from .library.media_provider import LibraryMedia
from .limits import Limits
from .metrics import Metrics, Traffic
from .notices import Notices
from .playback.autoplay import Autoplay
from .playback.media import MediaProvider
from .playback.media_resolver import MediaResolver
from .playback.playback import Playback
from .playback.player import Player
from .playback.players import Players
from .playback.plays import Plays
from .playback.progress import Progress
from .playback.publisher import PlaybackPublisher
from .protocol.client import ClientEvent, Request
from .protocol.codes import CloseCode
from .protocol.errors import ClientNotFound, InternalError, MessageTooLarge
from .protocol.server import Goodbye, Hello, TopicMessage
from .protocol.types import QueueItem, Track, UserRef
from .rooms.announcements import Announcements
from .rooms.attendance import Attendance
from .rooms.grouping import Grouping
from .rooms.invites import Invites
from .rooms.listing import RoomLists
from .rooms.room import Room
from .rooms.rooms import Rooms
from .rooms.targets import Target, Targets
from .sessions.presence import Presence
from .sessions.session import Actor, Session
from .sessions.sessions import Sessions
from .sessions.subscriptions import Subscriptions
from .signals import Signal
from .store import SavedHub, StateStore, from_builtins, restore_player, restore_room, save_player, save_room, to_json
from .timer_runner import TimerRunner

_LOGGER = logging.getLogger(__name__)

FEATURES: Final = {"polling": 1, "queue": 1, "resume": 1, "rooms": 1, "sync": 1}

HANDLERS: Final = (
    ConnectionHandlers,
    PlaybackHandlers,
    QueueHandlers,
    ReportHandlers,
    BroadcastHandlers,
    LibraryHandlers,
    AdminHandlers,
    RoomHandlers,
)


class Hub:
    """One hub. Outside an event loop it can be made, inside one it can be started, and stopped, and started again."""

    def __init__(
        self,
        *,
        version: str,
        media: MediaProvider,
        recognise: TokenAuthenticator,
        store: StateStore,
        limits: Limits | None = None,
        clock: Clock | None = None,
        library: Library | None = None,
        node_id: str = "local",
    ) -> None:
        """`media` finds music, `recognise` knows tokens, `store` keeps what shall survive a restart.

        `library`, if there is one, is asked before `media`; whoever made it starts and stops it.
        """
        self.version = version
        self.node_id = node_id
        self.limits = limits or Limits()
        self.clock = clock or Clock()
        self.running = False
        self.metrics = Metrics()
        self.system = Principal(sub="moosicbox", name="MoosicBox", permissions=PERMISSIONS, credential="house")
        """Somebody inside the house: automations, voice, the hub itself."""
        self.store = store
        self.notified: Signal[Actor, str, TopicMessage] = Signal()
        """Somebody broadcast a notice for people to a topic."""
        self.client_event: Signal[Actor, ClientEvent] = Signal()
        """A client fired an event."""
        self.problems: dict[str, bool] = {}
        """What keeps the hub from being healthy, by a key that can be translated."""
        self._loaded = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._alarm = TimerRunner(self.clock)
        self.timers = self._alarm.timers
        self.writer = Writer(self.metrics.fan_out)
        self.topics = Topics(secrets.token_hex(8), self.limits, self.clock.now_us, self.writer)
        self.library = library
        if library is not None:
            media = LibraryMedia(library, media)
        self.media_resolver = MediaResolver(media, self.system, self.clock, self.limits.media_cache)
        self.publisher = PlaybackPublisher(self.topics, self.media_resolver, self.timers, self.clock, self.spawn)
        self.playback_happened = self.publisher.happened
        """What happens to the music of a player or a room."""
        self.players = Players(self.topics, self.publisher, self.timers, self.clock, self.limits)
        self.catalog = TopicCatalog()
        self.subscriptions = Subscriptions(self.topics, self.catalog)
        self.invites = Invites()
        self.sessions = Sessions(self.topics, self.subscriptions, self.players, self.timers, self.clock, self.limits)
        self.rooms = Rooms(
            self.topics,
            self.publisher,
            self.players,
            self.sessions,
            self.subscriptions,
            self.clock,
            self.limits,
        )
        self.attendance = Attendance(
            self.rooms, self.players, self.sessions, self.subscriptions, self.timers, self.clock, self.limits
        )
        self.room_lists = RoomLists(self.rooms, self.sessions, self.topics, self.timers, self.clock)
        self.identity = Identity(recognise, self.sessions.named_by, self.invites, self.rooms, self.clock)
        self.targets = Targets(self.players, self.rooms)
        self.announcements = Announcements(
            self.players, self.publisher, self.media_resolver, self.timers, self.clock, self.spawn
        )
        Notices(self.topics, self.publisher, self.clock, self.system, self.notified)
        self.grouping = Grouping(
            self.players,
            self.rooms,
            self.sessions,
            self.targets,
            self.media_resolver,
            self.timers,
            self.clock,
            self.spawn,
        )
        self.presence = Presence(self.sessions, self.topics, self.timers, self.clock, self.limits)
        self.progress = Progress(self.topics, self.players, self.timers, self.clock)
        self.presence.rooms_by_user = self.rooms.by_user
        self.subscriptions.attached.subscribe(lambda _topics: self.progress.wake())
        for provider in (self.players, self.rooms, self.room_lists, self.presence, self.progress):
            provider.provide(self.catalog)
        self.library_feed = None if library is None else self._use_library(library)
        self.dispatcher = Dispatcher(self.limits, self.metrics, self._flooded)
        for handlers in HANDLERS:
            handlers(self)
        self.sessions.opened.subscribe(self._opened)
        self.sessions.not_resumed.subscribe(lambda failure: self.metrics.recoveries.update([failure]))
        self.players.added.subscribe(self._player_added)
        self.players.removed.subscribe(self._player_removed)
        self.players.changed.subscribe(lambda _player: self._save())
        self.rooms.changed.subscribe(lambda _room: self._save())
        self.rooms.joined.subscribe(lambda _room, _participant: self.presence.publish_soon())
        self.rooms.left.subscribe(lambda _room, _participant: self.presence.publish_soon())
        self.rooms.closed.subscribe(self._room_closed)
        self.rooms.skip_voted.subscribe(lambda room: self.spawn(self.media_resolver.skip(room.playback)))
        self.playback_happened.subscribe(lambda _owner, _event: self._save())

    # ------------------------------------------------------------ life

    def configure(self, limits: Limits) -> None:
        """Other limits from now on; connections and sessions stay."""
        self.limits = limits
        for part in (
            self.topics,
            self.players,
            self.sessions,
            self.presence,
            self.rooms,
            self.attendance,
            self.dispatcher,
        ):
            part.limits = limits
        self.dispatcher.user_limiters = UserLimiters(limits)
        for session in self.sessions:
            session.limiters = session.refusals = None
        self.topics.compression.configure(limits.compression_level, limits.compression_threshold)
        if not limits.rooms:
            for room in self.rooms:
                self.rooms.close(room)

    async def start(self, *, restored: bool = False) -> None:
        """Bring back what was kept, unless all of it is there already (`restored`), and let clients in."""
        if not self._loaded:
            if restored:
                for context in (*self.players, *self.rooms):
                    self._remember(context.playback)
            else:
                await self._load()
            self._loaded = True
            self._keep_house()
            self.grouping.start()
        if self.library_feed is not None:
            self.library_feed.start()
        self.running = True
        self._alarm.start()

    async def stop(self, code: CloseCode, reason: str) -> None:
        """Say goodbye to all clients and close their connections; what they need to come back is kept."""
        self.running = False
        for session in self.sessions.connected():
            session.send(self.goodbye(reason))
        self.sessions.disconnect_all(code, reason)
        await self.quit()

    async def quit(self) -> None:
        """Do nothing any more; nobody is told."""
        self.running = False
        if self.library_feed is not None:
            self.library_feed.stop()
        self.media_resolver.close()
        self.writer.close()
        self._alarm.stop()
        tasks = [*self._tasks, *(session.task for session in self.sessions if session.task is not None)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` beside everything else; it ends with the hub."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ------------------------------------------------------------ the public face

    def register[M: Request](
        self,
        model: type[M],
        handler: Handler[M] | None,
        permission: str | None = None,
        limit: LimitClass = "control",
        *,
        target_decides: bool = False,
    ) -> Callable[[], None]:
        """Add a message type: its model, what does it, the permission that it needs, the limit that it counts for.

        With `target_decides` the handler checks the permission: in a room its rights stand in for it.
        Returns what takes it away again.
        """
        return self.dispatcher.register(model, handler, permission, limit, target_decides=target_decides)

    async def execute(self, message: Request, principal: Principal | None = None) -> Any:
        """Do what `message` says in `principal`'s name (default: the house's); the data of its result. Raises HubError."""
        return await self.dispatcher.execute(Actor(principal or self.system, None, self.clock.now_us()), message)

    def decode(self, text: bytes) -> Request:
        """What a client would have asked by this text. Raises HubError."""
        if len(text) > self.limits.max_message_size:
            raise MessageTooLarge(len(text), self.limits.max_message_size)
        decoded = self.dispatcher.codec.decode(text)
        if decoded.message is None:
            raise decoded.error or InternalError("Nothing was decoded")
        return decoded.message

    def disconnect(self, client_id: str) -> None:
        """Put a client out; ClientNotFound."""
        if not self.sessions.end_where(
            lambda session: session.client_id == client_id, CloseCode.FORCED_OUT, "An administrator ended this"
        ):
            raise ClientNotFound(f"There is no client {client_id}")

    def publish(self, topic: str, message: TopicMessage) -> int:
        """Publish to all who follow `topic`; how many receive it now."""
        return self.topics.publish(topic, message)

    def goodbye(self, reason: str) -> Goodbye:
        """A farewell; each client is told another time to come back, so that they don't come all at once."""
        return goodbye(reason)

    def hello(self, *, authenticated: bool) -> Hello:
        """The greeting."""
        return hello(self.version, self.node_id, self.clock, self.limits, self.features(), authenticated=authenticated)

    def new_outbox(self, sink: Sink, traffic: Traffic | None = None) -> Outbox:
        """What a connection, or a follower inside the house, is sent through: bounded by the limits."""
        return Outbox(self.limits.outbound_bytes, self.limits.outbound_messages, sink, self.writer, traffic)

    # ------------------------------------------------------------ for the handlers

    def new_item(self, track: Track, target: Target) -> QueueItem:
        """An item for somebody's queue that never was before."""
        principal = target.principal
        return QueueItem(
            queue_item_id=secrets.token_hex(8),
            track=track,
            added_by=UserRef(id=principal.sub, name=principal.name),
            added_at=self.clock.timestamp(),
            origin="host" if target.is_host else "user",
        )

    # ------------------------------------------------------------ inside

    def _use_library(self, library: Library) -> LibraryFeed:
        autoplay = Autoplay(library, self.media_resolver, self.system, self.clock, self.spawn)
        plays = Plays(library, self.clock, self.spawn)
        self.playback_happened.subscribe(lambda context, event: autoplay.happened(context.playback, event))
        self.playback_happened.subscribe(lambda context, _event: plays.happened(context.playback))
        feed = LibraryFeed(library, self.topics, self.timers, self.clock)
        feed.provide(self.catalog)
        return feed

    def features(self) -> dict[str, int]:
        """What this hub can do, each with how much of it."""
        features = dict(FEATURES)
        if self.library is not None:
            features["library"] = 1
        if not self.limits.rooms:
            del features["rooms"]
        return features

    def _opened(self, _session: Session, resumed: bool) -> None:
        self.metrics.total_connections += 1
        if resumed:
            self.metrics.recoveries["resumed"] += 1

    def _player_added(self, player: Player) -> None:
        topic = f"player:{player.player_id}"
        for session in self.sessions:
            if session.follows_players:
                self.subscriptions.take_over(session, [topic])
        self._save()

    def _player_removed(self, player: Player) -> None:
        topics = [f"player:{player.player_id}", f"play:{player.player_id}", f"progress:{player.player_id}"]
        self.sessions.end_where(
            lambda session: session.player_id == player.player_id, CloseCode.FORCED_OUT, "The player was removed"
        )
        for session in self.sessions:
            self.subscriptions.withdraw(session, topics, "removed")
        self._save()

    def _room_closed(self, room: Room) -> None:
        self.invites.revoke(room.room_id)
        self.sessions.end_where(
            lambda session: session.principal.rooms == frozenset({room.room_id}),
            CloseCode.FORCED_OUT,
            "The room was closed",
        )
        self._save()

    def _flooded(self, session: Session) -> None:
        self.sessions.drop(session, CloseCode.RATE_LIMITED, "Rate limits were passed again and again")

    def _keep_house(self) -> None:
        self.topics.expire()
        in_use = {session.principal.sub for session in self.sessions}
        self.dispatcher.user_limiters.forget_idle(self.clock.now_us(), in_use)
        self.timers.at(self.clock.now_us() + int(self.limits.cleanup_interval * 1e6), self._keep_house)

    async def _load(self) -> None:
        if (kept := await self.store.load()) is None:
            return
        try:
            saved = from_builtins(kept)
        except msgspec.ValidationError as error:
            _LOGGER.warning("The kept players are damaged and begin anew: %s", error)
            return
        now_us = self.clock.now_us()
        for saved_player in saved.players:
            if self.players.find(saved_player.player_id) is not None:
                continue
            player = self.players.add(saved_player.player_id, saved_player.name, saved_player.owner)
            restore_player(player, saved_player, now_us)
            self._remember(player.solo_playback)
        now, rejoin_us = self.clock.utc().timestamp(), int(self.limits.rejoin_seconds * 1e6)
        for saved_room in saved.rooms if self.limits.rooms else ():
            if self.rooms.find(saved_room.room_id) is not None:
                continue
            room = self.rooms.add(saved_room.settings, saved_room.room_id)
            restore_room(room, saved_room, now_us, now, rejoin_us)
            self._remember(room.playback)
        self.invites.open = {**saved.invites, **self.invites.open}
        self.timers.at(now_us + rejoin_us, self.attendance.forget_absent_guests)

    def _remember(self, playback: Playback) -> None:
        for item in playback.queue.items:
            self.media_resolver.media.remember(item.track)

    def _save(self) -> None:
        if self._loaded:
            self.store.save_soon(self._state)

    def _state(self) -> bytes:
        now_us, now = self.clock.now_us(), self.clock.utc().timestamp()
        return to_json(
            SavedHub(
                players=tuple(save_player(player, now_us) for player in self.players),
                rooms=tuple(save_room(room, now_us, now) for room in self.rooms),
                invites=dict(self.invites.open),
            )
        )
