"""What can be asked of a player or a room, as methods. Each waits for the hub's answer and raises its refusal."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final
import uuid

import msgspec

from ..protocol.client import (
    After,
    ModeCommand,
    Place,
    PlaybackCommand,
    QueueAdd,
    QueueClear,
    QueueGet,
    QueueMove,
    QueueRemove,
    QueueTransfer,
    RoomChat,
    RoomClose,
    RoomGet,
    RoomInvite,
    RoomJoin,
    RoomKick,
    RoomLeave,
    RoomSetRole,
    RoomSkipVote,
    RoomUpdate,
    SeekCommand,
    VolumeCommand,
)
from ..protocol.server import PlaybackStatus, RoomState
from ..protocol.types import PlayerInfo, QueueItem, QueuePage, RepeatMode, RoomInfo, RoomRole, Track

if TYPE_CHECKING:
    from .client import MoosicBoxClient

PAGE: Final = 500


class Controls:
    """What players and rooms have in common: transport and a queue."""

    kind: str

    def __init__(self, hub: MoosicBoxClient, id_: str) -> None:
        """Nothing is asked yet; `id_` may be of something that comes later."""
        self.id = id_
        self.queue = Queue(hub, self.kind, id_)
        self._hub = hub
        self._target: dict[str, Any] = {f"{self.kind}_id": id_}

    @property
    def status(self) -> PlaybackStatus | None:
        """What plays, as the mirror knows it."""
        return self._hub.mirror.playback.get(f"{self.kind}:{self.id}")

    @property
    def track(self) -> Track | None:
        """The current track."""
        return None if self.status is None else self.status.current_track

    @property
    def position(self) -> float | None:
        """Seconds into the current track, now."""
        if (status := self.status) is None:
            return None
        elapsed = max(0.0, self._hub.hub_now_us() - status.anchor_us) / 1e6
        position = status.position_seconds + status.rate * elapsed
        return position if status.duration_seconds is None else min(position, status.duration_seconds)

    async def play(
        self, track_id: str | None = None, *, queue_item_id: str | None = None, start_position: float | None = None
    ) -> None:
        """Go on, or begin with a track, an item of the queue, or at a position."""
        await self._command("play", track_id=track_id, queue_item_id=queue_item_id, start_position=start_position)

    async def pause(self) -> None:
        """Stand still."""
        await self._command("pause")

    async def toggle(self) -> None:
        """Play if it is paused, pause if it plays."""
        await self._command("toggle")

    async def stop(self) -> None:
        """Stop."""
        await self._command("stop")

    async def next(self) -> None:
        """The next item."""
        await self._command("next")

    async def previous(self) -> None:
        """The previous item."""
        await self._command("previous")

    async def seek(self, position_seconds: float) -> None:
        """Go on at another place of the same item."""
        await self._hub.request(SeekCommand(position_seconds=position_seconds, **self._target))

    async def mode(
        self, *, shuffle: bool | None = None, repeat: RepeatMode | None = None, autoplay: bool | None = None
    ) -> None:
        """In which order, and how often."""
        await self._hub.request(ModeCommand(shuffle=shuffle, repeat=repeat, autoplay=autoplay, **self._target))

    async def _command(self, command: Any, **fields: Any) -> None:
        await self._hub.request(PlaybackCommand(command=command, **self._target, **fields))


class PlayerControls(Controls):
    """One player."""

    kind = "player"

    @property
    def info(self) -> PlayerInfo | None:
        """As the list of players shows it."""
        return self._hub.mirror.players.get(self.id)

    async def volume(self, volume: float | None = None, *, muted: bool | None = None) -> None:
        """How loud (0.0 to 1.0), or silent."""
        await self._hub.request(VolumeCommand(volume=volume, muted=muted, **self._target))


class RoomControls(Controls):
    """One room."""

    kind = "room"

    @property
    def info(self) -> RoomInfo | None:
        """As the list of rooms shows it."""
        return self._hub.mirror.rooms.get(self.id)

    @property
    def state(self) -> RoomState | None:
        """All about it, as the mirror knows it; None unless it is followed."""
        return self._hub.mirror.room_states.get(self.id)

    async def get(self) -> RoomState:
        """All about it, asked anew."""
        return msgspec.convert(await self._ask(RoomGet(room_id=self.id)), RoomState)

    async def join(self, invite: str | None = None, *, player_id: str | None = None) -> RoomState:
        """Into the room, with this client or another player; its state."""
        answer = await self._ask(RoomJoin(room_id=self.id, invite=invite, player_id=player_id))
        return msgspec.convert(answer, RoomState)

    async def leave(self, *, player_id: str | None = None) -> None:
        """Out of the room."""
        await self._ask(RoomLeave(room_id=self.id, player_id=player_id))

    async def chat(self, message: str) -> None:
        """Say something to those in it."""
        await self._ask(RoomChat(room_id=self.id, message=message))

    async def update(self, **settings: Any) -> None:
        """Other settings; what isn't named stays."""
        await self._ask(RoomUpdate(room_id=self.id, **settings))

    async def close(self) -> None:
        """End it for all."""
        await self._ask(RoomClose(room_id=self.id))

    async def kick(self, client_id: str) -> None:
        """Put somebody out."""
        await self._ask(RoomKick(room_id=self.id, client_id=client_id))

    async def set_role(self, user_id: str, role: RoomRole) -> None:
        """Give a member another role."""
        await self._ask(RoomSetRole(room_id=self.id, user_id=user_id, role=role))

    async def skip_vote(self) -> None:
        """Vote against the current item."""
        await self._ask(RoomSkipVote(room_id=self.id))

    async def invite(
        self, role: RoomRole = "guest", *, expires_in: float | None = None, uses: int | None = None
    ) -> dict[str, Any]:
        """A code for guests, with the address to open."""
        return await self._ask(RoomInvite(room_id=self.id, role=role, expires_in=expires_in, uses=uses))

    async def _ask(self, message: Any) -> dict[str, Any]:
        answer: dict[str, Any] = await self._hub.request(message)
        return answer


class Queue:
    """The queue of a player or a room. Changes carry an `op_id`: asked for twice, they are made once."""

    def __init__(self, hub: MoosicBoxClient, kind: str, id_: str) -> None:
        """Nothing is asked yet."""
        self._hub = hub
        self._topic = f"{kind}:{id_}"
        self._target: dict[str, Any] = {f"{kind}_id": id_}

    @property
    def items(self) -> Sequence[QueueItem]:
        """As the mirror knows them."""
        mirror = self._hub.mirror.queues.get(self._topic)
        return () if mirror is None else tuple(mirror.items)

    async def add(
        self,
        *track_ids: str,
        media: str | None = None,
        place: Place | None = None,
        after: str | None = None,
        if_revision: int | None = None,
    ) -> list[str]:
        """Add tracks by id, or one medium (a media source or an address); the new items' ids."""
        message = QueueAdd(
            track_ids=track_ids or None,
            media_content_id=media,
            place=After(after=after) if after is not None else place,
            if_revision=if_revision,
            **self._change(),
        )
        ids: list[str] = (await self._hub.request(message)).get("queue_item_ids", [])
        return ids

    async def remove(self, queue_item_ids: Iterable[str], *, if_revision: int | None = None) -> None:
        """Take items out."""
        await self._hub.request(
            QueueRemove(queue_item_ids=tuple(queue_item_ids), if_revision=if_revision, **self._change())
        )

    async def move(
        self, queue_item_id: str, place: Place = "end", *, after: str | None = None, if_revision: int | None = None
    ) -> None:
        """Put an item to another place."""
        where = After(after=after) if after is not None else place
        await self._hub.request(
            QueueMove(queue_item_id=queue_item_id, place=where, if_revision=if_revision, **self._change())
        )

    async def clear(self) -> None:
        """Take everything out."""
        await self._hub.request(QueueClear(**self._change()))

    async def transfer(self, *, to_player_id: str | None = None, to_room_id: str | None = None) -> None:
        """Give it all, with the position, to another player or room."""
        await self._hub.request(QueueTransfer(to_player_id=to_player_id, to_room_id=to_room_id, **self._change()))

    async def page(self, offset: int = 0, limit: int = PAGE) -> QueuePage:
        """A part of it, as the hub has it now."""
        answer = await self._hub.request(QueueGet(offset=offset, limit=limit, **self._target))
        return msgspec.convert(answer["queue"], QueuePage)

    async def pages(self) -> list[QueuePage]:
        """All of it, in pages; they may be of different revisions if it changes meanwhile."""
        pages = [await self.page()]
        while pages[-1].items and pages[-1].offset + len(pages[-1].items) < pages[-1].total:
            pages.append(await self.page(pages[-1].offset + len(pages[-1].items)))
        return pages

    def _change(self) -> dict[str, Any]:
        return {"op_id": uuid.uuid4().hex, **self._target}
