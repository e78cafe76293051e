"""Media that a client can't reach itself, and addresses of Home Assistant that need a login."""

from typing import Any

from homeassistant.components.media_source import PlayMedia
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.moosicbox.adapters import media_provider
from tests.fixtures import BRASS, Connect
from tests.wire.client import Client, player
from tests.wire.tokens import login

CAMERA = "media-source://camera/camera.bedroom"


async def add(client: Client, media_content_id: str, player_id: str = "kitchen") -> dict[str, Any]:
    return await client.request("queue_command", player_id=player_id, action="add", media_content_id=media_content_id)


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the media sources that are resolved; each is an HLS stream."""
    resolved: list[str] = []

    async def resolve(_hass: HomeAssistant, media_content_id: str, _target: str | None) -> PlayMedia:
        resolved.append(media_content_id)
        return PlayMedia("/api/hls/secret/master_playlist.m3u8", "application/vnd.apple.mpegurl")

    monkeypatch.setattr(media_provider, "async_resolve_media", resolve)
    return resolved


async def test_a_token_of_the_hub_opens_no_camera(kitchen: Client, sources: list[str]) -> None:
    assert (await add(kitchen, CAMERA))["error_type"] == "permission_denied"
    assert sources == []
    assert (await add(kitchen, "media-source://radio_browser/1"))["type"] == "result"


async def test_an_option_names_the_sources_for_tokens(
    hass: HomeAssistant, entry: MockConfigEntry, kitchen: Client, sources: list[str]
) -> None:
    hass.config_entries.async_update_entry(entry, options={"media_sources": ["camera"]})
    await hass.async_block_till_done()
    assert (await add(kitchen, "media-source://radio_browser/1"))["error_type"] == "permission_denied"
    assert (await add(kitchen, CAMERA))["type"] == "result"


async def test_a_user_needs_access_to_the_entity(
    hass: HomeAssistant, connect: Connect, hass_admin_user: MockUser, sources: list[str]
) -> None:
    user = MockUser(groups=[]).add_to_hass(hass)
    user.mock_policy({"entities": {"domains": {"media_player": True}}})
    _, token = await login(hass, user)
    client = await connect()
    await client.authenticate(token, client=player("phone"))
    assert (await add(client, CAMERA, "phone"))["error_type"] == "permission_denied"
    assert sources == []


async def test_hls_of_other_sources_is_refused_for_users_too(
    hass: HomeAssistant, connect: Connect, hass_admin_user: MockUser, sources: list[str]
) -> None:
    """It may be a video."""
    _, token = await login(hass, hass_admin_user)
    client = await connect()
    await client.authenticate(token, client=player("phone"))
    assert (await add(client, CAMERA, "phone"))["error_type"] == "not_supported"


@pytest.mark.parametrize(
    "address",
    [
        "/local/../api/states",
        "/local/%2e%2e/api/states",
        "/local/..\\api/states",
        "/api/states",
        "http://homeassistant.local:8123/api/states",
        "http://127.0.0.1:8123/api/states",
        "http://127.1:8123/local/../api/states",
        "http://2130706433:8123/api/states",
        "http://[::ffff:127.0.0.1]:8123/api/states",
        "http://127.0.0.1:8123/media/local/brass-morning.flac?authSig=abc.def.ghi",
    ],
)
async def test_addresses_that_need_a_login_are_refused(hass: HomeAssistant, kitchen: Client, address: str) -> None:
    hass.config.internal_url = "http://127.0.0.1:8123"
    assert (await add(kitchen, address))["error_type"] == "not_supported"


@pytest.mark.parametrize(
    "address",
    ["/local/bell.mp3", "http://127.0.0.1:8123/local/bell.mp3", "http://radio.example:8123/api/song.mp3", BRASS],
)
async def test_open_addresses_and_those_of_others_are_played(
    hass: HomeAssistant, kitchen: Client, address: str
) -> None:
    hass.config.internal_url = "http://127.0.0.1:8123"
    assert (await add(kitchen, address))["type"] == "result"
