"""Many clients in one process: they come, hear, are cut and come back, and nothing grows.

MOOSICBOX_SOAK_CLIENTS and MOOSICBOX_SOAK_ROUNDS say how many and how often: few for the suite, 1000 and 50 for a long look.
"""

import asyncio
from contextlib import AsyncExitStack
import gc
import os

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.engine.client import Connected, CustomMessage, MoosicBoxClient
from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import CreateToken

CLIENTS = int(os.environ.get("MOOSICBOX_SOAK_CLIENTS", "100"))
AT_ONCE = 50
ROUNDS = int(os.environ.get("MOOSICBOX_SOAK_ROUNDS", "4"))
MESSAGES = 5
OURS = ("custom_components.moosicbox.engine.client", "aiohttp.client", "aiohttp.connector", "_asyncio", "asyncio")
"""Modules of what a client is made of. All objects would count what the test's own log keeps, too."""
SLACK = 2
"""Objects a client that may be under way when they are counted; a leak of one a round passes it soon."""


@pytest.mark.timeout(max(240, ROUNDS * 60))
async def test_many_clients_do_not_grow(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, address: str, create_token: CreateToken
) -> None:
    hass.config_entries.async_update_entry(
        entry,
        options={
            "max_connections": CLIENTS * 2,
            "max_connections_per_user": CLIENTS * 2,
            "max_connections_per_ip": 1_000,
        },
    )
    await hass.async_block_till_done()
    token = await create_token()
    clients = [MoosicBoxClient(address, token=token, subscribe=("all",)) for _ in range(CLIENTS)]
    room = asyncio.Semaphore(AT_ONCE)
    async with AsyncExitStack() as stack:

        async def enter(client: MoosicBoxClient) -> None:
            async with room:
                await stack.enter_async_context(client)

        await asyncio.gather(*map(enter, clients))
        objects = []
        for number in range(ROUNDS + 1):
            heard = [client.events(CustomMessage) for client in clients]
            back = [client.events(Connected) for client in clients]
            for message in range(MESSAGES):
                hub.publish("all", CustomMessage(event=f"round-{number}", data=message))
            await asyncio.gather(*(cut(client) for client in clients))
            assert all([(await anext(events)).resumed for events in back])
            for events in heard:
                assert [(await anext(events)).data for _ in range(MESSAGES)] == list(range(MESSAGES))
            del heard, back, events
            gc.collect()
            objects.append(sum(type(thing).__module__.startswith(OURS) for thing in gc.get_objects()))
    assert max(objects) <= min(objects) + SLACK * CLIENTS, objects


async def cut(client: MoosicBoxClient) -> None:
    """Lose the connection without a word."""
    link = client.connection._link
    assert link is not None
    await link.drop()
