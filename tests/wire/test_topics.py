"""Topics: visibility, positions, snapshots."""

from homeassistant.core import HomeAssistant
import pytest

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.protocol.server import CustomMessage
from tests.fixtures import BRASS, COPPER, Connect, CreateToken

from .client import Client, player


async def test_a_subscription_begins_with_states_and_the_queue(connect: Connect, token: str, kitchen: Client) -> None:
    await kitchen.request("queue_command", action="add", media_content_id=BRASS)
    client = await connect()
    welcome = await client.authenticate(token, subscribe=["player:kitchen"])
    assert set(welcome["positions"]) == {"player:kitchen"}
    arrived = {message["type"]: message for message in await client.arrived()}

    assert set(arrived) == {"playback_status", "volume_update", "queue_updated"}
    for message in arrived.values():
        assert message["snapshot"] is True
        assert message["topic"] == "player:kitchen"
        assert "offset" not in message
    assert arrived["volume_update"].items() >= {"volume": 0.3, "muted": False}.items()
    assert arrived["queue_updated"].items() >= {"revision": 1, "total": 1, "current_index": None}.items()
    (item,) = arrived["queue_updated"]["queue"]["items"]
    assert item["track"]["title"] == "Brass Morning"
    assert item["added_by"] == {"id": "tester", "name": "tester"}
    assert (item["origin"], item["state"], item["votes"]) == ("user", "pending", 0)


@pytest.mark.parametrize("times", [1, 2])
async def test_first_messages_are_marked_as_snapshots(connect: Connect, token: str, times: int) -> None:
    """Each state comes once, even to a player whose own arrival is published."""
    client = await connect()
    for number in range(times):
        client = client if number == 0 else await connect()
        await client.authenticate(token, client=player("attic"))
    messages = await client.arrived()
    assert all(message.get("snapshot") for message in messages), messages
    states = [(message["topic"], message["type"]) for message in messages]
    assert len(states) == len(set(states))
    assert ("players", "player_list") in states


async def test_a_snapshot_holds_fifty_items(hass: HomeAssistant, connect: Connect, token: str, kitchen: Client) -> None:
    answer = await kitchen.request("queue_command", action="add", media_content_id=BRASS)
    track_id = (await kitchen.request("queue_command", action="get"))["data"]["queue"]["items"][0]["track"]["track_id"]
    assert answer["data"]["queue_item_ids"]
    await kitchen.request("queue_command", action="add", track_ids=[track_id] * 59)

    client = await connect()
    await client.authenticate(token, subscribe=["player:kitchen"])
    snapshot = await client.until("queue_updated", snapshot=True)
    assert (snapshot["total"], len(snapshot["queue"]["items"])) == (60, 50)
    page = await client.request("queue_command", action="get", offset=50, limit=500)
    queue = page["data"]["queue"]
    assert (queue["offset"], queue["total"], len(queue["items"])) == (50, 60, 10)
    ids = {item["queue_item_id"] for item in [*snapshot["queue"]["items"], *queue["items"]]}
    assert len(ids) == 60


async def test_the_list_of_players_is_a_state(connect: Connect, token: str, kitchen: Client) -> None:
    client = await connect()
    await client.authenticate(token, subscribe=["players"])
    listed = await client.until("player_list", snapshot=True)
    assert listed["players"] == [
        {
            "player_id": "kitchen",
            "name": "Kitchen",
            "available": True,
            "capabilities": None,
            "room_id": None,
            "entity_id": "media_player.kitchen",
        }
    ]
    attic = await connect()
    await attic.authenticate(token, client=player("attic", capabilities=["volume", "audio/flac"]))
    while len((listed := await client.until("player_list"))["players"]) < 2 or not listed["players"][1]["available"]:
        pass
    assert "offset" not in listed
    assert listed["players"][1]["capabilities"] == ["volume", "audio/flac"]


async def test_a_new_player_is_subscribed_to_before_its_messages(
    connect: Connect, token: str, controller: Client
) -> None:
    attic = await connect()
    await attic.authenticate(token, client=player("attic"))
    told = await controller.until("subscribed")
    assert set(told["positions"]) == {"player:attic"}
    assert (await controller.until("playback_status", topic="player:attic"))["snapshot"] is True


async def test_chosen_topics_are_not_extended(connect: Connect, token: str) -> None:
    client = await connect()
    await client.authenticate(token, subscribe=["all"])
    attic = await connect()
    await attic.authenticate(token, client=player("attic"))
    assert await client.arrived() == []


async def test_a_player_follows_its_own_orders(connect: Connect, token: str) -> None:
    attic = await connect()
    welcome = await attic.authenticate(token, client=player("attic"), subscribe=[])
    assert set(welcome["positions"]) == {"play:attic"}
    volume, prepare = await attic.arrived()
    assert (prepare["type"], prepare["queue_item_id"], prepare["track"]) == ("prepare", None, None)
    assert volume == {"type": "volume_update", "topic": "play:attic", "snapshot": True, "volume": 0.3, "muted": False}


async def test_subscribe_answers_before_snapshots(connect: Connect, token: str, kitchen: Client) -> None:
    """After unsubscribe nothing more is sent."""
    client = await connect()
    await client.authenticate(token, subscribe=[])
    await kitchen.request("queue_command", action="add", media_content_id=BRASS)
    assert await client.arrived() == []

    await client.send("subscribe", request_id="s", topics=["player:kitchen", "players"])
    answer = await client.receive()
    assert (answer["type"], answer["request_id"]) == ("result", "s")
    assert answer["data"]["positions"]["player:kitchen"]["offset"] == 1
    client.positions.update(answer["data"]["positions"])
    assert {message["type"] for message in await client.arrived()} == {
        "playback_status",
        "volume_update",
        "queue_updated",
        "player_list",
    }
    await kitchen.request("queue_command", action="add", media_content_id=COPPER)
    update = await client.until("queue_updated")
    assert (update["offset"], update["revision"], "snapshot" in update) == (2, 2, False)

    assert (await client.request("unsubscribe", topics=["player:kitchen", "never:had"]))["type"] == "result"
    await kitchen.request("queue_command", action="clear")
    assert await client.arrived() == []


async def test_subscribe_is_all_or_nothing(connect: Connect, token: str, kitchen: Client) -> None:
    client = await connect()
    await client.authenticate(token, subscribe=[])
    answer = await client.request("subscribe", topics=["player:kitchen", "play:kitchen"])
    assert answer["error_type"] == "permission_denied"
    await kitchen.request("queue_command", action="add", media_content_id=BRASS)
    assert await client.arrived() == []


@pytest.mark.parametrize(
    "topic", ["user:other", "client:other", "play:kitchen", "permission:admin", "nonsense", "player"]
)
async def test_topics_of_other_users_are_refused(connect: Connect, token: str, kitchen: Client, topic: str) -> None:
    """`authenticate` leaves them out, `subscribe` fails."""
    client = await connect()
    welcome = await client.authenticate(token, subscribe=["all", topic])
    assert set(welcome["positions"]) == {"all"}
    assert (await client.request("subscribe", topics=[topic]))["error_type"] == "permission_denied"


async def test_visible_topics_follow_from_permissions(
    connect: Connect, create_token: CreateToken, kitchen: Client
) -> None:
    client = await connect()
    welcome = await client.authenticate(await create_token("mute", permissions=["chat"]))
    own = {"all", "user:mute", f"client:{welcome['client_id']}", "permission:chat"}
    assert set(welcome["positions"]) == own
    for topic in "players", "player:kitchen", "progress:kitchen", "presence", "rooms", "library", "room:r":
        assert (await client.request("subscribe", topics=[topic]))["error_type"] == "permission_denied"


async def test_a_room_limited_token_sees_only_its_room(
    connect: Connect, create_token: CreateToken, kitchen: Client
) -> None:
    client = await connect()
    welcome = await client.authenticate(await create_token("guest", rooms=["party"]))
    assert set(welcome["positions"]) == {"user:guest", f"client:{welcome['client_id']}", "rooms"}
    for topic in "all", "players", "player:kitchen", "presence", "library", "permission:listen", "room:other":
        assert (await client.request("subscribe", topics=[topic]))["error_type"] == "permission_denied"
    assert (await client.request("subscribe", topics=["room:party"]))["type"] == "result"


async def test_a_room_limited_token_cannot_probe_for_rooms(
    connect: Connect, create_token: CreateToken, controller: Client
) -> None:
    """Existing and unknown rooms are refused with the same error."""
    await controller.request("room_command", action="create", id="other", name="Other")
    client = await connect()
    await client.authenticate(await create_token("guest", rooms=["party"]))
    for action in "get", "join", "skip_vote", "close":
        there, gone = [
            await client.request("room_command", action=action, room_id=room_id) for room_id in ("other", "nowhere")
        ]
        assert there["error_type"] == "permission_denied"
        assert {**there, "request_id": None} == {**gone, "request_id": None}


async def test_a_room_limited_token_gets_no_other_messages(
    hass: HomeAssistant, connect: Connect, create_token: CreateToken, kitchen: Client, hub: Hub
) -> None:
    """With any requested topics."""
    client = await connect()
    asked = ["all", "players", "presence", "library", "permission:listen", "player:kitchen", "user:guest", "room:party"]
    welcome = await client.authenticate(await create_token("guest", rooms=["party"]), subscribe=asked)
    assert set(welcome["positions"]) == {"user:guest", "room:party"}
    await client.arrived()
    for topic in *asked, "room:other", "progress:kitchen", "play:kitchen", "user:tester":
        hub.publish(topic, CustomMessage(event="e", data=topic))
    await kitchen.request("queue_command", action="add", media_content_id=BRASS)
    await kitchen.request("playback_command", command="play")
    await (await connect()).authenticate(await create_token("ben"), client=player("attic"))
    await hass.async_block_till_done()
    assert {message["topic"] for message in await client.arrived()} == {"user:guest", "room:party"}


async def test_offsets_rise_by_one_for_all_subscribers(connect: Connect, token: str, hub: Hub) -> None:
    first = await connect()
    await first.authenticate(token)
    hub.publish("all", CustomMessage(event="a", data=1))
    second = await connect()
    await second.authenticate(token)
    assert second.positions["all"] == {"epoch": first.positions["all"]["epoch"], "offset": 1}
    hub.publish("all", CustomMessage(event="b", data=2))
    one, two = await first.until("message", event="b"), await second.until("message", event="b")
    assert one == two == {"type": "message", "topic": "all", "offset": 2, "event": "b", "data": 2}
