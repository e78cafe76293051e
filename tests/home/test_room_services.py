"""Actions on rooms and queues, with the permissions of the calling user."""

from typing import Any

from homeassistant.auth.models import User
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import BRASS, COPPER, PAPER, Advance, Connect, CreateToken, Lose
from tests.wire.client import Client, Message, player

from .actions import KITCHEN, play, state
from .parties import PARTY, room_command

ADA, BEN, EVE = "media_player.ada", "media_player.ben", "media_player.eve"


async def ask(hass: HomeAssistant, action: str, user: User | None = None, **data: Any) -> Message:
    """Call an action and return its response."""
    context = Context(user_id=user.id if user else None)
    answer = await hass.services.async_call(DOMAIN, action, data, True, context, return_response=True)
    assert answer is not None
    return answer


async def do(hass: HomeAssistant, action: str, user: User | None = None, **data: Any) -> None:
    """Call an action without a response."""
    context = Context(user_id=user.id if user else None)
    await hass.services.async_call(DOMAIN, action, data, True, context)


async def refusal(hass: HomeAssistant, action: str, user: User | None = None, **data: Any) -> str | None:
    """Return the error of an action that is refused."""
    with pytest.raises(HomeAssistantError) as error:
        await do(hass, action, user, **data)
    return error.value.translation_key


async def test_an_automation_creates_uses_and_closes_a_room(
    hass: HomeAssistant, hub: Hub, ada: Client, ben: Client, eve: Client, advance: Advance
) -> None:
    made = await ask(hass, "create_room", name="Party", id="party", control="everyone", entity_id=[ADA, BEN])
    assert made == {"room_id": "party", "entity_id": PARTY}
    room = hub.rooms.find("party")
    assert room is not None
    assert ([player.player_id for player in room.renderers], room.host_user_id) == (["ada", "ben"], "ada")

    await do(hass, "join_room", room=PARTY, entity_id=EVE)
    assert len(room.renderers) == 3
    await do(hass, "update_room", entity_id=PARTY, name="Ball", max_participants=5)
    assert (room.name, room.settings.max_participants, room.settings.control) == ("Ball", 5, "everyone")
    said = await ask(hass, "room_chat", room_id="party", message="Hello")
    assert (await ada.until("room_chat"))["message_id"] == said["message_id"]
    await do(hass, "leave_room", entity_id=[BEN, KITCHEN.replace("kitchen", "eve")])
    await do(hass, "leave_room", entity_id=[BEN])
    assert [player.player_id for player in room.renderers] == ["ada"]
    await do(hass, "kick", entity_id=ADA, client_id=ada.welcome["client_id"])
    assert len(room.participants) == 0
    assert "ada" in room.banned
    await do(hass, "close_room", room_id="party")
    assert list(hub.rooms) == []
    await hass.async_block_till_done()
    assert hass.states.get(PARTY) is None


async def test_an_invite_has_a_code_a_path_and_a_link(hass: HomeAssistant, hub: Hub, party: str, eve: Client) -> None:
    """The link needs a known URL of Home Assistant."""
    invite = await ask(hass, "invite", entity_id=PARTY, role="dj", uses=1, expires_in=3600)
    assert invite["url"] == f"/moosicbox/party/#{invite['invite']}"
    assert invite["link"].endswith(f":8123{invite['url']}")
    state_ = await room_command(eve, "join", room_id=party, invite=invite["invite"])
    assert state_["participants"][-1]["role"] == "dj"
    await hass.config.async_update(external_url="https://example.com")
    invite = await ask(hass, "invite", room_id=party)
    assert invite["link"] == f"https://example.com{invite['url']}"


@pytest.mark.parametrize(
    "target", [{"entity_id": PARTY}, {"entity_id": ADA}, {"room_id": "party"}, {"player_id": "ada"}]
)
async def test_a_queue_is_targeted_by_the_rooms_entity_a_member_or_ids(
    hass: HomeAssistant, hub: Hub, party: str, target: dict[str, Any]
) -> None:
    added = [
        (await ask(hass, "queue_add", media_content_id=song, **target))["queue_item_ids"][0]
        for song in (BRASS, COPPER, PAPER)
    ]
    moved = await ask(hass, "queue_move", queue_item_id=added[0], after=added[1], **target)
    queue = (await ask(hass, "get_queue", **target))["queue"]
    assert (queue["revision"], queue["total"]) == (moved["revision"], 3)
    assert [item["queue_item_id"] for item in queue["items"]] == [added[1], added[0], added[2]]
    page = (await ask(hass, "get_queue", offset=1, limit=1, **target))["queue"]
    assert [item["track"]["title"] for item in page["items"]] == ["Brass Morning"]
    await do(hass, "queue_remove", queue_item_ids=added[1:], **target)
    track_id = queue["items"][0]["track"]["track_id"]
    again = await ask(hass, "queue_add", track_ids=[track_id], place="next", op_id="once", **target)
    assert await ask(hass, "queue_add", track_ids=[track_id], place="next", op_id="once", **target) == again
    assert (await ask(hass, "get_queue", **target))["queue"]["total"] == 2
    assert await refusal(hass, "queue_clear", if_revision=0, **target) == "revision_conflict"
    cleared = await ask(hass, "queue_clear", **target)
    assert cleared["revision"] > again["revision"]
    assert len(hub.players.get("ada").solo_playback.queue) == 0


async def test_targets_may_be_devices_and_areas(
    hass: HomeAssistant, device_registry: dr.DeviceRegistry, entry: MockConfigEntry, kitchen: Client
) -> None:
    device = device_registry.async_get_device_by_identifier((DOMAIN, "kitchen"), entry.entry_id)
    assert device is not None
    await do(hass, "queue_add", media_content_id=BRASS, device_id=device.id)
    assert state(hass).attributes["queue_size"] == 1


@pytest.mark.parametrize("to", [{"to": BEN}, {"to_player_id": "ben"}])
async def test_transfer_continues_at_the_same_position(
    hass: HomeAssistant, ada: Client, ben: Client, advance: Advance, to: dict[str, Any]
) -> None:
    await play(hass, BRASS, entity_id=ADA)
    await advance(5)
    answer = await ask(hass, "transfer_queue", entity_id=ADA, **to)
    assert set(answer) == {"revision", "to_revision"}
    assert (state(hass, ADA).state, state(hass, BEN).state) == ("idle", "playing")
    assert (await ben.until("synchronized_playback", command="play"))["start_position"] == pytest.approx(5, abs=0.1)


async def test_refusals_give_the_reason(
    hass: HomeAssistant, hub: Hub, ada: Client, ben: Client, eve: Client, party: str, lose: Lose
) -> None:
    await lose(eve)
    for action, data, key in (
        ("queue_clear", {}, "name_one"),
        ("queue_clear", {"entity_id": [ADA, EVE]}, "name_one"),
        ("queue_clear", {"entity_id": ADA, "room_id": "party"}, "name_one"),
        ("queue_clear", {"entity_id": "media_player.nobody"}, "no_music_entity"),
        ("queue_clear", {"player_id": "nobody"}, "player_not_found"),
        ("queue_add", {"entity_id": ADA}, "invalid_message"),
        ("queue_add", {"entity_id": ADA, "track_id": "nothing"}, "track_not_found"),
        ("queue_move", {"entity_id": ADA, "queue_item_id": "nothing", "place": "end"}, "queue_item_not_found"),
        ("transfer_queue", {"entity_id": ADA}, "invalid_message"),
        ("transfer_queue", {"entity_id": ADA, "to": "light.kitchen"}, "no_music_entity"),
        ("create_room", {"name": "Party", "id": "party"}, "room_exists"),
        ("create_room", {"name": ""}, "invalid_message"),
        ("create_room", {"name": "x", "max_participants": 0}, "invalid_message"),
        ("create_room", {"name": "x", "entity_id": PARTY}, "no_player_entity"),
        ("update_room", {"room_id": "nowhere", "name": "x"}, "room_not_found"),
        ("close_room", {}, "name_one_room"),
        ("close_room", {"entity_id": EVE}, "in_no_room"),
        ("join_room", {"room": PARTY, "entity_id": EVE}, "player_away"),
        ("join_room", {"entity_id": BEN}, "name_one_room"),
        ("join_room", {"room_id": "nowhere", "entity_id": BEN}, "room_not_found"),
        ("leave_room", {"entity_id": PARTY}, "no_player_entity"),
        ("kick", {"room_id": "party", "client_id": "nobody"}, "client_not_found"),
        ("room_chat", {"room_id": "party", "message": "x" * 2001}, "invalid_message"),
    ):
        assert await refusal(hass, action, **data) == key, (action, data)
    assert [room.room_id for room in hub.rooms] == ["party"]


async def test_only_a_rooms_queue_has_listeners(hass: HomeAssistant, hub: Hub, ada: Client) -> None:
    """The name of a room does not matter."""
    made = await ask(hass, "create_room", name="None", id="None")
    assert "listeners" not in await ask(hass, "queue_add", entity_id=ADA, media_content_id=BRASS)
    assert (await ask(hass, "queue_add", room_id=made["room_id"], media_content_id=BRASS))["listeners"] == 0


async def test_a_room_that_a_player_can_not_join_is_not_created(
    hass: HomeAssistant, hub: Hub, ada: Client, ben: Client
) -> None:
    await ben.close()
    await hass.async_block_till_done()
    for _ in range(2):
        assert await refusal(hass, "create_room", name="Party", id="party", entity_id=[ADA, BEN]) == "player_away"
        assert list(hub.rooms) == []


async def test_no_player_leaves_its_room_for_one_that_is_not_created(
    hass: HomeAssistant, hub: Hub, party: str, connect: Connect, create_token: CreateToken
) -> None:
    limited = await connect()
    await limited.authenticate(await create_token("dog", rooms=["den"]), client=player("dog"))
    await hass.async_block_till_done()
    both = [ADA, "media_player.dog"]
    assert await refusal(hass, "create_room", name="Attic", id="attic", entity_id=both) == "limited_to_rooms"
    assert [(room.room_id, len(room.renderers)) for room in hub.rooms] == [("party", 2)]


async def test_the_players_of_several_rooms_leave_together_or_not_at_all(
    hass: HomeAssistant, hub: Hub, hass_admin_user: User, ada: Client, ben: Client, eve: Client, party: str
) -> None:
    kim = await hass.auth.async_create_user("Kim", group_ids=["system-users"])
    mine = await ask(hass, "create_room", kim, name="Kim's", entity_id=EVE)
    room = hub.rooms.find(mine["room_id"])
    assert room is not None
    assert await refusal(hass, "leave_room", kim, entity_id=[EVE, ADA]) == "right_missing"
    assert [player.player_id for player in room.renderers] == ["eve"]
    await do(hass, "leave_room", kim, entity_id=EVE)
    assert not room.renderers


async def test_the_room_checks_the_rights_of_the_user(
    hass: HomeAssistant, hub: Hub, hass_admin_user: User, ada: Client, ben: Client, party: str
) -> None:
    kim = await hass.auth.async_create_user("Kim", group_ids=["system-users"])
    await play(hass, BRASS, entity_id=PARTY, enqueue="add")
    for action, data in (
        ("close_room", {"room_id": "party"}),
        ("update_room", {"room_id": "party", "name": "Mine"}),
        ("kick", {"room_id": "party", "client_id": ada.welcome["client_id"]}),
        ("room_chat", {"room_id": "party", "message": "Hi"}),
        ("queue_clear", {"entity_id": ADA}),
        ("transfer_queue", {"entity_id": ADA, "to": "media_player.ben"}),
        ("queue_add", {"entity_id": PARTY, "media_content_id": BRASS}),
    ):
        assert await refusal(hass, action, kim, **data) == "right_missing", action
    with pytest.raises(ServiceValidationError):
        await ask(hass, "invite", kim, room_id="party")
    assert (await ask(hass, "get_queue", kim, entity_id=PARTY))["queue"]["total"] == 1
    made = await ask(hass, "create_room", kim, name="Kim's", is_public=False)
    room = hub.rooms.find(made["room_id"])
    assert room is not None
    assert room.host_user_id == kim.id
    assert (await ask(hass, "invite", kim, room_id=made["room_id"]))["invite"]
    await do(hass, "close_room", hass_admin_user, room_id=made["room_id"])
