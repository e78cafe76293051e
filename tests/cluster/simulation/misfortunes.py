"""What people do, and what happens to nodes meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
import itertools
import random
from typing import Any, Protocol

from custom_components.moosicbox.engine.protocol.codes import CloseCode

from .people import Client
from .world import SimulatedNode, World

ROOM = "party"
SECONDS = 40.0
"""How long a history lasts before all is mended."""

type Coming = tuple[SimulatedNode | None, Callable[[], None]]
"""A node that is away, and how it comes back."""


class Crowd(Protocol):
    """Clients of one cluster."""

    clients: list[Client]
    chance: random.Random

    async def settled(self) -> None:
        """All are in and have their answers."""

    def music(self, name: str) -> dict[str, Any]:
        """How a track of this name, which there is once, is asked for."""


async def live_through(world: World) -> None:
    """A while of talk and trouble, after which all is mended and comes to rest."""
    await join(world)
    talks = [world.loop.create_task(talk(world, client)) for client in world.clients]
    end = world.loop.time() + SECONDS
    while world.loop.time() < end:
        await asyncio.sleep(world.chance.uniform(0.5, 5.0))
        await world.chance.choice(MISFORTUNES)(world)
    for each in talks:
        each.cancel()
    await mend(world)


async def mend(world: World) -> None:
    """Everything works again, and everybody is answered."""
    world.place.away = False
    for node in tuple(world.nodes):
        node.way.mend()
        if node.process.paused:
            node.process.resume()
        if node.process.dead:
            world.restart(node)
    await world.until(lambda: world.leader is not None and all(client.settled for client in world.clients), 60.0)
    # The last commits go out, leases of the gone run out.
    await asyncio.sleep(10.0)
    await world.until(lambda: world.leader is not None and all(client.settled for client in world.clients), 60.0)


async def join(crowd: Crowd) -> None:
    """A room with everybody in it."""
    crowd.clients[0].ask(type="room_command", action="create", id=ROOM, name="Party", control="everyone")
    await crowd.settled()
    for client in crowd.clients:
        client.rooms.add(ROOM)
        client.ask(type="room_command", action="join", room_id=ROOM)
    await crowd.settled()


async def talk(world: Crowd, client: Client) -> None:
    """One client chats, queues and plays, without end."""
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


# ------------------------------------------------------------ misfortunes


def _victim(world: World) -> SimulatedNode:
    leader = world.leader
    if leader is not None and world.chance.random() < 0.6:
        return leader
    return world.chance.choice(world.alive or world.nodes)


def _well(world: World) -> bool:
    # With all nodes in trouble at once, what only they know is lost rightly.
    return sum(node.process.dead or node.process.paused for node in world.nodes) == 0


async def _kill(world: World) -> None:
    if not _well(world):
        return
    node = _victim(world)
    node.process.kill()
    await asyncio.sleep(world.chance.uniform(0.1, 8.0))
    if node in world.nodes:
        world.restart(node)


async def _stop(world: World) -> None:
    if not _well(world):
        return
    node = _victim(world)
    node.process.spawn(_leave(node))
    await asyncio.sleep(world.chance.uniform(1.0, 5.0))
    node.process.kill()
    world.restart(node)


async def _leave(node: SimulatedNode) -> None:

    await node.cluster.stop(CloseCode.RESTART, "drain")


async def _pause(world: World) -> None:
    node = _victim(world)
    node.process.pause()
    await asyncio.sleep(world.chance.choice([0.5, 2.0, 4.0, 8.0, 20.0]))
    node.process.resume()


async def _cut(world: World) -> None:
    node = _victim(world)
    node.way.cut = True
    await asyncio.sleep(world.chance.choice([0.3, 1.5, 4.0, 9.0]))
    node.way.mend()


async def _lose(world: World) -> None:
    for node in world.nodes:
        node.way.losing = 0.2
    await asyncio.sleep(world.chance.uniform(0.5, 6.0))
    for node in world.nodes:
        node.way.mend()


async def _slow(world: World) -> None:
    for node in world.nodes:
        node.way.slow = world.chance.uniform(0.01, 0.5)
    await asyncio.sleep(world.chance.uniform(0.5, 6.0))
    for node in world.nodes:
        node.way.mend()


async def _away(world: World) -> None:
    world.place.away = True
    await asyncio.sleep(world.chance.choice([0.5, 2.5, 5.0, 15.0]))
    world.place.away = False
    for node in world.nodes:
        node.way.mend()


async def _empty(world: World) -> None:
    # Only where the leader is there to tell what was; whoever comes in this very moment knows nothing, or what was once.
    away, come = await world.chance.choice([_nobody, _somebody_new, _somebody_paused, _somebody_cut_off])(world)
    await world.until(
        lambda: world.leader not in (None, away) and all(each.settled or each.at is away for each in world.clients),
        60.0,
    )
    world.place.empty()
    come()
    await asyncio.sleep(5.0)


async def _nobody(_world: World) -> Coming:
    return None, lambda: None


async def _somebody_new(world: World) -> Coming:
    node = _victim(world)
    node.process.kill()
    return node, lambda: world.restart(node)


async def _somebody_paused(world: World) -> Coming:
    node = _victim(world)
    node.process.pause()
    return node, node.process.resume


async def _somebody_cut_off(world: World) -> Coming:
    node = _victim(world)
    node.way.cut = True
    return node, node.way.mend


async def _hang_up(world: World) -> None:
    world.chance.choice(world.clients).hang_up()


MISFORTUNES: tuple[Callable[[World], Awaitable[None]], ...] = (
    _kill,
    _kill,
    _stop,
    _pause,
    _pause,
    _cut,
    _cut,
    _lose,
    _slow,
    _away,
    _empty,
    _hang_up,
    _hang_up,
)
