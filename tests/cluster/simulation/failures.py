"""The load of clients, and failures of nodes, networks and Redis."""

import asyncio
from collections.abc import Awaitable, Callable
import itertools
import random
from typing import Any, Protocol

from custom_components.moosicbox.engine.protocol.codes import CloseCode

from .clients import Client
from .world import SimulatedNode, World

ROOM = "party"
SECONDS = 40.0
"""How long failures happen, in seconds."""

type Absence = tuple[SimulatedNode | None, Callable[[], None]]
"""A node that is absent, and a function that lets it return."""


class Crowd(Protocol):
    """The clients of a cluster."""

    clients: list[Client]
    chance: random.Random

    async def settled(self) -> None:
        """Wait until all clients are connected and have their answers."""

    def music(self, name: str) -> dict[str, Any]:
        """Return the arguments of a request that adds a track of this name."""


async def run_history(world: World) -> None:
    """Run load and failures for a while, then recover everything and wait until it is quiet."""
    await join(world)
    talks = [world.loop.create_task(talk(world, client)) for client in world.clients]
    end = world.loop.time() + SECONDS
    while world.loop.time() < end:
        await asyncio.sleep(world.chance.uniform(0.5, 5.0))
        await world.chance.choice(FAILURES)(world)
    for each in talks:
        each.cancel()
    await recover(world)


async def recover(world: World) -> None:
    """End all failures and wait until all requests are answered."""
    world.redis.away = False
    for node in tuple(world.nodes):
        node.network.mend()
        if node.process.paused:
            node.process.resume()
        if node.process.dead:
            world.restart(node)
    await world.until(lambda: world.leader is not None and all(client.settled for client in world.clients), 60.0)
    # Wait for the last commits and for leases to expire.
    await asyncio.sleep(10.0)
    await world.until(lambda: world.leader is not None and all(client.settled for client in world.clients), 60.0)


async def join(crowd: Crowd) -> None:
    """Create a room and let all clients join."""
    crowd.clients[0].ask(type="room_command", action="create", id=ROOM, name="Party", control="everyone")
    await crowd.settled()
    for client in crowd.clients:
        client.rooms.add(ROOM)
        client.ask(type="room_command", action="join", room_id=ROOM)
    await crowd.settled()


async def talk(world: Crowd, client: Client) -> None:
    """Send random requests of one client."""
    chance = world.chance
    for number in itertools.count():
        await asyncio.sleep(chance.uniform(0.05, 1.0))
        if len(client._open) > 20:
            continue
        unique = f"{client.name}.{number}"
        match chance.randrange(10):
            case 0 | 1 | 2:
                client.ask(type="room_chat", room_id=ROOM, message=unique)
            case 3 | 4 | 5:
                place = chance.choice(["next", "end"])
                client.ask(
                    type="queue_command",
                    action="add",
                    room_id=ROOM,
                    place=place,
                    op_id=unique,
                    **world.music(unique),
                )
            case 6:
                added = [
                    operation.answer["data"]["queue_item_ids"][0]
                    for operation in client.operations
                    if operation.done and operation.answer and operation.message.get("action") == "add"
                ]
                if added:
                    client.ask(
                        type="queue_command",
                        action="remove",
                        room_id=ROOM,
                        queue_item_id=chance.choice(added),
                        op_id=unique,
                    )
            case 7:
                command = chance.choice(["play", "pause", "next", "previous"])
                client.ask(type="playback_command", command=command, room_id=ROOM)
            case 8 if number % 5 == 0:
                client.ask(type="room_command", action="create", id=f"room.{unique}", name=unique)
            case _:
                client.ask(type="queue_command", action="get", room_id=ROOM, limit=5)


# ------------------------------------------------------------ failures


def _choose_node(world: World) -> SimulatedNode:
    leader = world.leader
    if leader is not None and world.chance.random() < 0.6:
        return leader
    return world.chance.choice(world.alive or world.nodes)


def _is_healthy(world: World) -> bool:
    # If all nodes fail at once, the state that only they have is lost.
    return sum(node.process.dead or node.process.paused for node in world.nodes) == 0


async def _kill(world: World) -> None:
    if not _is_healthy(world):
        return
    node = _choose_node(world)
    node.process.kill()
    await asyncio.sleep(world.chance.uniform(0.1, 8.0))
    if node in world.nodes:
        world.restart(node)


async def _stop(world: World) -> None:
    if not _is_healthy(world):
        return
    node = _choose_node(world)
    node.process.spawn(_drain(node))
    await asyncio.sleep(world.chance.uniform(1.0, 5.0))
    node.process.kill()
    world.restart(node)


async def _drain(node: SimulatedNode) -> None:

    await node.cluster.stop(CloseCode.RESTART, "drain")


async def _pause(world: World) -> None:
    node = _choose_node(world)
    node.process.pause()
    await asyncio.sleep(world.chance.choice([0.5, 2.0, 4.0, 8.0, 20.0]))
    node.process.resume()


async def _disconnect(world: World) -> None:
    node = _choose_node(world)
    node.network.cut = True
    await asyncio.sleep(world.chance.choice([0.3, 1.5, 4.0, 9.0]))
    node.network.mend()


async def _lose_answers(world: World) -> None:
    for node in world.nodes:
        node.network.losing = 0.2
    await asyncio.sleep(world.chance.uniform(0.5, 6.0))
    for node in world.nodes:
        node.network.mend()


async def _slow(world: World) -> None:
    for node in world.nodes:
        node.network.slow = world.chance.uniform(0.01, 0.5)
    await asyncio.sleep(world.chance.uniform(0.5, 6.0))
    for node in world.nodes:
        node.network.mend()


async def _stop_redis(world: World) -> None:
    world.redis.away = True
    await asyncio.sleep(world.chance.choice([0.5, 2.5, 5.0, 15.0]))
    world.redis.away = False
    for node in world.nodes:
        node.network.mend()


async def _empty_redis(world: World) -> None:
    # The leader has to stay, since only it has the state; another node may return at this moment, with old state or none.
    absent, return_node = await world.chance.choice([_no_node, _new_node, _paused_node, _disconnected_node])(world)
    await world.until(
        lambda: world.leader not in (None, absent) and all(each.settled or each.at is absent for each in world.clients),
        60.0,
    )
    world.redis.empty()
    return_node()
    await asyncio.sleep(5.0)


async def _no_node(_world: World) -> Absence:
    return None, lambda: None


async def _new_node(world: World) -> Absence:
    node = _choose_node(world)
    node.process.kill()
    return node, lambda: world.restart(node)


async def _paused_node(world: World) -> Absence:
    node = _choose_node(world)
    node.process.pause()
    return node, node.process.resume


async def _disconnected_node(world: World) -> Absence:
    node = _choose_node(world)
    node.network.cut = True
    return node, node.network.mend


async def _disconnect_client(world: World) -> None:
    world.chance.choice(world.clients).disconnect()


FAILURES: tuple[Callable[[World], Awaitable[None]], ...] = (
    _kill,
    _kill,
    _stop,
    _pause,
    _pause,
    _disconnect,
    _disconnect,
    _lose_answers,
    _slow,
    _stop_redis,
    _empty_redis,
    _disconnect_client,
    _disconnect_client,
)
