"""Reports, disconnects and reconnects of a player, as its entity shows them."""

from homeassistant.core import Event, HomeAssistant, callback

from tests.fixtures import BRASS, Advance, Connect, Lose, ManualClock
from tests.wire.client import Client, player

from .actions import KITCHEN, TITLES, act, fill, next_command, play, report, state, titles


async def test_a_reported_volume_is_the_entitys(hass: HomeAssistant, kitchen: Client) -> None:
    await kitchen.request("player_report", state="idle", position_seconds=0, at_us=0, volume=0.25, muted=True)
    shown = state(hass).attributes
    assert (shown["volume_level"], shown["is_volume_muted"]) == (0.25, True)


async def test_a_reported_pause_is_the_entitys(
    hass: HomeAssistant, kitchen: Client, clock: ManualClock, advance: Advance
) -> None:
    await play(hass, BRASS)
    told = await next_command(kitchen)
    await advance(7)
    await report(kitchen, "paused", told, position_seconds=6.5, at_us=clock.now_us())
    assert (state(hass).state, state(hass).attributes["media_position"]) == ("paused", 6)
    await act(hass, "media_play")
    assert (await next_command(kitchen))["start_position"] == 6.5


async def test_playback_continues_at_the_position_of_a_stall(
    hass: HomeAssistant, kitchen: Client, clock: ManualClock, advance: Advance
) -> None:
    await play(hass, BRASS)
    told = await next_command(kitchen)
    await advance(7)
    await report(kitchen, "buffering", told, position_seconds=6, at_us=clock.now_us())
    assert (state(hass).state, state(hass).attributes["media_position"]) == ("buffering", 6)
    await advance(2)
    await report(kitchen, "playing", told, position_seconds=6, at_us=clock.now_us())
    assert (state(hass).state, state(hass).attributes["media_position"]) == ("playing", 6)


async def test_a_browser_that_needs_a_click_is_shown(hass: HomeAssistant, kitchen: Client, clock: ManualClock) -> None:
    await play(hass, BRASS)
    told = await next_command(kitchen)
    await report(kitchen, "paused", told, at_us=clock.now_us() + 20_000, needs_interaction=True)
    assert state(hass).attributes["needs_interaction"] is True
    assert state(hass).state == "buffering"
    await report(kitchen, "playing", told, at_us=clock.now_us() + 30_000, needs_interaction=False)
    assert state(hass).attributes["needs_interaction"] is False
    assert state(hass).state == "playing"


async def test_states_are_written_at_discontinuities_only(
    hass: HomeAssistant, kitchen: Client, clock: ManualClock, advance: Advance
) -> None:
    writes: list[Event] = []

    @callback
    def written(event: Event) -> None:
        if event.data["entity_id"] == KITCHEN:
            writes.append(event)

    hass.bus.async_listen("state_changed", written)
    await play(hass, BRASS)
    told = await next_command(kitchen)
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


async def test_the_entity_is_unavailable_after_the_grace_time(
    hass: HomeAssistant, kitchen: Client, connect: Connect, token: str, lose: Lose, advance: Advance
) -> None:
    await fill(hass)
    await act(hass, "volume_set", volume_level=0.3)
    await next_command(kitchen)
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


async def test_a_player_that_reconnects_within_the_grace_time_continues(
    hass: HomeAssistant, kitchen: Client, connect: Connect, token: str, lose: Lose
) -> None:
    await fill(hass)
    before = await next_command(kitchen)
    await lose(kitchen)
    back = await connect()
    await back.authenticate(token, client=player("kitchen"))
    told = await back.until("synchronized_playback")
    for field in "command", "queue_item_id", "start_position", "sync_time_us", "rate":
        assert told[field] == before[field]
    assert (await back.until("prepare"))["track"]["title"] == "Copper Rain"
