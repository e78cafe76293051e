"""A player: something that sounds. It keeps its identity, volume and queue while it is away. No I/O."""

from collections.abc import Callable
from typing import Self

from .playback import Playback, PlaybackEvent
from .protocol.client import ClientInfo, PlayerReport
from .protocol.errors import NotSupported


class Player:
    """One player. It renders `playback`: its own one, or its room's."""

    def __init__(
        self,
        player_id: str,
        name: str,
        owner: str,
        epoch: str,
        max_queue_items: int,
        emit: Callable[[Self, PlaybackEvent], None],
    ) -> None:
        """`owner` is the sub that used the id first; `emit` hears of what happens to its own playback."""
        self.player_id = player_id
        self.name = name
        self.owner = owner
        self.capabilities: tuple[str, ...] | None = None
        self.lead_ms = 0.0
        self.round_trip_us = 0
        self.volume = 1.0
        self.muted = False
        self.present = False
        """Whether it is connected now."""
        self.available = False
        """Whether people may count on it: connected, or away for less than the grace."""
        self.client_id: str | None = None
        self.client_version: str | None = None
        self.entity_id: str | None = None
        self.report: PlayerReport | None = None
        self.failures = 0
        """Items in a row that it couldn't play."""
        self.own = Playback(epoch, max_queue_items, lambda: (self,), lambda event: emit(self, event))

    @property
    def playback(self) -> Playback:
        """What it plays."""
        return self.own

    def connected(self, client_id: str, client: ClientInfo) -> None:
        """It is here, as `client`."""
        self.client_id = client_id
        self.client_version = client.version
        self.name = client.name
        self.capabilities = client.capabilities
        self.lead_ms = client.lead_ms + client.output_delay_ms
        self.present = True
        self.available = True

    def lost(self) -> None:
        """Its connection is gone."""
        self.present = False
        self.report = None

    def require(self, capability: str) -> None:
        """NotSupported unless it declared `capability`; saying nothing means all."""
        if self.capabilities is not None and capability not in self.capabilities:
            raise NotSupported(f"{self.name} can't do that: it declared no {capability!r}")
