"""The state that survives a restart, as JSON: a subset of what a cluster keeps.

The hub's clock begins anew with each start, so hub times aren't stored. The moment of a position is stored as the time
of day; clients that may rejoin a room are stored without their deadline and get a new one.

Playback positions change all the time. They are stored in a small separate document that names the state to which they
belong: positions that are older than the stored state are ignored.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol, override

import msgspec

from .access.rights import speaker_subject
from .household.saved_state import SavedHousehold
from .playback.player import PlaybackContext, Player
from .playback.saved_state import SavedPlayback, SavedPlayer, capture_player, paused_playback
from .playback.timeline import Timeline
from .protocol.types import Record
from .rooms.invites import Invite
from .rooms.room import Room
from .rooms.saved_state import SavedRoom, capture_room
from .sessions.session import ClientKey

PLAYBACK_FIELDS: Final = frozenset(
    {"items", "added_order", "revision", "current_item_id", "duration", "shuffled", "repeat", "autoplay", "speed"}
)
PLAYER_FIELDS: Final = frozenset(
    {"player_id", "name", "owner_user_id", "volume", "unbounded_volume", "muted", "output_delay_ms"}
    | {"capabilities", "outputs"}
)
ROOM_FIELDS: Final = frozenset(
    {"room_id", "settings", "host_user_id", "awaits_host", "is_group", "roles", "banned", "guests", "chat", "outputs"}
)


type Capture = Callable[[], Callable[[], bytes]]
"""Captures the state, in the event loop; returns a function that encodes it as JSON, in any thread."""


class StateStore(Protocol):
    """Storage for two JSON objects: the state, and the playback positions."""

    async def load(self) -> dict[str, Any] | None:
        """Return the stored state, or `None` if there is none."""

    async def load_positions(self) -> dict[str, Any] | None:
        """Return the stored positions, or `None` if there are none."""

    async def set_aside(self, stored: dict[str, Any]) -> str:
        """Keep a stored state that can't be read, where `save_soon` doesn't replace it. Return the path for people."""

    def save_soon(self, capture: Capture) -> None:
        """Store the state that `capture` captures, within a second."""

    def save_positions(self, positions: bytes) -> None:
        """Store the JSON `positions` now."""


class NoStore(StateStore):
    """A store that stores nothing, for a hub whose state is brought by a cluster."""

    @override
    async def load(self) -> dict[str, Any] | None:
        return None

    @override
    async def load_positions(self) -> dict[str, Any] | None:
        return None

    @override
    async def set_aside(self, stored: dict[str, Any]) -> str:
        return ""

    @override
    def save_soon(self, capture: Capture) -> None:
        pass

    @override
    def save_positions(self, positions: bytes) -> None:
        pass


class StoredPlayback(SavedPlayback, frozen=True, kw_only=True):
    """A stored playback; after a restart it is paused."""

    position: float = 0.0
    paused: bool = False
    """True if a media item was loaded, so that playback can resume at `position`."""
    playing_at: float | None = None
    """The Unix time at which a room, or a speaker that is fed, played `position`; it resumes when a player returns."""


class StoredPlayer(SavedPlayer, frozen=True, kw_only=True):
    """A stored player."""

    playback: StoredPlayback = StoredPlayback()


class StoredRoom(SavedRoom, frozen=True, kw_only=True):
    """A stored room."""

    members: tuple[ClientKey, ...] = ()
    """The clients that may rejoin automatically."""
    playback: StoredPlayback = StoredPlayback()


class StoredHub(Record, frozen=True, kw_only=True):
    """The stored state."""

    sequence: int = 0
    """Counts the states that were stored."""
    players: tuple[StoredPlayer, ...] = ()
    rooms: tuple[StoredRoom, ...] = ()
    invites: dict[str, Invite] = {}
    household: SavedHousehold = SavedHousehold()


class StoredPosition(Record, frozen=True, kw_only=True):
    """The position of a player or room that plays."""

    current_item_id: str | None
    position: float
    playing_at: float
    """The Unix time at which playback was at `position`."""


class StoredPositions(Record, frozen=True, kw_only=True):
    """The positions of all playing players and rooms, by topic."""

    sequence: int
    """The `sequence` of the state that was stored last before these positions."""
    positions: dict[str, StoredPosition] = {}


def capture_state(
    players: Iterable[Player],
    rooms: Iterable[Room],
    invites: Mapping[str, Invite],
    household: SavedHousehold,
    *,
    sequence: int,
    now_us: int,
    now: float,
) -> Callable[[], bytes]:
    """Capture the state, and return a function that encodes it as JSON, which may be called in another thread.

    `now_us` and `now` are the same moment as hub time and as Unix time in seconds.
    """
    saved_players = [capture_player(player, with_operations=False) for player in players]
    saved_rooms = [capture_room(room, with_operations=False) for room in rooms]
    open_invites = dict(invites)

    def encode() -> bytes:
        return msgspec.json.encode(
            {
                "sequence": sequence,
                "players": [_stored_player(player, now_us, now) for player in saved_players],
                "rooms": [_stored_room(room, now_us, now) for room in saved_rooms],
                "invites": open_invites,
                "household": household,
            }
        )

    return encode


def encode_positions(playing: Iterable[PlaybackContext], *, sequence: int, now_us: int, now: float) -> bytes:
    """Return the positions of `playing` as JSON; see `capture_state`."""
    positions = {
        context.topic: StoredPosition(
            current_item_id=context.playback.queue.current_item_id,
            position=context.playback.timeline.position_at(now_us),
            playing_at=now,
        )
        for context in playing
    }
    return msgspec.json.encode(StoredPositions(sequence=sequence, positions=positions))


def decode_state(
    stored: dict[str, Any], positions: dict[str, Any] | None, *, now_us: int, now: float, rejoin_us: int
) -> StoredHub:
    """Return a stored state in terms of the hub's clock, see `capture_state`.

    Args:
        stored: The stored state.
        positions: The stored positions.
        now_us: Hub time.
        now: The same moment as Unix time in seconds.
        rejoin_us: How long clients may rejoin their rooms automatically, in microseconds.

    Raises:
        msgspec.ValidationError: If the state is damaged. Damaged positions are ignored.

    """
    hub = msgspec.convert(stored, StoredHub)
    newer = _newer_positions(hub, positions)

    def restored(topic: str, playback: StoredPlayback) -> StoredPlayback:
        return _restored_playback(_with_position(playback, newer.get(topic)), now_us, now)

    players = (
        msgspec.structs.replace(player, playback=restored(f"player:{player.player_id}", player.playback))
        for player in hub.players
    )
    rooms = (
        msgspec.structs.replace(
            room,
            playback=restored(f"room:{room.room_id}", room.playback),
            missing=tuple((key, now_us + rejoin_us) for key in room.members),
        )
        for room in hub.rooms
    )
    return msgspec.structs.replace(hub, players=tuple(players), rooms=tuple(rooms))


def _newer_positions(hub: StoredHub, stored: dict[str, Any] | None) -> dict[str, StoredPosition]:
    try:
        positions = msgspec.convert(stored, StoredPositions)
    except msgspec.ValidationError:
        return {}
    return positions.positions if positions.sequence >= hub.sequence else {}


def _with_position(playback: StoredPlayback, newer: StoredPosition | None) -> StoredPlayback:
    if newer is None or newer.current_item_id != playback.current_item_id or not playback.paused:
        return playback
    playing_at = None if playback.playing_at is None else newer.playing_at
    return msgspec.structs.replace(playback, position=newer.position, playing_at=playing_at)


def _stored_player(player: SavedPlayer, now_us: int, now: float) -> dict[str, Any]:
    goes_on = player.owner_user_id == speaker_subject(player.player_id) and player.playback.timeline.playing
    playback = _stored_playback(player.playback, now_us, now if goes_on else None)
    return _subset(player, PLAYER_FIELDS, playback=playback)


def _stored_room(room: SavedRoom, now_us: int, now: float) -> dict[str, Any]:
    absent = (key for key, until_us in room.missing if until_us > now_us)
    members = dict.fromkeys([*(participant.key for participant in room.participants), *absent])
    playing_at = now if room.playback.timeline.playing else None
    playback = _stored_playback(room.playback, now_us, playing_at)
    return _subset(room, ROOM_FIELDS, members=tuple(members), playback=playback)


def _stored_playback(playback: SavedPlayback, now_us: int, playing_at: float | None) -> dict[str, Any]:
    timeline = playback.timeline
    return _subset(
        playback,
        PLAYBACK_FIELDS,
        position=timeline.position_at(now_us),
        paused=timeline.state != "idle",
        playing_at=playing_at,
    )


def _subset(state: Record, names: frozenset[str], **more: Any) -> dict[str, Any]:
    fields = (field for field in msgspec.structs.fields(state) if field.name in names)
    return {field.encode_name: getattr(state, field.name) for field in fields} | more


def _restored_playback(playback: StoredPlayback, now_us: int, now: float) -> StoredPlayback:
    if not playback.paused:
        return paused_playback(playback, None, None)
    suspended = None
    if playback.playing_at is not None:
        # The time of day may have jumped: playback never began after now.
        elapsed_us = max(0, round((now - playback.playing_at) * 1e6))
        suspended = Timeline("playing", playback.position, now_us - elapsed_us, 1.0)
    return paused_playback(playback, Timeline("paused", playback.position, now_us, 0.0), suspended)
