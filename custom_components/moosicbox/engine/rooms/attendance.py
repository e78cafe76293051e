"""Clients who drop out of rooms and come back: a page that reloads neither leaves nor comes."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from ..clock import Clock
from ..limits import SharedLimits
from ..playback.player import Player
from ..playback.players import Players
from ..protocol.errors import HubError
from ..sessions.session import ClientKey, Session, client_key
from ..sessions.sessions import Sessions
from ..sessions.subscriptions import Subscriptions
from ..timers import Timers
from .room import GUEST, Participant, Room
from .rooms import Rooms

MAX_MISSING: Final = 1_000
"""Clients of one room who may come back by themselves."""


class Attendance:
    """Keeps places for those who are away, for a while."""

    def __init__(
        self,
        rooms: Rooms,
        players: Players,
        sessions: Sessions,
        subscriptions: Subscriptions,
        timers: Timers,
        clock: Clock,
        limits: SharedLimits,
    ) -> None:
        """Follows `sessions` and `players`."""
        self._limits = limits
        self._rooms = rooms
        self._players = players
        self._subscriptions = subscriptions
        self._timers = timers
        self._clock = clock
        sessions.opened.subscribe(self._opened)
        sessions.renewed.subscribe(self._renewed)
        sessions.disconnected.subscribe(self._lost)
        sessions.ended.subscribe(self._ended)
        players.removed.subscribe(self._player_removed)

    def adopt(self, sessions: Sessions) -> None:
        """Rooms were taken over from another hub: whose session had ended there still has its while to come back."""
        due_us = self._clock.now_us() + int(self._limits.current.availability_grace * 1e6)
        here = {session.client_id for session in sessions}
        for room in self._rooms:
            for participant in tuple(room.participants.values()):
                if participant.client_id not in here:
                    participant.away = True
                    participant.leaving = self._timers.at(due_us, partial(self._gone, room, participant))

    def forget_absent_guests(self) -> None:
        """Whoever was invited and didn't come back is a player no more."""
        for player in self._players:
            if player.room is None:
                self._forget_guest(player)

    def _opened(self, session: Session, resumed: bool) -> None:
        key = client_key(session, session.client)
        for room in self._rooms:
            place = room.participants.get(session.client_id)
            if place is None and not resumed:
                place = _kept_place(room, key)
            if place is not None:
                self._return(room, place, session, key)
            elif room.missing.pop(key, 0) > self._clock.now_us() and room.visible_to(session.principal):
                try:
                    self._rooms.join(room, session)
                except HubError:
                    continue

    def _return(self, room: Room, participant: Participant, session: Session, key: ClientKey) -> None:
        if participant.leaving is not None:
            participant.leaving.cancel()
            participant.leaving = None
        room.move_participant(participant, session.client_id, key)
        participant.username = session.principal.name
        if not room.visible_to(session.principal):
            self._rooms.remove_participant(room, participant, "permissions")
            return
        self._subscriptions.assign(session, [room.topic])
        self._rooms.attendance_changed(room)

    def _renewed(self, session: Session) -> None:
        for room, participant in tuple(self._places_of(session)):
            if not room.visible_to(session.principal):
                self._rooms.remove_participant(room, participant, "permissions")

    def _lost(self, session: Session) -> None:
        for room, participant in self._places_of(session):
            participant.away = True
            self._rooms.attendance_changed(room)

    def _ended(self, session: Session) -> None:
        due_us = self._clock.now_us() + int(self._limits.current.availability_grace * 1e6)
        places = tuple(self._places_of(session))
        for room, participant in places:
            participant.away = True
            participant.leaving = self._timers.at(due_us, partial(self._gone, room, participant))
            self._rooms.attendance_changed(room)
        if session.player_id is not None and not places:
            self._forget_guest(self._players.find(session.player_id))

    def _gone(self, room: Room, participant: Participant) -> None:
        if room.participants.get(participant.client_id) is not participant:
            return
        room.missing[participant.key] = self._clock.now_us() + int(self._limits.current.rejoin_seconds * 1e6)
        if len(room.missing) > MAX_MISSING:
            del room.missing[next(iter(room.missing))]
        self._rooms.remove_participant(room, participant, "left")
        self._forget_guest(participant.player)

    def _forget_guest(self, player: Player | None) -> None:
        if player is not None and not player.connected and player.owner_user_id.startswith(GUEST):
            self._players.remove(player.player_id)

    def _player_removed(self, player: Player) -> None:
        if (room := self._rooms.of_player(player)) is not None:
            for participant in tuple(room.participants.values()):
                if participant.player is player:
                    self._rooms.remove_participant(room, participant, "left")

    def _places_of(self, session: Session) -> Iterator[tuple[Room, Participant]]:
        for room in self._rooms:
            if (participant := room.participants.get(session.client_id)) is not None:
                yield room, participant


def _kept_place(room: Room, key: ClientKey) -> Participant | None:
    # The same player, whoever is behind it; or the same client, first one whose session is over.
    away = [member for member in room.participants.values() if member.away]
    same_player = (
        member for member in away if member.player is not None and key[1:] == ("player", member.player.player_id)
    )
    same_client = sorted((member for member in away if member.key == key), key=lambda member: member.leaving is None)
    return next(same_player, None) or next(iter(same_client), None)
