"""A player: something that sounds. It keeps its identity, volume and queue while it is away. No I/O."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol, Self, override

from msgspec import UNSET, UnsetType

from ..protocol.client import ClientInfo, PlayerReport
from ..protocol.errors import NotSupported
from ..protocol.server import PlaybackStatus, VolumeUpdate
from ..protocol.types import PlayerInfo
from .events import Command, PlaybackEvent
from .media import Accepts, accepted_types
from .playback import Playback
from .render import playback_status

MAX_READY_ITEMS: Final = 8
"""Items that a player may have buffered at once, as far as anybody needs to know."""


class PlaybackContext(Protocol):
    """Something that has a playback: a player on its own, or a room."""

    entity_id: str | None
    """The entity that stands for it in Home Assistant."""
    outputs: dict[str, float]
    """Delays in milliseconds of the outputs that play along; see `PlaybackContexts`."""

    @property
    def name(self) -> str:
        """The name that people know it by."""

    @property
    def topic(self) -> str:
        """The topic on which its state is published."""

    @property
    def room_id(self) -> str | UnsetType:
        """The room's id; unset for a player."""

    @property
    def playback(self) -> Playback:
        """Its own playback."""

    @property
    def renderers(self) -> Sequence[Player]:
        """The players that render its playback now."""

    def status(self) -> PlaybackStatus:
        """Return what it plays, as a message."""


class PlayerRoom(PlaybackContext, Protocol):
    """The room that a player is in, as far as the player is concerned."""

    @property
    @override
    def room_id(self) -> str: ...

    @property
    def is_public(self) -> bool:
        """Whether everybody may know of the room."""


class Player:
    """One player. It renders `playback`: its own one, or its room's."""

    def __init__(
        self,
        player_id: str,
        name: str,
        context: str,
        epoch: str,
        max_queue_items: int,
        emit: Callable[[Self, PlaybackEvent], None],
    ) -> None:
        """`context` is the sub that used the id first; `emit` hears of what happens to its own playback."""
        self.player_id = player_id
        self.name = name
        self.owner_user_id = context
        self._capabilities: tuple[str, ...] | None = None
        self.accepts: Accepts = None
        """The media types among its capabilities."""
        self.declared_lead_ms = 0.0
        """How long it needs, by its own word, from a command to its sounding."""
        self.output_delay_ms = 0.0
        """How much later than it thinks its loudspeakers sound; the hub makes up for it."""
        self.round_trip_us = 0
        self.volume = 1.0
        self.muted = False
        self.connected = False
        """Whether it is connected now."""
        self.available = False
        """Whether people may count on it: connected, or away for less than the grace."""
        self.client_id: str | None = None
        self.client_version: str | None = None
        self.entity_id: str | None = None
        self.outputs: dict[str, float] = {}
        """Other speakers of the house that play along, by what it calls them, and how many milliseconds late each sounds."""
        self.announcement: Command | None = None
        """What it plays instead of its music, for a moment."""
        self.report: PlayerReport | None = None
        self.lagging = False
        """Whether the others in its room go on without it."""
        self.failed_item_id: str | None = None
        """What it couldn't play, last."""
        self._ready: deque[str] = deque(maxlen=MAX_READY_ITEMS)
        self.room: PlayerRoom | None = None
        self.solo_playback = Playback(epoch, max_queue_items, lambda: (self,), lambda event: emit(self, event))

    @property
    def active_playback(self) -> Playback:
        """What it plays: its room's music, or its own."""
        return self.solo_playback if self.room is None else self.room.playback

    @property
    def playback(self) -> Playback:
        """The solo playback: what this player is the context of."""
        return self.solo_playback

    @property
    def public_playback(self) -> Playback:
        """Whose queue those see who see the player: a private room's isn't theirs to see."""
        return self.active_playback if self.room is None or self.room.is_public else self.solo_playback

    @property
    def topic(self) -> str:
        """Where others hear of it."""
        return f"player:{self.player_id}"

    @property
    def room_id(self) -> str | UnsetType:
        """Its own music is no room's."""
        return UNSET

    @property
    def renderers(self) -> Sequence[Player]:
        """Who renders its own music: in a room nobody does."""
        return (self,) if self.room is None else ()

    @property
    def capabilities(self) -> tuple[str, ...] | None:
        """What the player has declared that it can do; `None` means everything."""
        return self._capabilities

    @capabilities.setter
    def capabilities(self, capabilities: tuple[str, ...] | None) -> None:
        self._capabilities = capabilities
        self.accepts = accepted_types(capabilities)

    @property
    def lead_ms(self) -> float:
        """How long it takes from a command to what is heard."""
        return self.declared_lead_ms + self.output_delay_ms

    def status(self) -> PlaybackStatus:
        """What it plays and how."""
        return playback_status(self.active_playback, self.volume, muted=self.muted, player_id=self.player_id)

    def volume_update(self) -> VolumeUpdate:
        """Return its volume, as a message."""
        return VolumeUpdate(volume=self.volume, muted=self.muted)

    def info(self) -> PlayerInfo:
        """Return its entry in the list of players. A private room isn't named there."""
        return PlayerInfo(
            player_id=self.player_id,
            name=self.name,
            available=self.available,
            capabilities=self.capabilities,
            room_id=self.room.room_id if self.room is not None and self.room.is_public else None,
            entity_id=self.entity_id,
            output_delay_ms=self.output_delay_ms or UNSET,
        )

    def mark_connected(self, client_id: str, client: ClientInfo, *, resumed: bool = False) -> None:
        """It is here, as `client`; one that `resumed` still has what it had buffered."""
        if not resumed:
            self._ready.clear()
        self.client_id = client_id
        self.client_version = client.version
        self.name = client.name
        self.capabilities = client.capabilities
        self.declared_lead_ms = client.lead_ms + client.output_delay_ms
        self.connected = True
        self.available = True
        self.lagging = False

    def mark_disconnected(self) -> None:
        """Its connection is gone."""
        self.connected = False
        self.report = None
        self.lagging = False
        self.failed_item_id = None

    def apply_report(self, report: PlayerReport) -> None:
        """What it says of itself."""
        self.report = report
        item_id = report.queue_item_id
        if report.round_trip_us is not None:
            self.round_trip_us = report.round_trip_us
        playing = item_id if report.state == "playing" else None
        for ready_id in (report.ready_item_id, playing):
            if ready_id is not None and ready_id not in self._ready:
                self._ready.append(ready_id)
        if report.state == "error":
            self.failed_item_id = item_id
        elif playing is not None:
            self.failed_item_id = None

    @property
    def ready(self) -> tuple[str, ...]:
        """The items that it has buffered, as far as it said so."""
        return tuple(self._ready)

    @ready.setter
    def ready(self, item_ids: tuple[str, ...]) -> None:
        self._ready = deque(item_ids, maxlen=MAX_READY_ITEMS)

    def is_ready(self, queue_item_id: str) -> bool:
        """Whether it has buffered this item."""
        return queue_item_id in self._ready

    def has_capability(self, capability: str) -> bool:
        """Whether it declared `capability`; saying nothing means all."""
        return self.capabilities is None or capability in self.capabilities

    def require_capability(self, capability: str) -> None:
        """NotSupported unless it can do that."""
        if not self.has_capability(capability):
            raise NotSupported(f"{self.name} can't do that: it declared no {capability!r}")
