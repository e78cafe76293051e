"""Pairing of players: the code, its redemption, and the token of the paired player."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from homeassistant.config_entries import SOURCE_USER, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox import player_flow
from custom_components.moosicbox.adapters.subentries import area_of
from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.engine.access.pairing import ALL_GUESSES, GUESS_WINDOW, GUESSES, PairingCodes
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.protocol.errors import AuthenticationFailed
from tests.fixtures import Advance, Connect
from tests.http import HttpClient
from tests.wire.client import player
from tests.wire.tokens import refused

PAIR = "/api/moosicbox/pair"


async def add_player(
    hass: HomeAssistant, entry: MockConfigEntry, *, control: bool = False, **fields: str
) -> tuple[str, str]:
    """Go through the dialog until it waits; return the flow's id and the code."""
    subentries = hass.config_entries.subentries
    result = await subentries.async_init((entry.entry_id, "player"), context={"source": SOURCE_USER})
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "user")
    result = await subentries.async_configure(result["flow_id"], {"control": control, **fields})
    return await waiting(hass, result)


async def waiting(hass: HomeAssistant, result: SubentryFlowResult) -> tuple[str, str]:
    """Go on from the page with the code until the dialog waits; return the flow's id and the code."""
    subentries = hass.config_entries.subentries
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "code")
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    code = placeholders["code"]
    result = await subentries.async_configure(result["flow_id"], {})
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    return result["flow_id"], code


async def dialog_result(hass: HomeAssistant, flow_id: str) -> SubentryFlowResult:
    """Return the result that the dialog shows."""
    result = await hass.config_entries.subentries.async_configure(flow_id)
    while result["type"] is FlowResultType.SHOW_PROGRESS:
        await hass.async_block_till_done(wait_background_tasks=True)
        result = await hass.config_entries.subentries.async_configure(flow_id)
    assert result["type"] is FlowResultType.ABORT
    return result


async def pair(http: HttpClient, code: str, player_id: str = "box-1", name: str = "Garage") -> tuple[int, Any]:
    response = await http.post(PAIR, json={"code": code, "name": name, "player_id": player_id})
    return response.status, await response.json()


async def test_a_device_gets_its_own_token(
    hass: HomeAssistant, entry: MockConfigEntry, http: HttpClient, connect: Connect
) -> None:
    flow_id, code = await add_player(hass, entry)
    status, answer = await pair(http, f" {code.lower().replace('-', '')} ")
    assert (status, answer["player_id"], answer["name"]) == (200, "box-1", "Garage")
    result = await dialog_result(hass, flow_id)
    assert (result["reason"], result["description_placeholders"]) == ("paired", {"name": "Garage"})
    (subentry,) = entry.subentries.values()
    assert (subentry.title, subentry.unique_id) == ("Garage", "box-1")
    assert "token" not in str(subentry.data)

    box = await connect()
    welcome = await box.authenticate(answer["token"], client=player("box-1"))
    assert welcome["permissions"] == ["listen", "play"]
    assert welcome["user"] == {"id": "paired:box-1", "name": "Garage"}


async def test_a_code_pairs_one_device(hass: HomeAssistant, entry: MockConfigEntry, http: HttpClient) -> None:
    _, code = await add_player(hass, entry, control=True)
    assert (await pair(http, code))[0] == 200
    status, answer = await pair(http, code, "box-2")
    assert (status, answer["error_type"]) == (401, "authentication_failed")
    assert len(entry.subentries) == 1


async def test_a_code_expires(hass: HomeAssistant, entry: MockConfigEntry, http: HttpClient, advance: Advance) -> None:
    _, code = await add_player(hass, entry)
    await advance(601)
    assert (await pair(http, code))[0] == 401


async def test_the_dialog_reports_an_unused_code(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(player_flow, "PAIRING_CODE_LIFETIME", 0)
    flow_id, _ = await add_player(hass, entry)
    assert (await dialog_result(hass, flow_id))["reason"] == "code_expired"


async def test_closing_the_dialog_withdraws_the_code(
    hass: HomeAssistant, entry: MockConfigEntry, http: HttpClient
) -> None:
    flow_id, code = await add_player(hass, entry)
    hass.config_entries.subentries.async_abort(flow_id)
    assert (await pair(http, code))[0] == 401


async def test_wrong_guesses_are_limited(hass: HomeAssistant, entry: MockConfigEntry, http: HttpClient) -> None:
    _, code = await add_player(hass, entry)
    for _ in range(GUESSES):
        assert (await pair(http, "AAAA-AAAA"))[0] == 401
    status, answer = await pair(http, code)
    assert (status, answer["error_type"]) == (429, "rate_limit_exceeded")
    assert entry.subentries == {}


async def test_the_dialog_tells_how_the_command_is_installed(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """In both of its pages, with the command of the guide."""
    subentries = hass.config_entries.subentries
    first = await subentries.async_init((entry.entry_id, "player"), context={"source": SOURCE_USER})
    second = await subentries.async_configure(first["flow_id"], {"control": False})
    guide = Path("docs/speaker.md").read_text(encoding="utf-8")
    for page in first, second:
        placeholders = page["description_placeholders"]
        assert placeholders is not None
        assert placeholders["install"] in guide
        assert placeholders["guide"].endswith("docs/speaker.md")


async def test_a_players_area_is_asked_for(
    hass: HomeAssistant, entry: MockConfigEntry, http: HttpClient, connect: Connect, area_registry: ar.AreaRegistry
) -> None:
    """The device gets it when the player first connects, also if it was deleted before."""
    kitchen, attic = area_registry.async_create("Kitchen"), area_registry.async_create("Attic")
    for area in kitchen, attic:
        _, code = await add_player(hass, entry, area=area.id)
        _, answer = await pair(http, code)
        (subentry,) = entry.subentries.values()
        box = await connect()
        await box.authenticate(answer["token"], client=player("box-1"))
        await hass.async_block_till_done()
        assert area_of(hass, entry, subentry) == area.id
        assert [device.name for device in dr.async_entries_for_area(dr.async_get(hass), area.id)] == ["Box-1"]
        hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
        assert (await box.closed())[0] == 4503
        await hass.async_block_till_done()


async def test_a_player_is_reconfigured(
    hass: HomeAssistant, entry: MockConfigEntry, http: HttpClient, connect: Connect, area_registry: ar.AreaRegistry
) -> None:
    """The area at once; other permissions by pairing again."""
    _, code = await add_player(hass, entry)
    _, answer = await pair(http, code)
    (subentry_id,) = entry.subentries
    area = area_registry.async_create("Kitchen")

    async def reconfigure(**fields: Any) -> SubentryFlowResult:
        result = await entry.start_subentry_reconfigure_flow(hass, subentry_id)
        assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "reconfigure")
        return await hass.config_entries.subentries.async_configure(result["flow_id"], fields)

    result = await reconfigure(control=False, area=area.id)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert area_of(hass, entry, entry.subentries[subentry_id]) == area.id
    box = await connect()
    await box.authenticate(answer["token"], client=player("box-1"))
    await hass.async_block_till_done()
    (device,) = dr.async_entries_for_area(dr.async_get(hass), area.id)

    flow_id, code = await waiting(hass, await reconfigure(control=True))
    moved = dr.async_get(hass).async_get(device.id)
    assert moved is not None
    assert moved.area_id is None
    _, answer = await pair(http, code)
    assert (await dialog_result(hass, flow_id))["reason"] == "paired"
    assert (await box.closed())[0] == 4503
    again = await connect()
    assert "control" in (await again.authenticate(answer["token"], client=player("box-1")))["permissions"]
    result = await reconfigure(control=True)
    assert result["reason"] == "reconfigure_successful"


async def test_deleting_the_subentry_revokes_the_token_and_removes_the_entity(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, http: HttpClient, connect: Connect
) -> None:
    _, code = await add_player(hass, entry)
    _, answer = await pair(http, code)
    box = await connect()
    await box.authenticate(answer["token"], client=player("box-1"))
    await hass.async_block_till_done()
    entities = er.async_get(hass)
    entity_id = entities.async_get_entity_id("media_player", DOMAIN, "box-1")
    assert entity_id is not None
    (subentry_id,) = entry.subentries
    entity = entities.async_get(entity_id)
    assert entity is not None
    assert entity.config_subentry_id == subentry_id
    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)[1:]
    assert {
        each.device_id
        for each in er.async_entries_for_config_entry(entities, entry.entry_id)
        if each.config_subentry_id == subentry_id
    } == {device.id}
    hass.config_entries.async_remove_subentry(entry, subentry_id)
    assert (await box.closed())[0] == 4503
    assert await refused(connect, answer["token"])
    await hass.async_block_till_done()
    assert hub.players.find("box-1") is None
    assert entities.async_get_entity_id("media_player", DOMAIN, "box-1") is None
    assert dr.async_get(hass).async_get_device_by_identifier((DOMAIN, "box-1"), entry.entry_id) is None


async def test_a_subentry_deleted_while_unloaded_locks_the_player_out(
    hass: HomeAssistant, entry: MockConfigEntry, http: HttpClient, connect: Connect
) -> None:
    _, code = await add_player(hass, entry)
    _, answer = await pair(http, code)
    await hass.config_entries.async_unload(entry.entry_id)
    (subentry_id,) = entry.subentries
    hass.config_entries.async_remove_subentry(entry, subentry_id)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert await refused(connect, answer["token"])


async def test_pairing_again_replaces_the_token(
    hass: HomeAssistant, entry: MockConfigEntry, http: HttpClient, connect: Connect
) -> None:
    _, code = await add_player(hass, entry)
    _, old = await pair(http, code)
    _, code = await add_player(hass, entry)
    _, new = await pair(http, code, name="Workshop")
    assert [subentry.title for subentry in entry.subentries.values()] == ["Workshop"]
    assert await refused(connect, old["token"])
    assert not await refused(connect, new["token"])


async def test_a_player_of_another_user_cannot_be_paired(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, http: HttpClient
) -> None:
    hub.players.add("box-1", "Browser", "ada")
    (flow_id, code), (other_flow_id, _) = [await add_player(hass, entry) for _ in range(2)]
    status, answer = await pair(http, code)
    assert (status, answer["error_type"]) == (403, "permission_denied")
    assert entry.subentries == {}
    # The code is used up: its dialog ends at once, and no other one does.
    result = await dialog_result(hass, flow_id)
    reason, placeholders = "player_of_another_user", {"player_id": "box-1"}
    assert (result["reason"], result["description_placeholders"]) == (reason, placeholders)
    other = await hass.config_entries.subentries.async_configure(other_flow_id)
    assert other["type"] is FlowResultType.SHOW_PROGRESS


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"nonsense", None),
        (b"[]", None),
        (b'{"code": 1, "name": "Box", "player_id": "box"}', "code"),
        (b'{"code": "x", "player_id": "box"}', "name"),
        (b'{"code": "x", "name": "Box", "player_id": "No!"}', "player_id"),
        (b'{"code": "x", "name": "", "player_id": "box"}', "name"),
    ],
)
async def test_invalid_requests_name_the_field(http: HttpClient, body: bytes, field: str | None) -> None:
    response = await http.post(PAIR, data=body)
    answer = await response.json()
    assert (response.status, answer["error_type"]) == (400, "invalid_message")
    assert answer["path"] == ([] if field is None else [field])


async def test_the_body_may_arrive_in_parts_and_is_limited(
    hass: HomeAssistant, entry: MockConfigEntry, http: HttpClient
) -> None:
    _, code = await add_player(hass, entry)

    async def bits() -> AsyncGenerator[bytes]:
        for bit in (b'{"code": "', code.encode(), b'", "name": "Box", ', b'"player_id": "box-1"}'):
            yield bit
            await asyncio.sleep(0)

    response = await http.post(PAIR, data=bits())
    assert (response.status, (await response.json())["player_id"]) == (200, "box-1")
    response = await http.post(PAIR, data=b'{"code": "x"}' + b" " * 4_096)
    assert (response.status, (await response.json())["error_type"]) == (413, "message_too_large")


async def test_other_origins_are_refused(hass: HomeAssistant, entry: MockConfigEntry, http: HttpClient) -> None:
    _, code = await add_player(hass, entry)
    body = {"code": code, "name": "Box", "player_id": "box"}
    response = await http.post(PAIR, json=body, headers={"Origin": "https://evil.example"})
    assert response.status == 403


async def test_the_dialog_aborts_without_a_loaded_entry(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    result = await hass.config_entries.subentries.async_init(
        (entry.entry_id, "player"), context={"source": SOURCE_USER}
    )
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "not_loaded")


async def test_open_codes_are_limited(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub) -> None:
    pairing = entry.runtime_data.pairing
    offers = [pairing.offer(frozenset())[1] for _ in range(16)]
    subentries = hass.config_entries.subentries
    result = await subentries.async_init((entry.entry_id, "player"), context={"source": SOURCE_USER})
    result = await subentries.async_configure(result["flow_id"], {"control": False})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "too_many_codes")
    pairing.withdraw(offers[0])
    pairing.offer(frozenset())


async def test_wrong_guesses_from_many_addresses_end_all_codes() -> None:
    codes = PairingCodes()
    code, _ = codes.offer(frozenset(), 0)
    for number in range(ALL_GUESSES):
        with pytest.raises(AuthenticationFailed):
            codes.redeem("AAAA-AAAA", f"10.0.0.{number}", 0)
    with pytest.raises(AuthenticationFailed):
        codes.redeem(code, "10.0.1.1", 0)


async def test_wrong_guesses_expire() -> None:
    codes = PairingCodes()
    for _ in range(GUESSES):
        with pytest.raises(AuthenticationFailed):
            codes.redeem("AAAA-AAAA", "10.0.0.1", 0)
    later_us = (GUESS_WINDOW + 1) * 1_000_000
    code, offer = codes.offer(frozenset(), later_us)
    assert codes.redeem(code, "10.0.0.1", later_us) is offer
