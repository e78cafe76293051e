"""Slow consumers: bounded, closed with 4008, resumed without loss."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from custom_components.moosicbox.engine.delivery.frame import Frame
from custom_components.moosicbox.engine.delivery.outbox import Outbox
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.protocol.server import CustomMessage
from tests.fixtures import Connect
from tests.http import HttpClient

from .client import Client, Message, resume_of
from .raw import RawClient


def publish(hub: Hub, number: int, size: int = 0, topic: str = "all") -> None:
    hub.publish(topic, CustomMessage(event="count", data={"number": number, "padding": "x" * size}))


def numbers(messages: list[Message]) -> list[int]:
    return [message["data"]["number"] for message in messages if message["type"] == "message"]


async def test_too_many_numbered_messages_close_with_4008(connect: Connect, token: str, hub: Hub) -> None:
    """The session is resumed without loss."""
    hub.configure(replace(hub.limits, outbound_messages=20, history_bytes=1 << 30, history_messages=10_000))
    client = await connect()
    await client.authenticate(token, subscribe=["all"])
    await client.arrived()
    published = 0
    while any(hub.sessions.connected()):
        # The client doesn't read, so that its receive buffer fills up.
        published += 1
        publish(hub, published, 100_000)
        await asyncio.sleep(0)
    code, messages = await client.closed()
    assert code == 4008
    assert numbers(messages) == list(range(1, len(messages) + 1))
    assert len(messages) < published

    again = await connect()
    assert (await again.authenticate(resume=resume_of(client)))["resumed"] is True
    assert numbers(await again.arrived()) == list(range(len(messages) + 1, published + 1))


async def test_one_stalled_reader_does_not_affect_others(
    connect: Connect, http: HttpClient, token: str, hub: Hub
) -> None:
    stuck = await RawClient.connect(http)
    await stuck.authenticate(token, subscribe=["all"])
    stuck.pause_reading()
    others: list[Client] = []
    for _ in range(9):
        others.append(client := await connect())
        await client.authenticate(token, subscribe=["all"])
    for number in range(80):
        publish(hub, number, 100_000)
        for client in others:
            assert (await client.until("message"))["data"]["number"] == number
    assert hub.metrics.past.bytes_sent < 4_000_000
    assert len(list(hub.sessions.connected())) == 9
    stuck.resume_reading()
    assert await stuck.closed() == 4008


async def test_a_fault_of_the_hub_closes_with_1011(
    connect: Connect, token: str, hub: Hub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The session is resumed without loss, and the fault is logged once, although it occurs each time."""

    def fail(*_arguments: object) -> list[Frame]:
        raise ValueError("odd message")

    client = await connect()
    await client.authenticate(token, subscribe=["all", "user:tester"])
    received: list[int] = []
    for number in range(2):
        with monkeypatch.context() as patch:
            patch.setattr(Outbox, "pop_frames", fail)
            publish(hub, number)
            # Messages of two topics in one turn are sent through the outboxes.
            publish(hub, number, topic="user:tester")
            code, messages = await client.closed()
        assert code == 1011
        received += numbers(messages)
        again = await connect()
        assert (await again.authenticate(resume=resume_of(client)))["resumed"] is True
        client = again
    received += numbers(await client.arrived())
    assert sorted(received) == [0, 0, 1, 1]
    assert caplog.text.count("ValueError: odd message") == 1


async def test_every_subscriber_gets_messages_in_order(connect: Connect, token: str, hub: Hub) -> None:
    """Bursts over several topics, whichever connection is served first."""
    hub.configure(replace(hub.limits, max_connections_per_user=1_000, user_rate_factor=100.0))
    clients: list[Client] = []
    for _ in range(100):
        clients.append(client := await connect())
        await client.authenticate(token, subscribe=["all", "user:tester"])
    for burst in range(10):
        for number in range(10):
            publish(hub, burst * 10 + number, 200, ("all", "user:tester")[number % 2])
        await asyncio.sleep(0)
    for client in clients:
        heard = [message for message in await client.arrived() if message["type"] == "message"]
        assert sorted(numbers(heard)) == list(range(100))
        for topic, first in ("all", 0), ("user:tester", 1):
            assert numbers([each for each in heard if each["topic"] == topic]) == list(range(first, 100, 2))


async def test_waiting_states_are_replaced(
    connect: Connect, http: HttpClient, token: str, hub: Hub, kitchen: Client
) -> None:
    """A late reader gets the newest ones and all numbered messages, and stays connected."""
    raw = await RawClient.connect(http)
    await raw.authenticate(token, subscribe=["all", "player:kitchen"])
    raw.pause_reading()
    hub.configure(replace(hub.limits, burst_size=10_000, bytes_per_minute=1 << 30))
    player = hub.players.get("kitchen")
    for step in range(5_000):
        hub.players.set_volume(player, step / 5_000, None)
        if step % 100 == 0:
            publish(hub, step, 1_000)
            await asyncio.sleep(0)
    raw.resume_reading()
    heard: list[Any] = []
    volume = None
    while volume != 4_999 / 5_000 or len(heard) < 50:
        message = await raw.message()
        heard += numbers([message])
        volume = message.get("volume", volume)
    assert heard == list(range(0, 5_000, 100))
    raw.abort()
