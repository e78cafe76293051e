"""Tokens of Home Assistant's users, and clients without a token, as the hub's strategy of authentication sees them."""

from datetime import timedelta
from typing import Any

from aiohttp.test_utils import make_mocked_request
from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import jwt
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.adapters.authentication import ANONYMOUS, Authenticator
from custom_components.moosicbox.engine.access.authentication import Peer
from custom_components.moosicbox.engine.protocol.errors import AuthenticationFailed

HERE = Peer("192.168.1.9", None)


@pytest.fixture
def authenticator(entry: MockConfigEntry) -> Authenticator:
    found: Authenticator = entry.runtime_data.authenticator
    return found


async def test_an_expired_access_token_is_no_attack(
    hass: HomeAssistant, authenticator: Authenticator, hass_admin_user: User
) -> None:
    """Only a token that Home Assistant didn't sign counts as a failed login."""
    session = await hass.auth.async_create_refresh_token(hass_admin_user, "https://app.example")
    now = dt_util.utcnow()
    claims: dict[str, Any] = {"iss": session.id, "iat": now - timedelta(hours=2), "exp": now - timedelta(hours=1)}
    for changes, key, forged in (
        ({}, session.jwt_key, False),
        ({}, "k" * 64, True),
        ({"iss": "0" * 32}, session.jwt_key, True),
        ({"iss": None}, session.jwt_key, True),
    ):
        fields = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        with pytest.raises(AuthenticationFailed) as refused:
            await authenticator.authenticate_token(jwt.encode(fields, key, "HS256"), HERE)
        assert refused.value.forged is forged, changes


async def test_clients_without_a_token_come_from_the_local_network(
    hass: HomeAssistant, entry: MockConfigEntry, authenticator: Authenticator
) -> None:
    request = make_mocked_request("GET", "/api/moosicbox/ws")
    assert authenticator.admit_anonymous(Peer("192.168.1.9", request)) is None
    with pytest.raises(AuthenticationFailed):
        authenticator.verify_again(ANONYMOUS, HERE)
    hass.config_entries.async_update_entry(entry, options={"require_auth": False})
    await hass.async_block_till_done()
    for address, admitted in (("192.168.1.9", ANONYMOUS), ("203.0.113.5", None), ("unix:", None)):
        assert authenticator.admit_anonymous(Peer(address, request)) is admitted, address
    assert authenticator.admit_anonymous(HERE) is None
    assert authenticator.verify_again(ANONYMOUS, Peer("192.168.1.9", request)) is ANONYMOUS
    with pytest.raises(AuthenticationFailed):
        authenticator.verify_again(ANONYMOUS, Peer("203.0.113.5", request))
