"""Groups of players: a group is a room that is closed once it has fewer than two players."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from ..access.rights import Principal
from ..background import Spawn
from ..clock import Clock
from ..playback.contexts import move_outputs
from ..playback.media_resolver import MediaResolver
from ..playback.playback import Playback
from ..playback.player import PlaybackContext, Player
from ..playback.players import Players
from ..protocol.errors import HubError, InvalidMessage, RoomFull, Sentence, Unavailable
from ..sessions.session import Session, client_key
from ..sessions.sessions import Sessions
from ..signals import Signal
from ..timers import Timer, Timers
from .room import Room, RoomSettings
from .rooms import Rooms
from .targets import Targets

MAX_MEMBERS: Final = 100
"""Players of one group."""
GROUP_ID_PREFIX: Final = "group."
"""A group's id begins with this, followed by its leader's id. So it is the same room each time."""
MAX_ID_LENGTH: Final = 64


class Grouping:
    """Groups players, and dissolves groups that have become too small."""

    def __init__(
        self,
        players: Players,
        rooms: Rooms,
        sessions: Sessions,
        targets: Targets,
        media_resolver: MediaResolver,
        timers: Timers,
        clock: Clock,
        spawn: Spawn,
    ) -> None:
        self._players = players
        self._rooms = rooms
        self._sessions = sessions
        self._targets = targets
        self._media_resolver = media_resolver
        self._timers = timers
        self._clock = clock
        self._spawn = spawn
        self.dissolving: Signal[Room, Player] = Signal()
        """A group is about to be dissolved, and a player is about to take over its playback."""
        self.inherited: Signal[Room, Player] = Signal()
        """A group is about to be closed, and a player has taken over its playback."""
        self._checks: dict[str, Timer] = {}
        self._creating: set[Room] = set()
        """Groups that aren't checked yet, because their players are still to join."""
        self._is_kept: Callable[[Room], bool] = lambda _room: False
        rooms.left.subscribe(lambda room, _participant: self.schedule_check(room))
        rooms.joined.subscribe(lambda room, _participant: self.schedule_check(room))
        rooms.closed.subscribe(self._room_closed)

    def start(self) -> None:
        """Check the groups that were restored."""
        for room in self._rooms:
            self.schedule_check(room)

    def keep_groups(self, is_kept: Callable[[Room], bool]) -> None:
        """Keep groups of one player for which `is_kept` returns true."""
        self._is_kept = is_kept

    def schedule_check(self, room: Room) -> None:
        """Dissolve a group soon, if it has become too small."""
        # Deferred, because the participants are being changed right now.
        if room.is_group and self._rooms.find(room.room_id) is room:
            if (timer := self._checks.get(room.room_id)) is not None:
                timer.cancel()
            self._checks[room.room_id] = self._timers.at(self._clock.now_us(), self._check, room)

    # ------------------------------------------------------------ commands

    async def join(self, principal: Principal, leader: Player | Room, players: Sequence[Player]) -> Room:
        """Add players to the room of `leader`, or to a new group that continues its playback: all, or none.

        Args:
            principal: The principal that requests it.
            leader: A room, or a player that is in a room or becomes the leader of a group.
            players: The players to add; those that are in the room already are ignored.

        Returns:
            The room.

        Raises:
            PermissionDenied: If the principal may not control the leader or move the players, or one of them is banned.
            Unavailable: If a player isn't connected.
            RoomFull: If there aren't enough places.
            RefusedByRule: If a rule of the household forbids a player to join.
            InvalidMessage: If a group would have no other players.

        """
        principal.require_household("control")
        if isinstance(leader, Room):
            room = leader
        else:
            room = self._rooms.of_player(leader) or await self._create(principal, leader, players)
        new = [player for player in dict.fromkeys(players) if player.room is not room]
        self._rooms.get(room.room_id, principal)
        if (places := room.settings.max_participants - len(room.participants)) < len(new):
            raise RoomFull(f"{room.name} has {max(0, places)} places left")
        # All checks precede the first join.
        for session in [self._joining_session(principal, player, room, room.room_id) for player in new]:
            self._rooms.join(room, session)
        return room

    def require_control(self, principal: Principal, leader: Player | Room) -> None:
        """Raise PermissionDenied unless a principal may add players to the room of `leader`."""
        principal.require_household("control")
        if (room := self._room_of(leader)) is not None:
            self._rooms.get(room.room_id, principal)

    def leave(self, principal: Principal, *players: Player) -> list[Player]:
        """Remove players from their rooms: all, or none if one may not leave. Return those that were in a room.

        Raises:
            PermissionDenied: If the principal may not take one of the players out of its room.

        """
        leaving = [player for player in dict.fromkeys(players) if self._rooms.of_player(player) is not None]
        # All checks precede the first departure, by which the principal may lose its rights in the room.
        for player in leaving:
            self._targets.require_move_right(principal, player)
        for player in leaving:
            room = self._rooms.of_player(player)
            if room is not None and (participant := room.participant_of(player)) is not None:
                self._rooms.leave(room, participant)
        return leaving

    def dissolve(self, principal: Principal, room: Room) -> None:
        """Close a group. Its first player continues the playback. Raise PermissionDenied."""
        principal.require_household("control")
        self._rooms.get(room.room_id, principal)
        self._spawn(self._dissolve(room))

    # ------------------------------------------------------------ creating

    async def _create(self, principal: Principal, leader: Player, players: Sequence[Player]) -> Room:
        others = [player for player in dict.fromkeys(players) if player is not leader]
        if not others:
            raise InvalidMessage(
                Sentence("name_others", "Name other players to group with {player}", player=leader.name),
                ["group_members"],
            )
        own_id = GROUP_ID_PREFIX + leader.player_id
        unusable = len(own_id) > MAX_ID_LENGTH or self._rooms.find(own_id) is not None
        room_id = None if unusable else own_id
        for player in others:
            self._joining_session(principal, player, leader, room_id)
        session = self._session_of(leader)
        self._rooms.require_admission(session.principal, room_id)
        self._rooms.require_join(leader, leader)
        settings = RoomSettings(
            name=_name(leader, len(others)), max_participants=MAX_MEMBERS, control="everyone", is_public=True
        )
        room = self._rooms.create(settings, room_id, leader.owner_user_id, is_group=True)
        # Until the leader has joined, it is an absent player, which inherits the queue if the group is dissolved.
        self._rooms.expect(room, client_key(session, session.client))
        self._creating.add(room)
        try:
            move_outputs(leader, room)
            await self._transfer(leader.solo_playback, room.playback)
            self._rooms.get(room.room_id, principal)
            self._rooms.join(room, self._session_of(leader))
        finally:
            self._creating.discard(room)
            self.schedule_check(room)
        return room

    def _joining_session(
        self, principal: Principal, player: Player, context: PlaybackContext, room_id: str | None
    ) -> Session:
        # Raises a HubError if a player may not be moved to a room, which needn't exist yet and continues `context`.
        self._targets.require_move_right(principal, player)
        session = self._session_of(player)
        self._rooms.require_admission(session.principal, room_id)
        self._rooms.require_join(player, context)
        return session

    async def _transfer(self, source: Playback, to: Playback) -> None:
        if len(source.queue):
            # The queue is moved even if none of it can be played.
            with suppress(HubError):
                await self._media_resolver.transfer(source, to)

    def _room_of(self, leader: Player | Room) -> Room | None:
        return leader if isinstance(leader, Room) else self._rooms.of_player(leader)

    def _session_of(self, player: Player) -> Session:
        session = self._sessions.find_by_client(player.client_id) if player.connected else None
        if session is None:
            raise Unavailable(Sentence("player_away", "{player} isn't connected", player=player.name))
        return session

    # ------------------------------------------------------------ checking

    def _room_closed(self, room: Room) -> None:
        if (timer := self._checks.pop(room.room_id, None)) is not None:
            timer.cancel()

    def _check(self, room: Room) -> None:
        self._checks.pop(room.room_id, None)
        if room in self._creating:
            return
        self._rename(room)
        if len(room.renderers) > 1 or (room.renderers and self._is_kept(room)):
            return
        # Players that were disconnected may rejoin automatically for a while.
        now_us = self._clock.now_us()
        deadlines = [
            until_us for key, until_us in room.rejoin_until.items() if key[1] == "player" and until_us > now_us
        ]
        if len(room.renderers) + len(deadlines) > 1:
            self._checks[room.room_id] = self._timers.at(min(deadlines) + 1, self._check, room)
        else:
            self._spawn(self._dissolve(room))

    def _rename(self, room: Room) -> None:
        if room.is_group and len(room.renderers) > 1:
            name = _name(room.renderers[0], len(room.renderers) - 1)
            if name != room.settings.name:
                self._rooms.update(room, msgspec.structs.replace(room.settings, name=name))

    async def _dissolve(self, room: Room) -> None:
        if self._rooms.find(room.room_id) is not room:
            return
        successor = next(iter(room.renderers), None) or self._first_absent_player(room)
        if successor is not None:
            self.dissolving.emit(room, successor)
            move_outputs(room, successor)
            await self._transfer(room.playback, successor.solo_playback)
        if self._rooms.find(room.room_id) is room:
            if successor is not None and (participant := room.participant_of(successor)) is not None:
                self._rooms.leave(room, participant)
            if successor is not None:
                self.inherited.emit(room, successor)
            self._rooms.close(room)

    def _first_absent_player(self, room: Room) -> Player | None:
        players = (self._players.find(player_id) for _sub, kind, player_id in room.rejoin_until if kind == "player")
        return next((player for player in players if player is not None), None)


def _name(leader: Player, others: int) -> str:
    return f"{leader.name[:90]} + {others}"
