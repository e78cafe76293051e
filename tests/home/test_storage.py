"""The state that survives a restart of Home Assistant."""

import asyncio
from collections.abc import Callable
from pathlib import Path
import threading
from typing import Any
from unittest.mock import AsyncMock

from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers.storage import Store
from homeassistant.util.file import WriteError
import orjson
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.adapters import storage
from custom_components.moosicbox.adapters.media_provider import HomeMedia
from custom_components.moosicbox.adapters.storage import SECRETS_KEY, SENDSPIN_KEY, STATE_KEY, HomeStateStore
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


async def test_a_state_that_cannot_be_read_is_kept(
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
    damaged = {"players": [{"player_id": 7}]}
    hass_storage[STATE_KEY] = {"version": 1, "key": STATE_KEY, "data": damaged}
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert f"/.storage/{STATE_KEY}.damaged: Expected" in caplog.text
    await (await connect()).authenticate(token, client=player("kitchen"))
    await restart(hass, entry)
    assert [each["player_id"] for each in hass_storage[STATE_KEY]["data"]["players"]] == ["kitchen"]
    assert hass_storage[f"{STATE_KEY}.damaged"]["data"] == damaged
    # A copy is not overwritten by what a later start can't read.
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    hass.data.pop(DATA_KEPT)
    hass_storage[STATE_KEY] = {"version": 1, "key": STATE_KEY, "data": {"players": 8}}
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert hass_storage[f"{STATE_KEY}.damaged"]["data"] == damaged
    assert hass_storage[f"{STATE_KEY}.damaged-2"]["data"] == {"players": 8}
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert not [key for key in hass_storage if key.startswith("moosicbox")]


async def test_a_state_that_cant_be_read_or_copied_is_not_overwritten(
    hass: HomeAssistant, hass_storage: dict[str, Any], entry: MockConfigEntry
) -> None:
    """As on a full disk, of which Home Assistant's storage only writes to the log."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    hass.data.pop(DATA_KEPT)
    damaged = {"players": [{"player_id": 7}]}
    hass_storage[STATE_KEY] = {"version": 1, "key": STATE_KEY, "data": damaged}
    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(Store, "_async_write_data", AsyncMock(side_effect=WriteError("No space left on device")))
        assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert hass_storage[STATE_KEY]["data"] == damaged
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert hass_storage[f"{STATE_KEY}.damaged"]["data"] == damaged


async def test_removing_the_entry_deletes_the_files(
    hass: HomeAssistant, hass_storage: dict[str, Any], entry: MockConfigEntry, kitchen: Client, lose: Lose
) -> None:
    await lose(kitchen)
    await restart(hass, entry)
    assert {SECRETS_KEY, STATE_KEY} <= set(hass_storage)
    await hass.config_entries.async_remove(entry.entry_id)
    assert not [key for key in hass_storage if key.startswith("moosicbox")]
    assert hass.states.async_entity_ids("media_player") == []


async def test_the_records_of_tokens_are_as_many_before_a_restart_as_after_it(
    hass: HomeAssistant, hass_storage: dict[str, Any], entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "MAX_RECORDS", 3)
    for number in range(5):
        await entry.runtime_data.authenticator.async_create(
            sub=f"sub-{number}", name="Someone", lifetime=60, permissions=None, role="user", rooms=None
        )

    def subjects() -> list[str]:
        return [record["sub"] for record, _ in entry.runtime_data.authenticator.issued_tokens()]

    assert subjects() == ["sub-4", "sub-3", "sub-2"]
    await restart(hass, entry)
    assert subjects() == ["sub-4", "sub-3", "sub-2"]


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
    hass_storage[SENDSPIN_KEY] = {"version": 1, "data": {}}
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
    assert not [key for key in hass_storage if key.startswith("moosicbox")]
    assert not index.parent.exists()


async def test_the_state_is_captured_in_the_loop_and_encoded_in_a_thread(
    hass: HomeAssistant,
) -> None:
    """Containers that go on changing can't be read in a thread."""
    written: list[orjson.Fragment] = []

    async def write_data(_store: Store[Any], data: dict[str, Any]) -> None:
        # As Home Assistant does; the tests' storage writes in the event loop.
        written.append(await hass.async_add_executor_job(data["data_func"]))

    threads: list[tuple[str, bool]] = []

    def note(step: str) -> None:
        threads.append((step, threading.get_ident() == hass.loop_thread_id))

    def capture() -> Callable[[], bytes]:
        note("captured")
        return encode

    def encode() -> bytes:
        note("encoded")
        return b'{"sequence": 7}'

    store = HomeStateStore(hass)
    store.save_soon(capture)
    hass.set_state(CoreState.final_write)
    # The fixture of this name lives longer than the storage of Home Assistant's plugin, which it would put back.
    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(Store, "_async_write_data", write_data)
        hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
        await hass.async_block_till_done()
    assert threads == [("captured", True), ("encoded", False)]
    assert orjson.loads(orjson.dumps(written)) == [{"sequence": 7}]
    # A reload reads it in the event loop.
    assert await store.load() == {"sequence": 7}


async def test_a_save_that_a_stop_cancels_is_made_up_for(hass: HomeAssistant) -> None:
    """Home Assistant cancels a delayed write that waits for a thread when it stops."""
    written: list[Any] = []
    cancelled = asyncio.Event()

    async def cancel(_store: Store[Any], _data: Any) -> None:
        cancelled.set()
        raise asyncio.CancelledError

    async def write(_store: Store[Any], data: Any) -> None:
        written.append(data["data_func"]())

    store = HomeStateStore(hass)
    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(Store, "_async_write_data", cancel)
        patches.setattr(storage, "SAVE_DELAY", 0)
        store.save_soon(lambda: lambda: b"1")
        await cancelled.wait()
        patches.setattr(Store, "_async_write_data", write)
        hass.set_state(CoreState.stopping)
        store.save_soon(lambda: lambda: b"2")
        hass.set_state(CoreState.final_write)
        hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
        await hass.async_block_till_done()
    assert orjson.loads(orjson.dumps(written)) == [2]
