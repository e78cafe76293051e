"""The queue of a player or a room, as methods.

The protocol's page: docs/protocol/queues.md.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal
import uuid

import msgspec

from ..protocol.client import After, Place, QueueAdd, QueueClear, QueueGet, QueueMove, QueueRemove, QueueTransfer
from ..protocol.types import QueueItem, QueuePage
from .hub_access import HubAccess

PAGE_SIZE: Final = 500

type TargetKind = Literal["player", "room"]


class QueueControls:
    """The queue of a player or a room.

    Each change carries an `op_id`, so that a request that is sent again after a cut changes the queue once. Besides the
    errors that a method names, each raises `PlayerNotFound` or `RoomNotFound`, and those of `MoosicBoxClient.request`.
    """

    def __init__(self, hub: HubAccess, kind: TargetKind, id_: str) -> None:
        self._hub = hub
        self._topic = f"{kind}:{id_}"
        self._target: dict[str, Any] = {f"{kind}_id": id_}

    @property
    def items(self) -> Sequence[QueueItem]:
        """The items in order, from the mirror; empty while the queue isn't followed."""
        mirror = self._hub.mirror
        queue = mirror.queues.get(mirror.source(self._topic))
        return () if queue is None else tuple(queue.items)

    async def add(
        self,
        *track_ids: str,
        media: str | None = None,
        place: Place | None = None,
        after: str | None = None,
        play: bool = False,
        if_revision: int | None = None,
    ) -> list[str]:
        """Add tracks of the library, or one other media item (protocol: `queue_command.add`).

        Args:
            *track_ids: Ids of tracks, in this order.
            media: Instead of tracks, a media source (`media-source://…`) or an http(s) address.
            place: `next`, `end` or `replace`; `None` for the end.
            after: The item to add behind, instead of a `place`.
            play: Start the first new item, in the same step. Needs the hub's feature `queue: 2`.
            if_revision: Add only if the queue is still at this revision.

        Returns:
            The ids of the new items.

        Raises:
            TrackNotFound: A track or media item doesn't exist; nothing was added.
            NotSupported: The media item is no audio.
            RevisionConflict: The queue is at another revision; `details` has the missed `ops`.
            Unavailable: The queue would exceed its limit.
        """
        message = QueueAdd(
            track_ids=track_ids or None,
            media_content_id=media,
            place=After(after=after) if after is not None else place,
            play=play or None,
            if_revision=if_revision,
            **self._change(),
        )
        ids: list[str] = (await self._hub.request(message)).get("queue_item_ids", [])
        return ids

    async def remove(self, queue_item_ids: Iterable[str], *, if_revision: int | None = None) -> None:
        """Remove all of these items, or none (protocol: `queue_command.remove`).

        Raises:
            QueueItemNotFound: An item is not in the queue.
            ItemLocked: An item was handed to the players already, and is about to start.
            RevisionConflict: The queue is not at `if_revision`.
        """
        await self._hub.request(
            QueueRemove(queue_item_ids=tuple(queue_item_ids), if_revision=if_revision, **self._change())
        )

    async def move(
        self, queue_item_id: str, place: Place = "end", *, after: str | None = None, if_revision: int | None = None
    ) -> None:
        """Move an item (protocol: `queue_command.move`).

        Args:
            queue_item_id: The item.
            place: `next` or `end`.
            after: The item to move behind, instead of a `place`.
            if_revision: Move only if the queue is still at this revision.

        Raises:
            QueueItemNotFound: An item is not in the queue.
            ItemLocked: The item was handed to the players already, and is about to start.
            RevisionConflict: The queue is not at `if_revision`.
        """
        target = After(after=after) if after is not None else place
        await self._hub.request(
            QueueMove(queue_item_id=queue_item_id, place=target, if_revision=if_revision, **self._change())
        )

    async def clear(self) -> None:
        """Remove all items; playback stops (protocol: `queue_command.clear`)."""
        await self._hub.request(QueueClear(**self._change()))

    async def transfer(self, *, to_player_id: str | None = None, to_room_id: str | None = None) -> None:
        """Move the queue and the playback position to another player or room (protocol: `queue_command.transfer`).

        Args:
            to_player_id: The player that gets the queue.
            to_room_id: The room that gets the queue, instead of a player.
        """
        await self._hub.request(QueueTransfer(to_player_id=to_player_id, to_room_id=to_room_id, **self._change()))

    async def page(self, offset: int = 0, limit: int = PAGE_SIZE) -> QueuePage:
        """Request a part of the queue (protocol: `queue_command.get`).

        Args:
            offset: Index of the first item.
            limit: Number of items, at most 500.

        Returns:
            The items, with the queue's revision and total length.
        """
        answer = await self._hub.request(QueueGet(offset=offset, limit=limit, **self._target))
        return msgspec.convert(answer["queue"], QueuePage)

    async def pages(self) -> list[QueuePage]:
        """Request the whole queue, and return its pages. If the queue changes meanwhile, their revisions differ."""
        pages = [await self.page()]
        while pages[-1].items and pages[-1].offset + len(pages[-1].items) < pages[-1].total:
            pages.append(await self.page(pages[-1].offset + len(pages[-1].items)))
        return pages

    def _change(self) -> dict[str, Any]:
        return {"op_id": uuid.uuid4().hex, **self._target}
