"""A simulated cluster with its clients, determined by one seed."""

import asyncio
from collections.abc import Callable
import logging
import random
from typing import Any, override

from custom_components.moosicbox.engine.assembly import build_hub
from custom_components.moosicbox.engine.cluster.clock import ClusterClock
from custom_components.moosicbox.engine.cluster.node import ClusterNode
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.limits import Limits
from tests.cluster.nodes import TokensAreNames
from tests.engine.fakes import FakeMedia, FakeStore

from .clients import Client
from .direct_connection import DirectConnection
from .simulated_redis import Network, SimulatedBus, SimulatedRedis
from .virtual_time import Process, VirtualLoop

LIMITS = Limits(chat_per_minute=6_000, chat_burst=1_000, max_queue_items=10_000)
"""Limits that the load doesn't reach."""


class SimulatedNode:
    """A node as a process."""

    def __init__(self, world: World, name: str, priority: int) -> None:
        self.name = name
        self.priority = priority
        self.network = Network(random.Random(world.chance.random()))  # noqa: S311 - not for secrets
        self._loop = world.loop
        self.process = Process(world.loop)
        drift_us = world.chance.randrange(10**12)
        self.bus = SimulatedBus(world.loop, world.redis, self.network)
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
        """Make a hub for a new leader."""
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
        """True if its connections are broken."""
        return self.process.dead

    def attach(self, client: Client) -> DirectConnection:
        """Connect a client."""
        return DirectConnection(self._loop, self.process, self.cluster.gateway, client)

    @property
    def here(self) -> bool:
        """True if clients can connect."""
        return not self.process.dead and self.cluster.gateway.running


class ErrorLog(logging.Handler):
    """Collects the errors that the engine logs."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))


class World:
    """The simulated world of one history."""

    def __init__(self, seed: int, priorities: tuple[int, ...] = (0, 0, 0)) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - not for secrets
        self.loop = VirtualLoop()
        self.redis = SimulatedRedis(self.loop)
        self.nodes: list[SimulatedNode] = []
        self.clients: list[Client] = []
        self.errors = ErrorLog()
        self._priorities = priorities

    def run(self, story: Callable[[World], Any]) -> None:
        """Run `story` in virtual time."""
        logger = logging.getLogger("custom_components.moosicbox")
        logger.addHandler(self.errors)
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_until_complete(story(self))
        finally:
            logger.removeHandler(self.errors)
            for node in self.nodes:
                node.process.kill()
            self.loop.dispose()
            asyncio.set_event_loop(None)
            self.loop.close()
        assert not self.errors.texts, self.errors.texts[0]
        assert not self.loop.faults, self.loop.faults[0]

    async def begin(self, clients: int = 4) -> None:
        """Start nodes and connect clients."""
        for index, priority in enumerate(self._priorities):
            self.nodes.append(SimulatedNode(self, "abcdef"[index], priority))
        for index in range(clients):
            name = f"player{index}" if index < 2 else f"user{index}"
            client = Client(name, self.loop, random.Random(self.chance.random()), self.reach)  # noqa: S311
            self.clients.append(client)
            self.loop.create_task(client.stay_connected())
        await self.until(lambda: all(client.welcomed for client in self.clients))

    def reach(self) -> SimulatedNode | None:
        """Return a node at random that accepts clients."""
        here = [node for node in self.nodes if node.here and not node.process.paused]
        return self.chance.choice(here) if here else None

    def music(self, name: str) -> dict[str, Any]:
        """Return the arguments of a request that adds a track of this name."""
        return {"track_ids": [name]}

    async def settled(self) -> None:
        """Wait until all clients are connected and have their answers."""
        await self.until(lambda: all(client.settled for client in self.clients))

    async def until(self, holds: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait for a condition; fail after `seconds`."""
        end = self.loop.time() + seconds
        while not holds():
            assert self.loop.time() < end, self.describe()
            await asyncio.sleep(0.05)

    @property
    def alive(self) -> list[SimulatedNode]:
        return [node for node in self.nodes if not node.process.dead]

    @property
    def leader(self) -> SimulatedNode | None:
        """The node that leads with the newest fence."""
        for node in self.alive:
            if node.cluster.status().leads and node.cluster._lease.fence == self.redis.stored.fence:
                return node
        return None

    def restart(self, node: SimulatedNode) -> None:
        """Start a killed node again."""
        self.nodes[self.nodes.index(node)] = SimulatedNode(self, node.name, node.priority)

    def describe(self) -> str:
        """Return the state, for messages of failed tests."""
        lines = [f"at {self.loop.time():.2f}: leader {self.redis.stored.leader}, nodes {self.redis.stored.nodes}"]
        lines += [
            f"{node.name}: {node.cluster._edge_name} dead={node.process.dead} paused={node.process.paused} "
            f"cut={node.network.cut} {node.cluster.status()}"
            for node in self.nodes
        ]
        lines += [str(client) for client in self.clients]
        return "\n".join(lines)
