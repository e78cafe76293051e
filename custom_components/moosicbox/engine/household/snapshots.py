"""Snapshots of the playing music with its queues, positions, volumes and rooms, to be restored later."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
import secrets
from typing import Final

import msgspec

from ..access.rights import Principal
from ..clock import Clock
from ..playback.media_resolver import MediaResolver
from ..playback.playback import Playback
from ..playback.player import Player
from ..playback.players import Players
from ..protocol.errors import HubError, Sentence, SnapshotNotFound, Unavailable
from ..protocol.types import QueueItem, Record, RepeatMode
from ..rooms.grouping import Grouping
from ..rooms.room import Room
from ..rooms.rooms import Rooms
from ..signals import Signal
from .rules import Rules

MAX_SNAPSHOTS: Final = 20
MAX_ITEMS: Final = 500
"""Most items of one queue that are stored; of a longer queue, those from the current one on."""


class QueueSnapshot(Record, frozen=True, kw_only=True):
    """A queue with its position."""

    items: tuple[QueueItem, ...] = ()
    current_item_id: str | None = None
    position: float = 0.0
    playing: bool = False
    repeat: RepeatMode = "off"


class PlayerSnapshot(Record, frozen=True, kw_only=True):
    """A player in a snapshot."""

    player_id: str
    volume: float
    muted: bool
    queue: QueueSnapshot


class RoomSnapshot(Record, frozen=True, kw_only=True):
    """A room in a snapshot, with its players in their order."""

    room_id: str
    is_group: bool
    player_ids: tuple[str, ...]
    queue: QueueSnapshot


class Snapshot(Record, frozen=True, kw_only=True):
    """The playing music of one moment."""

    snapshot_id: str
    name: str
    taken_at: str
    players: tuple[PlayerSnapshot, ...]
    rooms: tuple[RoomSnapshot, ...] = ()


class Snapshots:
    """The snapshots by id."""

    def __init__(
        self,
        *,
        players: Players,
        rooms: Rooms,
        grouping: Grouping,
        rules: Rules,
        media_resolver: MediaResolver,
        clock: Clock,
        system: Principal,
    ) -> None:
        self.changed: Signal[()] = Signal()
        self._players = players
        self._rooms = rooms
        self._grouping = grouping
        self._rules = rules
        self._media_resolver = media_resolver
        self._clock = clock
        self._system = system
        self._snapshots: dict[str, Snapshot] = {}

    def __iter__(self) -> Iterator[Snapshot]:
        """Iterate over all snapshots."""
        return iter(tuple(self._snapshots.values()))

    def load(self, saved: Iterable[Snapshot]) -> None:
        """Add snapshots that were captured before a restart."""
        self._snapshots = {snapshot.snapshot_id: snapshot for snapshot in saved}

    def take(self, name: str, snapshot_id: str | None = None, player_ids: Iterable[str] | None = None) -> Snapshot:
        """Take a snapshot.

        Args:
            name: The name for people.
            snapshot_id: Its id; an earlier snapshot with this id is replaced. By default a new one.
            player_ids: The players, with the rooms that they are in; all by default.

        Raises:
            PlayerNotFound: If there is no such player.
            Unavailable: If there are too many snapshots.

        """
        players = list(self._players) if player_ids is None else [self._players.get(each) for each in player_ids]
        if snapshot_id not in self._snapshots and len(self._snapshots) >= MAX_SNAPSHOTS:
            raise Unavailable(
                Sentence("too_many_snapshots", "This hub takes at most {most} snapshots", most=MAX_SNAPSHOTS)
            )
        now_us = self._clock.now_us()
        rooms = dict.fromkeys(room for player in players if (room := self._rooms.of_player(player)) is not None)
        snapshot = Snapshot(
            snapshot_id=snapshot_id or secrets.token_hex(8),
            name=name,
            taken_at=self._clock.timestamp(),
            players=tuple(
                PlayerSnapshot(
                    player_id=player.player_id,
                    volume=player.volume,
                    muted=player.muted,
                    queue=_queue_snapshot(player.solo_playback, now_us),
                )
                for player in players
            ),
            rooms=tuple(
                RoomSnapshot(
                    room_id=room.room_id,
                    is_group=room.is_group,
                    player_ids=tuple(player.player_id for player in room.renderers),
                    queue=_queue_snapshot(room.playback, now_us),
                )
                for room in rooms
            ),
        )
        self._snapshots[snapshot.snapshot_id] = snapshot
        self.changed.emit()
        return snapshot

    def delete(self, snapshot_id: str) -> None:
        """Delete a snapshot. Raise SnapshotNotFound."""
        self._get(snapshot_id)
        del self._snapshots[snapshot_id]
        self.changed.emit()

    async def restore(self, snapshot_id: str) -> list[str]:
        """Restore the playback, volumes and rooms of a snapshot.

        Return the ids of the players and rooms that couldn't be restored completely, because they are disconnected,
        don't exist any more, or a rule refuses their music now. Raise SnapshotNotFound.
        """
        snapshot = self._get(snapshot_id)
        missing: list[str] = []
        in_rooms = {player_id for room in snapshot.rooms for player_id in room.player_ids}
        for state in snapshot.players:
            if (player := self._players.find(state.player_id)) is None:
                missing.append(state.player_id)
                continue
            self._players.set_volume(player, state.volume, state.muted)
            if state.player_id not in in_rooms:
                self._grouping.leave(self._system, player)
                if not await self._play(player, state.queue):
                    missing.append(state.player_id)
        for room_state in snapshot.rooms:
            room = await self._assemble(room_state, missing)
            if room is None or not await self._play(room, room_state.queue):
                missing.append(room_state.room_id)
        return missing

    async def _assemble(self, state: RoomSnapshot, missing: list[str]) -> Room | None:
        # Groups the players again that were in a room.
        players: list[Player] = []
        for player_id in state.player_ids:
            player = self._players.find(player_id)
            if player is not None and player.connected and not self._rules.is_silent(player):
                players.append(player)
            else:
                missing.append(player_id)
        room = self._rooms.find(state.room_id)
        if room is None and not (state.is_group and len(players) > 1):
            return None
        leader = room or players.pop(0)
        if isinstance(leader, Player):
            # The group is made anew; a room that the player is in now goes on without it.
            self._grouping.leave(self._system, leader)
        # Rules would be checked against the music that is about to be replaced.
        self._empty(leader.playback)
        try:
            return await self._grouping.join(self._system, leader, players)
        except HubError:
            if room is not None:
                missing.extend(player.player_id for player in players if player.room is not room)
            return room

    async def _play(self, context: Player | Room, state: QueueSnapshot) -> bool:
        # Returns whether no rule refuses any of it.
        is_allowed = self._rules.music_filter(context)
        allowed = [item for item in state.items if is_allowed(item.track)]
        items = [
            msgspec.structs.replace(item, queue_item_id=secrets.token_hex(8), state="pending", votes=0)
            for item in allowed
        ]
        ids = [item.queue_item_id for item in allowed]
        is_silenced = state.playing and self._rules.is_silent(context)
        is_complete = len(items) == len(state.items) and not is_silenced
        playback = context.playback
        self._empty(playback)
        playback.set_modes(shuffle=None, repeat=state.repeat, autoplay=None)
        if not items:
            return is_complete
        playback.queue.add(items, "end", None)
        if state.current_item_id not in ids:
            return is_complete
        current = items[ids.index(state.current_item_id)]
        if state.playing and not is_silenced:
            with suppress(HubError):
                await self._media_resolver.start(playback, current, state.position)
        else:
            playback.load_paused(current, self._clock.now_us(), state.position)
        return is_complete

    def _empty(self, playback: Playback) -> None:
        playback.finish(self._clock.now_us())
        playback.queue.clear()

    def _get(self, snapshot_id: str) -> Snapshot:
        if (snapshot := self._snapshots.get(snapshot_id)) is None:
            raise SnapshotNotFound(f"There is no snapshot {snapshot_id}")
        return snapshot


def _queue_snapshot(playback: Playback, now_us: int) -> QueueSnapshot:
    items, index = playback.queue.items, playback.queue.current_index or 0
    first = index if len(items) > MAX_ITEMS else 0
    return QueueSnapshot(
        items=tuple(items[first : first + MAX_ITEMS]),
        current_item_id=playback.queue.current_item_id,
        position=playback.timeline.position_at(now_us),
        playing=playback.is_active,
        repeat=playback.repeat,
    )
