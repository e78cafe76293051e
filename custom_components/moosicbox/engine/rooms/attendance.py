"""Keeps the places of disconnected clients in rooms, so that reloading a page neither leaves nor joins a room."""

from collections.abc import Iterator
from functools import partial

from ..access.rights import GUEST_PREFIX
from ..clock import Clock
from ..limits import SharedLimits
from ..playback.player import Player
from ..playback.players import Players
from ..protocol.errors import HubError
from ..sessions.session import ClientKey, Session, client_key
from ..sessions.sessions import Sessions
from ..sessions.subscriptions import Subscriptions
from ..timers import Timers
from .room import Participant, Room
from .rooms import Rooms


class Attendance:
    """Marks participants without a connection as away, removes them after a grace period, and lets them return."""

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
        self._limits = limits
        self._rooms = rooms
        self._players = players
        self._subscriptions = subscriptions
        self._timers = timers
        self._clock = clock
        sessions.opened.subscribe(self._session_opened)
        sessions.renewed.subscribe(self._session_renewed)
        sessions.disconnected.subscribe(self._session_disconnected)
        sessions.ended.subscribe(self._session_ended)
        players.removed.subscribe(self._player_removed)

    def resume_away_timers(self, sessions: Sessions) -> None:
        """Start the grace period for participants of restored rooms that have no session."""
        client_ids = {session.client_id for session in sessions}
        for room in self._rooms:
            for participant in tuple(room.participants.values()):
                if participant.client_id not in client_ids:
                    self._remove_later(room, participant)

    def forget_absent_guests(self) -> None:
        """Remove the players of guests that are in no room and aren't connected."""
        for player in self._players:
            if player.room is None:
                self._forget_guest(player)

    # ------------------------------------------------------------ sessions

    def _session_opened(self, session: Session, resumed: bool) -> None:
        key = client_key(session, session.client)
        for room in self._rooms:
            participant = room.participants.get(session.client_id)
            if participant is None and not resumed:
                participant = _away_participant(room, key)
            if participant is not None:
                self._return(room, participant, session, key)
            elif room.rejoin_until.pop(key, 0) > self._clock.now_us() and room.visible_to(session.principal):
                try:
                    self._rooms.join(room, session)
                except HubError:
                    continue

    def _return(self, room: Room, participant: Participant, session: Session, key: ClientKey) -> None:
        if participant.removal is not None:
            participant.removal.cancel()
            participant.removal = None
        room.rebind_participant(participant, session.client_id, key)
        participant.username = session.principal.name
        if not room.visible_to(session.principal):
            self._rooms.remove_participant(room, participant, "permissions")
            return
        self._subscriptions.assign(session, [room.topic])
        self._rooms.update_attendance(room)

    def _session_renewed(self, session: Session) -> None:
        for room, participant in tuple(self._participations_of(session)):
            if not room.visible_to(session.principal):
                self._rooms.remove_participant(room, participant, "permissions")

    def _session_disconnected(self, session: Session) -> None:
        for room, participant in self._participations_of(session):
            participant.away = True
            self._rooms.update_attendance(room)

    def _session_ended(self, session: Session) -> None:
        participations = tuple(self._participations_of(session))
        for room, participant in participations:
            self._remove_later(room, participant)
            self._rooms.update_attendance(room)
        if session.player_id is not None and not participations:
            self._forget_guest(self._players.find(session.player_id))

    def _participations_of(self, session: Session) -> Iterator[tuple[Room, Participant]]:
        for room in self._rooms:
            if (participant := room.participants.get(session.client_id)) is not None:
                yield room, participant

    # ------------------------------------------------------------ removal

    def _remove_later(self, room: Room, participant: Participant) -> None:
        due_us = self._clock.now_us() + int(self._limits.current.availability_grace * 1e6)
        participant.away = True
        participant.removal = self._timers.at(due_us, partial(self._remove, room, participant))

    def _remove(self, room: Room, participant: Participant) -> None:
        if room.participants.get(participant.client_id) is not participant:
            return
        self._rooms.expect(room, participant.key)
        self._rooms.remove_participant(room, participant, "left")
        self._forget_guest(participant.player)

    def _forget_guest(self, player: Player | None) -> None:
        if player is not None and not player.connected and player.owner_user_id.startswith(GUEST_PREFIX):
            self._players.remove(player.player_id)

    def _player_removed(self, player: Player) -> None:
        if (room := self._rooms.of_player(player)) is not None:
            for participant in tuple(room.participants.values()):
                if participant.player is player:
                    self._rooms.remove_participant(room, participant, "left")


def _away_participant(room: Room, key: ClientKey) -> Participant | None:
    # The away participant of the same player, whatever its user; else of the same client, preferably without a session.
    away = [participant for participant in room.participants.values() if participant.away]
    same_player = (
        participant
        for participant in away
        if participant.player is not None and key[1:] == ("player", participant.player.player_id)
    )
    same_client = sorted(
        (participant for participant in away if participant.key == key),
        key=lambda participant: participant.removal is None,
    )
    return next(same_player, None) or next(iter(same_client), None)
