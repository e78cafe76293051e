"""Commands that read or change queues."""

from collections.abc import Awaitable, Callable
from typing import Any

from ..dispatcher import Handler
from ..hub import Hub
from ..playback.playback import Playback
from ..protocol.client import (
    QueueAdd,
    QueueClear,
    QueueCommand,
    QueueGet,
    QueueMove,
    QueueRemove,
    QueueReorder,
    QueueSongRadio,
    QueueTransfer,
)
from ..protocol.errors import InvalidMessage, NotSupported, PermissionDenied, QueueItemNotFound, Sentence
from ..protocol.results import AddResult, QueueResult, RevisionResult, TransferResult
from ..protocol.types import QueueItem
from ..rooms.rights import RoomRight
from ..rooms.targets import Target
from ..sessions.session import Actor


class QueueHandlers:
    """Handles `queue_command`: finds the target, checks the right, changes the queue, then adapts playback."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def register(self) -> None:
        """Add the messages to the hub's table."""
        hub = self.hub
        hub.register(QueueAdd, self._idempotent(self.add), "control", target_decides=True)
        hub.register(QueueRemove, self._idempotent(self.remove), "control", target_decides=True)
        hub.register(QueueMove, self._idempotent(self.move), "control", target_decides=True)
        hub.register(QueueReorder, self._idempotent(self.reorder), "control", target_decides=True)
        hub.register(QueueClear, self._idempotent(self.clear), "control", target_decides=True)
        hub.register(QueueSongRadio, self._idempotent(self.song_radio), "control", target_decides=True)
        hub.register(QueueGet, self.get, "listen")
        hub.register(QueueTransfer, self._idempotent(self.transfer), "control", target_decides=True)

    async def add(self, target: Target, message: QueueAdd) -> AddResult:
        """Add items; start the first one if `play` is set."""

        def require_rights() -> None:
            target.require_right("queue.add")
            if message.place == "replace":
                target.require_right("queue.move_any")
            if message.play:
                target.require_right("playback.control")
                self.hub.household.rules.require_playing(target.context)

        require_rights()
        playback = target.playback
        items = await self._items(target, message)
        require_rights()
        before = playback.current
        playback.queue.require_revision(message.if_revision)
        # An active playback continues with the first item of the new queue.
        starts = bool(message.play) or (message.place == "replace" and before is not None)
        playback.queue.add(items, message.place, message.position, starts=starts)
        result: AddResult = {"revision": 0, "queue_item_ids": [item.queue_item_id for item in items]}
        if message.play:
            # The media is known by now, so that the item starts before any other command is executed.
            await self.hub.media_resolver.start(playback, items[0], previous_state="skipped")
            result["started_item_id"] = items[0].queue_item_id
        else:
            await self._continue_playback(playback, before, playback.current or items[0])
        result["revision"] = playback.queue.revision
        return result

    async def remove(self, target: Target, message: QueueRemove) -> RevisionResult:
        """Remove items."""
        playback = target.playback
        ids = message.queue_item_ids or (() if message.queue_item_id is None else (message.queue_item_id,))
        if not ids:
            raise InvalidMessage("One of queue_item_id and queue_item_ids is required", ["queue_item_ids"])
        before = playback.current
        playback.queue.require_revision(message.if_revision)
        for item in playback.queue.select(ids):
            target.require_change_right(item)
        playback.queue.remove(ids)
        await self._continue_playback(playback, before, playback.current)
        return {"revision": playback.queue.revision}

    async def move(self, target: Target, message: QueueMove) -> RevisionResult:
        """Move an item to a place."""
        playback = target.playback
        playback.queue.require_revision(message.if_revision)
        target.require_change_right(playback.queue.get(message.queue_item_id))
        playback.queue.move(message.queue_item_id, message.place)
        return {"revision": playback.queue.revision}

    async def reorder(self, target: Target, message: QueueReorder) -> RevisionResult:
        """Move an item by indexes."""
        playback = target.playback
        playback.queue.require_revision(message.if_revision)
        target.require_change_right(playback.queue.at(message.from_))
        playback.queue.reorder(message.from_, message.to)
        return {"revision": playback.queue.revision}

    async def clear(self, target: Target, message: QueueClear) -> RevisionResult:
        """Remove all items and stop."""
        target.require_right("queue.move_any")
        playback = target.playback
        before = playback.current
        playback.queue.require_revision(message.if_revision)
        playback.queue.clear()
        await self._continue_playback(playback, before, None)
        return {"revision": playback.queue.revision}

    async def song_radio(self, target: Target, message: QueueSongRadio) -> AddResult:
        """Make a song the only item of the queue, and switch autoplay on, which adds similar music."""

        def require_rights() -> None:
            target.require_right("queue.move_any")
            target.require_right("playback.control")
            self.hub.household.rules.require_playing(target.context)

        require_rights()
        if self.hub.library is None:
            raise NotSupported("This hub has no library to find similar music in")
        playback = target.playback
        current = playback.current
        if message.track_id is None and current is None:
            raise QueueItemNotFound(Sentence("queue_empty", "The queue is empty"))
        if current is not None and message.track_id in (None, current.track.track_id):
            playback.queue.require_revision(message.if_revision)
            others = [item.queue_item_id for item in playback.queue.items if item is not current]
            playback.queue.remove(others)
            playback.set_modes(shuffle=None, repeat="off", autoplay=True)
            if not playback.goes_on:
                position = playback.timeline.position
                await self.hub.media_resolver.start(playback, current, position)
            started = current.queue_item_id
        else:
            (item,) = await self._items(target, QueueAdd(track_id=message.track_id))
            require_rights()
            playback.queue.require_revision(message.if_revision)
            playback.queue.add([item], "replace", None, starts=True)
            playback.set_modes(shuffle=None, repeat="off", autoplay=True)
            await self.hub.media_resolver.start(playback, item, previous_state="skipped")
            started = item.queue_item_id
        return {"revision": playback.queue.revision, "queue_item_ids": [started], "started_item_id": started}

    def get(self, actor: Actor, message: QueueGet) -> QueueResult:
        """Return a page of the queue."""
        target = self.hub.targets.playback_target(actor, message.player_id, message.room_id, "listen")
        return {"queue": target.playback.queue.page(message.offset, message.limit)}

    async def transfer(self, source: Target, message: QueueTransfer) -> TransferResult:
        """Move the whole queue to another player or room, which continues at the same position."""
        if (message.to_player_id is None) == (message.to_room_id is None):
            raise InvalidMessage("One of to_player_id and to_room_id is required", ["to_player_id"])
        to = self.hub.targets.playback_target(source.actor, message.to_player_id, message.to_room_id)
        needed: tuple[tuple[Target, RoomRight], ...] = (
            (source, "queue.move_any"),
            (to, "queue.move_any"),
            (to, "playback.control"),
        )
        for target, right in needed:
            target.require_right(right)
        source.playback.queue.require_revision(message.if_revision)
        if not len(source.playback.queue):
            raise QueueItemNotFound(Sentence("queue_empty", "The queue is empty"))
        rules = self.hub.household.rules
        rules.require_playing(to.context)
        rules.require_tracks(to.context, [item.track for item in source.playback.queue.items])
        if source.playback is not to.playback:
            await self.hub.media_resolver.transfer(source.playback, to.playback)
        return {"revision": source.playback.queue.revision, "to_revision": to.playback.queue.revision}

    def _idempotent[M: QueueCommand](self, change: Callable[[Target, M], Awaitable[Any]]) -> Handler[M]:
        async def handle(actor: Actor, message: M) -> Any:
            target = self.hub.targets.playback_target(actor, message.player_id, message.room_id)
            if not target.rights:
                target.require_right("queue.add")
            if message.op_id is None:
                return await change(target, message)
            key = (actor.principal.sub, message.op_id)
            now_us = self.hub.clock.now_us()
            return await target.playback.operations.run_once(key, now_us, lambda: change(target, message))

        return handle

    async def _continue_playback(self, playback: Playback, before: QueueItem | None, current: QueueItem | None) -> None:
        # If the current item was removed, its successor continues in the same state.
        if before is None or (playback.current is not None and playback.current.queue_item_id == before.queue_item_id):
            return
        if current is None:
            playback.finish(self.hub.clock.now_us())
        elif playback.goes_on:
            await self.hub.media_resolver.start(playback, current, previous_state="skipped")
        else:
            playback.load_paused(current, self.hub.clock.now_us())

    async def _items(self, target: Target, message: QueueAdd) -> list[QueueItem]:
        media_resolver, principal = self.hub.media_resolver, target.principal
        if message.media_content_id is not None:
            if not target.may_add_foreign_media:
                raise PermissionDenied("Guests may add tracks of the library only")
            media = [await media_resolver.resolve(message.media_content_id, principal)]
        else:
            ids = message.track_ids or (() if message.track_id is None else (message.track_id,))
            if not ids:
                raise InvalidMessage("One of track_id, track_ids and media_content_id is required", ["track_id"])
            media = await media_resolver.resolve_tracks(ids, principal)
        for found in media:
            target.require_media_right(found)
        self.hub.household.rules.require_tracks(target.context, [found.track for found in media])
        return [target.new_item(found.track, self.hub.clock.timestamp()) for found in media]
