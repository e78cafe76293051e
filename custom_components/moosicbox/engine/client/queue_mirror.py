"""A copy of a queue that follows its ops. Pure, without I/O: it reports when a fetch is needed, and takes its result.

The protocol's section: "Keeping a copy" in docs/protocol/queues.md.
"""

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

MAX_BUFFERED: Final = 1_000
"""Updates kept during a fetch; with more of them the queue is fetched once more."""


class QueueMirror:
    """The copy of one queue.

    Attributes:
        items: The items in order.
        current_item_id: The current item, or `None`.
        revision: The hub's revision that `items` shows; -1 before the first message.
        stale: `True` while `items` may be out of date or incomplete, until a fetch has ended.
    """

    def __init__(self) -> None:
        self.items: list[QueueItem] = []
        self.current_item_id: str | None = None
        self.revision = -1
        self.stale = True
        self._buffered: list[QueueUpdated] = []
        self._given_up = False
        """True while the copy is stale and nothing fetches it."""

    @property
    def current_index(self) -> int | None:
        """The index of the current item, or `None`."""
        return self._index(self.current_item_id) if self.current_item_id is not None else None

    def apply(self, update: QueueUpdated) -> bool:
        """Follow a message.

        Returns:
            `True` if the whole queue has to be fetched now, to be passed to `replace`.
        """
        if isinstance(update.queue, QueuePage):
            return self._apply_snapshot(update.queue)
        if self._given_up:
            self._given_up = False
            return True
        if self.stale:
            self._buffered = [*self._buffered, update][-MAX_BUFFERED:]
            return False
        self._apply_ops(update)
        return self.stale

    def replace(self, pages: Sequence[QueuePage]) -> bool:
        """Take the fetched pages of the whole queue, then follow the updates that came during the fetch.

        Returns:
            `True` if the copy is up to date; otherwise the queue has to be fetched again.
        """
        buffered, self._buffered = self._buffered, []
        first = pages[0]
        if any(page.revision != first.revision or page.epoch != first.epoch for page in pages):
            return False
        items = [item for page in pages for item in page.items]
        if len(items) != first.total:
            return False
        self._set(items, pages[-1])
        for update in buffered:
            self._apply_ops(update)
        return not self.stale

    def give_up(self) -> None:
        """Note that the fetch has failed: the next change needs a new one."""
        self._buffered = []
        self._given_up = self.stale

    def _apply_snapshot(self, page: QueuePage) -> bool:
        self._buffered = []
        self._given_up = False
        self._set(list(page.items), page)
        self.stale = page.total > len(page.items)
        return self.stale

    def _set(self, items: list[QueueItem], page: QueuePage) -> None:
        self.items, self.current_item_id, self.revision = items, page.current_item_id, page.revision
        self.stale = False

    def _apply_ops(self, update: QueueUpdated) -> None:
        keeps_revision = all(isinstance(op, CurrentOp | UpdateOp) for op in update.ops)
        if update.revision == self.revision + (0 if keeps_revision else 1):
            for op in update.ops:
                self._apply_op(op)
            self.revision = update.revision
        elif update.revision > self.revision:
            self.stale = True

    def _apply_op(self, op: QueueOp) -> None:
        match op:
            case AddOp():
                self.items[op.index : op.index] = op.items
            case RemoveOp():
                removed = set(op.queue_item_ids)
                self.items = [item for item in self.items if item.queue_item_id not in removed]
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
