"""Radio stations in Home Assistant: actions, the media browser, voice, and the wire."""

from collections.abc import AsyncGenerator
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from homeassistant.components import media_source
from homeassistant.components.media_player import MediaClass
from homeassistant.components.media_source import PlayMedia
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockUser
import voluptuous as vol

from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.engine.library.library import Library
from tests.fixtures import Connect, CreateToken
from tests.home.actions import KITCHEN, next_command, play, titles
from tests.wire.client import Client

from .test_actions import OURS, call
from .test_browse import browse, child_titles, search


@pytest.fixture
async def radio(socket_enabled: None) -> AsyncGenerator[TestServer]:
    """A server with a stream, a playlist that names it, and a page."""

    async def live(_request: web.Request) -> web.StreamResponse:
        headers = {"Content-Type": "audio/mpeg", "icy-name": "Tides FM"}
        return web.Response(body=b"sound", headers=headers)

    async def playlist(request: web.Request) -> web.StreamResponse:
        body = f"[playlist]\nFile1=http://{request.host}/live\nTitle1=Tides\n"
        return web.Response(text=body, content_type="audio/x-scpls")

    async def page(_request: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/live", live)
    app.router.add_get("/tides.pls", playlist)
    app.router.add_get("/page", page)
    server = TestServer(app)
    async with server:
        yield server


async def add(hass: HomeAssistant, radio: TestServer, path: str = "/tides.pls", **fields: Any) -> Any:
    return (await call(hass, "add_station", media_content_id=str(radio.make_url(path)), **fields))["item"]


async def test_a_station_is_added_by_its_playlist_and_removed_by_its_name(
    hass: HomeAssistant, kitchen: Client, library: Library, radio: TestServer
) -> None:
    added = await add(hass, radio, genre="Jazz", country="DE")
    assert (added["name"], added["genre"], added["url"]) == ("Tides FM", "Jazz", str(radio.make_url("/tides.pls")))
    await play(hass, f"{OURS}/station/{added['station_id']}")
    told = await next_command(kitchen)
    assert told["track"]["stream_url"] == str(radio.make_url("/live"))
    assert await titles(kitchen) == ["Tides FM"]
    assert await call(hass, "remove_station", station="tides") == {"station_id": added["station_id"]}
    assert (await library.get_stations()).items == ()


@pytest.mark.parametrize("path", ["/page", "/nothing"])
async def test_only_sound_is_a_station(hass: HomeAssistant, library: Library, radio: TestServer, path: str) -> None:
    with pytest.raises(HomeAssistantError):
        await add(hass, radio, path, name="Nothing")
    assert (await library.get_stations()).items == ()


async def test_files_and_tracks_are_no_stations(hass: HomeAssistant, library: Library) -> None:
    (track, *_) = (await library.get_tracks()).items
    for media_content_id in (f"{OURS}/track/{track.track_id}", "media-source://media_source/local/loose.opus"):
        with pytest.raises(HomeAssistantError):
            await call(hass, "add_station", media_content_id=media_content_id)
    with pytest.raises(vol.Invalid):
        await call(hass, "add_station", name="Without an address")
    with pytest.raises(ServiceValidationError):
        await call(hass, "remove_station", station="zzzzz")


async def test_only_administrators_change_stations(
    hass: HomeAssistant, library: Library, radio: TestServer, create_token: CreateToken, connect: Connect
) -> None:
    added = await add(hass, radio)
    user = MockUser(groups=[]).add_to_hass(hass)
    fields = {"media_content_id": added["url"]}
    with pytest.raises(HomeAssistantError, match="permission"):
        await hass.services.async_call(
            DOMAIN, "add_station", fields, blocking=True, return_response=True, context=Context(user_id=user.id)
        )
    client = await connect()
    await client.authenticate(await create_token(permissions=["control", "library"]))
    refused = await client.request(
        "library_request", request_type="edit_station", id=added["station_id"], station={"delete": True}
    )
    assert refused["error_type"] == "permission_denied"
    shown = await client.request("library_request", request_type="get_station", id=added["station_id"])
    assert shown["data"]["item"]["name"] == "Tides FM"


async def test_the_protocol_checks_a_station(
    library: Library, radio: TestServer, create_token: CreateToken, connect: Connect
) -> None:
    controller = await connect()
    await controller.authenticate(await create_token(role="admin"))
    stream = str(radio.make_url("/live"))
    for station in ({}, {"name": "x"}, {"media_content_id": stream, "artwork_url": "javascript:alert(1)"}):
        answer = await controller.request("library_request", request_type="edit_station", station=station)
        assert answer["error_type"] == "invalid_message", station
    missing = await controller.request("library_request", request_type="edit_station", id="st-none", station={})
    assert missing["error_type"] == "track_not_found"
    own = await controller.request("library_request", request_type="get_stations", sort="-added")
    assert own["data"]["total"] == 0


async def test_a_station_is_picked_from_a_media_source(
    hass: HomeAssistant, library: Library, radio: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def resolve(_hass: HomeAssistant, media_content_id: str, _target: str | None) -> PlayMedia:
        assert media_content_id == "media-source://radio_browser/960cf833"
        return PlayMedia(str(radio.make_url("/live")), "audio/mpeg")

    monkeypatch.setattr("custom_components.moosicbox.adapters.media_provider.async_resolve_media", resolve)
    picked = {
        "media_content_id": "media-source://radio_browser/960cf833",
        "media_content_type": "audio/mpeg",
        "metadata": {"title": "Tides", "thumbnail": "http://radio.example/logo.png"},
    }
    station = (await call(hass, "add_station", media=picked))["item"]
    assert (station["name"], station["url"]) == ("Tides", str(radio.make_url("/live")))
    assert station["artwork_url"] == "http://radio.example/logo.png"


async def test_stations_are_a_folder_that_every_player_can_play(
    hass: HomeAssistant, kitchen: Client, library: Library, radio: TestServer
) -> None:
    added = await add(hass, radio, name="Tides FM", artwork_url="http://radio.example/logo.png")
    folder = await browse(hass, f"{OURS}/stations")
    (node,) = folder.children
    assert (node.title, node.can_play, node.can_expand, node.media_class) == (
        "Tides FM",
        True,
        False,
        MediaClass.CHANNEL,
    )
    assert node.thumbnail == "http://radio.example/logo.png"
    assert await search(hass, "tides") == ["Tides FM"]
    await call(hass, "set_favourite", query="tides", kinds=["station"])
    assert await child_titles(hass, f"{OURS}/favourites") == ["Tides FM"]
    resolved = await media_source.async_resolve_media(hass, f"{OURS}/station/{added['station_id']}", KITCHEN)
    assert (resolved.url, resolved.mime_type) == (str(radio.make_url("/live")), "audio/mpeg")
