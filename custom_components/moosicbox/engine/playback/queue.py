"""A queue: items with ids that are never used again, a revision that counts its changes. No I/O, no time."""

from collections import deque
from collections.abc import Callable, Sequence
import random
from typing import Final

import msgspec

from ..protocol.client import After, Place
from ..protocol.errors import InvalidMessage, ItemLocked, QueueItemNotFound, RevisionConflict, Unavailable
from ..protocol.types import (
    AddOp,
    ClearOp,
    CurrentOp,
    ItemState,
    MoveOp,
    QueueItem,
    QueueOp,
    QueuePage,
    RemoveOp,
    ResetOp,
    UpdateOp,
)

type OnChange = Callable[[tuple[QueueOp, ...]], None]

PAGE_ITEMS: Final = 50
"""Items in a snapshot."""
LOGGED_CHANGES: Final = 200
"""Changes that a conflict can name."""


class Queue:
    """Items in the order in which they are played, and which of them is the current one.

    `changed` hears of every accepted change as the ops that a mirror applies, in order.
    """

    def __init__(self, epoch: str, max_items: int, changed: OnChange = lambda _: None) -> None:
        """An empty queue; `epoch` names the life of its revisions."""
        self.epoch = epoch
        self.max_items = max_items
        self.revision = 0
        self.current_item_id: str | None = None
        self.locked_item_id: str | None = None
        """The item that the players were already told to start next."""
        self.shuffled = False
        self._changed = changed
        self._log: deque[tuple[int, tuple[QueueOp, ...]]] = deque(maxlen=LOGGED_CHANGES)
        self._items: list[QueueItem] = []
        self._ids: list[str] = []
        """Those of the items, in their order: looked through much faster."""
        self._added_order: list[str] = []

    def __len__(self) -> int:
        """How many items it has."""
        return len(self._items)

    @property
    def items(self) -> Sequence[QueueItem]:
        """All items in order."""
        return self._items

    @property
    def ids(self) -> Sequence[str]:
        """Their ids, in the same order."""
        return self._ids

    @property
    def current_index(self) -> int | None:
        """Where the current item stands."""
        return None if self.current_item_id is None else self.index(self.current_item_id)

    @property
    def current(self) -> QueueItem | None:
        """The current item."""
        return None if (index := self.current_index) is None else self._items[index]

    def index(self, queue_item_id: str) -> int:
        """Where an item stands; QueueItemNotFound."""
        try:
            return self._ids.index(queue_item_id)
        except ValueError:
            raise QueueItemNotFound(f"There is no item {queue_item_id} in this queue") from None

    @property
    def added_order(self) -> Sequence[str]:
        """The ids of all items in the order that unshuffling restores."""
        return self._added_order

    def restore(
        self,
        items: Sequence[QueueItem],
        added_order: Sequence[str],
        revision: int,
        current_item_id: str | None,
        *,
        shuffled: bool,
    ) -> None:
        """Become what was saved; nobody is told."""
        self._items = list(items)
        self._ids = [item.queue_item_id for item in items]
        ids = set(self._ids)
        self._added_order = list(added_order) if set(added_order) == ids else list(self._ids)
        self.revision = revision
        self.current_item_id = current_item_id if current_item_id in ids else None
        self.shuffled = shuffled

    def has(self, queue_item_id: str) -> bool:
        """Whether an item is in it."""
        return queue_item_id in self._ids

    def get(self, queue_item_id: str) -> QueueItem:
        """An item; QueueItemNotFound."""
        return self._items[self.index(queue_item_id)]

    def at(self, index: int) -> QueueItem:
        """The item at an index; QueueItemNotFound."""
        if index >= len(self._items):
            raise QueueItemNotFound("There is no item at this index")
        return self._items[index]

    def pick(self, queue_item_ids: Sequence[str]) -> list[QueueItem]:
        """These items, in the queue's order; QueueItemNotFound if one isn't there."""
        wanted = set(queue_item_ids)
        picked = [item for item in self._items if item.queue_item_id in wanted]
        if missing := wanted - {item.queue_item_id for item in picked}:
            raise QueueItemNotFound(f"There is no item {min(missing)} in this queue")
        return picked

    def page(self, offset: int = 0, limit: int = PAGE_ITEMS) -> QueuePage:
        """`limit` items from `offset` on."""
        return QueuePage(
            epoch=self.epoch,
            revision=self.revision,
            current_index=self.current_index,
            current_item_id=self.current_item_id,
            items=tuple(self._items[offset : offset + limit]),
            total=len(self._items),
            offset=offset,
        )

    def after(self, queue_item_id: str | None) -> QueueItem | None:
        """The item behind another one; the first one behind None."""
        index = 0 if queue_item_id is None else self.index(queue_item_id) + 1
        return self._items[index] if index < len(self._items) else None

    def before(self, queue_item_id: str) -> QueueItem | None:
        """The item in front of another one."""
        index = self.index(queue_item_id)
        return self._items[index - 1] if index else None

    def first(self) -> QueueItem | None:
        """The first item."""
        return self._items[0] if self._items else None

    def require_revision(self, revision: int | None) -> None:
        """RevisionConflict, with the ops that were missed, unless the queue still is what the asker saw."""
        if revision is None or revision == self.revision:
            return
        ops = [op for made, changes in self._log if made > revision for op in changes]
        if revision > self.revision or not self._log or self._log[0][0] > revision + 1:
            ops = [ResetOp()]
        raise RevisionConflict("The queue has changed since", revision=self.revision, ops=ops)

    def add(self, items: Sequence[QueueItem], place: Place | None = None, position: int | None = None) -> None:
        """Put `items` at an index or a place (default: the end); `replace` clears first."""
        replace = place == "replace"
        if len(items) + (0 if replace else len(self._items)) > self.max_items:
            raise Unavailable(f"The queue is full: it takes {self.max_items} items", again=False)
        if replace:
            index = 0
        elif position is not None:
            index = self._free(min(position, len(self._items)))
        else:
            index = self._place_index(place or "end")
        ops: list[QueueOp] = []
        if replace and self._items:
            self._empty()
            ops.append(ClearOp())
        self._items[index:index] = items
        if self.shuffled:
            self._added_order += [item.queue_item_id for item in items]
        else:
            self._added_order = [item.queue_item_id for item in self._items]
        self._commit(*ops, AddOp(index=index, items=tuple(items)))

    def remove(self, queue_item_ids: Sequence[str]) -> None:
        """Take items out, all or none. A current one that goes leaves the place to its successor."""
        gone = {item.queue_item_id for item in self.pick(queue_item_ids)}
        if self.locked_item_id in gone:
            self._require_unlocked(self.locked_item_id)
        current_op: list[QueueOp] = []
        if self.current_item_id in gone:
            following = self._items[self.index(self.current_item_id) + 1 :]
            successor = next((item for item in following if item.queue_item_id not in gone), None)
            self.current_item_id = successor.queue_item_id if successor else None
            current_op = [CurrentOp(queue_item_id=self.current_item_id)]
        self._items = [item for item in self._items if item.queue_item_id not in gone]
        self._added_order = [item_id for item_id in self._added_order if item_id not in gone]
        self._commit(RemoveOp(queue_item_ids=tuple(queue_item_ids)), *current_op)

    def move(self, queue_item_id: str, place: Place) -> None:
        """Put an item elsewhere."""
        if place == "replace":
            raise InvalidMessage("An item can't be moved to the place 'replace'", ["place"])
        self._require_unlocked(queue_item_id)
        old = self.index(queue_item_id)
        if isinstance(place, After) and place.after == queue_item_id:
            raise InvalidMessage("An item can't be moved behind itself", ["place"])
        new = self._place_index(place)
        self._move(old, new - 1 if new > old else new)

    def reorder(self, from_: int, to: int) -> None:
        """Put the item at index `from_` to index `to`, counted after it was taken out."""
        if from_ >= len(self._items) or to >= len(self._items):
            raise QueueItemNotFound("There is no item at this index")
        self._require_unlocked(self._items[from_].queue_item_id)
        self._move(from_, to)

    def clear(self) -> None:
        """Take everything out."""
        self._empty()
        self._commit(ClearOp())

    def shuffle(self, on: bool, chooser: random.Random) -> None:
        """Mix what is still to come, or put everything back into the order in which it was added."""
        if on == self.shuffled:
            return
        self.shuffled = on
        if on:
            start = 0 if (index := self.current_index) is None else index + 1
            rest = self._items[start:]
            locked = [item for item in rest if item.queue_item_id == self.locked_item_id]
            rest = [item for item in rest if item.queue_item_id != self.locked_item_id]
            chooser.shuffle(rest)
            self._items[start:] = locked + rest
        else:
            by_id = {item.queue_item_id: item for item in self._items}
            self._items = [by_id[item_id] for item_id in self._added_order]
        self._commit(ResetOp())

    def set_current(self, queue_item_id: str | None) -> None:
        """Name the current item; leaves the revision as it is."""
        if queue_item_id is not None:
            self.index(queue_item_id)
        if queue_item_id != self.current_item_id:
            self.current_item_id = queue_item_id
            self._changed((CurrentOp(queue_item_id=queue_item_id),))

    def set_state(self, queue_item_id: str, state: ItemState) -> None:
        """Mark an item; leaves the revision as it is."""
        index = self.index(queue_item_id)
        if self._items[index].state != state:
            self._items[index] = msgspec.structs.replace(self._items[index], state=state)
            self._changed((UpdateOp(queue_item_id=queue_item_id, state=state),))

    def set_votes(self, queue_item_id: str, votes: int) -> None:
        """Count votes against an item; leaves the revision as it is."""
        index = self.index(queue_item_id)
        self._items[index] = msgspec.structs.replace(self._items[index], votes=votes)
        self._changed((UpdateOp(queue_item_id=queue_item_id, votes=votes),))

    def copy_from(self, other: Queue) -> None:
        """Become what another queue is; Unavailable if that is too much."""
        if len(other) > self.max_items:
            raise Unavailable(f"The queue is too long: this one takes {self.max_items} items", again=False)
        self._empty()
        self._items = list(other.items)
        self._added_order = list(other.added_order)
        self.shuffled = other.shuffled
        # As ops it could be larger than a topic's whole history.
        self._commit(ResetOp())

    def _move(self, old: int, new: int) -> None:
        item = self._items.pop(old)
        index = self._free(new)
        self._items.insert(index, item)
        if not self.shuffled:
            self._added_order = [item.queue_item_id for item in self._items]
        self._commit(MoveOp(queue_item_id=item.queue_item_id, index=index))

    def _empty(self) -> None:
        self._items = []
        self._added_order = []
        self.current_item_id = None
        self.locked_item_id = None

    def _place_index(self, place: Place) -> int:
        if isinstance(place, After):
            return self._free(self.index(place.after) + 1)
        if place == "next":
            return self._free(0 if (index := self.current_index) is None else index + 1)
        return len(self._items)

    def _free(self, index: int) -> int:
        # Nothing comes between the current item and the one that the players already wait to start.
        if index < len(self._items) and self._items[index].queue_item_id == self.locked_item_id:
            return index + 1
        return index

    def _require_unlocked(self, queue_item_id: str) -> None:
        if queue_item_id == self.locked_item_id:
            raise ItemLocked("The players are about to start this item")

    def _commit(self, *ops: QueueOp) -> None:
        self.revision += 1
        self._ids = [item.queue_item_id for item in self._items]
        self._log.append((self.revision, ops))
        self._changed(ops)
