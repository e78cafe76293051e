"""Somebody inside the house who follows topics without being a client: no session, no recovery, the same rights."""

from collections.abc import Callable, Iterable
import secrets
import sys

from .access.rights import Principal
from .delivery.outbox import Outbox
from .hub import Hub
from .playback.player import Player
from .protocol.errors import InvalidMessage, PermissionDenied
from .protocol.server import RoomList


class InternalSubscriber:
    """Gets what is published to its topics, beginning with snapshots, until it is closed."""

    def __init__(
        self, hub: Hub, principal: Principal, deliver: Callable[[bytes], None], topics: Iterable[str] | None = None
    ) -> None:
        """`deliver` gets each message as JSON. Without `topics`: notices, rooms, players, and what each player does."""
        self._hub = hub
        self._principal = principal
        self._deliver = deliver
        self._client_id = secrets.token_hex(8)
        self._topics: dict[str, None] = {}
        self._undo: list[Callable[[], None]] = []
        self._outbox = Outbox(hub.limits.outbound_bytes, hub.limits.outbound_messages, self, hub.writer)
        if topics is None:
            self._follow(topic for topic in self._default() if self._visible(topic))
            self._undo.append(hub.players.added.subscribe(self._player_added))
        else:
            self._follow(self._checked(list(topics)))
        self._undo.append(hub.players.removed.subscribe(self._player_removed))
        self._undo.append(hub.room_lists.changed.subscribe(self._rooms_changed))
        self._undo.append(hub.rooms.closed.subscribe(lambda room: self._unfollow([room.topic])))

    def renew(self, principal: Principal) -> None:
        """Other rights from now on; what may not be seen any more ends."""
        self._principal = principal
        self._unfollow([topic for topic in self._topics if not self._visible(topic)])

    def close(self) -> None:
        """Follow nothing any more."""
        for undo in self._undo:
            undo()
        self._undo.clear()
        self._unfollow(list(self._topics))
        self._outbox.close()

    def overflow(self) -> None:
        """Too much waited."""
        self.close()

    def _default(self) -> Iterable[str]:
        principal = self._principal
        yield from ("all", f"user:{principal.sub}", "players", "rooms")
        yield from (f"permission:{permission}" for permission in sorted(principal.permissions))
        yield from (f"player:{player.player_id}" for player in self._hub.players)

    def _checked(self, topics: list[str]) -> list[str]:
        if len(topics) > (most := self._hub.limits.max_subscriptions):
            raise InvalidMessage(f"At most {most} topics can be followed", ["topics"])
        for topic in topics:
            if not self._visible(topic):
                raise PermissionDenied(f"You may not follow {topic}")
        return topics

    def _visible(self, topic: str) -> bool:
        return self._hub.catalog.visible_to(topic, self._principal, self._client_id, None)

    def _follow(self, topics: Iterable[str]) -> None:
        for topic in topics:
            self._topics[topic] = None
            self._hub.topics[topic].subscribe(self._outbox)
            self._outbox.replay(self._hub.catalog.snapshot_frames(topic, self._principal))

    def _unfollow(self, topics: Iterable[str]) -> None:
        for topic in topics:
            self._topics.pop(topic, None)
            self._hub.topics.unsubscribe(topic, self._outbox)

    def _player_added(self, player: Player) -> None:
        if self._visible(topic := f"player:{player.player_id}"):
            self._follow([topic])

    def _player_removed(self, player: Player) -> None:
        self._unfollow([topic for topic in (f"player:{player.player_id}",) if topic in self._topics])

    def _rooms_changed(self) -> None:
        # Each hears of the rooms that it may know of; one may have been closed, or be private now.
        self._unfollow([topic for topic in self._topics if topic.startswith("room:") and not self._visible(topic)])
        if "rooms" in self._topics:
            rooms = RoomList(rooms=tuple(self._hub.room_lists.seen_by(self._principal)))
            self._outbox.send(self._hub.topics["rooms"].state_frame(rooms))

    def flush(self) -> bool:
        """Deliver what there is."""
        for frame in self._outbox.take(sys.maxsize):
            self._deliver(frame.payload)
        return True
