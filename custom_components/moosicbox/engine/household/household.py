"""The household's parts, their common state, and its topic."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from ..access.rights import Principal
from ..background import Spawn
from ..clock import Clock
from ..clock_watch import ClockWatch
from ..delivery.catalog import TopicCatalog
from ..delivery.topics import Topics
from ..library.library import Library
from ..playback.media_resolver import MediaResolver
from ..playback.player import Player
from ..playback.players import Players
from ..playback.publisher import PlaybackPublisher
from ..protocol.household import HouseholdState, SnapshotInfo
from ..rooms.announcements import Announcements
from ..rooms.grouping import Grouping
from ..rooms.rooms import Rooms
from ..signals import Signal
from ..timers import Timer, Timers
from .alarms import Alarms
from .announcer import Announcer
from .fades import Fades
from .followers import Followers
from .music import HubMusic
from .ringing import Ringing
from .rules import Rules
from .saved_state import SavedHousehold
from .schedule import time_zone
from .sleep_timers import SleepTimers
from .snapshots import Snapshots

TOPIC: Final = "household"


@dataclass(kw_only=True, eq=False, repr=False)
class Household:
    """The tasks that the hub does later without a client; built by `build_household`."""

    fades: Fades
    sleep_timers: SleepTimers
    alarms: Alarms
    ringing: Ringing
    rules: Rules
    snapshots: Snapshots
    announcements: Announcements
    announcer: Announcer
    followers: Followers
    topics: Topics
    timers: Timers
    clock: Clock
    _publication: Timer | None = field(default=None, init=False)
    _saved: SavedHousehold = field(default_factory=SavedHousehold, init=False)
    _time_zone: str = field(default="UTC", init=False)

    def __post_init__(self) -> None:
        self.changed: Signal[()] = Signal()
        """The state to store has changed."""
        self._clock_watch = ClockWatch(self.handle_clock_jump)
        self.announcements.volumes.changed.subscribe(self.changed.emit)
        for part in (
            self.fades,
            self.sleep_timers,
            self.alarms,
            self.ringing,
            self.rules,
            self.snapshots,
            self.announcer,
            self.followers,
        ):
            part.changed.subscribe(self._part_changed)

    # ------------------------------------------------------------ life cycle

    def start(self) -> None:
        """Start, after the state was restored. Everything that was due while no hub was running is handled now."""
        self.sleep_timers.restore(self._saved.sleep_timers)
        self.ringing.start(self._saved.ringing)
        self.announcer.start(self._saved.announcements)
        self._saved = SavedHousehold()
        self.alarms.start()
        self.rules.start()

    def watch_clock(self) -> None:
        """Watch for changes of the time of day, until `halt`."""
        self._clock_watch.start()

    def halt(self) -> None:
        """Stop watching the time of day. The hub itself stops the timers."""
        self._clock_watch.stop()

    def handle_clock_jump(self) -> None:
        """Schedule alarms anew, because the time of day was set."""
        self.alarms.check()
        self.rules.check()

    async def load_time_zone(self, name: str) -> None:
        """Use the time zone with this IANA name, whose file is read in a thread."""
        await asyncio.to_thread(time_zone, name)
        self.set_time_zone(name)

    def set_time_zone(self, name: str) -> None:
        """Use the time zone with this IANA name; a file is read unless the zone was used before."""
        if name != self._time_zone:
            self._time_zone = name
            zone = time_zone(name)
            self.alarms.set_zone(zone)
            self.rules.set_zone(zone)
            self.changed.emit()

    # ------------------------------------------------------------ state

    def state(self) -> HouseholdState:
        """Return the complete state, as a message."""
        ringing = self.ringing
        return HouseholdState(
            sleep_timers=tuple(self.sleep_timers),
            alarms=tuple(
                self.alarms.info(alarm, ringing.phase(alarm.alarm_id), ringing.snoozed_until(alarm.alarm_id))
                for alarm in self.alarms
            ),
            rules=tuple(self.rules),
            snapshots=tuple(
                SnapshotInfo(
                    snapshot_id=each.snapshot_id,
                    name=each.name,
                    taken_at=each.taken_at,
                    player_ids=tuple(player.player_id for player in each.players),
                )
                for each in self.snapshots
            ),
            announcements=tuple(self.announcer),
            followers=tuple(self.followers),
        )

    def register_topics(self, catalog: TopicCatalog) -> None:
        """Register the topic of the household."""
        catalog.provide(TOPIC, self._snapshot)

    def capture(self) -> SavedHousehold:
        """Return the state that survives a restart."""
        return SavedHousehold(
            sleep_timers=self.sleep_timers.capture(),
            alarms=self.alarms.capture(),
            ringing=self.ringing.capture(),
            rules=tuple(self.rules),
            snapshots=tuple(self.snapshots),
            announcements=self.announcer.capture(),
            followers=tuple(self.followers),
            followed_groups=self.followers.capture_groups(),
            time_zone=self._time_zone,
            faded_volumes={**self.announcements.volumes.before(), **self.fades.volumes()},
        )

    def restore(self, saved: SavedHousehold) -> None:
        """Restore a captured state, after the players and rooms and before `start`."""
        self._saved = saved
        if self._time_zone == "UTC":
            # The host has not set another one yet.
            self.set_time_zone(saved.time_zone)
        self.fades.restore_all(saved.faded_volumes)
        self.alarms.restore(saved.alarms)
        self.rules.restore(saved.rules)
        self.snapshots.load(saved.snapshots)
        self.followers.restore(saved.followers, saved.followed_groups)

    def _snapshot(self, _id: str, _viewer: Principal) -> list[HouseholdState]:
        return [self.state()]

    def _part_changed(self) -> None:
        self.changed.emit()
        if self._publication is None:
            # Once for all changes of a command.
            self._publication = self.timers.at(self.clock.now_us(), self._publish)

    def _publish(self) -> None:
        self._publication = None
        self.topics.publish(TOPIC, self.state())


def build_household(
    *,
    players: Players,
    rooms: Rooms,
    grouping: Grouping,
    announcements: Announcements,
    publisher: PlaybackPublisher,
    media_resolver: MediaResolver,
    library: Library | None,
    topics: Topics,
    timers: Timers,
    clock: Clock,
    system: Principal,
    spawn: Spawn,
) -> Household:
    """Build the household's parts; see `build_hub`."""
    fades = Fades(players, timers, clock)
    alarms = Alarms(timers, clock)
    rules = Rules(players, rooms, timers, clock)

    def announcement_volume(player: Player, wanted: float | None) -> float | None:
        # A running fade isn't interrupted.
        if player in fades:
            return None
        return min(player.volume if wanted is None else wanted, rules.max_announcement_volume(player))

    announcements.apply_rules(rules.require_announcement, announcement_volume)
    return Household(
        fades=fades,
        sleep_timers=SleepTimers(
            players=players, rooms=rooms, publisher=publisher, fades=fades, timers=timers, clock=clock
        ),
        alarms=alarms,
        ringing=Ringing(
            alarms=alarms,
            players=players,
            rooms=rooms,
            publisher=publisher,
            media_resolver=media_resolver,
            music=HubMusic(library, media_resolver),
            fades=fades,
            timers=timers,
            clock=clock,
            system=system,
            spawn=spawn,
        ),
        rules=rules,
        snapshots=Snapshots(
            players=players,
            rooms=rooms,
            grouping=grouping,
            rules=rules,
            media_resolver=media_resolver,
            clock=clock,
            system=system,
        ),
        announcements=announcements,
        announcer=Announcer(
            announcements=announcements,
            players=players,
            rooms=rooms,
            rules=rules,
            media_resolver=media_resolver,
            timers=timers,
            clock=clock,
            system=system,
            spawn=spawn,
        ),
        followers=Followers(
            players=players,
            rooms=rooms,
            grouping=grouping,
            publisher=publisher,
            rules=rules,
            fades=fades,
            timers=timers,
            clock=clock,
            system=system,
            spawn=spawn,
        ),
        topics=topics,
        timers=timers,
        clock=clock,
    )
