"""A copy of the hub's state, as far as this client may see it: players, playback, queues, rooms and users."""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec
from msgspec import UNSET

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
    RoomVolumes,
    Unsubscribed,
    VolumeUpdate,
)
from ..protocol.types import PlayerInfo, PresentUser, RoomInfo
from .messages import Message
from .queue_mirror import QueueMirror

CHAT_LINES: Final = 50


class Mirror:
    """The hub's state according to the messages of the subscribed topics.

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
            case VolumeUpdate(topic=str() as topic):
                self._set_volume(topic, message.volume, muted=message.muted)
            case RoomVolumes():
                for player_id, player in message.players.items():
                    self._set_volume(f"player:{player_id}", player.volume, muted=player.muted)
            case QueueUpdated(topic=str() as topic):
                if self.queues.setdefault(topic, QueueMirror()).apply(message):
                    self._fetch_queue(topic)
            case Unsubscribed():
                self.remove_topics(message.topics)
            case _:
                self._apply_to_room(message)

    def source(self, topic: str) -> str:
        """Return the topic with the playback and queue of `topic`: for a player in a followed room, the room's topic.

        The hub doesn't repeat what a large room plays on the topics of its players (protocol: "Large rooms").
        """
        player_id = topic.removeprefix("player:")
        if player_id == topic:
            return topic
        player = self.players.get(player_id)
        rooms = [] if player is None or player.room_id is None else [player.room_id]
        rooms += [room_id for room_id, room in self.room_states.items() if _has_player(room, player_id)]
        return next((room for room_id in rooms if (room := f"room:{room_id}") in self.playback), topic)

    def status(self, topic: str) -> PlaybackStatus | None:
        """Return the playback status of a player or room, by its topic; `None` if it isn't known."""
        source, own = self.source(topic), self.playback.get(topic)
        if own is None or source == topic:
            return own
        return msgspec.structs.replace(
            self.playback[source], player_id=own.player_id, room_id=UNSET, volume=own.volume, muted=own.muted
        )

    def _set_volume(self, topic: str, volume: float, *, muted: bool) -> None:
        if (held := self.playback.get(topic)) is not None:
            self.playback[topic] = msgspec.structs.replace(held, volume=volume, muted=muted)

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


def _has_player(room: RoomState, player_id: str) -> bool:
    return any(participant.player_id == player_id for participant in room.participants)
