"""A tick for those who ask for one: everybody else draws positions from an anchor and a rate."""

from typing import Final

from ..clock import Clock
from ..delivery.catalog import TopicCatalog
from ..delivery.topics import Topics
from ..protocol.server import ProgressUpdate
from ..timers import Timer, Timers
from .player import Player
from .players import Players

EVERY_US: Final = 500_000


class Progress:
    """Publishes to `progress:` topics that somebody follows, while their player plays."""

    def __init__(self, topics: Topics, players: Players, timers: Timers, clock: Clock) -> None:
        """Nobody has asked yet."""
        self._topics = topics
        self._players = players
        self._timers = timers
        self._clock = clock
        self._timer: Timer | None = None
        players.changed.subscribe(lambda _player: self.start_if_needed())

    def register_topics(self, catalog: TopicCatalog) -> None:
        """Register the source of snapshots of `progress:` topics."""
        catalog.provide("progress", lambda player_id, _viewer: self._snapshot(player_id))

    def start_if_needed(self) -> None:
        """Somebody asked, or something began to play."""
        if self._timer is None and self._audience():
            self._timer = self._timers.at(self._clock.now_us() + EVERY_US, self._tick)

    def update(self, player: Player) -> ProgressUpdate:
        """Where a player is now."""
        playback = player.active_playback
        position = playback.timeline.position_at(self._clock.now_us())
        return ProgressUpdate(
            position_seconds=round(position if playback.duration is None else min(position, playback.duration), 3),
            duration_seconds=playback.duration,
            buffered_seconds=player.report.buffered_seconds if player.report else None,
        )

    def _snapshot(self, player_id: str) -> list[ProgressUpdate]:
        player = self._players.find(player_id)
        return [] if player is None else [self.update(player)]

    def _tick(self) -> None:
        self._timer = None
        for player in self._audience():
            self._topics.publish(f"progress:{player.player_id}", self.update(player))
        self.start_if_needed()

    def _audience(self) -> list[Player]:
        return [
            player
            for player in self._players
            if player.active_playback.timeline.playing and self._topics.has_subscribers(f"progress:{player.player_id}")
        ]
