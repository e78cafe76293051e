"""The reactions of a hub's parts to each other's events."""

from .access.rights import GUEST_PREFIX
from .hub import Hub
from .limits import Limits
from .playback.player import Player
from .protocol.codes import CloseCode
from .rooms.room import Room
from .sessions.session import Session


def connect(hub: Hub) -> None:
    """Subscribe the parts of `hub` to each other's signals."""
    reactions = _Reactions(hub)
    save = hub.persistence.save
    hub.shared_limits.changed.subscribe(reactions.limits_changed)
    hub.subscriptions.attached.subscribe(hub.progress.topics_followed)
    hub.sessions.opened.subscribe(reactions.session_opened)
    hub.sessions.not_resumed.subscribe(lambda failure: hub.metrics.recoveries.update([failure]))
    hub.players.added.subscribe(reactions.player_added)
    hub.players.removed.subscribe(reactions.player_removed)
    hub.players.changed.subscribe(lambda _player: save())
    hub.rooms.changed.subscribe(lambda _room: save())
    hub.rooms.joined.subscribe(lambda _room, _participant: hub.presence.schedule_publish())
    hub.rooms.left.subscribe(lambda _room, _participant: hub.presence.schedule_publish())
    hub.rooms.closed.subscribe(reactions.room_closed)
    hub.rooms.kicked.subscribe(reactions.user_kicked)
    hub.rooms.skip_voted.subscribe(lambda room: hub.tasks.spawn(hub.media_resolver.skip(room.playback)))
    hub.grouping.dissolving.subscribe(hub.household.ringing.move)
    hub.grouping.inherited.subscribe(hub.household.sleep_timers.move)
    hub.grouping.inherited.subscribe(hub.household.alarms.move)
    hub.household.changed.subscribe(save)
    hub.publisher.playback_event.subscribe(hub.persistence.save_playback)


class _Reactions:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def limits_changed(self, limits: Limits) -> None:
        hub = self._hub
        for session in hub.sessions:
            session.limiters = session.refusals = None
        if not limits.rooms:
            for room in hub.rooms:
                hub.rooms.close(room)

    def session_opened(self, _session: Session, resumed: bool) -> None:
        metrics = self._hub.metrics
        metrics.total_connections += 1
        if resumed:
            metrics.recoveries["resumed"] += 1

    def player_added(self, player: Player) -> None:
        hub = self._hub
        for session in hub.sessions:
            if session.follows_players:
                hub.subscriptions.assign(session, [player.topic])
        hub.persistence.save()

    def player_removed(self, player: Player) -> None:
        hub, player_id = self._hub, player.player_id
        hub.household.alarms.delete_of(player_id=player_id)
        topics = [player.topic, f"play:{player_id}", f"progress:{player_id}"]
        hub.sessions.end_where(
            lambda session: session.player_id == player_id, CloseCode.FORCED_OUT, "The player was removed"
        )
        for session in hub.sessions:
            hub.subscriptions.withdraw(session, topics, "removed")
        hub.persistence.save()

    def user_kicked(self, room: Room, user_id: str) -> None:
        # With a valid invite, a kicked guest could return as a new guest.
        hub = self._hub
        hub.invites.revoke(room.room_id)
        if user_id.startswith(GUEST_PREFIX):
            hub.sessions.end_where(
                lambda session: session.principal.sub == user_id, CloseCode.FORCED_OUT, "The host removed this guest"
            )
        hub.rooms.changed.emit(room)

    def room_closed(self, room: Room) -> None:
        hub = self._hub
        hub.invites.revoke(room.room_id)
        hub.household.alarms.delete_of(room_id=room.room_id)
        hub.sessions.end_where(
            lambda session: session.principal.rooms == frozenset({room.room_id}),
            CloseCode.FORCED_OUT,
            "The room was closed",
        )
        hub.persistence.save()
