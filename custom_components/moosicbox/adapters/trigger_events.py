"""The events of the hub that trigger automations, one row each."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from weakref import WeakKeyDictionary

from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util.signal_type import SignalTypeFormat

from ..const import DOMAIN
from ..contexts import PlayerOrRoom
from ..engine.api import (
    Alarm,
    AlarmEvent,
    CurrentChanged,
    Hub,
    Participant,
    PlaybackContext,
    PlaybackEvent,
    Player,
    QueueChanged,
    QueueItem,
    Room,
    ScanProgress,
    Track,
)
from .authentication import Authenticator
from .callbacks import combined


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerEvent:
    """Something that happened to players and rooms."""

    contexts: tuple[PlayerOrRoom, ...]
    """The players and rooms that it happened to, the one that it is about first."""
    variables: Mapping[str, Any]
    """Variables of the trigger."""
    user_id: str | None = None
    """The id of the user who caused it."""


SIGNAL_TRIGGER: Final = SignalTypeFormat[TriggerEvent, Context](f"{DOMAIN}_trigger_{{}}")
"""The dispatcher's signal for the events of one row, which triggers stay connected to while the entry is reloaded."""

type Report = Callable[[TriggerEvent], None]
type Subscribe = Callable[[Hub, Report], CALLBACK_TYPE]


class TriggerEvents:
    """Sends the hub's events to the triggers of automations."""

    def __init__(self, hass: HomeAssistant, hub: Hub, authenticator: Authenticator) -> None:
        self._hass = hass
        self._hub = hub
        self._authenticator = authenticator

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Start to send events; return a function that stops it."""
        return combined(*(subscribe(self._hub, partial(self._report, key)) for key, subscribe in ROWS.items()))

    def _report(self, key: str, event: TriggerEvent) -> None:
        signal, context = SIGNAL_TRIGGER.format(key), self._authenticator.users.context_of(event.user_id)
        # Sent after the scheduled state writes, so that automations find the entities in the new state.
        self._hass.loop.call_soon(async_dispatcher_send, self._hass, signal, event, context)


# ------------------------------------------------------------ playback


def _track_changed(hub: Hub, report: Report) -> CALLBACK_TYPE:
    def handle(context: PlaybackContext, event: PlaybackEvent) -> None:
        if isinstance(event, CurrentChanged) and event.track is not None:
            item, previous = context.playback.current, _track_variables(event.previous)
            variables = {
                **_track_variables(event.track),
                "added_by": item.added_by.name if item is not None else None,
                **{f"previous_{name}": previous[name] for name in ("title", "artist", "album")},
            }
            report(TriggerEvent(contexts=_with_players(context), variables=variables))

    return hub.publisher.playback_event.subscribe(handle)


def _queue_ended(hub: Hub, report: Report) -> CALLBACK_TYPE:
    def handle(context: PlaybackContext, event: PlaybackEvent) -> None:
        # A queue that was cleared, or moved to another player, is empty.
        if isinstance(event, CurrentChanged) and event.track is None and len(context.playback.queue):
            variables = {f"last_{name}": value for name, value in _track_variables(event.previous).items()}
            report(TriggerEvent(contexts=_with_players(context), variables=variables))

    return hub.publisher.playback_event.subscribe(handle)


def _queue_running_low(hub: Hub, report: Report) -> CALLBACK_TYPE:
    """Report each change of the number of items after the current one; the trigger compares it with its own number."""
    known: WeakKeyDictionary[PlaybackContext, int] = WeakKeyDictionary()

    def handle(context: PlaybackContext, event: PlaybackEvent) -> None:
        if not isinstance(event, CurrentChanged | QueueChanged):
            return
        playback = context.playback
        if (index := playback.queue.current_index) is None:
            known.pop(context, None)
            return
        before, remaining = known.get(context), len(playback.queue) - 1 - index
        known[context] = remaining
        if playback.repeat == "off" and before != remaining:
            variables = {**_track_variables(playback.queue.items[index].track), "remaining": remaining}
            report(TriggerEvent(contexts=_with_players(context), variables={**variables, BEFORE: before}))

    return hub.publisher.playback_event.subscribe(handle)


BEFORE: Final = "remaining_before"
"""The variable with the number of items before the change; None if nothing was played."""


def _announcement_finished(hub: Hub, report: Report) -> CALLBACK_TYPE:
    def handle(target: PlayerOrRoom, item: QueueItem) -> None:
        variables = {"title": item.track.title, "media_content_id": item.track.media_content_id}
        report(TriggerEvent(contexts=_with_players(target), variables=variables, user_id=item.added_by.id))

    return hub.announcements.finished.subscribe(handle)


# ------------------------------------------------------------ rooms


def _participant_joined(hub: Hub, report: Report) -> CALLBACK_TYPE:
    return hub.rooms.joined.subscribe(lambda room, participant: report(_participant_event(room, participant)))


def _participant_left(hub: Hub, report: Report) -> CALLBACK_TYPE:
    return hub.rooms.left.subscribe(lambda room, participant: report(_participant_event(room, participant)))


def _guest_arrived(hub: Hub, report: Report) -> CALLBACK_TYPE:
    def handle(room: Room, participant: Participant) -> None:
        if participant.is_guest:
            report(_participant_event(room, participant))

    return hub.rooms.joined.subscribe(handle)


def _skip_vote_passed(hub: Hub, report: Report) -> CALLBACK_TYPE:
    def passed(room: Room, user_id: str | None = None) -> None:
        track = room.playback.current.track if room.playback.current is not None else None
        variables = {**_track_variables(track), "votes": len(room.votes)}
        report(TriggerEvent(contexts=_with_players(room), variables=variables, user_id=user_id))

    def handle(room: Room, event_type: str, data: dict[str, Any]) -> None:
        if event_type == "skip_vote" and data["votes"] >= data["needed"]:
            passed(room, data["user_id"])

    return combined(hub.rooms.event_published.subscribe(handle), hub.rooms.skip_voted.subscribe(passed))


def _chat_message_received(hub: Hub, report: Report) -> CALLBACK_TYPE:
    def handle(room: Room, event_type: str, data: dict[str, Any]) -> None:
        if event_type == "room_chat":
            variables = {name: data[name] for name in ("message", "username", "user_id")}
            report(TriggerEvent(contexts=_with_players(room), variables=variables, user_id=data["user_id"]))

    return hub.rooms.event_published.subscribe(handle)


# ------------------------------------------------------------ the household


def _alarm(kind: AlarmEvent) -> Subscribe:
    def subscribe(hub: Hub, report: Report) -> CALLBACK_TYPE:
        def handle(alarm: Alarm, happened: AlarmEvent, reason: str) -> None:
            room, player = hub.rooms.find(alarm.room_id or ""), hub.players.find(alarm.player_id or "")
            context = room or player
            if happened == kind and context is not None:
                variables = {"name": alarm.name, "time": alarm.time, "alarm_id": alarm.alarm_id}
                report(TriggerEvent(contexts=_with_players(context), variables={**variables, "reason": reason or None}))

        return hub.household.alarms.happened.subscribe(handle)

    return subscribe


def _sleep_timer_ended(hub: Hub, report: Report) -> CALLBACK_TYPE:
    def handle(context: PlaybackContext) -> None:
        report(TriggerEvent(contexts=_with_players(context), variables={"name": context.name}))

    return hub.household.sleep_timers.ended.subscribe(handle)


# ------------------------------------------------------------ players and the library


def _player_lost(hub: Hub, report: Report) -> CALLBACK_TYPE:
    return hub.players.lost.subscribe(lambda player: report(_player_event(hub, player)))


def _player_returned(hub: Hub, report: Report) -> CALLBACK_TYPE:
    return hub.players.returned.subscribe(lambda player: report(_player_event(hub, player)))


def _player_out_of_sync(hub: Hub, report: Report) -> CALLBACK_TYPE:
    def handle(_room: Room, player: Player) -> None:
        error = player.report.sync_error_ms if player.report is not None else None
        report(_player_event(hub, player, sync_error_ms=error))

    return hub.sync_monitor.out_of_sync.subscribe(handle)


def _library_scanned(hub: Hub, report: Report) -> CALLBACK_TYPE:
    def handle(progress: ScanProgress) -> None:
        if not progress.scanning:
            variables = {name: getattr(progress, name) for name in ("scanned", "added", "changed", "removed")}
            report(TriggerEvent(contexts=(), variables=variables))

    return combined() if hub.library is None else hub.library.progressed.subscribe(handle)


ROWS: Final[dict[str, Subscribe]] = {
    "track_changed": _track_changed,
    "queue_ended": _queue_ended,
    "queue_running_low": _queue_running_low,
    "announcement_finished": _announcement_finished,
    "participant_joined": _participant_joined,
    "participant_left": _participant_left,
    "guest_arrived": _guest_arrived,
    "skip_vote_passed": _skip_vote_passed,
    "chat_message_received": _chat_message_received,
    "player_lost": _player_lost,
    "player_returned": _player_returned,
    "player_out_of_sync": _player_out_of_sync,
    "library_scanned": _library_scanned,
    "alarm_rang": _alarm("rang"),
    "alarm_snoozed": _alarm("snoozed"),
    "alarm_stopped": _alarm("stopped"),
    "alarm_missed": _alarm("missed"),
    "sleep_timer_ended": _sleep_timer_ended,
}
"""The triggers by their keys. Each function reports the events of one trigger, and returns a function to stop that."""


# ------------------------------------------------------------ helpers


def _with_players(context: PlaybackContext) -> tuple[PlayerOrRoom, ...]:
    """Return a room and its players, or a player alone."""
    if isinstance(context, Room):
        return (context, *context.renderers)
    return (context,) if isinstance(context, Player) else ()


def _participant_event(room: Room, participant: Participant) -> TriggerEvent:
    joined: Iterable[Player] = () if participant.player is None else (participant.player,)
    variables = {
        "username": participant.username,
        "user_id": participant.user_id,
        "client_id": participant.client_id,
        "player_id": participant.player.player_id if participant.player is not None else None,
        "is_guest": participant.is_guest,
        "participants": len(room.participants),
    }
    contexts = tuple(dict.fromkeys((*_with_players(room), *joined)))
    return TriggerEvent(contexts=contexts, variables=variables, user_id=participant.user_id)


def _player_event(hub: Hub, player: Player, **variables: Any) -> TriggerEvent:
    room = hub.rooms.of_player(player)
    contexts: tuple[PlayerOrRoom, ...] = (player,) if room is None else (player, room)
    return TriggerEvent(contexts=contexts, variables={"name": player.name, "player_id": player.player_id, **variables})


def _track_variables(track: Track | None) -> dict[str, Any]:
    names = ("title", "artist", "album", "duration", "track_id", "media_content_id")
    return {name: getattr(track, name, None) for name in names}
