"""What ends with a token: by its time, by an administrator, and what a newer one saves."""

from aiohttp.test_utils import TestClient
from homeassistant.core import HomeAssistant
import jwt
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.fixtures import Advance, Connect, CreateToken

from .client import CONTROLLER, resume_of
from .poller import SESSIONS, Poller, authenticate, bearer
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


async def close_code(poller: Poller) -> int | None:
    """What a fetch says of the connection's end; None while it goes on."""
    response = await poller.get(wait=0)
    if response.status == 200:
        return None
    assert response.status == 410
    code: int = (await response.json())["close_code"]
    return code


@pytest.mark.parametrize("by", ["jti", "sub"])
async def test_both_transports(
    hass: HomeAssistant, http: TestClient, connect: Connect, create_token: CreateToken, by: str
) -> None:
    """Revocation reaches who polls as it reaches who has a socket; the next token of the same sub is good."""
    token, bystander = await create_token("anna"), await create_token("ben")
    client, poller = await connect(), await Poller.open(http, token)
    await client.authenticate(token)
    other_client, other_poller = await connect(), await Poller.open(http, bystander)
    await other_client.authenticate(bystander)
    claims = jwt.decode(token, options={"verify_signature": False})
    await revoke(hass, **{by: claims[by]})

    assert (await client.closed())[0] == 4503
    assert await close_code(poller) == 4503
    await other_client.arrived()
    assert await close_code(other_poller) is None

    # Replayed: as a token, as a bearer, in a resume, by the session's secret.
    assert await refused(connect, token)
    for bearer_ in token, poller.welcome["secret"]:
        for body in authenticate(), authenticate(resume=poller.resume()), authenticate(resume=resume_of(client)):
            assert (await http.post(SESSIONS, headers=bearer(bearer_), json=body)).status == 401
    again = await connect()
    welcome = await again.authenticate(await create_token("anna"), resume=resume_of(client))
    assert (welcome["resumed"], welcome["resume_failure"]) == (False, "session_unknown")


async def test_refresh_on_both_transports(
    http: TestClient, connect: Connect, create_token: CreateToken, advance: Advance
) -> None:
    """A refreshed session outlives its first token, one that isn't ends with 4505."""
    token = await create_token("anna", expires_in=15)
    pollers = [await Poller.open(http, token) for _ in range(2)]
    clients = [await connect() for _ in range(2)]
    for client in clients:
        await client.authenticate(token)
    newer = await create_token("anna", expires_in=600)
    assert (await clients[0].request("refresh", token=newer))["data"]["expires_at"] > clients[0].welcome["expires_at"]
    assert (await pollers[0].request("refresh", token=newer))["type"] == "result"
    await advance(26)
    assert (await clients[1].closed())[0] == 4505
    assert await close_code(pollers[1]) == 4505
    await clients[0].arrived()
    assert await close_code(pollers[0]) is None
