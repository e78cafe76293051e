"""Simulated players of one room, each with its own clock, network and oscillator. The hub's clock is the true time."""

from collections.abc import Callable
from dataclasses import dataclass, field
import heapq
import itertools

from custom_components.moosicbox.engine.playback.events import Order, OrderIssued, PlaybackEvent
from custom_components.moosicbox.engine.playback.playback import Playback
from custom_components.moosicbox.engine.protocol.client import PlayerReport
from custom_components.moosicbox.engine.sync.clock_filter import ClockFilter, best_of, sample_of
from custom_components.moosicbox.engine.sync.drift import DriftController
from tests.engine.fakes import SECOND, chance, item

from .worlds import LocalClock, Network, burst

TICK_US = 250_000
SCHEDULING_US = 20_000
"""How long before it is audible a player has to schedule a sound."""
NOISE_SECONDS = 0.0001
RETRANSMISSION_US = 200_000
"""The delay of a lost message, which TCP sends again."""


class Schedule:
    """A queue of events in virtual time."""

    def __init__(self) -> None:
        self.now_us = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def at(self, hub_us: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._events, (max(hub_us, self.now_us), next(self._order), act))

    def run(self, seconds: float) -> None:
        end_us = self.now_us + seconds * SECOND
        while self._events and self._events[0][0] <= end_us:
            self.now_us, _, act = heapq.heappop(self._events)
            act()
        self.now_us = end_us


@dataclass(eq=False)
class Member:
    """A simulated web player, which acts by its estimate of the hub's clock."""

    schedule: Schedule
    clock: LocalClock = field(default_factory=LocalClock)
    network: Network = field(default_factory=Network)
    crystal_ppm: float = 0.0
    """How much faster than its clock its audio output runs."""
    lead_ms: float = 0.0
    connected: bool = True
    round_trip_us: int = 0
    player_id: str = "player"
    lagging: bool = False
    report: PlayerReport | None = None
    failed_item_id: str | None = None
    announcement: Order | None = None
    crossfades: bool = False

    def is_ready(self, queue_item_id: str) -> bool:
        """Return `True`: the hub doesn't wait for the member."""
        return True

    def __post_init__(self) -> None:
        self.filter = ClockFilter()
        self.drift = DriftController()
        self.order: Order | None = None
        self.began_late = False
        self._random = self.network.random
        self._since_us = 0.0
        """Hub time at which `_position` was true."""
        self._position = 0.0
        self._rate = 0.0
        self._begun: Order | None = None
        self._probe()
        self._tick()

    # ---- the true state

    def position(self) -> float:
        """Return the position that is audible now."""
        elapsed = (self.schedule.now_us - self._since_us) / 1e6
        return self._position + self._rate * (1 + (self.clock.ppm + self.crystal_ppm) * 1e-6) * elapsed

    @property
    def silent(self) -> bool:
        return self._rate == 0

    def _move(self, position: float, rate: float) -> None:
        self._since_us, self._position, self._rate = self.schedule.now_us, position, rate

    # ---- behaviour

    def obey(self, order: Order) -> None:
        """Deliver an order of the hub over the simulated network."""
        late_us = RETRANSMISSION_US if self.network.lost() else 0
        self.schedule.at(self.schedule.now_us + self.network.delay() + late_us, lambda: self._received(order))

    def _received(self, order: Order) -> None:
        self.order = order
        self._proceed()

    def _proceed(self) -> None:
        if (order := self.order) is None or not self.filter.ready or self._begun is order:
            return
        self._begun = order
        now = self.clock.at(self.schedule.now_us)
        due = self.filter.local_at(order.sync_time_us)
        at = max(due, now + SCHEDULING_US) if order.command == "play" else max(due, now)
        self.began_late = at > due

        def act() -> None:
            if self.order is order:
                self.drift = DriftController()
                self._move(self._expected(at), order.rate)

        # Local time passes at the speed of the local clock.
        self.schedule.at(self.schedule.now_us + (at - now) / (1 + self.clock.ppm * 1e-6), act)

    def _expected(self, local_us: float) -> float:
        assert self.order is not None
        elapsed = max(0.0, self.filter.hub_now(local_us) - self.order.sync_time_us) / 1e6
        return self.order.position + self.order.rate * elapsed

    def _probe(self) -> None:
        probes, back_us = burst(self.clock, self.network, self.schedule.now_us)

        def answered() -> None:
            if probes:
                self.filter.update(best_of(sample_of(*probe) for probe in probes))
                self.round_trip_us = round(self.filter.round_trip_us)
                self._proceed()
            self.schedule.at(self.schedule.now_us + self.filter.burst_interval * SECOND, self._probe)

        self.schedule.at(back_us, answered)

    def _tick(self) -> None:
        self.schedule.at(self.schedule.now_us + TICK_US, self._tick)
        if self.silent or self.order is None or self.order.command != "play":
            return
        local_us = self.clock.at(self.schedule.now_us)
        heard = self.position() + self._random.gauss(0, NOISE_SECONDS)
        correction = self.drift.correct(heard - self._expected(local_us), local_us / 1e6)
        if correction.jump:
            self._move(self._expected(local_us), 1.0)
            self.drift.reset()
        elif correction.rate != self._rate:
            self._move(self.position(), correction.rate)


class Crowd:
    """A room's playback and its members."""

    def __init__(self) -> None:
        self.schedule = Schedule()
        self.members: list[Member] = []
        self.playback = Playback("epoch", 100, lambda: self.members, self._on_event)
        self.song = item("song", 3_600)
        self.playback.queue.add([self.song])

    def join(self, member: Member) -> Member:
        """Add a member, which gets the current order."""
        self.members.append(member)
        if self.playback.order is not None:
            member.obey(self.playback.order)
        return member

    def fill(self, count: int, make: Callable[[int, Schedule], Member]) -> None:
        for number in range(count):
            self.join(make(number, self.schedule))

    def play(self) -> None:
        self.playback.start(self.song, self.now_us)

    @property
    def now_us(self) -> int:
        return round(self.schedule.now_us)

    def errors(self) -> list[float]:
        """Return how many seconds each audible member is ahead of the timeline."""
        live = self.playback.timeline.position_at(self.now_us)
        return [member.position() - live for member in self.members if not member.silent]

    def worst(self, seconds: float) -> float:
        """Let time pass, and return the largest error of a member meanwhile."""
        worst = 0.0
        for _ in range(int(seconds * 10)):
            self.schedule.run(0.1)
            worst = max([worst, *map(abs, self.errors())])
        return worst

    def _on_event(self, event: PlaybackEvent) -> None:
        if isinstance(event, OrderIssued) and self.playback.order is not None:
            for member in self.members:
                member.obey(self.playback.order)


def at_home(number: int, schedule: Schedule) -> Member:
    """Return a member on a home network, with the clock of a consumer device."""
    random = chance(number)
    return Member(
        schedule,
        LocalClock(random.uniform(-50, 50), random.uniform(-1e12, 1e12)),
        Network(random.uniform(200, 3_000), random=random),
        random.uniform(-30, 30),
    )


def hostile(number: int, schedule: Schedule) -> Member:
    """Return a member on a slow, lossy network, with a bad clock."""
    random = chance(number)
    return Member(
        schedule,
        LocalClock(random.uniform(-100, 100), random.uniform(-1e12, 1e12)),
        Network(random.uniform(10_000, 50_000), random.uniform(0, 10_000), random.uniform(0, 0.1), random),
        random.uniform(-100, 100),
        lead_ms=random.uniform(0, 100),
    )
