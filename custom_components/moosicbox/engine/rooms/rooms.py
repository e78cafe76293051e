"""All rooms: making and closing them, who comes and goes, and what the others hear of it."""

from collections.abc import Iterator
import secrets
from typing import Any

import msgspec

from ..access.rights import Principal
from ..clock import Clock
from ..delivery.catalog import TopicCatalog
from ..delivery.topics import Topics
from ..limits import SharedLimits
from ..playback.contexts import PlaybackContexts
from ..playback.events import CurrentChanged, Lagged, PlaybackEvent
from ..playback.loudness import shift_volumes
from ..playback.playback import START_GRACE_US
from ..playback.player import PlaybackContext, Player
from ..playback.players import Players
from ..playback.publisher import PlaybackPublisher
from ..playback.render import queue_snapshot
from ..protocol.errors import ClientNotFound, InvalidMessage, NotSupported, PermissionDenied, RoomNotFound, Unavailable
from ..protocol.server import ChatLine, RoomChat, RoomEvent, TopicMessage
from ..protocol.types import RoomRole
from ..sessions.session import Session, client_key
from ..sessions.sessions import Sessions
from ..sessions.subscriptions import Subscriptions
from ..signals import Signal
from .rights import ROLE_RIGHTS
from .room import GUEST, Participant, Room, RoomSettings
from .saved_state import SavedRoom, restore_room


class Rooms(PlaybackContexts[Room]):
    """The rooms of a hub, by id."""

    def __init__(
        self,
        topics: Topics,
        publisher: PlaybackPublisher,
        players: Players,
        sessions: Sessions,
        subscriptions: Subscriptions,
        clock: Clock,
        limits: SharedLimits,
    ) -> None:
        super().__init__()
        self.added: Signal[Room] = Signal()
        self.closed: Signal[Room] = Signal()
        self.joined: Signal[Room, Participant] = Signal()
        self.left: Signal[Room, Participant] = Signal()
        self.skip_voted: Signal[Room] = Signal()
        """By somebody's leaving, those who want to skip are the most."""
        self.event_published: Signal[Room, str, dict[str, Any]] = Signal()
        """Something happened in a room: its event's type and data."""
        self._limits = limits
        self._topics = topics
        self._publisher = publisher
        self._players = players
        self._sessions = sessions
        self._subscriptions = subscriptions
        self._clock = clock
        self._rooms: dict[str, Room] = {}
        players.reported.subscribe(self._reported)
        players.changed.subscribe(self._player_changed)
        publisher.playback_event.subscribe(self._happened)

    def register_topics(self, catalog: TopicCatalog) -> None:
        """Say where snapshots of rooms come from, and who may hear them."""
        catalog.provide("room", lambda room_id, _viewer: self._snapshot(room_id))
        catalog.restrict("room", self._may_hear)

    def __iter__(self) -> Iterator[Room]:
        """All rooms."""
        return iter(tuple(self._rooms.values()))

    def __len__(self) -> int:
        """How many there are."""
        return len(self._rooms)

    def find(self, room_id: str) -> Room | None:
        """A room, if there is one of this id."""
        return self._rooms.get(room_id)

    def get(self, room_id: str, viewer: Principal) -> Room:
        """A room; RoomNotFound, or PermissionDenied if it isn't for `viewer`."""
        if viewer.rooms is not None and room_id not in viewer.rooms:
            # Such a token doesn't even hear which rooms there are.
            raise PermissionDenied("This token is limited to other rooms")
        if (room := self._rooms.get(room_id)) is None:
            raise RoomNotFound(f"There is no room {room_id}")
        if not room.visible_to(viewer):
            raise PermissionDenied("This room is private: it needs an invite")
        return room

    def of_player(self, player: Player) -> Room | None:
        """Return the room that `player` is in, if any."""
        return None if player.room is None else self._rooms.get(player.room.room_id)

    def by_user(self) -> dict[str, tuple[str, ...]]:
        """The ids of the public rooms that users are in: who is in a private one is nobody else's business."""
        rooms: dict[str, tuple[str, ...]] = {}
        for room in self:
            if room.settings.is_public:
                for user_id in room.users:
                    rooms[user_id] = (*rooms.get(user_id, ()), room.room_id)
        return rooms

    # ------------------------------------------------------------ making, changing, closing

    def create(self, settings: RoomSettings, room_id: str | None = None, host_user_id: str | None = None) -> Room:
        """A new, empty room; InvalidMessage if its id is taken, Unavailable if there are too many."""
        if not self._limits.current.rooms:
            raise NotSupported("Rooms are switched off")
        if room_id is not None and room_id in self._rooms:
            raise InvalidMessage(f"There is a room {room_id} already", ["id"])
        if len(self._rooms) >= self._limits.current.max_rooms:
            raise Unavailable(f"This hub takes at most {self._limits.current.max_rooms} rooms", again=False)
        return self.add(settings, room_id or secrets.token_hex(8), host_user_id)

    def add(self, settings: RoomSettings, room_id: str, host_user_id: str | None = None) -> Room:
        """A room of before, whatever the bounds are now."""
        room = Room(
            room_id,
            settings,
            secrets.token_hex(8),
            self._limits.current.max_queue_items,
            self._publisher.publish,
        )
        room.host_user_id = host_user_id
        self._rooms[room.room_id] = room
        self._publisher.add(room)
        self._withdraw_hidden(room, "private")
        self.added.emit(room)
        return room

    def restore(self, state: SavedRoom) -> Room:
        """Add a room with the state that was captured of it, after its players were restored."""
        room = self.add(state.settings, state.room_id, state.host_user_id)
        restore_room(room, state, self._players.find)
        return room

    def update(self, room: Room, settings: RoomSettings, host_user_id: str | None = None) -> None:
        """Other settings, and perhaps another host."""
        if host_user_id is not None and host_user_id != room.host_user_id:
            if not room.has_user(host_user_id):
                raise InvalidMessage(f"{host_user_id} isn't in this room", ["host_user_id"])
            self._make_host(room, host_user_id)
        if settings != room.settings:
            if room.settings.is_public and not settings.is_public:
                # Whoever is in may come back.
                for user_id in room.users:
                    room.set_role(user_id, room.role(user_id))
            room.configure(settings)
            self._publisher.schedule(room)
            self._tell(room, "room_updated", msgspec.to_builtins(settings))
            self._withdraw_hidden(room, "private")

    def close(self, room: Room) -> None:
        """The end of a room: everybody is out, its players are alone again."""
        self._tell(room, "room_closed", {})
        room.playback.stop(self._clock.now_us())
        for participant in tuple(room.participants.values()):
            self._take_out(room, participant)
        del self._rooms[room.room_id]
        self._publisher.remove(room)
        for session in self._sessions:
            self._subscriptions.withdraw(session, [room.topic], "closed")
        self.closed.emit(room)

    # ------------------------------------------------------------ coming and going

    def join(self, room: Room, session: Session) -> None:
        """A client comes in, and its player plays along; twice changes nothing. RoomFull."""
        if session.client_id in room.participants:
            return
        principal = session.principal
        if principal.sub in room.banned and not principal.is_admin:
            raise PermissionDenied(f"{principal.name} was put out of {room.name}")
        if principal.rooms is not None and room.room_id not in principal.rooms:
            raise PermissionDenied(f"{principal.name} is limited to other rooms")
        room.require_capacity()
        player = None if session.player_id is None else self._players.find(session.player_id)
        if player is not None and (before := self.of_player(player)) is not None:
            if (place := before.participant_of(player)) is not None:
                self.leave(before, place)
        participant = Participant(
            client_id=session.client_id,
            key=client_key(session, session.client),
            username=principal.name,
            joined_at=self._clock.timestamp(),
            player=player,
            away=session.connection is None,
        )
        self._tell(room, "user_joined", _named(participant))
        room.missing.pop(participant.key, None)
        if not room.settings.is_public and principal.sub not in room.roles:
            # So that the way back stays open.
            room.set_role(principal.sub, room.role(principal.sub))
        room.add_participant(participant)
        if room.host_user_id is None or (room.host_gone and room.settings.is_public):
            self._make_host(room, participant.user_id)
        room.host_gone = False
        self._subscriptions.assign(session, [room.topic])
        if player is not None:
            self._plug_in(player, room)
        self.joined.emit(room, participant)
        self.changed.emit(room)

    def leave(self, room: Room, participant: Participant) -> None:
        """Somebody goes, and stays away."""
        self.remove_participant(room, participant, "left")

    def kick(self, room: Room, client_id: str) -> None:
        """Put a client's user out; they may not come in again."""
        participant = room.participants.get(client_id)
        if participant is None:
            raise ClientNotFound(f"There is no client {client_id} in this room")
        room.ban(participant.user_id)
        for member in tuple(room.participants.values()):
            if member.user_id == participant.user_id:
                self.remove_participant(room, member, "kicked")
        self._withdraw_hidden(room, "kicked")

    def set_volume(self, room: Room, volume: float | None, muted: bool | None) -> None:
        """How loud all players are together; the balance between them stays."""
        players = [player for player in room.renderers if volume is None or player.has_capability("volume")]
        volumes = [None] * len(players) if volume is None else shift_volumes([player.volume for player in players], volume)
        for player, own in zip(players, volumes, strict=True):
            self._players.set_volume(player, own, muted, publish_room=False)
        self._topics.publish(room.topic, room.status())

    def set_role(self, room: Room, user_id: str, role: RoomRole) -> None:
        """Another role for a participant; a new host takes the old one's place."""
        if not room.has_user(user_id):
            raise InvalidMessage(f"{user_id} isn't in this room", ["user_id"])
        if role == "host":
            self._make_host(room, user_id)
            return
        if user_id == room.host_user_id:
            raise InvalidMessage("A room needs a host: make somebody else the host instead", ["role"])
        room.set_role(user_id, role)
        self._tell(room, "role_changed", {"user_id": user_id, "role": role})

    def admit(self, room: Room, user_id: str, role: RoomRole) -> None:
        """Somebody was invited."""
        room.banned.pop(user_id, None)
        known = room.roles.get(user_id)
        if user_id != room.host_user_id and (known is None or ROLE_RIGHTS[known] < ROLE_RIGHTS[role]):
            room.set_role(user_id, role)
            if room.has_user(user_id):
                self._tell(room, "role_changed", {"user_id": user_id, "role": role})
        self.changed.emit(room)

    def attendance_changed(self, room: Room) -> None:
        """Somebody's connection is lost, or there again."""
        room.playback.start_if_ready(self._clock.now_us())
        self._publisher.schedule(room)
        self.changed.emit(room)

    # ------------------------------------------------------------ talk and votes

    def post_chat(self, room: Room, speaker: Principal, text: str) -> ChatLine:
        """A line of talk."""
        line = ChatLine(
            message_id=secrets.token_hex(8),
            user_id=speaker.sub,
            username=speaker.name,
            message=text,
            sent_at=self._clock.timestamp(),
        )
        room.chat.append(line)
        self._topics.publish(room.topic, RoomChat(room_id=room.room_id, **msgspec.structs.asdict(line)))
        self.event_published.emit(room, "room_chat", msgspec.to_builtins(line))
        self.changed.emit(room)
        return line

    def vote(self, room: Room, user_id: str) -> bool:
        """A vote against the current item; whether that was the one that decides."""
        if (item := room.playback.current) is None:
            raise InvalidMessage("Nothing plays that could be skipped", ["room_id"])
        room.votes.add(user_id)
        votes, needed = len(room.votes), room.votes_needed
        room.playback.queue.set_votes(item.queue_item_id, votes)
        data = {"user_id": user_id, "queue_item_id": item.queue_item_id, "votes": votes, "needed": needed}
        self._tell(room, "skip_vote", data)
        return votes >= needed

    # ------------------------------------------------------------ what players do

    def _reported(self, player: Player) -> None:
        if (room := self.of_player(player)) is None or (report := player.report) is None:
            return
        now_us = self._clock.now_us()
        own = room.playback
        if (
            report.state == "buffering"
            and not player.lagging
            and len(own.members.connected()) > 1
            and own.timeline.playing
            and report.at_us > own.timeline.anchor_us + START_GRACE_US
        ):
            player.lagging = True
            self._lagging(room, (player.player_id,))
        own.start_if_ready(now_us)
        self._publisher.schedule(room)

    def _player_changed(self, player: Player) -> None:
        if (room := self.of_player(player)) is not None:
            self.changed.emit(room)

    # ------------------------------------------------------------ inside

    def _plug_in(self, player: Player, room: Room) -> None:
        now_us = self._clock.now_us()
        player.room = room
        player.lagging = False
        player.solo_playback.pause(now_us)
        self._publisher.publish_switch(player)
        room.playback.resume_suspended(now_us)
        room.playback.start_if_ready(now_us)
        self._players.publish_change(player)

    def _unplug(self, player: Player, room: Room) -> None:
        now_us = self._clock.now_us()
        player.room = None
        player.lagging = False
        player.solo_playback.ensure_command(now_us)
        self._publisher.publish_switch(player)
        if room.playback.members.connected():
            room.playback.start_if_ready(now_us)
        else:
            room.playback.pause(now_us)
        self._players.publish_change(player)

    def _take_out(self, room: Room, participant: Participant) -> None:
        room.discard_participant(participant)
        if participant.player is not None and participant.player.room is room:
            self._unplug(participant.player, room)
        self.left.emit(room, participant)

    def remove_participant(self, room: Room, participant: Participant, reason: str) -> None:
        """Somebody is out of a room."""
        self._take_out(room, participant)
        session = self._session(participant.client_id)
        if session is not None:
            self._subscriptions.withdraw(session, [room.topic], reason)
        self._tell(room, "user_left", {**_named(participant), "reason": reason})
        user_id = participant.user_id
        if not room.has_user(user_id):
            room.votes.discard(user_id)
            if room.votes and len(room.votes) >= room.votes_needed:
                self.skip_voted.emit(room)
            if user_id == room.host_user_id:
                heir = next(iter(room.participants.values()), None)
                if heir is not None:
                    self._make_host(room, heir.user_id)
                elif reason == "kicked":
                    room.host_user_id = None
                else:
                    room.host_gone = True
        self.changed.emit(room)

    def _make_host(self, room: Room, user_id: str) -> None:
        room.host_user_id = user_id
        name = next((member.username for member in room.participants.values() if member.user_id == user_id), None)
        self._tell(room, "host_changed", {"host_user_id": user_id, "username": name})

    def _session(self, client_id: str) -> Session | None:
        return next((session for session in self._sessions if session.client_id == client_id), None)

    def _withdraw_hidden(self, room: Room, reason: str) -> None:
        for session in self._sessions:
            if room.topic in session.topics and not self._subscriptions.is_visible(session, room.topic):
                self._subscriptions.withdraw(session, [room.topic], reason)

    # ------------------------------------------------------------ what the others hear

    def _tell(self, room: Room, event_type: str, data: dict[str, Any]) -> None:
        self._topics.publish(room.topic, RoomEvent(room_id=room.room_id, event_type=event_type, data=data))
        self.event_published.emit(room, event_type, data)
        self.changed.emit(room)

    def _lagging(self, room: Room, player_ids: tuple[str, ...]) -> None:
        for participant in room.participants.values():
            if participant.player is not None and participant.player.player_id in player_ids:
                self._tell(room, "participant_lagging", _named(participant))

    def _happened(self, context: PlaybackContext, event: PlaybackEvent) -> None:
        if not isinstance(context, Room):
            return
        match event:
            case Lagged(player_ids):
                self._lagging(context, player_ids)
            case CurrentChanged():
                context.votes.clear()

    def _snapshot(self, room_id: str) -> list[TopicMessage]:
        if (room := self.find(room_id)) is None:
            return []
        return [room.status(), queue_snapshot(room.playback), room.state()]

    def _may_hear(self, room_id: str, principal: Principal) -> bool:
        if (room := self.find(room_id)) is None:
            # Who may hear of no other room may wait for this one.
            return principal.rooms is not None and not principal.sub.startswith(GUEST)
        return room.visible_to(principal)


def _named(participant: Participant) -> dict[str, str | None]:
    player = participant.player
    return {
        "user_id": participant.user_id,
        "username": participant.username,
        "client_id": participant.client_id,
        "player_id": player.player_id if player else None,
    }
