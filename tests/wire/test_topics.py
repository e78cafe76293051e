"""Topics: who may follow which, from where on, and what one needs to begin with."""

from homeassistant.core import HomeAssistant
import pytest

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.protocol.server import CustomMessage
from tests.fixtures import BRASS, COPPER, Connect, CreateToken

from .client import Client, player


async def test_player_snapshots(connect: Connect, token: str, kitchen: Client) -> None:
    """A fresh subscription begins with the states and the queue's first page."""
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
    assert arrived["volume_update"].items() >= {"volume": 1.0, "muted": False}.items()
    assert arrived["queue_updated"].items() >= {"revision": 1, "total": 1, "current_index": None}.items()
    (item,) = arrived["queue_updated"]["queue"]["items"]
    assert item["track"]["title"] == "Brass Morning"
    assert item["added_by"] == {"id": "tester", "name": "tester"}
    assert (item["origin"], item["state"], item["votes"]) == ("user", "pending", 0)


@pytest.mark.parametrize("times", [1, 2])
async def test_what_comes_first_is_marked(connect: Connect, token: str, times: int) -> None:
    """Nothing but snapshots comes by itself, even to a player whose own coming is news; and each state comes once."""
    for _ in range(times):
        client = await connect()
        await client.authenticate(token, client=player("attic"))
    messages = await client.arrived()
    assert all(message.get("snapshot") for message in messages), messages
    states = [(message["topic"], message["type"]) for message in messages]
    assert len(states) == len(set(states))
    assert ("players", "player_list") in states


async def test_long_queue_snapshot(hass: HomeAssistant, connect: Connect, token: str, kitchen: Client) -> None:
    """A snapshot has fifty items; the rest is asked for."""
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


async def test_player_list(connect: Connect, token: str, kitchen: Client) -> None:
    """The list of players is a state: the whole of it, again when something changes."""
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


async def test_new_player(connect: Connect, token: str, controller: Client) -> None:
    """Who follows all players is told of a new one's topic before anything comes on it."""
    attic = await connect()
    await attic.authenticate(token, client=player("attic"))
    told = await controller.until("subscribed")
    assert set(told["positions"]) == {"player:attic"}
    assert (await controller.until("playback_status", topic="player:attic"))["snapshot"] is True


async def test_chosen_topics_stay_chosen(connect: Connect, token: str) -> None:
    """Who asked for some topics isn't given others."""
    client = await connect()
    await client.authenticate(token, subscribe=["all"])
    attic = await connect()
    await attic.authenticate(token, client=player("attic"))
    assert await client.arrived() == []


async def test_own_play_topic(connect: Connect, token: str) -> None:
    """A player follows its own orders, whatever else it asks for."""
    attic = await connect()
    welcome = await attic.authenticate(token, client=player("attic"), subscribe=[])
    assert set(welcome["positions"]) == {"play:attic"}
    volume, prepare = await attic.arrived()
    assert (prepare["type"], prepare["queue_item_id"], prepare["track"]) == ("prepare", None, None)
    assert volume == {"type": "volume_update", "topic": "play:attic", "snapshot": True, "volume": 1.0, "muted": False}


async def test_subscribe_and_unsubscribe(connect: Connect, token: str, kitchen: Client) -> None:
    """The answer has the positions and comes before what the topics carry; afterwards nothing comes."""
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
    """One topic too many, and none is subscribed."""
    client = await connect()
    await client.authenticate(token, subscribe=[])
    answer = await client.request("subscribe", topics=["player:kitchen", "play:kitchen"])
    assert answer["error_type"] == "permission_denied"
    await kitchen.request("queue_command", action="add", media_content_id=BRASS)
    assert await client.arrived() == []


@pytest.mark.parametrize(
    "topic", ["user:other", "client:other", "play:kitchen", "permission:admin", "nonsense", "player"]
)
async def test_foreign_topics(connect: Connect, token: str, kitchen: Client, topic: str) -> None:
    """What isn't one's own is left out of `authenticate`, and refused by `subscribe`."""
    client = await connect()
    welcome = await client.authenticate(token, subscribe=["all", topic])
    assert set(welcome["positions"]) == {"all"}
    assert (await client.request("subscribe", topics=[topic]))["error_type"] == "permission_denied"


async def test_topics_follow_rights(connect: Connect, create_token: CreateToken, kitchen: Client) -> None:
    """Without `listen` there are no players to see, without `library` no library."""
    client = await connect()
    welcome = await client.authenticate(await create_token("mute", permissions=["chat"]))
    own = {"all", "user:mute", f"client:{welcome['client_id']}", "permission:chat"}
    assert set(welcome["positions"]) == own
    for topic in "players", "player:kitchen", "progress:kitchen", "presence", "rooms", "library", "room:r":
        assert (await client.request("subscribe", topics=[topic]))["error_type"] == "permission_denied"


async def test_room_limited_token(connect: Connect, create_token: CreateToken, kitchen: Client) -> None:
    """A token for a room has its own topics, its room and the list of rooms; nothing else."""
    client = await connect()
    welcome = await client.authenticate(await create_token("guest", rooms=["party"]))
    assert set(welcome["positions"]) == {"user:guest", f"client:{welcome['client_id']}", "rooms"}
    for topic in "all", "players", "player:kitchen", "presence", "library", "permission:listen", "room:other":
        assert (await client.request("subscribe", topics=[topic]))["error_type"] == "permission_denied"
    assert (await client.request("subscribe", topics=["room:party"]))["type"] == "result"


async def test_room_limited_token_does_not_learn_which_rooms_there_are(
    connect: Connect, create_token: CreateToken, controller: Client
) -> None:
    """A room that is there and one that isn't are refused alike."""
    await controller.request("room_command", action="create", id="other", name="Other")
    client = await connect()
    await client.authenticate(await create_token("guest", rooms=["party"]))
    for action in "get", "join", "skip_vote", "close":
        there, gone = [
            await client.request("room_command", action=action, room_id=room_id) for room_id in ("other", "nowhere")
        ]
        assert there["error_type"] == "permission_denied"
        assert {**there, "request_id": None} == {**gone, "request_id": None}


async def test_a_room_limited_token_hears_nothing_else(
    hass: HomeAssistant, connect: Connect, create_token: CreateToken, kitchen: Client, hub: Hub
) -> None:
    """Whatever happens in the house, and whatever topics were asked for."""
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


async def test_offsets(connect: Connect, token: str, hub: Hub) -> None:
    """Numbered messages count up by one for all who follow, in one epoch."""
    first = await connect()
    await first.authenticate(token)
    hub.publish("all", CustomMessage(event="a", data=1))
    second = await connect()
    await second.authenticate(token)
    assert second.positions["all"] == {"epoch": first.positions["all"]["epoch"], "offset": 1}
    hub.publish("all", CustomMessage(event="b", data=2))
    one, two = await first.until("message", event="b"), await second.until("message", event="b")
    assert one == two == {"type": "message", "topic": "all", "offset": 2, "event": "b", "data": 2}
