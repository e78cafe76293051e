"""Fades: volumes that change gradually, in steps that any player can follow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from ..clock import Clock
from ..playback.player import Player
from ..playback.players import Players
from ..signals import Signal
from ..timers import Timer, Timers

STEP_US: Final = 500_000
"""The time between two steps, in microseconds."""
TOLERANCE: Final = 0.03
"""How much the volume that a player reports may differ from the last step; beyond it, a user has changed it."""


@dataclass(slots=True, eq=False)
class _Fade:
    player: Player
    start: float
    end: float
    from_us: int
    until_us: int
    restored: float
    """The volume after the fade is over; see `Fades.restore`."""
    last: float
    timer: Timer | None = None


class Fades:
    """The fades of players. A user who changes the volume ends the fade."""

    def __init__(self, players: Players, timers: Timers, clock: Clock) -> None:
        self.changed: Signal[()] = Signal()
        """`volumes` has changed."""
        self._players = players
        self._timers = timers
        self._clock = clock
        self._fades: dict[str, _Fade] = {}
        players.changed.subscribe(self._player_changed)
        players.removed.subscribe(lambda player: self._discard(player.player_id))

    def __contains__(self, player: Player) -> bool:
        """Return whether a player's volume is being faded, or waits to be restored."""
        return player.player_id in self._fades

    def fade_out(self, player: Player, until_us: int) -> None:
        """Lower the volume to 0 until hub time `until_us`; `restore` sets it back."""
        self._start(player, player.volume, 0.0, until_us, player.volume)

    def fade_in(self, player: Player, start: float, end: float, until_us: int) -> None:
        """Raise the volume from `start` to `end` until hub time `until_us`."""
        self._start(player, start, end, until_us, end)

    def restore(self, player: Player, at_us: int | None = None) -> None:
        """Set the volume back to that before the fade: now, or at a hub time."""
        if (fade := self._fades.get(player.player_id)) is None:
            return
        if at_us is not None and at_us > self._clock.now_us():
            self._set_timer(fade, at_us, self.restore, player)
            return
        self._discard(player.player_id)
        self._players.set_volume(player, fade.restored, None)

    def volumes(self) -> Mapping[str, float]:
        """Return the volumes to restore, by player id."""
        return {player_id: fade.restored for player_id, fade in self._fades.items()}

    def restore_all(self, volumes: Mapping[str, float]) -> None:
        """Restore the volumes of fades that a restart has interrupted."""
        for player_id, volume in volumes.items():
            if (player := self._players.find(player_id)) is not None:
                self._players.set_volume(player, volume, None)

    def _start(self, player: Player, start: float, end: float, until_us: int, restored: float) -> None:
        if (running := self._fades.get(player.player_id)) is not None:
            restored = end if end > 0 else running.restored
            self._discard(player.player_id)
        now_us = self._clock.now_us()
        fade = _Fade(player, start, end, now_us, max(until_us, now_us), restored, last=start)
        self._fades[player.player_id] = fade
        self._step(fade)
        self.changed.emit()

    def _step(self, fade: _Fade) -> None:
        now_us = self._clock.now_us()
        length_us = fade.until_us - fade.from_us
        share = 1.0 if length_us <= 0 else min(1.0, (now_us - fade.from_us) / length_us)
        fade.last = fade.start + (fade.end - fade.start) * share
        self._players.set_volume(fade.player, fade.last, None)
        fade.last = fade.player.volume
        if share < 1:
            self._set_timer(fade, min(fade.until_us, now_us + STEP_US), self._step, fade)
        elif fade.end > 0:
            self._discard(fade.player.player_id)

    def _set_timer[T](self, fade: _Fade, at_us: int, action: Callable[[T], None], argument: T) -> None:
        if fade.timer is not None:
            fade.timer.cancel()
        fade.timer = self._timers.at(at_us, action, argument)

    def _player_changed(self, player: Player) -> None:
        fade = self._fades.get(player.player_id)
        if fade is not None and abs(player.volume - fade.last) > TOLERANCE:
            self._discard(player.player_id)

    def _discard(self, player_id: str) -> None:
        if (fade := self._fades.pop(player_id, None)) is not None:
            if fade.timer is not None:
                fade.timer.cancel()
            self.changed.emit()
