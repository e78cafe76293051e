"""A player's queue by actions of its media player."""

from homeassistant.core import HomeAssistant

from tests.fixtures import BRASS, COPPER, PAPER, Advance, ManualClock
from tests.wire.client import Client

from .actions import BRASS_SECONDS, TITLES, act, fill, next_command, play, report, state, titles


async def test_enqueue_add_next_play_and_replace(hass: HomeAssistant, kitchen: Client, advance: Advance) -> None:
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


async def test_previous_restarts_an_item_that_has_played_for_a_while(
    hass: HomeAssistant, kitchen: Client, advance: Advance
) -> None:
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


async def test_unshuffling_restores_the_order(hass: HomeAssistant, kitchen: Client) -> None:
    await fill(hass)
    await act(hass, "shuffle_set", shuffle=True)
    assert state(hass).attributes["shuffle"] is True
    shuffled = await titles(kitchen)
    assert shuffled[0] == "Brass Morning"
    assert sorted(shuffled) == sorted(TITLES)
    await act(hass, "shuffle_set", shuffle=False)
    assert await titles(kitchen) == list(TITLES)
    assert state(hass).attributes["shuffle"] is False


async def test_the_prepared_item_follows_the_repeat_mode(hass: HomeAssistant, kitchen: Client) -> None:
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


async def test_the_next_item_starts_at_the_end_of_the_previous_one(
    hass: HomeAssistant, kitchen: Client, clock: ManualClock, advance: Advance
) -> None:
    await play(hass, BRASS)
    first = await next_command(kitchen)
    await play(hass, COPPER, enqueue="add")
    prepared = await kitchen.until("prepare")
    assert prepared["track"]["title"] == "Copper Rain"
    assert prepared["track"]["stream_url"].startswith("/media/local/copper-rain.mp3?authSig=")
    await report(kitchen, "playing", first, ready_item_id=prepared["queue_item_id"])
    await kitchen.arrived()

    ends_us = first["sync_time_us"] + round(first["track"]["duration"] * 1e6)
    await advance((ends_us - clock.now_us()) / 1e6 - 0.5)
    second = await next_command(kitchen)
    assert second["queue_item_id"] == prepared["queue_item_id"]
    assert (second["start_position"], second["rate"], second["sync_time_us"]) == (0, 1, ends_us)
    assert state(hass).attributes["media_title"] == "Brass Morning"

    await advance(0.5)
    changed = await kitchen.until("track_changed")
    assert (changed["track"]["title"], changed["previous_track"]["title"]) == ("Copper Rain", "Brass Morning")
    assert state(hass).attributes["media_title"] == "Copper Rain"
    status = [m for m in await kitchen.arrived() if m["type"] == "playback_status"][-1]
    assert (status["position_seconds"], status["anchor_us"], status["rate"]) == (0, ends_us, 1)
    # A late report of the first item's end changes nothing.
    await report(kitchen, "idle", first)
    assert state(hass).attributes["media_title"] == "Copper Rain"


async def test_the_player_is_idle_after_the_last_item(hass: HomeAssistant, kitchen: Client, advance: Advance) -> None:
    await play(hass, BRASS)
    await next_command(kitchen)
    await advance(BRASS_SECONDS + 1)
    await next_command(kitchen, "stop")
    assert state(hass).state == "idle"
    assert "media_title" not in state(hass).attributes


async def test_an_idle_report_with_the_item_starts_the_next_one(
    hass: HomeAssistant, kitchen: Client, advance: Advance
) -> None:
    await fill(hass)
    first = await next_command(kitchen)
    await advance(4)
    await report(kitchen, "idle", first)
    await hass.async_block_till_done()
    second = await next_command(kitchen)
    assert second["queue_item_id"] != first["queue_item_id"]
    assert state(hass).attributes["media_title"] == "Copper Rain"
    await report(kitchen, "idle", first)
    await hass.async_block_till_done()
    assert state(hass).attributes["media_title"] == "Copper Rain"


async def test_failed_items_are_skipped_and_three_in_a_row_stop_the_music(hass: HomeAssistant, kitchen: Client) -> None:
    await fill(hass)
    await play(hass, BRASS, enqueue="add")
    for title in "Copper Rain", "Paper Lantern":
        await report(kitchen, "error", await next_command(kitchen), error="This format is unknown")
        await hass.async_block_till_done()
        assert state(hass).attributes["media_title"] == title
    await report(kitchen, "error", await next_command(kitchen), error="This format is unknown")
    await hass.async_block_till_done()
    assert state(hass).state == "idle"


async def test_enqueue_play_replaces_the_prepared_item(hass: HomeAssistant, kitchen: Client, advance: Advance) -> None:
    await play(hass, BRASS)
    await play(hass, COPPER, enqueue="add")
    await advance(BRASS_SECONDS - 2)
    await play(hass, PAPER, enqueue="play")
    assert state(hass).attributes["media_title"] == "Paper Lantern"


async def test_the_entity_has_the_queues_position_and_size(hass: HomeAssistant, kitchen: Client) -> None:
    await play(hass, BRASS)
    await play(hass, COPPER, enqueue="add")
    assert state(hass).attributes["queue_size"] == 2
