"""Subscriptions from inside Home Assistant: without a session or recovery, with the rights of a principal."""

from collections.abc import Callable, Iterable
import logging
import secrets
import sys

from .access.rights import Principal
from .delivery.outbox import Outbox
from .hub import Hub
from .playback.player import Player
from .protocol.errors import InvalidMessage, PermissionDenied
from .protocol.server import RoomList

_LOGGER = logging.getLogger(__name__)


class InternalSubscriber:
    """Receives the messages of its topics, beginning with snapshots, until it is closed.

    It is also closed, without a call of `deliver`, if `deliver` raises an exception, which is logged, or if more
    messages of one turn of the event loop wait than a client's outbox may hold.
    """

    def __init__(
        self, hub: Hub, principal: Principal, deliver: Callable[[bytes], None], topics: Iterable[str] | None = None
    ) -> None:
        """Subscribe to topics.

        Args:
            hub: The hub.
            principal: Limits the topics to those that it may follow.
            deliver: Called with each message as JSON, in the event loop.
            topics: The topics; by default notices, the lists of players and rooms, and all players' states.

        Raises:
            InvalidMessage: If there are too many topics.
            PermissionDenied: If the principal may not follow one of them.

        """
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
        """Replace the principal; topics that it may not follow are unsubscribed."""
        self._principal = principal
        self._unfollow([topic for topic in self._topics if not self._visible(topic)])

    def close(self) -> None:
        """Unsubscribe from all topics."""
        for undo in self._undo:
            undo()
        self._undo.clear()
        self._unfollow(list(self._topics))
        self._outbox.close()

    def overflow(self) -> None:
        """Close the subscription, because too many messages are waiting."""
        self.close()

    def fail(self, error: Exception) -> None:
        """Close the subscription, because a message could not be delivered."""
        _LOGGER.error("Messages can't be delivered to a subscriber, so its subscription is closed", exc_info=error)
        self.close()

    def _default(self) -> Iterable[str]:
        principal = self._principal
        yield from ("all", f"user:{principal.sub}", "players", "rooms")
        yield from (f"permission:{permission}" for permission in sorted(principal.permissions))
        yield from (player.topic for player in self._hub.players)

    def _checked(self, topics: list[str]) -> list[str]:
        if len(topics) > (maximum := self._hub.limits.max_subscriptions):
            raise InvalidMessage(f"At most {maximum} topics can be followed", ["topics"])
        for topic in topics:
            if not self._visible(topic):
                raise PermissionDenied(f"This principal may not follow {topic}")
        return topics

    def _visible(self, topic: str) -> bool:
        return self._hub.catalog.is_visible(topic, self._principal, self._client_id, None)

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
        if self._visible(player.topic):
            self._follow([player.topic])

    def _player_removed(self, player: Player) -> None:
        if player.topic in self._topics:
            self._unfollow([player.topic])

    def _rooms_changed(self) -> None:
        # A room may have been closed or become private.
        self._unfollow([topic for topic in self._topics if topic.startswith("room:") and not self._visible(topic)])
        if "rooms" in self._topics:
            rooms = RoomList(rooms=tuple(self._hub.room_lists.visible_to(self._principal)))
            self._outbox.send(self._hub.topics["rooms"].state_frame(rooms))

    def flush(self) -> bool:
        """Deliver the waiting messages."""
        for frame in self._outbox.pop_frames(sys.maxsize):
            self._deliver(frame.payload)
        return True
