"""Commands for rooms: create and close, join and leave, roles, chat and votes."""

from collections.abc import Callable, Sequence
import secrets
from typing import Final

import msgspec

from ..access.rights import Principal
from ..clock import Clock
from ..delivery.topics import Topics
from ..limits import SharedLimits
from ..playback.player import PlaybackContext, Player
from ..playback.players import Players
from ..playback.publisher import PlaybackPublisher
from ..playback.volumes import shift_volumes
from ..protocol.errors import ClientNotFound, InvalidMessage, NotSupported, PermissionDenied, Sentence, Unavailable
from ..protocol.server import ChatLine, RoomChat
from ..protocol.types import RoomRole
from ..sessions.session import ClientKey, Session, client_key
from ..sessions.sessions import Sessions
from ..sessions.subscriptions import Subscriptions
from ..signals import Signal
from .rights import ROLE_RIGHTS
from .room import Participant, Room, RoomSettings
from .room_registry import RoomRegistry, event_data
from .saved_state import SavedRoom, restore_room

MAX_REJOINING: Final = 1_000
"""Clients of one room that may rejoin automatically."""


class Rooms(RoomRegistry):
    """The rooms of a hub. Rights are checked by the callers, except where a method says otherwise."""

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
        super().__init__(topics, publisher, players, clock)
        self._limits = limits
        self.joined: Signal[Room, Participant] = Signal()
        self.left: Signal[Room, Participant] = Signal()
        self.skip_voted: Signal[Room] = Signal()
        """A departure turned the votes to skip into a majority."""
        self.require_join: Callable[[Player, PlaybackContext], None] = lambda _player, _context: None
        """Raises HubError if a player may not join a room, or the group that continues another player's playback."""
        self.kicked: Signal[Room, str] = Signal()
        """A user of this id was removed from a room."""
        self._sessions = sessions
        self._subscriptions = subscriptions
        sessions.add_guard(self.require_admitted)

    # ------------------------------------------------------------ life cycle

    def create(
        self,
        settings: RoomSettings,
        room_id: str | None = None,
        host_user_id: str | None = None,
        *,
        is_group: bool = False,
    ) -> Room:
        """Add a new, empty room.

        Args:
            settings: Its settings.
            room_id: Its id; a random one by default.
            host_user_id: Its host; by default, the first participant.
            is_group: True for a group of players.

        Raises:
            InvalidMessage: If there is a room of this id.
            NotSupported: If rooms are switched off.
            Unavailable: If there are too many rooms.

        """
        limits = self._limits.current
        if not limits.rooms:
            raise NotSupported(Sentence("rooms_off", "Rooms are switched off"))
        if room_id is not None and room_id in self._rooms:
            raise InvalidMessage(Sentence("room_exists", "There is a room {room} already", room=room_id), ["id"])
        if len(self._rooms) >= limits.max_rooms:
            raise Unavailable(Sentence("too_many_rooms", "This hub takes at most {most} rooms", most=limits.max_rooms))
        return self.add(settings, room_id or secrets.token_hex(8), host_user_id, is_group=is_group)

    def add(
        self, settings: RoomSettings, room_id: str, host_user_id: str | None = None, *, is_group: bool = False
    ) -> Room:
        """Add a room, regardless of limits."""
        room = Room(
            room_id,
            settings,
            secrets.token_hex(8),
            self._limits.current.max_queue_items,
            self._publisher.publish,
        )
        room.host_user_id = host_user_id
        room.is_group = is_group
        self._rooms[room.room_id] = room
        self._publisher.add(room)
        # Sessions with a token for this room may have subscribed before.
        self._unsubscribe_hidden(room, "private")
        self.added.emit(room)
        return room

    def restore(self, state: SavedRoom) -> Room:
        """Add a room with the state that was captured of it, after its players were restored."""
        room = self.add(state.settings, state.room_id, state.host_user_id, is_group=state.is_group)
        restore_room(room, state, self._players.find)
        for player in room.renderers:
            self._subscriptions.add_to_room(player.topic, room.topic, self._sessions)
        return room

    def update(self, room: Room, settings: RoomSettings, host_user_id: str | None = None) -> None:
        """Replace the settings, and the host unless it is `None`. Raise InvalidMessage if the host isn't in the room."""
        if host_user_id is not None and host_user_id != room.host_user_id:
            if not room.has_user(host_user_id):
                raise InvalidMessage(
                    Sentence("not_in_room", "{user} isn't in this room", user=host_user_id), ["host_user_id"]
                )
            self._set_host(room, host_user_id)
        if settings != room.settings:
            if room.settings.is_public and not settings.is_public:
                # Participants can return to a private room by their role.
                for user_id in room.users:
                    room.set_role(user_id, room.role(user_id))
            room.configure(settings)
            self._publisher.schedule(room)
            self._publish_event(room, "room_updated", msgspec.to_builtins(settings))
            self._unsubscribe_hidden(room, "private")

    def close(self, room: Room) -> None:
        """Remove all participants, then the room."""
        self._publish_event(room, "room_closed", {})
        room.playback.stop(self._clock.now_us())
        for participant in tuple(room.participants.values()):
            self._discard(room, participant)
        del self._rooms[room.room_id]
        self._publisher.remove(room)
        for session in self._sessions:
            self._subscriptions.withdraw(session, [room.topic], "closed")
        self.closed.emit(room)

    # ------------------------------------------------------------ participants

    def join(self, room: Room, session: Session) -> None:
        """Add a client, whose player leaves its room and renders this one; do nothing if it is in the room.

        Raises:
            PermissionDenied: If the user is banned, or the client's token is limited to other rooms.
            RoomFull: If there is no place.

        """
        if session.client_id in room.participants:
            return
        principal = session.principal
        self.require_admission(principal, room.room_id)
        room.require_capacity()
        player = None if session.player_id is None else self._players.find(session.player_id)
        if player is not None:
            self.require_join(player, room)
        if player is not None and (before := self.of_player(player)) is not None:
            if (previous := before.participant_of(player)) is not None:
                self.leave(before, previous)
        participant = Participant(
            client_id=session.client_id,
            key=client_key(session, session.client),
            username=principal.name,
            joined_at=self._clock.timestamp(),
            player=player,
            away=session.connection is None,
        )
        self._publish_event(room, "user_joined", event_data(participant))
        room.rejoin_until.pop(participant.key, None)
        if not room.settings.is_public and principal.sub not in room.roles:
            # A role lets the user return to a private room.
            room.set_role(principal.sub, room.role(principal.sub))
        room.add_participant(participant)
        if room.host_user_id is None or (room.awaits_host and room.settings.is_public):
            self._set_host(room, participant.user_id)
        room.awaits_host = False
        self._subscriptions.assign(session, [room.topic])
        if player is not None:
            self._attach_player(player, room)
        self.joined.emit(room, participant)
        self.changed.emit(room)

    def require_admission(self, principal: Principal, room_id: str | None) -> None:
        """Raise PermissionDenied if a user is banned from a room, or the token is limited to other rooms.

        Args:
            principal: The principal of the client that joins.
            room_id: A room, which needn't exist yet; `None` for a new one with a random id.

        """
        room = None if room_id is None else self.find(room_id)
        if room is not None and principal.sub in room.banned and not principal.is_admin:
            raise PermissionDenied(
                Sentence(
                    "removed_from_room",
                    "{user} was removed from {room}, and needs a new invite",
                    user=principal.name,
                    room=room.name,
                )
            )
        if principal.rooms is not None and room_id not in principal.rooms:
            raise PermissionDenied(Sentence("limited_to_rooms", "The access is limited to certain rooms"))

    def expect(self, room: Room, key: ClientKey) -> None:
        """Let a client that isn't in a room rejoin it automatically for `rejoin_seconds`."""
        room.rejoin_until[key] = self._clock.now_us() + int(self._limits.current.rejoin_seconds * 1e6)
        if len(room.rejoin_until) > MAX_REJOINING:
            del room.rejoin_until[next(iter(room.rejoin_until))]

    def leave(self, room: Room, participant: Participant) -> None:
        """Remove a participant that leaves."""
        self.remove_participant(room, participant, "left")

    def kick(self, room: Room, client_id: str) -> None:
        """Remove all clients of a client's user, and ban the user. Raise ClientNotFound."""
        participant = room.participants.get(client_id)
        if participant is None:
            raise ClientNotFound(f"There is no client {client_id} in this room")
        room.ban(participant.user_id)
        for other in tuple(room.participants.values()):
            if other.user_id == participant.user_id:
                self.remove_participant(room, other, "kicked")
        self._unsubscribe_hidden(room, "kicked")
        self.kicked.emit(room, participant.user_id)

    def remove_participant(self, room: Room, participant: Participant, reason: str) -> None:
        """Remove a participant; `reason` is published with the event."""
        self._discard(room, participant)
        session = self._sessions.find_by_client(participant.client_id)
        if session is not None:
            self._subscriptions.withdraw(session, [room.topic], reason)
        self._publish_event(room, "user_left", {**event_data(participant), "reason": reason})
        user_id = participant.user_id
        if not room.has_user(user_id):
            room.votes.discard(user_id)
            if room.votes and len(room.votes) >= room.votes_needed:
                self.skip_voted.emit(room)
            if user_id == room.host_user_id:
                self._replace_host(room, kicked=reason == "kicked")
        self.changed.emit(room)

    def update_attendance(self, room: Room) -> None:
        """Update a room of which a participant has lost or regained its connection."""
        room.playback.start_if_ready(self._clock.now_us())
        self._publisher.schedule(room)
        self.changed.emit(room)

    def _discard(self, room: Room, participant: Participant) -> None:
        room.discard_participant(participant)
        if participant.player is not None and participant.player.room is room:
            self._detach_player(participant.player, room)
        self.left.emit(room, participant)

    def _attach_player(self, player: Player, room: Room) -> None:
        now_us = self._clock.now_us()
        player.room = room
        player.lagging = False
        player.solo_playback.pause(now_us)
        self._publisher.publish_switch(player)
        self._subscriptions.add_to_room(player.topic, room.topic, self._sessions)
        room.playback.resume_suspended(now_us)
        room.playback.start_if_ready(now_us)
        self._players.publish_change(player)

    def _detach_player(self, player: Player, room: Room) -> None:
        now_us = self._clock.now_us()
        player.room = None
        player.unbounded_volume = None
        player.lagging = False
        player.solo_playback.ensure_order(now_us)
        self._subscriptions.remove_from_room(player.topic, self._sessions)
        self._publisher.publish_switch(player)
        if room.playback.members.connected():
            room.playback.start_if_ready(now_us)
        else:
            room.playback.pause(now_us)
        self._players.publish_change(player)

    def _unsubscribe_hidden(self, room: Room, reason: str) -> None:
        for session in self._sessions:
            if room.topic in session.topics and not self._subscriptions.is_visible(session, room.topic):
                self._subscriptions.withdraw(session, [room.topic], reason)

    # ------------------------------------------------------------ host and roles

    def set_role(self, room: Room, user_id: str, role: RoomRole) -> None:
        """Set the role of a participant; a new host replaces the old one. Raise InvalidMessage."""
        if not room.has_user(user_id):
            raise InvalidMessage(Sentence("not_in_room", "{user} isn't in this room", user=user_id), ["user_id"])
        if role == "host":
            self._set_host(room, user_id)
            return
        if user_id == room.host_user_id:
            raise InvalidMessage(
                Sentence("room_needs_host", "A room needs a host: give this role to another user first"), ["role"]
            )
        room.set_role(user_id, role)
        self._publish_event(room, "role_changed", {"user_id": user_id, "role": role})

    def admit(self, room: Room, user_id: str, role: RoomRole) -> None:
        """Admit a user that was invited: lift a ban, and give the role unless the user has one with more rights.

        A ban is lifted by a newer invite only, because a kick revokes the older ones.
        """
        room.banned.pop(user_id, None)
        current = room.roles.get(user_id)
        if user_id != room.host_user_id and (current is None or ROLE_RIGHTS[current] < ROLE_RIGHTS[role]):
            room.set_role(user_id, role)
            if room.has_user(user_id):
                self._publish_event(room, "role_changed", {"user_id": user_id, "role": role})
        self.changed.emit(room)

    def _set_host(self, room: Room, user_id: str) -> None:
        room.host_user_id = user_id
        name = next(
            (participant.username for participant in room.participants.values() if participant.user_id == user_id), None
        )
        self._publish_event(room, "host_changed", {"host_user_id": user_id, "username": name})

    def _replace_host(self, room: Room, *, kicked: bool) -> None:
        successor = next(iter(room.participants.values()), None)
        if successor is not None:
            self._set_host(room, successor.user_id)
        elif kicked:
            room.host_user_id = None
        else:
            room.awaits_host = True

    # ------------------------------------------------------------ volume, chat and votes

    def set_volume(self, room: Room, volume: float | None, muted: bool | None) -> None:
        """Set the mean volume (0 to 1) and whether all players are muted, unless they are `None`."""
        players = room.renderers if volume is None else room.adjustable_players
        volumes: Sequence[float | None] = [None] * len(players)
        if volume is not None:
            balance = (player.unbounded_volume or player.volume for player in players)
            volumes = shift_volumes(list(balance), volume)
        for player, player_volume in zip(players, volumes, strict=True):
            self._players.set_volume(player, player_volume, muted, alone=False)
        self._topics.publish(room.topic, room.status())
        self._topics.publish(room.topic, room.volumes())

    def post_chat(self, room: Room, author: Principal, text: str) -> ChatLine:
        """Add a line of chat and return it."""
        line = ChatLine(
            message_id=secrets.token_hex(8),
            user_id=author.sub,
            username=author.name,
            message=text,
            sent_at=self._clock.timestamp(),
        )
        room.chat.append(line)
        self._topics.publish(room.topic, RoomChat(room_id=room.room_id, **msgspec.structs.asdict(line)))
        self.event_published.emit(room, "room_chat", msgspec.to_builtins(line))
        self.changed.emit(room)
        return line

    def vote(self, room: Room, user_id: str) -> bool:
        """Count a user's vote to skip the current item.

        Returns whether the votes are a majority. Raises InvalidMessage if there is no current item.
        """
        if (item := room.playback.current) is None:
            raise InvalidMessage(Sentence("no_current_item", "There is no current item"), ["room_id"])
        room.votes.add(user_id)
        votes, needed = len(room.votes), room.votes_needed
        room.playback.queue.set_votes(item.queue_item_id, votes)
        data = {"user_id": user_id, "queue_item_id": item.queue_item_id, "votes": votes, "needed": needed}
        self._publish_event(room, "skip_vote", data)
        return votes >= needed
