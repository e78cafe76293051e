"""The leader's settings, which all nodes use."""

import asyncio
from typing import Any

import pytest

from custom_components.moosicbox.engine.cluster.bus import BusUnavailable
from custom_components.moosicbox.engine.limits import Limits
from script.lib.redis_server import RedisServer
from tests.cluster.nodes import SECONDS, cluster


async def test_settings_are_shared_although_redis_failed_at_first(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with cluster(redis_server.url, "a", "b") as nodes:
        leader, other = sorted(nodes, key=lambda node: not node.leads)
        cluster_node: Any = leader.cluster
        bus = cluster_node._bus
        put, sent = bus.put_document, []

        async def put_document(name: str, document: bytes) -> None:
            sent.append(name)
            if len(sent) == 1:
                raise BusUnavailable("Redis is away")
            await put(name, document)

        monkeypatch.setattr(bus, "put_document", put_document)
        limits = Limits(chat_per_minute=17)
        leader.cluster.configure(limits)
        async with asyncio.timeout(SECONDS):
            while other.cluster._leader_limits != limits:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.05)
        # They aren't sent again while they are the same.
        await cluster_node._share_settings(cluster_node._leader.hub)
        assert sent == ["settings"] * 2
