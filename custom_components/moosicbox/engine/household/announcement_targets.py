"""The targets of announcements: the players that can make one now, and the reasons of the others."""

from collections.abc import Sequence
from typing import NamedTuple

from ..access.rights import Principal
from ..playback.player import Player
from ..playback.players import Players
from ..protocol.errors import HubError, Sentence, Unavailable
from ..protocol.household import Announce
from ..protocol.results import RefusedAnnouncement
from ..rooms.announcements import Announcements
from ..rooms.room import Room
from ..rooms.rooms import Rooms
from .rules import Rules


class AnnouncementTargets(NamedTuple):
    """The targets of one announcement."""

    addressed: Sequence[Player | Room]
    """The addressed players and rooms of which a player makes the announcement."""
    players: Sequence[Player]
    """The players that make the announcement."""
    refused: list[RefusedAnnouncement]
    """The addressed players and rooms that don't, with the reasons."""


class AnnouncementTargetFinder:
    """Finds the targets of announcements."""

    def __init__(self, announcements: Announcements, players: Players, rooms: Rooms, rules: Rules) -> None:
        self._announcements = announcements
        self._players = players
        self._rooms = rooms
        self._rules = rules

    def find(self, principal: Principal, request: Announce) -> AnnouncementTargets:
        """Return the targets of an announcement.

        Raise HubError if no player can make it: the error of the first one.
        """
        targets: list[Player | Room] = []
        refused: list[RefusedAnnouncement] = []
        errors: list[HubError] = []
        candidates: dict[Player, None] = {}
        for player_id in request.player_ids:
            try:
                player = self._players.get(player_id)
                self._announcements.require_right(principal, player)
            except HubError as error:
                errors.append(error)
                refused.append({"player_id": player_id, **_reason(error)})
            else:
                targets.append(player)
                candidates[player] = None
        for room_id in request.room_ids:
            try:
                candidates |= dict.fromkeys(self._players_of_room(principal, room_id))
                targets.append(self._rooms.get(room_id, principal))
            except HubError as error:
                errors.append(error)
                refused.append({"room_id": room_id, **_reason(error)})
        if request.everybody_awake:
            principal.require_household("control")
            awake = [player for player in self.awake() if player not in candidates]
            targets += awake
            candidates |= dict.fromkeys(awake)
        able, refusals = self._announcements.select(candidates)
        for player in [player for player in able if player.muted]:
            able.remove(player)
            refusals[player] = Unavailable(Sentence("player_muted", "{player} is muted", player=player.name))
        for player, refusal in refusals.items():
            errors.append(refusal)
            refused.append({"player_id": player.player_id, **_reason(refusal)})
        if not able:
            raise errors[0] if errors else Unavailable(Sentence("no_player_awake", "No player is awake"))
        targets = [target for target in dict.fromkeys(targets) if isinstance(target, Room) or target in able]
        return AnnouncementTargets(targets, able, refused)

    def _players_of_room(self, principal: Principal, room_id: str) -> Sequence[Player]:
        room = self._rooms.get(room_id, principal)
        self._announcements.require_right(principal, room)
        if not room.renderers:
            raise Unavailable(Sentence("room_without_player", "{room} has no connected player", room=room.name))
        return room.renderers

    def awake(self) -> list[Player]:
        """Return the players that `everybody_awake` addresses: those that play, or have no quiet hours now."""
        return [player for player in self._players if self._is_awake(player)]

    def _is_awake(self, player: Player) -> bool:
        if not (player.connected and player.has_capability("announce")):
            return False
        return player.active_playback.is_active or not self._rules.is_quiet(player)


def _reason(error: HubError) -> RefusedAnnouncement:
    return {"error": error.error_type, "message": error.message}
