"""The writer: with any pattern of slow connections, each one gets all its messages once and in order."""

import asyncio
from collections.abc import Iterable
import itertools
import random

import pytest

from custom_components.moosicbox.engine.delivery import writer as module
from custom_components.moosicbox.engine.delivery.frame import Frame
from custom_components.moosicbox.engine.delivery.outbox import Outbox
from custom_components.moosicbox.engine.delivery.topics import Topics
from custom_components.moosicbox.engine.delivery.writer import Writer
from custom_components.moosicbox.engine.limits import Limits, SharedLimits
from custom_components.moosicbox.engine.metrics import Metrics

MANY = 1 << 30
TOPICS = ("a", "b", "c")


class Listener:
    """A client whose transport is sometimes paused, and the messages that it should get."""

    def __init__(self, writer: Writer, chance: random.Random, *, direct: bool) -> None:
        self.outbox = Outbox(MANY, MANY, self, writer)
        self.topics: set[str] = set()
        self.due: list[bytes] = []
        self.heard = b""
        self.unsent = 0
        self._chance = chance
        if direct:
            self.outbox.direct = self.outbox.flow_control = self

    @property
    def writing_paused(self) -> bool:
        return self.unsent > 0

    def write(self, data: bytes) -> None:
        self.heard += data
        if self._chance.random() < 0.3:
            self.unsent = self._chance.randint(1, 3)

    def flush(self) -> bool:
        while len(self.outbox):
            if self.unsent:
                return False
            for frame in self.outbox.pop_frames(200):
                self.write(frame.websocket)
        return True

    def overflow(self) -> None:
        raise AssertionError("nothing is bounded here")

    def fail(self, error: Exception) -> None:
        raise error

    def expect(self, frames: Iterable[Frame]) -> None:
        self.due += [frame.websocket for frame in frames]


class Crowd:
    """Subscribers of several topics, and random events."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.writer = Writer(Metrics().fan_out)
        self.topics = Topics("epoch", SharedLimits(Limits()), lambda: 0, self.writer)
        self.listeners = [
            Listener(self.writer, chance, direct=chance.random() < 0.8) for _ in range(chance.randint(1, 12))
        ]
        self._numbers = itertools.count()

    def _frame(self) -> Frame:
        return Frame(b"%d%s" % (next(self._numbers), b"x" * self.chance.choice([0, 50])))

    def act(self) -> None:
        """Execute a random event."""
        act = self.chance.choices(
            [self._publish, self._send, self._replay, self._follow, self._unfollow], [10, 3, 2, 3, 1]
        )
        act[0](self.chance.choice(self.listeners), self.chance.choice(TOPICS))

    def _publish(self, _: Listener, topic: str) -> None:
        if (found := self.topics.find(topic)) is not None:
            found.send(frame := self._frame())
            for listener in self.listeners:
                if topic in listener.topics:
                    listener.expect([frame])

    def _send(self, listener: Listener, _: str) -> None:
        listener.outbox.send(frame := self._frame())
        listener.expect([frame])

    def _replay(self, listener: Listener, _: str) -> None:
        listener.outbox.replay(frames := [self._frame(), self._frame()])
        listener.expect(frames)

    def _follow(self, listener: Listener, topic: str) -> None:
        listener.outbox.follow(self.topics, topic)
        listener.topics.add(topic)

    def _unfollow(self, listener: Listener, topic: str) -> None:
        listener.outbox.unfollow(self.topics, topic)
        listener.topics.discard(topic)

    async def drained(self) -> None:
        """Resume all transports; every client gets its remaining messages."""
        async with asyncio.timeout(60):
            while any(listener.heard != b"".join(listener.due) for listener in self.listeners):
                for listener in self.listeners:
                    assert b"".join(listener.due).startswith(listener.heard)
                    listener.unsent = 0
                await asyncio.sleep(0)
        await asyncio.sleep(0)


@pytest.mark.parametrize("seed", range(60))
async def test_every_connection_gets_all_messages_in_order(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)  # noqa: S311 - a history that can be told again
    monkeypatch.setattr(module, "SLICE_NS", chance.choice([0, 700_000]))
    monkeypatch.setattr(module, "WRITES_PER_CHECK", chance.choice([1, 2, 8]))
    monkeypatch.setattr(module, "MAX_DIRECT", chance.choice([100, 65_536]))
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)
    crowd = Crowd(chance)
    for _ in range(120):
        for _ in range(chance.randint(0, 6)):
            crowd.act()
        if chance.random() < 0.7:
            await asyncio.sleep(0)
        for listener in crowd.listeners:
            listener.unsent = max(0, listener.unsent - chance.randint(0, 1))
    await crowd.drained()
    assert not any(listener.outbox.busy for listener in crowd.listeners if listener.outbox.direct is not None)


class Faulty:
    """A client whose transport raises an error once messages are sent to it."""

    writing_paused = False

    def __init__(self, writer: Writer, *, direct: bool) -> None:
        self.outbox = Outbox(MANY, MANY, self, writer)
        self.errors: list[str] = []
        if direct:
            self.outbox.direct = self.outbox.flow_control = self

    def write(self, _data: bytes) -> None:
        raise ValueError("odd transport")

    def flush(self) -> bool:
        raise ValueError("odd transport")

    def overflow(self) -> None:
        raise AssertionError("nothing is bounded here")

    def fail(self, error: Exception) -> None:
        self.errors.append(str(error))


@pytest.mark.parametrize("direct", [True, False])
@pytest.mark.parametrize("at_once", [True, False])
async def test_a_fault_of_one_connection_concerns_no_other(*, direct: bool, at_once: bool) -> None:
    crowd = Crowd(random.Random(1))  # noqa: S311 - the same each time
    faulty = Faulty(crowd.writer, direct=direct)
    others = [Listener(crowd.writer, crowd.chance, direct=direct) for _ in range(3)]
    for outbox in faulty.outbox, *(listener.outbox for listener in others):
        outbox.follow(crowd.topics, "a")
    frames = [Frame(b"%d" % number) for number in range(4)]
    for frame in frames:
        crowd.topics["a"].send(frame)
        if at_once:
            crowd.topics.flush("a")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    for listener in others:
        listener.expect(frames)
    crowd.listeners = others
    await crowd.drained()
    assert (faulty.errors, faulty.outbox.closed) == (["odd transport"], True)
