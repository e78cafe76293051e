"""Rooms for tests: commands, a host, another user, a guest."""

from typing import Any

import pytest

from tests.fixtures import Connect, CreateToken

from .client import Client, Message, player


async def command(client: Client, action: str, **fields: Any) -> Message:
    """Send a room_command and return its answer."""
    return await client.request("room_command", action=action, **fields)


async def data_of(client: Client, action: str, **fields: Any) -> Any:
    """Return the result of a room_command that must succeed."""
    answer = await command(client, action, **fields)
    assert answer["type"] == "result", answer
    return answer["data"]


async def refusal(client: Client, action: str, **fields: Any) -> str:
    """Return the error type."""
    answer = await command(client, action, **fields)
    assert answer["type"] == "error", answer
    error_type: str = answer["error_type"]
    return error_type


@pytest.fixture
async def ada(connect: Connect, create_token: CreateToken) -> Client:
    """The host's player."""
    client = await connect()
    await client.authenticate(await create_token("ada"), client=player("ada"))
    return client


@pytest.fixture
async def ben(connect: Connect, create_token: CreateToken) -> Client:
    """Another user's player."""
    client = await connect()
    await client.authenticate(await create_token("ben"), client=player("ben"))
    return client


@pytest.fixture
async def party(ada: Client) -> str:
    """A room with its host."""
    room_id: str = (await data_of(ada, "create", name="Party", id="party"))["room_id"]
    await ada.until("room_state")
    return room_id


async def guest_of(connect: Connect, invite: str, name: str = "Gus", **fields: Any) -> Client:
    """A guest without an account, who has an invite."""
    client = await connect()
    await client.send("authenticate", invite=invite, client={"name": name, "kind": "controller", **fields})
    client.welcome = await client.receive()
    client.positions = dict(client.welcome.get("positions", {}))
    return client
