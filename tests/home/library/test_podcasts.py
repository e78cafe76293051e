"""Podcasts in Home Assistant: actions, the media browser, voice, and the wire."""

from collections.abc import AsyncGenerator
from typing import Any

from homeassistant.components import media_source
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.requirements import RequirementsNotFound
import pytest
import voluptuous as vol

from custom_components.moosicbox.engine.library.library import Library
from tests.engine.library.podcasts.feeds import Publisher, episode, feed
from tests.fixtures import Connect, CreateToken
from tests.home.actions import KITCHEN, next_command, play, titles
from tests.wire.client import Client, player

from .test_actions import OURS, call
from .test_browse import browse, child_titles


@pytest.fixture
async def publisher(socket_enabled: None) -> AsyncGenerator[Publisher]:
    publisher = Publisher()
    async with publisher.server:
        yield publisher


@pytest.fixture
async def podcast(hass: HomeAssistant, library: Library, publisher: Publisher) -> Any:
    return (await call(hass, "subscribe_podcast", url=publisher.url()))["item"]


async def test_a_podcast_is_subscribed_to_refreshed_and_removed(
    hass: HomeAssistant, library: Library, publisher: Publisher, podcast: Any
) -> None:
    assert (podcast["title"], [each["title"] for each in podcast["tracks"]]) == ("Tidal Tales", ["Tide 2", "Tide 1"])
    newest = await call(hass, "refresh_podcasts", podcast="tidal tales")
    assert [each["title"] for each in newest["items"]] == ["Tide 2", "Tide 1"]
    assert (await call(hass, "refresh_podcasts"))["total"] == 2
    assert len(publisher.requested) == 3
    assert await call(hass, "unsubscribe_podcast", podcast="tidal") == {"podcast_id": podcast["podcast_id"]}
    assert (await library.get_podcasts()).items == ()
    with pytest.raises(vol.Invalid):
        await call(hass, "unsubscribe_podcast")


@pytest.mark.parametrize("path", ["/bomb", "/circle", "/page", "/nothing"])
async def test_what_is_no_podcast_is_refused(
    hass: HomeAssistant, library: Library, publisher: Publisher, path: str
) -> None:
    with pytest.raises(HomeAssistantError, match="feed"):
        await call(hass, "subscribe_podcast", url=publisher.url(path))


async def test_the_parser_is_installed_when_it_is_needed(
    hass: HomeAssistant, library: Library, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    async def missing(_hass: HomeAssistant, _name: str, requirements: list[str]) -> None:
        asked.append(requirements)
        raise RequirementsNotFound("moosicbox", requirements)

    monkeypatch.setattr("custom_components.moosicbox.adapters.library_folders.async_process_requirements", missing)
    with pytest.raises(HomeAssistantError, match="can't be installed"):
        await call(hass, "subscribe_podcast", url=publisher.url())
    assert asked == [["podcastparser==0.6.11"]]
    assert publisher.requested == []


async def test_episodes_are_browsed_and_played(
    hass: HomeAssistant, kitchen: Client, library: Library, podcast: Any
) -> None:
    assert await child_titles(hass, f"{OURS}/podcasts") == ["Tidal Tales"]
    place = f"{OURS}/podcast/{podcast['podcast_id']}"
    node = await browse(hass, place)
    assert [child.title for child in node.children] == ["Tide 2 (60:00)", "Tide 1 (60:00)"]
    assert node.children[0].thumbnail == "http://podcast.example/cover.jpg"
    await play(hass, node.children[0].media_content_id)
    assert (await next_command(kitchen))["track"]["stream_url"] == "http://podcast.example/2.mp3"
    assert await titles(kitchen) == ["Tide 2"]
    await kitchen.request("library_request", request_type="set_played", id=podcast["tracks"][0]["track_id"])
    await play(hass, place)
    assert await titles(kitchen) == ["Tide 1"]
    resolved = await media_source.async_resolve_media(hass, node.children[1].media_content_id, KITCHEN)
    assert (resolved.url, resolved.mime_type) == ("http://podcast.example/1.mp3", "audio/mpeg")


async def test_chapters_of_an_episode(
    hass: HomeAssistant, kitchen: Client, library: Library, publisher: Publisher
) -> None:
    simple = '<psc:chapter start="0" title="Sea"/><psc:chapter start="00:10:00" title="Moon"/>'
    chapters = f'<psc:chapters xmlns:psc="http://podlove.org/simple-chapters">{simple}</psc:chapters></item>'
    publisher.body = feed(episode(1).replace("</item>", chapters))
    [found] = (await call(hass, "subscribe_podcast", url=publisher.url()))["item"]["tracks"]
    await play(hass, f"{OURS}/track/{found['track_id']}")
    await next_command(kitchen)
    listed = await call(hass, "get_chapters", entity_id=KITCHEN)
    assert list(listed["item"]["chapters"]) == [
        {"title": "Sea", "start": 0.0, "end": 600.0},
        {"title": "Moon", "start": 600.0, "end": 3600.0},
    ]
    reached = await call(hass, "seek_chapter", entity_id=KITCHEN, title="moon")
    assert reached == {"chapter": {"title": "Moon", "start": 600.0, "end": 3600.0, "number": 2, "count": 2}}
    assert (await next_command(kitchen))["start_position"] == 600
    await hass.async_block_till_done()
    state = hass.states.get(KITCHEN)
    assert state is not None
    names = ("chapter", "chapter_number", "chapters")
    assert [state.attributes[name] for name in names] == ["Moon", 2, 2]
    with pytest.raises(ServiceValidationError, match="only 2 chapters"):
        await call(hass, "seek_chapter", entity_id=KITCHEN, number=3)
    with pytest.raises(vol.Invalid):
        await call(hass, "seek_chapter", entity_id=KITCHEN)


async def test_speed_of_a_player_that_declares_it(
    hass: HomeAssistant, kitchen: Client, connect: Connect, token: str, podcast: Any
) -> None:
    fast = await connect()
    await fast.authenticate(token, client=player("den", capabilities=["speed"]))
    await hass.async_block_till_done()
    den = "media_player.den"
    await play(hass, f"{OURS}/track/{podcast['tracks'][0]['track_id']}", entity_id=den)
    assert await call(hass, "set_speed", entity_id=den, speed=1.5) == {"speed": 1.5}
    assert (await fast.until("playback_status", speed=1.5))["current_track"] is not None
    with pytest.raises(ServiceValidationError, match="can't play at another speed"):
        await call(hass, "set_speed", entity_id=KITCHEN, speed=1.5)


async def test_rights_and_fields_on_the_wire(
    hass: HomeAssistant, controller: Client, podcast: Any, create_token: CreateToken, connect: Connect
) -> None:
    fields: dict[str, Any]
    for fields in (
        {"request_type": "edit_podcast", "podcast": {"url": podcast["url"]}},
        {"request_type": "edit_podcast", "id": podcast["podcast_id"], "podcast": {"delete": True}},
        {"request_type": "refresh_podcasts"},
    ):
        assert (await controller.request("library_request", **fields))["error_type"] == "permission_denied"
    admin = await connect()
    await admin.authenticate(await create_token(role="admin"))
    for edit in ({}, {"url": "ftp://podcast.example/feed.xml"}, {"url": "/api/config"}):
        answer = await admin.request("library_request", request_type="edit_podcast", podcast=edit)
        assert answer["error_type"] == "invalid_message", edit
    missing = await admin.request("library_request", request_type="get_episode", id="ep-none")
    assert missing["error_type"] == "track_not_found"
    shown = await controller.request("library_request", request_type="get_podcasts")
    assert [each["episode_count"] for each in shown["data"]["items"]] == [2]


async def test_home_assistants_own_pages_are_no_feeds(hass: HomeAssistant, library: Library) -> None:
    with pytest.raises(HomeAssistantError):
        await call(hass, "subscribe_podcast", url="http://localhost:8123/api/config")
