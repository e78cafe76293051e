"""Builds a hub: makes its parts, connects them, registers the handlers of messages."""

from functools import partial
import secrets
from typing import Final

from .access.authentication import Authentication
from .access.rights import PERMISSIONS, SYSTEM, Principal
from .artwork_renewal import ArtworkRenewal
from .background import BackgroundTasks
from .clock import Clock
from .delivery.catalog import TopicCatalog
from .delivery.topics import Topics
from .delivery.writer import Writer
from .dispatcher import Dispatcher
from .fetching import SessionFactory
from .handlers.admin import AdminHandlers
from .handlers.broadcast import BroadcastHandlers
from .handlers.connection import ConnectionHandlers
from .handlers.household import HouseholdHandlers
from .handlers.library import LibraryHandlers
from .handlers.playback import PlaybackHandlers
from .handlers.queue import QueueHandlers
from .handlers.reports import ReportHandlers
from .handlers.rooms import RoomHandlers
from .household.household import build_household
from .hub import Hub
from .identity import Identity
from .library.chapters import ChapterFinder
from .library.library import Library
from .library.media_provider import LibraryMedia
from .library.podcasts.feed_fetcher import FeedFetcher
from .library.podcasts.podcasts import Podcasts
from .library.podcasts.positions import Positions, is_resumed
from .library.publisher import LibraryPublisher
from .library.scrobbling import Scrobbler
from .library.shared_stations.shared_stations import SharedStations
from .limits import Limits, SharedLimits
from .metrics import Metrics
from .notices import Notices
from .persistence import Persistence
from .playback.autoplay import Autoplay
from .playback.chapters import PlayingChapters
from .playback.events import StatusChanged
from .playback.media import MediaProvider
from .playback.media_resolver import MediaResolver
from .playback.players import Players
from .playback.plays import Plays
from .playback.progress import ProgressPublisher
from .playback.publisher import PlaybackPublisher
from .playback.radio_titles import RadioTitles
from .protocol.client import ClientEvent
from .protocol.codes import CloseCode
from .protocol.server import TopicMessage
from .reactions import connect
from .rooms.announcements import Announcements
from .rooms.attendance import Attendance
from .rooms.grouping import Grouping
from .rooms.invites import Invites
from .rooms.listeners import listeners_of
from .rooms.listing import RoomLists
from .rooms.rooms import Rooms
from .rooms.sync_monitor import SyncMonitor
from .rooms.targets import Targets
from .sessions.presence import Presence
from .sessions.session import Actor
from .sessions.sessions import Sessions
from .sessions.subscriptions import Subscriptions
from .signals import Signal
from .store import StateStore
from .timer_runner import TimerRunner

HANDLERS: Final = (
    ConnectionHandlers,
    PlaybackHandlers,
    QueueHandlers,
    ReportHandlers,
    BroadcastHandlers,
    LibraryHandlers,
    AdminHandlers,
    RoomHandlers,
    HouseholdHandlers,
)


def build_hub(
    *,
    version: str,
    media: MediaProvider,
    authentication: Authentication,
    store: StateStore,
    limits: Limits | None = None,
    clock: Clock | None = None,
    library: Library | None = None,
    http_session: SessionFactory | None = None,
    ffmpeg: str | None = None,
    node_id: str = "local",
) -> Hub:
    """Build a hub; no event loop is needed yet.

    Args:
        version: The integration's version, for clients.
        media: Finds media and makes the addresses of their streams.
        authentication: Authenticates clients and issues tokens to guests.
        store: Keeps the state that survives a restart.
        limits: The initial limits; by default those of `Limits`.
        clock: The hub's time.
        library: Resolves media before `media` does; the caller starts and stops it.
        http_session: Returns the HTTP session for requests to radio stations; without it, their titles aren't shown.
        ffmpeg: The program that decodes radio stations for rooms; without it, each player fetches a station itself.
        node_id: Names this hub among those of a cluster.
    """
    clock = clock or Clock()
    shared_limits = SharedLimits(limits or Limits())
    system = Principal(sub="moosicbox", name="MoosicBox", permissions=PERMISSIONS, credential="system", realm=SYSTEM)
    metrics, tasks, timer_runner = Metrics(), BackgroundTasks(), TimerRunner(clock)
    timers = timer_runner.timers
    notified: Signal[Actor, str, TopicMessage] = Signal()
    client_event: Signal[Actor, ClientEvent] = Signal()

    # Delivery
    writer = Writer(metrics.fan_out)
    topics = Topics(secrets.token_hex(8), shared_limits, clock.now_us, writer)
    catalog = TopicCatalog()
    subscriptions = Subscriptions(topics, catalog)

    # Playback
    media_resolver = MediaResolver(
        media if library is None else LibraryMedia(library, media), system, clock, shared_limits.current.media_cache
    )
    shared_stations = None
    if library is not None and http_session is not None and ffmpeg is not None:
        shared_stations = SharedStations(ffmpeg, http_session, clock, library.seal, media.require_fetchable)
        media_resolver.station_sharing = shared_stations
    publisher = PlaybackPublisher(
        topics=topics,
        media_resolver=media_resolver,
        timers=timers,
        clock=clock,
        spawn=tasks.spawn,
        limits=shared_limits,
    )
    players = Players(topics=topics, publisher=publisher, timers=timers, clock=clock, limits=shared_limits)
    progress = ProgressPublisher(topics=topics, players=players, timers=timers, clock=clock)

    # Sessions and rooms
    sessions = Sessions(
        topics=topics,
        subscriptions=subscriptions,
        players=players,
        timers=timers,
        clock=clock,
        limits=shared_limits,
        authentication=authentication,
    )
    rooms = Rooms(
        topics=topics,
        publisher=publisher,
        players=players,
        sessions=sessions,
        subscriptions=subscriptions,
        clock=clock,
        limits=shared_limits,
    )
    attendance = Attendance(
        rooms=rooms,
        players=players,
        sessions=sessions,
        subscriptions=subscriptions,
        timers=timers,
        clock=clock,
        limits=shared_limits,
    )
    room_lists = RoomLists(rooms=rooms, sessions=sessions, topics=topics, timers=timers, clock=clock)
    invites = Invites()
    identity = Identity(authentication=authentication, sessions=sessions, invites=invites, rooms=rooms, clock=clock)
    targets = Targets(players=players, rooms=rooms)
    announcements = Announcements(
        players=players,
        publisher=publisher,
        media_resolver=media_resolver,
        timers=timers,
        clock=clock,
        spawn=tasks.spawn,
        limits=shared_limits,
    )
    Notices(topics=topics, publisher=publisher, clock=clock, system=system, notified=notified)
    grouping = Grouping(
        players=players,
        rooms=rooms,
        sessions=sessions,
        targets=targets,
        media_resolver=media_resolver,
        timers=timers,
        clock=clock,
        spawn=tasks.spawn,
    )
    presence = Presence(
        sessions=sessions,
        topics=topics,
        timers=timers,
        clock=clock,
        limits=shared_limits,
        rooms_by_user=rooms.by_user,
    )
    household = build_household(
        players=players,
        rooms=rooms,
        grouping=grouping,
        announcements=announcements,
        publisher=publisher,
        media_resolver=media_resolver,
        library=library,
        topics=topics,
        timers=timers,
        clock=clock,
        system=system,
        spawn=tasks.spawn,
    )
    for provider in (players, rooms, room_lists, presence, progress, household):
        provider.register_topics(catalog)

    if http_session is not None:
        radio_titles = RadioTitles(media_resolver, http_session, media.require_fetchable, timers, clock, tasks.spawn)
        publisher.playback_event.subscribe(lambda context, _event: radio_titles.update(context.playback))
        if shared_stations is not None:
            shared_stations.title_changed.subscribe(radio_titles.handle_title)

    # Library
    library_publisher = scrobbler = podcasts = chapter_finder = playing_chapters = None
    if library is not None:
        autoplay = Autoplay(library, media_resolver, system, clock, tasks.spawn, household.rules.music_filter)
        listeners = partial(listeners_of, rooms, system)
        plays = Plays(library.people, timers, clock, tasks.spawn, listeners)
        positions = Positions(library.people, timers, clock, tasks.spawn, listeners, system.sub)
        media_resolver.find_left_position, media_resolver.is_resumed = positions.find_left_position, is_resumed
        publisher.playback_event.subscribe(
            lambda context, event: positions.update(context.playback) if isinstance(event, StatusChanged) else None
        )
        publisher.playback_event.subscribe(autoplay.handle_event)
        publisher.playback_event.subscribe(lambda context, _event: plays.update(context.playback))
        library_publisher = LibraryPublisher(library, topics, timers, clock)
        library_publisher.register_topics(catalog)
        fetcher = None
        if library.http_session is not None:
            fetcher = FeedFetcher(library.http_session, media.require_fetchable)
            podcasts = Podcasts(library, fetcher, timers, clock, tasks.spawn)
            scrobbler = Scrobbler(library.people, library.http_session, timers, clock, tasks.spawn)
        chapter_finder = ChapterFinder(library, fetcher)
        playing_chapters = PlayingChapters(chapter_finder.chapters, timers, clock, tasks.spawn)
        publisher.playback_event.subscribe(
            lambda context, event: (
                playing_chapters.update(context.playback) if isinstance(event, StatusChanged) else None
            )
        )

    artwork_renewal = None
    if library is not None:
        artwork_renewal = ArtworkRenewal(
            seal=library.seal,
            players=players,
            rooms=rooms,
            publisher=publisher,
            timers=timers,
            clock=clock,
            spawn=tasks.spawn,
        )

    hub = Hub(
        version=version,
        node_id=node_id,
        system=system,
        clock=clock,
        shared_limits=shared_limits,
        metrics=metrics,
        tasks=tasks,
        timers=timers,
        timer_runner=timer_runner,
        writer=writer,
        topics=topics,
        catalog=catalog,
        subscriptions=subscriptions,
        sessions=sessions,
        presence=presence,
        identity=identity,
        media_resolver=media_resolver,
        publisher=publisher,
        players=players,
        progress=progress,
        rooms=rooms,
        attendance=attendance,
        room_lists=room_lists,
        invites=invites,
        targets=targets,
        grouping=grouping,
        announcements=announcements,
        household=household,
        sync_monitor=SyncMonitor(players, rooms),
        persistence=Persistence(
            store=store,
            players=players,
            rooms=rooms,
            invites=invites,
            household=household,
            attendance=attendance,
            media_resolver=media_resolver,
            timers=timers,
            clock=clock,
            limits=shared_limits,
        ),
        dispatcher=Dispatcher(
            limits=shared_limits,
            metrics=metrics,
            close_flooding=lambda session: sessions.drop(
                session, CloseCode.RATE_LIMITED, "Rate limits were exceeded again and again"
            ),
        ),
        notified=notified,
        client_event=client_event,
        library=library,
        shared_stations=shared_stations,
        library_publisher=library_publisher,
        artwork_renewal=artwork_renewal,
        scrobbler=scrobbler,
        podcasts=podcasts,
        chapter_finder=chapter_finder,
        playing_chapters=playing_chapters,
    )
    connect(hub)
    for handlers in HANDLERS:
        handlers(hub).register()
    return hub
