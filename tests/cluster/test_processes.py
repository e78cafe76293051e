"""Home Assistant and nodes are killed, paused and disconnected from a real Redis; the guarantees to clients hold.

MOOSICBOX_PROCESS_RUNS is the number of runs; each failure has its turn.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
import json
import os
from pathlib import Path
import signal
from typing import Any

import pytest
import pytest_asyncio
import pytest_socket

from script.lib.redis_server import RedisServer

from .home import Prepared, prepare
from .processes import SECONDS, Cluster, Hub, cluster_of
from .simulation.clients import Client
from .simulation.failures import ROOM, join, talk

RUNS = int(os.environ.get("MOOSICBOX_PROCESS_RUNS", "4"))
LEASE = 3.0
PAUSE = 6.0
"""Seconds; longer than a lease and the grace for missing nodes."""
PEOPLE = ("player0", "user1", "user2", "resident")
"""The last one connects with a token of Home Assistant."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def prepared(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Prepared]:
    """The configuration with which Home Assistant starts in each test."""
    pytest_socket.enable_socket()
    yield await prepare(tmp_path_factory.mktemp("home"), *PEOPLE[:-1])


async def leader_killed(cluster: Cluster) -> None:
    """SIGKILL of Home Assistant; a node leads until it is back."""
    await cluster.home.kill()
    assert await cluster.leader() is not cluster.home
    await cluster.home.start()


async def leader_paused(cluster: Cluster) -> None:
    """SIGSTOP of Home Assistant, longer than its lease: changes after SIGCONT are refused; then it leads again."""
    before = await cluster.lease()
    await _pause(cluster, cluster.home)
    await cluster.led_by(cluster.home)
    assert await cluster.lease() != before


async def _pause(cluster: Cluster, hub: Hub) -> None:
    # A client is connected to it, and sends requests.
    while not (stuck := [client for client in cluster.clients if client.at is hub and client.welcomed]):
        cluster.chance.choice(cluster.clients).disconnect()
        await asyncio.sleep(1.0)
    before = {client.name: len(client.codes) for client in stuck}
    hub.signal(signal.SIGSTOP)
    assert await cluster.leader() is not hub
    await asyncio.sleep(PAUSE)
    hub.signal(signal.SIGCONT)
    async with asyncio.timeout(SECONDS):
        for client in stuck:
            # Clients that have timed out are elsewhere by now; the others get an error.
            while client.at is hub and len(client.codes) == before[client.name]:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
            assert client.codes[before[client.name] :][:1] in ([], [4010])


async def stand_in_paused(cluster: Cluster) -> None:
    """SIGSTOP of a node that leads in place of Home Assistant: another one continues and keeps the lease."""
    await cluster.home.kill()
    node = await cluster.leader()
    await _pause(cluster, node)
    assert await cluster.leader() is not node
    await cluster.home.start()


async def emptied(cluster: Cluster) -> None:
    """FLUSHALL: the epoch changes, clients are closed with a code, the leader stores its state anew."""
    await cluster.settled()
    before = {client.name: (client.epoch, len(client.codes)) for client in cluster.clients}
    await cluster.redis.flush()
    async with asyncio.timeout(SECONDS):
        while any(client.epoch == before[client.name][0] for client in cluster.clients):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    for client in cluster.clients:
        assert 4010 in client.codes[before[client.name][1] :]


async def cut_off(cluster: Cluster) -> None:
    """Only Home Assistant can't reach Redis; it leads again when it can."""
    cluster.home.proxy.open.clear()
    async with asyncio.timeout(SECONDS):
        while "redis_unreachable" not in await cluster.home.troubles():  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)
    async with asyncio.timeout(SECONDS):
        while await cluster.leader() is cluster.home:  # noqa: ASYNC110 - other processes
            await asyncio.sleep(0.05)
    cluster.home.proxy.open.set()


async def edge_killed(cluster: Cluster) -> None:
    """SIGKILL of a node that doesn't lead."""
    node = cluster.hubs[-1]
    await node.kill()
    await asyncio.sleep(1.0)
    await node.start()
    assert await cluster.leader() is cluster.home


async def edge_paused(cluster: Cluster) -> None:
    """SIGSTOP of a node that doesn't lead, until it is removed."""
    node = cluster.hubs[-1]
    node.signal(signal.SIGSTOP)
    await asyncio.sleep(PAUSE)
    node.signal(signal.SIGCONT)


async def redis_killed(cluster: Cluster) -> None:
    """SIGKILL of Redis, which starts again with its data."""
    await cluster.redis.kill()
    await asyncio.sleep(1.0)
    await cluster.redis.start()


async def redis_hangs(cluster: Cluster) -> None:
    """SIGSTOP of Redis, longer than a lease: connections stay, requests are refused."""
    await cluster.settled()
    here = {client.name: client.attached for client in cluster.clients}
    cluster.redis.pause()
    async with asyncio.timeout(SECONDS):
        while not any(client.refusals for client in cluster.clients):  # noqa: ASYNC110 - a client sends a request soon
            await asyncio.sleep(0.05)
    await asyncio.sleep(LEASE)
    assert {client.name: client.attached for client in cluster.clients} == here
    cluster.redis.resume()
    assert {refusal for client in cluster.clients for refusal in client.refusals} == {"unavailable"}


async def leader_drained(cluster: Cluster) -> None:
    """SIGTERM of Home Assistant: it hands over and stops."""
    cluster.home.signal(signal.SIGTERM)
    await cluster.home.wait()
    assert await cluster.leader() is not cluster.home
    await cluster.home.start()


FAILURES: tuple[Callable[[Cluster], Awaitable[None]], ...] = (
    leader_killed,
    leader_paused,
    emptied,
    cut_off,
    edge_killed,
    redis_hangs,
    redis_killed,
    stand_in_paused,
    edge_paused,
    leader_drained,
)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("run", range(RUNS), ids=lambda run: f"{FAILURES[run % len(FAILURES)].__name__}-{run}")
async def test_promises_are_kept(run: int, redis_server: RedisServer, prepared: Prepared, tmp_path: Path) -> None:
    """Clients chat and queue tracks during the failure; afterwards every acknowledged change is there once."""
    async with cluster_of(redis_server, prepared, tmp_path, seed=run) as cluster:
        try:
            await cluster.come(*PEOPLE)
            await join(cluster)
            talks = [cluster.begin(talk(cluster, client)) for client in cluster.clients]
            await asyncio.sleep(1.0)
            await FAILURES[run % len(FAILURES)](cluster)
            await asyncio.sleep(1.0)
            for each in talks:
                each.cancel()
            await cluster.led_by(cluster.home)
            await cluster.settled()
            await check(cluster)
            for hub in cluster.hubs:
                assert not hub.errors, hub.errors[0]
        except BaseException:
            for client in cluster.clients:
                print(client)  # noqa: T201 - shown with a failure
            for hub in cluster.hubs:
                print(hub.name, *hub.said, sep="\n")  # noqa: T201 - shown with a failure
            raise


async def check(cluster: Cluster) -> None:
    """Assert that all clients have received the same, and all acknowledged changes are there."""
    gets = [client.ask(type="queue_command", action="get", room_id=ROOM, limit=500) for client in cluster.clients]
    await cluster.settled()
    queues = [get.answer["data"]["queue"] for get in gets if get.answer is not None]
    assert len(queues) == len(cluster.clients)
    assert all(queue == queues[0] for queue in queues)
    tracks = Counter(item["track"]["media_content_id"] for item in queues[0]["items"])
    removed = {
        operation.message["queue_item_id"]
        for client in cluster.clients
        for operation in client.operations
        if operation.message.get("action") == "remove"
    }
    everything: dict[tuple[str, str, int], bytes] = {}
    for client in cluster.clients:
        assert not client.faults, client.faults[0]
        for epoch, topic, offset, payload in client.received:
            assert everything.setdefault((epoch, topic, offset), payload) == payload
    said = Counter(
        message["message"]
        for (_, topic, _), payload in everything.items()
        if topic == f"room:{ROOM}" and (message := json.loads(payload))["type"] == "room_chat"
    )
    for client in cluster.clients:
        for operation in client.operations:
            if operation.message.get("action") == "add":
                name = operation.message["media_content_id"]
                assert tracks[name] <= 1
                if operation.done and operation.answer is not None:
                    (item_id,) = operation.answer["data"]["queue_item_ids"]
                    assert tracks[name] == 1 or item_id in removed, f"{name} was acknowledged and is lost"
            elif operation.message["type"] == "room_chat":
                text = operation.message["message"]
                assert said[text] <= 1
                assert said[text] == 1 or not operation.done, f"{text} was acknowledged and nobody heard it"
    # A player is in one room at a time, and joins the one that it creates.
    await _all_at_one_place([client for client in cluster.clients if not client.name.startswith("player")])
    await _home_assistant_shows(cluster, queues[0])


async def _all_at_one_place(clients: list[Client]) -> None:
    topic = f"room:{ROOM}"
    async with asyncio.timeout(SECONDS):
        while len({json.dumps(client.positions.get(topic)) for client in clients}) != 1:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def _home_assistant_shows(cluster: Cluster, queue: dict[str, Any]) -> None:
    answer = await cluster.api.ask("moosicbox.get_queue", room_id=ROOM, limit=500)
    assert answer["queue"] == queue
    current = queue["current_index"]
    shown = {
        "queue_size": queue["total"],
        "queue_position": current,
        "media_title": None if current is None else queue["items"][current]["track"]["title"],
    }
    await cluster.api.wait_for_state(
        "media_player.party",
        lambda state: (
            state["state"] != "unavailable" and {name: state["attributes"].get(name) for name in shown} == shown
        ),
    )
    await cluster.api.wait_for_state("media_player.player0", lambda state: state["state"] != "unavailable")
