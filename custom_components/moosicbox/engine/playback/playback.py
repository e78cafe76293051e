"""A playback: a queue with a timeline, and the rules by which it advances. Each player and each room has one.

There is no I/O, and time is an argument: hub time in microseconds.
"""

from collections.abc import Callable, Iterable
from typing import Final

from ..protocol.client import PlayerReport
from ..protocol.errors import QueueItemNotFound, Sentence
from ..protocol.types import ItemState, QueueItem, RepeatMode
from .events import ItemFailed, Lagged, Order, PlaybackEvent, PositionChanged, StatusChanged
from .gain import continues_album
from .members import Member, Members
from .operations import Operations
from .playhead import PendingStart, Playhead
from .timeline import MIN_DURATION_SECONDS, Timeline, plausible_duration

HANDOVER_US: Final = 3_000_000
"""How long before its start the next item is handed to the players."""
END_TOLERANCE_US: Final = 300_000
"""How much earlier or later than calculated a player may end an item whose successor was handed over."""
MIN_PLAYED_US: Final = round(MIN_DURATION_SECONDS * 1e6)
"""An item that ends this soon after its start, and this long before its calculated end, could not be played."""
POSITION_TOLERANCE_SECONDS: Final = 0.25
"""The position of a single player is adopted if it differs by more than this."""
START_TOLERANCE_SECONDS: Final = 0.02
"""A player that reports a position this near to an order's has begun to execute it, even if it is late."""
DURATION_TOLERANCE_SECONDS: Final = 0.05
"""The duration that several players report is adopted if it differs by more than this from the known one."""
START_GRACE_US: Final = 2_000_000
"""A player that still buffers, or plays on as before, within this time after an order is about to execute it."""
RETURN_US: Final = 180_000_000
"""A fed speaker that connects within this time after the hub stopped continues its music."""
MAX_CROSSFADE: Final = 0.25
"""The longest crossfade, in parts of the shorter item."""
MAX_FAILURES: Final = 3
"""Playback stops after this many items in a row that could not be played."""


class Playback(Playhead):
    """One queue that its members play together."""

    def __init__(
        self,
        epoch: str,
        max_queue_items: int,
        members: Callable[[], Iterable[Member]],
        emit: Callable[[PlaybackEvent], None],
    ) -> None:
        """Set up an empty playback.

        Args:
            epoch: The epoch of the queue's revisions.
            max_queue_items: The bound of the queue.
            members: Returns the members at any time.
            emit: Called with each event.

        """
        super().__init__(epoch, max_queue_items, emit)
        self.members = Members(members)
        self.operations = Operations()
        self.autoplay = False
        self.max_wait_us: int | None = 0
        """How long a start waits for members that aren't ready; `None` means forever."""
        self.crossfade_seconds = 0.0
        """The time for which an item and the next one are mixed, if they can be."""
        self.failures = 0
        """Items in a row that could not be played."""

    # ------------------------------------------------------------ commands

    def lead_us(self) -> int:
        """Return how far in the future an order has to be, so that every member can follow it."""
        return self.members.order_lead_us(self.queue.current_item_id)

    def load(self, item: QueueItem, now_us: int, position: float = 0.0, previous_state: ItemState = "played") -> None:
        """Make an item the current one, to be started once its media is known; see `start`."""
        self.pending_start = None
        self._load_item(item, previous_state)
        if self.members.are_announcing():
            self._interrupt_at(position, now_us)
        else:
            self._set_timeline(Timeline("buffering", self._bounded(position), now_us, 0.0))

    def load_paused(self, item: QueueItem, now_us: int, position: float = 0.0) -> None:
        """Make an item the current one without playing it; the one before counts as skipped."""
        self._load_item(item, "skipped")
        self._issue("pause", Timeline("paused", self._bounded(position), now_us + self.lead_us(), 0.0), now_us)

    def start(self, item: QueueItem, now_us: int, position: float = 0.0, previous_state: ItemState = "played") -> None:
        """Play an item as soon as the members are ready, or after the announcement that they play.

        Args:
            item: An item of the queue.
            now_us: Hub time.
            position: Where to start, in seconds.
            previous_state: The state of the item that was current before.

        """
        self._load_item(item, previous_state)
        if self.members.are_announcing():
            self._interrupt_at(position, now_us)
            return
        if self.max_wait_us == 0 or not self._unready():
            self._play(position, now_us)
            return
        self.pending_start = PendingStart(self._bounded(position), now_us)
        self._set_timeline(Timeline("buffering", self._bounded(position), now_us, 0.0))

    def copy_queue(self, other: Playback) -> None:
        """Copy the queue and the modes of another playback, without a current item."""
        self.loaded_item = None
        self.repeat, self.autoplay = other.repeat, other.autoplay
        self.reported_durations = other.reported_durations.copy()
        self.queue.copy_from(other.queue)

    def pause(self, now_us: int, position: float | None = None) -> None:
        """Pause at `position`, by default where the music will be then. After an announcement, it stays paused."""
        self.interrupted = False
        if self.current is None or self.timeline.state in ("idle", "paused"):
            return
        at_us = now_us + self.lead_us()
        place = self._bounded(self.timeline.position_at(at_us) if position is None else position)
        self._issue("pause", Timeline("paused", place, at_us, 0.0), now_us)

    def interrupt(self, now_us: int) -> None:
        """Pause for an announcement, if the playback is active.

        During the announcement, `start` and `seek` set where the music goes on; `pause` and `stop` keep it from going on.
        """
        if self.is_active:
            self.pause(now_us)
            self.interrupted = True

    def suspend_interrupted(self, now_us: int) -> None:
        """End an interruption when no player is connected: the music goes on once one is."""
        self.interrupted = False
        self.suspended = Timeline("playing", self.timeline.position, now_us, self.rate)

    def stop(self, now_us: int) -> None:
        """Stop. The queue and the current item stay, the position is lost."""
        if self.timeline.state != "idle":
            self._issue("stop", Timeline("idle", 0.0, now_us + self.lead_us(), 0.0), now_us)

    def finish(self, now_us: int) -> None:
        """Stop, with no current item."""
        self._unload_item(now_us)

    def seek(self, now_us: int, position: float) -> None:
        """Go to a position of the current item. Raise QueueItemNotFound if there is none."""
        if self.current is None:
            raise QueueItemNotFound(Sentence("no_current_item", "There is no current item"))
        at_us = now_us + self.lead_us()
        place = self._bounded(position)
        if self.pending_start is not None:
            self.pending_start = self.pending_start._replace(position=place)
            self._set_timeline(Timeline("buffering", place, now_us, 0.0))
        elif self.is_active:
            self._issue("play", Timeline("playing", place, at_us, self.rate), now_us)
        elif self.interrupted:
            self._interrupt_at(place, now_us)
        else:
            self._issue("pause", Timeline("paused", place, at_us, 0.0), now_us)
        self._emit(PositionChanged(place))

    def set_modes(self, *, shuffle: bool | None, repeat: RepeatMode | None, autoplay: bool | None) -> None:
        """Set the modes that aren't `None`."""
        if repeat is not None:
            self.repeat = repeat
        if autoplay is not None:
            self.autoplay = autoplay
        if shuffle is not None:
            self.queue.shuffle(shuffle)
        self._update_next_item()
        self._emit(StatusChanged())

    def set_speed(self, speed: float, now_us: int) -> None:
        """Play episodes and audiobooks at a speed from now on, 1 being their own."""
        if speed == self.speed:
            return
        self.speed = speed
        if self.timeline.playing and self.timeline.rate != self.rate:
            at_us = now_us + self.lead_us()
            place = self._bounded(self.timeline.position_at(at_us))
            self._issue("play", Timeline("playing", place, at_us, self.rate), now_us)
        else:
            self._emit(StatusChanged())

    def end_after(self, queue_item_id: str | None) -> None:
        """End at the end of an item of the queue, and load the next one paused; `None`: go on as usual."""
        self.ends_after = queue_item_id
        if self.is_current(queue_item_id):
            self._revoke_hand_over()
        self._update_next_item()

    # ------------------------------------------------------------ time

    @property
    def due_us(self) -> int | None:
        """The hub time at which `advance` has to be called."""
        if self.pending_start is not None:
            return None if self.max_wait_us is None else self.pending_start.since_us + self.max_wait_us
        if (changes_us := self.changes_us) is None:
            return None
        if self.next_item is None or self.queue.locked_item_id is not None:
            return changes_us
        return max(self.timeline.anchor_us, changes_us - HANDOVER_US - self.members.max_lead_us())

    @property
    def changes_us(self) -> int | None:
        """The hub time at which the next item becomes the current one: the end, or earlier with a crossfade."""
        if (ends_us := self.ends_us) is None:
            return None
        if self.queue.locked_item_id is not None and self.order is not None:
            return self.order.sync_time_us
        return ends_us - round(self._crossfade(ends_us) * 1e6)

    def _crossfade(self, ends_us: int) -> float:
        # The time in seconds for which the next item will be mixed with the current one.
        current, following = self.current, self.next_item
        if (
            not self.crossfade_seconds
            or current is None
            or following is None
            or current.queue_item_id == following.queue_item_id
            or self.rate != self.rate_of(following)
            or self.rate != 1
        ):
            return 0.0
        following_duration = plausible_duration(following.track.duration)
        if self.duration is None or following_duration is None or continues_album(current.track, following.track):
            return 0.0
        seconds = min(self.crossfade_seconds, MAX_CROSSFADE * min(self.duration, following_duration))
        begins_in_time = ends_us - seconds * 1e6 > self.timeline.anchor_us + HANDOVER_US
        return seconds if begins_in_time and self.members.crossfade() else 0.0

    def advance(self, now_us: int) -> None:
        """Do what is due: hand the next item to the players, make it the current one, or stop waiting for members."""
        if self.due_us is None or now_us < self.due_us:
            return
        if self.pending_start is not None:
            self._start_without_laggards(self.pending_start, now_us)
        elif (ends_us := self.ends_us) is None or (changes_us := self.changes_us) is None:
            return
        elif self.next_item is None:
            self._end(now_us)
        elif self.queue.locked_item_id is None:
            self._hand_over(self.next_item, changes_us, (ends_us - changes_us) / 1e6)
        else:
            repeated = self.is_current(self.next_item.queue_item_id)
            self._load_item(self.next_item, "played")
            self.ends_from_us = ends_us + END_TOLERANCE_US if repeated else 0
            self._set_timeline(Timeline("playing", 0.0, changes_us, self.rate))

    def start_if_ready(self, now_us: int) -> None:
        """Start if no member has to be waited for any more."""
        if self.pending_start is not None and not self._unready():
            self._play(self.pending_start.position, now_us)

    # ------------------------------------------------------------ members that come and go

    def suspend(self, now_us: int) -> None:
        """Pause because no player is left, until one is connected again."""
        if self.is_active:
            suspended = self.timeline
            position = self._bounded(suspended.position_at(now_us))
            self._issue("pause", Timeline("paused", position, now_us, 0.0))
            self.suspended = suspended

    def undo_suspend(self) -> None:
        """Go on as if the player had never been disconnected: it has played on."""
        if (suspended := self.suspended) is not None:
            self._issue("play", suspended)

    def resume_suspended(self, now_us: int) -> None:
        """Go on because a player is connected: where the item would be by now, or where it paused if that is its end."""
        if self.suspended is None:
            return
        # The stored rate may be from before another speed was set.
        self.suspended = suspended = self.suspended._replace(rate=self.rate)
        if self.duration is not None and suspended.position_at(now_us) < self.duration:
            self.undo_suspend()
        else:
            self._play(self.timeline.position, now_us)

    def resume_restored(self, now_us: int) -> None:
        """Go on where the music was when the hub ended, unless that is `RETURN_US` ago."""
        suspended, self.suspended = self.suspended, None
        if suspended is not None and now_us - suspended.anchor_us < RETURN_US:
            self._play(self.timeline.position, now_us)

    def ensure_order(self, now_us: int) -> None:
        """Make sure that there is an order for players that return to this playback: by default, to stop."""
        if self.order is None:
            self.order = Order("stop", None, 0.0, now_us, 0.0)

    def order_for_newcomer(self) -> Order | None:
        """Return the order for a player that joins now: to get ready if a start is pending, otherwise the last one."""
        if self.pending_start is None:
            return self.order
        return Order("pause", self.current, self.pending_start.position, self.pending_start.since_us, 0.0)

    # ------------------------------------------------------------ reports of members

    def handle_ended(self, report: PlayerReport, now_us: int) -> QueueItem | None:
        """Handle a member's report that an item has ended.

        Returns the item to start now; `None` if this isn't the end of the current item, or its successor starts anyway.
        An item that ends as soon as it has started counts as failed; see `handle_failed`.
        """
        item_id, at_us = report.queue_item_id, report.at_us
        if item_id is None or not self._is_about_current(report) or not self.timeline.playing:
            return None
        if not self.members.have_finished(item_id, self.ends_from_us):
            return None
        ends_us = self.ends_us
        if ends_us is not None and at_us < min(self.timeline.anchor_us + MIN_PLAYED_US, ends_us - MIN_PLAYED_US):
            return self._skip_failed(now_us)
        locked, changes_us = self.queue.locked_item_id, self.changes_us
        if locked is not None and changes_us is not None and at_us > changes_us - END_TOLERANCE_US:
            return None
        self.failures = 0
        if (following := self.next_item) is None:
            self._end(now_us)
        return following

    def handle_failed(self, report: PlayerReport, now_us: int) -> QueueItem | None:
        """Handle a member's report that it can't play an item.

        Returns the item to start now, if no member can play the current one. After several failures, playback stops.
        """
        item_id = report.queue_item_id
        if item_id is None or not self._is_about_current(report) or not self.is_active:
            return None
        if not self.members.have_failed(item_id):
            self.start_if_ready(now_us)
            return None
        return self._skip_failed(now_us)

    def _is_about_current(self, report: PlayerReport) -> bool:
        return self.is_current(report.queue_item_id) and report.at_us >= self.ends_from_us

    def _skip_failed(self, now_us: int) -> QueueItem | None:
        if (current := self.current) is None:
            return None
        self.failures += 1
        self._emit(ItemFailed(current))
        following = self.successor()
        if following is None or self.failures >= MAX_FAILURES:
            self.failures = 0
            self.stop(now_us)
            return None
        return following

    def report_unplayable(self, item: QueueItem) -> None:
        """Report that an item is skipped because its media can't be found."""
        self._emit(ItemFailed(item))

    def apply_report(self, report: PlayerReport) -> None:
        """Adopt the duration that players report, and the position and state that a single player reports.

        Several players follow the timeline instead.
        """
        if (item_id := report.queue_item_id) is None or not self.is_current(item_id):
            return
        if report.state == "playing" and report.at_us >= self.timeline.anchor_us + MIN_PLAYED_US:
            self.failures = 0
        alone = len(self.members.connected()) < 2
        self._adopt_duration(item_id, plausible_duration(report.duration_seconds), alone=alone)
        if alone:
            self._follow(report)

    def _adopt_duration(self, item_id: str, duration: float | None, *, alone: bool) -> None:
        # Decoders differ a little, which is no reason to move the end for all.
        tolerance = 0.0 if alone else DURATION_TOLERANCE_SECONDS
        if not alone:
            duration = self.members.reported_duration(item_id, self.duration)
        if duration is not None and (self.duration is None or abs(duration - self.duration) > tolerance):
            self._set_duration(item_id, duration)

    def _follow(self, report: PlayerReport) -> None:
        timeline = self.timeline
        if not self.is_active or report.at_us < timeline.anchor_us:
            return
        position = self._bounded(report.position_seconds)
        match report.state:
            case "playing":
                difference = abs(timeline.position_at(report.at_us) - report.position_seconds)
                differs = difference > POSITION_TOLERANCE_SECONDS and not self.is_shared(self.current)
                differs = differs and not self._is_former(report)
                if timeline.state == "buffering" or differs:
                    self._issue("play", Timeline("playing", position, report.at_us, self.rate))
            case _ if report.needs_interaction:
                if timeline.state != "buffering":
                    self._stall(position, report.at_us)
            case "buffering":
                if timeline.playing and report.at_us > timeline.anchor_us + START_GRACE_US:
                    self._stall(position, report.at_us)
            case "paused":
                self._issue("pause", Timeline("paused", position, report.at_us, 0.0))

    def _is_former(self, report: PlayerReport) -> bool:
        """Return whether a player still plays what it played before the last order, which it hasn't executed yet."""
        starts = abs(report.position_seconds - self.timeline.position) < START_TOLERANCE_SECONDS
        if starts or report.at_us > self.timeline.anchor_us + START_GRACE_US:
            return False
        difference = abs(self.former_timeline.position_at(report.at_us) - report.position_seconds)
        return self.former_timeline.playing and difference <= POSITION_TOLERANCE_SECONDS

    def _stall(self, position: float, at_us: int) -> None:
        # An item that was handed over would start too early.
        self._revoke_hand_over()
        self._set_timeline(Timeline("buffering", position, at_us, 0.0))

    # ------------------------------------------------------------ starting and ending

    def _end(self, now_us: int) -> None:
        following = self.successor() if self.is_current(self.ends_after) else None
        self.ends_after = None
        if following is None:
            self.finish(now_us)
        else:
            self._load_item(following, "played")
            self._issue("pause", Timeline("paused", 0.0, now_us, 0.0))

    def _interrupt_at(self, position: float, now_us: int) -> None:
        # Go on there after the announcement.
        self._issue("pause", Timeline("paused", self._bounded(position), now_us, 0.0))
        self.interrupted = True

    def _unready(self) -> list[Member]:
        if self.current is None or self.is_shared(self.current):
            return []
        return self.members.unready(self.current.queue_item_id)

    def _play(self, position: float, now_us: int) -> None:
        start = Timeline("playing", self._bounded(position), now_us + self.lead_us(), self.rate)
        self._issue("play", start, now_us)

    def _start_without_laggards(self, pending: PendingStart, now_us: int) -> None:
        laggards = self._unready()
        for member in laggards:
            member.lagging = True
        self._play(pending.position, now_us)
        self._emit(Lagged(tuple(member.player_id for member in laggards)))
