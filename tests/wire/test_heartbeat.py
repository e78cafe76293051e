"""Heartbeats: who answers pings stays, who doesn't goes, and round trips are measured. Time is the test's."""

from dataclasses import replace

from aiohttp import WSMsgType
from aiohttp.test_utils import TestClient
import pytest

from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import Advance, Connect, ManualClock

from .client import Client, resume_of
from .raw import FINAL, PING, PONG, RawClient


async def test_ping_and_pong(http: TestClient, hub: Hub, token: str, clock: ManualClock, advance: Advance) -> None:
    """A ping each interval; the way there and back goes into the histogram."""
    raw = await RawClient.connect(http)
    await raw.authenticate(token, subscribe=[])
    for number in range(1, 4):
        await advance(hub.limits.heartbeat_interval)
        while (received := await raw.receive())[0] != FINAL | PING:
            pass
        clock.moment_us += 25_000
        raw.send(PONG, received[1])
        raw.send(PONG, b"unasked")
        raw.send(PING, b"order")
        assert await raw.receive() == (FINAL | PONG, b"order")
        assert hub.metrics.latency.count == number
    assert hub.metrics.latency.average == pytest.approx(0.025)
    raw.abort()


async def test_no_pong(controller: Client, connect: Connect, hub: Hub, token: str, advance: Advance) -> None:
    """Without a pong in time: 4012, and the session waits to be resumed."""
    await controller.arrived()
    controller.socket._autoping = False
    await advance(hub.limits.heartbeat_interval + hub.limits.ping_timeout - 1)
    assert any(hub.sessions.connected())
    await advance(1)
    assert not any(hub.sessions.connected())
    while (await controller.socket.receive()).type is not WSMsgType.CLOSE:
        pass
    assert controller.socket.close_code == 4012
    again = await connect()
    assert (await again.authenticate(token, resume=resume_of(controller)))["resumed"] is True


async def test_half_open(http: TestClient, hub: Hub, controller: Client, token: str, advance: Advance) -> None:
    """A peer that is gone without a word, or reads no more, is let go: nothing waits for its close frame for ever."""
    hub.configure(replace(hub.limits, close_timeout=0.05))
    raw = await RawClient.connect(http)
    await raw.authenticate(token, subscribe=["all"])
    raw.writer.transport.pause_reading()
    before = len(list(hub.sessions.connected()))
    for _ in range(2):
        await advance(hub.limits.heartbeat_interval)
        await controller.arrived()
    assert len(list(hub.sessions.connected())) == before - 1
    raw.writer.transport.resume_reading()
    assert await raw.closed() == 4012
    await controller.arrived()


async def test_options_act_on_the_next_beat(controller: Client, hub: Hub, advance: Advance) -> None:
    """Another interval counts from the next ping on; the greeting names it."""
    hub.configure(replace(hub.limits, heartbeat_interval=5))
    await advance(30)
    await controller.arrived()
    pings = hub.metrics.latency.count
    await advance(5)
    await controller.arrived()
    assert hub.metrics.latency.count == pings + 1
