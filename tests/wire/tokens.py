"""Helpers for tests of tokens."""

from collections.abc import Awaitable, Callable
import time
from typing import Any

from homeassistant.auth.models import RefreshToken, User
from homeassistant.core import HomeAssistant
import jwt
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.engine.access.tokens import LEEWAY
from tests.fixtures import Advance, Connect, ManualClock

from .client import CONTROLLER

type Forge = Callable[..., str]
"""Returns a token with these claims."""
type Outlive = Callable[[str], Awaitable[None]]
"""Lets hub time pass until a token has expired."""


@pytest.fixture
def forge(entry: MockConfigEntry) -> Forge:
    """Return a token with any claims, signed with the hub's key; claims of `None` are omitted."""

    def forge(algorithm: str = "HS256", key: Any = None, **claims: Any) -> str:
        now = int(time.time())
        good = {"sub": "tester", "role": "user", "aud": "moosicbox", "iss": "moosicbox", "iat": now, "exp": now + 60}
        all_ = {key: value for key, value in {**good, "jti": "1", **claims}.items() if value is not None}
        return jwt.encode(all_, entry.runtime_data.secrets.keys.tokens[0].key if key is None else key, algorithm)

    return forge


@pytest.fixture
def outlive(clock: ManualClock, advance: Advance) -> Outlive:
    """Return a function that lets hub time pass until a token has expired, with its leeway.

    A token is made at the real time, which a busy machine may have let pass since the test's clock was made.
    """

    async def outlive(token: str) -> None:
        expires_at = jwt.decode(token, options={"verify_signature": False})["exp"]
        await advance(expires_at + LEEWAY + 1 - clock.utc().timestamp())

    return outlive


async def refused(connect: Connect, token: str) -> bool:
    """Return whether a token is refused as the protocol demands."""
    client = await connect()
    await client.send("authenticate", token=token, client=CONTROLLER)
    answer = await client.receive()
    if answer["type"] == "welcome":
        return False
    assert answer["error_type"] == "authentication_failed"
    assert await client.closed() == (4501, [])
    return True


async def revoke(hass: HomeAssistant, **fields: str) -> None:
    await hass.services.async_call(DOMAIN, "revoke_token", fields, blocking=True)


async def login(hass: HomeAssistant, user: User) -> tuple[RefreshToken, str]:
    refresh_token = await hass.auth.async_create_refresh_token(user, "https://example.org/app")
    return refresh_token, hass.auth.async_create_access_token(refresh_token)


def wrong_logins(caplog: pytest.LogCaptureFixture) -> int:
    return sum("invalid authentication" in record.getMessage() for record in caplog.records)
