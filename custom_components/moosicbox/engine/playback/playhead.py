"""The current item of a queue and its timeline."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Literal, NamedTuple

from ..protocol.types import Chapter, ItemState, QueueItem, QueueOp, RepeatMode
from .events import CurrentChanged, Order, OrderIssued, PlaybackEvent, PrepareChanged, QueueChanged, StatusChanged
from .queue import Queue
from .timeline import Timeline, plausible_duration

CHAPTER_TOLERANCE_SECONDS: Final = 0.01
"""A position that is this much before a chapter belongs to it: players report rounded positions."""
MAX_REPORTED_DURATIONS: Final = 100
PREVIOUS_SECONDS: Final = 3.0
"""`previous` goes back to the start of an item that has played longer than this."""


class PendingStart(NamedTuple):
    """A start for which members still get ready."""

    position: float
    since_us: int


class Playhead:
    """The state of a playback and its elementary transitions. Each transition emits its events."""

    def __init__(self, epoch: str, max_queue_items: int, emit: Callable[[PlaybackEvent], None]) -> None:
        self.queue = Queue(epoch, max_queue_items, self._queue_changed)
        self.timeline = Timeline()
        self.former_timeline = Timeline()
        """The timeline that played before the present one."""
        self.repeat: RepeatMode = "off"
        self.speed = 1.0
        """The speed of what is spoken; music plays at its own."""
        self.order: Order | None = None
        """The last order to the players."""
        self.decided_us: int | None = None
        """The hub time of the decision for the order that is being sent; `None` if its time is fixed, or none is being sent."""
        self.loaded_item: QueueItem | None = None
        """The item that the timeline refers to. It may have been removed from the queue meanwhile."""
        self.next_item: QueueItem | None = None
        """The item that plays after the current one, as announced to the players."""
        self.duration: float | None = None
        """The duration of the current item in seconds, as reported by players, otherwise from its tags."""
        self.reported_durations: OrderedDict[str, float] = OrderedDict()
        """The durations of the last items that players have reported, by the ids of the items."""
        self.stream_title: str | None = None
        """The title that the current item's radio station sends."""
        self.chapters: tuple[Chapter, ...] = ()
        """The chapters of the current item, as far as they are known."""
        self.chapter_index: int | None = None
        """The place of the chapter that plays among them, as it was published."""
        self.pending_start: PendingStart | None = None
        self.suspended: Timeline | None = None
        """The timeline to go on with once a player is connected again."""
        self.ends_after: str | None = None
        """The id of the item after which playback ends, as for a sleep timer; see `Playback.end_after`."""
        self.interrupted = False
        """True if the playback is paused for an announcement, and plays on after it."""
        self.shares_stations = False
        """True if the players hear radio stations by the hub's time: a station goes on while it is paused."""
        self.live_since_us: int | None = None
        """The hub time of position 0 of the current item, a station that is shared; `None` before its start."""
        self.ends_from_us = 0
        """Reports of an end or a failure from before this hub time are about an earlier start of the current item."""
        self._emit = emit

    # ------------------------------------------------------------ queries

    @property
    def current(self) -> QueueItem | None:
        """The current item of the queue."""
        return self.queue.current

    def is_current(self, queue_item_id: str | None) -> bool:
        """Return whether an item is the current one."""
        return queue_item_id is not None and queue_item_id == self.queue.current_item_id

    @property
    def is_active(self) -> bool:
        """True if it plays, or is about to."""
        return self.timeline.state in ("playing", "buffering")

    @property
    def goes_on(self) -> bool:
        """True if it is active, or will be after an announcement."""
        return self.is_active or self.interrupted

    @property
    def rate(self) -> float:
        """The rate at which the current item plays."""
        return 1.0 if self.current is None else self.rate_of(self.current)

    def is_shared(self, item: QueueItem | None) -> bool:
        """Return whether an item is a station that the players share."""
        return self.shares_stations and item is not None and item.track.live is True

    def live_since_of(self, item: QueueItem) -> int | None:
        """Return the hub time of position 0 of an item that players were told to play, if it is a shared station."""
        if self.order is None or self.order.item is None or self.order.item.queue_item_id != item.queue_item_id:
            return None
        return self.order.live_since_us

    def rate_of(self, item: QueueItem) -> float:
        """Return the rate at which an item plays."""
        return self.speed if item.track.spoken is True else 1.0

    @property
    def ends_us(self) -> int | None:
        """The hub time at which the current item ends, `None` if that isn't known."""
        return None if self.duration is None else self.timeline.reaches_us(self.duration)

    def find_chapter(self, position: float) -> int | None:
        """Return the place of the chapter at a position in the current item; `None` before the first one."""
        begun = bisect_right(self.chapters, position + CHAPTER_TOLERANCE_SECONDS, key=lambda chapter: chapter.start)
        return begun - 1 if begun else None

    def successor(self) -> QueueItem | None:
        """Return the item that `next` leads to, `None` at the end of the queue."""
        item = self.queue.after(self.queue.current_item_id)
        return self.queue.first() if item is None and self.repeat == "all" else item

    def predecessor(self, now_us: int) -> QueueItem | None:
        """Return the item that `previous` leads to: the current one if it has played for a while."""
        if (current := self.current) is None:
            return None
        if self.timeline.position_at(now_us) > PREVIOUS_SECONDS:
            return current
        return self.queue.before(current.queue_item_id) or current

    def find_next_item(self) -> QueueItem | None:
        """Return the item that the players should prepare."""
        if self.current is None:
            return None
        if self.pending_start is not None:
            return self.current
        # A hand-over isn't revoked by a change of the queue.
        if (locked := self.queue.locked_item_id) is not None and self.queue.has(locked):
            return self.queue.get(locked)
        if self.is_current(self.ends_after):
            return None
        return self.current if self.repeat == "one" else self.successor()

    # ------------------------------------------------------------ transitions

    def delay_order(self, delay_us: int) -> None:
        """Delay the order that is being sent, because preparing it took that long."""
        if self.order is not None:
            self.order = self.order._replace(sync_time_us=self.order.sync_time_us + delay_us)

    def _load_item(self, item: QueueItem, previous_state: ItemState) -> None:
        # Make `item` the current one; the one before is left in `previous_state`.
        self.queue.index(item.queue_item_id)
        previous = self.loaded_item
        self.queue.locked_item_id = None
        if previous is not None and previous.queue_item_id == item.queue_item_id:
            return
        self._set_loaded_state(previous_state)
        self.loaded_item = item
        self.queue.set_current(item.queue_item_id)
        self.queue.set_state(item.queue_item_id, "playing")
        self.duration = self.reported_durations.get(item.queue_item_id) or plausible_duration(item.track.duration)
        self.stream_title = None
        self.live_since_us = self.live_since_of(item)
        self.chapters, self.chapter_index = (), None
        self._emit(CurrentChanged(item.track, previous.track if previous else None))

    def _unload_item(self, now_us: int) -> None:
        # Stop with no current item.
        self.pending_start = None
        self._set_loaded_state("played")
        item, self.loaded_item = self.loaded_item, None
        self.queue.set_current(None)
        self.duration = None
        self.stream_title = self.live_since_us = None
        self.chapters, self.chapter_index = (), None
        self._issue("stop", Timeline("idle", 0.0, now_us, 0.0))
        if item is not None:
            self._emit(CurrentChanged(None, item.track))

    def set_stream_title(self, title: str | None) -> None:
        """Set the title that the current item's radio station sends."""
        if title != self.stream_title:
            self.stream_title = title
            self._emit(StatusChanged())

    def set_chapters(self, queue_item_id: str, chapters: tuple[Chapter, ...], now_us: int) -> None:
        """Set the chapters of an item, if it is still the current one."""
        if self.is_current(queue_item_id) and chapters != self.chapters:
            self.chapters = chapters
            self.chapter_index = self.find_chapter(self.timeline.position_at(now_us))
            self._emit(StatusChanged())

    def update_chapter(self, now_us: int) -> None:
        """Publish the chapter that plays if it is another one than before."""
        found = self.find_chapter(self.timeline.position_at(now_us))
        if found != self.chapter_index:
            self.chapter_index = found
            self._emit(StatusChanged())

    def _set_loaded_state(self, state: ItemState) -> None:
        if (item := self.loaded_item) is not None and self.queue.has(item.queue_item_id):
            self.queue.set_state(item.queue_item_id, state)

    def _issue(
        self, command: Literal["play", "pause", "stop"], timeline: Timeline, decided_us: int | None = None
    ) -> None:
        # Set the timeline and send the order that makes players follow it, delayed by the work since `decided_us`.
        repeated = self._is_ordered(self.current)
        self.queue.locked_item_id = None
        self.suspended = None
        self.pending_start = None
        self.decided_us = decided_us
        if self.is_shared(self.current):
            timeline = self._live(command, timeline)
        sent = self._send(
            Order(
                command,
                self.current,
                timeline.position,
                timeline.anchor_us,
                timeline.rate,
                live_since_us=self.live_since_us if self.is_shared(self.current) else None,
            )
        )
        self.decided_us = None
        self.ends_from_us = sent.sync_time_us if repeated else 0
        self._set_timeline(timeline._replace(anchor_us=sent.sync_time_us))

    def _live(self, command: Literal["play", "pause", "stop"], timeline: Timeline) -> Timeline:
        # A shared station plays what it sends now, at any position that is asked for. The time of its position 0 stays,
        # so that players that have its sound already, and those that join, hear the same.
        if self.live_since_us is None and self.current is not None:
            self.live_since_us = self.live_since_of(self.current)
        if command != "play":
            return timeline
        if self.live_since_us is None:
            self.live_since_us = timeline.anchor_us - round(timeline.position * 1e6)
        return timeline._replace(position=max(0.0, (timeline.anchor_us - self.live_since_us) / 1e6))

    def _is_ordered(self, item: QueueItem | None) -> bool:
        # Return whether the players were told to play the item.
        ordered = self.order.item if self.order is not None and self.order.command == "play" else None
        return item is not None and ordered is not None and item.queue_item_id == ordered.queue_item_id

    def _hand_over(self, item: QueueItem, at_us: int, crossfade: float) -> None:
        # Make players start the next item at the end of the current one, or mix both there.
        self.queue.locked_item_id = item.queue_item_id
        live_since_us = at_us if self.is_shared(item) else None
        self._send(Order("play", item, 0.0, at_us, self.rate_of(item), crossfade, live_since_us))

    def _revoke_hand_over(self) -> None:
        if self.queue.locked_item_id is not None:
            self.queue.locked_item_id = None
            position, anchor_us, rate = self.timeline[1:]
            live_since_us = self.live_since_us if self.is_shared(self.current) else None
            self._send(Order("play", self.current, position, anchor_us, rate, live_since_us=live_since_us))

    def _send(self, order: Order) -> Order:
        # Return the order as it was sent; see `delay_order`.
        self.order = order
        self._emit(OrderIssued())
        return self.order

    def _set_timeline(self, timeline: Timeline) -> None:
        if self.timeline.playing:
            self.former_timeline = self.timeline
        self.timeline = timeline
        self.chapter_index = self.find_chapter(timeline.position)
        self.interrupted = False
        self._update_next_item()
        self._emit(StatusChanged())

    def _set_duration(self, item_id: str, duration: float) -> None:
        self.duration = self.reported_durations[item_id] = duration
        if len(self.reported_durations) > MAX_REPORTED_DURATIONS:
            self.reported_durations.popitem(last=False)
        # A hand-over that was made for another end isn't valid any more.
        self._revoke_hand_over()
        self._update_next_item()
        self._emit(StatusChanged())

    def _update_next_item(self) -> None:
        before, self.next_item = self.next_item, self.find_next_item()
        if (before and before.queue_item_id) != (self.next_item and self.next_item.queue_item_id):
            self._emit(PrepareChanged())

    def _queue_changed(self, ops: tuple[QueueOp, ...]) -> None:
        self._emit(QueueChanged(ops))
        self._update_next_item()

    def _bounded(self, position: float) -> float:
        return max(0.0, position if self.duration is None else min(position, self.duration))
