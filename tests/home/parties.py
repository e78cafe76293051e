"""Fixtures: three users with a player each, and a room."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from tests.fixtures import Connect, CreateToken
from tests.wire.client import Client, player

PARTY = "media_player.party"


async def room_command(client: Client, action: str, **fields: Any) -> Any:
    """Send a room_command that must succeed; return its result."""
    answer = await client.request("room_command", action=action, **fields)
    assert answer["type"] == "result", answer
    return answer["data"]


@pytest.fixture
async def ada(hass: HomeAssistant, connect: Connect, create_token: CreateToken) -> Client:
    """The host's player, `media_player.ada`."""
    client = await connect()
    await client.authenticate(await create_token("ada"), client=player("ada"))
    await hass.async_block_till_done()
    return client


@pytest.fixture
async def ben(hass: HomeAssistant, connect: Connect, create_token: CreateToken) -> Client:
    """Another user's player, `media_player.ben`."""
    client = await connect()
    await client.authenticate(await create_token("ben"), client=player("ben"))
    await hass.async_block_till_done()
    return client


@pytest.fixture
async def eve(hass: HomeAssistant, connect: Connect, create_token: CreateToken) -> Client:
    """A third user's player, `media_player.eve`."""
    client = await connect()
    await client.authenticate(await create_token("eve"), client=player("eve"))
    await hass.async_block_till_done()
    return client


@pytest.fixture
async def party(hass: HomeAssistant, ada: Client, ben: Client) -> str:
    """A room with Ada and Ben, `media_player.party`, that doesn't wait for players."""
    await room_command(ada, "create", name="Party", id="party", wait="none")
    await room_command(ben, "join", room_id="party")
    await hass.async_block_till_done()
    await ada.arrived()
    await ben.arrived()
    return "party"
