"""The connection test of the options."""

import pytest

from custom_components.moosicbox.adapters.cluster import async_can_connect


@pytest.mark.parametrize("redis_url", ["not an address", "redis://127.0.0.1:1"])
async def test_a_server_that_does_not_answer(redis_url: str, socket_enabled: None) -> None:
    assert not await async_can_connect(redis_url)
