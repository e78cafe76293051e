"""Tokens: ours and Home Assistant's, good and bad, and what ends with them."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
import json
import time
from typing import Any

from homeassistant.auth.models import RefreshToken, User
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
import jwt
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
import voluptuous as vol

from custom_components.moosicbox.const import DOMAIN
from tests.fixtures import Advance, Connect, CreateToken

from .client import Message

CLIENT = {"name": "Test", "kind": "controller"}
USER = ["chat", "control", "library", "listen", "play", "rooms"]
ADMIN = sorted([*USER, "admin", "broadcast", "events"])


async def refused(connect: Connect, token: str) -> bool:
    """Whether a token is refused as the protocol says."""
    client = await connect()
    await client.send("authenticate", token=token, client=CLIENT)
    answer = await client.receive()
    if answer["type"] == "welcome":
        return False
    assert answer["error_type"] == "authentication_failed"
    assert await client.closed() == (4501, [])
    return True


async def revoke(hass: HomeAssistant, **fields: str) -> None:
    await hass.services.async_call(DOMAIN, "revoke_token", fields, blocking=True)


@pytest.fixture
def forge(entry: MockConfigEntry) -> Callable[..., str]:
    """Sign any claims with the hub's own key; a claim of None is left out."""

    def forge(algorithm: str = "HS256", key: bytes | None = None, **claims: Any) -> str:
        now = int(time.time())
        good = {"sub": "tester", "role": "user", "aud": "moosicbox", "iss": "moosicbox", "iat": now, "exp": now + 60}
        all_ = {key: value for key, value in {**good, "jti": "1", **claims}.items() if value is not None}
        return jwt.encode(all_, entry.runtime_data.secrets.key if key is None else key, algorithm)

    return forge


async def test_forge_is_right(connect: Connect, forge: Callable[..., str]) -> None:
    """What the tests below leave out or twist is what matters."""
    assert not await refused(connect, forge())
    assert not await refused(connect, forge(aud=["other", "moosicbox"]))
    assert not await refused(connect, forge(role=None, permissions=[]))
    assert not await refused(connect, forge(exp=int(time.time()) - 5))


@pytest.mark.parametrize(
    "twist",
    [
        {"key": b"another key of thirty-two bytes!!"},
        {"exp": 1_000_000_000},
        {"iat": 4_000_000_000},
        {"aud": "other"},
        {"iss": "other"},
        {"role": "emperor"},
        {"role": None, "permissions": "admin"},
        {"rooms": "party"},
        {"algorithm": "HS512"},
        *({claim: None} for claim in ("sub", "role", "aud", "iss", "iat", "exp", "jti")),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_bad_token(connect: Connect, forge: Callable[..., str], twist: dict[str, Any]) -> None:
    """Wrongly signed, expired, for others, or without a claim that is required."""
    assert await refused(connect, forge(**twist))


async def test_no_algorithm(connect: Connect, token: str) -> None:
    """A token that says it needs no signature, with and without one."""
    _, claims, signature = token.split(".")
    header = urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).decode().rstrip("=")
    assert await refused(connect, f"{header}.{claims}.")
    assert await refused(connect, f"{header}.{claims}.{signature}")


async def test_sub_of_a_user(
    hass: HomeAssistant, hass_read_only_user: MockUser, connect: Connect, forge: Callable[..., str]
) -> None:
    """Nobody can be a user of Home Assistant by a token of ours, whether the user was there first or not."""
    assert await refused(connect, forge(sub=hass_read_only_user.id))
    newcomer = await hass.auth.async_create_user("Newcomer")
    await hass.async_block_till_done()
    assert await refused(connect, forge(sub=newcomer.id))


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
    await again.send("authenticate", client=CLIENT, resume=resume)
    code, (error,) = await again.closed()
    assert (code, error["error_type"]) == (4501, "authentication_failed")


@pytest.mark.parametrize(
    "fields",
    [
        {"sub": "anna"},
        {"sub": "no spaces", "role": "user"},
        {"sub": "anna", "role": "emperor"},
        {"sub": "anna", "permissions": ["fly"]},
        {"sub": "anna", "role": "user", "permissions": ["play"]},
        {"sub": "anna", "role": "user", "expires_in": 0},
    ],
    ids=str,
)
async def test_create_token_refuses(hass: HomeAssistant, entry: MockConfigEntry, fields: dict[str, Any]) -> None:
    """No token without rights that exist."""
    with pytest.raises((vol.Invalid, ServiceValidationError)):
        await hass.services.async_call(DOMAIN, "create_token", fields, blocking=True, return_response=True)


async def test_create_token_for_a_user(
    hass: HomeAssistant, hass_read_only_user: MockUser, entry: MockConfigEntry
) -> None:
    """The sub of a user of Home Assistant is taken."""
    with pytest.raises(ServiceValidationError) as error:
        await hass.services.async_call(
            DOMAIN,
            "create_token",
            {"sub": hass_read_only_user.id, "role": "user"},
            blocking=True,
            return_response=True,
        )
    assert error.value.translation_key == "token_sub"


async def test_revoke_token_names_one(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """What to revoke must be said."""
    with pytest.raises(ServiceValidationError) as error:
        await revoke(hass)
    assert error.value.translation_key == "token_unnamed"


@pytest.mark.parametrize(
    ("action", "fields", "response"),
    [("create_token", {"sub": "anna", "role": "admin"}, True), ("revoke_token", {"sub": "anna"}, False)],
)
async def test_actions_are_for_administrators(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_read_only_user: MockUser,
    action: str,
    fields: Message,
    response: bool,
) -> None:
    """Nobody gives himself rights."""
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN,
            action,
            fields,
            blocking=True,
            context=Context(user_id=hass_read_only_user.id),
            return_response=response,
        )


async def test_actions_need_the_entry(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Without a hub there is nobody to make tokens."""
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(HomeAssistantError) as error:
        await revoke(hass, sub="anna")
    assert error.value.translation_key == "not_loaded"


# ---------------------------------------------------------------- Home Assistant's own tokens


async def login(hass: HomeAssistant, user: User) -> tuple[RefreshToken, str]:
    refresh_token = await hass.auth.async_create_refresh_token(user, "https://example.org/app")
    return refresh_token, hass.auth.async_create_access_token(refresh_token)


async def test_access_token(
    hass: HomeAssistant, connect: Connect, hass_admin_user: MockUser, hass_read_only_user: MockUser
) -> None:
    """Users of Home Assistant come with the rights that follow from what they are."""
    for user, permissions in (hass_admin_user, ADMIN), (hass_read_only_user, USER):
        _, token = await login(hass, user)
        client = await connect()
        welcome = await client.authenticate(token)
        assert welcome["user"] == {"id": user.id, "name": user.name}
        assert welcome["permissions"] == permissions
        assert f"user:{user.id}" in welcome["positions"]


async def test_access_token_revoked(hass: HomeAssistant, connect: Connect, hass_admin_user: MockUser) -> None:
    """Logging out closes the connections of that login, and only these."""
    (gone, gone_token), (_, other_token) = await login(hass, hass_admin_user), await login(hass, hass_admin_user)
    client, other = await connect(), await connect()
    await client.authenticate(gone_token)
    await other.authenticate(other_token)
    hass.auth.async_remove_refresh_token(gone)

    assert (await client.closed())[0] == 4503
    await other.arrived()
    assert await refused(connect, gone_token)


async def test_user_deactivated(hass: HomeAssistant, connect: Connect, hass_read_only_user: MockUser) -> None:
    """A deactivated user is put out and stays out."""
    _, token = await login(hass, hass_read_only_user)
    client = await connect()
    await client.authenticate(token)
    await hass.auth.async_deactivate_user(hass_read_only_user)

    assert (await client.closed())[0] == 4503
    assert await refused(connect, token)


async def test_user_loses_administration(hass: HomeAssistant, connect: Connect, hass_admin_user: MockUser) -> None:
    """Rights follow the user while the connection is open."""
    _, token = await login(hass, hass_admin_user)
    client = await connect()
    await client.authenticate(token)
    await hass.auth.async_update_user(hass_admin_user, group_ids=["system-users"])
    await hass.async_block_till_done()

    assert "permission:admin" in (await client.until("unsubscribed"))["topics"]
    assert (await client.request("get_clients"))["error_type"] == "permission_denied"


async def test_user_removed(hass: HomeAssistant, connect: Connect) -> None:
    """A removed user is put out."""
    await hass.auth.async_create_user("Owner")
    user = await hass.auth.async_create_user("Visitor", group_ids=["system-users"])
    _, token = await login(hass, user)
    client = await connect()
    await client.authenticate(token)
    await hass.auth.async_remove_user(user)
    assert (await client.closed())[0] == 4503


# ---------------------------------------------------------------- wrong logins


def wrong_logins(caplog: pytest.LogCaptureFixture) -> int:
    return sum("invalid authentication" in record.getMessage() for record in caplog.records)


async def test_forged_token_is_a_wrong_login(
    connect: Connect, forge: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    """Guessing tokens leads into Home Assistant's ban list."""
    assert await refused(connect, forge(key=b"another key of thirty-two bytes!!"))
    assert wrong_logins(caplog) == 1


async def test_expired_token_is_no_wrong_login(
    connect: Connect, forge: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    """A device that was off for long isn't banned when it comes back."""
    assert await refused(connect, forge(exp=1_000_000_000))
    assert wrong_logins(caplog) == 0
