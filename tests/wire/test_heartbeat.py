"""Heartbeats: missing pongs and round trips, on the test's own clock."""

from dataclasses import replace

from aiohttp import WSMsgType
import pytest

from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import Advance, Connect, ManualClock
from tests.http import HttpClient

from .client import Client, resume_of
from .raw import FINAL, PING, PONG, RawClient


async def test_round_trips_of_pings_are_measured(
    http: HttpClient, hub: Hub, token: str, clock: ManualClock, advance: Advance
) -> None:
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


async def test_a_missing_pong_closes_with_4012(
    controller: Client, connect: Connect, hub: Hub, token: str, advance: Advance
) -> None:
    """The session can be resumed."""
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


async def test_a_dead_connection_is_dropped(
    http: HttpClient, hub: Hub, controller: Client, token: str, advance: Advance
) -> None:
    """A peer that is gone or stopped reading; its close frame is not awaited for ever."""
    hub.configure(replace(hub.limits, close_timeout=0.05))
    raw = await RawClient.connect(http)
    await raw.authenticate(token, subscribe=["all"])
    raw.pause_reading()
    before = len(list(hub.sessions.connected()))
    for _ in range(2):
        await advance(hub.limits.heartbeat_interval)
        await controller.arrived()
    assert len(list(hub.sessions.connected())) == before - 1
    raw.resume_reading()
    assert await raw.closed() == 4012
    await controller.arrived()


async def test_a_changed_interval_applies_to_the_next_ping(controller: Client, hub: Hub, advance: Advance) -> None:
    """The greeting names it."""
    hub.configure(replace(hub.limits, heartbeat_interval=5))
    await advance(30)
    await controller.arrived()
    pings = hub.metrics.latency.count
    await advance(5)
    await controller.arrived()
    assert hub.metrics.latency.count == pings + 1
