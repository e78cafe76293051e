"""A player. It keeps its identity, volume and queue while it is disconnected."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol, Self, override

from msgspec import UNSET, UnsetType

from ..access.rights import speaker_subject
from ..protocol.client import ClientInfo, PlayerReport
from ..protocol.errors import NotSupported, Sentence
from ..protocol.server import PlaybackStatus, VolumeUpdate
from ..protocol.types import PlayerInfo
from .events import MixedAnnouncement, Order, PlaybackEvent
from .media import Accepts, accepted_types
from .playback import Playback
from .render import playback_status

MAX_SYNC_ERROR_MS: Final = 40.0
"""A player whose error is larger can be heard as an echo of the others; see `ui/room/sync-quality.js`."""
MAX_READY_ITEMS: Final = 8
"""Buffered items of a player that are remembered."""


def volume_topic(player_topic: str) -> str:
    """Return the internal topic with the changes of a player's volume alone; see `sessions/withheld.py`."""
    return f"volume:{player_topic.removeprefix('player:')}"


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
        """True if everybody may see the room."""


class Player:
    """A player. In a room, it renders the room's playback, otherwise its solo playback."""

    def __init__(
        self,
        player_id: str,
        name: str,
        owner_user_id: str,
        epoch: str,
        max_queue_items: int,
        emit: Callable[[Self, PlaybackEvent], None],
    ) -> None:
        """Set up a player that isn't connected.

        Args:
            player_id: Its id.
            name: The name that people know it by.
            owner_user_id: The user that connected it first.
            epoch: The epoch of its queue's revisions.
            max_queue_items: The bound of its queue.
            emit: Called with each event of its solo playback.

        """
        self.player_id = player_id
        self.name = name
        self.owner_user_id = owner_user_id
        self._capabilities: tuple[str, ...] | None = None
        self.accepts: Accepts = None
        """The media types among its capabilities."""
        self.declared_lead_ms = 0.0
        """The time from an order to its sound in milliseconds, as declared by its client."""
        self.output_delay_ms = 0.0
        """The delay of its loudspeakers that the client doesn't know of. Orders are sent that much earlier."""
        self.round_trip_us = 0
        self.volume = 1.0
        self.unbounded_volume: float | None = None
        """The volume to which its room has moved it if that lies outside of 0 to its cap; see `shift_volumes`."""
        self.muted = False
        self.connected = False
        self.available = False
        """True if it is connected, or has been disconnected for less than the grace."""
        self.client_id: str | None = None
        self.client_version: str | None = None
        self.entity_id: str | None = None
        self.outputs: dict[str, float] = {}
        self.announcement: Order | None = None
        """The announcement that it plays instead of its playback."""
        self.sounds_tone = False
        """True while it makes the tone of an alarm."""
        self.mixed_announcement: MixedAnnouncement | None = None
        """The announcement that it mixes with its playback."""
        self.report: PlayerReport | None = None
        """Its last report since it connected."""
        self.lagging = False
        """True if the other players of its room go on without it."""
        self.failed_item_id: str | None = None
        """The last item that it could not play."""
        self._ready: deque[str] = deque(maxlen=MAX_READY_ITEMS)
        self.room: PlayerRoom | None = None
        self.solo_playback = Playback(epoch, max_queue_items, lambda: (self,), lambda event: emit(self, event))

    @property
    def is_fed(self) -> bool:
        """True for a speaker that this process feeds."""
        return self.owner_user_id == speaker_subject(self.player_id)

    # ------------------------------------------------------------ playback

    @property
    def active_playback(self) -> Playback:
        """The playback that it renders."""
        return self.solo_playback if self.room is None else self.room.playback

    @property
    def public_playback(self) -> Playback:
        """The playback whose queue is published on its topic: a private room's isn't."""
        return self.active_playback if self.room is None or self.room.is_public else self.solo_playback

    @property
    def playback(self) -> Playback:
        """Its solo playback; see `PlaybackContext`."""
        return self.solo_playback

    @property
    def topic(self) -> str:
        """The topic on which its state is published."""
        return f"player:{self.player_id}"

    @property
    def room_id(self) -> str | UnsetType:
        """Unset; see `PlaybackContext`."""
        return UNSET

    @property
    def renderers(self) -> Sequence[Player]:
        """The players that render its solo playback: none while it is in a room."""
        return (self,) if self.room is None else ()

    # ------------------------------------------------------------ connection and reports

    def mark_connected(self, client_id: str, client: ClientInfo, *, resumed: bool = False) -> None:
        """Mark it as connected by a client. With a resumed session, its buffers are still valid."""
        if not resumed:
            self._ready.clear()
        self.client_id = client_id
        self.client_version = client.version
        self.name = client.name
        self.capabilities = client.capabilities
        if not self.changes_speed:
            self.solo_playback.speed = 1.0
        self.declared_lead_ms = client.lead_ms + client.output_delay_ms
        self.connected = True
        self.available = True
        self.lagging = False

    def mark_disconnected(self) -> None:
        """Mark it as disconnected, and forget its report."""
        self.connected = False
        self.report = None
        self.lagging = False
        self.failed_item_id = None

    def apply_report(self, report: PlayerReport) -> None:
        """Remember a report and what follows from it: buffered items, failures, the round trip."""
        self.report = report
        item_id = report.queue_item_id
        if report.round_trip_us is not None:
            self.round_trip_us = report.round_trip_us
        playing_id = item_id if report.state == "playing" else None
        for ready_id in (report.ready_item_id, playing_id):
            if ready_id is not None and ready_id not in self._ready:
                self._ready.append(ready_id)
        if report.state == "error":
            self.failed_item_id = item_id
        elif playing_id is not None:
            self.failed_item_id = None

    @property
    def is_in_sync(self) -> bool:
        """False if the other players go on without it, or its last report had a large synchronisation error."""
        error = None if self.report is None else self.report.sync_error_ms
        return not self.lagging and (error is None or abs(error) <= MAX_SYNC_ERROR_MS)

    @property
    def lead_ms(self) -> float:
        """The time from an order to its sound, in milliseconds."""
        return self.declared_lead_ms + self.output_delay_ms

    @property
    def ready(self) -> tuple[str, ...]:
        """The ids of the items that it has reported as buffered."""
        return tuple(self._ready)

    @ready.setter
    def ready(self, item_ids: tuple[str, ...]) -> None:
        self._ready = deque(item_ids, maxlen=MAX_READY_ITEMS)

    def is_ready(self, queue_item_id: str) -> bool:
        """Return whether it has buffered an item."""
        return queue_item_id in self._ready

    # ------------------------------------------------------------ capabilities

    @property
    def capabilities(self) -> tuple[str, ...] | None:
        """The capabilities that its client has declared; `None` means all."""
        return self._capabilities

    @capabilities.setter
    def capabilities(self, capabilities: tuple[str, ...] | None) -> None:
        self._capabilities = capabilities
        self.accepts = accepted_types(capabilities)

    def has_capability(self, capability: str) -> bool:
        """Return whether it has a capability."""
        return self.capabilities is None or capability in self.capabilities

    @property
    def makes_tones(self) -> bool:
        """True if it has declared that it can make a tone of its own."""
        return self.connected and self.capabilities is not None and "tone" in self.capabilities

    @property
    def mixes(self) -> bool:
        """True if it can play two sounds at once, which it has to declare."""
        return self.capabilities is not None and "mix" in self.capabilities

    @property
    def crossfades(self) -> bool:
        """True if it can mix the end of an item with the next one, which it has to declare."""
        return self.mixes or (self.capabilities is not None and "crossfade" in self.capabilities)

    @property
    def changes_speed(self) -> bool:
        """True if it can play at another speed with the pitch kept, which it has to declare."""
        return self.capabilities is not None and "speed" in self.capabilities

    def require_capability(self, capability: str) -> None:
        """Raise NotSupported unless it has a capability."""
        if not self.has_capability(capability):
            raise NotSupported(
                Sentence(
                    "player_cant",
                    "{player} doesn't support this: it has not declared {capability!r}",
                    player=self.name,
                    capability=capability,
                )
            )

    # ------------------------------------------------------------ messages

    def status(self) -> PlaybackStatus:
        """Return what it plays, as a message."""
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


def players_of(context: PlaybackContext) -> Sequence[Player]:
    """Return the players of a room; of a player the player itself, also while it renders a room's playback."""
    return (context,) if isinstance(context, Player) else context.renderers
