"""The complete state of rooms, to be restored after a restart or a change of leader. See `playback/saved_state.py`."""

from collections.abc import Callable
from typing import Final

import msgspec

from ..playback.player import Player
from ..playback.saved_state import CopiedFields, SavedPlayback, capture_playback, restore_playback
from ..protocol.server import ChatLine
from ..protocol.types import Record, RoomRole
from ..sessions.session import ClientKey
from .room import GuestToken, Participant, Room, RoomSettings


class SavedParticipant(Record, frozen=True, kw_only=True):
    """A participant of a room."""

    client_id: str
    key: ClientKey
    username: str
    joined_at: str
    player_id: str | None
    away: bool


class SavedRoom(Record, frozen=True, kw_only=True):
    """A room and its playback."""

    room_id: str
    settings: RoomSettings
    host_user_id: str | None = None
    awaits_host: bool = msgspec.field(default=False, name="host_gone")
    entity_id: str | None = None
    is_group: bool = False
    outputs: dict[str, float] = {}
    participants: tuple[SavedParticipant, ...] = ()
    roles: dict[str, RoomRole] = {}
    banned: tuple[str, ...] = ()
    guests: dict[str, GuestToken] = {}
    missing: tuple[tuple[ClientKey, int], ...] = ()
    """The items of `Room.rejoin_until`."""
    chat: tuple[ChatLine, ...] = ()
    votes: tuple[str, ...] = ()
    interrupted: bool = False
    playback: SavedPlayback = SavedPlayback()


_COPIED: Final = CopiedFields(
    SavedRoom,
    *("room_id", "settings", "outputs", "participants", "roles", "banned", "guests", "missing", "chat", "votes"),
    *("interrupted", "playback"),
)


def capture_room(room: Room, *, with_items: bool = True, with_operations: bool = True) -> SavedRoom:
    """Return the state of `room`; see `capture_playback`."""
    return SavedRoom(
        room_id=room.room_id,
        settings=room.settings,
        outputs=dict(room.outputs),
        participants=tuple(_capture_participant(participant) for participant in tuple(room.participants.values())),
        roles=dict(room.roles),
        banned=tuple(room.banned),
        guests=dict(room.guests),
        missing=tuple(room.rejoin_until.items()),
        chat=tuple(room.chat),
        votes=tuple(room.votes),
        interrupted=room.playback.interrupted,
        playback=capture_playback(room.playback, with_items=with_items, with_operations=with_operations),
        **_COPIED.read(room),
    )


def restore_room(room: Room, state: SavedRoom, find_player: Callable[[str], Player | None]) -> None:
    """Apply a captured state to `room`, which is new. Its players have been restored before."""
    _COPIED.write(room, state)
    room.outputs = dict(state.outputs)
    room.roles = dict(state.roles)
    room.banned = dict.fromkeys(state.banned)
    room.guests = dict(state.guests)
    room.rejoin_until = dict(state.missing)
    room.chat.extend(state.chat)
    room.votes = set(state.votes)
    for saved in state.participants:
        player = None if saved.player_id is None else find_player(saved.player_id)
        room.add_participant(
            Participant(
                client_id=saved.client_id,
                key=saved.key,
                username=saved.username,
                joined_at=saved.joined_at,
                player=player,
                away=saved.away,
            )
        )
        if player is not None:
            player.room = room
    restore_playback(room.playback, state.playback)
    room.playback.interrupted = state.interrupted


def _capture_participant(participant: Participant) -> SavedParticipant:
    return SavedParticipant(
        client_id=participant.client_id,
        key=participant.key,
        username=participant.username,
        joined_at=participant.joined_at,
        player_id=None if participant.player is None else participant.player.player_id,
        away=participant.away,
    )
