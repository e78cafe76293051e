"""The state that survives a restart of Home Assistant."""

import asyncio
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.exceptions import ConfigEntryNotReady
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.adapters.media_provider import HomeMedia
from custom_components.moosicbox.adapters.storage import SECRETS_KEY, STATE_KEY
from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.engine.access.rights import Principal
from custom_components.moosicbox.engine.playback.media import Media
from custom_components.moosicbox.models import DATA_KEPT
from tests.fixtures import BRASS, COPPER, Advance, Connect, CreateToken, Lose
from tests.wire.client import Client, player

from .actions import KITCHEN, act, play, state


async def restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Write the state, unload the integration, and set it up from what was written."""
    await hass.config_entries.async_unload(entry.entry_id)
    hass.set_state(CoreState.final_write)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    hass.data.pop(DATA_KEPT)
    hass.set_state(CoreState.running)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def test_players_keep_queue_position_volume_and_modes(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    entry: MockConfigEntry,
    kitchen: Client,
    connect: Connect,
    token: str,
    lose: Lose,
    advance: Advance,
) -> None:
    """A playing player is paused."""
    await play(hass, BRASS)
    await play(hass, COPPER, enqueue="add")
    await act(hass, "volume_set", volume_level=0.35)
    await act(hass, "repeat_set", repeat="all")
    await advance(5.02)
    await lose(kitchen)
    await restart(hass, entry)
    assert state(hass).state == "unavailable"

    back = await connect()
    welcome = await back.authenticate(token, client=player("kitchen"))
    assert welcome["resumed"] is False
    await hass.async_block_till_done()
    assert hass.states.async_entity_ids("media_player") == [KITCHEN]
    shown = state(hass)
    assert shown.state == "paused"
    expected = {"media_title": "Brass Morning", "media_position": 5, "volume_level": 0.35, "repeat": "all"}
    assert shown.attributes.items() >= expected.items()

    told = await back.until("synchronized_playback")
    assert (told["command"], told["start_position"]) == ("pause", pytest.approx(5.0))
    assert told["track"]["stream_url"].startswith("/media/local/brass-morning.flac?authSig=")
    await act(hass, "media_play")
    resumed = await back.until("synchronized_playback", command="play")
    assert resumed["start_position"] == pytest.approx(5.0)


async def test_tokens_and_owners_of_players_stay_valid(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    entry: MockConfigEntry,
    kitchen: Client,
    connect: Connect,
    token: str,
    lose: Lose,
    create_token: CreateToken,
) -> None:
    await lose(kitchen)
    await restart(hass, entry)
    thief = await connect()
    await thief.send("authenticate", token=await create_token("thief"), client=player("kitchen"))
    assert (await thief.closed())[0] == 4501
    await (await connect()).authenticate(token, client=player("kitchen"))


async def test_the_hub_starts_with_damaged_players(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    entry: MockConfigEntry,
    connect: Connect,
    token: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    # The last state is written in the background.
    await hass.async_block_till_done()
    hass.data.pop(DATA_KEPT)
    hass_storage[STATE_KEY] = {"version": 1, "key": STATE_KEY, "data": {"players": [{"player_id": 7}]}}
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert "damaged" in caplog.text
    await (await connect()).authenticate(token, client=player("kitchen"))


async def test_removing_the_entry_deletes_the_files(
    hass: HomeAssistant, hass_storage: dict[str, Any], entry: MockConfigEntry, kitchen: Client, lose: Lose
) -> None:
    await lose(kitchen)
    await restart(hass, entry)
    assert {SECRETS_KEY, STATE_KEY} <= set(hass_storage)
    await hass.config_entries.async_remove(entry.entry_id)
    assert not [key for key in hass_storage if key.startswith("moosicbox")]
    assert hass.states.async_entity_ids("media_player") == []


async def test_the_next_item_is_prepared_again(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    entry: MockConfigEntry,
    kitchen: Client,
    connect: Connect,
    token: str,
    lose: Lose,
) -> None:
    await play(hass, BRASS)
    await play(hass, COPPER, enqueue="add")
    await lose(kitchen)
    await restart(hass, entry)
    back = await connect()
    await back.authenticate(token, client=player("kitchen"))
    assert (await back.until("prepare"))["track"]["title"] == "Copper Rain"


async def test_one_lookup_restores_the_same_track_on_two_players(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    entry: MockConfigEntry,
    connect: Connect,
    token: str,
    lose: Lose,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    players = ("kitchen", "attic")
    for player_id in players:
        client = await connect()
        await client.authenticate(token, client=player(player_id))
        await hass.async_block_till_done()
        await play(hass, BRASS, entity_id=f"media_player.{player_id}")
        await lose(client)
    await restart(hass, entry)
    gate, resolve = asyncio.Event(), HomeMedia.resolve

    async def slow(self: HomeMedia, media_content_id: str, principal: Principal) -> Media:
        await gate.wait()
        return await resolve(self, media_content_id, principal)

    monkeypatch.setattr(HomeMedia, "resolve", slow)
    clients = [await connect() for _ in players]
    for client, player_id in zip(clients, players, strict=True):
        await client.authenticate(token, client=player(player_id))
    gate.set()
    for client in clients:
        assert (await client.until("synchronized_playback"))["track"]["title"] == "Brass Morning"


@pytest.mark.parametrize("fails", [False, True])
async def test_an_entry_that_was_never_loaded_leaves_nothing_behind(
    hass: HomeAssistant, hass_storage: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, fails: bool
) -> None:
    """It is disabled, or its set-up has always failed, since Home Assistant started."""
    hass.config.config_dir = str(tmp_path)
    index = tmp_path / DOMAIN / "library.db"
    index.parent.mkdir()
    index.write_bytes(b"")
    stored = {"key": "00" * 32, "revoked_tokens": {}, "revoked_subjects": {}}
    hass_storage[SECRETS_KEY] = {"version": 1, "data": stored}
    hass_storage[STATE_KEY] = {"version": 1, "data": {}}
    entry = MockConfigEntry(domain=DOMAIN, disabled_by=None if fails else ConfigEntryDisabler.USER)
    entry.add_to_hass(hass)
    if fails:

        async def fail(*_arguments: object) -> None:
            raise ConfigEntryNotReady

        monkeypatch.setattr("custom_components.moosicbox.async_build", fail)
        assert not await hass.config_entries.async_setup(entry.entry_id)
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert SECRETS_KEY not in hass_storage
    assert STATE_KEY not in hass_storage
    assert not index.parent.exists()
