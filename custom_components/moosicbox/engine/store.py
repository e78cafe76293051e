"""What survives a restart: the shape of it, and who keeps it."""

from collections.abc import Callable
from typing import Any, Protocol, override

import msgspec

from .playback.playback import Playback
from .playback.player import Player
from .playback.timeline import Timeline
from .protocol.server import ChatLine
from .protocol.types import QueueItem, Record, RepeatMode, RoomRole
from .rooms.invites import Invite
from .rooms.room import Room, RoomSettings
from .sessions.session import ClientKey


class StateStore(Protocol):
    """Keeps one JSON object."""

    async def load(self) -> dict[str, Any] | None:
        """What was kept, if anything."""

    def save_soon(self, state: Callable[[], bytes]) -> None:
        """Keep what `state` returns, JSON, within a second; it may be asked in another thread."""


class NoStore(StateStore):
    """Keeps nothing: what the hub knows is brought to it by others."""

    @override
    async def load(self) -> dict[str, Any] | None:
        return None

    @override
    def save_soon(self, state: Callable[[], bytes]) -> None:
        pass


class SavedPlayback(Record, frozen=True, kw_only=True):
    """A queue and where it stands."""

    items: tuple[QueueItem, ...] = ()
    added_order: tuple[str, ...] = ()
    revision: int = 0
    current_item_id: str | None = None
    shuffled: bool = False
    position: float = 0.0
    paused: bool = False
    playing_at: float | None = None
    """The Unix time when `position` was true, if it played."""
    repeat: RepeatMode = "off"
    autoplay: bool = False


class SavedPlayer(Record, frozen=True, kw_only=True):
    """A player."""

    player_id: str
    name: str
    owner: str
    volume: float = 1.0
    muted: bool = False
    output_delay_ms: float = 0.0
    capabilities: tuple[str, ...] | None = None
    outputs: dict[str, float] = {}
    playback: SavedPlayback = SavedPlayback()


class SavedRoom(Record, frozen=True, kw_only=True):
    """A room, and the clients who come back into it by themselves."""

    room_id: str
    settings: RoomSettings
    host_user_id: str | None = None
    is_group: bool = False
    roles: dict[str, RoomRole] = {}
    banned: tuple[str, ...] = ()
    members: tuple[ClientKey, ...] = ()
    chat: tuple[ChatLine, ...] = ()
    outputs: dict[str, float] = {}
    playback: SavedPlayback = SavedPlayback()


class SavedHub(Record, frozen=True, kw_only=True):
    """All that a hub keeps."""

    players: tuple[SavedPlayer, ...] = ()
    rooms: tuple[SavedRoom, ...] = ()
    invites: dict[str, Invite] = {}


def save_player(player: Player, now_us: int) -> SavedPlayer:
    """A player as it is now."""
    return SavedPlayer(
        player_id=player.player_id,
        name=player.name,
        owner=player.owner_user_id,
        volume=player.volume,
        muted=player.muted,
        output_delay_ms=player.output_delay_ms,
        capabilities=player.capabilities,
        outputs=dict(player.outputs),
        playback=save_playback(player.solo_playback, now_us),
    )


def save_room(room: Room, now_us: int, now: float) -> SavedRoom:
    """A room as it is now."""
    present = (participant.key for participant in tuple(room.participants.values()))
    return SavedRoom(
        room_id=room.room_id,
        settings=room.settings,
        host_user_id=room.host_user_id,
        is_group=room.is_group,
        roles=dict(room.roles),
        banned=tuple(room.banned),
        members=tuple(dict.fromkeys([*present, *(key for key, until_us in room.missing.items() if until_us > now_us)])),
        chat=tuple(room.chat),
        outputs=dict(room.outputs),
        playback=save_playback(room.playback, now_us, now if room.playback.timeline.playing else None),
    )


def save_playback(playback: Playback, now_us: int, playing_at: float | None = None) -> SavedPlayback:
    """A queue as it is now."""
    queue = playback.queue
    return SavedPlayback(
        items=tuple(queue.items),
        added_order=tuple(queue.added_order),
        revision=queue.revision,
        current_item_id=queue.current_item_id,
        shuffled=queue.shuffled,
        position=playback.timeline.position_at(now_us),
        paused=playback.timeline.state != "idle",
        playing_at=playing_at,
        repeat=playback.repeat,
        autoplay=playback.autoplay,
    )


def restore_player(player: Player, saved: SavedPlayer, now_us: int) -> None:
    """A player as it was."""
    player.volume = saved.volume
    player.muted = saved.muted
    player.output_delay_ms = saved.output_delay_ms
    player.capabilities = saved.capabilities
    player.outputs = dict(saved.outputs)
    restore_playback(player.solo_playback, saved.playback, now_us)


def restore_room(room: Room, saved: SavedRoom, now_us: int, now: float, rejoin_us: int) -> None:
    """A room as it was; what played then goes on when somebody is back."""
    room.host_user_id = saved.host_user_id
    room.is_group = saved.is_group
    room.roles = dict(saved.roles)
    room.banned = dict.fromkeys(saved.banned)
    room.missing = dict.fromkeys(saved.members, now_us + rejoin_us)
    room.chat.extend(saved.chat)
    room.outputs = dict(saved.outputs)
    held = None
    if (playing_at := saved.playback.playing_at) is not None:
        # By the time of day, which may have jumped: never before it was played.
        away_us = max(0, round((now - playing_at) * 1e6))
        held = Timeline("playing", saved.playback.position, now_us - away_us, 1.0)
    restore_playback(room.playback, saved.playback, now_us, held)


def restore_playback(playback: Playback, saved: SavedPlayback, now_us: int, held: Timeline | None = None) -> None:
    """A queue as it was; what played then stands still now."""
    queue = playback.queue
    queue.restore(saved.items, saved.added_order, saved.revision, saved.current_item_id, shuffled=saved.shuffled)
    playback.restore(Timeline("paused" if saved.paused else "idle", saved.position, now_us, 0.0), saved.repeat, held)
    playback.autoplay = saved.autoplay


def to_json(state: SavedHub) -> bytes:
    """For whoever keeps it."""
    return msgspec.json.encode(state)


def from_builtins(kept: dict[str, Any]) -> SavedHub:
    """From whoever kept it; msgspec.ValidationError if it is damaged."""
    return msgspec.convert(kept, SavedHub)
