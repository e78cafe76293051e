"""A player's life as Home Assistant sees it: what actions do to the player, and what the player does to the entity."""

from homeassistant.components.media_player import MediaPlayerEntityFeature as Feature
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props

from tests.fixtures import BRASS, COPPER, PAPER, Advance, Connect, Lose, ManualClock
from tests.wire.client import Client, Message, player

from .actions import KITCHEN, act, play, state

BRASS_SECONDS = 21.6
TITLES = {"Brass Morning": BRASS, "Copper Rain": COPPER, "Paper Lantern": PAPER}


async def order(client: Client, command: str = "play") -> Message:
    """What the player is told to do next."""
    return await client.until("synchronized_playback", command=command)


async def report(client: Client, state: str, order: Message, **fields: object) -> None:
    """What the player says of the item that it was told to play."""
    fields.setdefault("position_seconds", order["start_position"])
    fields.setdefault("at_us", order["sync_time_us"])
    answer = await client.request("player_report", state=state, queue_item_id=order["queue_item_id"], **fields)
    assert answer["type"] == "result", answer


async def titles(client: Client) -> list[str]:
    """What is in the player's queue."""
    page = await client.request("queue_command", action="get")
    return [item["track"]["title"] for item in page["data"]["queue"]["items"]]


async def test_new_player(hass: HomeAssistant, kitchen: Client, snapshot: SnapshotAssertion) -> None:
    """An idle entity named after the player."""
    shown = state(hass)
    assert {"state": shown.state, **shown.attributes} == snapshot


async def test_playing(hass: HomeAssistant, kitchen: Client, snapshot: SnapshotAssertion) -> None:
    """The entity shows what plays."""
    await play(hass, BRASS)
    shown = state(hass)
    assert shown.attributes["entity_picture"].startswith("/api/media_player_proxy/media_player.kitchen?")
    assert shown.attributes["media_position_updated_at"] is not None
    assert {"state": shown.state, **shown.attributes} == snapshot(
        exclude=props("entity_picture", "media_position_updated_at")
    )


async def test_features(hass: HomeAssistant, connect: Connect, token: str) -> None:
    """Capabilities that a player doesn't have aren't offered; saying nothing means all."""
    for player_id, capabilities in ("all", None), ("box", ["pause", "audio/flac"]), ("bare", []):
        fields = {} if capabilities is None else {"capabilities": capabilities}
        await (await connect()).authenticate(token, client=player(player_id, **fields))
    await hass.async_block_till_done()
    features = {
        player_id: Feature(state(hass, f"media_player.{player_id}").attributes["supported_features"])
        for player_id in ("all", "box", "bare")
    }
    optional = Feature.PAUSE | Feature.SEEK | Feature.VOLUME_SET | Feature.VOLUME_STEP | Feature.VOLUME_MUTE
    assert features["all"] & optional == optional
    assert features["box"] & optional == Feature.PAUSE
    assert features["bare"] & optional == Feature(0)
    assert features["bare"] & Feature.PLAY_MEDIA


async def test_play_media(hass: HomeAssistant, kitchen: Client, clock: ManualClock) -> None:
    """The player is told what, from where, and when: alone, 20 ms ahead."""
    await play(hass, BRASS)
    told = await order(kitchen)
    assert told["topic"] == "play:kitchen"
    assert told["start_position"] == 0
    assert told["rate"] == 1
    assert told["sync_time_us"] == clock.now_us() + 20_000
    assert "offset" not in told
    assert "room_id" not in told
    track = dict(told["track"])
    assert len(track.pop("track_id")) <= 64
    assert track.pop("stream_url").startswith("/media/local/brass-morning.flac?authSig=")
    assert track.pop("artwork_url").startswith("/api/moosicbox/artwork/")
    assert track.pop("duration") == pytest.approx(BRASS_SECONDS, abs=0.01)
    assert track == {
        "title": "Brass Morning",
        "artist": "The Wind-Up Trio",
        "album": "Three Turns of the Key",
        "album_artist": None,
        "track_number": 1,
        "disc_number": None,
        "year": 2026,
        "genre": None,
        "media_content_id": BRASS,
    }


async def test_lead(hass: HomeAssistant, connect: Connect, token: str, clock: ManualClock) -> None:
    """Half the round trip and the player's own lead come on top; never more than three seconds."""
    client = await connect()
    await client.authenticate(token, client=player("kitchen", lead_ms=100, output_delay_ms=50))
    await hass.async_block_till_done()
    await play(hass, BRASS)
    told = await order(client)
    assert told["sync_time_us"] == clock.now_us() + 20_000 + 150_000
    await report(client, "playing", told, round_trip_us=40_000)
    await act(hass, "media_seek", seek_position=5)
    assert (await order(client))["sync_time_us"] == clock.now_us() + 20_000 + 150_000 + 20_000
    await client.request("player_report", state="playing", position_seconds=5, at_us=0, round_trip_us=60_000_000)
    await act(hass, "media_seek", seek_position=6)
    assert (await order(client))["sync_time_us"] == clock.now_us() + 3_000_000


async def test_play_address(hass: HomeAssistant, kitchen: Client) -> None:
    """An http address is itself what the player fetches."""
    url = "https://radio.example.org/stream.mp3?quality=high"
    await play(hass, url)
    told = await order(kitchen)
    assert told["track"]["stream_url"] == url
    assert told["track"]["title"] == "stream"
    shown = state(hass)
    assert shown.state == "playing"
    assert shown.attributes["media_content_id"] == url
    assert "media_duration" not in shown.attributes


@pytest.mark.parametrize(
    ("media_content_id", "key"),
    [
        ("media-source://nowhere/x", "track_not_found"),
        ("media-source://media_source/local/picture.png", "not_supported"),
        ("ftp://example.org/song.mp3", "not_supported"),
        ("/etc/passwd", "not_supported"),
        ("m-unknown", "track_not_found"),
    ],
)
async def test_play_what_is_none(
    hass: HomeAssistant, kitchen: Client, media_folder, media_content_id: str, key: str
) -> None:
    """What isn't music is refused, and the queue stays as it was."""
    (media_folder / "picture.png").write_bytes(b"png")
    with pytest.raises(ServiceValidationError) as error:
        await play(hass, media_content_id)
    assert error.value.translation_domain == "moosicbox"
    assert error.value.translation_key == key
    assert await titles(kitchen) == []
    assert state(hass).state == "idle"


async def test_pause_and_play(hass: HomeAssistant, kitchen: Client, clock: ManualClock, advance: Advance) -> None:
    """Pause stands still where the music will be when it stops; play goes on from there."""
    await play(hass, BRASS)
    started = await order(kitchen)
    await advance(5)
    await act(hass, "media_pause")
    paused = await order(kitchen, "pause")
    assert paused["queue_item_id"] == started["queue_item_id"]
    assert paused["start_position"] == pytest.approx(5.0)
    assert (paused["rate"], paused["sync_time_us"]) == (0, clock.now_us() + 20_000)
    assert (state(hass).state, state(hass).attributes["media_position"]) == ("paused", 5)

    await advance(20)
    await act(hass, "media_play")
    resumed = await order(kitchen)
    assert resumed["start_position"] == pytest.approx(5.0)
    assert resumed["sync_time_us"] == clock.now_us() + 20_000
    assert state(hass).state == "playing"

    await act(hass, "media_play_pause")
    await order(kitchen, "pause")
    await act(hass, "media_play_pause")
    await order(kitchen)


async def test_stop(hass: HomeAssistant, kitchen: Client, advance: Advance) -> None:
    """Stop is silence at the beginning of the item; play starts it again."""
    await play(hass, BRASS)
    await advance(5)
    await act(hass, "media_stop")
    assert (await order(kitchen, "stop"))["rate"] == 0
    assert state(hass).state == "idle"
    await act(hass, "media_play")
    assert (await order(kitchen))["start_position"] == 0


async def test_seek(hass: HomeAssistant, kitchen: Client) -> None:
    """Seeking says where and when, and never leaves the item."""
    await play(hass, BRASS)
    await order(kitchen)
    await act(hass, "media_seek", seek_position=12.5)
    assert (await order(kitchen))["start_position"] == 12.5
    assert state(hass).attributes["media_position"] == 12
    assert (await kitchen.until("seek_update"))["position_seconds"] == 12.5
    await act(hass, "media_seek", seek_position=500)
    assert (await order(kitchen))["start_position"] == pytest.approx(BRASS_SECONDS, abs=0.01)

    await act(hass, "media_pause")
    await act(hass, "media_seek", seek_position=3)
    sought = await kitchen.until("synchronized_playback", command="pause", start_position=3.0)
    assert sought["rate"] == 0
    assert (state(hass).state, state(hass).attributes["media_position"]) == ("paused", 3)


async def test_nothing_to_play(hass: HomeAssistant, kitchen: Client) -> None:
    """Without a queue there is nothing to play, and one is told so."""
    for action, data in ("media_play", {}), ("media_previous_track", {}), ("media_seek", {"seek_position": 1}):
        with pytest.raises(HomeAssistantError) as error:
            await act(hass, action, **data)
        assert error.value.translation_key == "queue_item_not_found"


async def test_volume(hass: HomeAssistant, kitchen: Client) -> None:
    """The player obeys; the entity shows it."""
    await act(hass, "volume_set", volume_level=0.4)
    told = await kitchen.until("volume_update", topic="play:kitchen", volume=0.4)
    assert told["muted"] is False
    await act(hass, "volume_mute", is_volume_muted=True)
    assert (await kitchen.until("volume_update", topic="play:kitchen", muted=True))["volume"] == 0.4
    await act(hass, "volume_up")
    assert (state(hass).attributes["volume_level"], state(hass).attributes["is_volume_muted"]) == (0.5, True)


async def test_volume_on_the_device(hass: HomeAssistant, kitchen: Client) -> None:
    """A knob on the device turns the entity's volume."""
    await kitchen.request("player_report", state="idle", position_seconds=0, at_us=0, volume=0.25, muted=True)
    shown = state(hass).attributes
    assert (shown["volume_level"], shown["is_volume_muted"]) == (0.25, True)


async def test_enqueue(hass: HomeAssistant, kitchen: Client, advance: Advance) -> None:
    """Add, next, play and replace do what Home Assistant says of them."""
    await play(hass, BRASS, enqueue="add")
    assert state(hass).state == "idle"
    await act(hass, "media_play")
    await play(hass, COPPER, enqueue="add")
    await play(hass, PAPER, enqueue="next")
    assert await titles(kitchen) == ["Brass Morning", "Paper Lantern", "Copper Rain"]
    assert state(hass).attributes["media_title"] == "Brass Morning"

    await play(hass, COPPER, enqueue="play")
    assert await titles(kitchen) == ["Brass Morning", "Copper Rain", "Paper Lantern", "Copper Rain"]
    assert state(hass).attributes["media_title"] == "Copper Rain"

    await play(hass, PAPER, enqueue="replace")
    assert await titles(kitchen) == ["Paper Lantern"]
    assert (state(hass).state, state(hass).attributes["media_title"]) == ("playing", "Paper Lantern")

    await act(hass, "clear_playlist")
    assert await titles(kitchen) == []
    assert state(hass).state == "idle"
    await play(hass, BRASS, enqueue="play")
    assert (state(hass).state, state(hass).attributes["media_title"]) == ("playing", "Brass Morning")


async def fill(hass: HomeAssistant) -> None:
    """Three songs; the first one plays."""
    await play(hass, BRASS)
    await play(hass, COPPER, enqueue="add")
    await play(hass, PAPER, enqueue="add")


async def test_next_and_previous(hass: HomeAssistant, kitchen: Client, advance: Advance) -> None:
    """Through the queue; previous goes to the start of an item that plays for a while."""
    await fill(hass)

    def title() -> str | None:
        return state(hass).attributes.get("media_title")

    await act(hass, "media_next_track")
    assert title() == "Copper Rain"
    await act(hass, "media_previous_track")
    assert title() == "Brass Morning"
    await act(hass, "media_next_track")
    await advance(10)
    await act(hass, "media_previous_track")
    assert (title(), state(hass).attributes["media_position"]) == ("Copper Rain", 0)
    await act(hass, "media_next_track")
    await act(hass, "media_next_track")
    assert (title(), state(hass).state) == (None, "idle")


async def test_shuffle(hass: HomeAssistant, kitchen: Client) -> None:
    """Shuffling mixes what is to come; undone, all is in order again."""
    await fill(hass)
    await act(hass, "shuffle_set", shuffle=True)
    assert state(hass).attributes["shuffle"] is True
    shuffled = await titles(kitchen)
    assert shuffled[0] == "Brass Morning"
    assert sorted(shuffled) == sorted(TITLES)
    await act(hass, "shuffle_set", shuffle=False)
    assert await titles(kitchen) == list(TITLES)
    assert state(hass).attributes["shuffle"] is False


async def test_repeat(hass: HomeAssistant, kitchen: Client) -> None:
    """What is prepared follows the mode."""
    await fill(hass)
    await act(hass, "media_next_track")
    await act(hass, "media_next_track")
    playing = await kitchen.until("playback_status", state="playing")
    await kitchen.arrived()
    await act(hass, "repeat_set", repeat="all")
    assert (await kitchen.until("prepare"))["track"]["title"] == "Brass Morning"
    await act(hass, "repeat_set", repeat="one")
    assert (await kitchen.until("prepare"))["track"]["title"] == "Paper Lantern"
    await act(hass, "repeat_set", repeat="off")
    nothing = await kitchen.until("prepare")
    assert (nothing["queue_item_id"], nothing["track"]) == (None, None)
    assert state(hass).attributes["repeat"] == "off"
    assert playing["topic"] == "player:kitchen"


async def test_gapless(hass: HomeAssistant, kitchen: Client, clock: ManualClock, advance: Advance) -> None:
    """The next item is prepared, and started in time for the very moment when the one before ends."""
    await play(hass, BRASS)
    first = await order(kitchen)
    await play(hass, COPPER, enqueue="add")
    prepared = await kitchen.until("prepare")
    assert prepared["track"]["title"] == "Copper Rain"
    assert prepared["track"]["stream_url"].startswith("/media/local/copper-rain.mp3?authSig=")
    await report(kitchen, "playing", first, ready_item_id=prepared["queue_item_id"])
    await kitchen.arrived()

    ends_us = first["sync_time_us"] + round(first["track"]["duration"] * 1e6)
    await advance((ends_us - clock.now_us()) / 1e6 - 0.5)
    second = await order(kitchen)
    assert second["queue_item_id"] == prepared["queue_item_id"]
    assert (second["start_position"], second["rate"], second["sync_time_us"]) == (0, 1, ends_us)
    assert state(hass).attributes["media_title"] == "Brass Morning"

    await advance(0.5)
    changed = await kitchen.until("track_changed")
    assert (changed["track"]["title"], changed["previous_track"]["title"]) == ("Copper Rain", "Brass Morning")
    assert state(hass).attributes["media_title"] == "Copper Rain"
    status = [m for m in await kitchen.arrived() if m["type"] == "playback_status"][-1]
    assert (status["position_seconds"], status["anchor_us"], status["rate"]) == (0, ends_us, 1)
    # That the first one has ended isn't news any more.
    await report(kitchen, "idle", first)
    assert state(hass).attributes["media_title"] == "Copper Rain"


async def test_end_of_the_queue(hass: HomeAssistant, kitchen: Client, advance: Advance) -> None:
    """After the last item there is silence."""
    await play(hass, BRASS)
    await order(kitchen)
    await advance(BRASS_SECONDS + 1)
    await order(kitchen, "stop")
    assert state(hass).state == "idle"
    assert "media_title" not in state(hass).attributes


async def test_ended_early(hass: HomeAssistant, kitchen: Client, advance: Advance) -> None:
    """`idle` with the item says that it has ended: the next one starts at once."""
    await fill(hass)
    first = await order(kitchen)
    await advance(4)
    await report(kitchen, "idle", first)
    await hass.async_block_till_done()
    second = await order(kitchen)
    assert second["queue_item_id"] != first["queue_item_id"]
    assert state(hass).attributes["media_title"] == "Copper Rain"
    await report(kitchen, "idle", first)
    await hass.async_block_till_done()
    assert state(hass).attributes["media_title"] == "Copper Rain"


async def test_paused_on_the_device(hass: HomeAssistant, kitchen: Client, clock: ManualClock, advance: Advance) -> None:
    """What a person does on the device is what the entity shows."""
    await play(hass, BRASS)
    told = await order(kitchen)
    await advance(7)
    await report(kitchen, "paused", told, position_seconds=6.5, at_us=clock.now_us())
    assert (state(hass).state, state(hass).attributes["media_position"]) == ("paused", 6)
    await act(hass, "media_play")
    assert (await order(kitchen))["start_position"] == 6.5


async def test_buffering(hass: HomeAssistant, kitchen: Client, clock: ManualClock, advance: Advance) -> None:
    """A stall shows, and the music goes on from where it stood."""
    await play(hass, BRASS)
    told = await order(kitchen)
    await advance(7)
    await report(kitchen, "buffering", told, position_seconds=6, at_us=clock.now_us())
    assert (state(hass).state, state(hass).attributes["media_position"]) == ("buffering", 6)
    await advance(2)
    await report(kitchen, "playing", told, position_seconds=6, at_us=clock.now_us())
    assert (state(hass).state, state(hass).attributes["media_position"]) == ("playing", 6)


async def test_error(hass: HomeAssistant, kitchen: Client) -> None:
    """What a player can't play is skipped; after three in a row the music stops."""
    await fill(hass)
    await play(hass, BRASS, enqueue="add")
    for title in "Copper Rain", "Paper Lantern":
        await report(kitchen, "error", await order(kitchen), error="This format is unknown")
        await hass.async_block_till_done()
        assert state(hass).attributes["media_title"] == title
    await report(kitchen, "error", await order(kitchen), error="This format is unknown")
    await hass.async_block_till_done()
    assert state(hass).state == "idle"


async def test_needs_interaction(hass: HomeAssistant, kitchen: Client, clock: ManualClock) -> None:
    """A browser that wants a click first says so."""
    await play(hass, BRASS)
    told = await order(kitchen)
    await report(kitchen, "paused", told, at_us=clock.now_us() + 20_000, needs_interaction=True)
    assert state(hass).attributes["needs_interaction"] is True
    assert state(hass).state == "buffering"
    await report(kitchen, "playing", told, at_us=clock.now_us() + 30_000, needs_interaction=False)
    assert state(hass).attributes["needs_interaction"] is False
    assert state(hass).state == "playing"


async def test_only_discontinuities_are_written(
    hass: HomeAssistant, kitchen: Client, clock: ManualClock, advance: Advance
) -> None:
    """While music plays as expected nothing is written; a seek or a jump is."""
    writes: list[Event] = []

    @callback
    def written(event: Event) -> None:
        if event.data["entity_id"] == KITCHEN:
            writes.append(event)

    hass.bus.async_listen("state_changed", written)
    await play(hass, BRASS)
    told = await order(kitchen)
    await report(kitchen, "playing", told, duration_seconds=told["track"]["duration"])
    await hass.async_block_till_done()
    writes.clear()
    for second in range(1, 15):
        await advance(1)
        await report(
            kitchen, "playing", told, position_seconds=second - 0.02 - 0.01 * (second % 3), at_us=clock.now_us()
        )
        await hass.async_block_till_done()
    assert writes == []

    await report(kitchen, "playing", told, position_seconds=9, at_us=clock.now_us())
    await hass.async_block_till_done()
    assert [event.data["new_state"].attributes["media_position"] for event in writes] == [9]


async def test_away_and_back(
    hass: HomeAssistant, kitchen: Client, connect: Connect, token: str, lose: Lose, advance: Advance
) -> None:
    """Within the grace nobody notices; after it the entity is unavailable; it comes back as it was."""
    await fill(hass)
    await act(hass, "volume_set", volume_level=0.3)
    await order(kitchen)
    await lose(kitchen)
    await advance(7)
    assert state(hass).state == "playing"
    await advance(2)
    assert state(hass).state == "unavailable"

    back = await connect()
    await back.authenticate(token, client=player("kitchen"))
    await hass.async_block_till_done()
    assert hass.states.async_entity_ids("media_player") == [KITCHEN]
    shown = state(hass)
    assert (shown.state, shown.attributes["volume_level"]) == ("paused", 0.3)
    assert shown.attributes["media_title"] == "Brass Morning"
    assert await titles(back) == list(TITLES)


async def test_told_on_return(hass: HomeAssistant, kitchen: Client, connect: Connect, token: str, lose: Lose) -> None:
    """A page that reloads within the grace gets its orders again, and joins where the music is."""
    await fill(hass)
    before = await order(kitchen)
    await lose(kitchen)
    back = await connect()
    await back.authenticate(token, client=player("kitchen"))
    told = await back.until("synchronized_playback")
    for field in "command", "queue_item_id", "start_position", "sync_time_us", "rate":
        assert told[field] == before[field]
    assert (await back.until("prepare"))["track"]["title"] == "Copper Rain"


async def test_two_players(hass: HomeAssistant, kitchen: Client, connect: Connect, token: str) -> None:
    """Each one has its own queue and hears only its own orders."""
    attic = await connect()
    await attic.authenticate(token, client=player("attic"))
    await hass.async_block_till_done()
    await kitchen.arrived()
    await attic.arrived()
    await play(hass, BRASS)
    await play(hass, COPPER, entity_id="media_player.attic")
    assert (state(hass).state, state(hass, "media_player.attic").state) == ("playing", "playing")
    for client, title in (kitchen, "Brass Morning"), (attic, "Copper Rain"):
        told = [m for m in await client.arrived() if m["type"] == "synchronized_playback"]
        assert {message["track"]["title"] for message in told} == {title}
    await act(hass, "media_pause")
    assert (state(hass).state, state(hass, "media_player.attic").state) == ("paused", "playing")
