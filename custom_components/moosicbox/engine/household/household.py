"""The household's parts, their common state, and its topic."""

from dataclasses import dataclass, field

from ..access.rights import Principal
from ..clock import Clock
from ..delivery.catalog import TopicCatalog
from ..delivery.topics import Topics
from ..playback.players import Players
from ..playback.publisher import PlaybackPublisher
from ..protocol.household import HouseholdState
from ..rooms.rooms import Rooms
from ..signals import Signal
from ..timers import Timer, Timers
from .fades import Fades
from .saved_state import SavedHousehold
from .sleep_timers import SleepTimers

TOPIC = "household"


@dataclass(kw_only=True, eq=False, repr=False)
class Household:
    """The tasks that the hub does later without a client; built by `build_household`."""

    fades: Fades
    sleep_timers: SleepTimers
    topics: Topics
    timers: Timers
    clock: Clock
    _publication: Timer | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.changed: Signal[()] = Signal()
        """The state to store has changed."""
        for part in (self.fades, self.sleep_timers):
            part.changed.subscribe(self._part_changed)

    def state(self) -> HouseholdState:
        """Return the complete state, as a message."""
        return HouseholdState(sleep_timers=tuple(self.sleep_timers))

    def register_topics(self, catalog: TopicCatalog) -> None:
        """Register the topic of the household."""
        catalog.provide(TOPIC, self._snapshot)

    def capture(self) -> SavedHousehold:
        """Return the state that survives a restart."""
        return SavedHousehold(sleep_timers=self.sleep_timers.capture(), faded_volumes=dict(self.fades.volumes()))

    def restore(self, saved: SavedHousehold) -> None:
        """Restore a captured state, after the players and rooms."""
        self.fades.restore_all(saved.faded_volumes)
        self.sleep_timers.restore(saved.sleep_timers)

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
    *, players: Players, rooms: Rooms, publisher: PlaybackPublisher, topics: Topics, timers: Timers, clock: Clock
) -> Household:
    """Build the household's parts."""
    fades = Fades(players, timers, clock)
    sleep_timers = SleepTimers(
        players=players, rooms=rooms, publisher=publisher, fades=fades, timers=timers, clock=clock
    )
    return Household(fades=fades, sleep_timers=sleep_timers, topics=topics, timers=timers, clock=clock)
