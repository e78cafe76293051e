"""Subscriptions from inside Home Assistant."""

import asyncio

import pytest

from custom_components.moosicbox.engine.internal_subscriber import InternalSubscriber
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.server import CustomMessage
from tests.engine.fakes import Harness, principal


async def test_a_fault_of_a_subscriber_is_logged_and_closes_its_subscription(caplog: pytest.LogCaptureFixture) -> None:
    harness = Harness()
    # Messages are delivered at the end of a turn.
    del harness.hub.writer._schedule
    await harness.hub.start()
    delivered: list[bytes] = []

    def deliver(message: bytes) -> None:
        delivered.append(message)
        raise ValueError("odd subscriber")

    other: list[bytes] = []
    InternalSubscriber(harness.hub, principal(), deliver, ["all"])
    InternalSubscriber(harness.hub, principal(), other.append, ["all"])
    for number in range(3):
        harness.hub.publish("all", CustomMessage(event="count", data=number))
        for _ in range(3):
            await asyncio.sleep(0)
    assert (len(delivered), len(other)) == (1, 3)
    assert caplog.text.count("ValueError: odd subscriber") == 1
    assert len(harness.hub.topics["all"].subscribers) == 1
    await harness.hub.stop(CloseCode.GOING_AWAY, "Over")
