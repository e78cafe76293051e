"""Topics: rising offsets, bounded histories, and named reasons of lost positions."""

import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.moosicbox.engine.delivery import topics
from custom_components.moosicbox.engine.delivery.frame import Frame
from custom_components.moosicbox.engine.delivery.topics import PositionLost, Topics
from custom_components.moosicbox.engine.limits import Limits, SharedLimits
from custom_components.moosicbox.engine.protocol.server import CustomMessage, VolumeUpdate
from custom_components.moosicbox.engine.protocol.types import Position
from tests.engine.fakes import FakeConnection, ManualClock

LIMITS = Limits(history_messages=10, history_bytes=2_000, history_seconds=120)


def message(data: Any = None) -> CustomMessage:
    return CustomMessage(event="e", data=data)


def offsets(frames: list[Frame]) -> list[int]:
    return [json.loads(frame.payload)["offset"] for frame in frames]


class TopicsHarness:
    """Topics on manual time."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.clock = ManualClock()
        self.topics = Topics("epoch", SharedLimits(limits), self.clock.now_us)

    def publish(self, count: int = 1, data: Any = None) -> None:
        for _ in range(count):
            self.topics.publish("t", message(data))

    def since(self, offset: int, epoch: str = "epoch") -> list[int]:
        return offsets(self.topics.since("t", Position(epoch=epoch, offset=offset)))

    def lost(self, offset: int, epoch: str = "epoch") -> str:
        with pytest.raises(PositionLost) as lost:
            self.since(offset, epoch)
        return lost.value.failure


def test_all_subscribers_share_one_frame() -> None:
    square = TopicsHarness()
    connections = [FakeConnection(), FakeConnection()]
    for connection in connections:
        square.topics["t"].subscribe(connection.outbox)
    assert square.topics.publish("t", message()) == 2
    first, second = (connection.outbox.pop_frames(10_000) for connection in connections)
    assert first[0] is second[0]
    assert json.loads(first[0].payload) == {"type": "message", "topic": "t", "offset": 1, "event": "e", "data": None}


def test_an_unsubscribed_outbox_gets_nothing() -> None:
    square, connection = TopicsHarness(), FakeConnection()
    topic = square.topics["t"]
    topic.subscribe(connection.outbox)
    topic.subscribe(connection.outbox)
    square.publish()
    topic.unsubscribe(connection.outbox)
    topic.unsubscribe(connection.outbox)
    assert square.topics.publish("t", message()) == 0
    assert [each["offset"] for each in connection.take()] == [1]


def test_offsets_rise_without_subscribers() -> None:
    square = TopicsHarness()
    assert square.topics.position("t") == Position(epoch="epoch", offset=0)
    square.publish(3)
    assert square.topics.position("t").offset == 3
    assert square.since(0) == [1, 2, 3]
    assert square.since(2) == [3]
    assert square.since(3) == []


def test_states_have_no_offset_and_no_history() -> None:
    square, connection = TopicsHarness(), FakeConnection()
    square.topics["t"].subscribe(connection.outbox)
    assert square.topics.publish("t", VolumeUpdate(volume=0.5, muted=False)) == 1
    [received] = connection.take()
    assert received == {"type": "volume_update", "topic": "t", "volume": 0.5, "muted": False}
    assert square.since(0) == []


def test_a_state_without_subscribers_creates_no_topic() -> None:
    square = TopicsHarness()
    assert square.topics.publish("t", VolumeUpdate(volume=0.5, muted=False)) == 0
    assert len(square.topics) == 0


def test_states_of_other_topics_and_types_do_not_replace() -> None:
    square, connection = TopicsHarness(), FakeConnection()
    for topic in ("a", "b"):
        square.topics[topic].subscribe(connection.outbox)
    for topic, volume in (("a", 0.1), ("b", 0.2), ("a", 0.3)):
        square.topics.publish(topic, VolumeUpdate(volume=volume, muted=False))
        connection.outbox.queue_fresh()
    assert [(each["topic"], each["volume"]) for each in connection.take()] == [("b", 0.2), ("a", 0.3)]


def test_a_position_of_another_epoch_is_lost() -> None:
    square = TopicsHarness()
    square.publish()
    assert square.lost(0, "of another hub") == "epoch_changed"


def test_a_position_in_the_future_is_lost() -> None:
    square = TopicsHarness()
    square.publish()
    assert square.lost(2) == "position_expired"


def test_history_is_bounded_by_messages() -> None:
    square = TopicsHarness()
    square.publish(12)
    assert square.lost(1) == "window_exceeded"
    assert square.since(2) == list(range(3, 13))


def test_history_is_bounded_by_bytes() -> None:
    square = TopicsHarness()
    square.publish(5, "x" * 500)
    assert square.lost(0) == "window_exceeded"
    assert square.since(3) == [4, 5]


def test_history_is_bounded_by_age() -> None:
    square = TopicsHarness()
    square.publish()
    square.clock.pass_seconds(60)
    square.publish()
    square.clock.pass_seconds(60)
    assert square.since(0) == [1, 2]
    square.clock.pass_seconds(0.000001)
    assert square.lost(0) == "position_expired"
    assert square.since(1) == [2]
    square.clock.pass_seconds(60)
    assert square.lost(1) == "position_expired"
    assert square.since(2) == []


def test_a_single_message_larger_than_history_is_still_sent() -> None:
    square, connection = TopicsHarness(), FakeConnection()
    square.topics["t"].subscribe(connection.outbox)
    square.publish(1, "x" * 3_000)
    assert len(connection.take()) == 1
    assert square.lost(0) == "window_exceeded"
    assert square.since(1) == []
    square.publish()
    assert square.since(1) == [2]


def test_expired_histories_are_freed() -> None:
    square = TopicsHarness()
    square.publish(3)
    square.clock.pass_seconds(121)
    square.topics.expire()
    assert square.topics["t"]._history is None
    assert square.topics["t"]._history_bytes == 0
    assert square.topics.position("t").offset == 3


def test_a_dropped_topic_starts_from_zero() -> None:
    square = TopicsHarness()
    square.publish(3)
    square.topics.forget("t")
    square.topics.forget("t")
    assert square.topics.position("t").offset == 0


@given(
    steps=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 400)), max_size=25),
    held=st.integers(0, 25),
)
def test_recovery_is_complete_or_fails(steps: list[tuple[int, int]], held: int) -> None:
    """Recovered messages have no gap; a position is lost only if a bound was exceeded."""
    square = TopicsHarness()
    published: list[tuple[int, int]] = []
    for tenths, size in steps:
        square.clock.pass_seconds(tenths / 10)
        square.publish(1, "x" * size)
        published.append((square.clock.time_us, size))
        topic = square.topics["t"]
        assert len(topic._history or ()) <= LIMITS.history_messages
        assert topic._history_bytes <= LIMITS.history_bytes
    try:
        found = square.since(held)
    except PositionLost:
        missed = published[held:]
        assert (
            held > len(published)
            or len(missed) > LIMITS.history_messages
            or sum(size + 80 for _, size in missed) > LIMITS.history_bytes
            or missed[0][0] < square.clock.time_us - 120_000_000
        )
    else:
        assert found == list(range(held + 1, len(published) + 1))


def test_an_unused_topic_keeps_only_its_offset() -> None:
    square, connection = TopicsHarness(), FakeConnection()
    square.topics["t"].subscribe(connection.outbox)
    square.publish(3)
    square.topics.unsubscribe("t", connection.outbox)
    assert len(square.topics) == 1
    square.clock.pass_seconds(121)
    square.topics.expire()
    assert len(square.topics) == 0
    assert square.topics.position("t").offset == 3
    assert square.since(3) == []
    assert square.lost(2) == "position_expired"
    square.publish()
    assert square.since(3) == [4]


def test_a_topic_with_subscribers_is_kept() -> None:
    square, connection = TopicsHarness(), FakeConnection()
    square.topics["t"].subscribe(connection.outbox)
    square.clock.pass_seconds(121)
    square.topics.expire()
    square.publish()
    assert [each["offset"] for each in connection.take()] == [1]


@given(
    st.lists(
        st.tuples(st.sampled_from(["publish", "follow", "leave", "expire"]), st.integers(0, 5)),
        max_size=80,
    )
)
def test_offsets_are_never_reused(steps: list[tuple[str, int]]) -> None:
    square = TopicsHarness()
    read: dict[str, int] = {}
    """The offset that each topic's subscriber has read."""
    highest: dict[str, int] = {}
    followers: dict[str, FakeConnection] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(topics, "MAX_RETIRED", 2)
        for what, number in steps:
            name = f"t{number}"
            match what:
                case "publish":
                    square.topics.publish(name, message())
                    offset = square.topics.position(name).offset
                    assert offset > highest.get(name, 0)
                    highest[name] = offset
                case "follow" if name not in followers:
                    followers[name] = FakeConnection()
                    read[name] = square.topics.position(name).offset
                    square.topics[name].subscribe(followers[name].outbox)
                case "leave" if name in followers:
                    square.topics.unsubscribe(name, followers.pop(name).outbox)
                case "expire":
                    square.clock.pass_seconds(121)
                    square.topics.expire()
                    assert len(square.topics) == len(followers)
            for name, follower in followers.items():
                heard = [each["offset"] for each in follower.take()]
                assert heard == list(range(read[name] + 1, read[name] + 1 + len(heard)))
                read[name] += len(heard)


def test_history_keeps_no_frames_that_were_sent() -> None:
    square, connection = TopicsHarness(), FakeConnection()
    square.topics["t"].subscribe(connection.outbox)
    square.publish()
    (sent,) = connection.outbox.pop_frames(10_000)
    position = Position(epoch="epoch", offset=0)
    assert square.topics.since("t", position)[0] is sent, "as long as somebody has to be sent it, it is shared"
    assert sent.websocket
    del sent
    (again,) = square.topics.since("t", position)
    assert again.wire is None
