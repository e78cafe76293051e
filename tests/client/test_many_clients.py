"""A thousand clients in one process connect, receive, are cut off and resume, without leaking. `script/soak` runs longer."""

import logging

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.engine.client import CustomMessage
from custom_components.moosicbox.engine.hub import Hub
from script.lib.crowd import Crowd, grows, size
from tests.fixtures import CreateToken

pytestmark = pytest.mark.process

CLIENTS = 1_000
ROUNDS = 8


@pytest.mark.timeout(900)
async def test_memory_of_a_thousand_clients_does_not_grow(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    address: str,
    create_token: CreateToken,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits = {
        "max_connections": CLIENTS * 2,
        "max_connections_per_user": CLIENTS * 2,
        "max_connections_per_ip": CLIENTS,
    }
    hass.config_entries.async_update_entry(entry, options=limits)
    await hass.async_block_till_done()
    monkeypatch.setattr(logging.getLogger("aiohttp.access"), "disabled", True)

    async def publish(number: int) -> None:
        hub.publish("all", CustomMessage(event="soak", data=number))

    async with Crowd(address, [await create_token()], CLIENTS) as crowd:
        objects: list[int] = []
        for _ in range(ROUNDS):
            await crowd.go_round(publish)
            objects.append(size().objects)
    assert not grows(objects), objects
