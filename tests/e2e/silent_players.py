"""Players without sound: connected and controlled, but nothing is rendered. For tests of Home Assistant's own pages."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from aiohttp import ClientSession

from tests.wire.client import Client, player

from .home import Home


@asynccontextmanager
async def silent_players(home: Home, *names: str) -> AsyncGenerator[list[str]]:
    """Connect players, each as a user of its own, and give their entities; they are removed at the end."""
    async with ClientSession(home.url) as http, asyncio.TaskGroup() as tasks:
        clients, readers = [], []
        for name in names:
            token = (await home.api.ask("moosicbox.create_token", sub=name.lower(), role="user"))["token"]
            clients.append(client := await Client.connect(http))
            await client.authenticate(token, client=player(name.lower()))
            readers.append(tasks.create_task(_read(client)))
        entities = [f"media_player.{name.lower()}" for name in names]
        for entity in entities:
            await home.api.wait_for_state(entity, lambda state: state["state"] == "idle")
        yield entities
        for reader in readers:
            reader.cancel()
        for client in clients:
            await client.close()
        for entity in entities:
            await home.forget_player(entity)


async def _read(client: Client) -> None:
    """Read everything, so that the hub's pings are answered."""
    while True:
        with suppress(TimeoutError):
            await client.receive()
