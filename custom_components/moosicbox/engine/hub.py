"""The hub: its parts, their life cycle, and the interface for Home Assistant and other integrations."""

from collections.abc import Callable
from dataclasses import dataclass, field

from .access.limiter import LimitClass
from .access.rights import Principal
from .artwork_renewal import ArtworkRenewal
from .background import BackgroundTasks
from .clock import Clock
from .delivery.catalog import TopicCatalog
from .delivery.topics import Topics
from .delivery.writer import Writer
from .dispatcher import Dispatcher, Handler
from .greeting import FEATURES, goodbye
from .household.household import Household
from .identity import Identity
from .library.chapters import ChapterFinder
from .library.library import Library
from .library.podcasts.podcasts import Podcasts
from .library.publisher import LibraryPublisher
from .library.scrobbling import Scrobbler
from .library.shared_stations.shared_stations import SharedStations
from .limits import Limits, SharedLimits
from .metrics import Metrics
from .persistence import Persistence
from .playback.chapters import PlayingChapters
from .playback.media_resolver import MediaResolver
from .playback.players import Players
from .playback.progress import ProgressPublisher
from .playback.publisher import PlaybackPublisher
from .protocol.client import ClientEvent, Request
from .protocol.codes import CloseCode
from .protocol.errors import ClientNotFound, InternalError, MessageTooLarge
from .protocol.portable import require_portable
from .protocol.server import CustomMessage, TopicMessage
from .rooms.announcements import Announcements
from .rooms.attendance import Attendance
from .rooms.grouping import Grouping
from .rooms.invites import Invites
from .rooms.listing import RoomLists
from .rooms.rooms import Rooms
from .rooms.sync_monitor import SyncMonitor
from .rooms.targets import Targets
from .sessions.presence import Presence
from .sessions.session import Actor
from .sessions.sessions import Sessions
from .sessions.subscriptions import Subscriptions
from .signals import Signal
from .timer_runner import TimerRunner
from .timers import Timers


@dataclass(kw_only=True, eq=False, repr=False)
class Hub:
    """A hub, built by `assembly.build_hub`. It is started inside an event loop, and may be stopped and started again."""

    version: str
    node_id: str
    system: Principal
    """The principal of Home Assistant's automations and of the hub itself."""
    clock: Clock
    shared_limits: SharedLimits
    metrics: Metrics
    tasks: BackgroundTasks
    timers: Timers
    timer_runner: TimerRunner
    writer: Writer
    topics: Topics
    catalog: TopicCatalog
    subscriptions: Subscriptions
    sessions: Sessions
    presence: Presence
    identity: Identity
    media_resolver: MediaResolver
    publisher: PlaybackPublisher
    players: Players
    progress: ProgressPublisher
    rooms: Rooms
    attendance: Attendance
    room_lists: RoomLists
    invites: Invites
    targets: Targets
    grouping: Grouping
    announcements: Announcements
    household: Household
    sync_monitor: SyncMonitor
    persistence: Persistence
    dispatcher: Dispatcher
    notified: Signal[Actor, str, TopicMessage]
    """A notice for people was published: its sender, topic and message."""
    client_event: Signal[Actor, ClientEvent]
    """A client fired an event for automations."""
    library: Library | None = None
    shared_stations: SharedStations | None = None
    library_publisher: LibraryPublisher | None = None
    artwork_renewal: ArtworkRenewal | None = None
    scrobbler: Scrobbler | None = None
    podcasts: Podcasts | None = None
    chapter_finder: ChapterFinder | None = None
    playing_chapters: PlayingChapters | None = None
    running: bool = field(default=False, init=False)
    problems: set[str] = field(default_factory=set, init=False)
    """The reported problems that degrade the hub's health, by a key that can be translated."""
    _started: bool = field(default=False, init=False)

    @property
    def limits(self) -> Limits:
        """The limits in force."""
        return self.shared_limits.current

    # ------------------------------------------------------------ life cycle

    def configure(self, limits: Limits) -> None:
        """Use other limits from now on; connections and sessions stay."""
        self.shared_limits.replace(limits)

    async def start(self, *, restored: bool = False) -> None:
        """Load the stored state, unless another hub's was `restored` already, and accept clients.

        Exceptions of the store, if it can't be read, are passed on; `start` may be called again then. A state that
        isn't understood is set aside, and the hub starts without it.
        """
        if not self._started:
            await self.persistence.load(restored=restored)
            self._started = True
            self._clean_up()
            self.grouping.start()
            self.household.start()
            if self.artwork_renewal is not None:
                self.artwork_renewal.start()
        if self.library_publisher is not None:
            self.library_publisher.start()
        if self.scrobbler is not None:
            self.scrobbler.start()
        if self.podcasts is not None:
            self.podcasts.start()
        self.running = True
        self.persistence.start()
        self.household.watch_clock()
        self.timer_runner.start()

    async def stop(self, code: CloseCode, reason: str) -> None:
        """Send all clients a goodbye and close their connections; their sessions can be resumed after `start`."""
        self.running = False
        self.persistence.stop()
        for session in self.sessions.connected():
            session.send(goodbye(reason))
        self.sessions.disconnect_all(code, reason)
        await self.halt()

    async def halt(self) -> None:
        """Stop all activity without notifying clients."""
        self.running = False
        self.persistence.stop()
        if self.library_publisher is not None:
            self.library_publisher.stop()
        if self.scrobbler is not None:
            self.scrobbler.stop()
        if self.podcasts is not None:
            self.podcasts.stop()
        if self.shared_stations is not None:
            await self.shared_stations.close()
        self.household.halt()
        self.media_resolver.close()
        self.writer.close()
        self.timer_runner.stop()
        await self.tasks.cancel(session.task for session in self.sessions if session.task is not None)

    def _clean_up(self) -> None:
        self.topics.expire()
        in_use = {session.principal.sub for session in self.sessions}
        self.dispatcher.user_limiters.forget_idle(self.clock.now_us(), in_use)
        self.timers.at(self.clock.now_us() + int(self.limits.cleanup_interval * 1e6), self._clean_up)

    # ------------------------------------------------------------ interface

    def features(self) -> dict[str, int]:
        """Return the features of this hub with their versions."""
        features = dict(FEATURES)
        if self.library is not None:
            features["library"] = 1
        if not self.limits.rooms:
            del features["rooms"]
        return features

    def register[M: Request](
        self,
        model: type[M],
        handler: Handler[M] | None,
        permission: str | None = None,
        limit: LimitClass = "control",
        *,
        target_decides: bool = False,
    ) -> Callable[[], None]:
        """Add a message type; see `Dispatcher.register`. Return a function that removes it again."""
        return self.dispatcher.register(model, handler, permission, limit, target_decides=target_decides)

    async def execute[R](self, message: Request[R], principal: Principal | None = None) -> R:
        """Execute `message` on behalf of `principal` (default: `system`) and return its result. Raise HubError."""
        return await self.dispatcher.execute(Actor(principal or self.system, None, self.clock.now_us()), message)

    def decode(self, text: bytes) -> Request:
        """Return the message that `text` holds as JSON. Raise HubError."""
        if len(text) > self.limits.max_message_size:
            raise MessageTooLarge(len(text), self.limits.max_message_size)
        decoded = self.dispatcher.codec.decode(text)
        if decoded.message is None:
            raise decoded.error or InternalError("Nothing was decoded")
        return decoded.message

    def publish(self, topic: str, message: TopicMessage) -> int:
        """Publish `message` to the subscribers of `topic`; return their number.

        Raise InvalidMessage if the free JSON of an event can't be decoded by every client.
        """
        if isinstance(message, CustomMessage):
            require_portable(message.data, ["data"])
        return self.topics.publish(topic, message)

    def renew_artwork(self) -> None:
        """Renew the addresses of pictures in queues, after the key that seals them has changed."""
        if self.artwork_renewal is not None:
            self.artwork_renewal.renew()

    def report_problem(self, key: str) -> None:
        """Degrade the hub's health for the reason `key`, until `clear_problem`."""
        self.problems.add(key)

    def clear_problem(self, key: str) -> None:
        """Withdraw the reason `key`; do nothing if it wasn't reported."""
        self.problems.discard(key)

    def disconnect(self, client_id: str) -> None:
        """End the session of a client. Raise ClientNotFound."""
        if not self.sessions.end_where(
            lambda session: session.client_id == client_id, CloseCode.FORCED_OUT, "An administrator ended this"
        ):
            raise ClientNotFound(f"There is no client {client_id}")
