"""A copy of the hub's state, as far as this client may see it: players, playback, queues, rooms and users."""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from ..protocol.server import (
    ChatLine,
    PlaybackStatus,
    PlayerList,
    PresenceUpdate,
    QueueUpdated,
    RoomChat,
    RoomEvent,
    RoomList,
    RoomState,
    Unsubscribed,
    VolumeUpdate,
)
from ..protocol.types import PlayerInfo, PresentUser, RoomInfo
from .messages import Message
from .queue_mirror import QueueMirror

CHAT_LINES: Final = 50


class Mirror:
    """State that follows from the messages of the subscribed topics.

    Attributes:
        players: The players, by id.
        players_known: `True` once the list of players, which may be empty, was received.
        rooms: The visible rooms, by id.
        users: The users that are present.
        playback: The playback status, by topic (`player:<id>` or `room:<id>`).
        queues: The queues, by topic.
        room_states: The state of the followed rooms, by room id.
    """

    def __init__(self, fetch_queue: Callable[[str], None], fetch_room: Callable[[str], None]) -> None:
        """Create an empty mirror.

        Args:
            fetch_queue: Called with a topic whose queue has to be fetched as a whole.
            fetch_room: Called with the id of a room whose state has to be fetched.
        """
        self.players: dict[str, PlayerInfo] = {}
        self.players_known = False
        self.rooms: dict[str, RoomInfo] = {}
        self.users: tuple[PresentUser, ...] = ()
        self.playback: dict[str, PlaybackStatus] = {}
        self.queues: dict[str, QueueMirror] = {}
        self.room_states: dict[str, RoomState] = {}
        self._fetch_queue = fetch_queue
        self._fetch_room = fetch_room

    def reset(self) -> None:
        """Empty the mirror for a new session: its snapshots bring all state again."""
        self.players, self.rooms, self.users = {}, {}, ()
        self.players_known = False
        self.playback, self.queues, self.room_states = {}, {}, {}

    def apply(self, message: Message) -> None:
        """Update the mirror by a message."""
        match message:
            case PlayerList():
                self.players = {player.player_id: player for player in message.players}
                self.players_known = True
            case RoomList():
                self.rooms = {room.room_id: room for room in message.rooms}
            case PresenceUpdate():
                self.users = message.users
            case PlaybackStatus(topic=str() as topic):
                self.playback[topic] = message
            case VolumeUpdate(topic=str() as topic) if topic in self.playback:
                held = self.playback[topic]
                self.playback[topic] = msgspec.structs.replace(held, volume=message.volume, muted=message.muted)
            case QueueUpdated(topic=str() as topic):
                if self.queues.setdefault(topic, QueueMirror()).apply(message):
                    self._fetch_queue(topic)
            case Unsubscribed():
                self.remove_topics(message.topics)
            case _:
                self._apply_to_room(message)

    def remove_topics(self, topics: Iterable[str]) -> None:
        """Remove the state of topics that are no longer followed."""
        for topic in topics:
            self.playback.pop(topic, None)
            self.queues.pop(topic, None)
            self.room_states.pop(topic.removeprefix("room:"), None)

    def _apply_to_room(self, message: Message) -> None:
        match message:
            case RoomState():
                self.room_states[message.room_id] = message
            case RoomEvent(event_type="room_closed"):
                self.room_states.pop(message.room_id, None)
            case RoomEvent():
                # An event doesn't carry the whole new state.
                self._fetch_room(message.room_id)
            case RoomChat():
                self._append_chat(message)

    def _append_chat(self, message: RoomChat) -> None:
        room = self.room_states.get(message.room_id)
        if room is None or any(line.message_id == message.message_id for line in room.chat):
            return
        line = ChatLine(
            message_id=message.message_id,
            user_id=message.user_id,
            username=message.username,
            message=message.message,
            sent_at=message.sent_at,
        )
        self.room_states[room.room_id] = msgspec.structs.replace(room, chat=(*room.chat, line)[-CHAT_LINES:])
