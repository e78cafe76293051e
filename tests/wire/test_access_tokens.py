"""Home Assistant's access tokens, and what counts as a failed login."""

import asyncio
from base64 import urlsafe_b64encode
import json
from pathlib import Path
from typing import Any

from aiohttp import WSServerHandshakeError
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from tests.fixtures import Connect
from tests.http import HttpClient

from .client import CONTROLLER, PATH, Client, resume_of
from .tokens import Forge, login, refused, wrong_logins

READER = ["library", "listen"]
USER = sorted([*READER, "chat", "control", "play", "rooms"])
ADMIN = sorted([*USER, "admin", "broadcast", "events"])


async def test_permissions_follow_from_the_user(
    hass: HomeAssistant, connect: Connect, hass_admin_user: MockUser, hass_read_only_user: MockUser
) -> None:
    """Home Assistant's policy for its users decides."""
    member = await hass.auth.async_create_user("Member", group_ids=["system-users"])
    for user, permissions in (hass_admin_user, ADMIN), (member, USER), (hass_read_only_user, READER):
        _, token = await login(hass, user)
        client = await connect()
        welcome = await client.authenticate(token)
        assert welcome["user"] == {"id": user.id, "name": user.name}
        assert welcome["permissions"] == permissions
        assert f"user:{user.id}" in welcome["positions"]


async def test_logging_out_closes_the_connections_of_that_login(
    hass: HomeAssistant, connect: Connect, hass_admin_user: MockUser
) -> None:
    (gone, gone_token), (_, other_token) = await login(hass, hass_admin_user), await login(hass, hass_admin_user)
    client, other = await connect(), await connect()
    await client.authenticate(gone_token)
    await other.authenticate(other_token)
    hass.auth.async_remove_refresh_token(gone)

    assert (await client.closed())[0] == 4503
    await other.arrived()
    assert await refused(connect, gone_token)


async def test_a_deactivated_user_is_disconnected_and_refused(
    hass: HomeAssistant, connect: Connect, hass_read_only_user: MockUser
) -> None:
    _, token = await login(hass, hass_read_only_user)
    client = await connect()
    await client.authenticate(token)
    await hass.auth.async_deactivate_user(hass_read_only_user)

    assert (await client.closed())[0] == 4503
    assert await refused(connect, token)


async def test_permissions_follow_changes_of_the_user(
    hass: HomeAssistant, connect: Connect, hass_admin_user: MockUser
) -> None:
    _, token = await login(hass, hass_admin_user)
    client = await connect()
    await client.authenticate(token)
    await hass.auth.async_update_user(hass_admin_user, group_ids=["system-users"])
    await hass.async_block_till_done()

    assert "permission:admin" in (await client.until("unsubscribed"))["topics"]
    assert (await client.request("get_clients"))["error_type"] == "permission_denied"


async def test_a_removed_user_is_disconnected(hass: HomeAssistant, connect: Connect) -> None:
    await hass.auth.async_create_user("PlaybackContext")
    user = await hass.auth.async_create_user("Visitor", group_ids=["system-users"])
    _, token = await login(hass, user)
    client = await connect()
    await client.authenticate(token)
    await hass.auth.async_remove_user(user)
    assert (await client.closed())[0] == 4503


async def test_a_forged_token_counts_as_a_failed_login(
    connect: Connect, forge: Forge, caplog: pytest.LogCaptureFixture
) -> None:
    """Failed logins lead to Home Assistant's ban list."""
    assert await refused(connect, forge(key=b"another key of thirty-two bytes!!"))
    assert wrong_logins(caplog) == 1


async def test_an_expired_token_is_not_a_failed_login(
    connect: Connect, forge: Forge, caplog: pytest.LogCaptureFixture
) -> None:
    """A device that was off for long isn't banned when it reconnects."""
    assert await refused(connect, forge(exp=1_000_000_000))
    assert wrong_logins(caplog) == 0


async def test_logging_out_ends_sessions_resumed_after_a_reload(
    hass: HomeAssistant, connect: Connect, entry: MockConfigEntry, hass_read_only_user: MockUser
) -> None:
    """The session was resumed without a token and still ends with its login."""
    refresh_token, token = await login(hass, hass_read_only_user)
    client = await connect()
    await client.authenticate(token)
    closed = asyncio.ensure_future(client.closed())
    await hass.config_entries.async_reload(entry.entry_id)
    assert (await closed)[0] == 4000
    again = await connect()
    assert (await again.authenticate(resume=resume_of(client)))["resumed"] is True

    hass.auth.async_remove_refresh_token(refresh_token)
    assert (await again.closed())[0] == 4503


async def by_header(http: HttpClient, token: str) -> None:
    """Send a bad token in the upgrade request."""
    with pytest.raises(WSServerHandshakeError):
        await http.ws_connect(PATH, headers={"Authorization": f"Bearer {token}"})


async def test_forged_tokens_in_the_header_count_once(
    http: HttpClient, forge: Forge, caplog: pytest.LogCaptureFixture
) -> None:
    """Expired tokens in the upgrade request don't count as failed logins."""
    await by_header(http, forge(exp=1_000_000_000))
    assert wrong_logins(caplog) == 0
    await by_header(http, forge(key=b"another key of thirty-two bytes!!"))
    assert wrong_logins(caplog) == 1


@pytest.mark.parametrize(
    "claims",
    [{"iss": {}}, {"iss": ["x"]}, {"iss": None}, {"iss": 1e308}, {"aud": {}}, {"aud": [{}]}, {}, [], "text", 7],
    ids=json.dumps,
)
async def test_claims_of_wrong_types_count_as_failed_logins(
    connect: Connect, caplog: pytest.LogCaptureFixture, claims: Any
) -> None:
    """They are refused before anything uses them as keys."""
    header, payload = (
        urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "HS256"}, claims)
    )
    assert await refused(connect, f"{header}.{payload}.AAAA")
    assert wrong_logins(caplog) == 1
    assert [record for record in caplog.records if record.exc_info] == []


@pytest.fixture
async def banning(hass: HomeAssistant, tmp_path: Path) -> None:
    """Home Assistant bans addresses after three failed logins."""
    hass.config.config_dir = str(tmp_path)
    http = {"ip_ban_enabled": True, "login_attempts_threshold": 3}
    assert await async_setup_component(hass, "http", {"http": http})


async def test_a_token_of_the_hub_does_not_clear_the_count_of_failed_logins(
    banning: None, http: HttpClient, token: str
) -> None:
    for guess in range(3):
        client = await Client.connect(http)
        await client.send("authenticate", token=f"guess-{guess}", client=CONTROLLER)
        assert (await client.closed())[0] == 4501
        if guess < 2:
            own = await Client.connect(http)
            await own.authenticate(token)
            await own.close()
    with pytest.raises(WSServerHandshakeError) as banned:
        await http.ws_connect(PATH)
    assert banned.value.status == 403


async def test_a_login_with_home_assistants_token_clears_the_count(
    hass: HomeAssistant, banning: None, http: HttpClient, hass_admin_user: MockUser
) -> None:
    """As Home Assistant's own WebSocket does."""
    _, token = await login(hass, hass_admin_user)
    for guess in range(4):
        client = await Client.connect(http)
        await client.send("authenticate", token=f"guess-{guess}", client=CONTROLLER)
        assert (await client.closed())[0] == 4501
        own = await Client.connect(http)
        await own.authenticate(token)
        await own.close()
