"""Regular position updates, for clients that can't compute a position from an anchor and a rate."""

from collections.abc import Iterable
from typing import Final

from ..clock import Clock
from ..delivery.catalog import TopicCatalog
from ..delivery.topics import Topics
from ..protocol.server import ProgressUpdate
from ..timers import Timer, Timers
from .player import Player
from .players import Players

INTERVAL_US: Final = 500_000
"""The time between two updates."""


class ProgressPublisher:
    """Publishes positions to the topics `progress:<player id>` that have subscribers, while their player plays."""

    def __init__(self, topics: Topics, players: Players, timers: Timers, clock: Clock) -> None:
        self._topics = topics
        self._players = players
        self._timers = timers
        self._clock = clock
        self._timer: Timer | None = None
        players.changed.subscribe(self._start_if_followed)

    def register_topics(self, catalog: TopicCatalog) -> None:
        """Register the topics of progress."""
        catalog.provide("progress", lambda player_id, _viewer: self._snapshot(player_id))

    def topics_followed(self, topics: Iterable[str]) -> None:
        """Start the timer if there is something to publish to topics that have a new subscriber."""
        for topic in topics:
            kind, _, player_id = topic.partition(":")
            if kind == "progress" and (player := self._players.find(player_id)) is not None:
                self._start_if_followed(player)

    def update(self, player: Player) -> ProgressUpdate:
        """Return a player's current position, as a message."""
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

    def _start_if_followed(self, player: Player) -> None:
        if self._timer is None and self._is_followed(player):
            self._timer = self._timers.at(self._clock.now_us() + INTERVAL_US, self._tick)

    def _tick(self) -> None:
        self._timer = None
        for player in self._players:
            if self._is_followed(player):
                self._topics.publish(f"progress:{player.player_id}", self.update(player))
                self._start_if_followed(player)

    def _is_followed(self, player: Player) -> bool:
        playing = player.active_playback.timeline.playing
        return playing and self._topics.has_subscribers(f"progress:{player.player_id}")
