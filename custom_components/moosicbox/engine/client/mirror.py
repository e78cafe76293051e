"""The hub's state as this client may see it: players, what they play, queues, rooms, who is here."""

from collections.abc import Callable, Iterable

import msgspec

from ..protocol.server import (
    PlaybackStatus,
    PlayerList,
    PresenceUpdate,
    QueueUpdated,
    RoomList,
    Unsubscribed,
    VolumeUpdate,
)
from ..protocol.types import PlayerInfo, PresentUser, RoomInfo
from .messages import Message
from .queue_mirror import QueueMirror


class Mirror:
    """Kept true by what comes on topics. `topic` is `player:<id>` or `room:<id>`."""

    def __init__(self, fetch: Callable[[str], None]) -> None:
        """`fetch` is to get the whole queue of a topic."""
        self.players: dict[str, PlayerInfo] = {}
        self.players_known = False
        """Whether the list of players has come; there may be none."""
        self.rooms: dict[str, RoomInfo] = {}
        self.users: tuple[PresentUser, ...] = ()
        self.playback: dict[str, PlaybackStatus] = {}
        """By topic."""
        self.queues: dict[str, QueueMirror] = {}
        """By topic."""
        self._fetch = fetch

    def begin_anew(self) -> None:
        """A new session: snapshots bring everything again."""
        self.players, self.rooms, self.users = {}, {}, ()
        self.players_known = False
        self.playback, self.queues = {}, {}

    def take(self, message: Message) -> None:
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
                if self.queues.setdefault(topic, QueueMirror()).take(message):
                    self._fetch(topic)
            case Unsubscribed():
                self.forget(message.topics)

    def forget(self, topics: Iterable[str]) -> None:
        """These aren't followed any more."""
        for topic in topics:
            self.playback.pop(topic, None)
            self.queues.pop(topic, None)
