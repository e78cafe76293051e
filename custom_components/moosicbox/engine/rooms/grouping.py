"""Players of the house that are put together, like speakers: a room that is there as long as it joins at least two of them."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import msgspec

from ..access.rights import Principal
from ..background import Spawn
from ..clock import Clock
from ..playback.media_resolver import MediaResolver
from ..playback.playback import Playback
from ..playback.player import Player
from ..playback.players import Players
from ..protocol.errors import HubError, InvalidMessage, PermissionDenied, RoomFull, Unavailable
from ..sessions.session import Session
from ..sessions.sessions import Sessions
from ..timers import Timer, Timers
from .room import Room, RoomSettings
from .rooms import Rooms
from .targets import Targets

MAX_MEMBERS: Final = 100
"""Players of one group."""
ID: Final = "group."
"""What a group's id begins with; the leader's follows, so that the same group is the same room each time."""


class Grouping:
    """Joins players to others, and dissolves groups that join nothing any more."""

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
        """`spawn` runs what takes time."""
        self._players = players
        self._rooms = rooms
        self._sessions = sessions
        self._targets = targets
        self._media_resolver = media_resolver
        self._timers = timers
        self._clock = clock
        self._spawn = spawn
        self._checks: dict[str, Timer] = {}
        rooms.left.subscribe(lambda room, _participant: self._check_soon(room))
        rooms.joined.subscribe(lambda room, _participant: self._check_soon(room))
        rooms.closed.subscribe(self._closed)

    def start(self) -> None:
        """Groups of before a restart have a while to come back, too."""
        for room in self._rooms:
            self._check_soon(room)

    async def join(self, principal: Principal, leader: Player | Room, players: Sequence[Player]) -> Room:
        """`players` play along with `leader`, in its room, or in a new one that goes on with its music.

        PermissionDenied, RoomFull, or Unavailable if one of the players isn't connected; then nothing has changed.
        """
        _demand_control(principal)
        known = self._room_of(leader)
        new = [player for player in dict.fromkeys(players) if player is not leader and not _is_in(player, known)]
        for player in new:
            self._targets.require_move_right(principal, player)
            self._session(player)
        if isinstance(leader, Room):
            room = leader
        else:
            room = self._room_of(leader) or await self._make(leader, len(new))
        self._rooms.get(room.room_id, principal)
        if (places := room.settings.max_participants - len(room.participants)) < len(new):
            raise RoomFull(f"{room.name} has {max(0, places)} places left")
        for player in new:
            self._rooms.join(room, self._session(player))
        return room

    def check(self, principal: Principal, leader: Player | Room) -> None:
        """PermissionDenied if nobody may join `leader` in `principal`'s name."""
        _demand_control(principal)
        if (room := self._room_of(leader)) is not None:
            self._rooms.get(room.room_id, principal)

    def leave(self, principal: Principal, player: Player) -> None:
        """`player` plays alone again; alone already, it stays so. PermissionDenied."""
        room = self._rooms.of_player(player)
        if room is not None and (place := room.participant_of(player)) is not None:
            self._targets.require_move_right(principal, player)
            self._rooms.leave(room, place)

    def dissolve(self, principal: Principal, room: Room) -> None:
        """Everybody plays alone again; the leader goes on with the music. PermissionDenied."""
        _demand_control(principal)
        self._rooms.get(room.room_id, principal)
        self._spawn(self._dissolve(room))

    # ------------------------------------------------------------ making

    async def _make(self, leader: Player, others: int) -> Room:
        if not others:
            raise InvalidMessage(f"Name other players that {leader.name} shall play with", ["group_members"])
        self._session(leader)
        room_id = ID + leader.player_id
        taken = len(room_id) > 64 or self._rooms.find(room_id) is not None
        settings = RoomSettings(
            name=_name(leader, others), max_participants=MAX_MEMBERS, control="everyone", is_public=True
        )
        room = self._rooms.create(settings, None if taken else room_id, leader.owner_user_id)
        room.is_group = True
        room.outputs, leader.outputs = leader.outputs, {}
        await self._hand_over(leader.solo_playback, room.playback)
        self._rooms.join(room, self._session(leader))
        return room

    async def _hand_over(self, source: Playback, to: Playback) -> None:
        if len(source.queue):
            # What can't be played any more isn't; the queue goes over all the same.
            with suppress(HubError):
                await self._media_resolver.transfer(source, to)

    def _room_of(self, leader: Player | Room) -> Room | None:
        return leader if isinstance(leader, Room) else self._rooms.of_player(leader)

    def _session(self, player: Player) -> Session:
        session = self._sessions.find_by_client(player.client_id) if player.connected else None
        if session is None:
            raise Unavailable(f"{player.name} isn't connected, so it can't play along")
        return session

    # ------------------------------------------------------------ coming and going

    def _closed(self, room: Room) -> None:
        if (timer := self._checks.pop(room.room_id, None)) is not None:
            timer.cancel()

    def _rename(self, room: Room) -> None:
        if room.is_group and len(room.renderers) > 1:
            name = _name(room.renderers[0], len(room.renderers) - 1)
            if name != room.settings.name:
                self._rooms.update(room, msgspec.structs.replace(room.settings, name=name))

    def _check_soon(self, room: Room) -> None:
        # Not at once: whoever comes or leaves does so in the middle of something else.
        if room.is_group and self._rooms.find(room.room_id) is room:
            if (timer := self._checks.get(room.room_id)) is not None:
                timer.cancel()
            self._checks[room.room_id] = self._timers.at(self._clock.now_us(), self._check, room)

    def _check(self, room: Room) -> None:
        self._checks.pop(room.room_id, None)
        self._rename(room)
        if len(room.renderers) > 1:
            return
        # Those who dropped out may come back by themselves for a while.
        now_us = self._clock.now_us()
        returns = [until_us for key, until_us in room.missing.items() if key[1] == "player" and until_us > now_us]
        if len(room.renderers) + len(returns) > 1:
            self._checks[room.room_id] = self._timers.at(min(returns) + 1, self._check, room)
        else:
            self._spawn(self._dissolve(room))

    async def _dissolve(self, room: Room) -> None:
        if self._rooms.find(room.room_id) is not room:
            return
        heir = next(iter(room.renderers), None) or self._last_seen(room)
        if heir is not None:
            heir.outputs |= room.outputs
            await self._hand_over(room.playback, heir.solo_playback)
        if self._rooms.find(room.room_id) is room:
            if heir is not None and (place := room.participant_of(heir)) is not None:
                self._rooms.leave(room, place)
            self._rooms.close(room)

    def _last_seen(self, room: Room) -> Player | None:
        players = (self._players.find(player_id) for _sub, kind, player_id in room.missing if kind == "player")
        return next((player for player in players if player is not None), None)


def _demand_control(principal: Principal) -> None:
    principal.require("control")
    if principal.rooms is not None:
        raise PermissionDenied("This token is limited to rooms")


def _name(leader: Player, others: int) -> str:
    return f"{leader.name[:90]} + {others}"


def _is_in(player: Player, room: Room | None) -> bool:
    return room is not None and player.room is room
