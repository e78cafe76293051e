"""Outboxes: order, replaced states, bounds of live frames, unbounded replayed frames."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from custom_components.moosicbox.engine.delivery.frame import Frame
from custom_components.moosicbox.engine.delivery.outbox import Outbox

MAX_BYTES = 400
MAX_FRAMES = 12


class Box:
    """An outbox that counts its calls."""

    def __init__(self) -> None:
        self.wakes = 0
        self.overflows = 0
        self.outbox = Outbox(MAX_BYTES, MAX_FRAMES, self, self)

    def flush(self) -> bool:
        return True

    def wake(self, _outbox: Outbox) -> None:
        self.wakes += 1

    def overflow(self) -> None:
        self.overflows += 1

    def fail(self, error: Exception) -> None:
        raise error

    def fill(self, *payloads: bytes) -> None:
        """Send frames that aren't flushed in their turn."""
        for payload in payloads:
            self.outbox.send(Frame(payload))
        self.outbox.queue_fresh()


def payloads(frames: list[Frame]) -> list[bytes]:
    return [frame.payload for frame in frames]


def test_an_outbox_schedules_its_flush() -> None:
    box = Box()
    box.outbox.send(Frame(b"a"))
    assert box.wakes == 1
    box.outbox.replay([Frame(b"b")])
    assert box.wakes == 2


def test_a_waiting_state_is_replaced_by_a_newer_one() -> None:
    outbox = Box().outbox
    for payload, key in ((b"old", "t/volume"), (b"other", "t/status"), (b"number", None), (b"newer", "t/volume")):
        outbox.send(Frame(payload, key))
        outbox.queue_fresh()
    assert outbox.size == len(b"other" + b"number" + b"newer")
    assert payloads(outbox.pop_frames(100)) == [b"other", b"number", b"newer"]
    assert outbox.size == 0


def test_states_alone_never_overflow() -> None:
    box = Box()
    for number in range(1_000):
        box.outbox.send(Frame(b"%0300d" % number, "t/status"))
        box.outbox.queue_fresh()
    assert not box.overflows
    assert payloads(box.outbox.pop_frames(1)) == [b"%0300d" % 999]


def test_too_many_bytes_close_the_outbox() -> None:
    box = Box()
    box.fill(b"x" * MAX_BYTES)
    assert not box.overflows
    box.fill(b"y")
    assert box.overflows == 1
    assert box.outbox.closed
    assert not len(box.outbox)
    box.outbox.send(Frame(b"z"))
    box.outbox.replay([Frame(b"z")])
    assert (box.overflows, len(box.outbox)) == (1, 0)


def test_too_many_frames_close_the_outbox() -> None:
    box = Box()
    box.fill(*[b""] * MAX_FRAMES)
    assert not box.overflows
    box.fill(b"")
    assert box.overflows == 1


def test_frames_sent_in_the_same_turn_are_not_bounded() -> None:
    box = Box()
    for _ in range(MAX_FRAMES * 3):
        box.outbox.send(Frame(b"x" * 10))
        assert payloads(box.outbox.pop_frames(100)) == [b"x" * 10]
    assert not box.overflows


def test_replayed_frames_are_not_counted() -> None:
    box = Box()
    box.outbox.replay(Frame(b"r" * MAX_BYTES) for _ in range(MAX_FRAMES * 2))
    box.fill(b"x" * MAX_BYTES)
    assert not box.overflows
    assert box.outbox.size == MAX_BYTES
    assert len(box.outbox) == MAX_FRAMES * 2 + 1
    box.fill(b"y")
    assert box.overflows == 1


def test_at_least_one_frame_is_returned() -> None:
    outbox = Box().outbox
    outbox.send(Frame(b"x" * 300))
    outbox.send(Frame(b"y"))
    assert payloads(outbox.pop_frames(10)) == [b"x" * 300]
    assert payloads(outbox.pop_frames(10)) == [b"y"]
    assert outbox.pop_frames(10) == []


class OutboxMachine(RuleBasedStateMachine):
    """An outbox against a model, a list of (payload, key, replayed); the first `settled` are from earlier turns."""

    def __init__(self) -> None:
        super().__init__()
        self.box = Box()
        self.model: list[tuple[bytes, str | None, bool]] = []
        self.settled = 0
        self.number = 0

    def _payload(self, size: int) -> bytes:
        self.number += 1
        return b"%0*d" % (size, self.number)

    def _settle(self) -> bool:
        # Returns false if a bound was exceeded.
        for entry in self.model[self.settled :]:
            older = self.model[: self.settled]
            same = [entry[1] is not None and not seen[2] and seen[1] == entry[1] for seen in older]
            if any(same):
                del self.model[same.index(True)]
                self.settled -= 1
            self.settled += 1
        live = [entry for entry in self.model if not entry[2]]
        if sum(len(payload) for payload, _, _ in live) <= MAX_BYTES and len(live) <= MAX_FRAMES:
            return True
        assert self.box.outbox.closed
        assert self.box.overflows == 1
        self.box, self.model, self.settled = Box(), [], 0
        return False

    @rule(size=st.integers(4, 80), key=st.sampled_from([None, None, "a/status", "a/volume", "b/status"]))
    def send(self, size: int, key: str | None) -> None:
        payload = self._payload(size)
        self.box.outbox.send(Frame(payload, key))
        self.model.append((payload, key, False))

    @rule()
    def settle(self) -> None:
        self.box.outbox.queue_fresh()
        self._settle()

    @rule(sizes=st.lists(st.integers(4, 200), max_size=5))
    def replay(self, sizes: list[int]) -> None:
        self.box.outbox.queue_fresh()
        if self._settle():
            made = [self._payload(size) for size in sizes]
            self.box.outbox.replay(Frame(payload, "a/status") for payload in made)
            self.model += [(payload, "a/status", True) for payload in made]
            self.settled = len(self.model)

    @precondition(lambda self: self.model)
    @rule(max_bytes=st.integers(1, 600))
    def take(self, max_bytes: int) -> None:
        box = self.box
        if (self.settled or sum(len(entry[0]) for entry in self.model) > max_bytes) and not self._settled_by(box):
            return
        taken = payloads(box.outbox.pop_frames(max_bytes))
        assert taken == [payload for payload, _, _ in self.model[: len(taken)]]
        assert len(taken) == 1 or sum(map(len, taken)) <= max_bytes
        del self.model[: len(taken)]
        self.settled = max(0, self.settled - len(taken))
        assert not self.model or sum(map(len, taken)) + len(self.model[0][0]) > max_bytes

    def _settled_by(self, box: Box) -> bool:
        box.outbox.queue_fresh()
        return self._settle()

    @invariant()
    def counts(self) -> None:
        outbox = self.box.outbox
        assert len(outbox) == len(self.model)
        assert outbox.size == sum(len(payload) for payload, _, replayed in self.model[: self.settled] if not replayed)


TestOutbox = OutboxMachine.TestCase
