"""The complete state of playbacks and players, to be restored after a restart or a change of leader.

A cluster keeps all of it, Home Assistant's storage a subset (`store.py`). A field that has the name of an attribute is
copied from and to it: to preserve another attribute, add one line to the struct. Everything else is named in the
capture and the restore function.
"""

from operator import attrgetter
from typing import Any, Final

import msgspec

from ..protocol.client import PlayerReport
from ..protocol.types import QueueItem, Record, RepeatMode
from .events import Order
from .playback import Playback
from .player import Player
from .playhead import PendingStart
from .timeline import Timeline, plausible_duration

type Operation = tuple[str, str, int, Any]
"""User, `op_id`, hub time in microseconds, and the result."""


class SavedPlayback(Record, frozen=True, kw_only=True):
    """A playback with its queue. All times are the hub clock's."""

    epoch: str | None = None
    revision: int = 0
    current_item_id: str | None = None
    locked_item_id: str | None = None
    shuffled: bool = False
    items: tuple[QueueItem, ...] = ()
    added_order: tuple[str, ...] = ()
    timeline: Timeline = Timeline()
    order: Order | None = msgspec.field(default=None, name="command")
    pending_start: PendingStart | None = msgspec.field(default=None, name="awaited")
    suspended: Timeline | None = msgspec.field(default=None, name="held")
    next_item: QueueItem | None = msgspec.field(default=None, name="following")
    loaded_item: QueueItem | None = msgspec.field(default=None, name="chosen")
    duration: float | None = None
    failures: int = 0
    repeat: RepeatMode = "off"
    autoplay: bool = False
    speed: float = 1.0
    operations: tuple[Operation, ...] = ()


class SavedPlayer(Record, frozen=True, kw_only=True):
    """A player and its solo playback."""

    player_id: str
    name: str
    owner_user_id: str = msgspec.field(name="owner")
    client_version: str | None = None
    entity_id: str | None = None
    capabilities: tuple[str, ...] | None = None
    declared_lead_ms: float = 0.0
    output_delay_ms: float = 0.0
    round_trip_us: int = 0
    volume: float = 1.0
    unbounded_volume: float | None = None
    muted: bool = False
    outputs: dict[str, float] = {}
    lagging: bool = False
    failed_item_id: str | None = None
    ready: tuple[str, ...] = ()
    report: PlayerReport | None = None
    interrupted: bool = False
    playback: SavedPlayback = SavedPlayback()


class CopiedFields:
    """The fields of a state that are copied from and to the attributes of the same names."""

    def __init__(self, state_type: type[Record], *special: str) -> None:
        """Choose all fields of `state_type` but `special` ones, mutable or without an attribute of their name."""
        self._names = tuple(name for name in state_type.__struct_fields__ if name not in special)
        self._get = attrgetter(*self._names)

    def read(self, source: object) -> dict[str, Any]:
        """Return the attributes of `source` by name."""
        return dict(zip(self._names, self._get(source), strict=True))

    def write(self, target: object, state: Record) -> None:
        """Set the attributes of `target` to the fields of `state`."""
        for name, value in self.read(state).items():
            setattr(target, name, value)


_PLAYBACK_COPIED: Final = CopiedFields(
    SavedPlayback,
    *("epoch", "revision", "current_item_id", "locked_item_id", "shuffled", "items", "added_order"),
    "operations",
)
_PLAYER_COPIED: Final = CopiedFields(SavedPlayer, "player_id", "outputs", "interrupted", "playback")


def capture_playback(playback: Playback, *, with_items: bool = True, with_operations: bool = True) -> SavedPlayback:
    """Return the state of `playback`.

    Args:
        playback: The playback.
        with_items: Include its items, whose number is large. They may be stored elsewhere.
        with_operations: Include its operations, whose results are large as well.

    """
    queue = playback.queue
    return SavedPlayback(
        epoch=queue.epoch,
        revision=queue.revision,
        current_item_id=queue.current_item_id,
        locked_item_id=queue.locked_item_id,
        shuffled=queue.shuffled,
        items=tuple(queue.items) if with_items else (),
        added_order=tuple(queue.added_order) if with_items else (),
        operations=tuple(
            (user_id, op_id, at_us, msgspec.to_builtins(result))
            for (user_id, op_id), at_us, result in playback.operations.completed()
        )
        if with_operations
        else (),
        **_PLAYBACK_COPIED.read(playback),
    )


def restore_playback(playback: Playback, state: SavedPlayback) -> None:
    """Give `playback`, which is new, the state that was captured. Nothing is published."""
    queue = playback.queue
    queue.restore(state.items, state.added_order, state.revision, state.current_item_id, shuffled=state.shuffled)
    queue.epoch = state.epoch or queue.epoch
    queue.locked_item_id = state.locked_item_id
    _PLAYBACK_COPIED.write(playback, state)
    for user_id, op_id, at_us, result in state.operations:
        playback.operations.add_completed((user_id, op_id), at_us, result)
    if playback.next_item is None:
        playback.next_item = playback.find_next_item()


def paused_playback[S: SavedPlayback](state: S, timeline: Timeline | None, suspended: Timeline | None) -> S:
    """Return `state` with its current item loaded, as after a restart.

    Args:
        state: The queue and its current item.
        timeline: Where the item is paused; `None` if it is stopped.
        suspended: The timeline to go on with once a player connects.

    """
    item = next((item for item in state.items if item.queue_item_id == state.current_item_id), None)
    state = msgspec.structs.replace(
        state,
        loaded_item=item,
        duration=None if item is None else state.duration or plausible_duration(item.track.duration),
    )
    if item is None or timeline is None:
        return state
    order = Order("pause", item, timeline.position, timeline.anchor_us, 0.0)
    return msgspec.structs.replace(state, timeline=timeline, order=order, suspended=suspended)


def capture_player(player: Player, *, with_items: bool = True, with_operations: bool = True) -> SavedPlayer:
    """Return the state of `player`; see `capture_playback`."""
    return SavedPlayer(
        player_id=player.player_id,
        interrupted=player.playback.interrupted,
        playback=capture_playback(player.playback, with_items=with_items, with_operations=with_operations),
        outputs=dict(player.outputs),
        **_PLAYER_COPIED.read(player),
    )


def restore_player(player: Player, state: SavedPlayer) -> None:
    """Give `player`, which is new and not connected, the state that was captured."""
    _PLAYER_COPIED.write(player, state)
    player.outputs = dict(state.outputs)
    restore_playback(player.playback, state.playback)
    player.playback.interrupted = state.interrupted
