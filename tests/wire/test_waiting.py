"""Access that ends between a client's authentication and its session."""

from collections.abc import Awaitable, Callable

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
import jwt
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.moosicbox.adapters.pairing import PairedDevice
from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import Connect, CreateToken, Lose

from .client import CONTROLLER, Client, resume_of
from .tokens import login, revoke

type EndAccess = Callable[[User], Awaitable[None]]


async def wait_with(connect: Connect, token: str) -> Client:
    """Connect with a token in the upgrade request, and send nothing."""
    client = await connect(headers={"Authorization": f"Bearer {token}"})
    assert client.hello["authenticated"] is True
    return client


async def assert_refused(client: Client) -> None:
    await client.send("authenticate", client=CONTROLLER)
    code, (error,) = await client.closed()
    assert (code, error["error_type"]) == (4501, "authentication_failed")


@pytest.mark.parametrize("by", ["jti", "sub"])
async def test_a_token_is_revoked(hass: HomeAssistant, connect: Connect, create_token: CreateToken, by: str) -> None:
    token = await create_token("anna")
    waiting, other = await wait_with(connect, token), await wait_with(connect, await create_token("ben"))
    await revoke(hass, **{by: jwt.decode(token, options={"verify_signature": False})[by]})
    await assert_refused(waiting)
    assert (await other.authenticate())["user"]["id"] == "ben"


async def test_a_paired_player_is_deleted(hass: HomeAssistant, connect: Connect, entry: MockConfigEntry) -> None:
    pairing = entry.runtime_data.pairing
    code, _ = pairing.offer(frozenset({"listen", "play"}))
    paired = await pairing.async_redeem(code, PairedDevice("Attic", "attic"), "127.0.0.1")
    waiting = await wait_with(connect, paired["token"])
    (subentry,) = entry.subentries.values()
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await hass.async_block_till_done()
    await assert_refused(waiting)


@pytest.fixture(params=["logged out", "deactivated", "removed"])
def end_access(request: pytest.FixtureRequest, hass: HomeAssistant) -> EndAccess:
    """Return a function that ends the access of a user's login."""

    async def end_access(user: User) -> None:
        match request.param:
            case "logged out":
                for refresh_token in tuple(user.refresh_tokens.values()):
                    hass.auth.async_remove_refresh_token(refresh_token)
            case "deactivated":
                await hass.auth.async_deactivate_user(user)
            case "removed":
                await hass.auth.async_remove_user(user)
        await hass.async_block_till_done()

    return end_access


async def test_a_users_access_ends(hass: HomeAssistant, connect: Connect, end_access: EndAccess) -> None:
    """Even if another session of the same login has ended in between."""
    await hass.auth.async_create_user("Owner")
    user = await hass.auth.async_create_user("Visitor", group_ids=["system-admin"])
    _, token = await login(hass, user)
    waiting, other = await wait_with(connect, token), await connect()
    await other.authenticate(token)
    await other.close()
    await end_access(user)
    await assert_refused(waiting)


async def test_a_users_session_is_not_resumed_after_its_end(
    hass: HomeAssistant, connect: Connect, lose: Lose, end_access: EndAccess
) -> None:
    await hass.auth.async_create_user("Owner")
    user = await hass.auth.async_create_user("Visitor", group_ids=["system-admin"])
    _, token = await login(hass, user)
    client = await connect()
    await client.authenticate(token)
    await lose(client)
    await end_access(user)
    again = await connect()
    await again.send("authenticate", client=CONTROLLER, resume=resume_of(client))
    assert (await again.closed())[0] == 4501


async def test_an_administrator_is_demoted(hass: HomeAssistant, connect: Connect, hass_admin_user: MockUser) -> None:
    """The session begins with the user's current rights."""
    _, token = await login(hass, hass_admin_user)
    waiting = await wait_with(connect, token)
    await hass.auth.async_update_user(hass_admin_user, group_ids=["system-users"])
    welcome = await waiting.authenticate()
    assert {"admin", "broadcast", "events"}.isdisjoint(welcome["permissions"])
    assert (await waiting.request("get_clients"))["error_type"] == "permission_denied"


async def test_demotion_counts_for_a_resumed_session(
    hass: HomeAssistant, connect: Connect, lose: Lose, hass_admin_user: MockUser
) -> None:
    _, token = await login(hass, hass_admin_user)
    client = await connect()
    await client.authenticate(token)
    await lose(client)
    await hass.auth.async_update_user(hass_admin_user, group_ids=["system-users"])
    again = await connect()
    welcome = await again.authenticate(resume=resume_of(client))
    assert welcome["resumed"] is True
    assert "admin" not in welcome["permissions"]


async def test_tokens_become_required(hub: Hub, hass: HomeAssistant, entry: MockConfigEntry, connect: Connect) -> None:
    """A client without a token that connected before is refused."""
    hass.config_entries.async_update_entry(entry, options={"require_auth": False})
    await hass.async_block_till_done()
    waiting = await connect()
    hass.config_entries.async_update_entry(entry, options={})
    await hass.async_block_till_done()
    await assert_refused(waiting)
