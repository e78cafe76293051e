"""What a command is for, and what whoever gives it may do there: alone by permission, in a room by the room's rights."""

import secrets
from typing import NamedTuple

from ..access.rights import Principal
from ..playback.media import Media
from ..playback.playback import Playback
from ..playback.player import Player
from ..playback.players import Players
from ..protocol.errors import PermissionDenied
from ..protocol.types import QueueItem, Track, UserRef
from ..sessions.session import Actor
from .rights import ALL_RIGHTS, RoomRight
from .room import Room
from .rooms import Rooms


class Target(NamedTuple):
    """Whose music a command is for, and the rights of whoever gives it."""

    context: Player | Room
    actor: Actor
    rights: frozenset[RoomRight]

    @property
    def principal(self) -> Principal:
        """Who gives the command."""
        return self.actor.principal

    @property
    def playback(self) -> Playback:
        """The music."""
        return self.context.playback

    def require_right(self, right: RoomRight) -> None:
        """PermissionDenied without `right`."""
        if right not in self.rights:
            raise PermissionDenied(f"For {self.context.name} this needs the right {right!r}")

    def require_change_right(self, item: QueueItem) -> None:
        """PermissionDenied unless this item may be moved or taken out."""
        own = item.added_by.id == self.principal.sub
        if not (own and "queue.move_own" in self.rights):
            self.require_right("queue.move_any")
        if self.playback.is_current(item.queue_item_id) and self.playback.timeline.state != "idle":
            self.require_right("playback.skip")

    def require_media_right(self, media: Media) -> None:
        """PermissionDenied unless this may be added: guests add library tracks only."""
        if not (media.in_library or self.may_add_foreign_media):
            raise PermissionDenied("Guests may add tracks of the library only")

    @property
    def may_add_foreign_media(self) -> bool:
        """Guests add library tracks only: no URLs, no media sources."""
        return self.principal.may_add_foreign_media and "playback.control" in self.rights

    @property
    def is_host(self) -> bool:
        """Whether this is the host of the room that the music is for."""
        return isinstance(self.context, Room) and self.context.host_user_id == self.principal.sub

    def new_item(self, track: Track, added_at: str) -> QueueItem:
        """Return a new queue item for `track`, added by the actor."""
        return QueueItem(
            queue_item_id=secrets.token_hex(8),
            track=track,
            added_by=UserRef(id=self.principal.sub, name=self.principal.name),
            added_at=added_at,
            origin="host" if self.is_host else "user",
        )


class Targets:
    """Finds what commands are for."""

    def __init__(self, players: Players, rooms: Rooms) -> None:
        """`players` and `rooms` are all that there are."""
        self._players = players
        self._rooms = rooms

    def playback_target(
        self, actor: Actor, player_id: str | None, room_id: str | None, permission: str = "control"
    ) -> Target:
        """Whose music a command is for: a player that names none means itself, in a room it means the room's."""
        principal = actor.principal
        if room_id is not None:
            room = self._rooms.get(room_id, principal)
            return Target(room, actor, room.rights(principal))
        player = self._player(actor, player_id, permission)
        if (joined := self._rooms.of_player(player)) is not None:
            if not joined.visible_to(principal):
                raise PermissionDenied(f"{player.name} is in a private room")
            return Target(joined, actor, joined.rights(principal))
        return Target(player, actor, ALL_RIGHTS if principal.may("control") else frozenset())

    def volume_target(self, actor: Actor, player_id: str | None, room_id: str | None) -> Player | Room:
        """Whose loudness a command is for; PermissionDenied if it isn't this one's to change."""
        principal = actor.principal
        if room_id is not None:
            room = self._rooms.get(room_id, principal)
            room.require_right(principal, "volume")
            return room
        player = self._player(actor, player_id, "control")
        if not ((principal.may("control") and principal.rooms is None) or _is_own(actor, player)):
            if (joined := self._rooms.of_player(player)) is None:
                principal.require("control")
                raise PermissionDenied("This token is limited to rooms")
            joined.require_right(principal, "volume")
        return player

    def require_move_right(self, principal: Principal, player: Player) -> None:
        """Raise PermissionDenied unless `principal` may put `player` into rooms and take it out of its current one."""
        if player.owner_user_id == principal.sub:
            return
        room = self._rooms.of_player(player)
        if room is not None and not room.is_group:
            room.require_right(principal, "member.kick")
            return
        principal.require("control")
        if principal.rooms is not None:
            raise PermissionDenied("This token is limited to rooms")

    def _player(self, actor: Actor, player_id: str | None, permission: str) -> Player:
        principal = actor.principal
        own = actor.session.player_id if actor.session is not None else None
        player = self._players.find(player_id or own or "")
        if principal.rooms is not None and (player is None or not _is_own(actor, player)):
            room = None if player is None else self._rooms.of_player(player)
            if room is None or not room.visible_to(principal):
                raise PermissionDenied("This token is limited to rooms")
        if player is not None:
            return player
        principal.require(permission)
        return self._players.only() if player_id is None else self._players.get(player_id)


def _is_own(actor: Actor, player: Player) -> bool:
    return actor.session is not None and actor.session.player_id == player.player_id
