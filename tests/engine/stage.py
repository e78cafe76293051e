"""A playback in virtual time with one member."""

from dataclasses import dataclass, field
from typing import Any

from custom_components.moosicbox.engine.playback.events import Order, PlaybackEvent
from custom_components.moosicbox.engine.playback.playback import Playback
from custom_components.moosicbox.engine.protocol.client import PlayerReport
from custom_components.moosicbox.engine.protocol.types import QueueItem, RepeatMode, ReportState
from tests.engine.fakes import SECOND, item

NOW = 1_000 * SECOND


@dataclass
class Member:
    player_id: str = "player"
    lead_ms: float = 0.0
    round_trip_us: int = 0
    connected: bool = True
    lagging: bool = False
    report: PlayerReport | None = None
    failed_item_id: str | None = None
    announcement: Order | None = None
    crossfades: bool = True
    ready: set[str] = field(default_factory=set)

    def is_ready(self, queue_item_id: str) -> bool:
        return queue_item_id in self.ready


class Stage:
    """A playback with one member, its events and its clock."""

    def __init__(self, names: str = "", duration: float | None = 180.0, repeat: RepeatMode = "off") -> None:
        self.now_us = NOW
        self.members = [Member()]
        self.events: list[PlaybackEvent] = []
        self.playback = Playback("epoch", 100, lambda: self.members, self.events.append)
        self.playback.repeat = repeat
        if names:
            self.playback.queue.add([item(name, duration) for name in names])
            self.events.clear()

    def play(self, name: str, position: float = 0.0) -> None:
        self.playback.start(self.playback.queue.get(name), self.now_us, position)

    def pass_to(self, at_us: int) -> None:
        """Let time pass to `at_us`, and advance the playback whenever it is due."""
        while (due_us := self.playback.due_us) is not None and due_us <= at_us:
            self.now_us = max(self.now_us, due_us)
            self.playback.advance(self.now_us)
        self.now_us = at_us

    def pass_seconds(self, seconds: float) -> None:
        self.pass_to(self.now_us + round(seconds * SECOND))

    @property
    def current(self) -> str | None:
        return current.queue_item_id if (current := self.playback.current) else None

    @property
    def order(self) -> Order:
        assert self.playback.order is not None
        return self.playback.order

    @property
    def states(self) -> dict[str, str]:
        return {each.queue_item_id: each.state for each in self.playback.queue.items}

    def of(self, kind: type[Any]) -> list[Any]:
        """Return the events of a kind, and clear all."""
        found = [event for event in self.events if isinstance(event, kind)]
        self.events.clear()
        return found

    def ended(self, queue_item_id: str | None, at_us: int | None = None) -> QueueItem | None:
        """Report from all members that an item has ended, and start what follows."""
        at_us = self.now_us if at_us is None else at_us
        report = PlayerReport(state="idle", position_seconds=0, at_us=at_us, queue_item_id=queue_item_id)
        for member in self.members:
            member.report = report
        return self.playback.handle_ended(report, self.now_us)

    def report(
        self, state: ReportState, position: float, at_us: int | None = None, member: int = 0, **fields: Any
    ) -> None:
        """Report from one of the members."""
        fields.setdefault("queue_item_id", self.current)
        at_us = self.now_us if at_us is None else at_us
        report = PlayerReport(state=state, position_seconds=position, at_us=at_us, **fields)
        self.members[member].report = report
        self.playback.apply_report(report)


def assert_order_matches(stage: Stage) -> None:
    order, timeline = stage.order, stage.playback.timeline
    assert order.command == {"playing": "play", "paused": "pause", "idle": "stop"}[timeline.state]
    assert (order.position, order.sync_time_us, order.rate) == timeline[1:]
