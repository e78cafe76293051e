"""Changes of a queue, and looks into it."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from ..dispatcher import Handler
from ..playback import Playback
from ..protocol.client import (
    QueueAdd,
    QueueClear,
    QueueCommand,
    QueueGet,
    QueueMove,
    QueueRemove,
    QueueReorder,
    QueueTransfer,
)
from ..protocol.errors import InvalidMessage, PermissionDenied
from ..protocol.types import QueueItem
from ..session import Actor

if TYPE_CHECKING:
    from ..hub import Hub


class QueueHandlers:
    """Each finds its queue, changes it, and lets the playback follow."""

    def __init__(self, hub: Hub) -> None:
        """Puts its messages into the hub's table."""
        self.hub = hub
        hub.register(QueueAdd, self._once(self.add), "control")
        hub.register(QueueRemove, self._once(self.remove), "control")
        hub.register(QueueMove, self._once(self.move), "control")
        hub.register(QueueReorder, self._once(self.reorder), "control")
        hub.register(QueueClear, self._once(self.clear), "control")
        hub.register(QueueGet, self.get, "listen")
        hub.register(QueueTransfer, None, "control")

    async def add(self, actor: Actor, playback: Playback, message: QueueAdd) -> dict[str, Any]:
        """More music."""
        items = await self._items(actor, message)
        held = playback.current
        playback.queue.require_revision(message.if_revision)
        playback.queue.add(items, message.place, message.position)
        await self._follow(playback, held, playback.current or items[0])
        return {"revision": playback.queue.revision, "queue_item_ids": [item.queue_item_id for item in items]}

    async def remove(self, _actor: Actor, playback: Playback, message: QueueRemove) -> dict[str, Any]:
        """Less music."""
        ids = message.queue_item_ids or (() if message.queue_item_id is None else (message.queue_item_id,))
        if not ids:
            raise InvalidMessage("Name a queue_item_id or queue_item_ids", ["queue_item_ids"])
        held = playback.current
        playback.queue.require_revision(message.if_revision)
        playback.queue.remove(ids)
        await self._follow(playback, held, playback.current)
        return {"revision": playback.queue.revision}

    async def move(self, _actor: Actor, playback: Playback, message: QueueMove) -> dict[str, Any]:
        """An item elsewhere."""
        playback.queue.require_revision(message.if_revision)
        playback.queue.move(message.queue_item_id, message.place)
        return {"revision": playback.queue.revision}

    async def reorder(self, _actor: Actor, playback: Playback, message: QueueReorder) -> dict[str, Any]:
        """An item elsewhere, by indexes."""
        playback.queue.require_revision(message.if_revision)
        playback.queue.reorder(message.from_, message.to)
        return {"revision": playback.queue.revision}

    async def clear(self, _actor: Actor, playback: Playback, message: QueueClear) -> dict[str, Any]:
        """No music."""
        held = playback.current
        playback.queue.require_revision(message.if_revision)
        playback.queue.clear()
        await self._follow(playback, held, None)
        return {"revision": playback.queue.revision}

    def get(self, actor: Actor, message: QueueGet) -> dict[str, Any]:
        """A page."""
        queue = self._playback(actor, message).queue
        return {"queue": queue.page(message.offset, message.limit)}

    def _once[M: QueueCommand](self, change: Callable[[Actor, Playback, M], Awaitable[Any]]) -> Handler[M]:
        async def handle(actor: Actor, message: M) -> Any:
            playback = self._playback(actor, message)
            if message.op_id is None:
                return await change(actor, playback, message)
            key = (actor.principal.sub, message.op_id)
            now_us = self.hub.clock.now_us()
            return await playback.operations.once(key, now_us, lambda: change(actor, playback, message))

        return handle

    def _playback(self, actor: Actor, message: QueueCommand) -> Playback:
        return self.hub.target(actor, message.player_id, message.room_id).playback

    async def _follow(self, playback: Playback, held: QueueItem | None, current: QueueItem | None) -> None:
        # The current item went: what took its place goes on as the old one did.
        if held is None or (playback.current is not None and playback.current.queue_item_id == held.queue_item_id):
            return
        if current is None:
            playback.finish(self.hub.clock.now_us())
        elif playback.timeline.state in ("playing", "buffering"):
            await self.hub.conductor.start(playback, current, left="skipped")
        else:
            playback.choose_paused(current, self.hub.clock.now_us())

    async def _items(self, actor: Actor, message: QueueAdd) -> list[QueueItem]:
        conductor, principal = self.hub.conductor, actor.principal
        if message.media_content_id is not None:
            if not principal.may_add_foreign_media:
                raise PermissionDenied("Guests may add tracks of the library only")
            media = [await conductor.resolve(message.media_content_id, principal)]
        else:
            ids = message.track_ids or (() if message.track_id is None else (message.track_id,))
            if not ids:
                raise InvalidMessage("Name a track_id, track_ids or a media_content_id", ["track_id"])
            media = [await conductor.resolve_track(track_id, principal) for track_id in ids]
        return [self.hub.new_item(found.track, actor) for found in media]
