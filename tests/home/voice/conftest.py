"""Fixtures: a real Assist pipeline, two players in areas, and music in the library."""

from collections.abc import Awaitable, Callable, Iterator
from functools import cache
from pathlib import Path
import shutil
from typing import Any, NamedTuple

from hassil import parse_sentence
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.engine.library.library import Library
from tests.conftest import SharedFolder
from tests.fixtures import Connect
from tests.home.actions import act, state
from tests.home.scanned import scanned_music
from tests.wire.client import Client, player

AREAS = {"kitchen": ("Kitchen", "Küche"), "lounge": ("Living room", "Wohnzimmer")}
KITCHEN, LOUNGE = "media_player.kitchen", "media_player.lounge"


class Reply(NamedTuple):
    """The reply of Assist."""

    text: str
    kind: str
    """`action_done`, `query_answer` or `error`."""


type Say = Callable[..., Awaitable[Reply]]


async def start_over(hass: HomeAssistant) -> None:
    """Take the players out of their group, and empty their queues."""
    for entity_id in KITCHEN, LOUNGE:
        await act(hass, "unjoin", entity_id)
    await hass.async_block_till_done()
    for entity_id in KITCHEN, LOUNGE:
        await act(hass, "clear_playlist", entity_id)
    await hass.async_block_till_done()
    for entity_id in KITCHEN, LOUNGE:
        shown = state(hass, entity_id)
        assert (shown.state, shown.attributes["group_members"]) == ("idle", [])


@pytest.fixture(autouse=True, scope="session")
def parsed_once() -> Iterator[None]:
    """Parse each template once for all tests: Assist does so for each Home Assistant."""
    with pytest.MonkeyPatch.context() as patches:
        patches.setattr("hassil.intents.parse_sentence", cache(parse_sentence))
        yield


@pytest.fixture
async def assist(hass: HomeAssistant) -> None:
    """Home Assistant's Assist. It registers views, so it is set up before the web server starts."""
    for component in "homeassistant", "conversation", "assist_pipeline":
        assert await async_setup_component(hass, component, {})


@pytest.fixture
def media_folder(shared_folder: SharedFolder, songs: Path, tmp_path: Path) -> Path:
    """Home Assistant's media folder with the songs, which are in the library's index."""
    return scanned_music(
        shared_folder,
        "scanned songs",
        lambda folder: shutil.copytree(songs, folder, dirs_exist_ok=True),
        tmp_path / "config",
    )


@pytest.fixture
def library(entry: MockConfigEntry) -> Library:
    """The entry's library."""
    library: Library = entry.runtime_data.library
    return library


@pytest.fixture
async def clients(
    hass: HomeAssistant,
    assist: None,
    area_registry: ar.AreaRegistry,
    device_registry: dr.DeviceRegistry,
    entry: MockConfigEntry,
    library: Library,
    kitchen: Client,
    connect: Connect,
    token: str,
) -> dict[str, Client]:
    """Two players in two areas, which have an English and a German name."""
    lounge = await connect()
    await lounge.authenticate(token, client=player("lounge"))
    await hass.async_block_till_done()
    for player_id, (name, alias) in AREAS.items():
        area = area_registry.async_create(name, aliases={alias})
        device = device_registry.async_get_device_by_identifier((DOMAIN, player_id), entry.entry_id)
        assert device is not None
        device_registry.async_update_device(device.id, area_id=area.id)
    await hass.async_block_till_done()
    return {"kitchen": kitchen, "lounge": lounge}


@pytest.fixture
async def say(hass: HomeAssistant, clients: dict[str, Client], hass_ws_client: WebSocketGenerator) -> Say:
    """Return a function that sends a text through a pipeline in a language, as a satellite in an area if one is named."""
    client = await hass_ws_client(hass)
    pipelines: dict[str, str] = {}
    satellites: dict[str, str] = {}

    async def pipeline(language: str) -> str:
        fields: dict[str, Any] = {
            "name": language,
            "language": language,
            "conversation_engine": "conversation.home_assistant",
            "conversation_language": language,
            **dict.fromkeys(("stt_engine", "stt_language", "tts_engine", "tts_language", "tts_voice")),
            **dict.fromkeys(("wake_word_entity", "wake_word_id")),
        }
        await client.send_json_auto_id({"type": "assist_pipeline/pipeline/create", **fields})
        answer = await client.receive_json()
        assert answer["success"], answer
        return str(answer["result"]["id"])

    def satellite(area: str) -> str:
        entry = MockConfigEntry(domain="test")
        entry.add_to_hass(hass)
        device = dr.async_get(hass).async_get_or_create(config_entry_id=entry.entry_id, identifiers={("test", area)})
        found = ar.async_get(hass).async_get_area_by_name(area)
        assert found is not None
        dr.async_get(hass).async_update_device(device.id, area_id=found.id)
        return device.id

    async def say(text: str, language: str = "en", area: str | None = None) -> Reply:
        if language not in pipelines:
            pipelines[language] = await pipeline(language)
        if area is not None and area not in satellites:
            satellites[area] = satellite(area)
        await client.send_json_auto_id(
            {
                "type": "assist_pipeline/run",
                "start_stage": "intent",
                "end_stage": "intent",
                "pipeline": pipelines[language],
                "input": {"text": text},
                **({} if area is None else {"device_id": satellites[area]}),
            }
        )
        response: dict[str, Any] = {}
        while True:
            message = await client.receive_json()
            event = message.get("event") or {}
            assert message["type"] != "result" or message["success"], message
            assert event.get("type") != "error", event
            if event.get("type") == "intent-end":
                response = event["data"]["intent_output"]["response"]
            elif event.get("type") == "run-end":
                await hass.async_block_till_done()
                return Reply(response["speech"].get("plain", {}).get("speech", ""), response["response_type"])

    return say
