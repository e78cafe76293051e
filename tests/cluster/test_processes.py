"""Real processes around a real Redis are killed, paused and cut off; clients are promised the same all the time.

MOOSICBOX_PROCESS_RUNS says how many runs; each misfortune has its turn.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
import json
import os
from pathlib import Path
import signal

import pytest

from script.lib.redis_server import RedisServer

from .processes import SECONDS, Cluster, cluster_of
from .simulation.misfortunes import ROOM, join, talk
from .simulation.people import Client

RUNS = int(os.environ.get("MOOSICBOX_PROCESS_RUNS", "4"))
LEASE = 3.0
PAUSE = 6.0
"""Seconds; longer than a lease and the patience with those who are gone."""


async def leader_killed(cluster: Cluster) -> None:
    """SIGKILL; it comes again later."""
    node = await cluster.leader()
    await node.kill()
    assert await cluster.leader() is not node
    await node.start()


async def leader_paused(cluster: Cluster) -> None:
    """SIGSTOP for longer than its lease: what it does after SIGCONT changes nothing, and its clients are sent away."""
    node = await cluster.leader()
    stuck = [client for client in cluster.clients if client.at is node]
    before = {client.name: len(client.codes) for client in stuck}
    node.signal(signal.SIGSTOP)
    other = await cluster.leader()
    await asyncio.sleep(PAUSE)
    node.signal(signal.SIGCONT)
    async with asyncio.timeout(SECONDS):
        while (await node.status()).get("leader") != other.name:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)
    assert not (await node.status())["leads"]
    for client in stuck:
        # Those who lost patience are elsewhere by now; the others were told.
        assert client.at is not node or client.codes[before[client.name] :] == [4010]


async def emptied(cluster: Cluster) -> None:
    """FLUSHALL: epochs change, clients are told, what the leader knows is kept anew."""
    await cluster.settled()
    before = {client.name: (client.epoch, len(client.codes)) for client in cluster.clients}
    await cluster.redis.flush()
    async with asyncio.timeout(SECONDS):
        while any(client.epoch == before[client.name][0] for client in cluster.clients):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    for client in cluster.clients:
        assert 4010 in client.codes[before[client.name][1] :]


async def cut_off(cluster: Cluster) -> None:
    """The leader reaches Redis no more, and is the only one."""
    node = await cluster.leader()
    node.proxy.open.clear()
    async with asyncio.timeout(SECONDS):
        while (await node.status()).get("connected"):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)
    await asyncio.sleep(LEASE)
    node.proxy.open.set()


async def edge_killed(cluster: Cluster) -> None:
    """A node that doesn't lead is killed."""
    leader = await cluster.leader()
    node = next(node for node in cluster.nodes if node is not leader)
    await node.kill()
    await asyncio.sleep(1.0)
    await node.start()
    assert await cluster.leader() is leader


async def edge_paused(cluster: Cluster) -> None:
    """A node that doesn't lead is paused until others take leave of it."""
    leader = await cluster.leader()
    node = next(node for node in cluster.nodes if node is not leader)
    node.signal(signal.SIGSTOP)
    await asyncio.sleep(PAUSE)
    node.signal(signal.SIGCONT)


async def redis_killed(cluster: Cluster) -> None:
    """Redis is killed, and comes again with its data."""
    await cluster.redis.kill()
    await asyncio.sleep(1.0)
    await cluster.redis.start()


async def redis_hangs(cluster: Cluster) -> None:
    """Redis is away for longer than the lease: connections stay, what can't be kept is refused."""
    await cluster.settled()
    here = {client.name: client.attached for client in cluster.clients}
    cluster.redis.pause()
    async with asyncio.timeout(SECONDS):
        while not any(client.refusals for client in cluster.clients):  # noqa: ASYNC110 - in time somebody asks
            await asyncio.sleep(0.05)
    await asyncio.sleep(LEASE)
    assert {client.name: client.attached for client in cluster.clients} == here
    cluster.redis.resume()
    assert {refusal for client in cluster.clients for refusal in client.refusals} == {"unavailable"}


async def leader_drained(cluster: Cluster) -> None:
    """SIGTERM: it hands over and goes."""
    node = await cluster.leader()
    node.signal(signal.SIGTERM)
    await node.wait()
    await cluster.leader()
    await node.start()


MISFORTUNES: tuple[Callable[[Cluster], Awaitable[None]], ...] = (
    leader_killed,
    leader_paused,
    emptied,
    cut_off,
    edge_killed,
    redis_hangs,
    redis_killed,
    edge_paused,
    leader_drained,
)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("run", range(RUNS), ids=lambda run: f"{MISFORTUNES[run % len(MISFORTUNES)].__name__}-{run}")
async def test_promises_are_kept(run: int, redis_server: RedisServer, tmp_path: Path) -> None:
    """People talk and queue music all the while; afterwards everything that was acknowledged is there, once."""
    async with cluster_of(redis_server, tmp_path, "a", "b", "c", seed=run) as cluster:
        try:
            await cluster.come("user0", "user1", "user2", "user3")
            await join(cluster)
            talks = [cluster.begin(talk(cluster, client)) for client in cluster.clients]
            await asyncio.sleep(1.0)
            await MISFORTUNES[run % len(MISFORTUNES)](cluster)
            await asyncio.sleep(1.0)
            for each in talks:
                each.cancel()
            await cluster.settled()
            await check(cluster)
        except BaseException:
            for client in cluster.clients:
                print(client)  # noqa: T201 - shown with a failure
            for node in cluster.nodes:
                print((tmp_path / f"{node.name}.log").read_text())  # noqa: T201 - shown with a failure
            raise


async def check(cluster: Cluster) -> None:
    """All have heard the same, and what was acknowledged is there."""
    gets = [client.ask(type="queue_command", action="get", room_id=ROOM, limit=500) for client in cluster.clients]
    await cluster.settled()
    queues = [get.answer["data"]["queue"] for get in gets if get.answer is not None]
    assert len(queues) == len(cluster.clients)
    assert all(queue == queues[0] for queue in queues)
    tracks = Counter(item["track"]["track_id"] for item in queues[0]["items"])
    removed = {
        operation.message["queue_item_id"]
        for client in cluster.clients
        for operation in client.operations
        if operation.message.get("action") == "remove"
    }
    everything: dict[tuple[str, str, int], bytes] = {}
    for client in cluster.clients:
        assert not client.faults, client.faults[0]
        for epoch, topic, offset, payload in client.heard:
            assert everything.setdefault((epoch, topic, offset), payload) == payload
    said = Counter(
        message["message"]
        for (_, topic, _), payload in everything.items()
        if topic == f"room:{ROOM}" and (message := json.loads(payload))["type"] == "room_chat"
    )
    for client in cluster.clients:
        for operation in client.operations:
            if operation.message.get("action") == "add":
                (name,) = operation.message["track_ids"]
                assert tracks[name] <= 1
                if operation.done and operation.answer is not None:
                    (item_id,) = operation.answer["data"]["queue_item_ids"]
                    assert tracks[name] == 1 or item_id in removed, f"{name} was acknowledged and is lost"
            elif operation.message["type"] == "room_chat":
                text = operation.message["message"]
                assert said[text] <= 1
                assert said[text] == 1 or not operation.done, f"{text} was acknowledged and nobody heard it"
    await _all_at_one_place(cluster.clients)


async def _all_at_one_place(clients: list[Client]) -> None:
    topic = f"room:{ROOM}"
    async with asyncio.timeout(SECONDS):
        while len({json.dumps(client.positions.get(topic)) for client in clients}) != 1:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
