"""The hub's state as this client may see it: players, what they play, queues, rooms, who is here."""

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
    """Kept true by what comes on topics. `topic` is `player:<id>` or `room:<id>`."""

    def __init__(self, fetch: Callable[[str], None], fetch_room: Callable[[str], None]) -> None:
        """`fetch` is to get the whole queue of a topic, `fetch_room` the state of a room."""
        self.players: dict[str, PlayerInfo] = {}
        self.players_known = False
        """Whether the list of players has come; there may be none."""
        self.rooms: dict[str, RoomInfo] = {}
        self.users: tuple[PresentUser, ...] = ()
        self.playback: dict[str, PlaybackStatus] = {}
        """By topic."""
        self.queues: dict[str, QueueMirror] = {}
        """By topic."""
        self.room_states: dict[str, RoomState] = {}
        """Of the rooms that are followed, by id."""
        self._fetch = fetch
        self._fetch_room = fetch_room

    def reset(self) -> None:
        """A new session: snapshots bring everything again."""
        self.players, self.rooms, self.users = {}, {}, ()
        self.players_known = False
        self.playback, self.queues, self.room_states = {}, {}, {}

    def apply(self, message: Message) -> None:
        """Follow a message."""
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
                    self._fetch(topic)
            case Unsubscribed():
                self.remove_topics(message.topics)
            case _:
                self._take_of_room(message)

    def _take_of_room(self, message: Message) -> None:
        match message:
            case RoomState():
                self.room_states[message.room_id] = message
            case RoomEvent(event_type="room_closed"):
                self.room_states.pop(message.room_id, None)
            case RoomEvent():
                # Events tell what happened, not all of what is so now.
                self._fetch_room(message.room_id)
            case RoomChat():
                self._hear(message)

    def remove_topics(self, topics: Iterable[str]) -> None:
        """These aren't followed any more."""
        for topic in topics:
            self.playback.pop(topic, None)
            self.queues.pop(topic, None)
            self.room_states.pop(topic.removeprefix("room:"), None)

    def _hear(self, message: RoomChat) -> None:
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
