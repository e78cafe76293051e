"""Alarms that ring: music is found and started, and if none can be heard, the next source is tried.

A ringing alarm plays its sources in their order until the player reports that it plays. After the last one, the player
makes a tone of its own, which needs no network.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
import logging
from typing import Final

import msgspec

from ..access.rights import Principal
from ..background import Spawn
from ..clock import Clock
from ..playback.events import PlaybackEvent, StatusChanged
from ..playback.media import Media
from ..playback.media_resolver import MediaResolver
from ..playback.playback import Playback
from ..playback.player import PlaybackContext, Player, players_of
from ..playback.players import Players
from ..playback.publisher import PlaybackPublisher
from ..playback.queue import new_item
from ..protocol.errors import HubError, TrackNotFound
from ..protocol.household import Alarm, AlarmPhase
from ..protocol.types import QueueItem, Record
from ..rooms.room import Participant, Room
from ..rooms.rooms import Rooms
from ..signals import Signal
from ..timers import Timer, Timers
from .alarms import LATE_SECONDS, Alarms
from .fades import Fades
from .music import MusicFinder

_LOGGER = logging.getLogger(__name__)

SOURCE_SECONDS: Final = 5.0
"""How long a source may take until it is heard."""
TONE_REPETITIONS: Final = 100
FADE_START: Final = 0.02
"""The volume at which a fade begins."""


class SavedRinging(Record, frozen=True, kw_only=True):
    """An alarm that rings, as it survives a restart. Times are Unix seconds."""

    alarm: Alarm
    since: float
    snoozed_until: float | None = None


@dataclass(slots=True, eq=False)
class _Ringing:
    alarm: Alarm
    since: float
    """The Unix time at which it was due, or snoozed until."""
    phase: AlarmPhase = "waiting"
    snoozed_until: float | None = None
    source: int = 0
    """The source that is tried, or plays."""
    items: set[str] = field(default_factory=set)
    """The ids of the items that it has added to the queue."""
    tone: bool = False
    """True if the players make their own tone."""
    sounding: set[Player] = field(default_factory=set)
    """The players that make it now."""
    starting: bool = False
    """True while the hub changes the playback for the alarm."""
    heard: bool = False
    """True once the player has reported that it plays the alarm's music."""
    timer: Timer | None = None
    """Tries the next source, or ends the wait."""
    end: Timer | None = None
    """Stops the alarm after its `stop_minutes`."""


class Ringing:
    """The alarms that ring, wait for their player, or are snoozed, by alarm id."""

    def __init__(
        self,
        *,
        alarms: Alarms,
        players: Players,
        rooms: Rooms,
        publisher: PlaybackPublisher,
        media_resolver: MediaResolver,
        music: MusicFinder,
        fades: Fades,
        timers: Timers,
        clock: Clock,
        system: Principal,
        spawn: Spawn,
    ) -> None:
        self.changed: Signal[()] = Signal()
        self._is_allowed: Callable[[str], bool] = lambda _entity_id: True
        self._tone: Media | None = None
        self._alarms = alarms
        self._players = players
        self._rooms = rooms
        self._media_resolver = media_resolver
        self._music = music
        self._fades = fades
        self._timers = timers
        self._clock = clock
        self._system = system
        self._spawn = spawn
        self._ringing: dict[str, _Ringing] = {}
        alarms.due.subscribe(self._due)
        alarms.deleted.subscribe(lambda alarm: self._drop(alarm.alarm_id))
        players.changed.subscribe(self._player_changed)
        players.reported.subscribe(self._player_reported)
        publisher.playback_event.subscribe(self._playback_changed)
        rooms.joined.subscribe(self._members_changed)
        rooms.left.subscribe(self._members_changed)

    def connect_host(self, is_allowed: Callable[[str], bool], tone: Media | None = None) -> None:
        """Use the host's entities and sound.

        Args:
            is_allowed: Returns whether the entity of `only_if` lets an alarm ring.
            tone: The sound for players that can't make a tone of their own.

        """
        self._is_allowed, self._tone = is_allowed, tone

    # ------------------------------------------------------------ queries and commands

    def phase(self, alarm_id: str) -> AlarmPhase:
        """Return the phase of an alarm."""
        return ringing.phase if (ringing := self._ringing.get(alarm_id)) is not None else "idle"

    def snoozed_until(self, alarm_id: str) -> float | None:
        """Return the Unix time at which a snoozed alarm rings again."""
        return ringing.snoozed_until if (ringing := self._ringing.get(alarm_id)) is not None else None

    def active(self, alarm_id: str | None = None) -> list[Alarm]:
        """Return the alarms that ring, wait or are snoozed: one, or all."""
        return [each.alarm for id_, each in self._ringing.items() if alarm_id in (None, id_)]

    def snooze(self, alarm_id: str, minutes: float | None = None) -> None:
        """Silence an alarm for a while; do nothing if it doesn't ring."""
        if (ringing := self._ringing.get(alarm_id)) is None:
            return
        self._silence(ringing)
        seconds = (minutes or ringing.alarm.snooze_minutes) * 60
        ringing.phase, ringing.snoozed_until = "snoozed", self._now() + seconds
        ringing.timer = self._after(seconds, self._wake, ringing)
        self._alarms.happened.emit(ringing.alarm, "snoozed", "")
        self.changed.emit()

    def dismiss(self, alarm_id: str, reason: str = "dismissed") -> None:
        """End an alarm; do nothing if it neither rings nor is snoozed."""
        if (ringing := self._ringing.get(alarm_id)) is not None:
            self._silence(ringing)
            self._end(ringing, reason)

    def move(self, room: Room, successor: Player) -> None:
        """Give the alarms of a group to the player that is about to continue its playback."""
        # Before the queue is emptied, which would look as if a user had ended the alarm.
        moved = [each for each in self._ringing.values() if each.alarm.room_id == room.room_id]
        for ringing in moved:
            ringing.alarm = msgspec.structs.replace(ringing.alarm, room_id=None, player_id=successor.player_id)
        if moved:
            self.changed.emit()

    # ------------------------------------------------------------ state that survives

    def capture(self) -> tuple[SavedRinging, ...]:
        """Return the alarms that ring, to be restored after a restart."""
        return tuple(
            SavedRinging(alarm=each.alarm, since=each.since, snoozed_until=each.snoozed_until)
            for each in self._ringing.values()
        )

    def start(self, saved: Iterable[SavedRinging]) -> None:
        """Continue alarms that rang or were snoozed when the hub stopped."""
        for each in saved:
            if each.snoozed_until is None:
                if self._now() - each.since < each.alarm.stop_minutes * 60:
                    self._ring(_Ringing(each.alarm, self._now()), is_new=False)
            else:
                ringing = _Ringing(each.alarm, each.since, "snoozed", each.snoozed_until)
                self._ringing[each.alarm.alarm_id] = ringing
                ringing.timer = self._after(each.snoozed_until - self._now(), self._wake, ringing)

    # ------------------------------------------------------------ ringing

    def _due(self, alarm: Alarm, due: float) -> None:
        if alarm.only_if is not None and not self._is_allowed(alarm.only_if):
            self._alarms.happened.emit(alarm, "skipped", "only_if")
            return
        self._drop(alarm.alarm_id)
        self._ring(_Ringing(alarm, due))

    def _wake(self, ringing: _Ringing) -> None:
        ringing.since, ringing.snoozed_until = self._now(), None
        self._ring(ringing)

    def _ring(self, ringing: _Ringing, *, is_new: bool = True) -> None:
        self._ringing[ringing.alarm.alarm_id] = ringing
        ringing.phase, ringing.source, ringing.tone, ringing.heard = "waiting", 0, False, False
        if self._context(ringing) is None:
            self._miss(ringing, "no_player")
            return
        if is_new:
            self._alarms.happened.emit(ringing.alarm, "rang", "")
        self._wait(ringing)
        self._begin_if_connected(ringing)
        self.changed.emit()

    def _wait(self, ringing: _Ringing) -> None:
        # Wait until a player is connected, at most until LATE_SECONDS after the alarm's time.
        if ringing.end is not None:
            ringing.end.cancel()
        ringing.phase, ringing.source = "waiting", 0
        late_us = self._clock.now_us() + round((ringing.since + LATE_SECONDS - self._now()) * 1e6)
        self._set_timer(ringing, late_us, self._give_up)

    def _begin_if_connected(self, ringing: _Ringing) -> None:
        context = self._context(ringing)
        if context is None or not _connected(context):
            return
        ringing.phase = "ringing"
        if isinstance(context, Player):
            self._take_out_of_room(context)
        alarm, now_us = ringing.alarm, self._clock.now_us()
        for player in _connected(context):
            self._fades.restore(player)
            end = player.volume if alarm.volume is None else alarm.volume
            if player.muted:
                self._players.set_volume(player, None, muted=False)
            self._fades.fade_in(player, min(FADE_START, end), end, now_us + round(alarm.fade_seconds * 1e6))
        ringing.end = self._after(alarm.stop_minutes * 60, self._time_out, ringing)
        self._try_source(ringing)

    def _try_source(self, ringing: _Ringing) -> None:
        if ringing.source > len(ringing.alarm.sources):
            self._miss(ringing, "not_heard")
        elif ringing.source == len(ringing.alarm.sources) and self._make_tone(ringing):
            return
        else:
            due_us = self._clock.now_us() + round(SOURCE_SECONDS * 1e6)
            self._set_timer(ringing, due_us, self._try_next)
            self._spawn(self._play(ringing, ringing.source))

    def _try_next(self, ringing: _Ringing) -> None:
        context = self._context(ringing)
        if context is not None and not _connected(context):
            self._wait(ringing)
            return
        _LOGGER.warning("Source %s of the alarm %s can't be heard", ringing.source + 1, ringing.alarm.name)
        ringing.source += 1
        self._try_source(ringing)

    async def _play(self, ringing: _Ringing, source: int) -> None:
        try:
            media = await self._find(ringing.alarm, source)
            context = self._context(ringing)
            if context is None or self._is_over(ringing, source):
                return
            items = [new_item(each.track, self._system, self._clock.timestamp()) for each in media]
            playback = context.playback
            ringing.starting = True
            ringing.items.update(item.queue_item_id for item in items)
            playback.queue.add(items, "replace", None)
            await self._media_resolver.start(playback, items[0], previous_state="skipped")
        except HubError as error:
            _LOGGER.warning("Source %s of the alarm %s failed: %s", source + 1, ringing.alarm.name, error)
            if not self._is_over(ringing, source):
                self._try_next(ringing)
        finally:
            ringing.starting = False

    async def _find(self, alarm: Alarm, source: int) -> Sequence[Media]:
        if source < len(alarm.sources):
            return await self._music.find(alarm.sources[source], self._system)
        if self._tone is None:
            raise TrackNotFound("This hub has no tone for players that can't make their own")
        self._media_resolver.remember(self._tone)
        return [self._tone] * TONE_REPETITIONS

    def _make_tone(self, ringing: _Ringing) -> bool:
        # Returns whether a player makes its own tone.
        context = self._context(ringing)
        if context is None or not any(player.makes_tones for player in players_of(context)):
            return False
        if ringing.timer is not None:
            ringing.timer.cancel()
        ringing.tone = True
        context.playback.pause(self._clock.now_us())
        self._update_tone(ringing)
        self.changed.emit()
        return True

    def _update_tone(self, ringing: _Ringing) -> None:
        # Let exactly those players make the tone that are to make it now.
        context = self._context(ringing)
        players: set[Player] = set()
        if ringing.tone and ringing.phase == "ringing" and context is not None:
            players = {player for player in players_of(context) if player.makes_tones}
        for player in ringing.sounding ^ players:
            self._players.set_tone(player, sounds=player in players)
        ringing.sounding = players

    def _update_tones(self) -> None:
        for ringing in self._ringing.values():
            self._update_tone(ringing)

    # ------------------------------------------------------------ ending

    def _silence(self, ringing: _Ringing) -> None:
        for timer in (ringing.timer, ringing.end):
            if timer is not None:
                timer.cancel()
        was_ringing, ringing.phase = ringing.phase == "ringing", "idle"
        self._update_tone(ringing)
        if was_ringing and (context := self._context(ringing)) is not None:
            if ringing.items:
                current = context.playback.current
                if current is not None and current.queue_item_id in ringing.items:
                    context.playback.pause(self._clock.now_us())
            for player in context.renderers:
                self._fades.restore(player)

    def _end(self, ringing: _Ringing, reason: str) -> None:
        self._ringing.pop(ringing.alarm.alarm_id, None)
        self._alarms.happened.emit(ringing.alarm, "stopped", reason)
        self.changed.emit()

    def _miss(self, ringing: _Ringing, reason: str) -> None:
        _LOGGER.warning("The alarm %s was missed: %s", ringing.alarm.name, reason)
        self._silence(ringing)
        self._ringing.pop(ringing.alarm.alarm_id, None)
        self._alarms.happened.emit(ringing.alarm, "missed", reason)
        self.changed.emit()

    def _give_up(self, ringing: _Ringing) -> None:
        self._miss(ringing, "player_unavailable")

    def _time_out(self, ringing: _Ringing) -> None:
        self.dismiss(ringing.alarm.alarm_id, "time")

    def _drop(self, alarm_id: str) -> None:
        if (ringing := self._ringing.pop(alarm_id, None)) is not None:
            self._silence(ringing)
            self.changed.emit()

    # ------------------------------------------------------------ changes of players and playbacks

    def _player_changed(self, player: Player) -> None:
        for ringing in tuple(self._ringing.values()):
            if ringing.phase == "waiting" and player.connected and self._concerns(ringing, player):
                self._begin_if_connected(ringing)
                self.changed.emit()

    def _members_changed(self, _room: Room, participant: Participant) -> None:
        if participant.player is not None:
            # Deferred, because the participants are being changed right now.
            self._timers.at(self._clock.now_us(), self._update_tones)

    def _player_reported(self, player: Player) -> None:
        report = player.report
        if report is None or report.state != "playing":
            return
        for ringing in self._ringing.values():
            if report.queue_item_id in ringing.items and not ringing.heard and self._concerns(ringing, player):
                ringing.heard = True
                if ringing.timer is not None and ringing.phase == "ringing":
                    ringing.timer.cancel()

    def _playback_changed(self, context: PlaybackContext, event: PlaybackEvent) -> None:
        if not isinstance(event, StatusChanged):
            return
        for ringing in tuple(self._ringing.values()):
            if ringing.phase == "ringing" and ringing.heard and not ringing.starting:
                target = self._context(ringing)
                if target is context:
                    self._follow(ringing, context)

    def _follow(self, ringing: _Ringing, context: PlaybackContext) -> None:
        # A user who pauses or plays other music has ended the alarm. At its end, the alarm's music begins again.
        playback = context.playback
        current = playback.current
        is_own = current is not None and current.queue_item_id in ringing.items
        if not is_own or (not playback.is_active and not playback.interrupted and playback.suspended is None):
            self._timers.at(self._clock.now_us(), self._end_by_user, ringing)

    def _end_by_user(self, ringing: _Ringing) -> None:
        context = self._context(ringing)
        if ringing.phase != "ringing" or context is None:
            return
        playback, current = context.playback, context.playback.current
        is_own = current is not None and current.queue_item_id in ringing.items
        if is_own and (playback.is_active or playback.interrupted or playback.suspended is not None):
            return
        first = playback.queue.first()
        if current is None and first is not None and first.queue_item_id in ringing.items:
            self._spawn(self._start(playback, first))
        else:
            self.dismiss(ringing.alarm.alarm_id, "user")

    async def _start(self, playback: Playback, item: QueueItem) -> None:
        with suppress(HubError):
            await self._media_resolver.start(playback, item)

    # ------------------------------------------------------------ inside

    def _context(self, ringing: _Ringing) -> Player | Room | None:
        alarm = ringing.alarm
        if alarm.room_id is not None:
            return self._rooms.find(alarm.room_id)
        return self._players.find(alarm.player_id or "")

    def _concerns(self, ringing: _Ringing, player: Player) -> bool:
        context = self._context(ringing)
        return context is not None and (context is player or player in context.renderers)

    def _take_out_of_room(self, player: Player) -> None:
        room = self._rooms.of_player(player)
        if room is not None and (participant := room.participant_of(player)) is not None:
            self._rooms.leave(room, participant)

    def _is_over(self, ringing: _Ringing, source: int) -> bool:
        return (
            self._ringing.get(ringing.alarm.alarm_id) is not ringing
            or ringing.phase != "ringing"
            or ringing.source != source
            or ringing.tone
        )

    def _set_timer(self, ringing: _Ringing, at_us: int, action: Callable[[_Ringing], None]) -> None:
        if ringing.timer is not None:
            ringing.timer.cancel()
        ringing.timer = self._timers.at(at_us, action, ringing)

    def _after(self, seconds: float, action: Callable[[_Ringing], None], ringing: _Ringing) -> Timer:
        return self._timers.at(self._clock.now_us() + max(0, round(seconds * 1e6)), action, ringing)

    def _now(self) -> float:
        return self._clock.utc().timestamp()


def _connected(context: Player | Room) -> list[Player]:
    return [player for player in players_of(context) if player.connected]
