"""The changes of the leader's hub since the last commit."""

from collections.abc import Iterable
from typing import Any, Final

from ..hub import Hub
from ..playback.events import PlaybackEvent, QueueChanged
from ..playback.player import PlaybackContext, Player
from ..playback.saved_state import SavedPlayer, capture_player
from ..protocol.types import QueueItem
from ..rooms.room import Room
from ..rooms.saved_state import SavedRoom, capture_room
from ..sessions.session import Session
from .bus import Commit, Numbered
from .saved_session import capture_session
from .state_fields import SavedHub, capture_order, changed_items, encode
from .wire import Publish, Send, ToEdge, pack

MAX_HISTORIES: Final = 10_000
"""Messages of histories that wait for a commit. If Redis is unavailable for long, the oldest are dropped."""


class Journal:
    """Collects changes until they are taken as one commit.

    Objects are only marked when they change; their state is captured when the commit is made.
    """

    def __init__(self, hub: Hub, commits: int, last_read_id: str) -> None:
        """Continue after commit number `commits` of an earlier leader, which had read the edges up to `last_read_id`."""
        self.last_read_id = last_read_id
        """The stream id of the last batch from an edge that was executed."""
        self.messages: dict[str, list[ToEdge]] = {}
        """Messages to send, by edge."""
        self.has_stored_state = False
        """True if the state that Home Assistant stores is part of the hub's."""
        self._hub = hub
        self._commits = commits
        self._committed_read_id = last_read_id
        self._wipe = False
        self._players: dict[str, None] = {}
        self._rooms: dict[str, None] = {}
        self._sessions: dict[str, None] = {}
        self._queues: dict[str, None] = {}
        """Topics of contexts whose queues have changed."""
        self._histories: list[Numbered] = []
        self._dropped_topics: list[str] = []
        self._removed_edges: list[str] = []
        self._fields: dict[str, dict[str, bytes | None]] = {}
        self._stored_items: dict[str, dict[str, QueueItem]] = {}
        """The items as they are stored, by topic and id."""
        self._stored_reports: dict[str, Any] = {}
        """The parts of players' reports that were stored last, by player id."""
        self._stored_hub: bytes | None = None
        self._household_changed = False

    def __bool__(self) -> bool:
        """Return whether there is anything to commit."""
        return bool(
            self.messages
            or self._players
            or self._rooms
            or self._sessions
            or self._household_changed
            or self._histories
            or self._dropped_topics
            or self._removed_edges
            or self._fields
            or self.last_read_id != self._committed_read_id
        )

    # ------------------------------------------------------------ changes

    def mark_context(self, context: PlaybackContext, event: PlaybackEvent) -> None:
        """Mark a player or room whose playback fired `event`."""
        if isinstance(event, QueueChanged):
            self._queues[context.topic] = None
        if isinstance(context, Player):
            self.mark_player(context)
        elif isinstance(context, Room):
            self.mark_room(context)

    def mark_report(self, player: Player) -> None:
        """Mark a player that reported, unless only its position has changed."""
        report = player.report
        stored = (player.ready, player.failed_item_id, player.lagging, report and (report.state, report.queue_item_id))
        if self._stored_reports.get(player.player_id) != stored:
            self._stored_reports[player.player_id] = stored
            self.mark_player(player)

    def mark_player(self, player: Player) -> None:
        """Mark a player that has changed or was removed."""
        self._players[player.player_id] = None

    def mark_room(self, room: Room) -> None:
        """Mark a room that has changed or was closed."""
        self._rooms[room.room_id] = None

    def mark_session(self, session: Session) -> None:
        """Mark a session that has changed or has ended."""
        self._sessions[session.session_id] = None

    def mark_household(self) -> None:
        """Mark the state of the household, which has changed."""
        self._household_changed = True

    def mark_all(self) -> None:
        """Mark everything, because nothing is stored yet."""
        self._stored_items.clear()
        self._queues = dict.fromkeys(context.topic for context in (*self._hub.players, *self._hub.rooms))
        self._stored_hub = None
        self._household_changed = True
        for player in self._hub.players:
            self.mark_player(player)
        for room in self._hub.rooms:
            self.mark_room(room)
        for session in self._hub.sessions:
            self.mark_session(session)

    def set_stored_items(self, topic: str, items: Iterable[QueueItem]) -> None:
        """Take note that the queue of `topic` is stored with these items."""
        self._stored_items[topic] = {item.queue_item_id: item for item in items}

    def append_history(self, topic: str, offset: int, at_us: int, payload: bytes) -> None:
        """Append a numbered message to the history of `topic`."""
        self._histories.append(Numbered(topic, offset, at_us, payload))
        if len(self._histories) > MAX_HISTORIES:
            del self._histories[: MAX_HISTORIES // 10]

    def drop_topic(self, topic: str) -> None:
        """Delete the history of `topic`."""
        self._dropped_topics.append(topic)

    def remove_edge(self, edge: str) -> None:
        """Remove an edge, with the messages that wait for it."""
        self._removed_edges.append(edge)
        self.messages.pop(edge, None)
        self.set_field("state", f"edge:{edge}", None)

    def set_field(self, name: str, field: str, value: bytes | None) -> None:
        """Set a field of the hash `name`, or delete it."""
        self._fields.setdefault(name, {})[field] = value

    def send(self, edge: str, message: ToEdge) -> None:
        """Send a message to an edge with the next commit."""
        self.messages.setdefault(edge, []).append(message)

    def coalesce(self) -> None:
        """Drop the waiting messages whose state is replaced by a later one, so that they don't pile up."""
        for edge, messages in self.messages.items():
            latest: dict[object, ToEdge] = {}
            for number, message in enumerate(messages):
                key = _state_key(message) or number
                latest.pop(key, None)
                latest[key] = message
            self.messages[edge] = list(latest.values())

    # ------------------------------------------------------------ commits

    def take_commit(self, local_edge: str) -> tuple[Commit, list[ToEdge]]:
        """Return all changes as a commit, and the messages to the leader's own edge, which don't pass through Redis."""
        self._capture()
        local = self.messages.pop(local_edge, [])
        self._commits += 1
        commit = Commit(
            number=self._commits,
            last_read_id=self.last_read_id,
            histories=self._histories,
            dropped_topics=self._dropped_topics,
            fields=self._fields,
            messages={edge: pack(messages) for edge, messages in self.messages.items()},
            removed_edges=self._removed_edges,
            wipe=self._wipe,
        )
        self._clear()
        self._wipe = False
        return commit, local

    def restart(self, commits: int, last_read_id: str) -> None:
        """Begin anew in an empty Redis: drop the waiting changes, and store everything with the next commit."""
        self._commits, self.last_read_id = commits, last_read_id
        self._wipe = True
        self._clear()
        self.mark_all()

    def _clear(self) -> None:
        self._histories, self._dropped_topics, self._removed_edges = [], [], []
        self._fields, self.messages = {}, {}
        self._committed_read_id = self.last_read_id

    def _capture(self) -> None:
        hub = self._hub
        for player_id in self._players:
            if (player := hub.players.find(player_id)) is None:
                self._stored_reports.pop(player_id, None)
                self._delete_context(f"player:{player_id}")
            else:
                self._set_context(player, capture_player(player, with_items=False))
        for room_id in self._rooms:
            if (room := hub.rooms.find(room_id)) is None:
                self._delete_context(f"room:{room_id}")
            else:
                self._set_context(room, capture_room(room, with_items=False))
        for session_id in self._sessions:
            session = hub.sessions.find(session_id)
            state = None if session is None else encode(capture_session(session))
            self.set_field("state", f"session:{session_id}", state)
        saved = SavedHub(epoch=hub.topics.epoch, has_stored_state=self.has_stored_state, invites=dict(hub.invites.open))
        if (encoded := encode(saved)) != self._stored_hub:
            self._stored_hub = encoded
            self.set_field("state", "hub:", encoded)
        if self._household_changed:
            self.set_field("state", "household:", encode(hub.household.capture()))
        self._players, self._rooms, self._sessions = {}, {}, {}
        self._household_changed = False

    def _set_context(self, context: PlaybackContext, state: SavedPlayer | SavedRoom) -> None:
        topic, queue = context.topic, context.playback.queue
        self.set_field("state", topic, encode(state))
        if topic in self._queues or topic not in self._stored_items:
            self._queues.pop(topic, None)
            self.set_field("state", f"order:{topic}", encode((topic, capture_order(queue))))
            for field, data in changed_items(topic, queue, self._stored_items.setdefault(topic, {})):
                self.set_field("items", field, data)

    def _delete_context(self, topic: str) -> None:
        self._queues.pop(topic, None)
        self.set_field("state", topic, None)
        self.set_field("state", f"order:{topic}", None)
        for item_id in self._stored_items.pop(topic, {}):
            self.set_field("items", f"{topic}/{item_id}", None)


def _state_key(message: ToEdge) -> tuple[str | int, str] | None:
    # The later one of two messages with the same key replaces the earlier one.
    match message:
        case Publish(topic=place, key=str(key)) | Send(connection=place, key=str(key)):
            return place, key
    return None
