"""The Redis server of the other tests can be stopped, killed and paused."""

import asyncio

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

from script.lib.redis_server import RedisServer


def connect(server: RedisServer) -> Redis:
    return Redis.from_url(server.url, decode_responses=True, retry=Retry(NoBackoff(), 0))


async def test_data_survives_a_stop_and_a_kill(redis_server: RedisServer) -> None:
    async with connect(redis_server) as redis:
        await redis.set("before", "kept")
    await redis_server.stop()
    async with connect(redis_server) as redis:
        with pytest.raises(RedisConnectionError):
            await redis.get("before")
    await redis_server.start()
    await redis_server.kill()
    await redis_server.start()
    async with connect(redis_server) as redis:
        assert await redis.get("before") == "kept"
        await redis_server.flush()
        assert await redis.keys() == []


async def test_it_can_be_paused(redis_server: RedisServer) -> None:
    async with connect(redis_server) as redis:
        await redis.ping()
        redis_server.pause()
        asked = asyncio.ensure_future(redis.ping())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(asked), 0.2)
        redis_server.resume()
        assert await asked
