"""What a session must remember to be resumed: its secret, and how far each topic was heard. Pure."""

from collections.abc import Iterable, Mapping
from enum import Enum, auto

from ..protocol.client import Resume
from ..protocol.server import Welcome
from ..protocol.types import Position


class Heard(Enum):
    """What a numbered message is to this session."""

    NEW = auto()
    AGAIN = auto()
    """It was heard before."""
    GAP = auto()
    """Something before it is missing: only a resume brings it."""


class SessionState:
    """One session, over all its connections."""

    def __init__(self) -> None:
        """None yet."""
        self._key: tuple[str, str] | None = None
        self._positions: dict[str, Position] = {}

    @property
    def resume(self) -> Resume | None:
        """What to show to go on; None: there is nothing to go on with."""
        if self._key is None:
            return None
        session_id, secret = self._key
        return Resume(session_id=session_id, secret=secret, positions=dict(self._positions))

    @property
    def topics(self) -> frozenset[str]:
        """What is subscribed."""
        return frozenset(self._positions)

    def welcome(self, welcome: Welcome) -> None:
        """Go on, or begin anew: the positions are those before the first message that follows."""
        self._key = (welcome.session_id, welcome.secret)
        self._positions = dict(welcome.positions)

    def add(self, positions: Mapping[str, Position]) -> None:
        """These topics are subscribed, and were heard so far."""
        self._positions |= positions

    def remove(self, topics: Iterable[str]) -> None:
        """These topics aren't subscribed any more."""
        for topic in topics:
            self._positions.pop(topic, None)

    def hear(self, topic: str, offset: int) -> Heard:
        """Note a numbered message."""
        if (held := self._positions.get(topic)) is None:
            return Heard.NEW
        if offset <= held.offset:
            return Heard.AGAIN
        if offset > held.offset + 1:
            return Heard.GAP
        self._positions[topic] = Position(epoch=held.epoch, offset=offset)
        return Heard.NEW

    def forget(self) -> None:
        """The session has ended."""
        self._key = None
        self._positions = {}
