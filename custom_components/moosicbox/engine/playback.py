"""What plays: a queue, a timeline, and the rules that move them. Solo playback is a room of one. No I/O; time comes in."""

from collections.abc import Callable, Iterable
import random
from typing import Final, Literal, NamedTuple, Protocol

from .operations import Operations
from .protocol.client import PlayerReport
from .protocol.errors import QueueItemNotFound
from .protocol.types import ItemState, QueueItem, QueueOp, RepeatMode, Track
from .queue import Queue
from .timeline import Timeline

SOLO_MARGIN_US: Final = 20_000
ROOM_FLOOR_US: Final = 100_000
ROOM_MARGIN_US: Final = 200_000
LEAD_CAP_US: Final = 3_000_000
HANDOVER_US: Final = 3_000_000
"""How long before its start the following item is handed to the players."""
HANDED_OVER_US: Final = 300_000
"""An item that ends this shortly before its time is followed by what the players were handed already."""
SHORTEST_SECONDS: Final = 0.5
"""A shorter duration is a mistake, and would be repeated without a pause."""
RESTART_SECONDS: Final = 3.0
"""`previous` goes back to the start of an item that played longer than this."""
ADOPT_SECONDS: Final = 0.25
"""A lone player's true position is taken over when it differs by more than this."""
STARTING_US: Final = 2_000_000
"""A player that buffers this shortly after a command is still starting: no stall."""


class Member(Protocol):
    """What the timing needs to know of a player."""

    lead_ms: float
    round_trip_us: int
    present: bool


class Command(NamedTuple):
    """What the players were told last."""

    command: Literal["play", "pause", "stop"]
    item: QueueItem | None
    position: float
    sync_time_us: int
    rate: float


class CommandIssued(NamedTuple):
    """The players have something to do."""


class StatusChanged(NamedTuple):
    """State, item, position or modes are others now."""


class PrepareChanged(NamedTuple):
    """Another item will be the next one."""


class CurrentChanged(NamedTuple):
    """Another track is the current one."""

    track: Track | None
    previous: Track | None


class Sought(NamedTuple):
    """Somebody went to another place of the item."""

    position: float


class QueueChanged(NamedTuple):
    """The queue changed by `ops`."""

    ops: tuple[QueueOp, ...]


class ItemFailed(NamedTuple):
    """A player couldn't play an item."""

    item: QueueItem
    reason: str


type PlaybackEvent = (
    CommandIssued | StatusChanged | PrepareChanged | CurrentChanged | Sought | QueueChanged | ItemFailed
)


class Playback:
    """One queue with its timeline, played by its members together."""

    def __init__(
        self,
        epoch: str,
        max_queue_items: int,
        members: Callable[[], Iterable[Member]],
        emit: Callable[[PlaybackEvent], None],
    ) -> None:
        """`members` are those who play along now; `emit` hears of everything that happens."""
        self.queue = Queue(epoch, max_queue_items, self._queue_changed)
        self.operations = Operations()
        self.timeline = Timeline()
        self.repeat: RepeatMode = "off"
        self.autoplay = False
        self.is_room = False
        self.command: Command | None = None
        self._held: Timeline | None = None
        """The timeline as it was before the only player went away."""
        self.following: QueueItem | None = None
        """The item that plays after the current one, as the players know it."""
        self.duration: float | None = None
        """Seconds of the current item: the player's word before the tags'."""
        self._chosen: QueueItem | None = None
        self._members = members
        self._emit = emit
        self._random = random.SystemRandom()

    # ------------------------------------------------------------ commands

    @property
    def current(self) -> QueueItem | None:
        """The item that plays, or would."""
        return self.queue.current

    def lead_us(self) -> int:
        """How far ahead a command must lie so that every member has it in time."""
        members = [member for member in self._members() if member.present]
        lead = max((int(member.lead_ms * 1000) for member in members), default=0)
        round_trip = max((member.round_trip_us for member in members), default=0)
        if self.is_room:
            return min(LEAD_CAP_US, max(ROOM_FLOOR_US, lead, round_trip * 3 // 2 + ROOM_MARGIN_US))
        return min(LEAD_CAP_US, round_trip // 2 + SOLO_MARGIN_US + lead)

    def load(self, item: QueueItem, now_us: int, position: float = 0.0, left: ItemState = "played") -> None:
        """Make `item` the current one; it plays once `start` says so. `left` is what becomes of the one before."""
        self._choose(item, left)
        self._set_timeline(Timeline("buffering", self._bounded(position), now_us, 0.0))

    def start(self, item: QueueItem, now_us: int, position: float = 0.0, left: ItemState = "played") -> None:
        """Play `item` from `position`; `left` is what becomes of the one before."""
        self._choose(item, left)
        at_us = now_us + self.lead_us()
        self._issue("play", Timeline("playing", self._bounded(position), at_us, 1.0))

    def choose_paused(self, item: QueueItem, now_us: int) -> None:
        """Make `item` the current one without a sound."""
        self._choose(item, "skipped")
        self._issue("pause", Timeline("paused", 0.0, now_us + self.lead_us(), 0.0))

    def pause(self, now_us: int, position: float | None = None) -> None:
        """Stand still, at `position` if one is named."""
        if self.current is None or self.timeline.state in ("idle", "paused"):
            return
        at_us = now_us + self.lead_us()
        place = self._bounded(self.timeline.position_at(at_us) if position is None else position)
        self._issue("pause", Timeline("paused", place, at_us, 0.0))

    def stop(self, now_us: int) -> None:
        """Silence; the queue and the current item stay, the position doesn't."""
        if self.timeline.state != "idle":
            self._issue("stop", Timeline("idle", 0.0, now_us + self.lead_us(), 0.0))

    def seek(self, now_us: int, position: float) -> None:
        """Go to another place of the current item."""
        self._require_current()
        at_us = now_us + self.lead_us()
        place = self._bounded(position)
        if self.timeline.state in ("playing", "buffering"):
            self._issue("play", Timeline("playing", place, at_us, 1.0))
        else:
            self._issue("pause", Timeline("paused", place, at_us, 0.0))
        self._emit(Sought(place))

    def successor(self) -> QueueItem | None:
        """The item that `next` leads to; None at the end."""
        item = self.queue.after(self.queue.current_item_id)
        return self.queue.first() if item is None and self.repeat == "all" else item

    def predecessor(self, now_us: int) -> QueueItem | None:
        """The item that `previous` leads to: the current one if it plays for a while already."""
        if (current := self.current) is None:
            return None
        if self.timeline.position_at(now_us) > RESTART_SECONDS:
            return current
        return self.queue.before(current.queue_item_id) or current

    def finish(self, now_us: int) -> None:
        """Nothing is left to play."""
        item = self._chosen
        self._leave("played")
        self._chosen = None
        self.queue.set_current(None)
        self.duration = None
        self._issue("stop", Timeline("idle", 0.0, now_us, 0.0))
        if item is not None:
            self._emit(CurrentChanged(None, item.track))

    def set_modes(self, *, shuffle: bool | None, repeat: RepeatMode | None, autoplay: bool | None) -> None:
        """In which order, how often, and whether music of the hub's choice follows."""
        if repeat is not None:
            self.repeat = repeat
        if autoplay is not None:
            self.autoplay = autoplay
        if shuffle is not None:
            self.queue.shuffle(shuffle, self._random)
        self._update_following()
        self._emit(StatusChanged())

    # ------------------------------------------------------------ the course of time

    @property
    def ends_us(self) -> int | None:
        """When the current item ends, if that can be known."""
        return None if self.duration is None else self.timeline.reaches_us(self.duration)

    @property
    def due_us(self) -> int | None:
        """When `advance` has something to do."""
        if (ends_us := self.ends_us) is None:
            return None
        handed_over = self.following is None or self.queue.locked_item_id is not None
        return ends_us if handed_over else max(self.timeline.anchor_us, ends_us - HANDOVER_US)

    def advance(self, now_us: int) -> None:
        """Hand the following item to the players in time; make it the current one when its time has come."""
        if (ends_us := self.ends_us) is None or self.due_us is None or now_us < self.due_us:
            return
        if self.following is None:
            self.finish(now_us)
        elif self.queue.locked_item_id is None:
            self.queue.locked_item_id = self.following.queue_item_id
            self._send(Command("play", self.following, 0.0, ends_us, 1.0))
        else:
            self._choose(self.following)
            self._set_timeline(Timeline("playing", 0.0, ends_us, 1.0))

    def ended(self, queue_item_id: str | None, now_us: int) -> QueueItem | None:
        """A player says that an item has ended; the item to start now, if it is this one's turn to follow."""
        current = self.current
        if current is None or current.queue_item_id != queue_item_id or not self.timeline.playing:
            return None
        if self.duration is not None and now_us < self.timeline.anchor_us + HANDED_OVER_US:
            # It has just begun: this is the end of the round before.
            return None
        if self.queue.locked_item_id is not None and (ends_us := self.ends_us) and now_us > ends_us - HANDED_OVER_US:
            return None
        if (following := self.following) is None:
            self.finish(now_us)
        return following

    # ------------------------------------------------------------ what a lone player reports

    def adopt(self, report: PlayerReport) -> None:
        """Take over what the only player really does. In a room the timeline rules, not its members."""
        current, timeline = self.current, self.timeline
        if self.is_room or current is None or report.queue_item_id != current.queue_item_id:
            return
        if (duration := _sane(report.duration_seconds)) is not None and duration != self.duration:
            self.duration = duration
            # A hand-over named another end: it is made again.
            self._take_back()
            self._update_following()
            self._emit(StatusChanged())
        if timeline.state not in ("playing", "buffering") or report.at_us < timeline.anchor_us:
            return
        stalled = Timeline("buffering", self._bounded(report.position_seconds), report.at_us, 0.0)
        match report.state:
            case "playing":
                off = abs(timeline.position_at(report.at_us) - report.position_seconds)
                if timeline.state == "buffering" or off > ADOPT_SECONDS:
                    self._issue("play", Timeline("playing", self._bounded(report.position_seconds), report.at_us, 1.0))
            case _ if report.needs_interaction:
                if timeline.state != "buffering":
                    self._stall(stalled)
            case "buffering":
                if timeline.playing and report.at_us > timeline.anchor_us + STARTING_US:
                    self._stall(stalled)
            case "paused":
                self._issue("pause", Timeline("paused", self._bounded(report.position_seconds), report.at_us, 0.0))

    def _stall(self, timeline: Timeline) -> None:
        # What was handed over would start too early: the current item is not at its end.
        self._take_back()
        self._set_timeline(timeline)

    def _take_back(self) -> None:
        if self.queue.locked_item_id is not None:
            self.queue.locked_item_id = None
            position, anchor_us, rate = self.timeline[1:]
            self._send(Command("play", self.current, position, anchor_us, rate))

    def hold(self, now_us: int) -> None:
        """Its only player is gone: stand still until it comes back."""
        if self.timeline.state in ("playing", "buffering"):
            place = self._bounded(self.timeline.position_at(now_us))
            held = self.timeline
            self._issue("pause", Timeline("paused", place, now_us, 0.0))
            self._held = held

    def release(self) -> None:
        """Its only player was just cut off: go on as if it never had been."""
        if (held := self._held) is not None:
            self._issue("play", held)

    def restore(self, timeline: Timeline, repeat: RepeatMode) -> None:
        """Become what was saved, after the queue did; nobody is told."""
        self.repeat = repeat
        self._chosen = self.current
        self.duration = _sane(self._chosen.track.duration) if self._chosen else None
        if self._chosen is not None and timeline.state == "paused":
            self.timeline = timeline
            self.command = Command("pause", self._chosen, timeline.position, timeline.anchor_us, 0.0)
        self.following = self._next_in_line()

    # ------------------------------------------------------------ inside

    def _require_current(self) -> QueueItem:
        if (item := self.current) is None:
            raise QueueItemNotFound("Nothing is in the queue to play")
        return item

    def _bounded(self, position: float) -> float:
        return max(0.0, position if self.duration is None else min(position, self.duration))

    def _choose(self, item: QueueItem, left: ItemState = "played") -> None:
        self.queue.index(item.queue_item_id)
        previous = self._chosen
        self.queue.locked_item_id = None
        if previous is not None and previous.queue_item_id == item.queue_item_id:
            return
        self._leave(left)
        self._chosen = item
        self.queue.set_current(item.queue_item_id)
        self.queue.set_state(item.queue_item_id, "playing")
        self.duration = _sane(item.track.duration)
        self._emit(CurrentChanged(item.track, previous.track if previous else None))

    def _leave(self, state: ItemState) -> None:
        # The item may have been taken out of the queue while it played.
        if (item := self._chosen) is not None and self.queue.has(item.queue_item_id):
            self.queue.set_state(item.queue_item_id, state)

    def _issue(self, command: Literal["play", "pause", "stop"], timeline: Timeline) -> None:
        self.queue.locked_item_id = None
        self._held = None
        self._send(Command(command, self.current, timeline.position, timeline.anchor_us, timeline.rate))
        self._set_timeline(timeline)

    def _send(self, command: Command) -> None:
        self.command = command
        self._emit(CommandIssued())

    def _set_timeline(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self._update_following()
        self._emit(StatusChanged())

    def _next_in_line(self) -> QueueItem | None:
        if self.current is None:
            return None
        # What the players were handed will be played, whatever changed since.
        if (locked := self.queue.locked_item_id) is not None and self.queue.has(locked):
            return self.queue.get(locked)
        return self.current if self.repeat == "one" else self.successor()

    def _update_following(self) -> None:
        following = self._next_in_line()
        known = self.following
        self.following = following
        if (following and following.queue_item_id) != (known and known.queue_item_id):
            self._emit(PrepareChanged())

    def _queue_changed(self, ops: tuple[QueueOp, ...]) -> None:
        self._emit(QueueChanged(ops))
        self._update_following()


def _sane(duration: float | None) -> float | None:
    return duration if duration is not None and duration >= SHORTEST_SECONDS else None
