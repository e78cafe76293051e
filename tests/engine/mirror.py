"""A queue as a client rebuilds it from the protocol's operations."""

from collections.abc import Iterable
from typing import Any

import msgspec

from custom_components.moosicbox.engine.protocol.types import (
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


class Mirror:
    """The items and the current one."""

    def __init__(self) -> None:
        self.items: list[QueueItem] = []
        self.current_item_id: str | None = None

    def hold(self, page: QueuePage) -> None:
        """Replace the content by a page of `get`."""
        self.items = list(page.items)
        self.current_item_id = page.current_item_id

    def apply(self, ops: Iterable[QueueOp], page: QueuePage) -> None:
        """Apply operations in order; `page` is the answer that `get` would return."""
        for op in ops:
            self._apply(op, page)

    def _apply(self, op: QueueOp, page: QueuePage) -> None:
        match op:
            case AddOp():
                assert 0 <= op.index <= len(self.items)
                self.items[op.index : op.index] = op.items
            case RemoveOp():
                for queue_item_id in op.queue_item_ids:
                    del self.items[self._index(queue_item_id)]
            case MoveOp():
                moved = self.items.pop(self._index(op.queue_item_id))
                assert 0 <= op.index <= len(self.items)
                self.items.insert(op.index, moved)
            case ClearOp():
                self.items, self.current_item_id = [], None
            case ResetOp():
                self.hold(page)
            case CurrentOp():
                self.current_item_id = op.queue_item_id
            case UpdateOp():
                index = self._index(op.queue_item_id)
                changes: dict[str, Any] = {
                    name: value for name in ("state", "votes") if (value := getattr(op, name)) is not msgspec.UNSET
                }
                self.items[index] = msgspec.structs.replace(self.items[index], **changes)

    def _index(self, queue_item_id: str) -> int:
        return [item.queue_item_id for item in self.items].index(queue_item_id)
