"""The hub's key is replaced: earlier tokens and pictures are valid for a grace, and all addresses expire."""

import hashlib
import time

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.engine.library.seal import WINDOW
from tests.fixtures import BRASS, Connect, CreateToken
from tests.home.actions import play
from tests.http import HttpClient

from .client import Client
from .tokens import refused


async def rotate(hass: HomeAssistant, grace: int) -> None:
    await hass.services.async_call(DOMAIN, "rotate_key", {"grace": grace}, blocking=True)


async def artwork_url(hass: HomeAssistant, client: Client) -> str:
    await play(hass, BRASS)
    url: str = (await client.until("synchronized_playback", command="play"))["track"]["artwork_url"]
    return url


async def test_tokens_are_valid_for_the_grace(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    connect: Connect,
    create_token: CreateToken,
    token: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also after a reload; tokens of the new key outlive it."""
    await rotate(hass, 600)
    new = await create_token("new", expires_in=86_400)
    await hass.config_entries.async_reload(entry.entry_id)
    for valid in token, new:
        client = await connect()
        await client.authenticate(valid)
    later = time.time() + 601
    monkeypatch.setattr(time, "time", lambda: later)
    assert await refused(connect, token)
    client = await connect()
    await client.authenticate(new)


async def test_without_a_grace_sessions_end_at_once(
    hass: HomeAssistant, controller: Client, connect: Connect, token: str
) -> None:
    await rotate(hass, 0)
    assert (await controller.closed())[0] == 4503
    assert await refused(connect, token)


async def test_pictures_of_an_earlier_key_are_found_during_the_grace(
    hass: HomeAssistant, http: HttpClient, kitchen: Client
) -> None:
    url = await artwork_url(hass, kitchen)
    await rotate(hass, 600)
    assert (await http.get(url)).status == 200
    await rotate(hass, 0)
    assert (await http.get(url)).status == 404


async def test_addresses_of_pictures_expire(
    hass: HomeAssistant, http: HttpClient, kitchen: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await artwork_url(hass, kitchen)
    assert (await http.get(url)).status == 200
    later = time.time() + 2 * WINDOW + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert (await http.get(url)).status == 404


async def test_tokens_and_addresses_have_different_keys(entry: MockConfigEntry) -> None:
    secrets = entry.runtime_data.secrets
    (tokens,), (addresses,) = secrets.keys
    material = bytes.fromhex(secrets.secrets[0].key)
    assert len({tokens.key, addresses.key, material, hashlib.sha256(material).digest()}) == 4
