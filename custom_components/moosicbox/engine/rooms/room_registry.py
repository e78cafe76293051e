"""The rooms of a hub: lookup, topics, and what they publish."""

from collections.abc import Iterator
from typing import Any

from ..access.authentication import INVITE_REFUSED
from ..access.rights import Principal
from ..clock import Clock
from ..delivery.catalog import TopicCatalog
from ..delivery.topics import Topics
from ..playback.contexts import PlaybackContexts
from ..playback.events import CurrentChanged, Lagged, PlaybackEvent
from ..playback.playback import START_GRACE_US
from ..playback.player import PlaybackContext, Player
from ..playback.players import Players
from ..playback.publisher import PlaybackPublisher
from ..playback.render import queue_snapshot
from ..protocol.errors import AuthenticationFailed, PermissionDenied, RoomNotFound, Sentence
from ..protocol.server import RoomEvent, TopicMessage
from ..signals import Signal
from .room import Participant, Room


class RoomRegistry(PlaybackContexts[Room]):
    """The rooms by id. The base class of `Rooms`, which adds the commands."""

    def __init__(self, topics: Topics, publisher: PlaybackPublisher, players: Players, clock: Clock) -> None:
        super().__init__()
        self.added: Signal[Room] = Signal()
        self.closed: Signal[Room] = Signal()
        self.event_published: Signal[Room, str, dict[str, Any]] = Signal()
        """An event was published to a room: its type and data."""
        self._topics = topics
        self._publisher = publisher
        self._players = players
        self._clock = clock
        self._rooms: dict[str, Room] = {}
        players.reported.subscribe(self._player_reported)
        players.changed.subscribe(self._player_changed)
        publisher.playback_event.subscribe(self._playback_changed)

    # ------------------------------------------------------------ lookup

    def __iter__(self) -> Iterator[Room]:
        """Iterate over all rooms; they may be closed meanwhile."""
        return iter(tuple(self._rooms.values()))

    def __len__(self) -> int:
        """Return the number of rooms."""
        return len(self._rooms)

    def find(self, room_id: str) -> Room | None:
        """Return a room, or `None` if there is none."""
        return self._rooms.get(room_id)

    def get(self, room_id: str, viewer: Principal) -> Room:
        """Return a room that `viewer` may see. Raise RoomNotFound or PermissionDenied."""
        if viewer.rooms is not None and room_id not in viewer.rooms:
            # A token for certain rooms can't find out which others exist.
            raise PermissionDenied(Sentence("limited_to_rooms", "The access is limited to certain rooms"))
        if (room := self._rooms.get(room_id)) is None:
            raise RoomNotFound(f"There is no room {room_id}")
        if viewer.sub in room.banned and not viewer.is_admin:
            raise PermissionDenied(
                Sentence(
                    "removed_from_room",
                    "{user} was removed from {room}, and needs a new invite",
                    user=viewer.name,
                    room=room.name,
                )
            )
        if not room.visible_to(viewer):
            raise PermissionDenied(Sentence("room_private", "This room is private: it needs an invite"))
        return room

    def require_admitted(self, principal: Principal) -> None:
        """Raise AuthenticationFailed if a guest's room was closed, or the guest was removed from it."""
        if principal.is_guest and not any(
            room.visible_to(principal) for room_id in principal.rooms or () if (room := self.find(room_id)) is not None
        ):
            raise AuthenticationFailed(INVITE_REFUSED)

    def of_player(self, player: Player) -> Room | None:
        """Return the room that a player is in."""
        return None if player.room is None else self._rooms.get(player.room.room_id)

    def by_user(self) -> dict[str, tuple[str, ...]]:
        """Return the ids of the public rooms that each user takes part in."""
        rooms: dict[str, tuple[str, ...]] = {}
        for room in self:
            if room.settings.is_public:
                for user_id in room.users:
                    rooms[user_id] = (*rooms.get(user_id, ()), room.room_id)
        return rooms

    # ------------------------------------------------------------ publication

    def register_topics(self, catalog: TopicCatalog) -> None:
        """Register the topics of rooms."""
        catalog.provide("room", lambda room_id, _viewer: self._snapshot(room_id))
        catalog.restrict("room", self._may_subscribe)

    def _snapshot(self, room_id: str) -> list[TopicMessage]:
        if (room := self.find(room_id)) is None:
            return []
        return [room.status(), room.volumes(), queue_snapshot(room.playback), room.state()]

    def _may_subscribe(self, room_id: str, principal: Principal) -> bool:
        if (room := self.find(room_id)) is None:
            # A token for certain rooms can subscribe before they exist.
            return principal.rooms is not None and not principal.is_guest
        return room.visible_to(principal)

    def _publish_event(self, room: Room, event_type: str, data: dict[str, Any]) -> None:
        self._topics.publish(room.topic, RoomEvent(room_id=room.room_id, event_type=event_type, data=data))
        self.event_published.emit(room, event_type, data)
        self.changed.emit(room)

    def _publish_lagging(self, room: Room, player_ids: tuple[str, ...]) -> None:
        for participant in room.participants.values():
            if participant.player is not None and participant.player.player_id in player_ids:
                self._publish_event(room, "participant_lagging", event_data(participant))

    # ------------------------------------------------------------ players of rooms

    def _player_reported(self, player: Player) -> None:
        if (room := self.of_player(player)) is None or (report := player.report) is None:
            return
        playback = room.playback
        if (
            report.state == "buffering"
            and playback.is_current(report.queue_item_id)
            and not player.lagging
            and len(playback.members.connected()) > 1
            and playback.timeline.playing
            and report.at_us > playback.timeline.anchor_us + START_GRACE_US
        ):
            player.lagging = True
            self._publish_lagging(room, (player.player_id,))
        playback.start_if_ready(self._clock.now_us())
        self._publisher.schedule(room)

    def _player_changed(self, player: Player) -> None:
        if (room := self.of_player(player)) is not None:
            self.changed.emit(room)

    def _playback_changed(self, context: PlaybackContext, event: PlaybackEvent) -> None:
        if not isinstance(context, Room):
            return
        match event:
            case Lagged(player_ids):
                self._publish_lagging(context, player_ids)
            case CurrentChanged():
                context.votes.clear()


def event_data(participant: Participant) -> dict[str, str | None]:
    """Return the data of an event about a participant."""
    player = participant.player
    return {
        "user_id": participant.user_id,
        "username": participant.username,
        "client_id": participant.client_id,
        "player_id": player.player_id if player else None,
    }
