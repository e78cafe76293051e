"""The client's session against the hub: with cuts at any moment, each message is delivered once and in order."""

import json
from typing import Any, override

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from custom_components.moosicbox.engine.client.messages import decode, topic_and_offset
from custom_components.moosicbox.engine.client.session import Delivery, SessionState
from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.protocol.client import Subscribe, Unsubscribe
from custom_components.moosicbox.engine.protocol.server import CustomMessage, Subscribed, Unsubscribed, Welcome
from tests.engine.fakes import FakeConnection, Harness, principal

LIMITS = Limits(history_messages=6, history_seconds=60, resume_seconds=90)
TOPICS = ("all", "user:ada", "permission:chat", "library")


class ResumeMachine(RuleBasedStateMachine):
    """One client, whose connection may break after any part of the sent messages."""

    def __init__(self) -> None:
        super().__init__()
        self.harness = Harness(LIMITS)
        self.state = SessionState()
        self.connection: FakeConnection | None = None
        self.session: Any = None
        self.published: dict[str, list[int]] = {topic: [] for topic in TOPICS}
        self.received: dict[str, list[int]] = {}
        self.base: dict[str, int] = {}
        self.number = 0

    @precondition(lambda self: self.connection is None)
    @rule()
    def connect(self) -> None:
        self.session, self.connection = self.harness.connect(
            principal("ada"), subscribe=TOPICS[:2], resume=self.state.resume
        )
        self._arrive(self.connection.take())

    @precondition(lambda self: self.connection is not None)
    @rule(part=st.floats(0, 1))
    def cut(self, part: float) -> None:
        assert self.connection is not None
        waiting = self.connection.take()
        self._arrive(waiting[: int(part * len(waiting))])
        self.harness.lose(self.session)
        self.connection = None

    @precondition(lambda self: self.connection is not None)
    @rule()
    def read(self) -> None:
        assert self.connection is not None
        self._arrive(self.connection.take())

    @rule(topic=st.sampled_from(TOPICS), count=st.integers(1, 4))
    def publish(self, topic: str, count: int) -> None:
        for _ in range(count):
            self.number += 1
            self.published[topic].append(self.number)
            self.harness.hub.publish(topic, CustomMessage(event="e", data=self.number))

    @precondition(lambda self: self.connection is not None)
    @rule(topic=st.sampled_from(TOPICS), on=st.booleans())
    def subscribe(self, topic: str, on: bool) -> None:
        self.read()
        self.number += 1
        kind = Subscribe if on else Unsubscribe
        self.harness.say(self.session, kind(topics=(topic,), request_id=f"r{self.number}"))
        if not on:
            self.state.remove([topic])
            self.received.pop(topic, None)
        self.read()

    @rule(seconds=st.sampled_from([5, 40, 70, 100]))
    def pass_seconds(self, seconds: int) -> None:
        if self.connection is not None:
            self.read()
        self.harness.pass_seconds(seconds)
        self.harness.hub.topics.expire()

    def _arrive(self, frames: list[dict[str, Any]]) -> None:
        for frame in frames:
            message = decode(json.dumps(frame))
            match message:
                case Welcome():
                    if not message.resumed:
                        self.received, self.base = {}, {}
                    self.state.welcome(message)
                case Subscribed():
                    self.state.add(message.positions)
                case Unsubscribed():
                    self.state.remove(message.topics)
            if frame["type"] == "result" and "positions" in frame["data"]:
                self.state.add(decode(json.dumps({"type": "subscribed", **frame["data"]})).positions)  # type: ignore[union-attr]
            resume = self.state.resume
            assert resume is not None
            for topic, position in resume.positions.items():
                if topic not in self.received:
                    self.received[topic], self.base[topic] = [], position.offset
            if (numbered := topic_and_offset(message)) is not None:
                delivery = self.state.receive(*numbered)
                assert delivery is not Delivery.GAP
                if delivery is Delivery.NEW and isinstance(message, CustomMessage):
                    self.received[numbered[0]].append(message.data)

    @invariant()
    def each_once_in_order(self) -> None:
        resume = self.state.resume
        for topic, numbers in self.received.items():
            assert resume is not None
            if topic in self.published:
                start, end = self.base[topic], resume.positions[topic].offset
                assert numbers == self.published[topic][start:end]

    @override
    def teardown(self) -> None:
        if self.connection is None:
            self.connect()
        self.read()
        for topic in self.received.keys() & self.published.keys():
            assert self.received[topic] == self.published[topic][self.base[topic] :]


TestResume = ResumeMachine.TestCase
TestResume.settings = settings(max_examples=3 * settings().max_examples, stateful_step_count=60)
