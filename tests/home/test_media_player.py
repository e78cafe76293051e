"""A player's media player entity: its state and its actions."""

from pathlib import Path
from typing import Any

from homeassistant.components.media_player import MediaPlayerEntityFeature as Feature
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props

from tests.fixtures import BRASS, COPPER, Advance, Connect, ManualClock
from tests.wire.client import Client, player

from .actions import BRASS_SECONDS, act, next_command, play, report, state, titles


async def test_new_player(hass: HomeAssistant, kitchen: Client, snapshot: SnapshotAssertion) -> None:
    """A new player is idle and named by its client."""
    shown = state(hass)
    assert {"state": shown.state, **shown.attributes} == snapshot


async def test_the_entity_mirrors_the_playback(
    hass: HomeAssistant, kitchen: Client, snapshot: SnapshotAssertion
) -> None:
    """The entity mirrors the playback."""
    await play(hass, BRASS)
    shown = state(hass)
    assert shown.attributes["entity_picture"].startswith("/api/media_player_proxy/media_player.kitchen?")
    assert shown.attributes["media_position_updated_at"] is not None
    assert {"state": shown.state, **shown.attributes} == snapshot(
        exclude=props("entity_picture", "media_position_updated_at")
    )


async def test_features_follow_the_capabilities(hass: HomeAssistant, connect: Connect, token: str) -> None:
    """A player that declares no capabilities has all."""
    for player_id, capabilities in ("all", None), ("box", ["pause", "audio/flac"]), ("bare", []):
        fields: dict[str, Any] = {} if capabilities is None else {"capabilities": capabilities}
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


async def test_the_player_receives_a_track_a_url_and_a_start_time(
    hass: HomeAssistant, kitchen: Client, clock: ManualClock
) -> None:
    """The lead of a single player is 20 ms."""
    await play(hass, BRASS)
    told = await next_command(kitchen)
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


async def test_the_lead_contains_the_round_trip_and_the_players_own_lead(
    hass: HomeAssistant, connect: Connect, token: str, clock: ManualClock
) -> None:
    """It is at most three seconds."""
    client = await connect()
    await client.authenticate(token, client=player("kitchen", lead_ms=100, output_delay_ms=50))
    await hass.async_block_till_done()
    await play(hass, BRASS)
    told = await next_command(client)
    assert told["sync_time_us"] == clock.now_us() + 20_000 + 150_000
    await report(client, "playing", told, round_trip_us=40_000)
    await act(hass, "media_seek", seek_position=5)
    assert (await next_command(client))["sync_time_us"] == clock.now_us() + 20_000 + 150_000 + 20_000
    await client.request("player_report", state="playing", position_seconds=5, at_us=0, round_trip_us=60_000_000)
    await act(hass, "media_seek", seek_position=6)
    assert (await next_command(client))["sync_time_us"] == clock.now_us() + 3_000_000


async def test_a_url_is_fetched_by_the_player_itself(hass: HomeAssistant, kitchen: Client) -> None:
    url = "https://radio.example.org/stream.mp3?quality=high"
    await play(hass, url)
    told = await next_command(kitchen)
    assert told["track"]["stream_url"] == url
    assert told["track"]["title"] == "stream"
    shown = state(hass)
    assert shown.state == "playing"
    assert shown.attributes["media_content_id"] == url
    assert "media_duration" not in shown.attributes


@pytest.mark.parametrize(
    ("media_content_id", "key"),
    [
        ("media-source://nowhere/x", "cant_resolve"),
        ("media-source://media_source/local/missing.flac", "no_file"),
        ("media-source://media_source/local/picture.png", "not_audio"),
        ("ftp://example.org/song.mp3", "unknown_media"),
        ("/etc/passwd", "unknown_media"),
        ("m-unknown", "track_not_found"),
    ],
)
async def test_media_that_is_no_audio_is_refused(
    hass: HomeAssistant, kitchen: Client, media_folder: Path, media_content_id: str, key: str
) -> None:
    (media_folder / "picture.png").write_bytes(b"png")
    with pytest.raises(ServiceValidationError) as error:
        await play(hass, media_content_id)
    assert error.value.translation_domain == "moosicbox"
    assert error.value.translation_key == key
    assert await titles(kitchen) == []
    assert state(hass).state == "idle"


async def test_play_continues_at_the_position_of_the_pause(
    hass: HomeAssistant, kitchen: Client, clock: ManualClock, advance: Advance
) -> None:
    await play(hass, BRASS)
    started = await next_command(kitchen)
    await advance(5)
    await act(hass, "media_pause")
    paused = await next_command(kitchen, "pause")
    assert paused["queue_item_id"] == started["queue_item_id"]
    assert paused["start_position"] == pytest.approx(5.0)
    assert (paused["rate"], paused["sync_time_us"]) == (0, clock.now_us() + 20_000)
    assert (state(hass).state, state(hass).attributes["media_position"]) == ("paused", 5)

    await advance(20)
    await act(hass, "media_play")
    resumed = await next_command(kitchen)
    assert resumed["start_position"] == pytest.approx(5.0)
    assert resumed["sync_time_us"] == clock.now_us() + 20_000
    assert state(hass).state == "playing"

    await act(hass, "media_play_pause")
    await next_command(kitchen, "pause")
    await act(hass, "media_play_pause")
    await next_command(kitchen)


async def test_stop_returns_to_the_start_of_the_item(hass: HomeAssistant, kitchen: Client, advance: Advance) -> None:
    await play(hass, BRASS)
    await advance(5)
    await act(hass, "media_stop")
    assert (await next_command(kitchen, "stop"))["rate"] == 0
    assert state(hass).state == "idle"
    await act(hass, "media_play")
    assert (await next_command(kitchen))["start_position"] == 0


async def test_seek_stays_within_the_item(hass: HomeAssistant, kitchen: Client) -> None:
    await play(hass, BRASS)
    await next_command(kitchen)
    await act(hass, "media_seek", seek_position=12.5)
    assert (await next_command(kitchen))["start_position"] == 12.5
    assert state(hass).attributes["media_position"] == 12
    assert (await kitchen.until("seek_update"))["position_seconds"] == 12.5
    await act(hass, "media_seek", seek_position=500)
    assert (await next_command(kitchen))["start_position"] == pytest.approx(BRASS_SECONDS, abs=0.01)

    await act(hass, "media_pause")
    await act(hass, "media_seek", seek_position=3)
    sought = await kitchen.until("synchronized_playback", command="pause", start_position=3.0)
    assert sought["rate"] == 0
    assert (state(hass).state, state(hass).attributes["media_position"]) == ("paused", 3)


async def test_play_with_an_empty_queue_is_refused(hass: HomeAssistant, kitchen: Client) -> None:
    actions: dict[str, tuple[dict[str, Any], str]] = {
        "media_play": ({}, "queue_empty"),
        "media_previous_track": ({}, "queue_empty"),
        "media_seek": ({"seek_position": 1}, "no_current_item"),
    }
    for action, (data, key) in actions.items():
        with pytest.raises(HomeAssistantError) as error:
            await act(hass, action, **data)
        assert error.value.translation_key == key


async def test_volume_commands_reach_the_player_and_the_entity(hass: HomeAssistant, kitchen: Client) -> None:
    await act(hass, "volume_set", volume_level=0.4)
    told = await kitchen.until("volume_update", topic="play:kitchen", volume=0.4)
    assert told["muted"] is False
    await act(hass, "volume_mute", is_volume_muted=True)
    assert (await kitchen.until("volume_update", topic="play:kitchen", muted=True))["volume"] == 0.4
    await act(hass, "volume_up")
    assert (state(hass).attributes["volume_level"], state(hass).attributes["is_volume_muted"]) == (0.5, True)
    await act(hass, "volume_set", volume_level=1)
    for step in range(9, -1, -1):
        await act(hass, "volume_down")
        assert state(hass).attributes["volume_level"] == step / 10
    await act(hass, "volume_set", volume_level=0.333)
    await act(hass, "volume_up")
    assert state(hass).attributes["volume_level"] == 0.43


async def test_two_players_have_separate_queues_and_commands(
    hass: HomeAssistant, kitchen: Client, connect: Connect, token: str
) -> None:
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
