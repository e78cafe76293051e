"""Media from Home Assistant: streams by signed URLs, artwork by unguessable ones."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
import shutil

from aiohttp import web
from aiohttp.test_utils import TestServer
from homeassistant.components.media_source import Unresolvable
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from yarl import URL

from custom_components.moosicbox.adapters import media_provider as media_module
from tests.fixtures import BRASS, COPPER, MEDIA
from tests.http import HttpClient
from tests.states import state_of
from tests.wire.client import Client, Message

from .actions import play


async def track(hass: HomeAssistant, client: Client, media_content_id: str) -> Message:
    """Return the track of the player's next command."""
    await play(hass, media_content_id)
    found: Message = (await client.until("synchronized_playback", command="play"))["track"]
    return found


@pytest.mark.parametrize(("media_content_id", "name"), [(BRASS, "brass-morning.flac"), (COPPER, "copper-rain.mp3")])
async def test_the_signed_url_serves_the_file_or_a_range_of_it(
    hass: HomeAssistant, http: HttpClient, kitchen: Client, media_folder: Path, media_content_id: str, name: str
) -> None:
    url = (await track(hass, kitchen, media_content_id))["stream_url"]
    response = await http.get(URL(url, encoded=True))
    assert response.status == 200
    assert response.content_type.startswith("audio/")
    assert await response.read() == (media_folder / name).read_bytes()
    part = await http.get(URL(url, encoded=True), headers={"Range": "bytes=100-199"})
    assert part.status == 206
    assert await part.read() == (media_folder / name).read_bytes()[100:200]


async def test_a_missing_or_other_signature_is_refused(hass: HomeAssistant, http: HttpClient, kitchen: Client) -> None:
    brass = URL((await track(hass, kitchen, BRASS))["stream_url"])
    copper = URL((await track(hass, kitchen, COPPER))["stream_url"])
    signature = brass.query["authSig"]
    head, claims, _ = signature.split(".")
    for url in (
        brass.with_query(None),
        brass.with_query(authSig=f"{head}.{claims}.AAAA"),
        copper.with_query(authSig=signature),
    ):
        assert (await http.get(url)).status == 401


async def test_an_expired_url_is_refused_and_renewed_on_request(
    hass: HomeAssistant, http: HttpClient, kitchen: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_module, "STREAM_LIFETIME", -timedelta(hours=1))
    await play(hass, BRASS)
    told = await kitchen.until("synchronized_playback", command="play")
    assert (await http.get(URL(told["track"]["stream_url"]))).status == 401

    monkeypatch.undo()
    answer = await kitchen.request("stream_request", queue_item_id=told["queue_item_id"])
    assert answer["data"]["expires_at"].endswith("Z")
    assert (await http.get(URL(answer["data"]["stream_url"]))).status == 200
    answer = await kitchen.request("stream_request", queue_item_id="other")
    assert answer["error_type"] == "queue_item_not_found"


@pytest.mark.process
async def test_embedded_artwork_is_served_without_a_login(
    hass: HomeAssistant, http: HttpClient, kitchen: Client
) -> None:
    for media_content_id in BRASS, COPPER:
        url = (await track(hass, kitchen, media_content_id))["artwork_url"]
        response = await http.get(url)
        assert (response.status, response.content_type) == (200, "image/png")
        assert (await response.read()).startswith(b"\x89PNG")
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "private" in response.headers["Cache-Control"]


async def test_pictures_are_kept_for_the_next_request_within_bounds(
    hass: HomeAssistant, http: HttpClient, kitchen: Client, media_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the last tracks; another one is read again, if it is still there."""
    monkeypatch.setattr(media_module, "MAX_PICTURES", 1)
    urls = [(await track(hass, kitchen, media_content_id))["artwork_url"] for media_content_id in (BRASS, COPPER)]
    for url in urls:
        assert (await http.get(url)).status == 200
    for name in "brass-morning.flac", "copper-rain.mp3":
        (media_folder / name).unlink()
    assert [(await http.get(url)).status for url in urls] == [404, 404]
    assert (await http.get(urls[1])).status == 404


@pytest.mark.process
async def test_a_source_that_is_gone_has_no_picture(
    hass: HomeAssistant, http: HttpClient, kitchen: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object) -> None:
        raise Unresolvable("The integration was removed")

    url = (await track(hass, kitchen, BRASS))["artwork_url"]
    monkeypatch.setattr(media_module, "async_resolve_media", gone)
    assert (await http.get(url)).status == 404
    monkeypatch.undo()
    assert (await http.get(url)).status == 200


async def test_tracks_are_forgotten_within_bounds(
    hass: HomeAssistant, http: HttpClient, kitchen: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_module, "MAX_KNOWN", 1)
    urls = [(await track(hass, kitchen, media_content_id))["artwork_url"] for media_content_id in (BRASS, COPPER)]
    assert [(await http.get(url)).status for url in urls] == [404, 200]


async def test_forged_artwork_urls_are_not_found(
    hass: HomeAssistant, entry: MockConfigEntry, http: HttpClient, kitchen: Client
) -> None:
    first = (await track(hass, kitchen, BRASS))["artwork_url"].rpartition(".")
    second = (await track(hass, kitchen, COPPER))["artwork_url"].rpartition(".")
    for url in first[0], f"{first[0]}.", f"{first[0]}.{second[2]}", "/api/moosicbox/artwork/x.\u00e4":
        assert (await http.get(url)).status == 404
    await hass.config_entries.async_unload(entry.entry_id)
    assert (await http.get("".join(first))).status == 503


async def test_a_file_without_tags_is_named_after_its_file_name(
    hass: HomeAssistant, http: HttpClient, kitchen: Client, media_folder: Path
) -> None:
    (media_folder / "Old tape.mp3").write_bytes(b"no music at all")
    found = await track(hass, kitchen, MEDIA + "Old tape.mp3")
    assert (found["title"], found["artist"], found["duration"], found["artwork_url"]) == ("Old tape", None, None, None)


@pytest.mark.parametrize(
    "name",
    [
        "With spaces & more.flac",
        "Grüße (live) – 2.flac",
        "sub/folder/song.flac",
        "No #1.flac",
        "Why?.flac",
        "100%41.flac",
    ],
)
async def test_file_names_may_contain_any_character(
    hass: HomeAssistant, http: HttpClient, kitchen: Client, media_folder: Path, name: str
) -> None:
    path = media_folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(media_folder / "brass-morning.flac", path)
    url = (await track(hass, kitchen, MEDIA + name))["stream_url"]
    # Sent as it is: it is a valid URL.
    assert (await http.get(URL(url, encoded=True))).status == 200


async def test_the_entity_has_the_artwork_as_its_picture(
    hass: HomeAssistant, kitchen: Client, hass_client: ClientSessionGenerator
) -> None:
    await play(hass, BRASS)
    picture = state_of(hass, "media_player.kitchen").attributes["entity_picture"]
    response = await (await hass_client()).get(picture)
    assert (response.status, response.content_type) == (200, "image/png")


@pytest.fixture
async def station(socket_enabled: None) -> AsyncGenerator[TestServer]:
    """A radio station with a playlist, a stream and a web page."""
    app = web.Application()
    server = TestServer(app)

    async def playlist(_request: web.Request) -> web.Response:
        body = f"[playlist]\nFile1={server.make_url('/gone')}\nFile2={server.make_url('/stream')}\nTitle1=Jazz FM\n"
        return web.Response(text=body, content_type="audio/x-scpls")

    async def stream(_request: web.Request) -> web.Response:
        return web.Response(body=b"sound", content_type="audio/mpeg")

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="<html>", content_type="text/html")

    app.add_routes([web.get("/radio.pls", playlist), web.get("/stream", stream), web.get("/page", page)])
    await server.start_server()
    yield server
    await server.close()


async def test_a_radio_playlist_plays_its_first_stream_that_answers(
    hass: HomeAssistant, kitchen: Client, station: TestServer
) -> None:
    url = str(station.make_url("/radio.pls"))
    found = await track(hass, kitchen, url)
    assert found["stream_url"] == str(station.make_url("/stream"))
    assert (found["title"], found["media_content_id"]) == ("Jazz FM", url)


async def test_a_playlist_file_of_a_media_source_is_followed(
    hass: HomeAssistant, kitchen: Client, media_folder: Path, station: TestServer
) -> None:
    (media_folder / "Radio.m3u").write_text(f"#EXTM3U\n{station.make_url('/stream')}\n", encoding="utf-8")
    found = await track(hass, kitchen, MEDIA + "Radio.m3u")
    assert found["stream_url"] == str(station.make_url("/stream"))
    (media_folder / "Songs.m3u").write_text("brass-morning.flac\n", encoding="utf-8")
    with pytest.raises(HomeAssistantError) as refusal:
        await play(hass, MEDIA + "Songs.m3u")
    assert refusal.value.translation_key == "playlist_of_files"
    assert "a playlist of files" in str(refusal.value)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/page", "not sound"),
        ("/old.asx", "is ASX"),
        ("/local/list.xspf", "is XSPF"),
        ("/local/radio.m3u", "a playlist"),
        ("/local/../auth/token.mp3", "can't be played"),
        ("/local/%2e%2e/token.mp3", "can't be played"),
    ],
)
async def test_what_cannot_be_played_is_refused_with_a_reason(
    hass: HomeAssistant, kitchen: Client, station: TestServer, path: str, reason: str
) -> None:
    with pytest.raises(HomeAssistantError, match=reason):
        await play(hass, path if path.startswith("/local") else str(station.make_url(path)))
    assert state_of(hass, "media_player.kitchen").state == "idle"
