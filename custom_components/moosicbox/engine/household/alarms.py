"""The alarms: their settings, when each is due, and occurrences that were missed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, time, tzinfo
import logging
import secrets
from typing import Any, Final, Literal

import msgspec

from ..clock import Clock, iso_from_unix
from ..playback.player import Player
from ..protocol.errors import AlarmNotFound, InvalidMessage, Sentence, Unavailable
from ..protocol.household import Alarm, AlarmInfo, SaveAlarm
from ..protocol.types import Record
from ..rooms.room import Room
from ..signals import Signal
from ..timers import Timer, Timers
from .schedule import next_occurrence

_LOGGER = logging.getLogger(__name__)

MAX_ALARMS: Final = 100
LATE_SECONDS: Final = 600.0
"""An alarm rings up to this much later, if the hub or the player wasn't available at its time."""
EARLY_SECONDS: Final = 600.0
"""How long before an alarm the clock is read once more."""
SETTINGS: Final = tuple(name for name in Alarm.__struct_fields__ if name != "alarm_id")

type AlarmEvent = Literal["rang", "snoozed", "stopped", "missed", "skipped"]


class SavedAlarm(Record, frozen=True, kw_only=True):
    """An alarm, as it survives a restart. Times are Unix seconds."""

    settings: Alarm
    handled_until: float
    skipped: float | None = None


@dataclass(slots=True, eq=False)
class _Entry:
    settings: Alarm
    handled_until: float
    """Occurrences up to this time have rung, or were skipped or missed."""
    skipped: float | None = None
    """The occurrence that is skipped."""


class Alarms:
    """The alarms by id, with one timer for the first one that is due."""

    def __init__(self, timers: Timers, clock: Clock) -> None:
        self.changed: Signal[()] = Signal()
        """Alarms were added, changed or deleted, or one was due."""
        self.added: Signal[Alarm] = Signal()
        self.deleted: Signal[Alarm] = Signal()
        self.due: Signal[Alarm, float] = Signal()
        """An alarm has to ring now; the Unix time at which it was due."""
        self.happened: Signal[Alarm, AlarmEvent, str] = Signal()
        """An alarm rang, was missed, …: the alarm, the event, and the reason."""
        self.zone: tzinfo = UTC
        self._timers = timers
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._timer: Timer | None = None
        self._started = False

    def __iter__(self) -> Iterator[Alarm]:
        """Iterate over the settings of all alarms."""
        return iter([entry.settings for entry in self._entries.values()])

    def get(self, alarm_id: str) -> Alarm:
        """Return the settings of an alarm. Raise AlarmNotFound."""
        return self._get(alarm_id).settings

    def next_at(self, alarm_id: str) -> float | None:
        """Return the Unix time when an alarm rings next, or `None` if it is off."""
        entry = self._get(alarm_id)
        if not entry.settings.enabled:
            return None
        following = self._following(entry)
        return self._following(entry, following) if following == entry.skipped else following

    def is_skipped(self, alarm_id: str) -> bool:
        """Return whether the next occurrence of an alarm is skipped. Raise AlarmNotFound."""
        return self._get(alarm_id).skipped is not None

    def info(self, alarm: Alarm, phase: Any, snoozed_until: float | None) -> AlarmInfo:
        """Return an alarm with its state, as a part of a message."""
        next_at, skipped = self.next_at(alarm.alarm_id), self._get(alarm.alarm_id).skipped
        return AlarmInfo(
            **msgspec.structs.asdict(alarm),
            next_at=None if next_at is None else iso_from_unix(next_at),
            skipped_at=None if skipped is None else iso_from_unix(skipped),
            phase=phase,
            snoozed_until=None if snoozed_until is None else iso_from_unix(snoozed_until),
        )

    # ------------------------------------------------------------ commands

    def save(self, change: SaveAlarm) -> Alarm:
        """Add an alarm, or change one. Return its settings.

        Raises:
            AlarmNotFound: If `alarm_id` is unknown and no `time` is given.
            InvalidMessage: If the time or the place is missing.
            Unavailable: If there are too many alarms.

        """
        fields = {name: value for name in SETTINGS if (value := getattr(change, name)) is not None}
        if "player_id" in fields or "room_id" in fields:
            fields = {"player_id": None, "room_id": None, **fields}
        if fields.get("only_if") == "":
            fields["only_if"] = None
        entry = None if change.alarm_id is None else self._entries.get(change.alarm_id)
        if entry is None:
            alarm = self._add(change, fields)
        else:
            alarm = msgspec.structs.replace(entry.settings, **fields)
            if (alarm.player_id is None) == (alarm.room_id is None):
                raise InvalidMessage("One of player_id and room_id is required", ["player_id"])
            if (alarm.time, alarm.days, alarm.enabled) != _timing(entry.settings):
                entry.handled_until, entry.skipped = self._now(), None
            entry.settings = alarm
        self._reschedule()
        self.changed.emit()
        return alarm

    def _add(self, change: SaveAlarm, fields: dict[str, Any]) -> Alarm:
        if change.time is None:
            if change.alarm_id is not None:
                raise AlarmNotFound(f"There is no alarm {change.alarm_id}")
            raise InvalidMessage("time is required", ["time"])
        if (change.player_id is None) == (change.room_id is None):
            raise InvalidMessage("One of player_id and room_id is required", ["player_id"])
        if len(self._entries) >= MAX_ALARMS:
            raise Unavailable(Sentence("too_many_alarms", "This hub takes at most {most} alarms", most=MAX_ALARMS))
        alarm_id = change.alarm_id or secrets.token_hex(8)
        alarm = Alarm(alarm_id=alarm_id, **{"name": change.time[:5], **fields})
        self._entries[alarm_id] = _Entry(alarm, self._now())
        self.added.emit(alarm)
        return alarm

    def delete(self, alarm_id: str) -> None:
        """Delete an alarm. Raise AlarmNotFound."""
        entry = self._get(alarm_id)
        del self._entries[alarm_id]
        self._reschedule()
        self.deleted.emit(entry.settings)
        self.changed.emit()

    def delete_of(self, *, player_id: str | None = None, room_id: str | None = None) -> None:
        """Delete the alarms of a player or room that was removed."""
        for alarm in self:
            if (player_id is not None and alarm.player_id == player_id) or (
                room_id is not None and alarm.room_id == room_id
            ):
                self.delete(alarm.alarm_id)

    def move(self, room: Room, successor: Player) -> None:
        """Give the alarms of a group that is dissolved to the player that continues its playback."""
        moved = [entry for entry in self._entries.values() if entry.settings.room_id == room.room_id]
        for entry in moved:
            entry.settings = msgspec.structs.replace(entry.settings, room_id=None, player_id=successor.player_id)
        if moved:
            self.changed.emit()

    def skip(self, alarm_id: str, *, skip: bool) -> None:
        """Skip the next occurrence of an alarm, or withdraw the skipping. Raise AlarmNotFound."""
        entry = self._get(alarm_id)
        entry.skipped = self._following(entry) if skip and entry.settings.enabled else None
        self._reschedule()
        self.changed.emit()

    # ------------------------------------------------------------ state that survives

    def capture(self) -> tuple[SavedAlarm, ...]:
        """Return the alarms, to be restored after a restart."""
        return tuple(
            SavedAlarm(settings=entry.settings, handled_until=entry.handled_until, skipped=entry.skipped)
            for entry in self._entries.values()
        )

    def restore(self, saved: Iterable[SavedAlarm]) -> None:
        """Add alarms that were captured."""
        for alarm in saved:
            self._entries[alarm.settings.alarm_id] = _Entry(alarm.settings, alarm.handled_until, alarm.skipped)

    # ------------------------------------------------------------ time

    def start(self) -> None:
        """Let alarms ring from now on, also those that were due while no hub was running."""
        self._started = True
        self._check()

    def set_zone(self, zone: tzinfo) -> None:
        """Use another time zone from now on."""
        if zone != self.zone:
            self.zone = zone
            self._reschedule()
            self.changed.emit()

    def check(self) -> None:
        """Read the clock again, because the time of day was set."""
        if self._started:
            self._check()

    def _check(self) -> None:
        now = self._now()
        for entry in tuple(self._entries.values()):
            if entry.settings.enabled and (due := self._latest_due(entry, now)) is not None:
                self._handle(entry, due, now)
        self._reschedule()

    def _latest_due(self, entry: _Entry, now: float) -> float | None:
        # If several occurrences passed while no hub was running, only the last one counts.
        due, following = None, self._following(entry)
        while following <= now:
            due = following
            if not entry.settings.days:
                break
            following = self._following(entry, following)
        return due

    def _handle(self, entry: _Entry, due: float, now: float) -> None:
        alarm = entry.settings
        entry.handled_until = due
        was_skipped, entry.skipped = entry.skipped == due, None
        if not alarm.days:
            entry.settings = alarm = msgspec.structs.replace(alarm, enabled=False)
        if was_skipped:
            self.happened.emit(alarm, "skipped", "skipped")
        elif now - due > LATE_SECONDS:
            _LOGGER.warning("The alarm %s was missed: the hub was not running", alarm.name)
            self.happened.emit(alarm, "missed", "hub_stopped")
        else:
            self.due.emit(alarm, due)
        self.changed.emit()

    def _reschedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = [self._following(entry) for entry in self._entries.values() if entry.settings.enabled]
        if due and self._started:
            delay = max(0.0, min(due) - self._now())
            if delay > 1.5 * EARLY_SECONDS:
                # The time of day and the hub's clock may drift apart until then: read the clock once more before.
                delay -= EARLY_SECONDS
            self._timer = self._timers.at(self._clock.now_us() + round(delay * 1e6), self._check)

    def _following(self, entry: _Entry, after: float | None = None) -> float:
        alarm = entry.settings
        at = time.fromisoformat(alarm.time)
        return next_occurrence(at, alarm.days, self.zone, entry.handled_until if after is None else after)

    def _now(self) -> float:
        return self._clock.utc().timestamp()

    def _get(self, alarm_id: str) -> _Entry:
        if (entry := self._entries.get(alarm_id)) is None:
            raise AlarmNotFound(f"There is no alarm {alarm_id}")
        return entry


def _timing(alarm: Alarm) -> tuple[object, ...]:
    return alarm.time, alarm.days, alarm.enabled
