"""Several nodes around a real Redis."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_socket

from custom_components.moosicbox.engine.cluster.redis_bus import RedisBus
from script.lib.redis_server import RedisServer


@pytest.fixture(autouse=True)
def loopback() -> None:
    """Allow sockets, which Home Assistant's test plugin disables, on this machine."""
    pytest_socket.enable_socket()


@pytest.fixture
async def redis_server(tmp_path: Path, loopback: None) -> AsyncGenerator[RedisServer]:
    """Start a Redis that has been led before: with an empty one, the first node would wait for others."""
    folder = tmp_path / "redis"
    folder.mkdir()
    async with RedisServer(folder) as server:
        bus = RedisBus(server.url)
        await bus.acquire_lease("nobody", 0, 0.001, first=True)
        await bus.close()
        yield server
