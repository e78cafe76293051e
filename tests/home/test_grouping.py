"""Groups of players by `media_player.join` and `media_player.unjoin`."""

from dataclasses import replace
from typing import Any

from homeassistant.auth.models import User
from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.components.media_player import MediaPlayerEntityFeature
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.rooms.room import Room, RoomSettings
from tests.fixtures import BRASS, COPPER, Advance, Connect, CreateToken, Lose, ManualClock
from tests.wire.client import Client, player

from .actions import act, next_command, play, state
from .parties import PARTY, room_command
from .test_storage import restart

ADA, BEN, EVE = "media_player.ada", "media_player.ben", "media_player.eve"
GROUP = "media_player.ada_1"


def members(hass: HomeAssistant, entity_id: str) -> list[str]:
    found: list[str] = state(hass, entity_id).attributes["group_members"]
    return found


async def write_states(hass: HomeAssistant, advance: Advance) -> None:
    """Let due tasks run and scheduled states be written."""
    await advance(0.001)
    await hass.async_block_till_done()
    await hass.async_block_till_done()


async def test_a_group_continues_the_leaders_music_at_its_position(
    hass: HomeAssistant, hub: Hub, ada: Client, ben: Client, advance: Advance
) -> None:
    await play(hass, BRASS, entity_id=ADA)
    await play(hass, COPPER, entity_id=ADA, enqueue="add")
    await advance(6)
    await ben.arrived()
    await act(hass, "join", ADA, group_members=[BEN])
    await write_states(hass, advance)
    (room,) = hub.rooms
    assert (room.room_id, room.name, room.is_group, room.settings.control) == (
        "group.ada",
        "Ada + 1",
        True,
        "everyone",
    )
    for entity_id in ADA, BEN:
        assert members(hass, entity_id) == [ADA, BEN]
        shown = state(hass, entity_id)
        assert (shown.state, shown.attributes["media_title"]) == ("playing", "Brass Morning")
        assert shown.attributes["queue_size"] == 2
    told = await next_command(ben)
    assert told["start_position"] == pytest.approx(6, abs=0.2)
    assert (told["track"]["title"], told["room_id"]) == ("Brass Morning", "group.ada")
    await act(hass, "media_pause", BEN)
    assert state(hass, ADA).state == "paused"


async def test_a_player_that_leaves_gets_its_own_queue_back(
    hass: HomeAssistant, hub: Hub, ada: Client, ben: Client, eve: Client, advance: Advance
) -> None:
    await play(hass, COPPER, entity_id=EVE, enqueue="add")
    await act(hass, "join", ADA, group_members=[BEN])
    await act(hass, "join", BEN, group_members=[ADA, EVE])
    await write_states(hass, advance)
    (room,) = hub.rooms
    assert room.name == "Ada + 2"
    assert members(hass, EVE) == [ADA, BEN, EVE]
    assert state(hass, EVE).attributes["queue_size"] == 0
    await act(hass, "unjoin", EVE)
    await act(hass, "unjoin", EVE)
    await write_states(hass, advance)
    assert room.name == "Ada + 1"
    assert members(hass, EVE) == []
    assert members(hass, ADA) == [ADA, BEN]
    assert state(hass, EVE).attributes["queue_size"] == 1


async def test_the_next_player_leads_when_the_leader_leaves(
    hass: HomeAssistant, hub: Hub, ada: Client, ben: Client, eve: Client, advance: Advance
) -> None:
    await play(hass, BRASS, entity_id=ADA)
    await act(hass, "join", ADA, group_members=[BEN, EVE])
    await act(hass, "unjoin", ADA)
    await write_states(hass, advance)
    (room,) = hub.rooms
    assert (room.name, room.host_user_id) == ("Ben + 1", "ben")
    assert members(hass, EVE) == [BEN, EVE]
    assert [state(hass, entity_id).state for entity_id in (ADA, BEN, EVE)] == ["idle", "playing", "playing"]
    # The group keeps its id, so a new group of the old leader gets another one.
    await act(hass, "join", ADA, group_members=[EVE])
    await write_states(hass, advance)
    (group,) = hub.rooms
    assert group.room_id != "group.ada"
    assert members(hass, ADA) == [ADA, EVE]
    assert members(hass, BEN) == []
    assert state(hass, BEN).state == "playing"


async def test_a_group_ends_with_its_last_but_one_player(
    hass: HomeAssistant, hub: Hub, ada: Client, ben: Client, advance: Advance
) -> None:
    """The remaining player gets the queue and plays on."""
    await play(hass, BRASS, entity_id=ADA)
    await play(hass, COPPER, entity_id=ADA, enqueue="add")
    await act(hass, "join", ADA, group_members=[BEN])
    await advance(4)
    await act(hass, "unjoin", BEN)
    await write_states(hass, advance)
    assert list(hub.rooms) == []
    shown = state(hass, ADA)
    assert (shown.state, shown.attributes["queue_size"], shown.attributes["group_members"]) == ("playing", 2, [])
    ada_player = hub.players.get("ada")
    assert ada_player.solo_playback.timeline.position_at(hub.clock.now_us()) == pytest.approx(4, abs=0.1)
    assert state(hass, BEN).state == "idle"
    assert hass.states.async_entity_ids("event") == []


async def test_a_lost_member_can_return_within_its_grace_time(
    hass: HomeAssistant,
    hub: Hub,
    ada: Client,
    ben: Client,
    create_token: CreateToken,
    advance: Advance,
    lose: Lose,
    connect: Connect,
) -> None:
    """After that time the group continues without it."""
    hub.configure(replace(hub.limits, resume_seconds=0, availability_grace=1, rejoin_seconds=5))
    await play(hass, BRASS, entity_id=ADA)
    await act(hass, "join", ADA, group_members=[BEN])
    await lose(ben)
    await advance(2)
    (room,) = hub.rooms
    assert members(hass, ADA) == [ADA]
    again = await connect()
    await again.authenticate(await create_token("ben"), client=player("ben"))
    await hass.async_block_till_done()
    assert members(hass, ADA) == [ADA, BEN]
    await lose(again)
    await advance(5)
    assert hub.rooms.find(room.room_id) is room
    await advance(2)
    assert hub.rooms.find(room.room_id) is None
    assert (members(hass, ADA), state(hass, ADA).state) == ([], "playing")


async def test_the_queue_stays_with_a_player_when_all_members_leave(
    hass: HomeAssistant, hub: Hub, ada: Client, ben: Client, advance: Advance, lose: Lose
) -> None:
    await play(hass, BRASS, entity_id=ADA, enqueue="add")
    await act(hass, "join", ADA, group_members=[BEN])
    await lose(ada)
    await lose(ben)
    await advance(3600)
    assert list(hub.rooms) == []
    assert len(hub.players.get("ada").solo_playback.queue) == 1


async def test_groups_survive_a_restart(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    entry: MockConfigEntry,
    clock: ManualClock,
    ada: Client,
    ben: Client,
    connect: Connect,
    create_token: CreateToken,
) -> None:
    """Members rejoin; after a while, the group continues without those that don't return."""
    await play(hass, BRASS, entity_id=ADA, enqueue="add")
    await act(hass, "join", ADA, group_members=[BEN])
    await restart(hass, entry)
    hub: Hub = entry.runtime_data.hub
    (room,) = hub.rooms
    assert (room.room_id, room.is_group) == ("group.ada", True)
    again = await connect()
    await again.authenticate(await create_token("ada"), client=player("ada"))
    await hass.async_block_till_done()
    assert (members(hass, ADA), state(hass, ADA).attributes["queue_size"]) == ([ADA], 1)
    hub.timers.run(clock.moment_us)
    assert list(hub.rooms) == [room]
    clock.moment_us += 601_000_000
    hub.timers.run(clock.moment_us)
    await hass.async_block_till_done()
    await hass.async_block_till_done()
    assert list(hub.rooms) == []
    assert (members(hass, ADA), state(hass, ADA).attributes["queue_size"]) == ([], 1)


async def test_players_join_a_room_by_its_entity_or_by_a_member(
    hass: HomeAssistant, hub: Hub, ada: Client, ben: Client, party: str, eve: Client, advance: Advance
) -> None:
    """A room doesn't end when few players are left."""
    await act(hass, "join", "media_player.party", group_members=[EVE])
    await write_states(hass, advance)
    assert members(hass, "media_player.party") == [ADA, BEN, EVE]
    await act(hass, "unjoin", EVE)
    await act(hass, "join", ADA, group_members=[EVE])
    assert members(hass, EVE) == [ADA, BEN, EVE]
    for entity_id in ADA, BEN, EVE:
        await act(hass, "unjoin", entity_id)
    await write_states(hass, advance)
    assert members(hass, "media_player.party") == []
    with pytest.raises(ServiceValidationError):
        await act(hass, "unjoin", "media_player.party")


async def test_a_refused_join_changes_nothing(
    hass: HomeAssistant, hub: Hub, ada: Client, ben: Client, eve: Client, advance: Advance, lose: Lose
) -> None:
    await lose(eve)
    for leader, others, key in (
        (ADA, [EVE, BEN], "player_away"),
        (ADA, ["media_player.nobody"], "no_player_entity"),
    ):
        with pytest.raises(HomeAssistantError) as refusal:
            await act(hass, "join", leader, group_members=others)
        assert refusal.value.translation_key == key
    assert list(hub.rooms) == []
    assert members(hass, BEN) == []


async def test_no_player_joins_a_room_that_has_too_few_places(
    hass: HomeAssistant, hub: Hub, ada: Client, ben: Client, party: str, eve: Client
) -> None:
    await room_command(ada, "update", room_id="party", max_participants=2)
    with pytest.raises(ServiceValidationError) as refusal:
        await act(hass, "join", "media_player.party", group_members=[EVE])
    assert refusal.value.translation_key == "room_full"


async def test_private_rooms_need_the_users_rights(
    hass: HomeAssistant, hub: Hub, hass_admin_user: User, ada: Client, ben: Client, eve: Client, advance: Advance
) -> None:
    user = await hass.auth.async_create_user("Kim", group_ids=["system-users"])
    context = Context(user_id=user.id)

    async def join(leader: str, *others: str) -> None:
        data = {"entity_id": leader, "group_members": list(others)}
        await hass.services.async_call("media_player", "join", data, blocking=True, context=context)

    await room_command(ada, "create", name="Secret", id="secret", is_public=False)
    await hass.async_block_till_done()
    with pytest.raises(ServiceValidationError) as refusal:
        await join(ADA, BEN)
    assert refusal.value.translation_key == "room_private"
    await join(BEN, EVE)
    await write_states(hass, advance)
    assert members(hass, BEN) == [BEN, EVE]
    groups: list[Room] = [room for room in hub.rooms if room.is_group]
    assert [room.room_id for room in groups] == ["group.ben"]


async def test_a_player_joins_a_room_that_is_named_as_a_member(
    hass: HomeAssistant, hub: Hub, ada: Client, ben: Client, party: str, eve: Client, advance: Advance
) -> None:
    """The dialog of Home Assistant offers rooms beside players."""
    await act(hass, "join", EVE, group_members=[PARTY])
    await write_states(hass, advance)
    assert members(hass, PARTY) == [ADA, BEN, EVE]
    await act(hass, "unjoin", ADA)
    await act(hass, "join", EVE, group_members=[PARTY, ADA, BEN])
    await write_states(hass, advance)
    assert members(hass, EVE) == [BEN, EVE, ADA]


async def test_a_refused_member_keeps_all_players_where_they_are(
    hass: HomeAssistant, hub: Hub, ada: Client, ben: Client, party: str, eve: Client, advance: Advance
) -> None:
    hub.rooms.create(RoomSettings(name="Bar"), "bar")
    hass.states.async_set("media_player.doorbell", "idle", {"supported_features": 0})
    await hass.async_block_till_done()
    for leader, others, key in (
        (EVE, [PARTY, "media_player.bar"], "several_rooms"),
        (PARTY, [EVE, "media_player.bar"], "room_in_room"),
        (EVE, [ADA, "media_player.doorbell"], "output_plays_no_media"),
        (EVE, [ADA, "media_player.nobody"], "no_player_entity"),
    ):
        with pytest.raises(ServiceValidationError) as refusal:
            await act(hass, "join", leader, group_members=others)
        assert refusal.value.translation_key == key
    assert members(hass, PARTY) == [ADA, BEN]
    assert members(hass, EVE) == []


@pytest.mark.parametrize("others", [[], [ADA]])
async def test_joining_no_other_player_changes_nothing(
    hass: HomeAssistant, hub: Hub, ada: Client, others: list[str]
) -> None:
    """Home Assistant's dialog sends this before it calls `unjoin` for the players that were deselected."""
    await act(hass, "join", ADA, group_members=others)
    assert list(hub.rooms) == []


async def test_the_entity_of_a_group_is_hidden_and_cannot_be_joined(
    hass: HomeAssistant,
    hub: Hub,
    ada: Client,
    ben: Client,
    advance: Advance,
    entity_registry: er.EntityRegistry,
    device_registry: dr.DeviceRegistry,
    entry: MockConfigEntry,
) -> None:
    assert await async_setup_component(hass, "homeassistant", {})
    devices = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    await act(hass, "join", ADA, group_members=[BEN])
    await write_states(hass, advance)
    assert dr.async_entries_for_config_entry(device_registry, entry.entry_id) == devices
    group = state(hass, GROUP)
    assert group.name == "Ada + 1"
    assert not group.attributes["supported_features"] & MediaPlayerEntityFeature.GROUPING
    entity = entity_registry.async_get(GROUP)
    assert entity is not None
    assert entity.hidden_by is er.RegistryEntryHider.INTEGRATION
    assert not async_should_expose(hass, "conversation", GROUP)
    assert hass.states.async_entity_ids("event") == []
    # Disabled, it is removed all the same.
    entity_registry.async_update_entity(GROUP, disabled_by=er.RegistryEntryDisabler.USER)
    await hass.async_block_till_done()
    await act(hass, "unjoin", BEN)
    await write_states(hass, advance)
    assert entity_registry.async_get(GROUP) is None


async def test_members_follow_a_renamed_entity(
    hass: HomeAssistant,
    ada: Client,
    ben: Client,
    party: str,
    advance: Advance,
    entity_registry: er.EntityRegistry,
) -> None:
    entity_registry.async_update_entity(ADA, new_entity_id="media_player.bath")
    await hass.async_block_till_done()
    await write_states(hass, advance)
    for entity_id in BEN, PARTY, "media_player.bath":
        assert members(hass, entity_id) == ["media_player.bath", BEN]
