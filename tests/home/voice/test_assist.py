"""The rules around the sentences: exposure, rights, other integrations, screens."""

from typing import Any

from homeassistant.auth.models import User
from homeassistant.components.conversation.agent_manager import get_agent_manager
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.const import EVENT_CALL_SERVICE
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er, intent
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events
import yaml

from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.rooms.room import RoomSettings
from custom_components.moosicbox.voice.assist import COMMANDS
from custom_components.moosicbox.voice.language import FOLDER, LANGUAGES, load_languages
from custom_components.moosicbox.voice.startup import async_start_voice
from tests.fixtures import BRASS, COPPER, Connect
from tests.home.actions import play, state
from tests.home.parties import room_command
from tests.wire.client import Client, player

from .conftest import KITCHEN, LOUNGE, Say


def test_each_language_has_each_command_and_answer() -> None:
    languages = load_languages()
    english = yaml.safe_load((FOLDER / "en.yaml").read_text("utf-8"))
    assert set(languages) == set(LANGUAGES)
    for code, language in languages.items():
        assert set(language.sentences) == set(COMMANDS), code
        assert set(language.queries) == set(languages["en"].queries), code
        assert set(language.answers) == set(languages["en"].answers), code
        for key, answer in language.answers.items():
            assert placeholders(answer) == placeholders(english["answers"][key]), (code, key)


def placeholders(text: str) -> set[str]:
    return {part.split("}")[0] for part in text.split("{")[1:]}


async def test_players_that_are_not_exposed_are_left_alone(hass: HomeAssistant, say: Say) -> None:
    await play(hass, BRASS)
    await play(hass, COPPER, entity_id=LOUNGE)
    async_expose_entity(hass, "conversation", KITCHEN, False)
    await hass.async_block_till_done()
    assert (await say("what is playing")).text == "Lounge: Copper Rain by The Wind-Up Trio."
    assert (await say("what is playing in the kitchen")).kind == "error"
    await say("stop the music everywhere")
    assert (state(hass).state, state(hass, LOUNGE).state) == ("playing", "paused")
    async_expose_entity(hass, "conversation", LOUNGE, False)
    await hass.async_block_till_done()
    assert (await say("what is playing")).kind == "error", "without an exposed player, there are no sentences"


async def test_sentences_end_with_the_entry(hass: HomeAssistant, say: Say, entry: MockConfigEntry) -> None:
    await play(hass, BRASS)
    await hass.config_entries.async_unload(entry.entry_id)
    assert (await say("what is playing")).kind == "error"
    handlers = [each for each in intent.async_get(hass) if each.intent_type == "HassMediaSearchAndPlay"]
    assert [type(handler).__name__ for handler in handlers] == ["MediaSearchAndPlayHandler"]
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert "Brass Morning" in (await say("what is playing")).text


async def test_a_name_that_changes_with_the_end_of_the_entry_registers_nothing(
    hass: HomeAssistant, say: Say, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    end = async_start_voice(hass, entry.runtime_data)
    await hass.async_block_till_done()
    sentences = len(get_agent_manager(hass).trigger_sentences)
    # Both in one turn of the event loop, as when an entry is removed with its entities.
    entity_registry.async_update_entity("media_player.kitchen", name="Scullery")
    end()
    await hass.async_block_till_done()
    await hass.config_entries.async_unload(entry.entry_id)
    assert sentences
    assert get_agent_manager(hass).trigger_sentences == []


async def test_a_users_own_sentence_takes_precedence(hass: HomeAssistant, say: Say) -> None:
    runs = async_capture_events(hass, "own_sentence")
    automation = {
        "triggers": [{"trigger": "conversation", "command": "skip this {thing}"}],
        "actions": [{"event": "own_sentence"}, {"set_conversation_response": "As you wish"}],
    }
    assert await async_setup_component(hass, "automation", {"automation": automation})
    await play(hass, BRASS)
    await play(hass, COPPER, enqueue="add")
    assert (await say("skip this song")).text == "As you wish"
    assert len(runs) == 1
    assert state(hass).attributes["media_title"] == "Brass Morning"


@pytest.fixture
def television(hass: HomeAssistant, area_registry: ar.AreaRegistry, entity_registry: er.EntityRegistry) -> str:
    """A media player of another integration, which plays in an area of its own."""
    entry = entity_registry.async_get_or_create("media_player", "other", "tv", suggested_object_id="television")
    entity_registry.async_update_entity(entry.entity_id, area_id=area_registry.async_create("Bedroom").id)
    hass.states.async_set(entry.entity_id, "playing", {"supported_features": 0xFFFFFF, "friendly_name": "Television"})
    return entry.entity_id


async def test_another_integrations_player_is_controlled_where_it_is_alone(
    hass: HomeAssistant, say: Say, television: str, subtests: pytest.Subtests
) -> None:
    for sentence, service in ("skip this song", "media_next_track"), ("stop the music", "media_pause"):
        with subtests.test(sentence):
            await play(hass, BRASS)
            calls = async_capture_events(hass, EVENT_CALL_SERVICE)
            assert (await say(sentence, area="Bedroom")).text == "Done."
            assert [(call.data["service"], call.data["service_data"]["entity_id"]) for call in calls] == [
                (service, television)
            ]
            assert state(hass).state == "playing"


async def test_another_integrations_player_keeps_its_requests(
    hass: HomeAssistant, say: Say, television: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    [handler] = [each for each in intent.async_get(hass) if each.intent_type == "HassMediaSearchAndPlay"]
    handled: list[str] = []

    async def handle(intent_obj: intent.Intent) -> intent.IntentResponse:
        handled.append(intent_obj.slots["search_query"]["value"])
        return intent_obj.create_response()

    other: Any = vars(handler)["other"]
    monkeypatch.setattr(other, "async_handle", handle)
    await say("play Casablanca in the bedroom")
    assert handled == ["Casablanca"]


async def test_the_rights_of_the_user_apply(
    hass: HomeAssistant, clients: dict[str, Client], hub: Hub, hass_admin_user: User
) -> None:
    hub.rooms.create(RoomSettings(name="Party"), "party")
    await hass.async_block_till_done()
    user = await hass.auth.async_create_user("Kim", group_ids=["system-users"])

    async def shuffle(user_id: str | None) -> str:
        answer: Any = await hass.services.async_call(
            "conversation",
            "process",
            {"text": "shuffle the music in Party", "language": "en"},
            blocking=True,
            return_response=True,
            context=Context(user_id=user_id),
        )
        return str(answer["response"]["speech"]["plain"]["speech"])

    assert (await shuffle(user.id)).startswith("That didn't work. ")
    assert state(hass, "media_player.party").attributes["shuffle"] is False
    assert await shuffle(hass_admin_user.id) == "Shuffling on Party."
    assert await shuffle(None) == "Shuffling on Party."


async def test_a_user_votes_in_a_room_that_votes(
    hass: HomeAssistant, say: Say, clients: dict[str, Client], connect: Connect, hass_access_token: str
) -> None:
    await room_command(clients["kitchen"], "create", name="Party", id="party", wait="none", control="votes")
    phone = await connect()
    await phone.authenticate(hass_access_token, client=player("phone"))
    await room_command(phone, "join", room_id="party")
    await hass.async_block_till_done()
    await play(hass, BRASS, entity_id="media_player.party")
    await play(hass, COPPER, entity_id="media_player.party", enqueue="add")
    assert (await say("skip this song in Party")).text == "Your vote to skip counts: 1 of 2."
    assert state(hass, KITCHEN).attributes["media_title"] == "Brass Morning"


INVITE = [
    ("en", "invite guests to the party"),
    ("en", "show the QR code"),
    ("de", "lade Gäste zur Party ein"),
    ("de", "zeig mir den QR-Code"),
]


async def test_a_page_shows_the_code_for_guests(
    hass: HomeAssistant, say: Say, hub: Hub, connect: Connect, hass_access_token: str, subtests: pytest.Subtests
) -> None:
    for language, sentence in INVITE:
        with subtests.test("no room", language=language, sentence=sentence):
            assert (await say(sentence, language)).text.startswith(("There is no room", "Es gibt keinen Raum"))
    hub.rooms.create(RoomSettings(name="Party"), "party")
    await hass.async_block_till_done()
    for language, sentence in INVITE:
        with subtests.test("no page", language=language, sentence=sentence):
            assert (await say(sentence, language)).text.startswith(("No screen", "Es ist kein Bildschirm"))
    page = await connect()
    await page.authenticate(hass_access_token)
    for language, sentence in INVITE:
        with subtests.test("a page", language=language, sentence=sentence):
            await page.arrived()
            assert "Party" in (await say(sentence, language)).text
            message = await page.until("message", event="moosicbox.show_invite")
            assert message["data"] == {"room_id": "party", "name": "Party"}


async def test_the_nearest_page_shows_the_code(
    hass: HomeAssistant,
    say: Say,
    hub: Hub,
    area_registry: ar.AreaRegistry,
    device_registry: dr.DeviceRegistry,
    entry: MockConfigEntry,
    connect: Connect,
    hass_access_token: str,
) -> None:
    hub.rooms.create(RoomSettings(name="Party"), "party")
    tablet, other = await connect(), await connect()
    await tablet.authenticate(hass_access_token, client=player("tablet"))
    await other.authenticate(hass_access_token)
    await hass.async_block_till_done()
    device = device_registry.async_get_device_by_identifier((DOMAIN, "tablet"), entry.entry_id)
    kitchen = area_registry.async_get_area_by_name("Kitchen")
    assert device is not None
    assert kitchen is not None
    device_registry.async_update_device(device.id, area_id=kitchen.id)
    await say("invite guests", area="Kitchen")
    assert "message" in [message["type"] for message in await tablet.arrived()]
    assert "message" not in [message["type"] for message in await other.arrived()]
