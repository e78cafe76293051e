"""A queue of items. Ids of items are never used again, and a revision counts the changes."""

from collections import deque
from collections.abc import Callable, Sequence
import random
import secrets
from typing import Final

import msgspec

from ..access.rights import Principal
from ..protocol.client import After, Place
from ..protocol.errors import InvalidMessage, ItemLocked, QueueItemNotFound, RevisionConflict, Sentence, Unavailable
from ..protocol.types import (
    AddOp,
    ClearOp,
    CurrentOp,
    ItemOrigin,
    ItemState,
    MoveOp,
    QueueItem,
    QueueOp,
    QueuePage,
    RemoveOp,
    ResetOp,
    Track,
    UpdateOp,
    UserRef,
)

type OnChange = Callable[[tuple[QueueOp, ...]], None]

PAGE_ITEMS: Final = 50
"""Items of a page, and so of a snapshot."""
LOGGED_CHANGES: Final = 200
"""Changes that are remembered to resolve conflicts."""
MAX_SHUFFLED_OPS: Final = 100
"""Items that are shuffled in by one op each; if there are more, the whole order counts as changed."""


def new_item(track: Track, principal: Principal, added_at: str, origin: ItemOrigin = "user") -> QueueItem:
    """Return an item with a new id.

    Args:
        track: Its track.
        principal: The principal that adds it.
        added_at: The time of day, as `Clock.timestamp` returns it.
        origin: In which role the principal adds it.

    """
    return QueueItem(
        queue_item_id=secrets.token_hex(8),
        track=track,
        added_by=UserRef(id=principal.sub, name=principal.name),
        added_at=added_at,
        origin=origin,
    )


class Queue:
    """Items in the order in which they are played, one of which is the current one."""

    def __init__(
        self,
        epoch: str,
        max_items: int,
        changed: OnChange = lambda _: None,
        generator: random.Random | None = None,
    ) -> None:
        """Set up an empty queue.

        Args:
            epoch: Identifies the series of its revisions.
            max_items: The most items that it takes.
            changed: Called with the ops of each change, which a mirror of the queue has to apply in order.
            generator: Shuffles; a new one by default.

        """
        self.generator = generator or random.Random()  # noqa: S311 - shuffles music, keeps no secrets
        self.epoch = epoch
        self.max_items = max_items
        self.revision = 0
        self.current_item_id: str | None = None
        self.locked_item_id: str | None = None
        """The item that was handed to the players; nothing may come before it."""
        self.shuffled = False
        """True if the items after the current one are in random order, and new ones are shuffled in."""
        self._changed = changed
        self._log: deque[tuple[int, tuple[QueueOp, ...]]] = deque(maxlen=LOGGED_CHANGES)
        self._items: list[QueueItem] = []
        self._ids: list[str] = []
        """The ids of `_items`, since a list of ids is searched much faster."""
        self._added_order: list[str] = []

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self._items)

    @property
    def items(self) -> Sequence[QueueItem]:
        """All items in order."""
        return self._items

    @property
    def ids(self) -> Sequence[str]:
        """The ids of all items in order."""
        return self._ids

    @property
    def current_index(self) -> int | None:
        """The index of the current item."""
        return None if self.current_item_id is None else self.index(self.current_item_id)

    @property
    def current(self) -> QueueItem | None:
        """The current item."""
        return None if (index := self.current_index) is None else self._items[index]

    def index(self, queue_item_id: str) -> int:
        """Return the index of an item. Raise QueueItemNotFound."""
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
        """Replace everything with what was saved, without reporting a change."""
        self._items = list(items)
        self._ids = [item.queue_item_id for item in items]
        ids = set(self._ids)
        self._added_order = list(added_order) if set(added_order) == ids else list(self._ids)
        self.revision = revision
        self.current_item_id = current_item_id if current_item_id in ids else None
        self.shuffled = shuffled

    def renew_tracks(self, renew: Callable[[Track], Track]) -> bool:
        """Replace the tracks of all items by newer versions of them.

        Return whether one has changed: then mirrors of the queue need a snapshot. The order and the ids stay.
        """
        tracks = [renew(item.track) for item in self._items]
        if all(track is item.track for track, item in zip(tracks, self._items, strict=True)):
            return False
        self._items = [
            item if track is item.track else msgspec.structs.replace(item, track=track)
            for track, item in zip(tracks, self._items, strict=True)
        ]
        self._commit()
        return True

    def has(self, queue_item_id: str) -> bool:
        """Return whether an item is in the queue."""
        return queue_item_id in self._ids

    def get(self, queue_item_id: str) -> QueueItem:
        """Return an item. Raise QueueItemNotFound."""
        return self._items[self.index(queue_item_id)]

    def at(self, index: int) -> QueueItem:
        """Return the item at an index. Raise QueueItemNotFound."""
        if index >= len(self._items):
            raise QueueItemNotFound("There is no item at this index")
        return self._items[index]

    def select(self, queue_item_ids: Sequence[str]) -> list[QueueItem]:
        """Return items in the queue's order. Raise QueueItemNotFound if one isn't in it."""
        wanted = set(queue_item_ids)
        picked = [item for item in self._items if item.queue_item_id in wanted]
        if missing := wanted - {item.queue_item_id for item in picked}:
            raise QueueItemNotFound(f"There is no item {min(missing)} in this queue")
        return picked

    def page(self, offset: int = 0, limit: int = PAGE_ITEMS) -> QueuePage:
        """Return up to `limit` items from `offset` on."""
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
        """Return the item after another one, `None` at the end; the first item if `queue_item_id` is `None`."""
        index = 0 if queue_item_id is None else self.index(queue_item_id) + 1
        return self._items[index] if index < len(self._items) else None

    def before(self, queue_item_id: str) -> QueueItem | None:
        """Return the item before another one, `None` at the start."""
        index = self.index(queue_item_id)
        return self._items[index - 1] if index else None

    def first(self) -> QueueItem | None:
        """Return the first item, `None` if the queue is empty."""
        return self._items[0] if self._items else None

    def require_revision(self, revision: int | None) -> None:
        """Raise RevisionConflict, with the ops since `revision`, unless it is the current one or `None`."""
        if revision is None or revision == self.revision:
            return
        ops = [op for made, changes in self._log if made > revision for op in changes]
        if revision > self.revision or not self._log or self._log[0][0] > revision + 1:
            ops = [ResetOp()]
        raise RevisionConflict("The queue has changed since then", revision=self.revision, ops=ops)

    def add(
        self,
        items: Sequence[QueueItem],
        place: Place | None = None,
        position: int | None = None,
        *,
        starts: bool = False,
    ) -> None:
        """Add items. In a shuffled queue, they are shuffled in, unless their place was chosen.

        Args:
            items: New items.
            place: Where to add them (default: at the end); `replace` clears the queue first.
            position: The index instead of a place.
            starts: True if the first item is started next. In a shuffled queue, it then comes next.

        Raises:
            Unavailable: If the queue would be too long.
            QueueItemNotFound: If the item after which to add them isn't in the queue.

        """
        replace = place == "replace"
        if len(items) + (0 if replace else len(self._items)) > self.max_items:
            raise Unavailable(Sentence("queue_full", "The queue is full: it takes {most} items", most=self.max_items))
        if replace:
            index = 0
        elif position is not None:
            index = self._unlocked_index(min(position, len(self._items)))
        else:
            index = self._place_index(place or "end")
        ops: list[QueueOp] = []
        if replace and self._items:
            self._remove_all()
            ops.append(ClearOp())
        if self.shuffled and position is None and (place in (None, "end", "replace") or (place == "next" and starts)):
            ops += self._shuffle_in(items, starts=starts)
        else:
            self._items[index:index] = items
            ops.append(AddOp(index=index, items=tuple(items)))
        if self.shuffled:
            self._added_order += [item.queue_item_id for item in items]
        else:
            self._added_order = [item.queue_item_id for item in self._items]
        self._commit(*ops)

    def remove(self, queue_item_ids: Sequence[str]) -> None:
        """Remove items, all or none. If the current one is removed, its successor becomes the current one.

        Raises:
            QueueItemNotFound: If one isn't in the queue.
            ItemLocked: If one was handed to the players.

        """
        removed_ids = {item.queue_item_id for item in self.select(queue_item_ids)}
        if self.locked_item_id in removed_ids:
            self._require_unlocked(self.locked_item_id)
        current_op: list[QueueOp] = []
        if self.current_item_id in removed_ids:
            following = self._items[self.index(self.current_item_id) + 1 :]
            successor = next((item for item in following if item.queue_item_id not in removed_ids), None)
            self.current_item_id = successor.queue_item_id if successor else None
            current_op = [CurrentOp(queue_item_id=self.current_item_id)]
        self._items = [item for item in self._items if item.queue_item_id not in removed_ids]
        self._added_order = [item_id for item_id in self._added_order if item_id not in removed_ids]
        self._commit(RemoveOp(queue_item_ids=tuple(queue_item_ids)), *current_op)

    def move(self, queue_item_id: str, place: Place) -> None:
        """Move an item to a place. Raise QueueItemNotFound, ItemLocked or InvalidMessage."""
        if place == "replace":
            raise InvalidMessage("An item can't be moved to the place 'replace'", ["place"])
        self._require_unlocked(queue_item_id)
        old = self.index(queue_item_id)
        if isinstance(place, After) and place.after == queue_item_id:
            raise InvalidMessage("An item can't be moved after itself", ["place"])
        new = self._place_index(place)
        self._move(old, new - 1 if new > old else new)

    def reorder(self, from_: int, to: int) -> None:
        """Move the item at index `from_` to index `to` of the other items. Raise QueueItemNotFound or ItemLocked."""
        if from_ >= len(self._items) or to >= len(self._items):
            raise QueueItemNotFound("There is no item at this index")
        self._require_unlocked(self._items[from_].queue_item_id)
        self._move(from_, to)

    def clear(self) -> None:
        """Remove all items."""
        self._remove_all()
        self._commit(ClearOp())

    def shuffle(self, on: bool) -> None:
        """Shuffle the items after the current one, or restore the order in which all were added."""
        if on == self.shuffled:
            return
        self.shuffled = on
        if on:
            start = 0 if (index := self.current_index) is None else index + 1
            rest = self._items[start:]
            locked = [item for item in rest if item.queue_item_id == self.locked_item_id]
            rest = [item for item in rest if item.queue_item_id != self.locked_item_id]
            self.generator.shuffle(rest)
            self._items[start:] = locked + rest
        else:
            by_id = {item.queue_item_id: item for item in self._items}
            self._items = [by_id[item_id] for item_id in self._added_order]
        self._commit(ResetOp())

    def set_current(self, queue_item_id: str | None) -> None:
        """Set the current item, without a new revision."""
        if queue_item_id is not None:
            self.index(queue_item_id)
        if queue_item_id != self.current_item_id:
            self.current_item_id = queue_item_id
            self._changed((CurrentOp(queue_item_id=queue_item_id),))

    def set_state(self, queue_item_id: str, state: ItemState) -> None:
        """Set the state of an item, without a new revision."""
        index = self.index(queue_item_id)
        if self._items[index].state != state:
            self._items[index] = msgspec.structs.replace(self._items[index], state=state)
            self._changed((UpdateOp(queue_item_id=queue_item_id, state=state),))

    def set_votes(self, queue_item_id: str, votes: int) -> None:
        """Set the number of votes to skip an item, without a new revision."""
        index = self.index(queue_item_id)
        self._items[index] = msgspec.structs.replace(self._items[index], votes=votes)
        self._changed((UpdateOp(queue_item_id=queue_item_id, votes=votes),))

    def copy_from(self, other: Queue) -> None:
        """Replace all items with those of another queue. Raise Unavailable if they are too many."""
        if len(other) > self.max_items:
            raise Unavailable(
                Sentence("queue_too_long", "The queue is too long: this one takes {most} items", most=self.max_items)
            )
        self._remove_all()
        self._items = list(other.items)
        self._added_order = list(other.added_order)
        self.shuffled = other.shuffled
        # The ops could be larger than the whole history of a topic.
        self._commit(ResetOp())

    def _shuffle_in(self, items: Sequence[QueueItem], *, starts: bool) -> list[QueueOp]:
        start = self._place_index("next")
        ops: list[QueueOp] = []
        for number, item in enumerate(items):
            if starts and number == 0:
                index, start = start, start + 1
            else:
                index = self.generator.randint(start, len(self._items))
            self._items.insert(index, item)
            ops.append(AddOp(index=index, items=(item,)))
        return ops if len(ops) <= MAX_SHUFFLED_OPS else [ResetOp()]

    def _move(self, old: int, new: int) -> None:
        item = self._items.pop(old)
        index = self._unlocked_index(new)
        self._items.insert(index, item)
        if not self.shuffled:
            self._added_order = [item.queue_item_id for item in self._items]
        self._commit(MoveOp(queue_item_id=item.queue_item_id, index=index))

    def _remove_all(self) -> None:
        self._items = []
        self._added_order = []
        self.current_item_id = None
        self.locked_item_id = None

    def _place_index(self, place: Place) -> int:
        if isinstance(place, After):
            return self._unlocked_index(self.index(place.after) + 1)
        if place == "next":
            return self._unlocked_index(0 if (index := self.current_index) is None else index + 1)
        return len(self._items)

    def _unlocked_index(self, index: int) -> int:
        # Nothing comes between the current item and the one that was handed over.
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
