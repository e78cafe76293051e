"""Reload and shutdown: every connection gets goodbye and can be resumed."""

import asyncio

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.protocol.server import CustomMessage
from tests.fixtures import BRASS, Connect
from tests.states import state_of

from .client import CONTROLLER, Client, player, resume_of


async def test_sessions_survive_reloads(
    hass: HomeAssistant, entry: MockConfigEntry, connect: Connect, token: str, kitchen: Client, hub: Hub
) -> None:
    """Each time `goodbye` and 4000, then the same sessions with the same queues."""
    await kitchen.request("queue_command", action="add", media_content_id=BRASS)
    watcher = await connect()
    await watcher.authenticate(token)
    for number in range(10):
        _, *closed = await asyncio.gather(
            hass.config_entries.async_reload(entry.entry_id), kitchen.closed(), watcher.closed()
        )
        await hass.async_block_till_done()
        for code, messages in closed:
            assert code == 4000
            goodbye = messages[-1]
            assert goodbye["type"] == "goodbye"
            assert goodbye["reconnect"] is True
            assert 0 <= goodbye["reconnect_after"] <= 5
            assert goodbye["reason"]
        hub.publish("all", CustomMessage(event=f"missed-{number}", data=None))

        old_kitchen, old_watcher = kitchen, watcher
        kitchen, watcher = await connect(), await connect()
        welcome = await kitchen.authenticate(token, client=player("kitchen"), resume=resume_of(old_kitchen))
        assert welcome["resumed"] is True
        assert (await watcher.authenticate(token, resume=resume_of(old_watcher)))["resumed"] is True
        assert (await watcher.until("message"))["event"] == f"missed-{number}"
        await watcher.arrived()
        await kitchen.arrived()
        assert state_of(hass, "media_player.kitchen").state == "idle"

    assert len(hass.states.async_entity_ids("media_player")) == 1
    answer = await kitchen.request("queue_command", action="get")
    assert answer["data"]["queue"]["total"] == 1


async def test_a_shutdown_sends_goodbye_and_1001(hass: HomeAssistant, controller: Client) -> None:
    await controller.arrived()
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    code, messages = await controller.closed()
    assert code == 1001
    assert [message["type"] for message in messages] == ["goodbye"]
    assert messages[0]["reconnect"] is True
    await hass.async_block_till_done()


async def test_a_removed_entry_forgets_sessions_and_tokens(
    hass: HomeAssistant, entry: MockConfigEntry, connect: Connect, token: str
) -> None:
    client = await connect()
    await client.authenticate(token)
    _, (code, _) = await asyncio.gather(hass.config_entries.async_remove(entry.entry_id), client.closed())
    assert code == 4000

    entry = MockConfigEntry(domain=entry.domain, title=entry.title)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    again = await connect()
    await again.send("authenticate", token=token, client=CONTROLLER)
    assert (await again.closed())[0] == 4501


async def test_unauthenticated_connections_get_goodbye_too(
    hass: HomeAssistant, entry: MockConfigEntry, connect: Connect
) -> None:
    client = await connect()
    _, (code, messages) = await asyncio.gather(hass.config_entries.async_unload(entry.entry_id), client.closed())
    assert (code, [message["type"] for message in messages]) == (4000, ["goodbye"])


async def test_clients_reconnect_after_different_delays(
    hass: HomeAssistant, entry: MockConfigEntry, connect: Connect, token: str
) -> None:
    clients = [await connect() for _ in range(12)]
    for client in clients:
        await client.authenticate(token, subscribe=[])
    unloading = asyncio.create_task(hass.config_entries.async_unload(entry.entry_id))
    closed = await asyncio.gather(*(client.closed() for client in clients))
    await unloading
    delays = {messages[-1]["reconnect_after"] for _, messages in closed}
    assert len(delays) == len(clients)
    assert all(0 <= delay <= 5 for delay in delays)
