"""A queue's copy, kept true by ops. Pure: it says when a fetch is needed, and takes what was fetched."""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import UNSET

from ..protocol.server import QueueUpdated
from ..protocol.types import (
    AddOp,
    ClearOp,
    CurrentOp,
    MoveOp,
    QueueItem,
    QueueOp,
    QueuePage,
    RemoveOp,
    ResetOp,
    UpdateOp,
)

MAX_KEPT: Final = 1_000
"""Changes kept while the queue is fetched; beyond that it is fetched once more."""


class QueueMirror:
    """One queue. While `stale`, what it holds may be old or a part only."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self.items: list[QueueItem] = []
        self.current_item_id: str | None = None
        self.revision = -1
        self.stale = True
        self._kept: list[QueueUpdated] = []

    @property
    def current_index(self) -> int | None:
        """Where the current item stands."""
        return self._index(self.current_item_id) if self.current_item_id is not None else None

    def apply(self, update: QueueUpdated) -> bool:
        """Follow a message; True if the queue must be fetched now."""
        if isinstance(update.queue, QueuePage):
            return self._snapshot(update.queue)
        if self.stale:
            self._kept = [*self._kept, update][-MAX_KEPT:]
            return False
        self._apply(update)
        return self.stale

    def replace(self, pages: Sequence[QueuePage]) -> bool:
        """Become what was fetched, then follow what came meanwhile; False if that isn't possible: fetch again."""
        kept, self._kept = self._kept, []
        first = pages[0]
        if any(page.revision != first.revision or page.epoch != first.epoch for page in pages):
            return False
        items = [item for page in pages for item in page.items]
        if len(items) != first.total:
            return False
        self._hold(items, pages[-1])
        for update in kept:
            self._apply(update)
        return not self.stale

    def _snapshot(self, page: QueuePage) -> bool:
        self._kept = []
        self._hold(list(page.items), page)
        self.stale = page.total > len(page.items)
        return self.stale

    def _hold(self, items: list[QueueItem], page: QueuePage) -> None:
        self.items, self.current_item_id, self.revision = items, page.current_item_id, page.revision
        self.stale = False

    def _apply(self, update: QueueUpdated) -> None:
        leaves_revision = all(isinstance(op, CurrentOp | UpdateOp) for op in update.ops)
        if update.revision == self.revision + (0 if leaves_revision else 1):
            for op in update.ops:
                self._follow(op)
            self.revision = update.revision
        elif update.revision > self.revision:
            self.stale = True

    def _follow(self, op: QueueOp) -> None:
        match op:
            case AddOp():
                self.items[op.index : op.index] = op.items
            case RemoveOp():
                gone = set(op.queue_item_ids)
                self.items = [item for item in self.items if item.queue_item_id not in gone]
            case MoveOp():
                if (index := self._index(op.queue_item_id)) is not None:
                    self.items.insert(op.index, self.items.pop(index))
            case ClearOp():
                self.items, self.current_item_id = [], None
            case ResetOp():
                self.stale = True
            case CurrentOp():
                self.current_item_id = op.queue_item_id
            case UpdateOp():
                if (index := self._index(op.queue_item_id)) is not None:
                    item = self.items[index]
                    self.items[index] = msgspec.structs.replace(
                        item,
                        state=item.state if op.state is UNSET else op.state,
                        votes=item.votes if op.votes is UNSET else op.votes,
                    )

    def _index(self, queue_item_id: str) -> int | None:
        return next((index for index, item in enumerate(self.items) if item.queue_item_id == queue_item_id), None)
