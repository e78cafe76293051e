"""Targets of commands, and the actor's rights there: by permission for a player, by the room's rights in a room."""

from typing import NamedTuple

from ..access.rights import Principal
from ..playback.media import Media
from ..playback.playback import Playback
from ..playback.player import Player
from ..playback.players import Players
from ..playback.queue import new_item
from ..protocol.errors import PermissionDenied, Sentence
from ..protocol.types import QueueItem, Track
from ..sessions.session import Actor
from .rights import ALL_RIGHTS, RoomRight
from .room import Room
from .rooms import Rooms


class Target(NamedTuple):
    """The player or room that a command addresses, and the actor. Rights are asked for again after waiting."""

    context: Player | Room
    actor: Actor

    @property
    def rights(self) -> frozenset[RoomRight]:
        """The rights that the actor has there now."""
        if isinstance(self.context, Room):
            return self.context.rights(self.principal)
        is_reachable = self.principal.rooms is None or _is_own(self.actor, self.context)
        return ALL_RIGHTS if is_reachable and self.principal.may("control") else frozenset()

    @property
    def principal(self) -> Principal:
        """The principal of the actor."""
        return self.actor.principal

    @property
    def playback(self) -> Playback:
        """The playback of the player or room."""
        return self.context.playback

    def require_right(self, right: RoomRight) -> None:
        """Raise PermissionDenied if the actor lacks `right`."""
        if right not in self.rights:
            raise PermissionDenied(
                Sentence(
                    "right_missing", "For {room} this needs the right {right!r}", room=self.context.name, right=right
                )
            )

    def require_change_right(self, item: QueueItem) -> None:
        """Raise PermissionDenied if the actor may neither move nor remove `item`."""
        added_by_actor = item.added_by.id == self.principal.sub
        if not (added_by_actor and "queue.move_own" in self.rights):
            self.require_right("queue.move_any")
        if self.playback.is_current(item.queue_item_id) and self.playback.timeline.state != "idle":
            self.require_right("playback.skip")

    def require_media_right(self, media: Media) -> None:
        """Raise PermissionDenied if the actor may not add `media`; guests may add library tracks only."""
        if not (media.in_library or self.may_add_foreign_media):
            raise PermissionDenied("Guests may add tracks of the library only")

    @property
    def may_add_foreign_media(self) -> bool:
        """True if the actor may add media other than library tracks."""
        return self.principal.may_add_foreign_media and "playback.control" in self.rights

    @property
    def is_host(self) -> bool:
        """True if the actor is the host of the room."""
        return isinstance(self.context, Room) and self.context.host_user_id == self.principal.sub

    def new_item(self, track: Track, added_at: str) -> QueueItem:
        """Return a new queue item for `track`, added by the actor."""
        return new_item(track, self.principal, added_at, "host" if self.is_host else "user")


class Targets:
    """Finds the targets of commands."""

    def __init__(self, players: Players, rooms: Rooms) -> None:
        self._players = players
        self._rooms = rooms

    def playback_target(
        self, actor: Actor, player_id: str | None, room_id: str | None, permission: str = "control"
    ) -> Target:
        """Return the target of a command.

        Without both ids, the target is the actor's own player. For a player in a room, the target is the room. The
        actor's rights there may be none at all. `permission` is needed only to learn that a player doesn't exist.
        Raise HubError if there is no such target, or the actor isn't allowed to see it.
        """
        principal = actor.principal
        if room_id is not None:
            room = self._rooms.get(room_id, principal)
            return Target(room, actor)
        player = self._player(actor, player_id, permission)
        if (joined := self._rooms.of_player(player)) is not None:
            if not joined.visible_to(principal):
                raise PermissionDenied(
                    Sentence("player_in_private_room", "{player} is in a private room", player=player.name)
                )
            return Target(joined, actor)
        return Target(player, actor)

    def volume_target(self, actor: Actor, player_id: str | None, room_id: str | None) -> Player | Room:
        """Return the target of a volume command. Raise HubError if it doesn't exist or the actor may not change it."""
        principal = actor.principal
        if room_id is not None:
            room = self._rooms.get(room_id, principal)
            room.require_right(principal, "volume")
            return room
        player = self._player(actor, player_id, "control")
        if not ((principal.may("control") and principal.rooms is None) or _is_own(actor, player)):
            if (joined := self._rooms.of_player(player)) is not None:
                joined.require_right(principal, "volume")
            else:
                principal.require_household("control")
        return player

    def require_move_right(self, principal: Principal, player: Player) -> None:
        """Raise PermissionDenied unless `principal` may put `player` into rooms and take it out of its current one."""
        if player.owner_user_id == principal.sub:
            return
        room = self._rooms.of_player(player)
        if room is not None and not room.is_group:
            room.require_right(principal, "member.kick")
            return
        principal.require_household("control")

    def _player(self, actor: Actor, player_id: str | None, permission: str) -> Player:
        principal = actor.principal
        session_player_id = actor.session.player_id if actor.session is not None else None
        player = self._players.find(player_id or session_player_id or "")
        if principal.rooms is not None and (player is None or not _is_own(actor, player)):
            room = None if player is None else self._rooms.of_player(player)
            if room is None or not room.visible_to(principal):
                raise PermissionDenied(Sentence("limited_to_rooms", "The access is limited to certain rooms"))
        if player is not None:
            return player
        principal.require(permission)
        return self._players.only() if player_id is None else self._players.get(player_id)


def _is_own(actor: Actor, player: Player) -> bool:
    return actor.session is not None and actor.session.player_id == player.player_id
