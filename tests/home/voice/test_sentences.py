"""Sentences of Assist, in English and German, through a real pipeline."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest

from custom_components.moosicbox.contexts import PlayerOrRoom
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.voice import playback_commands
from custom_components.moosicbox.voice.request import VoiceRequest
from tests.fixtures import BRASS, COPPER, PAPER
from tests.home.actions import act, play, state, titles
from tests.wire.client import Client

from .conftest import KITCHEN, LOUNGE, Say, start_over

CURRENT = [
    ("en", "What is playing?", "Kitchen: Brass Morning by The Wind-Up Trio."),
    ("en", "what's playing in the kitchen", "Kitchen: Brass Morning by The Wind-Up Trio."),
    ("en", "which song is this please", "Kitchen: Brass Morning by The Wind-Up Trio."),
    ("en", "what is playing in the living room", "Nothing is playing."),
    ("de", "Was läuft?", "Kitchen: Brass Morning von The Wind-Up Trio."),
    ("de", "was läuft gerade in der Küche", "Kitchen: Brass Morning von The Wind-Up Trio."),
    ("de", "welches Lied ist das", "Kitchen: Brass Morning von The Wind-Up Trio."),
    ("de", "was spielt im Wohnzimmer", "Es läuft nichts."),
]


async def test_the_current_track_is_named(hass: HomeAssistant, say: Say, subtests: pytest.Subtests) -> None:
    for language, sentence, expected in CURRENT:
        with subtests.test(sentence, language=language):
            await start_over(hass)
            await play(hass, BRASS)
            assert await say(sentence, language) == (expected, "action_done")


QUEUED = [
    ("en", "add Paper Lantern to the queue", ["Brass Morning", "Copper Rain", "Paper Lantern"]),
    ("en", "add paper lantern to the queue in the kitchen", ["Brass Morning", "Copper Rain", "Paper Lantern"]),
    (
        "en",
        "put Paper Lantern by the Wind-Up Trio on the kitchen queue",
        ["Brass Morning", "Copper Rain", "Paper Lantern"],
    ),
    ("en", "queue up Paper Lantern", ["Brass Morning", "Copper Rain", "Paper Lantern"]),
    ("en", "play Paper Lantern next", ["Brass Morning", "Paper Lantern", "Copper Rain"]),
    ("en", "play Paper Lantern next in the kitchen", ["Brass Morning", "Paper Lantern", "Copper Rain"]),
    ("de", "füge Paper Lantern der Warteschlange hinzu", ["Brass Morning", "Copper Rain", "Paper Lantern"]),
    (
        "de",
        "füge Paper Lantern in der Küche zur Warteschlange hinzu",
        ["Brass Morning", "Copper Rain", "Paper Lantern"],
    ),
    ("de", "setze Paper Lantern auf die Warteschlange", ["Brass Morning", "Copper Rain", "Paper Lantern"]),
    ("de", "Spiele Paper Lantern als Nächstes", ["Brass Morning", "Paper Lantern", "Copper Rain"]),
    ("de", "spiel Paper Lantern in der Küche als nächstes", ["Brass Morning", "Paper Lantern", "Copper Rain"]),
]


async def test_a_song_is_queued(
    hass: HomeAssistant, say: Say, clients: dict[str, Client], subtests: pytest.Subtests
) -> None:
    for language, sentence, expected in QUEUED:
        with subtests.test(sentence, language=language):
            await play(hass, BRASS)
            await play(hass, COPPER, enqueue="add")
            answer = await say(sentence, language)
            assert "Paper Lantern" in answer.text
            assert await titles(clients["kitchen"]) == expected
            assert state(hass).attributes["media_title"] == "Brass Morning"


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        ("en", "add Paper Lantern to the queue", "play it next"),
        ("de", "füge Paper Lantern der Warteschlange hinzu", "spiel das als Nächstes"),
    ],
)
async def test_it_is_the_song_that_was_added(
    hass: HomeAssistant, say: Say, clients: dict[str, Client], language: str, first: str, second: str
) -> None:
    assert "Yesterday" in (await say(second, language)).text, "nothing was added"
    await play(hass, BRASS)
    await play(hass, COPPER, enqueue="add")
    await say(first, language)
    assert "Paper Lantern" in (await say(second, language)).text
    assert await titles(clients["kitchen"]) == ["Brass Morning", "Paper Lantern", "Copper Rain"]


MODES = [
    ("en", "shuffle the music", "shuffle", True),
    ("en", "turn shuffle on in the kitchen", "shuffle", True),
    ("en", "turn off shuffle", "shuffle", False),
    ("en", "repeat this song", "repeat", "one"),
    ("en", "repeat the queue", "repeat", "all"),
    ("en", "stop repeating", "repeat", "off"),
    ("de", "Zufallswiedergabe", "shuffle", True),
    ("de", "schalte die Zufallswiedergabe in der Küche ein", "shuffle", True),
    ("de", "Zufallswiedergabe aus", "shuffle", False),
    ("de", "wiederhole dieses Lied", "repeat", "one"),
    ("de", "wiederhole die Warteschlange", "repeat", "all"),
    ("de", "schalte die Wiederholung aus", "repeat", "off"),
]


async def test_modes_are_changed(hass: HomeAssistant, say: Say, subtests: pytest.Subtests) -> None:
    for language, sentence, attribute, value in MODES:
        with subtests.test(sentence, language=language):
            await act(hass, "shuffle_set", shuffle=value is False)
            await act(hass, "repeat_set", repeat="all" if value == "off" else "off")
            await play(hass, BRASS)
            await say(sentence, language)
            assert state(hass).attributes[attribute] == value


JOINED = [
    ("en", "join the kitchen and the living room"),
    ("en", "group kitchen with lounge"),
    ("en", "play in the living room too"),
    ("de", "verbinde Küche und Wohnzimmer"),
    ("de", "gruppiere die Küche mit dem Wohnzimmer"),
    ("de", "spiel auch im Wohnzimmer"),
]


async def test_players_are_joined(hass: HomeAssistant, say: Say, subtests: pytest.Subtests) -> None:
    for language, sentence in JOINED:
        with subtests.test(sentence, language=language):
            await start_over(hass)
            await play(hass, BRASS)
            answer = await say(sentence, language)
            assert ("Kitchen" in answer.text, "Lounge" in answer.text) == (True, True)
            assert state(hass).attributes["group_members"] == [KITCHEN, LOUNGE]
            assert state(hass, LOUNGE).attributes["media_title"] == "Brass Morning"


HERE = [
    ("en", "play here too", "leave the group"),
    ("de", "spiel hier auch", "verlasse die Gruppe"),
    ("de", "spiele auch hier", "trenne das Wohnzimmer von der Gruppe"),
]


async def test_here_is_the_area_of_the_satellite(hass: HomeAssistant, say: Say, subtests: pytest.Subtests) -> None:
    for language, join, leave in HERE:
        with subtests.test(join, leave=leave, language=language):
            await start_over(hass)
            await play(hass, BRASS)
            await say(join, language, "Living room")
            assert state(hass, LOUNGE).attributes["group_members"] == [KITCHEN, LOUNGE]
            await say(leave, language, "Living room")
            assert state(hass, LOUNGE).attributes["group_members"] == []


DISSOLVED = [("en", "ungroup the players"), ("de", "löse die Gruppe auf"), ("en", "ungroup the lounge")]


async def test_a_group_is_dissolved(hass: HomeAssistant, say: Say, hub: Hub, subtests: pytest.Subtests) -> None:
    for language, sentence in DISSOLVED:
        with subtests.test(sentence, language=language):
            await start_over(hass)
            await play(hass, BRASS)
            await say("join the kitchen and the lounge")
            assert state(hass, LOUNGE).attributes["group_members"] == [KITCHEN, LOUNGE]
            await say(sentence, language)
            hub.timers.run(hub.clock.now_us())
            await hass.async_block_till_done()
            assert [state(hass, entity_id).attributes["group_members"] for entity_id in (KITCHEN, LOUNGE)] == [[], []]


STOPPED_EVERYWHERE = [
    ("en", "stop the music everywhere"),
    ("en", "turn off the music in all rooms"),
    ("en", "stop all music"),
    ("de", "stoppe die Musik überall"),
    ("de", "Musik überall aus"),
    ("de", "mach überall die Musik aus"),
]


async def test_the_music_stops_everywhere(hass: HomeAssistant, say: Say, subtests: pytest.Subtests) -> None:
    for language, sentence in STOPPED_EVERYWHERE:
        with subtests.test(sentence, language=language):
            await play(hass, BRASS)
            await play(hass, COPPER, entity_id=LOUNGE)
            assert [state(hass, entity_id).state for entity_id in (KITCHEN, LOUNGE)] == ["playing", "playing"]
            await say(sentence, language)
            assert [state(hass, entity_id).state for entity_id in (KITCHEN, LOUNGE)] == ["paused", "paused"]


STOPPED = [
    ("en", "stop the music in the kitchen", None),
    ("en", "turn the music off", None),
    ("de", "Musik aus", None),
    ("de", "mach die Musik in der Küche aus", None),
    ("de", "stoppe die Musik", "Kitchen"),
]


async def test_the_music_stops_in_one_place(hass: HomeAssistant, say: Say, subtests: pytest.Subtests) -> None:
    for language, sentence, area in STOPPED:
        with subtests.test(sentence, language=language):
            await play(hass, BRASS)
            assert state(hass).state == "playing"
            await say(sentence, language, area)
            assert state(hass).state == "paused"


SKIPPED = [
    ("en", "skip this song"),
    ("en", "next song please"),
    ("de", "überspringe dieses Lied"),
    ("de", "nächstes Lied"),
]


async def test_a_song_is_skipped(hass: HomeAssistant, say: Say, subtests: pytest.Subtests) -> None:
    for language, sentence in SKIPPED:
        with subtests.test(sentence, language=language):
            await play(hass, BRASS)
            await play(hass, COPPER, enqueue="add")
            assert "Brass Morning" in (await say(sentence, language)).text
            assert state(hass).attributes["media_title"] == "Copper Rain"


LIKED = [
    ("en", "like this song", "remove this song from my favourites"),
    ("en", "I love this song", "unlike this song"),
    ("de", "dieses Lied gefällt mir", "entferne dieses Lied aus meinen Favoriten"),
    ("de", "füge dieses Lied zu meinen Favoriten hinzu", "lösche das Lied aus den Favoriten"),
]


async def test_a_song_is_liked(
    hass: HomeAssistant, say: Say, clients: dict[str, Client], library: Library, subtests: pytest.Subtests
) -> None:
    async def is_favourite() -> bool:
        hits = (await clients["kitchen"].request("library_request", request_type="search", query="Paper Lantern"))[
            "data"
        ]
        return bool(hits["items"][0]["favourite"])

    for language, like, unlike in LIKED:
        with subtests.test(like, unlike=unlike, language=language):
            await start_over(hass)
            for track in (await library.get_tracks()).items:
                await library.set_favourite(track.track_id, favourite=False)
            await say("play Paper Lantern next in the kitchen")
            await act(hass, "media_play")
            assert "Paper Lantern" in (await say(like, language)).text
            assert await is_favourite()
            await say(unlike, language)
            assert not await is_favourite()


ADDED = [
    ("en", "who added this?", "tester added Brass Morning by The Wind-Up Trio."),
    ("de", "wer hat dieses Lied ausgesucht", "tester hat Brass Morning von The Wind-Up Trio hinzugefügt."),
]


async def test_the_user_who_added_a_song_is_named(
    hass: HomeAssistant, say: Say, clients: dict[str, Client], subtests: pytest.Subtests
) -> None:
    for language, sentence, expected in ADDED:
        with subtests.test(sentence, language=language):
            await start_over(hass)
            nothing = await say(sentence, language)
            assert nothing.text in ("Nothing is playing.", "Es läuft nichts.")
            added = await clients["kitchen"].request("queue_command", action="add", media_content_id=BRASS, play=True)
            assert added["type"] == "result", added
            assert (await say(sentence, language)).text == expected


async def test_sentences_about_other_devices_are_left_alone(hass: HomeAssistant, say: Say) -> None:
    for sentence in (
        "what is playing on the television",
        "add milk to the shopping list",
        "join the garage and the attic",
    ):
        assert (await say(sentence)).kind == "error"
    assert (await say("was läuft im Fernsehen", "de")).kind == "error"


async def test_names_are_followed(hass: HomeAssistant, say: Say, hub: Hub) -> None:
    await play(hass, PAPER)
    assert (await say("what is playing in the pantry")).kind == "error"
    er.async_get(hass).async_update_entity(KITCHEN, aliases=[er.COMPUTED_NAME, "Pantry"])
    await hass.async_block_till_done()
    assert "Paper Lantern" in (await say("what is playing in the pantry")).text
    device = er.async_get(hass).async_get(KITCHEN)
    assert device is not None
    assert device.device_id is not None
    dr.async_get(hass).async_update_device(device.device_id, name_by_user="Larder (old)")
    await hass.async_block_till_done()
    assert "Paper Lantern" in (await say("what is playing in the larder old")).text


async def test_what_cannot_be_done_is_said(hass: HomeAssistant, hub: Hub, say: Say, clients: dict[str, Client]) -> None:
    """Before anything plays, and for music that isn't in the library."""
    for sentence, answer in (
        ("play that", "There is nothing to choose from. Name a song."),
        ("play here too", "Where?"),
        ("who added this", "Nothing is playing."),
        ("like this song", "Nothing is playing."),
        ("leave the group in the kitchen", "Kitchen is in no group."),
        ("dissolve the group", "There is no such group."),
        ("play in the living room too", "Music has to play on another player first."),
    ):
        assert (await say(sentence)).text.startswith(answer.removesuffix("?")), sentence
    await play(hass, "/local/song.mp3")
    assert (await say("like this song")).text.endswith("is not in the library.")


async def test_the_offered_song_is_played_next(hass: HomeAssistant, say: Say, clients: dict[str, Client]) -> None:
    await play(hass, BRASS)
    await play(hass, COPPER, enqueue="add")
    assert (await say("play Paper Moon in the kitchen")).kind == "error"
    assert "Paper Lantern" in (await say("play it next")).text
    assert await titles(clients["kitchen"]) == ["Brass Morning", "Paper Lantern", "Copper Rain"]


async def test_a_player_that_cannot_pause_is_stopped(
    hass: HomeAssistant, hub: Hub, say: Say, clients: dict[str, Client]
) -> None:
    await play(hass, BRASS)
    hub.players.get("kitchen").capabilities = ("play", "stop")
    assert (await say("stop the music")).kind == "action_done"
    assert state(hass).state == "idle"


async def test_one_player_that_fails_does_not_keep_the_others_playing(
    hass: HomeAssistant, say: Say, clients: dict[str, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    await play(hass, BRASS)
    await play(hass, COPPER, entity_id=LOUNGE)
    pause = playback_commands._pause

    async def fail_in_the_kitchen(request: VoiceRequest, context: PlayerOrRoom) -> None:
        if context.name == "Kitchen":
            raise HomeAssistantError("Busy")
        await pause(request, context)

    monkeypatch.setattr(playback_commands, "_pause", fail_in_the_kitchen)
    assert "Busy" in (await say("stop the music everywhere")).text
    assert (state(hass).state, state(hass, LOUNGE).state) == ("playing", "paused")
