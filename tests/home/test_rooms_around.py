"""Rooms in events, the management API, pages, diagnostics, system health, presence, and the option."""

import json
from typing import Any

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events, get_system_health_info
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.moosicbox.adapters import event_bridge
from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.diagnostics import async_get_config_entry_diagnostics, async_get_device_diagnostics
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.rooms.room import RoomSettings
from tests.fixtures import BRASS, Advance, Connect, CreateToken
from tests.wire.client import Client

from .actions import act, play, state
from .parties import PARTY, room_command


async def test_room_events_have_the_rooms_id_and_entity(
    hass: HomeAssistant, hub: Hub, ada: Client, ben: Client, advance: Advance
) -> None:
    heard = async_capture_events(hass, event_bridge.EVENT_ROOM_EVENT)
    await room_command(ada, "create", name="Party", id="party", control="votes", wait="none")
    await hass.async_block_till_done()
    await room_command(ben, "join", room_id="party")
    await room_command(ada, "set_role", room_id="party", user_id="ben", role="dj")
    await ben.request("room_chat", room_id="party", message="Hello")
    await play(hass, BRASS, entity_id=PARTY)
    await room_command(ben, "skip_vote", room_id="party")
    await room_command(ada, "update", room_id="party", name="Ball")
    await room_command(ada, "leave", room_id="party")
    found = hub.rooms.find("party")
    assert found is not None
    hub.rooms.close(found)
    await hass.async_block_till_done()
    assert [event.data["event_type"] for event in heard] == [
        "room_created",
        "user_joined",
        "user_joined",
        "role_changed",
        "room_chat",
        "skip_vote",
        "room_updated",
        "user_left",
        "host_changed",
        "room_closed",
    ]
    assert {event.data["room_id"] for event in heard} == {"party"}
    assert {event.data["entity_id"] for event in heard[2:]} == {PARTY}
    chat = heard[4].data["data"]
    assert (chat["user_id"], chat["username"], chat["message"]) == ("ben", "ben", "Hello")


async def test_events_of_a_rooms_music_are_fired_once(
    hass: HomeAssistant, ada: Client, ben: Client, party: str
) -> None:
    tracks = async_capture_events(hass, event_bridge.EVENT_TRACK_CHANGED)
    queues = async_capture_events(hass, event_bridge.EVENT_QUEUE_UPDATED)
    await play(hass, BRASS, entity_id=PARTY)
    await hass.async_block_till_done()
    (track,) = tracks
    assert track.data["track"]["title"] == "Brass Morning"
    assert queues
    for event in (track, *queues):
        assert (event.data["room_id"], event.data["entity_id"]) == ("party", PARTY)
        assert event.data["player_ids"] == ["ada", "ben"]


async def test_the_management_api_lists_private_rooms_too(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, hass_client: ClientSessionGenerator
) -> None:
    hub.rooms.create(RoomSettings(name="Secret", is_public=False), "secret")
    client = await hass_client()
    assert await (await client.get("/api/moosicbox/rooms")).json() == {
        "rooms": [
            {
                "room_id": "secret",
                "name": "Secret",
                "description": None,
                "is_public": False,
                "participants": 0,
                "max_participants": 20,
            }
        ]
    }


async def test_pages_receive_the_rooms_that_their_user_can_see(
    hass: HomeAssistant,
    hub: Hub,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
    hass_read_only_user: User,
    ada: Client,
    party: str,
    advance: Advance,
) -> None:
    page = await hass_ws_client(hass, hass_read_only_access_token)
    await page.send_json_auto_id({"type": "moosicbox/subscribe", "topics": ["rooms", "room:party"]})
    assert (await page.receive_json())["success"]

    async def until(type_: str) -> dict[str, Any]:
        while (message := (await page.receive_json())["event"])["type"] != type_:
            pass
        found: dict[str, Any] = message
        return found

    assert [room["room_id"] for room in (await until("room_list"))["rooms"]] == ["party"]
    assert (await until("room_state"))["name"] == "Party"
    await ada.request("room_chat", room_id="party", message="Hello")
    assert (await until("room_chat"))["message"] == "Hello"
    await room_command(ada, "update", room_id="party", is_public=False)
    await advance(1)
    assert (await until("room_list"))["rooms"] == []
    await ada.request("room_chat", room_id="party", message="Among us")
    await room_command(ada, "create", name="Open", id="open")
    await advance(1)
    after: list[Any] = []
    while not after or after[-1]["type"] != "room_list":
        after.append((await page.receive_json())["event"])
    assert [message["type"] for message in after] == ["room_list"]
    await page.send_json_auto_id({"type": "moosicbox/subscribe", "topics": ["room:party"]})
    assert (await page.receive_json())["error"]["code"] == "permission_denied"


async def test_diagnostics_have_the_rooms_state_without_names_chat_and_invites(
    hass: HomeAssistant,
    hub: Hub,
    entry: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
    ada: Client,
    ben: Client,
    party: str,
) -> None:
    await ben.request("room_chat", room_id="party", message="Between us")
    invite = await room_command(ada, "invite", room_id="party")
    await play(hass, BRASS, entity_id=PARTY)
    device = device_registry.async_get_device_by_identifier((DOMAIN, "ROOM:party"), entry.entry_id)
    assert device is not None
    whole = await async_get_config_entry_diagnostics(hass, entry)
    part = await async_get_device_diagnostics(hass, entry, device)
    for found in whole, part:
        (room,) = found["rooms"]
        assert (room["state"], room["chat_lines"], room["queue"]["items"]) == ("playing", 1, 1)
        assert [member["role"] for member in room["participants"]] == ["host", "guest"]
        text = json.dumps(found)
        for secret in ("ada", "ben", "Between us", invite["invite"], next(iter(hub.invites.open)), "Party"):
            assert f'"{secret}' not in text, secret
    assert whole["invites"] == 1
    assert len(part["players"]) == 2


async def test_system_health_counts_rooms(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub) -> None:
    assert await async_setup_component(hass, "system_health", {})
    hub.rooms.create(RoomSettings(name="Party"))
    assert (await get_system_health_info(hass, DOMAIN))["rooms"] == 1


async def test_the_people_sensor_names_the_rooms(
    hass: HomeAssistant, party: str, connect: Connect, create_token: CreateToken, advance: Advance
) -> None:
    eve = await connect()
    await eve.authenticate(await create_token("eve"))
    await room_command(eve, "join", room_id="party")
    await advance(3)
    (client,) = state(hass, "sensor.moosicbox_people_present").attributes["clients"]
    assert (client["username"], client["room_ids"]) == ("eve", ["party"])


async def test_rooms_can_be_switched_off(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, connect: Connect, ada: Client, ben: Client, party: str
) -> None:
    assert (await connect()).hello["features"]["rooms"] == 1
    hass.config_entries.async_update_entry(entry, options={"rooms": False})
    await hass.async_block_till_done()
    assert list(hub.rooms) == []
    assert hass.states.get(PARTY) is None
    assert "rooms" not in (await connect()).hello["features"]
    answer = await ada.request("room_command", action="create", name="Party")
    assert answer["error_type"] == "not_supported"
    with pytest.raises(ServiceValidationError) as refusal:
        await act(hass, "join", "media_player.ada", group_members=["media_player.ben"])
    assert refusal.value.translation_key == "rooms_off"
    hass.config_entries.async_update_entry(entry, options={})
    await hass.async_block_till_done()
    await room_command(ada, "create", name="Party", id="party")
    assert len(hub.rooms) == 1
