"""A player's queue in Home Assistant: adding, moving through it, from item to item."""

from homeassistant.core import HomeAssistant

from tests.fixtures import BRASS, COPPER, PAPER, Advance, ManualClock
from tests.wire.client import Client

from .actions import BRASS_SECONDS, TITLES, act, fill, order, play, report, state, titles


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


async def test_enqueue_play_at_the_end_of_a_song(hass: HomeAssistant, kitchen: Client, advance: Advance) -> None:
    """What is asked for now plays now, though another item was handed over to follow."""
    await play(hass, BRASS)
    await play(hass, COPPER, enqueue="add")
    await advance(BRASS_SECONDS - 2)
    await play(hass, PAPER, enqueue="play")
    assert state(hass).attributes["media_title"] == "Paper Lantern"


async def test_queue_size(hass: HomeAssistant, kitchen: Client) -> None:
    """The entity tells how long its queue is."""
    await play(hass, BRASS)
    await play(hass, COPPER, enqueue="add")
    assert state(hass).attributes["queue_size"] == 2
