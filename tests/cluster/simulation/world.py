"""A cluster, its clients and its misfortunes, from one seed."""

import asyncio
from collections.abc import Callable
import logging
import random
from typing import Any

from custom_components.moosicbox.engine.assembly import build_hub
from custom_components.moosicbox.engine.cluster.clock import ClusterClock
from custom_components.moosicbox.engine.cluster.node import ClusterNode
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.limits import Limits
from tests.cluster.nodes import TokensAreNames
from tests.engine.fakes import FakeMedia, FakeStore

from .attached import Attached
from .people import Client
from .place import Place, SimulatedBus, Way
from .virtual import Process, VirtualLoop

LIMITS = Limits(chat_per_minute=6_000, chat_burst=1_000, max_queue_items=10_000)
"""Nobody chats so much that limits would be what is tried."""


class SimulatedNode:
    """A node as a process."""

    def __init__(self, world: World, name: str, priority: int) -> None:
        self.name = name
        self.priority = priority
        self.way = Way(random.Random(world.chance.random()))  # noqa: S311 - not for secrets
        self._loop = world.loop
        self.process = Process(world.loop)
        drift_us = world.chance.randrange(10**12)
        self.bus = SimulatedBus(world.loop, world.place, self.way)
        self.cluster = ClusterNode(
            self.bus,
            node_id=name,
            version="test",
            limits=LIMITS,
            make_hub=self.make_hub,
            priority=priority,
            clock=ClusterClock(lambda: drift_us + round(world.loop.time() * 1e6)),
        )
        self.process.spawn(self.cluster.start())

    def make_hub(self, clock: ClusterClock) -> Hub:
        """What it leads with."""
        return build_hub(
            version="test",
            media=FakeMedia(),
            authentication=TokensAreNames(),
            store=FakeStore(),
            clock=clock,
            limits=LIMITS,
            node_id=self.name,
        )

    @property
    def dead(self) -> bool:
        """Whether its connections are broken."""
        return self.process.dead

    def attach(self, client: Client) -> Attached:
        """Connect."""
        return Attached(self._loop, self.process, self.cluster.gateway, client)

    @property
    def here(self) -> bool:
        """Whether clients can connect."""
        return not self.process.dead and self.cluster.gateway.running


class Complaints(logging.Handler):
    """Collects what the engine logs as errors."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))


class World:
    """All of it."""

    def __init__(self, seed: int, priorities: tuple[int, ...] = (0, 0, 0)) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - not for secrets
        self.loop = VirtualLoop()
        self.place = Place(self.loop)
        self.nodes: list[SimulatedNode] = []
        self.clients: list[Client] = []
        self.complaints = Complaints()
        self._priorities = priorities

    def run(self, story: Callable[[World], Any]) -> None:
        """Live through `story`."""
        logger = logging.getLogger("custom_components.moosicbox")
        logger.addHandler(self.complaints)
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_until_complete(story(self))
        finally:
            logger.removeHandler(self.complaints)
            for node in self.nodes:
                node.process.kill()
            self.loop.dispose()
            asyncio.set_event_loop(None)
            self.loop.close()
        assert not self.complaints.texts, self.complaints.texts[0]
        assert not self.loop.faults, self.loop.faults[0]

    async def begin(self, clients: int = 4) -> None:
        """Nodes that have joined, and clients that are in."""
        for index, priority in enumerate(self._priorities):
            self.nodes.append(SimulatedNode(self, "abcdef"[index], priority))
        for index in range(clients):
            name = f"player{index}" if index < 2 else f"user{index}"
            client = Client(name, self.loop, random.Random(self.chance.random()), self.reach)  # noqa: S311
            self.clients.append(client)
            self.loop.create_task(client.live())
        await self.until(lambda: all(client.welcomed for client in self.clients))

    def reach(self) -> SimulatedNode | None:
        """What a load balancer would pick."""
        here = [node for node in self.nodes if node.here and not node.process.paused]
        return self.chance.choice(here) if here else None

    def music(self, name: str) -> dict[str, Any]:
        """How a track of this name is asked for."""
        return {"track_ids": [name]}

    async def settled(self) -> None:
        """All are in and have their answers."""
        await self.until(lambda: all(client.settled for client in self.clients))

    async def until(self, holds: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until something holds, which it must within `seconds`."""
        end = self.loop.time() + seconds
        while not holds():
            assert self.loop.time() < end, self.look()
            await asyncio.sleep(0.05)

    @property
    def alive(self) -> list[SimulatedNode]:
        return [node for node in self.nodes if not node.process.dead]

    @property
    def leader(self) -> SimulatedNode | None:
        """Who leads by its own account and holds the newest fence."""
        for node in self.alive:
            if node.cluster.status().leads and node.cluster._lease.fence == self.place.kept.fence:
                return node
        return None

    def restart(self, node: SimulatedNode) -> None:
        """A killed process starts again."""
        self.nodes[self.nodes.index(node)] = SimulatedNode(self, node.name, node.priority)

    def look(self) -> str:
        """How it stands, for a failure's message."""
        lines = [f"at {self.loop.time():.2f}: leader {self.place.kept.leader}, nodes {self.place.kept.nodes}"]
        lines += [
            f"{node.name}: {node.cluster._name} dead={node.process.dead} paused={node.process.paused} "
            f"cut={node.way.cut} {node.cluster.status()}"
            for node in self.nodes
        ]
        lines += [str(client) for client in self.clients]
        return "\n".join(lines)
