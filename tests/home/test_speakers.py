"""Speakers in Home Assistant: discovered, added, paired, removed."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from ipaddress import ip_address
import socket
from typing import Any
from unittest.mock import MagicMock

from aiohttp import ClientSession
from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY, SOURCE_USER, SOURCE_ZEROCONF
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.helpers.discovery_flow import DISCOVERY_FLOW_DISPATCHER
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from homeassistant.requirements import RequirementsNotFound
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from yarl import URL

from custom_components.moosicbox.adapters import speakers as adapter
from custom_components.moosicbox.adapters.sendspin import HomeSendspin
from custom_components.moosicbox.adapters.storage import SENDSPIN_KEY
from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.speakers import speakers as speakers_module
from custom_components.moosicbox.engine.speakers.sendspin import service
from custom_components.moosicbox.engine.speakers.snapcast import server as snapcast
from custom_components.moosicbox.speaker_flow import url_of
from tests.engine.speakers.sendspin_speaker import SendspinSpeaker, listening, make_speaker
from tests.engine.speakers.snapcast_client import hello, snapcast_client
from tests.states import state_of

PLAYER = "snapcast-001122334455"


@pytest.fixture(autouse=True)
def ports(monkeypatch: pytest.MonkeyPatch, socket_enabled: None) -> None:
    """Listen on other ports than usual."""
    monkeypatch.setattr(snapcast, "PORT", 0)
    monkeypatch.setattr(snapcast.SnapcastServer.start, "__defaults__", ("127.0.0.1", 0))
    monkeypatch.setattr(service.SendspinService.start, "__defaults__", ("127.0.0.1", 38_927))


@pytest.fixture
def expected_lingering_timers() -> bool:
    """The library's timers for speakers that may come back outlive its server."""
    return True


@pytest.fixture
async def session() -> AsyncGenerator[ClientSession]:
    async with ClientSession() as running:
        yield running


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - Home Assistant has no event for each of them
            await asyncio.sleep(0.01)


async def set_options(hass: HomeAssistant, entry: MockConfigEntry, **options: Any) -> None:
    hass.config_entries.async_update_entry(entry, options={**entry.options, **options})
    await hass.async_block_till_done()
    await entry.runtime_data.speakers.async_apply(entry.options)


def flows(hass: HomeAssistant) -> list[Any]:
    return [dict(flow) for flow in hass.config_entries.flow.async_progress()]


def announced(speaker: SendspinSpeaker, url: str) -> ZeroconfServiceInfo:
    """Return what Home Assistant learns of a speaker that announces itself."""
    client_id, port = speaker.client.identity.peer_id, URL(url).port
    address = ip_address("127.0.0.1")
    return ZeroconfServiceInfo(
        ip_address=address,
        ip_addresses=[address],
        port=port,
        hostname=f"{client_id}.local.",
        type="_sendspin._tcp.local.",
        name=f"{client_id}._sendspin._tcp.local.",
        properties={"path": "/sendspin", "name": "Den"},
    )


async def discovered(hass: HomeAssistant, speaker: SendspinSpeaker, url: str) -> Any:
    """Return the flow of a speaker that announces itself."""
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=announced(speaker, url)
    )


async def submit(hass: HomeAssistant, result: Any, user_input: dict[str, Any] | None = None) -> Any:
    """Submit a form, and wait while the flow shows its progress."""
    manager: Any = hass.config_entries.subentries if result["handler"] != DOMAIN else hass.config_entries.flow
    result = await manager.async_configure(result["flow_id"], {} if user_input is None else user_input)
    while result["type"] is FlowResultType.SHOW_PROGRESS:
        await asyncio.sleep(0.01)
        result = await manager.async_configure(result["flow_id"])
    return result


# ---- Snapcast


async def test_nothing_listens_unless_it_is_asked_for(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    speakers = entry.runtime_data.speakers
    assert (speakers.sendspin, speakers._snapcast, speakers._speakers) == (None, None, None)


async def test_a_snapcast_client_is_added_by_one_click(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, entity_registry: er.EntityRegistry
) -> None:
    await set_options(hass, entry, snapcast=True)
    port = entry.runtime_data.speakers._snapcast.port
    async with snapcast_client(port) as client:
        client.send(hello())
        await until(lambda: flows(hass))
        (flow,) = flows(hass)
        assert (flow["step_id"], flow["context"]["source"]) == ("confirm", SOURCE_INTEGRATION_DISCOVERY)
        assert flow["context"]["title_placeholders"] == {"name": "den"}
        result = await submit(hass, flow)
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "speaker_added")
        await until(lambda: hub.players.find(PLAYER) is not None and hub.players.get(PLAYER).connected)
        await hass.async_block_till_done()
        (subentry,) = entry.get_subentries_of_type("speaker")
        assert (subentry.unique_id, subentry.title, dict(subentry.data)) == (PLAYER, "den", {"kind": "snapcast"})
        own = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
        assert {each.entity_id for each in own if each.config_subentry_id == subentry.subentry_id} >= {
            *("media_player.den", "number.den_delay_of_the_loudspeakers", "sensor.den_connection"),
        }
        assert state_of(hass, "sensor.den_connection").state == "connected"
    await until(lambda: state_of(hass, "sensor.den_connection").state == "disconnected")


async def test_a_removed_speaker_is_gone(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, device_registry: dr.DeviceRegistry
) -> None:
    await set_options(hass, entry, snapcast=True)
    entry.runtime_data.speakers.add(PLAYER, "Den", "snapcast", None)
    await hass.async_block_till_done()
    async with snapcast_client(entry.runtime_data.speakers._snapcast.port) as client:
        client.send(hello())
        await until(lambda: hub.players.find(PLAYER) is not None)
        await hass.async_block_till_done()
        (subentry,) = entry.get_subentries_of_type("speaker")
        hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
        await hass.async_block_till_done()
        await until(lambda: hub.players.find(PLAYER) is None)
        assert device_registry.async_get_device_by_identifier((DOMAIN, PLAYER), entry.entry_id) is None


async def test_a_client_with_many_names_fills_no_list(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The offer of a speaker that has made room for others goes; that of a connected one stays."""
    monkeypatch.setattr(speakers_module, "MAX_SPEAKERS", 3)
    await set_options(hass, entry, snapcast=True)
    speakers = entry.runtime_data.speakers
    port = speakers._snapcast.port

    def offered() -> set[str]:
        return {flow["context"]["unique_id"] for flow in flows(hass)}

    async def is_offered(player_id: str) -> None:
        await until(lambda: player_id in offered())

    async with snapcast_client(port) as client:
        client.send(hello())
        await is_offered(PLAYER)
        for number in range(6):
            async with snapcast_client(port) as other:
                other.send(hello(ID=f"other{number}"))
                await is_offered(f"snapcast-other{number}")
            await until(lambda: len(speakers._speakers._speakers) == 1)
        expected = {PLAYER, "snapcast-other4", "snapcast-other5"}
        assert offered() == {info.player_id for info in speakers.waiting} == expected
        # A flow that begins only when its speaker has made room ends.
        data = {"player_id": "snapcast-other0", "name": "den", "kind": "snapcast"}
        result = await hass.config_entries.flow.async_init(
            DOMAIN, context={"source": SOURCE_INTEGRATION_DISCOVERY}, data=data
        )
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "not_reachable")


async def test_speakers_are_offered_once_home_assistant_has_started(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """Until then, it would keep the data of each speaker that ever was there."""
    hass.set_state(CoreState.starting)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await set_options(hass, entry, snapcast=True)
    async with snapcast_client(entry.runtime_data.speakers._snapcast.port) as client:
        client.send(hello())
        await until(lambda: entry.runtime_data.speakers.waiting)
        assert DISCOVERY_FLOW_DISPATCHER not in hass.data
        hass.set_state(CoreState.running)
        hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
        await until(lambda: flows(hass))
        assert [flow["context"]["unique_id"] for flow in flows(hass)] == [PLAYER]


async def test_a_port_that_is_in_use(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch, issue_registry: ir.IssueRegistry
) -> None:
    taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    monkeypatch.setattr(snapcast.SnapcastServer.start, "__defaults__", ("127.0.0.1", port))
    await set_options(hass, entry, snapcast=True)
    assert issue_registry.async_get_issue(DOMAIN, adapter.ISSUE_PORT) is not None
    taken.close()
    await taken.wait_closed()
    await set_options(hass, entry, snapcast=False)
    await set_options(hass, entry, snapcast=True)
    assert issue_registry.async_get_issue(DOMAIN, adapter.ISSUE_PORT) is None
    assert entry.runtime_data.speakers._snapcast.port == port


async def test_speakers_need_ffmpeg(
    hass: HomeAssistant, entry: MockConfigEntry, issue_registry: ir.IssueRegistry
) -> None:
    entry.runtime_data.speakers._ffmpeg = None
    await set_options(hass, entry, snapcast=True, sendspin=True)
    assert issue_registry.async_get_issue(DOMAIN, adapter.ISSUE_FFMPEG) is not None
    assert entry.runtime_data.speakers.sendspin is None
    await set_options(hass, entry, snapcast=False)
    assert issue_registry.async_get_issue(DOMAIN, adapter.ISSUE_FFMPEG) is not None
    await set_options(hass, entry, sendspin=False)
    assert issue_registry.async_get_issue(DOMAIN, adapter.ISSUE_FFMPEG) is None


async def test_a_dialog_names_missing_ffmpeg(
    hass: HomeAssistant, entry: MockConfigEntry, session: ClientSession
) -> None:
    entry.runtime_data.speakers._ffmpeg = None
    speaker = await make_speaker(session)
    async with listening(speaker) as url:
        result = await submit(hass, await discovered(hass, speaker, url))
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "no_ffmpeg")


# ---- Sendspin


async def test_a_sendspin_speaker_is_found_and_trusted(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, session: ClientSession
) -> None:
    speaker = await make_speaker(session)
    async with listening(speaker) as url:
        result = await discovered(hass, speaker, url)
        assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "confirm")
        result = await submit(hass, result)
        assert (result["type"], result["step_id"]) == (FlowResultType.MENU, "access")
        assert result["menu_options"][-1] == "trust"
        result = await submit(hass, result, {"next_step_id": "trust"})
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "speaker_added")
        await until(lambda: (player := hub.players.find(speaker.player_id)) is not None and player.connected)
        await hass.async_block_till_done()
        (subentry,) = entry.get_subentries_of_type("speaker")
        assert dict(subentry.data) == {"kind": "sendspin", "url": url}
        assert state_of(hass, "media_player.den").state == "idle"
        # It is known now, also at another address.
        result = await discovered(hass, speaker, url.replace("127.0.0.1", "127.0.0.2"))
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
        (subentry,) = entry.get_subentries_of_type("speaker")
        # Home Assistant reports the address that it prefers.
        assert subentry.data["url"].endswith("/sendspin")
        await hass.services.async_call("button", "press", {"entity_id": "button.den_take_back"}, blocking=True)


async def test_a_sendspin_speaker_is_paired_by_its_code(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, session: ClientSession
) -> None:
    speaker = await make_speaker(session, unpaired=False)
    async with listening(speaker) as url:
        result = await submit(hass, await discovered(hass, speaker, url))
        assert result["menu_options"] == ["dynamic_code", "token"]
        speaker.client.open_pairing_window()
        result = await submit(hass, result, {"next_step_id": "dynamic_code"})
        assert (result["step_id"], result["errors"]) == ("dynamic_code", {})
        await until(lambda: speaker.codes)
        result = await submit(hass, result, {"code": "12"})
        assert result["errors"] == {"base": "malformed_code"}
        wrong = "000000" if speaker.codes[-1] != "000000" else "111111"
        result = await submit(hass, result, {"code": wrong})
        assert result["errors"] == {"base": "wrong_code"}
        result = await submit(hass, result, {"code": speaker.codes[-1]})
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "speaker_added")
        await until(lambda: (player := hub.players.find(speaker.player_id)) is not None and player.connected)


async def test_wrong_codes_are_bounded(hass: HomeAssistant, entry: MockConfigEntry, session: ClientSession) -> None:
    speaker = await make_speaker(session, unpaired=False, static_code="12345678")
    async with listening(speaker) as url:
        result = await submit(hass, await discovered(hass, speaker, url))
        result = await hass.config_entries.flow.async_configure(result["flow_id"], {"next_step_id": "static_code"})
        # Its button has to be pressed first.
        assert (result["type"], result["step_id"]) == (FlowResultType.SHOW_PROGRESS, "gesture")
        speaker.client.open_pairing_window()
        await until(lambda: flows(hass)[0]["step_id"] == "static_code")
        result = await hass.config_entries.flow.async_configure(result["flow_id"])
        tries = 0
        while result["type"] is FlowResultType.FORM:
            speaker.client.open_pairing_window()
            result = await submit(hass, result, {"code": "87654321"})
            tries += 1
        assert (result["type"], result["reason"], tries) == (FlowResultType.ABORT, "pairing_wrong_code", 5)
        assert not entry.get_subentries_of_type("speaker")


async def test_a_speaker_is_added_by_its_address(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, session: ClientSession
) -> None:
    speaker = await make_speaker(session)
    async with listening(speaker) as url:
        handler = (entry.entry_id, "speaker")
        result = await hass.config_entries.subentries.async_init(handler, context={"source": SOURCE_USER})
        result = await submit(hass, result, {"address": "not an address"})
        assert result["errors"] == {"base": "address_invalid"}
        result = await submit(hass, result, {"address": url.removeprefix("ws://").removesuffix("/sendspin")})
        result = await submit(hass, result, {"next_step_id": "trust"})
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "speaker_added")
        await until(lambda: (player := hub.players.find(speaker.player_id)) is not None and player.connected)


async def test_a_speakers_area_and_address_can_be_changed(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    session: ClientSession,
    area_registry: ar.AreaRegistry,
    device_registry: dr.DeviceRegistry,
) -> None:
    """The area is asked for when the speaker is added; a new address that it announces changes only the address."""
    den, attic = area_registry.async_create("Den"), area_registry.async_create("Attic")
    speaker = await make_speaker(session)
    async with listening(speaker) as url:
        result = await submit(hass, await discovered(hass, speaker, url), {"area": den.id})
        await submit(hass, result, {"next_step_id": "trust"})
        await until(lambda: dr.async_entries_for_area(device_registry, den.id))
        (subentry,) = entry.get_subentries_of_type("speaker")

        async def reconfigure(**fields: str) -> Any:
            result = await entry.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
            return await submit(hass, result, fields)

        result = await reconfigure(address="not an address", area=attic.id)
        assert result["errors"] == {"address": "no_address"}
        result = await submit(hass, result, {"address": "den.local", "area": attic.id})
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
        (device,) = dr.async_entries_for_area(device_registry, attic.id)
        assert device.config_subentry_id == subentry.subentry_id
        assert (await discovered(hass, speaker, url))["reason"] == "already_configured"
        data = entry.subentries[subentry.subentry_id].data
        assert dict(data) == {"kind": "sendspin", "url": url, "area": attic.id}
        await reconfigure()
        assert dict(entry.subentries[subentry.subentry_id].data) == {"kind": "sendspin"}
        assert dr.async_entries_for_area(device_registry, attic.id) == []


async def test_an_address_without_a_speaker_is_not_reachable(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    handler = (entry.entry_id, "speaker")
    result = await hass.config_entries.subentries.async_init(handler, context={"source": SOURCE_USER})
    result = await submit(hass, result, {"address": "127.0.0.1:1"})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "not_reachable")


async def test_a_requirement_that_cant_be_installed(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    session: ClientSession,
    monkeypatch: pytest.MonkeyPatch,
    issue_registry: ir.IssueRegistry,
) -> None:
    async def fail(_hass: HomeAssistant, name: str, requirements: list[str]) -> None:
        raise RequirementsNotFound(name, requirements)

    monkeypatch.setattr(adapter, "async_process_requirements", fail)
    speaker = await make_speaker(session)
    async with listening(speaker) as url:
        result = await submit(hass, await discovered(hass, speaker, url))
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "sendspin_not_installed")
        assert issue_registry.async_get_issue(DOMAIN, adapter.ISSUE_REQUIREMENT) is not None
    for wanted in True, False:
        await set_options(hass, entry, sendspin=wanted)
        assert (issue_registry.async_get_issue(DOMAIN, adapter.ISSUE_REQUIREMENT) is not None) is wanted


async def test_a_server_that_a_dialog_starts_dials_the_added_speakers(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    session: ClientSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It couldn't be started when they were added, and nothing else changes afterwards."""

    async def fail(_hass: HomeAssistant, name: str, requirements: list[str]) -> None:
        raise RequirementsNotFound(name, requirements)

    speakers = entry.runtime_data.speakers
    den, other = await make_speaker(session), await make_speaker(session)
    async with listening(den) as url, listening(other) as other_url:
        with monkeypatch.context() as patch:
            patch.setattr(adapter, "async_process_requirements", fail)
            speakers.add(den.player_id, "Den", "sendspin", url)
            await hass.async_block_till_done()
            assert speakers.sendspin is None
        result = await submit(hass, await discovered(hass, other, other_url))
        hass.config_entries.flow.async_abort(result["flow_id"])
        await until(lambda: den.client.connected)
        assert speakers.sendspin is not None


@pytest.mark.parametrize("option", ["sendspin", "snapcast"])
async def test_the_issues_of_speakers_end_with_the_hub(
    hass: HomeAssistant, entry: MockConfigEntry, issue_registry: ir.IssueRegistry, option: str
) -> None:
    entry.runtime_data.speakers._ffmpeg = None
    await set_options(hass, entry, **{option: True})
    assert [issue_id for domain, issue_id in issue_registry.issues if domain == DOMAIN] == [adapter.ISSUE_FFMPEG]
    await hass.config_entries.async_unload(entry.entry_id)
    assert [issue_id for domain, issue_id in issue_registry.issues if domain == DOMAIN] == []


async def test_a_speaker_without_a_hub_is_ignored(hass: HomeAssistant, session: ClientSession) -> None:
    speaker = await make_speaker(session)
    result = await discovered(hass, speaker, "ws://127.0.0.1:5/sendspin")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "not_loaded")


async def test_speakers_come_back_after_a_reload(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, session: ClientSession
) -> None:
    speaker = await make_speaker(session)
    async with listening(speaker) as url:
        result = await submit(hass, await discovered(hass, speaker, url))
        await submit(hass, result, {"next_step_id": "trust"})
        await until(lambda: (player := hub.players.find(speaker.player_id)) is not None and player.connected)
        assert await hass.config_entries.async_unload(entry.entry_id)
        await until(lambda: not speaker.client.connected)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await until(lambda: hub.players.get(speaker.player_id).connected)


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("192.168.1.20", "ws://192.168.1.20:8928/sendspin"),
        (" den.local:9000/x ", "ws://den.local:9000/x"),
        ("[fd00::1]", "ws://[fd00::1]:8928/sendspin"),
        ("ws://den", "ws://den:8928/sendspin"),
        ("http://den", None),
        ("", None),
        ("a b", None),
        ("den:99999", None),
    ],
)
def test_entered_addresses_become_urls(address: str, url: str | None) -> None:
    assert url_of(address) == url


async def test_the_sendspin_server_is_announced_while_it_runs(
    hass: HomeAssistant, entry: MockConfigEntry, mock_async_zeroconf: MagicMock, caplog: pytest.LogCaptureFixture
) -> None:
    hass.config.components.add("zeroconf")
    await set_options(hass, entry, sendspin=True)
    (announced_service,) = mock_async_zeroconf.async_register_service.call_args.args
    assert (announced_service.type, announced_service.properties[b"path"]) == (
        "_sendspin-server._tcp.local.",
        b"/sendspin",
    )
    assert await hass.config_entries.async_unload(entry.entry_id)
    mock_async_zeroconf.async_unregister_service.assert_called_once_with(announced_service)
    mock_async_zeroconf.async_register_service.side_effect = OSError("No network")
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert "The Sendspin server can't be announced" in caplog.text
    assert entry.runtime_data.speakers.sendspin.service.port is not None


def is_listening() -> bool:
    """Return whether the Sendspin server's first port is in use."""
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", 38_927)) == 0


async def test_servers_end_with_their_options(
    hass: HomeAssistant, entry: MockConfigEntry, mock_async_zeroconf: MagicMock
) -> None:
    hass.config.components.add("zeroconf")
    await set_options(hass, entry, sendspin=True, snapcast=True)
    assert is_listening()
    (announced_service,) = mock_async_zeroconf.async_register_service.call_args.args
    port = entry.runtime_data.speakers._snapcast.port
    await set_options(hass, entry, sendspin=False, snapcast=False)
    assert (entry.runtime_data.speakers.sendspin, is_listening()) == (None, False)
    mock_async_zeroconf.async_unregister_service.assert_called_once_with(announced_service)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    await set_options(hass, entry, sendspin=True)
    assert is_listening()


async def test_the_sendspin_server_stays_for_its_speakers_and_dialogs(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, session: ClientSession
) -> None:
    speakers = entry.runtime_data.speakers
    speaker = await make_speaker(session)
    async with listening(speaker) as url:
        result = await submit(hass, await discovered(hass, speaker, url))
        await set_options(hass, entry, sendspin=True)
        await set_options(hass, entry, sendspin=False)
        assert (result["step_id"], is_listening()) == ("access", True)
        hass.config_entries.flow.async_abort(result["flow_id"])
        await until(lambda: not is_listening())
        assert speakers.sendspin is None

        result = await submit(hass, await discovered(hass, speaker, url))
        await submit(hass, result, {"next_step_id": "trust"})
        await hass.async_block_till_done(wait_background_tasks=True)
        await set_options(hass, entry, sendspin=False)
        assert is_listening()
        await until(lambda: (player := hub.players.find(speaker.player_id)) is not None and player.connected)
        (subentry,) = entry.get_subentries_of_type("speaker")
        hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
        await until(lambda: not is_listening())


async def test_a_sendspin_server_whose_start_is_cancelled_is_stopped(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def announce(_server: HomeSendspin) -> None:
        assert is_listening()
        raise asyncio.CancelledError

    monkeypatch.setattr(HomeSendspin, "async_announce", announce)
    with pytest.raises(asyncio.CancelledError):
        await entry.runtime_data.speakers.async_start_sendspin(object())
    assert (entry.runtime_data.speakers.sendspin, is_listening()) == (None, False)


async def test_removing_the_entry_deletes_the_pairings(
    hass: HomeAssistant, entry: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    await set_options(hass, entry, sendspin=True)
    await hass.async_block_till_done()
    assert SENDSPIN_KEY in hass_storage
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert not [key for key in hass_storage if key.startswith(DOMAIN)]


async def test_damaged_pairings_are_begun_anew(
    hass: HomeAssistant, entry: MockConfigEntry, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """They are kept beside the new ones until the entry is removed."""
    damaged = {"pairings": 7}
    hass_storage[SENDSPIN_KEY] = {"version": 1, "minor_version": 1, "key": SENDSPIN_KEY, "data": damaged}
    await set_options(hass, entry, sendspin=True)
    assert f"{SENDSPIN_KEY}.damaged; pair the speakers again" in caplog.text
    assert entry.runtime_data.speakers.sendspin is not None
    assert hass_storage[f"{SENDSPIN_KEY}.damaged"]["data"] == damaged
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert f"{SENDSPIN_KEY}.damaged" not in hass_storage


async def test_a_dialog_ends_with_the_hub(hass: HomeAssistant, entry: MockConfigEntry, session: ClientSession) -> None:
    """A speaker can't be added, or changed, while the hub isn't loaded."""
    entry.runtime_data.speakers.add(PLAYER, "Den", "snapcast", None)
    await hass.async_block_till_done()
    (subentry,) = entry.get_subentries_of_type("speaker")
    handler = (entry.entry_id, "speaker")
    opened = await hass.config_entries.subentries.async_init(handler, context={"source": SOURCE_USER})
    assert await hass.config_entries.async_unload(entry.entry_id)
    results = [
        await submit(hass, opened, {"address": "192.168.1.20"}),
        await entry.start_subentry_reconfigure_flow(hass, subentry.subentry_id),
    ]
    assert [(result["type"], result["reason"]) for result in results] == [(FlowResultType.ABORT, "not_loaded")] * 2


async def test_a_speaker_that_was_seen_is_selected(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub) -> None:
    await set_options(hass, entry, snapcast=True)
    async with snapcast_client(entry.runtime_data.speakers._snapcast.port) as client:
        client.send(hello())
        await until(lambda: flows(hass))
        handler = (entry.entry_id, "speaker")
        result = await hass.config_entries.subentries.async_init(handler, context={"source": SOURCE_USER})
        result = await submit(hass, result, {"speaker": PLAYER})
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "speaker_added")
        # It isn't offered any more.
        assert flows(hass) == []
        await until(lambda: hub.players.find(PLAYER) is not None)
        # A second addition changes nothing.
        entry.runtime_data.speakers.add(PLAYER, "Other", "snapcast", None)
        (subentry,) = entry.get_subentries_of_type("speaker")
        assert subentry.title == "den"


async def test_pairing_ends_when_its_dialog_is_closed(
    hass: HomeAssistant, entry: MockConfigEntry, session: ClientSession
) -> None:
    speaker = await make_speaker(session, unpaired=False, static_code="12345678")
    async with listening(speaker) as url:
        result = await submit(hass, await discovered(hass, speaker, url))
        flow = hass.config_entries.flow
        result = await flow.async_configure(result["flow_id"], {"next_step_id": "static_code"})
        assert (result["type"], result["step_id"]) == (FlowResultType.SHOW_PROGRESS, "gesture")
        flow.async_abort(result["flow_id"])
        await hass.async_block_till_done()
        assert flows(hass) == []


async def test_a_token_of_another_speaker_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, session: ClientSession
) -> None:
    speaker = await make_speaker(session, unpaired=False)
    async with listening(speaker) as url:
        result = await submit(hass, await discovered(hass, speaker, url))
        result = await submit(hass, result, {"next_step_id": "token"})
        assert result["step_id"] == "token"
        result = await submit(hass, result, {"code": "SP:nonsense"})
        assert result["type"] in (FlowResultType.FORM, FlowResultType.ABORT)
        assert not entry.get_subentries_of_type("speaker")


async def test_an_added_speaker_is_not_paired_again(
    hass: HomeAssistant, entry: MockConfigEntry, session: ClientSession
) -> None:
    speaker = await make_speaker(session)
    async with listening(speaker) as url:
        result = await submit(hass, await discovered(hass, speaker, url))
        await submit(hass, result, {"next_step_id": "trust"})
        handler = (entry.entry_id, "speaker")
        result = await hass.config_entries.subentries.async_init(handler, context={"source": SOURCE_USER})
        result = await submit(hass, result, {"address": url})
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "speaker_added")
        assert len(entry.get_subentries_of_type("speaker")) == 1


async def test_a_speaker_that_leaves_before_it_is_paired(
    hass: HomeAssistant, entry: MockConfigEntry, session: ClientSession
) -> None:
    """After the choice of a way, and while its button is waited for."""
    for static_code, way, reason in ((None, "dynamic_code", "not_reachable"), ("12345678", None, "pairing_refused")):
        speaker = await make_speaker(session, unpaired=False, static_code=static_code)
        async with listening(speaker) as url:
            result = await submit(hass, await discovered(hass, speaker, url))
            if way is None:
                result = await hass.config_entries.flow.async_configure(
                    result["flow_id"], {"next_step_id": "static_code"}
                )
                assert (result["type"], result["step_id"]) == (FlowResultType.SHOW_PROGRESS, "gesture")
        if way is not None:
            result = await submit(hass, result, {"next_step_id": way})
        while result["type"] is FlowResultType.SHOW_PROGRESS:
            await asyncio.sleep(0.01)
            result = await hass.config_entries.flow.async_configure(result["flow_id"])
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, reason)
    assert not entry.get_subentries_of_type("speaker")


async def test_a_server_that_stops_before_a_speaker_is_trusted(
    hass: HomeAssistant, entry: MockConfigEntry, session: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stopped(_user: object) -> None:
        return None

    for way in "trust", "dynamic_code":
        speaker = await make_speaker(session)
        async with listening(speaker) as url:
            result = await submit(hass, await discovered(hass, speaker, url))
            with monkeypatch.context() as patch:
                patch.setattr(entry.runtime_data.speakers, "async_start_sendspin", stopped)
                result = await submit(hass, result, {"next_step_id": way})
            assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "not_reachable")


@pytest.mark.parametrize(("may_stay", "reason"), [(False, "no_pairing"), (True, "speaker_added")])
async def test_a_speakers_only_way_is_taken_without_a_question(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    session: ClientSession,
    monkeypatch: pytest.MonkeyPatch,
    may_stay: bool,
    reason: str,
) -> None:
    """One that offers none can't be added."""
    probe = service.SendspinService.probe

    async def limited(server: service.SendspinService, url: str) -> service.Candidate:
        return replace(await probe(server, url), methods=(), may_stay_unpaired=may_stay)

    monkeypatch.setattr(service.SendspinService, "probe", limited)
    speaker = await make_speaker(session)
    async with listening(speaker) as url:
        result = await submit(hass, await discovered(hass, speaker, url))
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, reason)
