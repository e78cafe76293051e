"""Polling sessions: opening, fetching, sending, and delivery without loss."""

from homeassistant.core import HomeAssistant

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.protocol.server import CustomMessage
from custom_components.moosicbox.engine.transport.polling import ANSWER_BYTES
from tests.fixtures import BRASS
from tests.states import state_of

from .client import player
from .poller import OpenPoller, connection_of, counted, say, waiting


async def test_a_session_is_opened_with_greeting_and_snapshots(poll: OpenPoller, hub: Hub) -> None:
    """The welcome includes the greeting; the snapshots are fetched once."""
    poller = await poll(request_id="first")
    welcome = poller.welcome
    hello = welcome["hello"]
    assert (welcome["type"], welcome["request_id"], welcome["resumed"]) == ("welcome", "first", False)
    assert (hello["type"], hello["authenticated"], hello["features"]["polling"]) == ("hello", True, 1)
    assert hello["clock_id"] == hub.clock.clock_id
    assert welcome["user"]["id"] == "tester"

    (players, *_) = [message for message in await poller.fetch() if message["type"] == "player_list"]
    assert (players["topic"], players["snapshot"], players["players"]) == ("players", True, [])
    assert await poller.fetch() == []
    assert connection_of(hub).peer.address == "127.0.0.1"


async def test_responses_are_not_cached(poll: OpenPoller) -> None:
    """They hold secrets and current state."""
    poller = await poll()
    for response in (await poller.get(wait=0), await poller.post([])):
        assert response.headers["Cache-Control"] == "no-store"
        assert response.content_type == "application/json"


async def test_a_message_ends_a_waiting_fetch(poll: OpenPoller, hub: Hub) -> None:
    poller = await poll()
    await poller.fetch()
    async with waiting(poller, hub, cursor=poller.cursor) as fetch:
        say(hub, 1, 2)
        assert counted((await (await fetch).json())["messages"]) == [1, 2]


async def test_a_fetch_ends_after_its_wait(poll: OpenPoller) -> None:
    """It is empty, and its cursor is as valid as the last one."""
    poller = await poll()
    await poller.fetch()
    cursor = poller.cursor
    assert await poller.fetch(wait=0.01) == []
    assert poller.cursor == cursor


async def test_a_repeated_cursor_returns_the_same_messages(poll: OpenPoller, hub: Hub) -> None:
    """Followed by newer ones."""
    poller = await poll(subscribe=["all"])
    say(hub, 1, 2)
    assert counted(await poller.fetch()) == [1, 2]
    cursor = poller.cursor
    say(hub, 3)
    lost = await (await poller.get(wait=0, cursor=cursor)).json()
    assert counted(lost["messages"]) == [3]
    say(hub, 4)
    again = await (await poller.get(wait=0, cursor=cursor)).json()
    assert counted(again["messages"]) == [3, 4]
    assert counted((await (await poller.get(wait=0, cursor=lost["cursor"])).json())["messages"]) == [4]
    assert (await (await poller.get(wait=0, cursor=again["cursor"])).json())["messages"] == []


async def test_without_a_cursor_nothing_is_dropped(poll: OpenPoller, hub: Hub) -> None:
    poller = await poll(subscribe=["all"])
    say(hub, 1)
    await poller.get(wait=0)
    say(hub, 2)
    assert counted(await poller.fetch()) == [1, 2]


async def test_an_old_cursor_has_no_effect(poll: OpenPoller, hub: Hub) -> None:
    poller = await poll(subscribe=["all"])
    await poller.fetch()
    early = poller.cursor
    say(hub, 1, 2)
    await poller.fetch()
    await poller.fetch()
    say(hub, 3)
    assert counted((await (await poller.get(wait=0, cursor=early)).json())["messages"]) == [3]
    assert counted(await poller.fetch()) == [3]


async def test_a_newer_fetch_ends_the_older_one(poll: OpenPoller, hub: Hub) -> None:
    """The older one returns nothing, and its cursor confirms nothing."""
    poller = await poll(subscribe=["all"])
    await poller.fetch()
    async with waiting(poller, hub, cursor=poller.cursor) as older, waiting(poller, hub, cursor=poller.cursor) as newer:
        empty = await (await older).json()
        assert empty["messages"] == []
        say(hub, 1)
        assert counted((await (await newer).json())["messages"]) == [1]
    again = await (await poller.get(wait=0, cursor=empty["cursor"])).json()
    assert counted(again["messages"]) == [1]


async def test_a_broken_fetch_loses_nothing(poll: OpenPoller, hub: Hub) -> None:
    poller = await poll(subscribe=["all"])
    await poller.fetch()
    async with waiting(poller, hub, cursor=poller.cursor) as fetch:
        fetch.cancel()
        say(hub, 1)
    say(hub, 2)
    assert counted(await poller.fetch()) == [1, 2]


async def test_a_fetch_is_bounded(poll: OpenPoller, hub: Hub) -> None:
    """The rest comes with the next ones."""
    poller = await poll(subscribe=["all"])
    for _ in range(10):
        hub.publish("all", CustomMessage(event="weight", data="x" * (ANSWER_BYTES // 4)))
    sizes, offsets = [], []
    while messages := await poller.fetch():
        sizes.append(len(messages))
        offsets += [message["offset"] for message in messages]
    assert offsets == list(range(1, 11))
    assert len(sizes) > 1


async def test_messages_of_a_request_are_answered_in_order(poll: OpenPoller, hub: Hub) -> None:
    """Without a request_id, only errors are answered."""
    poller = await poll()
    answers = await poller.send(
        {"type": "ping", "request_id": "a"},
        {"type": "subscribe", "topics": ["all"]},
        {"type": "time_sync", "t0_us": 5, "request_id": "b"},
        {"type": "juggle", "request_id": "c"},
        {"type": "seek_command", "position_seconds": "soon", "request_id": "d"},
        {"type": "unsubscribe", "topics": ["all"], "request_id": "e"},
        {"type": "ping", "request_id": "a"},
    )
    assert [(answer["type"], answer.get("request_id")) for answer in answers] == [
        ("pong", "a"),
        ("time_sync", "b"),
        ("error", "c"),
        ("error", "d"),
        ("result", "e"),
        ("pong", "a"),
    ]
    assert answers[1]["t0_us"] == 5
    assert answers[2]["error_type"] == "unknown_type"
    assert (answers[3]["error_type"], answers[3]["path"]) == ("invalid_message", ["position_seconds"])
    assert await poller.send() == []


async def test_a_request_with_a_lost_answer_can_be_repeated(poll: OpenPoller, hub: Hub) -> None:
    """In another request and on another connection."""
    kitchen = await poll(client=player("kitchen"))
    add = {"type": "queue_command", "action": "add", "media_content_id": BRASS, "request_id": "add"}
    (first,) = await kitchen.send(add)
    assert first["data"]["revision"] == 1
    assert await kitchen.send(add, add) == [first, first]
    resumed = await poll(client=player("kitchen"), resume=kitchen.resume())
    assert await resumed.send(add) == [first]
    assert hub.players.get("kitchen").solo_playback.queue.revision == 1


async def test_a_polling_player_is_a_media_player(hass: HomeAssistant, poll: OpenPoller) -> None:
    poller = await poll(client=player("kitchen"))
    await hass.async_block_till_done()
    await poller.fetch()
    await hass.services.async_call(
        "media_player",
        "play_media",
        {"entity_id": "media_player.kitchen", "media_content_id": BRASS, "media_content_type": "music"},
        blocking=True,
    )
    orders = [message for message in await poller.fetch() if message["type"] == "synchronized_playback"]
    assert (orders[-1]["topic"], orders[-1]["command"]) == ("play:kitchen", "play")
    report = {"state": "playing", "queue_item_id": orders[-1]["queue_item_id"], "position_seconds": 0}
    answer = await poller.request("player_report", at_us=orders[-1]["sync_time_us"], **report)
    assert answer["type"] == "result"
    assert state_of(hass, "media_player.kitchen").state == "playing"
