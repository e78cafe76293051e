"""Voice requests for music: by Assist's sentences and by a language model's tools."""

from typing import Any

from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr, intent, llm
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.engine.library.index.podcasts import Checked
from custom_components.moosicbox.engine.library.index.stations import StationFields
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.reader.messages import FeedEpisode, PodcastFeed
from tests.home.actions import act, state, titles
from tests.wire.client import Client

from .conftest import BIRTH, KIND_OF_BLUE

SEARCH, PLAY = "media_player__search_media", "media_player__play_media"


@pytest.fixture
async def assist(hass: HomeAssistant) -> None:
    """Home Assistant's conversation agent. It registers views, so it is set up before the web server starts."""
    for component in "homeassistant", "conversation", "intent":
        assert await async_setup_component(hass, component, {})


@pytest.fixture
async def in_the_kitchen(
    assist: None,
    area_registry: ar.AreaRegistry,
    device_registry: dr.DeviceRegistry,
    entry: MockConfigEntry,
    library: Library,
    kitchen: Client,
) -> Client:
    """The player, in an area."""
    area = area_registry.async_create("Kitchen")
    device = device_registry.async_get_device_by_identifier((DOMAIN, "kitchen"), entry.entry_id)
    assert device is not None
    device_registry.async_update_device(device.id, area_id=area.id)
    return kitchen


PLAYED = [
    ("play Kind of Blue in the kitchen", list(KIND_OF_BLUE)),
    ("play kind of bleu in the kitchen", list(KIND_OF_BLUE)),
    ("play the album Birth of the Cool in the kitchen", list(BIRTH)),
    ("play Human Behaviour by bjork on kitchen", ["Human Behaviour"]),
    ("play some Miles Davis in the kitchen", [*BIRTH, *KIND_OF_BLUE]),
]


async def test_a_sentence_plays_music(hass: HomeAssistant, in_the_kitchen: Client, subtests: pytest.Subtests) -> None:
    for sentence, expected in PLAYED:
        with subtests.test(sentence):
            await act(hass, "clear_playlist")
            await in_the_kitchen.arrived()
            assert state(hass).state == "idle"
            answer: Any = await hass.services.async_call(
                "conversation", "process", {"text": sentence, "language": "en"}, blocking=True, return_response=True
            )
            assert answer["response"]["response_type"] == "action_done", answer
            await hass.async_block_till_done()
            assert await titles(in_the_kitchen) == expected
            assert state(hass).state == "playing"
            told = await in_the_kitchen.until("synchronized_playback", command="play")
            assert told["track"]["title"] == expected[0]


async def test_a_sentence_plays_a_radio_station(hass: HomeAssistant, in_the_kitchen: Client, library: Library) -> None:
    await library.put_station("http://radio.example/live.mp3", StationFields("Tides FM"))
    answer: Any = await hass.services.async_call(
        "conversation",
        "process",
        {"text": "play tides fm in the kitchen", "language": "en"},
        blocking=True,
        return_response=True,
    )
    assert "Tides FM" in answer["response"]["speech"]["plain"]["speech"]
    assert (await in_the_kitchen.until("synchronized_playback", command="play"))["track"]["title"] == "Tides FM"


async def test_a_sentence_plays_a_podcast(hass: HomeAssistant, in_the_kitchen: Client, library: Library) -> None:
    episodes = tuple(
        FeedEpisode(guid=str(n), url=f"http://podcast.example/{n}.mp3", title=f"Tide {n}", published_at=n + 1)
        for n in range(2)
    )
    await library.put_podcast(
        "http://podcast.example/feed.xml", PodcastFeed(title="Tidal Tales", episodes=episodes), Checked(1, 2)
    )
    await hass.services.async_call(
        "conversation",
        "process",
        {"text": "play the podcast tidal tales in the kitchen", "language": "en"},
        blocking=True,
        return_response=True,
    )
    assert await titles(in_the_kitchen) == ["Tide 1", "Tide 0"]


async def test_a_sentence_without_a_match_is_answered(hass: HomeAssistant, in_the_kitchen: Client) -> None:
    answer: Any = await hass.services.async_call(
        "conversation",
        "process",
        {"text": "play zzzzzz in the kitchen", "language": "en"},
        blocking=True,
        return_response=True,
    )
    assert answer["response"]["response_type"] == "error"
    assert state(hass).state == "idle"


async def call_tool(hass: HomeAssistant, tool: str, **words: str) -> dict[str, Any]:
    """Call a tool as a language model does."""
    context = llm.LLMContext(
        platform="test", context=Context(), language="en", assistant="conversation", device_id=None
    )
    api = await llm.async_get_api(hass, llm.LLM_API_ASSIST, context)
    assert tool in {offered.name for offered in api.tools}
    answer: Any = await api.async_call_tool(llm.ToolInput(tool_name=tool, tool_args=words))
    await hass.async_block_till_done()
    return dict(getattr(answer, "data", answer))


FOUND = [
    ("Kind of Blue", {"player_area": "Kitchen"}, list(KIND_OF_BLUE)),
    ("kind of blue miles davis", {"player_name": "kitchen"}, list(KIND_OF_BLUE)),
    ("Blue in Green", {"player_area": "Kitchen"}, ["Blue in Green"]),
    ("jazz", {"player_area": "Kitchen"}, [*BIRTH, *KIND_OF_BLUE]),
    ("Sunday", {"player_area": "Kitchen"}, ["Human Behaviour", "So What"]),
]


async def test_a_language_model_searches_and_plays_the_first_result(
    hass: HomeAssistant, in_the_kitchen: Client, subtests: pytest.Subtests
) -> None:
    for query, where, expected in FOUND:
        with subtests.test(query):
            await act(hass, "clear_playlist")
            assert state(hass).state == "idle"
            found = (await call_tool(hass, SEARCH, search_query=query, **where))["results"][0]
            assert found["can_play"]
            chosen = {key: found[key] for key in ("media_content_id", "media_content_type")}
            assert (await call_tool(hass, PLAY, **chosen, **where))["success"]
            assert await titles(in_the_kitchen) == expected
            assert state(hass).state == "playing"


async def test_a_language_model_browses_a_result(hass: HomeAssistant, in_the_kitchen: Client) -> None:
    artist = (await call_tool(hass, SEARCH, search_query="Miles Davis", player_area="Kitchen"))["results"][0]
    assert artist["can_search"]
    found = await call_tool(
        hass,
        SEARCH,
        search_query="green",
        within_media_content_id=artist["media_content_id"],
        within_media_content_type=artist["media_content_type"],
        player_area="Kitchen",
    )
    assert [item["title"] for item in found["results"]] == ["Miles Davis – Blue in Green"]


async def test_a_language_model_gets_an_empty_result(hass: HomeAssistant, in_the_kitchen: Client) -> None:
    assert (await call_tool(hass, SEARCH, search_query="zzzzzz", player_area="Kitchen"))["results"] == []


async def test_the_intent_uses_the_given_media_class(hass: HomeAssistant, in_the_kitchen: Client) -> None:
    answer = await intent.async_handle(
        hass,
        "test",
        "HassMediaSearchAndPlay",
        {"search_query": {"value": "davis"}, "media_class": {"value": "album"}, "area": {"value": "Kitchen"}},
        assistant="conversation",
    )
    assert answer.response_type is intent.IntentResponseType.ACTION_DONE
    await hass.async_block_till_done()
    assert await titles(in_the_kitchen) in (list(BIRTH), list(KIND_OF_BLUE))
