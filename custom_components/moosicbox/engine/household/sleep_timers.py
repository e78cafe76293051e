"""Sleep timers: the music of a room or a player stops later, or one player leaves its room.

A timer for a time of the day survives a restart. A timer for the end of a track or an album tells the playback where to
end, so that the next item isn't handed to the players. A timer for the end of a chapter pauses where the next one begins.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from msgspec import UNSET

from ..clock import Clock, iso_from_unix
from ..playback.chapters import no_chapters
from ..playback.events import CurrentChanged, PlaybackEvent, QueueChanged, StatusChanged
from ..playback.playback import Playback
from ..playback.player import PlaybackContext, Player, players_of
from ..playback.players import Players
from ..playback.publisher import PlaybackPublisher
from ..protocol.errors import InvalidMessage, NotSupported, Sentence
from ..protocol.household import SleepEnd, SleepTimerInfo
from ..protocol.types import Chapter, QueueItem, Record
from ..rooms.room import Participant, Room
from ..rooms.rooms import Rooms
from ..signals import Signal
from ..timers import Timer, Timers
from .fades import Fades

MAX_TRACK_SECONDS: Final = 12 * 3_600
"""A timer for the end of a track or an album is dropped after this time."""
LATER_US: Final = 1_000_000
"""How much later the end has to become, by a seek or another item, for a fade to begin again."""
RESTORE_DELAY_US: Final = 500_000
"""How long after the end the volume is set back, when the players are silent."""


class SavedSleepTimer(Record, frozen=True, kw_only=True):
    """A sleep timer of the player or room `topic`."""

    topic: str
    until: SleepEnd
    deadline: float
    """Unix time in seconds."""
    fade_seconds: float
    minutes: float | None = None


@dataclass(slots=True, eq=False)
class _SleepTimer:
    context: Player | Room
    until: SleepEnd
    deadline: float
    """Unix time at which it ends, or is dropped if it waits for the end of a track."""
    deadline_us: int
    """The same as hub time."""
    fade_seconds: float
    minutes: float | None = None
    """How long it was set for."""
    armed: Playback | None = None
    """The playback that ends after `last_item_id`."""
    last_item_id: str | None = None
    timer: Timer | None = None
    faded: set[Player] = field(default_factory=set)
    """The players whose volume it has lowered."""
    faded_until_us: int = 0
    """The hub time at which their fade ends."""

    @property
    def fade_us(self) -> int:
        return round(self.fade_seconds * 1e6)

    @property
    def leaves_room(self) -> bool:
        """True if the timer makes a player leave its room, whose playback continues."""
        return isinstance(self.context, Player) and self.context.room is not None

    def disarm(self) -> None:
        if self.armed is not None:
            self.armed.end_after(None)
            self.armed = None


class SleepTimers:
    """The sleep timers by the topic of their player or room: at most one each."""

    def __init__(
        self,
        *,
        players: Players,
        rooms: Rooms,
        publisher: PlaybackPublisher,
        fades: Fades,
        timers: Timers,
        clock: Clock,
    ) -> None:
        self.changed: Signal[()] = Signal()
        """Timers were set, cancelled or have ended."""
        self.ended: Signal[PlaybackContext] = Signal()
        """The timer of a player or room has ended, and its music was stopped."""
        self._players = players
        self._rooms = rooms
        self._publisher = publisher
        self._fades = fades
        self._timers = timers
        self._clock = clock
        self._running: dict[str, _SleepTimer] = {}
        publisher.playback_event.subscribe(self._playback_changed)
        players.changed.subscribe(self._player_changed)
        players.removed.subscribe(self.cancel)
        rooms.closed.subscribe(self.cancel)
        rooms.left.subscribe(self._member_left)

    # ------------------------------------------------------------ commands

    def set(self, context: Player | Room, until: SleepEnd, minutes: float | None, fade_seconds: float) -> None:
        """Set the timer of a player or room, instead of an earlier one.

        Args:
            context: A room stops. A player stops, or leaves its room if it is in one at the end.
            until: The kind of end.
            minutes: When `until` is "time".
            fade_seconds: How long the volume is lowered before the end.

        Raises:
            InvalidMessage: If the time is missing, or nothing plays that could end.
            NotSupported: If `until` is "chapter", and the current item has no chapters.

        """
        current = context.active_playback.current
        if until != "time" and current is None:
            raise InvalidMessage(
                Sentence("nothing_ends", "{player} plays nothing that could end", player=context.name), ["until"]
            )
        if until == "chapter" and current is not None and not context.active_playback.chapters:
            raise NotSupported(no_chapters(current.track.title))
        if until == "time" and minutes is None:
            raise InvalidMessage("minutes is required", ["minutes"])
        seconds = MAX_TRACK_SECONDS if minutes is None or until != "time" else minutes * 60
        self.cancel(context)
        deadline = self._clock.utc().timestamp() + seconds
        self._add(self._make(context, until, deadline, fade_seconds, minutes if until == "time" else None))
        self.changed.emit()

    def cancel(self, context: PlaybackContext) -> None:
        """Cancel the timer of a player or room, and undo a fade that has begun."""
        if (running := self._running.get(context.topic)) is not None:
            self._drop(running)
            self._restore(running.faded)
            self.changed.emit()

    def move(self, source: Room, successor: Player) -> None:
        """Give the timer of a group that is dissolved to the player that continues its playback."""
        if (running := self._running.get(source.topic)) is not None:
            self._drop(running)
            if successor.topic not in self._running:
                moved = self._make(successor, running.until, running.deadline, running.fade_seconds, running.minutes)
                moved.faded, moved.faded_until_us = running.faded & {successor}, running.faded_until_us
                running.faded -= moved.faded
                self._add(moved)
            self._restore(running.faded)
            self.changed.emit()

    def find(self, context: PlaybackContext) -> SleepTimerInfo | None:
        """Return the timer of a player or room, or `None` if there is none."""
        running = self._running.get(context.topic)
        return None if running is None else self._info(running)

    def __iter__(self) -> Iterator[SleepTimerInfo]:
        """Iterate over all timers."""
        return map(self._info, tuple(self._running.values()))

    # ------------------------------------------------------------ state that survives

    def capture(self) -> tuple[SavedSleepTimer, ...]:
        """Return the timers, to be restored after a restart."""
        return tuple(
            SavedSleepTimer(
                topic=topic,
                until=running.until,
                deadline=running.deadline,
                fade_seconds=running.fade_seconds,
                minutes=running.minutes,
            )
            for topic, running in self._running.items()
        )

    def restore(self, saved: Iterable[SavedSleepTimer]) -> None:
        """Add timers that were captured. Those whose time has passed end now."""
        contexts = {context.topic: context for context in (*self._players, *self._rooms)}
        for timer in saved:
            if (context := contexts.get(timer.topic)) is not None:
                self._add(self._make(context, timer.until, timer.deadline, timer.fade_seconds, timer.minutes))

    # ------------------------------------------------------------ time

    def _make(
        self, context: Player | Room, until: SleepEnd, deadline: float, fade_seconds: float, minutes: float | None
    ) -> _SleepTimer:
        remaining_us = round((deadline - self._clock.utc().timestamp()) * 1e6)
        return _SleepTimer(context, until, deadline, self._clock.now_us() + remaining_us, fade_seconds, minutes)

    def _add(self, running: _SleepTimer) -> None:
        self._running[running.context.topic] = running
        self._update(running)

    def _update(self, running: _SleepTimer) -> None:
        # Schedule the next step of the timer, after any change.
        if running.until != "time":
            self._arm(running)
        ends_us = self._ends_us(running)
        if running.faded and (ends_us is None or ends_us > running.faded_until_us + LATER_US):
            faded, running.faded = running.faded, set()
            self._restore(faded)
        due_us = running.deadline_us if ends_us is None else ends_us
        if ends_us is not None and not running.faded:
            due_us -= running.fade_us
        if running.timer is None or running.timer.action is None or running.timer.due_us != due_us:
            if running.timer is not None:
                running.timer.cancel()
            running.timer = self._timers.at(due_us, self._due, running)

    def _arm(self, running: _SleepTimer) -> None:
        playback = running.context.active_playback
        last = _last_item(playback, running.until)
        running.last_item_id = None if last is None else last.queue_item_id
        armed = None if running.leaves_room else playback
        if running.armed is not armed:
            running.disarm()
            running.armed = armed
        if armed is not None and armed.ends_after != running.last_item_id:
            armed.end_after(running.last_item_id)

    def _ends_us(self, running: _SleepTimer) -> int | None:
        if running.until == "time":
            return running.deadline_us
        playback = running.context.active_playback
        if not playback.is_current(running.last_item_id):
            return None
        if running.until != "chapter" or (following := _next_chapter(playback)) is None:
            return playback.ends_us
        # Players follow an order a moment later.
        begins_us = playback.timeline.reaches_us(following.start)
        return None if begins_us is None else begins_us - playback.lead_us()

    def _due(self, running: _SleepTimer) -> None:
        now_us, ends_us = self._clock.now_us(), self._ends_us(running)
        if ends_us is None:
            if now_us >= running.deadline_us:
                self.cancel(running.context)
            return
        if now_us < ends_us:
            running.timer = self._timers.at(ends_us, self._due, running)
            if running.context.active_playback.is_active and not running.faded:
                running.faded_until_us = ends_us
                for player in players_of(running.context):
                    running.faded.add(player)
                    self._fades.fade_out(player, ends_us)
        elif running.until == "time" or running.leaves_room or _ends_inside(running):
            self._drop(running)
            self._stop(running)

    def _stop(self, running: _SleepTimer) -> None:
        context, now_us = running.context, self._clock.now_us()
        if isinstance(context, Player) and (room := self._rooms.of_player(context)) is not None:
            if (participant := room.participant_of(context)) is not None:
                self._rooms.leave(room, participant)
        else:
            context.playback.pause(now_us)
        silent_us = now_us + context.playback.lead_us() + RESTORE_DELAY_US
        self._restore(running.faded, silent_us)
        self.changed.emit()
        self.ended.emit(context)

    def _drop(self, running: _SleepTimer) -> None:
        self._running.pop(running.context.topic, None)
        if running.timer is not None:
            running.timer.cancel()
        running.disarm()

    def _restore(self, players: Iterable[Player], at_us: int | None = None) -> None:
        for player in players:
            self._fades.restore(player, at_us)

    # ------------------------------------------------------------ changes of players and playbacks

    def _playback_changed(self, context: PlaybackContext, event: PlaybackEvent) -> None:
        if not isinstance(event, StatusChanged | CurrentChanged | QueueChanged):
            return
        for running in tuple(self._running.values()):
            if running.until != "time" and running.context.active_playback is context.playback:
                self._follow(running)

    def _follow(self, running: _SleepTimer) -> None:
        playback = running.context.active_playback
        if running.armed is playback and playback.ends_after != running.last_item_id:
            # The item has ended. The playback is in the middle of that change.
            self._drop(running)
            self._timers.at(self._clock.now_us(), self._stop, running)
        elif playback.timeline.state == "idle":
            self.cancel(running.context)
        else:
            self._update(running)

    def _member_left(self, _room: Room, participant: Participant) -> None:
        if participant.player is not None:
            # Deferred: the last player of a group may inherit its timer.
            self._timers.at(self._clock.now_us(), self._restore_others)

    def _restore_others(self) -> None:
        for running in tuple(self._running.values()):
            others = running.faded.difference(players_of(running.context))
            running.faded -= others
            self._restore(others)

    def _player_changed(self, player: Player) -> None:
        if (running := self._running.get(player.topic)) is not None and running.until != "time":
            self._follow(running)

    # ------------------------------------------------------------ inside

    def _info(self, running: _SleepTimer) -> SleepTimerInfo:
        context = running.context
        ends_us = self._ends_us(running)
        at = running.deadline
        if running.until != "time" and ends_us is not None:
            at = self._clock.utc().timestamp() + (ends_us - self._clock.now_us()) / 1e6
        return SleepTimerInfo(
            until=running.until,
            ends_at=None if ends_us is None else iso_from_unix(at),
            fade_seconds=running.fade_seconds,
            minutes=running.minutes,
            player_id=context.player_id if isinstance(context, Player) else UNSET,
            room_id=context.room_id,
        )


def _next_chapter(playback: Playback) -> Chapter | None:
    following = 0 if playback.chapter_index is None else playback.chapter_index + 1
    return playback.chapters[following] if following < len(playback.chapters) else None


def _ends_inside(running: _SleepTimer) -> bool:
    # The last chapter ends with its item.
    return running.until == "chapter" and _next_chapter(running.context.active_playback) is not None


def _last_item(playback: Playback, until: SleepEnd) -> QueueItem | None:
    # The item at whose end the music stops: the current one, or the last one in a row of the same album.
    last = playback.current
    while until == "album" and last is not None and playback.repeat != "one":
        following = playback.queue.after(last.queue_item_id)
        if following is None or not _same_album(last, following):
            break
        last = following
    return last


def _same_album(one: QueueItem, other: QueueItem) -> bool:
    return one.track.album is not None and (one.track.album, one.track.album_artist) == (
        other.track.album,
        other.track.album_artist,
    )
