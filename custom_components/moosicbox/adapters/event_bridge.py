"""Events on Home Assistant's bus for what happens in the hub."""

from functools import partial
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
import msgspec

from ..const import DOMAIN
from ..engine.api import (
    Actor,
    AddOp,
    Alarm,
    AlarmEvent,
    AnnouncementEvent,
    ClientEvent,
    CurrentChanged,
    CurrentOp,
    Follower,
    FollowEvent,
    Hub,
    LibraryUpdated,
    PlaybackContext,
    PlaybackEvent,
    Player,
    QueueChanged,
    Room,
    Session,
    TopicMessage,
    Track,
    UpdateOp,
)
from .authentication import Authenticator
from .callbacks import combined

EVENT_ALARM: Final = f"{DOMAIN}_alarm"
EVENT_ANNOUNCEMENT: Final = f"{DOMAIN}_announcement"
EVENT_CLIENT_CONNECTED: Final = f"{DOMAIN}_client_connected"
EVENT_CLIENT_DISCONNECTED: Final = f"{DOMAIN}_client_disconnected"
EVENT_CLIENT_EVENT: Final = f"{DOMAIN}_client_event"
EVENT_FOLLOW: Final = f"{DOMAIN}_follow"
EVENT_LIBRARY_UPDATED: Final = f"{DOMAIN}_library_updated"
EVENT_NOTIFICATION: Final = f"{DOMAIN}_notification"
EVENT_ROOM_EVENT: Final = f"{DOMAIN}_room_event"
EVENT_QUEUE_UPDATED: Final = f"{DOMAIN}_queue_updated"
EVENT_SLEEP_TIMER_ENDED: Final = f"{DOMAIN}_sleep_timer_ended"
EVENT_TRACK_CHANGED: Final = f"{DOMAIN}_track_changed"


class EventBridge:
    """Fires an event for each of the hub's signals that automations use."""

    def __init__(self, hass: HomeAssistant, hub: Hub, authenticator: Authenticator) -> None:
        self._hass = hass
        self._hub = hub
        self._authenticator = authenticator

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Start to fire events; return a function that stops it."""
        hub = self._hub
        return combined(
            hub.presence.joined.subscribe(lambda session: self._fire_presence(EVENT_CLIENT_CONNECTED, session)),
            hub.presence.left.subscribe(lambda session: self._fire_presence(EVENT_CLIENT_DISCONNECTED, session)),
            hub.client_event.subscribe(self._handle_client_event),
            hub.notified.subscribe(self._handle_notified),
            hub.publisher.playback_event.subscribe(self._handle_playback),
            hub.household.alarms.happened.subscribe(self._handle_alarm),
            hub.household.announcer.happened.subscribe(self._handle_announcement),
            hub.household.followers.happened.subscribe(self._handle_follow),
            hub.household.sleep_timers.ended.subscribe(
                lambda context: self._fire(EVENT_SLEEP_TIMER_ENDED, _context_data(context))
            ),
            hub.rooms.event_published.subscribe(self._handle_room_event),
            hub.rooms.added.subscribe(lambda room: self._handle_room_event(room, "room_created", {})),
            *(
                [hub.library_publisher.updated.subscribe(self._handle_library_updated)]
                if hub.library_publisher is not None
                else []
            ),
        )

    def _fire_presence(self, event_type: str, session: Session) -> None:
        principal = session.principal
        data = {
            "client_id": session.client_id,
            "name": session.client.name,
            "kind": session.client.kind,
            "player_id": session.player_id,
            "user_id": principal.sub,
            "username": principal.name,
        }
        self._fire(event_type, data, principal.sub)

    def _handle_client_event(self, actor: Actor, message: ClientEvent) -> None:
        session = actor.session
        data = {
            "event": message.event,
            "data": message.data,
            "user_id": actor.principal.sub,
            "client_id": session.client_id if session else None,
            "player_id": session.player_id if session else None,
        }
        self._fire(EVENT_CLIENT_EVENT, data, actor.principal.sub)

    def _handle_notified(self, actor: Actor, topic: str, message: TopicMessage) -> None:
        target, _, target_id = topic.partition(":")
        data = {
            "target": target,
            "target_id": target_id or None,
            "level": getattr(message, "level", "info"),
            "title": getattr(message, "title", None),
            "message": getattr(message, "message", None),
        }
        self._fire(EVENT_NOTIFICATION, data, actor.principal.sub)

    def _handle_announcement(self, announcement_id: str, text: str, kind: AnnouncementEvent, user: str | None) -> None:
        data = {"event_type": kind, "announcement_id": announcement_id, "text": text, "user": user}
        self._fire(EVENT_ANNOUNCEMENT, data)

    def _handle_follow(self, follower: Follower, player: Player, kind: FollowEvent, reason: str) -> None:
        data = {"event_type": kind, "name": follower.name, "follower_id": follower.follower_id}
        self._fire(EVENT_FOLLOW, {**data, "reason": reason or None, **_context_data(player)})

    def _handle_room_event(self, room: Room, event_type: str, data: dict[str, Any]) -> None:
        user_id = data.get("user_id")
        self._fire(EVENT_ROOM_EVENT, {**_context_data(room), "event_type": event_type, "data": data}, user_id)

    def _handle_library_updated(self, message: LibraryUpdated) -> None:
        data = {
            "update_type": message.update_type,
            "affected_items": list(message.affected_items),
            "total_changes": message.total_changes,
        }
        self._fire(EVENT_LIBRARY_UPDATED, data)

    def _handle_alarm(self, alarm: Alarm, kind: AlarmEvent, reason: str) -> None:
        data = {
            "alarm_id": alarm.alarm_id,
            "name": alarm.name,
            "event_type": kind,
            "reason": reason or None,
            "player_id": alarm.player_id,
            "room_id": alarm.room_id,
        }
        self._fire(EVENT_ALARM, data)

    def _handle_playback(self, context: PlaybackContext, event: PlaybackEvent) -> None:
        match event:
            case CurrentChanged(track, previous):
                self._fire(
                    EVENT_TRACK_CHANGED,
                    {**_context_data(context), "track": _plain(track), "previous_track": _plain(previous)},
                )
            case QueueChanged(ops) if not all(isinstance(op, CurrentOp | UpdateOp) for op in ops):
                # An operation that only moves the current item is a change of the track, handled above.
                queue = context.playback.queue
                adders = {item.added_by.id for op in ops if isinstance(op, AddOp) for item in op.items}
                self._fire(
                    EVENT_QUEUE_UPDATED,
                    {
                        **_context_data(context),
                        "revision": queue.revision,
                        "total": len(queue),
                        "ops": [str(op.__struct_config__.tag) for op in ops],
                    },
                    adders.pop() if len(adders) == 1 else None,
                )

    def _fire(self, event_type: str, data: dict[str, Any], sub: str | None = None) -> None:
        fire = partial(self._hass.bus.async_fire, event_type, data, context=self._authenticator.users.context_of(sub))
        # Fired after the scheduled state writes, so that automations find the entities in the new state.
        self._hass.loop.call_soon(fire)


def _context_data(context: PlaybackContext) -> dict[str, Any]:
    if isinstance(context, Room):
        players = [player.player_id for player in context.renderers]
        return {"room_id": context.room_id, "entity_id": context.entity_id, "player_ids": players}
    if isinstance(context, Player):
        return {"player_id": context.player_id, "entity_id": context.entity_id}
    return {}


def _plain(track: Track | None) -> dict[str, Any] | None:
    plain: dict[str, Any] | None = msgspec.to_builtins(track)
    return plain
