"""What ends with a token: by its time, by an administrator, and what a newer one saves."""

from homeassistant.core import HomeAssistant
import jwt
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.fixtures import Advance, Connect, CreateToken

from .client import CONTROLLER
from .tokens import refused, revoke


async def test_expiry(connect: Connect, create_token: CreateToken, advance: Advance) -> None:
    """A token that isn't refreshed ends its connection with 4505, ten seconds late for clocks that differ."""
    client = await connect()
    await client.authenticate(await create_token(expires_in=15))
    await advance(20)
    await client.arrived()
    await advance(10)
    assert (await client.closed())[0] == 4505


async def test_refresh(connect: Connect, create_token: CreateToken, advance: Advance) -> None:
    """A newer token of the same sub goes on, with its own rights and its own end."""
    client = await connect()
    await client.authenticate(await create_token("anna", expires_in=15))
    await client.arrived()

    answer = await client.request("refresh", token=await create_token("ben"))
    assert answer["error_type"] == "authentication_failed"
    answer = await client.request("refresh", token=await create_token("anna", permissions=["chat"], expires_in=25))
    assert answer["type"] == "result"

    gone = await client.until("unsubscribed")
    assert "players" in gone["topics"]
    assert "permission:control" in gone["topics"]
    assert gone["reason"]
    assert (await client.request("playback_command", command="play"))["error_type"] == "permission_denied"
    await advance(30)
    await client.arrived()
    await advance(6)
    assert (await client.closed())[0] == 4505


async def test_revoke_by_jti(hass: HomeAssistant, connect: Connect, create_token: CreateToken) -> None:
    """One token ends; another one of the same sub doesn't."""
    tokens = [await create_token("anna"), await create_token("anna")]
    clients = [await connect(), await connect()]
    for client, token in zip(clients, tokens, strict=True):
        await client.authenticate(token)
    await revoke(hass, jti=jwt.decode(tokens[0], options={"verify_signature": False})["jti"])

    assert (await clients[0].closed())[0] == 4503
    await clients[1].arrived()
    assert await refused(connect, tokens[0])
    assert not await refused(connect, tokens[1])


async def test_revoke_by_sub(hass: HomeAssistant, connect: Connect, create_token: CreateToken) -> None:
    """All tokens of a sub end; those of others don't."""
    anna, ben = await create_token("anna"), await create_token("ben")
    client, other = await connect(), await connect()
    await client.authenticate(anna)
    await other.authenticate(ben)
    await revoke(hass, sub="anna")

    assert (await client.closed())[0] == 4503
    await other.arrived()
    assert await refused(connect, anna)
    assert not await refused(connect, ben)
    assert not await refused(connect, await create_token("anna"))


async def test_revoked_stays_revoked(
    hass: HomeAssistant, connect: Connect, create_token: CreateToken, entry: MockConfigEntry
) -> None:
    """A reload forgets nothing."""
    token = await create_token("anna")
    await revoke(hass, sub="anna")
    await hass.config_entries.async_reload(entry.entry_id)
    assert await refused(connect, token)


async def test_revoked_session_does_not_resume(
    hass: HomeAssistant, connect: Connect, create_token: CreateToken
) -> None:
    """Who is away while the token is revoked doesn't come back."""
    client = await connect()
    welcome = await client.authenticate(await create_token("anna"))
    await client.drop()
    await hass.async_block_till_done()
    await revoke(hass, sub="anna")

    resume = {"session_id": welcome["session_id"], "secret": welcome["secret"], "positions": welcome["positions"]}
    again = await connect()
    await again.send("authenticate", client=CONTROLLER, resume=resume)
    code, (error,) = await again.closed()
    assert (code, error["error_type"]) == (4501, "authentication_failed")
