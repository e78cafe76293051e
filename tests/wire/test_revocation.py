"""Expiry, revocation and refresh of tokens."""

from homeassistant.core import HomeAssistant
import jwt
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.fixtures import Advance, Connect, CreateToken
from tests.http import HttpClient

from .client import CONTROLLER, resume_of
from .poller import SESSIONS, Poller, authenticate, bearer
from .tokens import Outlive, refused, revoke


async def test_an_expired_token_closes_with_4505(
    connect: Connect, create_token: CreateToken, advance: Advance, outlive: Outlive
) -> None:
    """After ten seconds of leeway."""
    client = await connect()
    await client.authenticate(token := await create_token(expires_in=15))
    await advance(20)
    await client.arrived()
    await outlive(token)
    assert (await client.closed())[0] == 4505


async def test_a_newer_token_brings_its_permissions_and_expiry(
    connect: Connect, create_token: CreateToken, advance: Advance, outlive: Outlive
) -> None:
    client = await connect()
    await client.authenticate(await create_token("anna", expires_in=15))
    await client.arrived()

    answer = await client.request("refresh", token=await create_token("ben"))
    assert answer["error_type"] == "authentication_failed"
    newer = await create_token("anna", permissions=["chat"], expires_in=25)
    assert (await client.request("refresh", token=newer))["type"] == "result"

    gone = await client.until("unsubscribed")
    assert "players" in gone["topics"]
    assert "permission:control" in gone["topics"]
    assert gone["reason"]
    assert (await client.request("playback_command", command="play"))["error_type"] == "permission_denied"
    await advance(30)
    await client.arrived()
    await outlive(newer)
    assert (await client.closed())[0] == 4505


async def test_a_revoked_token_ends_its_sessions(
    hass: HomeAssistant, connect: Connect, create_token: CreateToken
) -> None:
    """Other tokens of the same sub stay valid."""
    tokens = [await create_token("anna"), await create_token("anna")]
    clients = [await connect(), await connect()]
    for client, token in zip(clients, tokens, strict=True):
        await client.authenticate(token)
    await revoke(hass, jti=jwt.decode(tokens[0], options={"verify_signature": False})["jti"])

    assert (await clients[0].closed())[0] == 4503
    await clients[1].arrived()
    assert await refused(connect, tokens[0])
    assert not await refused(connect, tokens[1])


async def test_revoking_a_sub_ends_all_its_sessions(
    hass: HomeAssistant, connect: Connect, create_token: CreateToken
) -> None:
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


async def test_revocations_survive_a_reload(
    hass: HomeAssistant, connect: Connect, create_token: CreateToken, entry: MockConfigEntry
) -> None:
    token = await create_token("anna")
    await revoke(hass, sub="anna")
    await hass.config_entries.async_reload(entry.entry_id)
    assert await refused(connect, token)


async def test_a_revoked_session_cannot_be_resumed(
    hass: HomeAssistant, connect: Connect, create_token: CreateToken
) -> None:
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
    """Return the close code that a fetch reports; `None` while the connection is open."""
    response = await poller.get(wait=0)
    if response.status == 200:
        return None
    assert response.status == 410
    code: int = (await response.json())["close_code"]
    return code


@pytest.mark.parametrize("by", ["jti", "sub"])
async def test_revocation_reaches_both_transports(
    hass: HomeAssistant, http: HttpClient, connect: Connect, create_token: CreateToken, by: str
) -> None:
    """The next token of the same sub is accepted."""
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


async def test_a_refreshed_session_outlives_its_first_token(
    http: HttpClient, connect: Connect, create_token: CreateToken, outlive: Outlive
) -> None:
    """On both transports."""
    token = await create_token("anna", expires_in=15)
    pollers = [await Poller.open(http, token) for _ in range(2)]
    clients = [await connect() for _ in range(2)]
    for client in clients:
        await client.authenticate(token)
    newer = await create_token("anna", expires_in=600)
    assert (await clients[0].request("refresh", token=newer))["data"]["expires_at"] > clients[0].welcome["expires_at"]
    assert (await pollers[0].request("refresh", token=newer))["type"] == "result"
    await outlive(token)
    assert (await clients[1].closed())[0] == 4505
    assert await close_code(pollers[1]) == 4505
    await clients[0].arrived()
    assert await close_code(pollers[0]) is None
