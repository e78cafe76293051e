"""Requests for music: by name, in general, and for what isn't there."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent
import pytest

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.rooms.room import RoomSettings
from tests.fixtures import BRASS, PAPER
from tests.home.actions import act, play, state, titles
from tests.wire.client import Client

from .conftest import KITCHEN, LOUNGE, Say, start_over

ALL = {"Brass Morning", "Copper Rain", "Paper Lantern"}

NAMED = [
    ("en", "play Paper Lantern in the kitchen", {"Paper Lantern"}),
    ("en", "play paper lantren on kitchen", {"Paper Lantern"}),
    ("en", "play the album Three Turns of the Key in the kitchen", ALL),
    ("en", "play some Wind-Up Trio in the kitchen", ALL),
    ("de", "spiele Paper Lantern in der Küche", {"Paper Lantern"}),
    ("de", "spiel das Album Three Turns of the Key in der Küche ab", ALL),
]


async def test_music_is_played_by_its_name(
    hass: HomeAssistant, say: Say, clients: dict[str, Client], subtests: pytest.Subtests
) -> None:
    for language, sentence, expected in NAMED:
        with subtests.test(sentence, language=language):
            await start_over(hass)
            answer = await say(sentence, language)
            assert answer.kind == "action_done"
            assert "Kitchen" in answer.text
            assert set(await titles(clients["kitchen"])) == expected
            assert state(hass).state == "playing"


@pytest.mark.parametrize(
    ("language", "sentence", "answer", "follow_up"),
    [
        ("en", "play Paper Moon in the kitchen", "I looked for “Paper Moon”", "play that"),
        ("de", "spiele Paper Moon in der Küche", "Ich habe nach „Paper Moon“ gesucht", "spiel das"),
    ],
)
async def test_the_nearest_song_is_offered(
    hass: HomeAssistant,
    say: Say,
    caplog: pytest.LogCaptureFixture,
    language: str,
    sentence: str,
    answer: str,
    follow_up: str,
) -> None:
    reply = await say(sentence, language)
    assert reply.kind == "error"
    assert reply.text.startswith(answer)
    assert "Paper Lantern" in reply.text
    assert state(hass).state == "idle"
    await say(follow_up, language)
    assert state(hass).attributes["media_title"] == "Paper Lantern"
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]


UNKNOWN = [
    (
        "en",
        "play Bohemian Rhapsody in the kitchen",
        "I looked for “Bohemian Rhapsody” and found nothing in the library.",
    ),
    (
        "en",
        "add Bohemian Rhapsody to the queue in the kitchen",
        "I looked for “Bohemian Rhapsody” and found nothing in the library.",
    ),
    (
        "de",
        "spiele Bohemian Rhapsody in der Küche",
        "Ich habe nach „Bohemian Rhapsody“ gesucht und in der Bibliothek nichts gefunden.",
    ),
]


async def test_an_unknown_song_is_named(
    hass: HomeAssistant, say: Say, caplog: pytest.LogCaptureFixture, subtests: pytest.Subtests
) -> None:
    for language, sentence, expected in UNKNOWN:
        with subtests.test(sentence, language=language):
            caplog.clear()
            assert (await say(sentence, language)).text == expected
            assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]


ANYTHING = [
    ("en", "play music in the kitchen", None),
    ("en", "play some music in the kitchen", None),
    ("en", "play something", "Kitchen"),
    ("en", "play some music", "Kitchen"),
    ("en", "turn the music on in the kitchen", None),
    ("de", "spiele etwas Musik in der Küche", None),
    ("de", "spiele etwas Musik", "Kitchen"),
    ("de", "spiel irgendwas in der Küche", None),
    ("de", "Musik an", "Kitchen"),
]


async def test_music_in_general_goes_on_with_the_queue(
    hass: HomeAssistant, say: Say, clients: dict[str, Client], subtests: pytest.Subtests
) -> None:
    for language, sentence, area in ANYTHING:
        with subtests.test(sentence, language=language):
            await play(hass, PAPER)
            await act(hass, "media_pause")
            assert "Paper Lantern" in (await say(sentence, language, area)).text
            assert state(hass).state == "playing"
            assert await titles(clients["kitchen"]) == ["Paper Lantern"]


async def test_music_in_general_is_the_favourites_without_a_queue(
    hass: HomeAssistant, say: Say, clients: dict[str, Client], library: Library, subtests: pytest.Subtests
) -> None:
    for sentence in "play some music in the kitchen", "play my favourites in the kitchen":
        with subtests.test(sentence):
            await start_over(hass)
            track = (await library.search("Copper Rain")).items[0].item
            await library.set_favourite(track.track_id)  # type: ignore[union-attr]
            assert "favourites" in (await say(sentence)).text
            assert await titles(clients["kitchen"]) == ["Copper Rain"]


async def test_music_in_general_is_a_mix_without_favourites(
    hass: HomeAssistant, say: Say, clients: dict[str, Client]
) -> None:
    answer = await say("spiele etwas Musik in der Küche", "de")
    assert answer.text == "Eine Mischung aus deiner Bibliothek läuft. Kitchen."
    assert set(await titles(clients["kitchen"])) == ALL
    assert state(hass).attributes["shuffle"] is True


NO_FAVOURITES = [
    ("en", "play my favourites in the kitchen", None),
    ("en", "play my favorite songs", "Kitchen"),
    ("de", "spiele meine Favoriten in der Küche", None),
    ("de", "spiele meine Lieblingslieder", "Kitchen"),
]


async def test_no_favourites_are_no_error(say: Say, subtests: pytest.Subtests) -> None:
    for language, sentence, area in NO_FAVOURITES:
        with subtests.test(sentence, language=language):
            assert (await say(sentence, language, area)).text.startswith(
                ("You have no favourites", "Du hast noch keine")
            )


async def test_a_room_without_players_is_named(hass: HomeAssistant, say: Say, hub: Hub) -> None:
    hub.rooms.create(RoomSettings(name="Party"), "party")
    await hass.async_block_till_done()
    answer = await say("add Paper Lantern to the queue in Party")
    assert answer.text == (
        "Added Paper Lantern by The Wind-Up Trio to the queue of Party. "
        "Party has no players, so the music can't be heard yet."
    )
    assert state(hass, "media_player.party").attributes["queue_size"] == 1


async def test_a_place_is_asked_for_if_it_is_unclear(hass: HomeAssistant, say: Say) -> None:
    assert (await say("shuffle the music")).text == "Where? Say for example: in Kitchen."
    await play(hass, BRASS, entity_id=LOUNGE)
    assert (await say("shuffle the music")).text == "Shuffling on Lounge."
    assert state(hass, KITCHEN).attributes["shuffle"] is False


SWITCHED = [
    ("en", "turn off the lounge", "turn on the lounge"),
    ("de", "schalte Lounge aus", "schalte Lounge ein"),
]


async def test_a_player_is_turned_off_and_on(
    hass: HomeAssistant, say: Say, caplog: pytest.LogCaptureFixture, subtests: pytest.Subtests
) -> None:
    for language, off, on in SWITCHED:
        with subtests.test(off, language=language):
            caplog.clear()
            await start_over(hass)
            await play(hass, PAPER, entity_id=LOUNGE)
            assert (await say(off, language)).kind == "action_done"
            assert state(hass, LOUNGE).state == "idle"
            assert (await say(on, language)).kind == "action_done"
            shown = state(hass, LOUNGE)
            assert (shown.state, shown.attributes["media_title"]) == ("playing", "Paper Lantern")
            await act(hass, "toggle", LOUNGE)
            assert state(hass, LOUNGE).state == "idle"
            await act(hass, "toggle", LOUNGE)
            assert state(hass, LOUNGE).state == "playing"
            assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]


async def test_home_assistants_own_intent_understands_more_than_names(
    hass: HomeAssistant, clients: dict[str, Client], library: Library, subtests: pytest.Subtests
) -> None:
    """Models call it with whatever was said."""
    (track, *_) = (await library.get_tracks()).items
    await clients["kitchen"].request("library_request", request_type="set_favourite", id=track.track_id, favourite=True)
    for query in "something", "my favourites", "folk music":
        with subtests.test(query):
            await start_over(hass)
            slots = {"search_query": {"value": query}, "name": {"value": "Kitchen"}}
            response = await intent.async_handle(hass, "test", "HassMediaSearchAndPlay", slots, query)
            played = response.response_type is not intent.IntentResponseType.ERROR
            # The songs of these tests have no genre.
            assert played is (query != "folk music")
            assert (state(hass).state == "playing") is played
