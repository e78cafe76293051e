"""The kinds of topics: where their snapshots come from, and which principals may follow them."""

from collections.abc import Callable, Iterable

import msgspec

from ..access.rights import Principal, topic_visible
from ..protocol.codec import encode
from ..protocol.server import StateMessage, TopicMessage
from .frame import Frame

type TopicSnapshot = Callable[[str, Principal], Iterable[TopicMessage]]
"""Returns the messages with which a new subscriber begins. Arguments: the topic's id (may be empty), the subscriber."""
type VisibilityCheck = Callable[[str, Principal], bool]
"""Returns whether a principal may follow the topic with an id."""
type ListIds = Callable[[], Iterable[str]]


class TopicCatalog:
    """The kinds of topics, by name: `players`, or `player` for topics `player:<id>`."""

    def __init__(self) -> None:
        self._snapshots: dict[str, TopicSnapshot] = {}
        self._list_ids: dict[str, ListIds] = {}
        self._restrictions: dict[str, VisibilityCheck] = {}

    def provide(self, kind: str, snapshot: TopicSnapshot, list_ids: ListIds | None = None) -> None:
        """Register the source of snapshots for topics of a kind.

        Clients that don't choose their topics follow the topics of the ids that `list_ids` returns.
        """
        self._snapshots[kind] = snapshot
        if list_ids is not None:
            self._list_ids[kind] = list_ids

    def restrict(self, kind: str, is_visible: VisibilityCheck) -> None:
        """Restrict topics of a kind to principals for which `is_visible` returns true."""
        self._restrictions[kind] = is_visible

    def is_visible(self, topic: str, principal: Principal, client_id: str, player_id: str | None) -> bool:
        """Return whether `principal` may follow `topic` with this client."""
        if not topic_visible(topic, principal, client_id, player_id):
            return False
        kind, _, id_ = topic.partition(":")
        is_visible = self._restrictions.get(kind)
        return is_visible is None or is_visible(id_, principal)

    def listed(self) -> list[str]:
        """Return the topics of all listed ids; see `provide`."""
        return [f"{kind}:{id_}" for kind, list_ids in self._list_ids.items() for id_ in list_ids()]

    def snapshot_frames(self, topic: str, viewer: Principal, *, states_only: bool = False) -> list[Frame]:
        """Return the encoded snapshot of `topic` for `viewer`."""
        return [
            Frame(encode(msgspec.structs.replace(message, topic=topic, snapshot=True)))
            for message in self._snapshot(topic, viewer)
            if not states_only or isinstance(message, StateMessage)
        ]

    def _snapshot(self, topic: str, viewer: Principal) -> Iterable[TopicMessage]:
        kind, _, id_ = topic.partition(":")
        provide = self._snapshots.get(kind)
        return () if provide is None else provide(id_, viewer)
