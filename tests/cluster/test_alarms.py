"""Alarms over the failure of the node that leads, in virtual time."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from custom_components.moosicbox.engine.cluster.clock import ClusterClock
from custom_components.moosicbox.engine.household.household import Household
from tests.engine.fakes import EPOCH

from .simulation.world import World

ALARM_SECONDS = 1_040
"""When the alarm rings, in seconds of virtual time; the world begins at 1,000."""
TAKE_OVER_SECONDS = 12.0
"""How late it may ring if the leader dies just before."""


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Two nodes, whose time of day is virtual, too."""
    world = World(1, priorities=(0, 0))

    def utc(_clock: ClusterClock) -> datetime:
        return EPOCH + timedelta(seconds=world.loop.time())

    monkeypatch.setattr(ClusterClock, "utc", utc)
    return world


def household(world: World) -> Household | None:
    leader = world.leader
    hub = None if leader is None else leader.cluster.hub
    return None if hub is None else hub.household


def phase(world: World, alarm_id: str) -> str | None:
    return None if (found := household(world)) is None else found.ringing.phase(alarm_id)


def orders(world: World) -> list[dict[str, Any]]:
    """Return the orders to the player to play the alarm's music."""
    return [order for order in world.clients[0].orders if order["command"] == "play" and order["track"]]


async def add(world: World) -> str:
    at = EPOCH + timedelta(seconds=ALARM_SECONDS)
    source = {"media_content_id": "test/morning"}
    fields = {"time": f"{at:%H:%M:%S}", "name": "Work", "player_id": "player0", "sources": [source], "volume": 0.4}
    operation = world.clients[0].ask(type="household_command", action="save_alarm", **fields)
    await world.settled()
    assert operation.answer is not None
    assert operation.answer["type"] == "result", operation.answer
    alarm_id: str = operation.answer["data"]["alarm_id"]
    return alarm_id


async def play(world: World, known: int = 0) -> None:
    """Let the player play what it is ordered to, after a number of known orders, and report it."""
    await world.until(lambda: len(orders(world)) > known, TAKE_OVER_SECONDS)
    order = orders(world)[-1]
    assert order["track"]["title"] == "Morning"
    report = {"state": "playing", "position_seconds": order["start_position"], "at_us": order["sync_time_us"]}
    world.clients[0].ask(type="player_report", queue_item_id=order["queue_item_id"], **report)
    await world.settled()


async def pass_to(world: World, seconds: float) -> None:
    await world.until(lambda: world.loop.time() >= seconds, 60)


def kill_leader(world: World) -> None:
    leader = world.leader
    assert leader is not None
    leader.process.kill()


def test_an_alarm_rings_although_the_leader_dies_just_before(world: World) -> None:
    async def story(world: World) -> None:
        await world.begin(clients=1)
        alarm_id = await add(world)
        await pass_to(world, ALARM_SECONDS - 0.5)
        kill_leader(world)
        await play(world)
        assert phase(world, alarm_id) == "ringing"
        assert world.loop.time() < ALARM_SECONDS + TAKE_OVER_SECONDS

    world.run(story)


def test_an_alarm_that_rings_can_be_snoozed_at_the_next_leader(world: World) -> None:
    async def story(world: World) -> None:
        await world.begin(clients=1)
        alarm_id = await add(world)
        await pass_to(world, ALARM_SECONDS)
        await play(world)
        known = len(orders(world))
        kill_leader(world)
        await world.until(lambda: phase(world, alarm_id) == "ringing")
        await play(world, known)
        snoozed = world.clients[0].ask(type="household_command", action="snooze_alarm", minutes=1)
        await world.settled()
        assert snoozed.done
        assert phase(world, alarm_id) == "snoozed"
        await world.until(lambda: phase(world, alarm_id) == "ringing", 70)

    world.run(story)
