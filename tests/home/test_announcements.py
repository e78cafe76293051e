"""Announcements interrupt the music, which continues afterwards at the same position, or they are mixed with it."""

import dataclasses
from typing import Any

from homeassistant.components.media_player import MediaPlayerEntityFeature as Feature
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest

from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import BRASS, COPPER, PAPER, Advance, Connect, CreateToken, Lose
from tests.wire.client import Client, Message, player

from .actions import KITCHEN, act, next_command, play, report, state, titles
from .parties import PARTY


async def announce(hass: HomeAssistant, media_content_id: str, entity_id: str = KITCHEN) -> None:
    await play(hass, media_content_id, entity_id=entity_id, announce=True)


async def plays_within(seconds: float, client: Client, advance: Advance) -> list[str | None]:
    """Return what the player is commanded to play while time passes; it answers the hub's pings."""
    told = []
    while seconds > 0:
        await advance(min(seconds, 3))
        seconds -= 3
        told += [m for m in await client.arrived() if m["type"] == "synchronized_playback"]
    return [message["track"] and message["track"]["title"] for message in told]


async def ends(hass: HomeAssistant, client: Client, told: Message, state: str = "idle") -> None:
    """Report the end of an item."""
    await report(client, state, told)
    await hass.async_block_till_done()


async def test_the_music_continues_and_the_queue_is_unchanged(
    hass: HomeAssistant, kitchen: Client, advance: Advance
) -> None:
    await play(hass, BRASS)
    await play(hass, COPPER, enqueue="add")
    song = await next_command(kitchen)
    await advance(5)
    await kitchen.arrived()
    await announce(hass, PAPER)
    told = await next_command(kitchen)
    assert (told["track"]["title"], told["start_position"], told["topic"]) == ("Paper Lantern", 0, "play:kitchen")
    assert told["track"]["stream_url"]
    assert await titles(kitchen) == ["Brass Morning", "Copper Rain"]
    assert (state(hass).state, state(hass).attributes["media_title"]) == ("paused", "Brass Morning")
    await report(kitchen, "playing", told)
    await advance(4)
    assert not [m for m in await kitchen.arrived() if m["type"] == "synchronized_playback"]
    await ends(hass, kitchen, told)
    again = await next_command(kitchen)
    assert again["queue_item_id"] == song["queue_item_id"]
    assert again["start_position"] == pytest.approx(5, abs=0.1)
    assert state(hass).state == "playing"


async def test_text_to_speech_is_fetched_from_its_url(hass: HomeAssistant, kitchen: Client) -> None:
    await play(hass, BRASS)
    await next_command(kitchen)
    await announce(hass, "/api/tts_proxy/hello.mp3")
    assert (await next_command(kitchen))["track"]["stream_url"] == "/api/tts_proxy/hello.mp3"


@pytest.mark.parametrize("before", ["nothing", "paused", "stopped"])
async def test_a_paused_player_stays_paused(
    hass: HomeAssistant, kitchen: Client, advance: Advance, before: str
) -> None:
    if before != "nothing":
        await play(hass, BRASS)
        await advance(5)
        await act(hass, "media_pause" if before == "paused" else "media_stop")
    shown = state(hass)
    await announce(hass, PAPER)
    told = await kitchen.until("synchronized_playback", command="play", start_position=0.0)
    while told["track"]["title"] != "Paper Lantern":
        told = await next_command(kitchen)
    await ends(hass, kitchen, told)
    last = [m for m in await kitchen.arrived() if m["type"] == "synchronized_playback"][-1]
    assert last["command"] == ("pause" if before == "paused" else "stop")
    assert (state(hass).state, state(hass).attributes) == (shown.state, shown.attributes)


async def test_announcements_are_played_in_sequence_before_the_music_continues(
    hass: HomeAssistant, kitchen: Client, advance: Advance
) -> None:
    await play(hass, BRASS)
    await next_command(kitchen)
    await advance(3)
    await announce(hass, PAPER)
    await announce(hass, COPPER)
    first = await next_command(kitchen)
    assert first["track"]["title"] == "Paper Lantern"
    assert not [m for m in await kitchen.arrived() if m["type"] == "synchronized_playback"]
    await ends(hass, kitchen, first)
    second = await next_command(kitchen)
    assert second["track"]["title"] == "Copper Rain"
    await ends(hass, kitchen, second)
    music = await next_command(kitchen)
    assert (music["track"]["title"], music["start_position"]) == ("Brass Morning", pytest.approx(3, abs=0.1))


async def test_waiting_announcements_are_limited(hass: HomeAssistant, kitchen: Client) -> None:
    for _ in range(11):
        await announce(hass, PAPER)
    with pytest.raises(HomeAssistantError) as refusal:
        await announce(hass, PAPER)
    assert refusal.value.translation_key == "too_many_announcements"


@pytest.mark.parametrize("how", ["silence", "error", "gone", "removed"])
async def test_the_caller_is_released_if_the_player_fails_or_disappears(
    hass: HomeAssistant, hub: Hub, kitchen: Client, advance: Advance, lose: Lose, how: str
) -> None:
    await play(hass, BRASS)
    await next_command(kitchen)
    await announce(hass, PAPER)
    await announce(hass, COPPER)
    told = await next_command(kitchen)
    kitchen_player = hub.players.get("kitchen")
    match how:
        case "silence":
            assert await plays_within(told["track"]["duration"] + 4, kitchen, advance) == []
            assert await plays_within(2, kitchen, advance) == ["Copper Rain"]
            assert (await plays_within(60, kitchen, advance))[0] == "Brass Morning"
            await lose(kitchen)
        case "error":
            await ends(hass, kitchen, told, "error")
            assert (await next_command(kitchen))["track"]["title"] == "Copper Rain"
            await advance(120)
        case "gone":
            await lose(kitchen)
            await advance(hub.limits.availability_grace + 1)
        case "removed":
            hub.players.remove("kitchen")
            await advance(1)
    await advance(120)
    assert kitchen_player.announcement is None
    assert not hub.announcements._running
    assert not hub.announcements._waiting
    assert not hub.announcements._running


async def test_a_reported_duration_replaces_the_known_one(
    hass: HomeAssistant, kitchen: Client, advance: Advance
) -> None:
    await announce(hass, PAPER)
    told = await next_command(kitchen)
    await report(kitchen, "playing", told, duration_seconds=60)
    assert await plays_within(60, kitchen, advance) == []
    assert await plays_within(6, kitchen, advance) == [None]


async def test_commands_during_an_announcement_take_effect_after_it(hass: HomeAssistant, kitchen: Client) -> None:
    await play(hass, BRASS)
    await next_command(kitchen)
    await announce(hass, PAPER)
    told = await next_command(kitchen)
    await act(hass, "media_stop")
    assert not [m for m in await kitchen.arrived() if m["type"] == "synchronized_playback"]
    await ends(hass, kitchen, told)
    await next_command(kitchen, "stop")
    assert state(hass).state == "idle"


async def test_a_reconnecting_player_plays_the_rest(
    hass: HomeAssistant, kitchen: Client, connect: Connect, token: str, lose: Lose, advance: Advance
) -> None:
    await announce(hass, PAPER)
    told = await next_command(kitchen)
    await lose(kitchen)
    again = await connect()
    await again.authenticate(token, client=player("kitchen"))
    repeated = await next_command(again)
    assert repeated["queue_item_id"] == told["queue_item_id"]
    assert repeated["sync_time_us"] == told["sync_time_us"]
    await ends(hass, again, repeated)
    await next_command(again, "stop")


async def test_one_player_of_a_room_announces_and_catches_up_with_the_others(
    hass: HomeAssistant, ada: Client, ben: Client, party: str, advance: Advance
) -> None:
    await play(hass, BRASS, entity_id=PARTY)
    for client in ada, ben:
        await next_command(client)
    await announce(hass, PAPER, "media_player.ben")
    told = await next_command(ben)
    assert told["track"]["title"] == "Paper Lantern"
    await advance(6)
    assert not [m for m in await ada.arrived() if m["type"] == "synchronized_playback"]
    assert state(hass, PARTY).state == "playing"
    await ends(hass, ben, told)
    music = await next_command(ben)
    assert (music["track"]["title"], music["start_position"]) == ("Brass Morning", 0)


async def test_a_room_announces_on_all_players_and_continues_after_the_last(
    hass: HomeAssistant, ada: Client, ben: Client, party: str, advance: Advance
) -> None:
    await play(hass, BRASS, entity_id=PARTY)
    for client in ada, ben:
        await next_command(client)
    await advance(4)
    await announce(hass, PAPER, PARTY)
    told = [await next_command(client) for client in (ada, ben)]
    assert told[0]["sync_time_us"] == told[1]["sync_time_us"]
    assert {message["track"]["title"] for message in told} == {"Paper Lantern"}
    assert state(hass, PARTY).state == "paused"
    await ends(hass, ada, told[0])
    assert not [m for m in await ada.arrived() if m["type"] == "synchronized_playback"]
    await ends(hass, ben, told[1])
    for client in ada, ben:
        music = await next_command(client)
        assert music["track"]["title"] == "Brass Morning"
        assert music["start_position"] == pytest.approx(4, abs=0.2)


MIXING = ["pause", "seek", "volume", "announce", "mix"]


async def mixing(connect: Connect, token: str, name: str) -> Client:
    """Return a player that can play two sounds at once."""
    client = await connect()
    await client.authenticate(token, client=player(name, capabilities=MIXING), subscribe=[f"play:{name}"])
    return client


async def test_a_player_that_can_mix_lowers_its_music(
    hass: HomeAssistant, connect: Connect, create_token: CreateToken, advance: Advance
) -> None:
    box = await mixing(connect, await create_token("box"), "box")
    await hass.async_block_till_done()
    await play(hass, BRASS, entity_id="media_player.box")
    song = await next_command(box)
    await announce(hass, PAPER, "media_player.box")
    await announce(hass, COPPER, "media_player.box")
    order = await box.until("announcement")
    assert (order["track"]["title"], order["ducking_db"], order["topic"]) == ("Paper Lantern", 12, "play:box")
    assert order["sync_time_us"] >= song["sync_time_us"]
    assert state(hass, "media_player.box").state == "playing"
    await report(box, "playing", song, ended_announcement_id=order["announcement_id"])
    following = await box.until("announcement", announcement_id=None)
    following = await box.until("announcement")
    assert following["track"]["title"] == "Copper Rain"
    await report(box, "playing", song, ended_announcement_id=following["announcement_id"])
    await hass.async_block_till_done()
    await box.until("announcement", announcement_id=None)
    assert not [m for m in await box.arrived() if m["type"] == "synchronized_playback"]


async def test_a_new_connection_gets_the_announcement_that_is_being_made(
    hass: HomeAssistant, connect: Connect, create_token: CreateToken, lose: Lose
) -> None:
    token = await create_token("box")
    box = await mixing(connect, token, "box")
    await hass.async_block_till_done()
    await announce(hass, PAPER, "media_player.box")
    order = await box.until("announcement")
    await lose(box)
    again = await mixing(connect, token, "box")
    repeated = await again.until("announcement")
    assert repeated["announcement_id"] == order["announcement_id"]


async def test_a_room_with_a_player_that_can_not_mix_is_interrupted(
    hass: HomeAssistant, hub: Hub, ada: Client, ben: Client, party: str
) -> None:
    hub.players.get("ada").capabilities = (*MIXING,)
    await play(hass, BRASS, entity_id=PARTY)
    for client in ada, ben:
        await next_command(client)
    await announce(hass, PAPER, PARTY)
    for client in ada, ben:
        assert (await next_command(client))["track"]["title"] == "Paper Lantern"
    assert state(hass, PARTY).state == "paused"


async def test_without_ducking_the_music_is_paused(
    hass: HomeAssistant, hub: Hub, connect: Connect, create_token: CreateToken
) -> None:
    hub.configure(dataclasses.replace(hub.limits, announcement_ducking=0))
    box = await mixing(connect, await create_token("box"), "box")
    await hass.async_block_till_done()
    await announce(hass, PAPER, "media_player.box")
    assert (await next_command(box))["track"]["title"] == "Paper Lantern"


async def test_players_without_the_capability_or_connection_refuse(
    hass: HomeAssistant, hub: Hub, connect: Connect, create_token: CreateToken, lose: Lose
) -> None:
    box = await connect()
    await box.authenticate(await create_token("box"), client=player("box", capabilities=["pause"]))
    await hass.async_block_till_done()
    features = Feature(state(hass, "media_player.box").attributes["supported_features"])
    assert not features & Feature.MEDIA_ANNOUNCE
    with pytest.raises(ServiceValidationError) as refusal:
        await announce(hass, PAPER, "media_player.box")
    assert refusal.value.translation_key == "player_cant"
    able = await connect()
    await able.authenticate(await create_token("able"), client=player("able"))
    await hass.async_block_till_done()
    with pytest.raises(HomeAssistantError) as missing:
        await announce(hass, "media-source://media_source/local/nothing.mp3", "media_player.able")
    assert missing.value.translation_key == "no_file"
    await lose(able)
    with pytest.raises(HomeAssistantError) as gone:
        await announce(hass, PAPER, "media_player.able")
    assert gone.value.translation_key == "player_away"
    assert not hub.announcements._waiting


@pytest.mark.parametrize("command", ["media_pause", "media_stop"])
async def test_a_command_to_stop_keeps_the_music_from_continuing(
    hass: HomeAssistant, kitchen: Client, advance: Advance, command: str
) -> None:
    await play(hass, BRASS)
    await next_command(kitchen)
    await advance(3)
    await announce(hass, PAPER)
    told = await kitchen.until("synchronized_playback", start_position=0)
    await act(hass, command)
    await ends(hass, kitchen, told)
    last = (await kitchen.until("synchronized_playback"))["command"]
    assert last == {"media_pause": "pause", "media_stop": "stop"}[command]
    assert state(hass).state == {"media_pause": "paused", "media_stop": "idle"}[command]


@pytest.mark.parametrize(
    ("commands", "title", "position"),
    [
        ([("media_seek", {"seek_position": 9})], "Brass Morning", 9),
        ([("media_next_track", {})], "Copper Rain", 0),
        ([("media_next_track", {}), ("media_previous_track", {})], "Brass Morning", 0),
        ([("media_pause", {}), ("media_play", {})], "Brass Morning", 3),
        ([("media_pause", {}), ("media_seek", {"seek_position": 9}), ("media_play", {})], "Brass Morning", 9),
        ([("media_stop", {}), ("media_play", {})], "Brass Morning", 0),
        ([("media_play", {})], "Brass Morning", 3),
        ([("media_play_pause", {})], "Brass Morning", 3),
        ([("play_media", {"media_content_type": "music", "media_content_id": COPPER})], "Copper Rain", 0),
    ],
)
async def test_a_command_changes_what_follows_the_announcement(
    hass: HomeAssistant,
    kitchen: Client,
    advance: Advance,
    commands: list[tuple[str, dict[str, Any]]],
    title: str,
    position: float,
) -> None:
    """Nothing of it is lost while the announcement is made."""
    await play(hass, BRASS)
    await play(hass, COPPER, enqueue="add")
    await next_command(kitchen)
    await advance(3)
    await announce(hass, PAPER)
    while (told := await next_command(kitchen))["track"]["title"] != "Paper Lantern":
        pass
    actions = [action for action, _ in commands]
    for action, data in commands:
        await act(hass, action, **data)
        assert state(hass).state in ("paused", "idle")
    await advance(4)
    assert not [m for m in await kitchen.arrived() if m["type"] == "synchronized_playback"]
    await ends(hass, kitchen, told)
    orders = {message["type"]: message for message in await kitchen.arrived()}
    music = orders["synchronized_playback"]
    assert (music["command"], music["track"]["title"]) == ("play", title)
    assert music["start_position"] == pytest.approx(position, abs=0.1)
    prepared = orders["prepare"]["track"]
    following = None if actions[-1] == "play_media" else {"Brass Morning": "Copper Rain", "Copper Rain": None}[title]
    assert (prepared and prepared["title"]) == following
    assert state(hass).state == "playing"


async def test_music_that_is_started_during_an_announcement_follows_it(
    hass: HomeAssistant, kitchen: Client, advance: Advance
) -> None:
    await announce(hass, PAPER)
    told = await next_command(kitchen)
    await play(hass, BRASS)
    await advance(4)
    assert not [m for m in await kitchen.arrived() if m["type"] == "synchronized_playback"]
    await ends(hass, kitchen, told)
    music = await next_command(kitchen)
    assert (music["command"], music["track"]["title"], music["start_position"]) == ("play", "Brass Morning", 0)


async def test_removing_the_interrupted_item_continues_with_its_successor(
    hass: HomeAssistant, kitchen: Client, advance: Advance
) -> None:
    await play(hass, BRASS)
    await play(hass, COPPER, enqueue="add")
    song = await next_command(kitchen)
    await announce(hass, PAPER)
    told = await kitchen.until("synchronized_playback", start_position=0)
    answer = await kitchen.request("queue_command", action="remove", queue_item_id=song["queue_item_id"])
    assert answer["type"] == "result"
    await ends(hass, kitchen, told)
    assert (await next_command(kitchen))["track"]["title"] == "Copper Rain"


async def test_music_that_is_transferred_during_an_announcement_plays_there(
    hass: HomeAssistant, kitchen: Client, connect: Connect, create_token: CreateToken, advance: Advance
) -> None:
    attic = await connect()
    await attic.authenticate(await create_token("ada"), client=player("attic"))
    await hass.async_block_till_done()
    await play(hass, BRASS)
    await next_command(kitchen)
    await advance(3)
    await announce(hass, PAPER)
    told = await kitchen.until("synchronized_playback", start_position=0)
    answer = await kitchen.request("queue_command", action="transfer", to_player_id="attic")
    assert answer["type"] == "result"
    music = await attic.until("synchronized_playback", command="play")
    assert (music["track"]["title"], music["start_position"]) == ("Brass Morning", pytest.approx(3, abs=0.1))
    await ends(hass, kitchen, told)
    assert (await kitchen.until("synchronized_playback"))["command"] == "stop"


async def test_an_interrupted_player_that_disappears_does_not_play_into_the_void(
    hass: HomeAssistant, hub: Hub, kitchen: Client, advance: Advance, lose: Lose
) -> None:
    await play(hass, BRASS)
    await next_command(kitchen)
    await announce(hass, PAPER)
    await lose(kitchen)
    await advance(hub.limits.availability_grace + 30)
    playback = hub.players.get("kitchen").playback
    assert (playback.timeline.state, playback.interrupted) == ("paused", False)
