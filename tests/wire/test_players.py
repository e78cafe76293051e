"""Who is which player: the first who used an id, on the newest connection."""

from dataclasses import replace

from homeassistant.core import HomeAssistant

from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import Connect, CreateToken

from .client import Client, player


async def test_another_sub(connect: Connect, create_token: CreateToken, kitchen: Client) -> None:
    """The id belongs to the first sub that used it, connected or not."""
    other = await create_token("other")
    for _ in range(2):
        client = await connect()
        await client.send("authenticate", token=other, client=player("kitchen"))
        code, (error,) = await client.closed()
        assert (code, error["error_type"]) == (4501, "permission_denied")
        await kitchen.close()


async def test_administrator(connect: Connect, create_token: CreateToken, token: str, kitchen: Client) -> None:
    """An administrator may take a player over; its owner may take it back."""
    admin = await connect()
    await admin.authenticate(await create_token("boss", role="admin"), client=player("kitchen"))
    assert (await kitchen.closed())[0] == 4509
    again = await connect()
    await again.authenticate(token, client=player("kitchen"))
    assert (await admin.closed())[0] == 4509


async def test_newest_connection_wins(hass: HomeAssistant, connect: Connect, token: str, kitchen: Client) -> None:
    """The older connection is closed with 4509; there is one entity, and it stays available."""
    newer = await connect()
    await newer.authenticate(token, client=player("kitchen"))
    assert (await kitchen.closed())[0] == 4509
    await hass.async_block_till_done()
    assert hass.states.async_entity_ids("media_player") == ["media_player.kitchen"]
    assert hass.states.get("media_player.kitchen").state == "idle"


async def test_too_many_players(connect: Connect, token: str, create_token: CreateToken, hub: Hub) -> None:
    """A user has so many players and no more; another user still has none."""
    hub.configure(replace(hub.limits, max_players_per_user=2))
    for player_id in "attic", "cellar", "attic":
        await (await connect()).authenticate(token, client=player(player_id))
    client = await connect()
    await client.send("authenticate", token=token, client=player("garden"))
    code, (error,) = await client.closed()
    assert (code, error["error_type"]) == (4501, "unavailable")
    await (await connect()).authenticate(await create_token("other"), client=player("garden"))
