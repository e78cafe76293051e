"""A room in Home Assistant: a device with a media player, an event entity and a sensor."""

from homeassistant.auth.models import User
from homeassistant.components.media_player import MediaPlayerEntityFeature as Feature
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.rooms.room import RoomSettings
from tests.fixtures import BRASS, COPPER, PAPER, Advance, Connect, CreateToken, Lose
from tests.wire.client import Client, player

from .actions import KITCHEN, TITLES, act, next_command, play, state
from .parties import PARTY, room_command

ENTITIES = {
    *(PARTY, "button.party_favourite_song", "event.party_activity", "sensor.party_participants"),
    *("number.party_sleep_timer", "sensor.party_sleep_timer"),
}


def known(entity_registry: er.EntityRegistry) -> set[str]:
    return {entry.entity_id for entry in entity_registry.entities.values() if "party" in entry.entity_id}


async def test_the_device_is_created_renamed_and_removed_with_the_room(
    hass: HomeAssistant,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
    entry: MockConfigEntry,
    hub: Hub,
    party: str,
) -> None:
    assert known(entity_registry) == ENTITIES
    device = device_registry.async_get_device_by_identifier((DOMAIN, "ROOM:party"), entry.entry_id)
    assert device is not None
    assert (device.name, device.model, device.via_device_id) == ("Party", "Room", entry.runtime_data.hub_device_id)
    found = hub.rooms.find("party")
    assert found is not None
    assert found.entity_id == PARTY
    hub.rooms.update(found, RoomSettings(name="Ball"))
    await hass.async_block_till_done()
    device = device_registry.async_get_device_by_identifier((DOMAIN, "ROOM:party"), entry.entry_id)
    assert device is not None
    assert device.name == "Ball"

    hub.rooms.close(found)
    await hass.async_block_till_done()
    assert known(entity_registry) == set()
    assert device_registry.async_get_device_by_identifier((DOMAIN, "ROOM:party"), entry.entry_id) is None
    assert hass.states.get(PARTY) is None


async def test_the_device_of_a_room_closed_before_a_crash_is_removed(
    hass: HomeAssistant,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
    entry: MockConfigEntry,
    party: str,
    hub: Hub,
) -> None:
    device_registry.async_get_or_create(config_entry_id=entry.entry_id, identifiers={(DOMAIN, "ROOM:gone")})
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert device_registry.async_get_device_by_identifier((DOMAIN, "ROOM:gone"), entry.entry_id) is None
    assert known(entity_registry) == ENTITIES
    assert hass.states.get(PARTY) is not None


async def test_deleting_the_device_closes_the_room_only(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    device_registry: dr.DeviceRegistry,
    entry: MockConfigEntry,
    hub: Hub,
    connect: Connect,
    token: str,
    party: str,
) -> None:
    await (await connect()).authenticate(token, client=player("party", name="Box"))
    await hass.async_block_till_done()
    assert await async_setup_component(hass, "config", {})
    device = device_registry.async_get_device_by_identifier((DOMAIN, "ROOM:party"), entry.entry_id)
    assert device is not None
    client = await hass_ws_client(hass)
    assert (await client.remove_device(device.id))["success"]
    assert hub.rooms.find("party") is None
    assert hub.players.find("party") is not None
    await hass.async_block_till_done()
    assert hass.states.get(PARTY) is None
    assert hass.states.get("media_player.box") is not None


async def test_removing_a_player_removes_its_device(
    hass: HomeAssistant, device_registry: dr.DeviceRegistry, entry: MockConfigEntry, hub: Hub, ben: Client
) -> None:
    hub.players.remove("ben")
    await hass.async_block_till_done()
    assert device_registry.async_get_device_by_identifier((DOMAIN, "ben"), entry.entry_id) is None
    assert hass.states.get("media_player.ben") is None


async def test_the_rooms_media_player_controls_the_music_of_all_members(
    hass: HomeAssistant, ada: Client, ben: Client, party: str, advance: Advance
) -> None:
    await play(hass, BRASS, entity_id=PARTY)
    for client in ada, ben:
        told = await next_command(client)
        assert (told["room_id"], told["track"]["title"]) == ("party", "Brass Morning")
    for entity_id in PARTY, "media_player.ada", "media_player.ben":
        shown = state(hass, entity_id)
        assert (shown.state, shown.attributes["media_title"]) == ("playing", "Brass Morning")
    await advance(5)
    await act(hass, "media_pause", PARTY)
    assert (await next_command(ben, "pause"))["rate"] == 0
    assert state(hass, PARTY).state == "paused"
    await act(hass, "media_seek", PARTY, seek_position=7)
    assert state(hass, PARTY).attributes["media_position"] == 7
    await act(hass, "media_play", PARTY)
    assert (await ben.until("synchronized_playback", command="play"))["start_position"] == 7

    await play(hass, COPPER, entity_id=PARTY, enqueue="add")
    await play(hass, PAPER, entity_id=PARTY, enqueue="next")
    titles = [item["track"]["title"] for item in (await room_command(ada, "get", room_id="party"))["queue"]["items"]]
    assert titles == ["Brass Morning", "Paper Lantern", "Copper Rain"]
    await act(hass, "media_next_track", PARTY)
    assert state(hass, PARTY).attributes["media_title"] == "Paper Lantern"
    await act(hass, "media_previous_track", PARTY)
    assert state(hass, PARTY).attributes["media_title"] == "Brass Morning"
    await play(hass, COPPER, entity_id=PARTY, enqueue="play")
    assert state(hass, PARTY).attributes["media_title"] == "Copper Rain"
    await act(hass, "shuffle_set", PARTY, shuffle=True)
    await act(hass, "repeat_set", PARTY, repeat="all")
    shown = state(hass, PARTY)
    assert (shown.attributes["shuffle"], shown.attributes["repeat"]) == (True, "all")
    assert (shown.attributes["queue_position"], shown.attributes["queue_size"]) == (1, 4)
    await act(hass, "media_stop", PARTY)
    assert state(hass, PARTY).state == "idle"
    await act(hass, "clear_playlist", PARTY)
    assert state(hass, PARTY).attributes["queue_size"] == 0
    assert set(titles) == set(TITLES)


async def test_a_room_without_players_shows_its_music(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub) -> None:
    hub.rooms.create(RoomSettings(name="Party"), "party")
    await hass.async_block_till_done()
    await play(hass, BRASS, entity_id=PARTY, enqueue="add")
    shown = state(hass, PARTY)
    assert (shown.state, shown.attributes["queue_size"], shown.attributes["group_members"]) == ("idle", 1, [])
    assert state(hass, "sensor.party_participants").state == "0"


async def test_the_rooms_volume_is_the_mean_and_keeps_the_balance(
    hass: HomeAssistant, ada: Client, ben: Client, party: str
) -> None:
    await act(hass, "volume_set", "media_player.ada", volume_level=0.6)
    await act(hass, "volume_set", "media_player.ben", volume_level=0.2)
    await hass.async_block_till_done()
    assert state(hass, PARTY).attributes["volume_level"] == pytest.approx(0.4)
    await act(hass, "volume_set", PARTY, volume_level=0.5)
    assert state(hass, "media_player.ada").attributes["volume_level"] == pytest.approx(0.7)
    assert state(hass, "media_player.ben").attributes["volume_level"] == pytest.approx(0.3)
    await act(hass, "volume_mute", PARTY, is_volume_muted=True)
    await hass.async_block_till_done()
    for entity_id in PARTY, "media_player.ada", "media_player.ben":
        assert state(hass, entity_id).attributes["is_volume_muted"] is True


async def test_a_feature_of_one_player_is_a_feature_of_the_room(
    hass: HomeAssistant, hub: Hub, connect: Connect, token: str
) -> None:
    hub.rooms.create(RoomSettings(name="Party"), "party")
    optional = Feature.PAUSE | Feature.SEEK | Feature.VOLUME_SET | Feature.VOLUME_STEP | Feature.VOLUME_MUTE

    async def features() -> Feature:
        await hass.async_block_till_done()
        return Feature(state(hass, PARTY).attributes["supported_features"]) & optional

    assert await features() == optional
    for player_id, capabilities, shown in (
        ("bare", [], Feature(0)),
        ("box", ["pause"], Feature.PAUSE),
        ("amp", ["mute"], Feature.PAUSE | Feature.VOLUME_MUTE),
    ):
        client = await connect()
        await client.authenticate(token, client=player(player_id, capabilities=capabilities))
        await room_command(client, "join", room_id="party")
        assert await features() == shown


async def test_the_room_checks_the_rights_of_the_acting_user(
    hass: HomeAssistant, hass_admin_user: User, party: str
) -> None:
    await play(hass, BRASS, entity_id=PARTY)
    user = await hass.auth.async_create_user("Kim", group_ids=["system-users"])

    async def pause(user: User) -> None:
        context = Context(user_id=user.id)
        await hass.services.async_call("media_player", "media_pause", {"entity_id": PARTY}, True, context)

    with pytest.raises(ServiceValidationError) as refusal:
        await pause(user)
    assert refusal.value.translation_key == "right_missing"
    assert state(hass, PARTY).state == "playing"
    await pause(hass_admin_user)
    assert state(hass, PARTY).state == "paused"


async def test_group_members_are_in_the_order_of_joining(
    hass: HomeAssistant,
    ada: Client,
    ben: Client,
    party: str,
    connect: Connect,
    create_token: CreateToken,
    lose: Lose,
) -> None:
    """A member keeps its place after a short disconnect."""
    both = ["media_player.ada", "media_player.ben"]
    for entity_id in (PARTY, *both):
        assert state(hass, entity_id).attributes["group_members"] == both
    await lose(ada)
    again = await connect()
    await again.authenticate(await create_token("ada"), client=player("ada"))
    await hass.async_block_till_done()
    assert state(hass, PARTY).attributes["group_members"] == both
    await room_command(ben, "leave", room_id="party")
    await hass.async_block_till_done()
    assert state(hass, "media_player.ada").attributes["group_members"] == ["media_player.ada"]
    assert state(hass, "media_player.ben").attributes["group_members"] == []


async def test_the_sensor_counts_and_names_participants(
    hass: HomeAssistant, ada: Client, ben: Client, party: str
) -> None:
    shown = state(hass, "sensor.party_participants")
    assert (shown.state, shown.attributes["names"]) == ("2", ["ada", "ben"])
    assert shown.attributes["participants"] == [
        {"client_id": ada.welcome["client_id"], "username": "ada", "role": "host", "player_id": "ada"},
        {"client_id": ben.welcome["client_id"], "username": "ben", "role": "guest", "player_id": "ben"},
    ]
    await room_command(ada, "leave", room_id="party")
    await hass.async_block_till_done()
    shown = state(hass, "sensor.party_participants")
    assert (shown.state, shown.attributes["participants"][0]["role"]) == ("1", "host")


async def test_room_events_are_events_of_the_entity(hass: HomeAssistant, ada: Client, ben: Client, party: str) -> None:
    def last() -> tuple[str, str | None]:
        attributes = state(hass, "event.party_activity").attributes
        return attributes["event_type"], attributes.get("username")

    assert last() == ("user_joined", "ben")
    await ben.request("room_chat", room_id="party", message="Hello")
    assert last() == ("room_chat", "ben")
    assert state(hass, "event.party_activity").attributes["message"] == "Hello"
    await room_command(ada, "update", room_id="party", control="votes")
    assert last()[0] == "room_updated"
    await play(hass, BRASS, entity_id=PARTY)
    await room_command(ben, "skip_vote", room_id="party")
    assert last()[0] == "skip_vote"
    await room_command(ada, "leave", room_id="party")
    assert last()[0] == "host_changed"


async def test_entities_survive_a_reload(
    hass: HomeAssistant, entry: MockConfigEntry, ada: Client, ben: Client, party: str
) -> None:
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert state(hass, PARTY).state == "idle"
    assert state(hass, "sensor.party_participants").state == "2"


async def test_a_room_without_players_says_that_it_is_not_heard(
    hass: HomeAssistant, hub: Hub, kitchen: Client, advance: Advance
) -> None:
    hub.rooms.create(RoomSettings(name="Party"), "party")
    await hass.async_block_till_done()
    await play(hass, BRASS, entity_id=PARTY)
    data = {"entity_id": PARTY, "media_content_id": COPPER}
    answer = await hass.services.async_call("moosicbox", "queue_add", data, blocking=True, return_response=True)
    assert answer is not None
    assert answer["listeners"] == 0
    await advance(1)
    await hass.async_block_till_done()
    assert (state(hass, PARTY).state, state(hass, PARTY).attributes["listeners"]) == ("idle", 0)
    await act(hass, "join", PARTY, group_members=[KITCHEN])
    await advance(1)
    await hass.async_block_till_done()
    assert (state(hass, PARTY).state, state(hass, PARTY).attributes["listeners"]) == ("playing", 1)
