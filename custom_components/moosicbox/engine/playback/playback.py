"""What plays: a queue, a timeline, and the rules that move them. Solo playback is a room of one. No I/O; time comes in."""

from collections.abc import Callable, Iterable
import random
from typing import Final, Literal, NamedTuple, Protocol

from ..protocol.client import PlayerReport
from ..protocol.errors import QueueItemNotFound
from ..protocol.types import ItemState, QueueItem, QueueOp, RepeatMode
from .events import (
    Command,
    CommandIssued,
    CurrentChanged,
    ItemFailed,
    Lagged,
    PlaybackEvent,
    PrepareChanged,
    QueueChanged,
    Sought,
    StatusChanged,
)
from .operations import Operations
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
MIN_SECONDS: Final = 0.5
"""A shorter duration is a mistake, and would be repeated without a pause."""
RESTART_SECONDS: Final = 3.0
"""`previous` goes back to the start of an item that played longer than this."""
ADOPT_SECONDS: Final = 0.25
"""A lone player's true position is taken over when it differs by more than this."""
STARTING_US: Final = 2_000_000
"""A player that buffers this shortly after a command is still starting: no stall."""
MAX_FAILURES: Final = 3
"""Items in a row that nobody could play until the music stops."""


class Member(Protocol):
    """What the timing needs to know of a player."""

    player_id: str

    @property
    def lead_ms(self) -> float:
        """How long it takes from a command to what is heard."""

    round_trip_us: int
    present: bool
    lagging: bool
    report: PlayerReport | None
    failed_item_id: str | None

    def is_ready(self, queue_item_id: str) -> bool:
        """Whether it could start this item at once."""


class Awaited(NamedTuple):
    """A start that members still get ready for."""

    position: float
    since_us: int


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
        self.patience_us: int | None = 0
        """How long a start waits for members who aren't ready; None: for ever."""
        self.command: Command | None = None
        self.awaited: Awaited | None = None
        self.failures = 0
        """Items in a row that couldn't be played."""
        self.held: Timeline | None = None
        """The timeline as it was before the last player went away."""
        self.following: QueueItem | None = None
        """The item that plays after the current one, as the players know it."""
        self.duration: float | None = None
        """Seconds of the current item: the player's word before the tags'."""
        self.chosen: QueueItem | None = None
        self.interrupted = False
        """Whether it is paused for an announcement, and nothing has happened to it since."""
        self._members = members
        self._emit = emit
        self._random = random.Random()  # noqa: S311 - shuffles music, keeps no secrets

    # ------------------------------------------------------------ commands

    @property
    def current(self) -> QueueItem | None:
        """The item that plays, or would."""
        return self.queue.current

    def is_current(self, queue_item_id: str | None) -> bool:
        """Whether this is the item that plays, or would."""
        return queue_item_id is not None and queue_item_id == self.queue.current_item_id

    def present(self) -> list[Member]:
        """The members who are here."""
        return [member for member in self._members() if member.present]

    def lead_us(self) -> int:
        """How far ahead a command must lie so that every member has it in time; laggards come after."""
        present = self.present()
        members = [member for member in present if not member.lagging] or present
        current_id = self.queue.current_item_id or ""
        ready = [member for member in members if member.is_ready(current_id)] or members
        lead = max((int(member.lead_ms * 1000) for member in ready), default=0)
        round_trip = max((member.round_trip_us for member in members), default=0)
        if len(present) > 1:
            return min(LEAD_CAP_US, max(ROOM_FLOOR_US, lead, round_trip * 3 // 2 + ROOM_MARGIN_US))
        return min(LEAD_CAP_US, round_trip // 2 + SOLO_MARGIN_US + lead)

    def load(self, item: QueueItem, now_us: int, position: float = 0.0, left: ItemState = "played") -> None:
        """Make `item` the current one; it plays once `start` says so. `left` is what becomes of the one before."""
        self.awaited = None
        self._choose(item, left)
        self._set_timeline(Timeline("buffering", self._bounded(position), now_us, 0.0))

    def start(self, item: QueueItem, now_us: int, position: float = 0.0, left: ItemState = "played") -> None:
        """Play `item` from `position` as soon as the members are ready; `left` is what becomes of the one before."""
        self._choose(item, left)
        if self.patience_us == 0 or not self._unready():
            self._begin(position, now_us)
            return
        self.awaited = Awaited(self._bounded(position), now_us)
        self._set_timeline(Timeline("buffering", self._bounded(position), now_us, 0.0))

    def choose_paused(self, item: QueueItem, now_us: int, position: float = 0.0) -> None:
        """Make `item` the current one without a sound."""
        self._choose(item, "skipped")
        self._issue("pause", Timeline("paused", self._bounded(position), now_us + self.lead_us(), 0.0))

    def take_over(self, other: Playback) -> None:
        """Have the queue and the modes of another playback; nothing of it is chosen yet."""
        self.chosen = None
        self.repeat, self.autoplay = other.repeat, other.autoplay
        self.queue.adopt(other.queue)

    def pause(self, now_us: int, position: float | None = None) -> None:
        """Stand still, at `position` if one is named."""
        if self.current is None or self.timeline.state in ("idle", "paused"):
            return
        at_us = now_us + self.lead_us()
        place = self._bounded(self.timeline.position_at(at_us) if position is None else position)
        self._issue("pause", Timeline("paused", place, at_us, 0.0))

    def interrupt(self, now_us: int) -> None:
        """Pause for an announcement. Any later change of the timeline ends the interruption."""
        if self.timeline.state in ("playing", "buffering"):
            self.pause(now_us)
            self.interrupted = True

    def stop(self, now_us: int) -> None:
        """Silence; the queue and the current item stay, the position doesn't."""
        if self.timeline.state != "idle":
            self._issue("stop", Timeline("idle", 0.0, now_us + self.lead_us(), 0.0))

    def seek(self, now_us: int, position: float) -> None:
        """Go to another place of the current item."""
        self._require_current()
        at_us = now_us + self.lead_us()
        place = self._bounded(position)
        if self.awaited is not None:
            self.awaited = self.awaited._replace(position=place)
            self._set_timeline(Timeline("buffering", place, now_us, 0.0))
        elif self.timeline.state in ("playing", "buffering"):
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
        self.awaited = None
        item = self.chosen
        self._leave("played")
        self.chosen = None
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
        if self.awaited is not None:
            return None if self.patience_us is None else self.awaited.since_us + self.patience_us
        if (ends_us := self.ends_us) is None:
            return None
        handed_over = self.following is None or self.queue.locked_item_id is not None
        return (
            ends_us
            if handed_over
            else max(self.timeline.anchor_us, ends_us - HANDOVER_US - _most_lead_us(self.present()))
        )

    def advance(self, now_us: int) -> None:
        """Hand the following item to the players in time; make it the current one when its time has come."""
        if self.awaited is not None:
            self._wait_no_longer(now_us)
            return
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

    def members_changed(self, now_us: int) -> None:
        """A member is ready, or comes, or goes: whoever was waited for may be so no longer."""
        if self.awaited is not None and not self._unready():
            self._begin(self.awaited.position, now_us)

    def ended(self, queue_item_id: str | None, now_us: int) -> QueueItem | None:
        """A member says that an item has ended; the item to start now, if it is this one's turn to follow."""
        current = self.current
        if current is None or current.queue_item_id != queue_item_id or not self.timeline.playing:
            return None
        if not all(_counts_no_more(member, queue_item_id) for member in self.present()):
            return None
        if self.duration is not None and now_us < self.timeline.anchor_us + HANDED_OVER_US:
            # It has just begun: this is the end of the round before.
            return None
        if self.queue.locked_item_id is not None and (ends_us := self.ends_us) and now_us > ends_us - HANDED_OVER_US:
            return None
        if (following := self.following) is None:
            self.finish(now_us)
        return following

    def failed(self, queue_item_id: str | None, now_us: int) -> QueueItem | None:
        """A member can't play an item; the item to start now, if nobody can and there is one. Three in a row stop."""
        current = self.current
        if current is None or current.queue_item_id != queue_item_id:
            return None
        if self.timeline.state not in ("playing", "buffering"):
            return None
        if not all(member.lagging or member.failed_item_id == queue_item_id for member in self.present()):
            # The others can: they neither wait for it nor follow it.
            self.members_changed(now_us)
            return None
        self.failures += 1
        self._emit(ItemFailed(current))
        following = self.successor()
        if following is None or self.failures >= MAX_FAILURES:
            self.failures = 0
            self.stop(now_us)
            return None
        return following

    def passed_over(self, item: QueueItem) -> None:
        """The media of `item` can't be found: it isn't played."""
        self._emit(ItemFailed(item))

    # ------------------------------------------------------------ what a lone player reports

    def adopt(self, report: PlayerReport) -> None:
        """Take over what the only player really does. Where several play, the timeline rules, not its members."""
        if not self.is_current(report.queue_item_id):
            return
        if report.state == "playing":
            self.failures = 0
        alone = len(self.present()) < 2
        if alone or self.duration is None:
            self._learn_duration(report)
        if alone:
            self._follow(report)

    def _follow(self, report: PlayerReport) -> None:
        timeline = self.timeline
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

    def _learn_duration(self, report: PlayerReport) -> None:
        if (duration := plausible_duration(report.duration_seconds)) is not None and duration != self.duration:
            self.duration = duration
            # A hand-over named another end: it is made again.
            self._take_back()
            self._update_following()
            self._emit(StatusChanged())

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
        """Its last player is gone: stand still until one comes back."""
        if self.timeline.state in ("playing", "buffering"):
            place = self._bounded(self.timeline.position_at(now_us))
            held = self.timeline
            self._issue("pause", Timeline("paused", place, now_us, 0.0))
            self.held = held

    def release(self) -> None:
        """Its last player was just cut off: go on as if it never had been."""
        if (held := self.held) is not None:
            self._issue("play", held)

    def fall_silent(self, now_us: int) -> None:
        """There is nothing for the player, which may still play something else: it is told so, whenever it asks."""
        if self.command is None:
            self.command = Command("stop", None, 0.0, now_us, 0.0)

    def order_for_newcomers(self) -> Command | None:
        """What somebody who comes now has to do: not what the others still play until all are ready for the next."""
        if self.awaited is None:
            return self.command
        return Command("pause", self.current, self.awaited.position, self.awaited.since_us, 0.0)

    def wake(self, now_us: int) -> None:
        """A player is here again: go on where the music would be by now, or where it stood if that is over."""
        if (held := self.held) is None:
            return
        if self.duration is not None and held.position_at(now_us) < self.duration:
            self.release()
        else:
            self._begin(self.timeline.position, now_us)

    def next_in_line(self) -> QueueItem | None:
        """Return the item that plays after the current one, unless something changes."""
        if self.current is None:
            return None
        if self.awaited is not None:
            # So that they get ready for it.
            return self.current
        # What the players were handed will be played, whatever changed since.
        if (locked := self.queue.locked_item_id) is not None and self.queue.has(locked):
            return self.queue.get(locked)
        return self.current if self.repeat == "one" else self.successor()

    # ------------------------------------------------------------ inside

    def _unready(self) -> list[Member]:
        # Who has to be waited for. A lone player starts as soon as it can anyway.
        present = self.present()
        if (current := self.current) is None or len(present) < 2:
            return []
        item_id = current.queue_item_id
        awaited = [member for member in present if not member.lagging and member.failed_item_id != item_id]
        return [member for member in awaited if not member.is_ready(item_id)]

    def _begin(self, position: float, now_us: int) -> None:
        at_us = now_us + self.lead_us()
        self._issue("play", Timeline("playing", self._bounded(position), at_us, 1.0))

    def _wait_no_longer(self, now_us: int) -> None:
        if self.awaited is None or self.due_us is None or now_us < self.due_us:
            return
        laggards = self._unready()
        for member in laggards:
            member.lagging = True
        self._begin(self.awaited.position, now_us)
        self._emit(Lagged(tuple(member.player_id for member in laggards)))

    def _require_current(self) -> QueueItem:
        if (item := self.current) is None:
            raise QueueItemNotFound("Nothing is in the queue to play")
        return item

    def _bounded(self, position: float) -> float:
        return max(0.0, position if self.duration is None else min(position, self.duration))

    def _choose(self, item: QueueItem, left: ItemState = "played") -> None:
        self.queue.index(item.queue_item_id)
        previous = self.chosen
        self.queue.locked_item_id = None
        if previous is not None and previous.queue_item_id == item.queue_item_id:
            return
        self._leave(left)
        self.chosen = item
        self.queue.set_current(item.queue_item_id)
        self.queue.set_state(item.queue_item_id, "playing")
        self.duration = plausible_duration(item.track.duration)
        self._emit(CurrentChanged(item.track, previous.track if previous else None))

    def _leave(self, state: ItemState) -> None:
        # The item may have been taken out of the queue while it played.
        if (item := self.chosen) is not None and self.queue.has(item.queue_item_id):
            self.queue.set_state(item.queue_item_id, state)

    def _issue(self, command: Literal["play", "pause", "stop"], timeline: Timeline) -> None:
        self.queue.locked_item_id = None
        self.held = None
        self.awaited = None
        self._send(Command(command, self.current, timeline.position, timeline.anchor_us, timeline.rate))
        self._set_timeline(timeline)

    def _send(self, command: Command) -> None:
        self.command = command
        self._emit(CommandIssued())

    def _set_timeline(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.interrupted = False
        self._update_following()
        self._emit(StatusChanged())

    def _update_following(self) -> None:
        following = self.next_in_line()
        known = self.following
        self.following = following
        if (following and following.queue_item_id) != (known and known.queue_item_id):
            self._emit(PrepareChanged())

    def _queue_changed(self, ops: tuple[QueueOp, ...]) -> None:
        self._emit(QueueChanged(ops))
        self._update_following()


def _counts_no_more(member: Member, queue_item_id: str | None) -> bool:
    # It has ended the item, or doesn't play it.
    if member.lagging or member.failed_item_id == queue_item_id:
        return True
    if (report := member.report) is None:
        return False
    return bool(report.needs_interaction) or (report.state == "idle" and report.queue_item_id == queue_item_id)


def _most_lead_us(members: Iterable[Member]) -> int:
    return max((int(member.lead_ms * 1000) for member in members), default=0)


def plausible_duration(duration: float | None) -> float | None:
    """Return `duration`, or `None` if it is too short to be true."""
    return duration if duration is not None and duration >= MIN_SECONDS else None
