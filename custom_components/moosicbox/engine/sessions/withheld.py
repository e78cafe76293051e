"""Player topics that are withheld from sessions, because the topic of a room has the same content.

The topic of a player in a room repeats what the room plays. Each client of a room with many players would get every
change as often as there are players. So of a large room, the topics of its players are withheld from sessions that
follow the room. Only changes of a single player's volume are still sent. See "Large rooms" in docs/protocol/rooms.md.
"""

from collections.abc import Collection
from typing import Final

MAX_REPEATED: Final = 8
"""Most players of a room with which the topics of its players repeat the room's playback for all subscribers."""


class Withheld:
    """The topics that are, or were, withheld from one session."""

    __slots__ = ("released", "topics")

    def __init__(self) -> None:
        self.topics: set[str] = set()
        self.released: dict[str, int] = {}
        """The offsets at which topics were released. The client didn't get the messages before them."""

    def add(self, topic: str) -> None:
        """Withhold a topic."""
        self.topics.add(topic)

    def release(self, topic: str, offset: int) -> None:
        """Stop withholding a topic; `offset` is that of its last message."""
        self.topics.discard(topic)
        self.released[topic] = offset

    def forget(self, topic: str) -> None:
        """Forget a topic that the session doesn't follow any more."""
        self.topics.discard(topic)
        self.released.pop(topic, None)


class RoomPlayers:
    """The players of each room, by topic."""

    def __init__(self) -> None:
        self._rooms: dict[str, str] = {}
        self._players: dict[str, dict[str, None]] = {}

    def add(self, player: str, room: str) -> Collection[str]:
        """Add a player to a room; return the topics that may have to be withheld now."""
        self._rooms[player] = room
        players = self._players.setdefault(room, {})
        players[player] = None
        if len(players) == MAX_REPEATED + 1:
            return tuple(players)
        return (player,) if len(players) > MAX_REPEATED else ()

    def remove(self, player: str) -> Collection[str]:
        """Remove a player from its room; return the topics that may have to be released now."""
        if (room := self._rooms.pop(player, None)) is None:
            return ()
        players = self._players[room]
        del players[player]
        if not players:
            del self._players[room]
        return (player, *players) if len(players) == MAX_REPEATED else (player,)

    def of(self, room: str) -> Collection[str]:
        """Return the topics of a room's players."""
        return self._players.get(room, ())

    def is_withheld(self, topic: str, followed: Collection[str]) -> bool:
        """Return whether a topic is withheld from sessions that follow the topics `followed`."""
        room = self._rooms.get(topic)
        return room is not None and room in followed and len(self._players[room]) > MAX_REPEATED
