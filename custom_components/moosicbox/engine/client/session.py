"""The memory of a session: its secret, and the position of each topic. Pure, without I/O.

`frontend/client/session.js` has the same rules; `tests/golden/session/` checks both. The protocol's section:
"Recovery" in docs/protocol/connecting.md.
"""

from collections.abc import Iterable, Mapping
from enum import Enum, auto

from ..protocol.client import Resume
from ..protocol.server import Welcome
from ..protocol.types import Position


class Delivery(Enum):
    """How a numbered message continues its topic."""

    NEW = auto()
    REPEAT = auto()
    """A duplicate."""
    GAP = auto()
    """A message before it is missing; a resume delivers it."""


class SessionState:
    """One session, over all its connections."""

    def __init__(self) -> None:
        self._key: tuple[str, str] | None = None
        self._positions: dict[str, Position] = {}

    @property
    def resume(self) -> Resume | None:
        """The `resume` member for `authenticate`; `None` without a session."""
        if self._key is None:
            return None
        session_id, secret = self._key
        return Resume(session_id=session_id, secret=secret, positions=dict(self._positions))

    @property
    def topics(self) -> frozenset[str]:
        """The subscribed topics."""
        return frozenset(self._positions)

    def welcome(self, welcome: Welcome) -> None:
        """Continue the session or begin a new one, with the positions before the first message that follows."""
        self._key = (welcome.session_id, welcome.secret)
        self._positions = dict(welcome.positions)

    def add(self, positions: Mapping[str, Position]) -> None:
        """Add subscribed topics, each with the position before its first message."""
        self._positions |= positions

    def remove(self, topics: Iterable[str]) -> None:
        """Remove topics that are no longer subscribed."""
        for topic in topics:
            self._positions.pop(topic, None)

    def receive(self, topic: str, offset: int) -> Delivery:
        """Classify a numbered message, and advance the topic's position if the message is the next one."""
        if (held := self._positions.get(topic)) is None:
            return Delivery.NEW
        if offset <= held.offset:
            return Delivery.REPEAT
        if offset > held.offset + 1:
            return Delivery.GAP
        self._positions[topic] = Position(epoch=held.epoch, offset=offset)
        return Delivery.NEW

    def forget(self) -> None:
        """Drop the session: the next connection begins a new one."""
        self._key = None
        self._positions = {}
