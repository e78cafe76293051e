"""Commands of rooms: create, join, control, invite, chat."""

from collections.abc import Coroutine
from typing import Any

import msgspec
from msgspec import UNSET

from ..clock import iso_from_unix
from ..hub import Hub
from ..playback.player import Player
from ..protocol.client import (
    PlaybackCommand,
    RoomChat,
    RoomClose,
    RoomCreate,
    RoomGet,
    RoomInvite,
    RoomJoin,
    RoomKick,
    RoomLeave,
    RoomList,
    RoomPause,
    RoomPlay,
    RoomRevokeInvites,
    RoomSeek,
    RoomSetRole,
    RoomSkipVote,
    RoomUpdate,
    SeekCommand,
)
from ..protocol.errors import InvalidMessage, RoomNotFound, Sentence, Unavailable
from ..protocol.results import ChatResult, InviteResult, RevokedInvitesResult, RoomListResult, RoomResult
from ..rooms.rights import RoomRight
from ..rooms.room import Room, RoomSettings
from ..sessions.session import Actor, Session

SETTINGS = RoomSettings.__struct_fields__
GUEST_PAGE_PATH = "/moosicbox/party/#"
"""The guest page; the invite follows in the fragment, which browsers don't send to servers."""


class RoomHandlers:
    """Handles `room_command` and `room_chat`: finds the room, checks the right, changes the room."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def register(self) -> None:
        """Add the messages to the hub's table."""
        hub = self.hub
        hub.register(RoomCreate, self.create, "rooms")
        hub.register(RoomUpdate, self.update, "listen")
        hub.register(RoomClose, self.close, "listen")
        hub.register(RoomJoin, self.join, "listen")
        hub.register(RoomLeave, self.leave, "listen")
        hub.register(RoomKick, self.kick, "listen")
        hub.register(RoomInvite, self.invite, "listen")
        hub.register(RoomRevokeInvites, self.revoke_invites, "listen")
        hub.register(RoomList, self.list, "listen")
        hub.register(RoomGet, self.get, "listen")
        hub.register(RoomPlay, self.play, "listen")
        hub.register(RoomPause, self.pause, "listen")
        hub.register(RoomSeek, self.seek, "listen")
        hub.register(RoomSkipVote, self.skip_vote, "listen")
        hub.register(RoomSetRole, self.set_role, "listen")
        hub.register(RoomChat, self.chat, "chat", "chat")

    def create(self, actor: Actor, message: RoomCreate) -> RoomResult:
        """Create a room. Its creator becomes the host and joins; a room created by the system has no host yet."""
        principal = actor.principal
        principal.require_household("rooms")
        settings = RoomSettings(**{name: getattr(message, name) for name in SETTINGS})
        creator = None if principal is self.hub.system else principal.sub
        room = self.hub.rooms.create(settings, message.id, message.host_user_id or creator)
        if actor.session is not None:
            self.hub.rooms.join(room, actor.session)
        return {"room_id": room.room_id}

    def update(self, actor: Actor, message: RoomUpdate) -> None:
        """Change the settings of a room."""
        room = self._room(actor, message.room_id, "member.kick")
        changes = {name: value for name in SETTINGS if (value := getattr(message, name)) is not None}
        self.hub.rooms.update(room, msgspec.structs.replace(room.settings, **changes), message.host_user_id)

    def close(self, actor: Actor, message: RoomClose) -> None:
        """Close a room."""
        room = self._room(actor, message.room_id, "member.kick")
        self.hub.rooms.close(room)

    def join(self, actor: Actor, message: RoomJoin) -> dict[str, object]:
        """Add the client to a room, or another player that it may control."""
        session = self._client(actor, message.player_id)
        self._redeem(actor, message)
        room = self.hub.rooms.get(message.room_id, actor.principal)
        if not room.visible_to(session.principal):
            # A principal that may invite guests may also add another player.
            room.require_right(actor.principal, "member.kick")
        self.hub.rooms.join(room, session)
        return self._state(room)

    def leave(self, actor: Actor, message: RoomLeave) -> None:
        """Remove a participant; do nothing if it isn't in the room."""
        client_id = None if actor.session is None else actor.session.client_id
        room = self.hub.rooms.find(message.room_id)
        if room is None or not (client_id in room.participants or room.visible_to(actor.principal)):
            # The same error for missing and hidden rooms: a client can't find out which rooms exist.
            raise RoomNotFound(f"There is no room {message.room_id}")
        if message.player_id is None and client_id is not None:
            participant = room.participants.get(client_id)
        else:
            participant = room.participant_of(self._player(actor, message.player_id))
        if participant is not None:
            self.hub.rooms.leave(room, participant)

    def kick(self, actor: Actor, message: RoomKick) -> None:
        """Remove a participant and ban its user."""
        room = self._room(actor, message.room_id, "member.kick")
        participant = room.participants.get(message.client_id)
        if participant is not None and participant.user_id == actor.principal.sub:
            raise InvalidMessage("This is the user's own client: leave the room instead", ["client_id"])
        self.hub.rooms.kick(room, message.client_id)

    def invite(self, actor: Actor, message: RoomInvite) -> InviteResult:
        """Return a new invite."""
        room = self._room(actor, message.room_id, "member.kick")
        if message.role == "host":
            raise InvalidMessage("An invite can't make a host: use set_role instead", ["role"])
        now = self.hub.clock.utc().timestamp()
        code, invite = self.hub.invites.create(room.room_id, message.role, now, message.expires_in, message.uses)
        self.hub.rooms.changed.emit(room)
        return {"invite": code, "url": GUEST_PAGE_PATH + code, "expires_at": iso_from_unix(invite.expires_at)}

    def revoke_invites(self, actor: Actor, message: RoomRevokeInvites) -> RevokedInvitesResult:
        """Revoke all invites of a room."""
        room = self._room(actor, message.room_id, "member.kick")
        revoked = self.hub.invites.revoke(room.room_id)
        self.hub.rooms.changed.emit(room)
        return {"revoked": revoked}

    def list(self, actor: Actor, _message: RoomList) -> RoomListResult:
        """Return the visible rooms."""
        return {"rooms": self.hub.room_lists.visible_to(actor.principal)}

    def get(self, actor: Actor, message: RoomGet) -> dict[str, object]:
        """Return the state of a room."""
        return self._state(self.hub.rooms.get(message.room_id, actor.principal))

    async def play(self, actor: Actor, message: RoomPlay) -> None:
        """Start playback in a room."""
        command = PlaybackCommand(
            room_id=message.room_id,
            command="play",
            track_id=message.track_id,
            start_position=message.start_position,
        )
        await self.hub.dispatcher.execute(actor, command)

    def pause(self, actor: Actor, message: RoomPause) -> None:
        """Pause playback in a room."""
        room = self._room(actor, message.room_id, "playback.control")
        room.require_capability("pause")
        room.playback.pause(self.hub.clock.now_us(), message.position)

    async def seek(self, actor: Actor, message: RoomSeek) -> None:
        """Move to another position in a room's current item."""
        command = SeekCommand(room_id=message.room_id, position_seconds=message.position_seconds)
        await self.hub.dispatcher.execute(actor, command)

    def skip_vote(self, actor: Actor, message: RoomSkipVote) -> Coroutine[Any, Any, None] | None:
        """Vote to skip the current item; a majority skips it."""
        room = self.hub.rooms.get(message.room_id, actor.principal)
        room.require_vote_right(actor.principal)
        if room.settings.control != "votes" or self.hub.rooms.vote(room, actor.principal.sub):
            return self.hub.media_resolver.skip(room.playback)
        return None

    def set_role(self, actor: Actor, message: RoomSetRole) -> None:
        """Change the role of a participant."""
        room = self._room(actor, message.room_id, "member.kick")
        self.hub.rooms.set_role(room, message.user_id, message.role)

    def chat(self, actor: Actor, message: RoomChat) -> ChatResult:
        """Post a chat message."""
        room = self._room(actor, message.room_id, "chat")
        return {"message_id": self.hub.rooms.post_chat(room, actor.principal, message.message).message_id}

    # ------------------------------------------------------------ inside

    def _room(self, actor: Actor, room_id: str, right: RoomRight) -> Room:
        room = self.hub.rooms.get(room_id, actor.principal)
        room.require_right(actor.principal, right)
        return room

    def _redeem(self, actor: Actor, message: RoomJoin) -> None:
        room = self.hub.rooms.find(message.room_id)
        if message.invite is None or (room is not None and room.has_user(actor.principal.sub)):
            return
        connection = actor.session.connection if actor.session else None
        address = connection.peer.address if connection else ""
        clock, principal = self.hub.clock, actor.principal
        now_us = clock.now_us()
        invite = self.hub.invites.find(message.invite, message.room_id, address, clock.utc().timestamp(), now_us)
        if room is not None:
            self.hub.invites.use(message.invite, address, now_us)
            self.hub.rooms.admit(room, principal.sub, invite.role)

    def _client(self, actor: Actor, player_id: str | None) -> Session:
        if player_id is None:
            if actor.session is None:
                raise InvalidMessage("player_id is required: this command doesn't come from a client", ["player_id"])
            return actor.session
        player = self._player(actor, player_id)
        session = self.hub.sessions.find_by_client(player.client_id)
        if session is None:
            raise Unavailable(Sentence("player_away", "{player} isn't connected", player=player.name))
        return session

    def _player(self, actor: Actor, player_id: str | None) -> Player:
        if player_id is None:
            raise InvalidMessage("player_id is required", ["player_id"])
        player = self.hub.players.get(player_id)
        if actor.session is None or actor.session.player_id != player_id:
            self.hub.targets.require_move_right(actor.principal, player)
        return player

    def _state(self, room: Room) -> dict[str, object]:
        fields = msgspec.structs.asdict(room.state())
        return {name: value for name, value in fields.items() if value is not UNSET}
