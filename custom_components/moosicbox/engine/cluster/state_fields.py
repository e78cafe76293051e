"""The layout of the leader's state in the fields of Redis hashes, as MessagePack.

The hash `state` has a field for each object: `player:<id>`, `room:<id>`, `session:<id>`, `edge:<name>`, and `hub:`
and `household:` for state that exists once. A queue is stored apart from its playback, since it may be long: its order
in `order:<topic>` of `state`, each item in `<topic>/<item id>` of the hash `items`.
"""

from collections.abc import Iterable, Iterator, Mapping
import logging
from typing import Any, Final, NamedTuple

import msgspec

from ..household.saved_state import SavedHousehold
from ..playback.queue import Queue
from ..playback.saved_state import SavedPlayback, SavedPlayer
from ..protocol.types import QueueItem, Record
from ..rooms.invites import Invite
from ..rooms.saved_state import SavedRoom
from .saved_session import SavedSession

_LOGGER = logging.getLogger(__name__)


class SavedHub(Record, frozen=True, kw_only=True):
    """The hub's state that belongs to no player, room or session."""

    epoch: str
    has_stored_state: bool = msgspec.field(name="founded")
    """True if the state that Home Assistant stores was read into it."""
    invites: dict[str, Invite]


class QueueOrder(Record, frozen=True, kw_only=True):
    """The order of a queue."""

    order: tuple[str, ...] = ()
    """The ids of the items."""
    added_order: tuple[str, ...] = ()
    """The ids in the order that unshuffling restores; empty if it is the same."""


class StoredQueue(NamedTuple):
    """The parts of a queue that are stored apart from its playback."""

    order: QueueOrder = QueueOrder()
    items: Mapping[str, QueueItem] = {}

    def apply_to(self, playback: SavedPlayback) -> SavedPlayback:
        """Return `playback` with its queue."""
        items = tuple(self.items[item_id] for item_id in self.order.order if item_id in self.items)
        return msgspec.structs.replace(playback, items=items, added_order=self.order.added_order or self.order.order)


class StateFields(NamedTuple):
    """The fields of `state`, decoded."""

    hub: SavedHub | None
    edges: list[tuple[str, int]]
    """The number of the last batch of each edge that was executed."""
    players: list[SavedPlayer]
    rooms: list[SavedRoom]
    sessions: list[SavedSession]
    orders: list[tuple[str, QueueOrder]]
    household: SavedHousehold


encode: Final = msgspec.msgpack.Encoder().encode
_ITEM: Final = msgspec.msgpack.Decoder(QueueItem)
_KINDS: Final[dict[str, msgspec.msgpack.Decoder[Any]]] = {
    "edge": msgspec.msgpack.Decoder(tuple[str, int]),
    "hub": msgspec.msgpack.Decoder(SavedHub),
    "household": msgspec.msgpack.Decoder(SavedHousehold),
    "order": msgspec.msgpack.Decoder(tuple[str, QueueOrder]),
    "player": msgspec.msgpack.Decoder(SavedPlayer),
    "room": msgspec.msgpack.Decoder(SavedRoom),
    "session": msgspec.msgpack.Decoder(SavedSession),
}


def decode_state(fields: Mapping[str, bytes]) -> StateFields:
    """Return the decoded fields of `state`; those that aren't understood are logged and left out."""
    found: dict[str, list[Any]] = {kind: [] for kind in _KINDS}
    for field, data in fields.items():
        kind = field.partition(":")[0]
        try:
            found[kind].append(_KINDS[kind].decode(data))
        except (KeyError, msgspec.MsgspecError) as error:
            _LOGGER.error("The stored field %s can't be decoded: %s", field, error)  # noqa: TRY400
    return StateFields(
        hub=next(iter(found["hub"]), None),
        edges=found["edge"],
        players=found["player"],
        rooms=found["room"],
        sessions=found["session"],
        orders=found["order"],
        household=next(iter(found["household"]), SavedHousehold()),
    )


def decode_queues(items: Mapping[str, bytes], orders: Iterable[tuple[str, QueueOrder]]) -> dict[str, StoredQueue]:
    """Return all queues by the topic of their context, from the hash `items` and the fields `order:`.

    Items that aren't understood are logged and left out.
    """
    queues: dict[str, tuple[QueueOrder, dict[str, QueueItem]]] = {topic: (order, {}) for topic, order in orders}
    for field, data in items.items():
        topic, _, item_id = field.rpartition("/")
        if topic in queues:
            try:
                queues[topic][1][item_id] = _ITEM.decode(data)
            except msgspec.MsgspecError as error:
                _LOGGER.error("The stored item %s can't be decoded: %s", field, error)  # noqa: TRY400
    return {topic: StoredQueue(order, found) for topic, (order, found) in queues.items()}


def capture_order(queue: Queue) -> QueueOrder:
    """Return the order of `queue`."""
    order, added_order = tuple(queue.ids), tuple(queue.added_order)
    return QueueOrder(order=order, added_order=() if added_order == order else added_order)


def changed_items(topic: str, queue: Queue, stored: dict[str, QueueItem]) -> Iterator[tuple[str, bytes | None]]:
    """Yield the fields of `items` that have changed, `None` for those to delete, and update `stored` accordingly."""
    items = dict(zip(queue.ids, queue.items, strict=True))
    for item_id in [item_id for item_id in stored if item_id not in items]:
        del stored[item_id]
        yield f"{topic}/{item_id}", None
    for item_id, item in items.items():
        if stored.get(item_id) is not item:
            stored[item_id] = item
            yield f"{topic}/{item_id}", encode(item)
