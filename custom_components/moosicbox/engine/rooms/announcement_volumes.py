"""The volumes of announcements: set for an announcement, and set back after it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..playback.player import Player
from ..playback.players import Players
from ..playback.volumes import VOLUME_TOLERANCE
from ..signals import Signal


@dataclass(frozen=True, slots=True)
class _Volume:
    before: float
    announced: float


class AnnouncementVolumes:
    """Sets the volumes of players for announcements, and sets them back."""

    def __init__(self, players: Players) -> None:
        self.changed: Signal[()] = Signal()
        """`before` has changed."""
        self._players = players
        self._volumes: dict[Player, _Volume] = {}
        self._choose: Callable[[Player, float | None], float | None] = lambda _player, volume: volume

    def apply_rule(self, choose: Callable[[Player, float | None], float | None]) -> None:
        """Apply the rule of the household, which chooses the volume of an announcement; see `Announcements.apply_rules`."""
        self._choose = choose

    def before(self) -> Mapping[str, float]:
        """Return the volumes that are set back after announcements, by player id."""
        return {player.player_id: volume.before for player, volume in self._volumes.items()}

    def adjust(self, player: Player, wanted: float | None) -> None:
        """Set the volume of a player for an announcement of a given volume; `None` for the player's own."""
        volume = self._choose(player, wanted)
        if volume is not None and abs(volume - player.volume) > VOLUME_TOLERANCE:
            before = player.volume
            self._players.set_volume(player, volume, None, cap=volume)
            self._volumes[player] = _Volume(before, player.volume)
            self.changed.emit()

    def restore(self, player: Player) -> None:
        """Set the volume of a player back, unless it was changed meanwhile."""
        if (volume := self._volumes.pop(player, None)) is not None:
            if (
                abs(volume.announced - player.volume) < VOLUME_TOLERANCE
                and self._players.find(player.player_id) is player
            ):
                self._players.set_volume(player, volume.before, None)
            self.changed.emit()
