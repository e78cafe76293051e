"""Detects players that are out of sync with the other players of their room."""

from typing import Any, Final

from ..playback.player import Player
from ..playback.players import Players
from ..signals import Signal
from .room import Participant, Room
from .rooms import Rooms

REPORTS: Final = 2
"""Consecutive reports with a large error. A single one is corrected by the player itself."""


class SyncMonitor:
    """Follows the reports of players in rooms."""

    def __init__(self, players: Players, rooms: Rooms) -> None:
        self.out_of_sync: Signal[Room, Player] = Signal()
        """A player is out of sync. Emitted again only after the player was in sync."""
        self._rooms = rooms
        self._reports: dict[Player, int] = {}
        """The consecutive reports of players that are out of sync."""
        players.reported.subscribe(self._player_reported)
        players.removed.subscribe(self._forget)
        rooms.left.subscribe(self._participant_left)
        rooms.event_published.subscribe(self._event_published)

    def _player_reported(self, player: Player) -> None:
        room, report = self._rooms.of_player(player), player.report
        if player.is_in_sync or room is None or len(room.playback.members.connected()) < 2:
            self._forget(player)
        elif report is not None and report.state == "playing":
            self._count(room, player, 1)

    def _event_published(self, room: Room, event_type: str, data: dict[str, Any]) -> None:
        if event_type == "participant_lagging":
            for player in room.renderers:
                if player.player_id == data["player_id"]:
                    self._count(room, player, REPORTS)

    def _participant_left(self, _room: Room, participant: Participant) -> None:
        if participant.player is not None:
            self._forget(participant.player)

    def _count(self, room: Room, player: Player, reports: int) -> None:
        before = self._reports.get(player, 0)
        self._reports[player] = min(REPORTS, before + reports)
        if before < REPORTS <= before + reports:
            self.out_of_sync.emit(room, player)

    def _forget(self, player: Player) -> None:
        self._reports.pop(player, None)
