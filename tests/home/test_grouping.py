"""Players put together by Home Assistant's own actions: `media_player.join` and `unjoin`."""

from dataclasses import replace
from typing import Any

from homeassistant.auth.models import User
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.rooms.room import Room
from tests.fixtures import BRASS, COPPER, Advance, Connect, CreateToken, Lose, ManualClock
from tests.wire.client import Client, player

from .actions import act, order, play, state
from .parties import room_command
from .test_storage import restart

ADA, BEN, EVE = "media_player.ada", "media_player.ben", "media_player.eve"


def members(hass: HomeAssistant, entity_id: str) -> list[str]:
    found: list[str] = state(hass, entity_id).attributes["group_members"]
    return found


async def settle(hass: HomeAssistant, advance: Advance) -> None:
    """What is to be done at once is done, and what came of it written, which is a turn of the loop later."""
    await advance(0.001)
    await hass.async_block_till_done()
    await hass.async_block_till_done()


async def test_join_takes_the_leaders_music_along(
    hass: HomeAssistant, hub: Hub, ada: Client, ben: Client, advance: Advance
) -> None:
    """From where it is."""
    await play(hass, BRASS, entity_id=ADA)
    await play(hass, COPPER, entity_id=ADA, enqueue="add")
    await advance(6)
    await ben.arrived()
    await act(hass, "join", ADA, group_members=[BEN])
    await settle(hass, advance)
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
    told = await order(ben)
    assert told["start_position"] == pytest.approx(6, abs=0.2)
    assert (told["track"]["title"], told["room_id"]) == ("Brass Morning", "group.ada")
    await act(hass, "media_pause", BEN)
    assert state(hass, ADA).state == "paused"


async def test_extend_and_leave(
    hass: HomeAssistant, hub: Hub, ada: Client, ben: Client, eve: Client, advance: Advance
) -> None:
    """Others join the leader's group; who leaves plays alone, its own queue untouched."""
    await play(hass, COPPER, entity_id=EVE, enqueue="add")
    await act(hass, "join", ADA, group_members=[BEN])
    await act(hass, "join", BEN, group_members=[ADA, EVE])
    await settle(hass, advance)
    (room,) = hub.rooms
    assert room.name == "Ada + 2"
    assert members(hass, EVE) == [ADA, BEN, EVE]
    assert state(hass, EVE).attributes["queue_size"] == 0
    await act(hass, "unjoin", EVE)
    await act(hass, "unjoin", EVE)
    await settle(hass, advance)
    assert room.name == "Ada + 1"
    assert members(hass, EVE) == []
    assert members(hass, ADA) == [ADA, BEN]
    assert state(hass, EVE).attributes["queue_size"] == 1


async def test_the_leader_leaves(
    hass: HomeAssistant, hub: Hub, ada: Client, ben: Client, eve: Client, advance: Advance
) -> None:
    """The next one leads; the music stays with those who stay."""
    await play(hass, BRASS, entity_id=ADA)
    await act(hass, "join", ADA, group_members=[BEN, EVE])
    await act(hass, "unjoin", ADA)
    await settle(hass, advance)
    (room,) = hub.rooms
    assert (room.name, room.host_user_id) == ("Ben + 1", "ben")
    assert members(hass, EVE) == [BEN, EVE]
    assert [state(hass, entity_id).state for entity_id in (ADA, BEN, EVE)] == ["idle", "playing", "playing"]
    # The group's id is taken: the old leader's new group has another one.
    await act(hass, "join", ADA, group_members=[EVE])
    await settle(hass, advance)
    (group,) = hub.rooms
    assert group.room_id != "group.ada"
    assert members(hass, ADA) == [ADA, EVE]
    assert members(hass, BEN) == []
    assert state(hass, BEN).state == "playing"


async def test_dissolve(hass: HomeAssistant, hub: Hub, ada: Client, ben: Client, advance: Advance) -> None:
    """One player alone is no group: it gets the queue back and plays on."""
    await play(hass, BRASS, entity_id=ADA)
    await play(hass, COPPER, entity_id=ADA, enqueue="add")
    await act(hass, "join", ADA, group_members=[BEN])
    await advance(4)
    await act(hass, "unjoin", BEN)
    await settle(hass, advance)
    assert list(hub.rooms) == []
    shown = state(hass, ADA)
    assert (shown.state, shown.attributes["queue_size"], shown.attributes["group_members"]) == ("playing", 2, [])
    ada_player = hub.players.get("ada")
    assert ada_player.solo_playback.timeline.position_at(hub.clock.now_us()) == pytest.approx(4, abs=0.1)
    assert state(hass, BEN).state == "idle"
    assert hass.states.async_entity_ids("event") == []


async def test_dissolve_by_the_groups_entity(
    hass: HomeAssistant, hub: Hub, ada: Client, ben: Client, advance: Advance
) -> None:
    """`unjoin` on it ends the group; the leader plays on."""
    await play(hass, BRASS, entity_id=ADA)
    await act(hass, "join", ADA, group_members=[BEN])
    await settle(hass, advance)
    await act(hass, "unjoin", "media_player.ada_1")
    await settle(hass, advance)
    assert list(hub.rooms) == []
    assert (state(hass, ADA).state, state(hass, BEN).state) == ("playing", "idle")


async def test_a_member_that_drops_out(
    hass: HomeAssistant,
    hub: Hub,
    ada: Client,
    ben: Client,
    create_token: CreateToken,
    advance: Advance,
    lose: Lose,
    connect: Connect,
) -> None:
    """Comes back by itself for a while; then the group goes on without it."""
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


async def test_all_go_and_the_queue_stays(
    hass: HomeAssistant, hub: Hub, ada: Client, ben: Client, advance: Advance, lose: Lose
) -> None:
    """When both are switched off in the evening, one of them has the queue in the morning."""
    await play(hass, BRASS, entity_id=ADA, enqueue="add")
    await act(hass, "join", ADA, group_members=[BEN])
    await lose(ada)
    await lose(ben)
    await advance(3600)
    assert list(hub.rooms) == []
    assert len(hub.players.get("ada").solo_playback.queue) == 1


async def test_a_restart(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    entry: MockConfigEntry,
    clock: ManualClock,
    ada: Client,
    ben: Client,
    connect: Connect,
    create_token: CreateToken,
) -> None:
    """Who comes back is in the group again; if one doesn't, the other goes on alone after a while."""
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


async def test_join_a_room(
    hass: HomeAssistant, hub: Hub, ada: Client, ben: Client, party: str, eve: Client, advance: Advance
) -> None:
    """With the room's own entity, or with a player in it, as the leader; it doesn't end when few are left."""
    await act(hass, "join", "media_player.party", group_members=[EVE])
    await settle(hass, advance)
    assert members(hass, "media_player.party") == [ADA, BEN, EVE]
    await act(hass, "unjoin", EVE)
    await act(hass, "join", ADA, group_members=[EVE])
    assert members(hass, EVE) == [ADA, BEN, EVE]
    for entity_id in ADA, BEN, EVE:
        await act(hass, "unjoin", entity_id)
    await settle(hass, advance)
    assert members(hass, "media_player.party") == []
    with pytest.raises(ServiceValidationError):
        await act(hass, "unjoin", "media_player.party")


async def test_refused(
    hass: HomeAssistant, hub: Hub, ada: Client, ben: Client, eve: Client, advance: Advance, lose: Lose
) -> None:
    """With a reason, and nothing has changed."""
    await lose(eve)
    for leader, others, key in (
        (ADA, [EVE, BEN], "unavailable"),
        (ADA, [ADA], "invalid_message"),
        (ADA, ["media_player.nobody"], "no_player_entity"),
    ):
        with pytest.raises(HomeAssistantError) as refusal:
            await act(hass, "join", leader, group_members=others)
        assert refusal.value.translation_key == key
    assert list(hub.rooms) == []
    assert members(hass, BEN) == []


async def test_a_full_room(hass: HomeAssistant, hub: Hub, ada: Client, ben: Client, party: str, eve: Client) -> None:
    """Nobody comes in if not all can."""
    await room_command(ada, "update", room_id="party", max_participants=2)
    with pytest.raises(ServiceValidationError) as refusal:
        await act(hass, "join", "media_player.party", group_members=[EVE])
    assert refusal.value.translation_key == "room_full"


async def test_rights(
    hass: HomeAssistant, hub: Hub, hass_admin_user: User, ada: Client, ben: Client, eve: Client, advance: Advance
) -> None:
    """Those of the user behind the action: a private room is nobody else's."""
    user = await hass.auth.async_create_user("Kim", group_ids=["system-users"])
    context = Context(user_id=user.id)

    async def join(leader: str, *others: str) -> None:
        data = {"entity_id": leader, "group_members": list(others)}
        await hass.services.async_call("media_player", "join", data, blocking=True, context=context)

    await room_command(ada, "create", name="Secret", id="secret", is_public=False)
    await hass.async_block_till_done()
    with pytest.raises(ServiceValidationError) as refusal:
        await join(ADA, BEN)
    assert refusal.value.translation_key == "permission_denied"
    await join(BEN, EVE)
    await settle(hass, advance)
    assert members(hass, BEN) == [BEN, EVE]
    groups: list[Room] = [room for room in hub.rooms if room.is_group]
    assert [room.room_id for room in groups] == ["group.ben"]
