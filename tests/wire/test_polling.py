"""A session by polling: opening, fetching, sending, ending, and what keeps its messages whole."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.protocol.server import CustomMessage
from custom_components.moosicbox.engine.transport.polling import ANSWER_BYTES, PollingConnection
from tests.fixtures import BRASS, Advance, Connect, CreateToken

from .client import PATIENCE, Message, player
from .poller import SESSIONS, Poller, authenticate, bearer, refusal, resume

type OpenPoller = Callable[..., Awaitable[Poller]]


@pytest.fixture
def poll(http: TestClient, token: str) -> OpenPoller:
    """Open a session by polling."""

    async def poll(**fields: Any) -> Poller:
        return await Poller.open(http, token, **fields)

    return poll


def say(hub: Hub, *numbers: int) -> None:
    """Publish numbered messages to all."""
    for number in numbers:
        hub.publish("all", CustomMessage(event="count", data=number))


def counted(messages: list[Message]) -> list[int]:
    """The numbers of such messages."""
    return [message["data"] for message in messages if message["type"] == "message"]


def connection_of(hub: Hub) -> PollingConnection:
    """The only connection that there is."""
    (session,) = hub.sessions.connected()
    assert isinstance(session.connection, PollingConnection)
    return session.connection


async def until(happened: Callable[[], bool]) -> None:
    """Let the hub work until something is so."""
    async with asyncio.timeout(PATIENCE):
        while not happened():  # noqa: ASYNC110 - the hub has no event for it
            await asyncio.sleep(0)


@asynccontextmanager
async def waiting(poller: Poller, hub: Hub, **query: Any) -> AsyncGenerator[asyncio.Task[ClientResponse]]:
    """A fetch that the hub holds until something comes."""
    connection = connection_of(hub)
    before = connection._waiter
    fetch = asyncio.create_task(poller.get(wait=50, **query))
    await until(lambda: connection._waiter not in (None, before))
    try:
        yield fetch
    finally:
        fetch.cancel()


async def test_open(poll: OpenPoller, hub: Hub) -> None:
    """The welcome has the greeting inside; what begins a session is there to be fetched, and fetched once."""
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


async def test_answers_are_not_cached(poll: OpenPoller) -> None:
    """Answers hold secrets and music of the moment."""
    poller = await poll()
    for response in (await poller.get(wait=0), await poller.post([])):
        assert response.headers["Cache-Control"] == "no-store"
        assert response.content_type == "application/json"


async def test_fetch_wakes_up(poll: OpenPoller, hub: Hub) -> None:
    """A fetch that waits is answered when something comes."""
    poller = await poll()
    await poller.fetch()
    async with waiting(poller, hub, cursor=poller.cursor) as fetch:
        say(hub, 1, 2)
        assert counted((await (await fetch).json())["messages"]) == [1, 2]


async def test_wait_ends(poll: OpenPoller) -> None:
    """When nothing comes, the answer is empty and its cursor as good as the last."""
    poller = await poll()
    await poller.fetch()
    cursor = poller.cursor
    assert await poller.fetch(wait=0.01) == []
    assert poller.cursor == cursor


async def test_lost_answer(poll: OpenPoller, hub: Hub) -> None:
    """Asked again by the same cursor, the same messages come again, then newer ones."""
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


async def test_first_answer_lost(poll: OpenPoller, hub: Hub) -> None:
    """Without a cursor nothing is dropped."""
    poller = await poll(subscribe=["all"])
    say(hub, 1)
    await poller.get(wait=0)
    say(hub, 2)
    assert counted(await poller.fetch()) == [1, 2]


async def test_late_request(poll: OpenPoller, hub: Hub) -> None:
    """A request that comes late, with a cursor of before, takes nothing away and brings nothing back."""
    poller = await poll(subscribe=["all"])
    await poller.fetch()
    early = poller.cursor
    say(hub, 1, 2)
    await poller.fetch()
    await poller.fetch()
    say(hub, 3)
    assert counted((await (await poller.get(wait=0, cursor=early)).json())["messages"]) == [3]
    assert counted(await poller.fetch()) == [3]


async def test_newer_fetch_wins(poll: OpenPoller, hub: Hub) -> None:
    """Of two fetches the older one is answered at once with nothing, and its cursor confirms nothing."""
    poller = await poll(subscribe=["all"])
    await poller.fetch()
    async with waiting(poller, hub, cursor=poller.cursor) as older, waiting(poller, hub, cursor=poller.cursor) as newer:
        empty = await (await older).json()
        assert empty["messages"] == []
        say(hub, 1)
        assert counted((await (await newer).json())["messages"]) == [1]
    again = await (await poller.get(wait=0, cursor=empty["cursor"])).json()
    assert counted(again["messages"]) == [1]


async def test_client_leaves_in_mid_fetch(poll: OpenPoller, hub: Hub) -> None:
    """A fetch that breaks off loses nothing."""
    poller = await poll(subscribe=["all"])
    await poller.fetch()
    async with waiting(poller, hub, cursor=poller.cursor) as fetch:
        fetch.cancel()
        say(hub, 1)
    say(hub, 2)
    assert counted(await poller.fetch()) == [1, 2]


async def test_long_row_comes_in_parts(poll: OpenPoller, hub: Hub) -> None:
    """An answer is bounded; the rest comes with the next ones."""
    poller = await poll(subscribe=["all"])
    for _ in range(10):
        hub.publish("all", CustomMessage(event="weight", data="x" * (ANSWER_BYTES // 4)))
    sizes, offsets = [], []
    while messages := await poller.fetch():
        sizes.append(len(messages))
        offsets += [message["offset"] for message in messages]
    assert offsets == list(range(1, 11))
    assert len(sizes) > 1


async def test_messages_in_order(poll: OpenPoller, hub: Hub) -> None:
    """An array is executed in order; each message has one answer, in its place; without request_id only errors have."""
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


async def test_repeated_request(poll: OpenPoller, hub: Hub) -> None:
    """A request whose answer was lost is harmless to repeat, in another request and on another connection."""
    kitchen = await poll(client=player("kitchen"))
    add = {"type": "queue_command", "action": "add", "media_content_id": BRASS, "request_id": "add"}
    (first,) = await kitchen.send(add)
    assert first["data"]["revision"] == 1
    assert await kitchen.send(add, add) == [first, first]
    resumed = await poll(client=player("kitchen"), resume=kitchen.resume())
    assert await resumed.send(add) == [first]
    assert hub.players.get("kitchen").own.queue.revision == 1


async def test_player(hass: HomeAssistant, poll: OpenPoller) -> None:
    """A player that polls is a media player like any other."""
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
    assert hass.states.get("media_player.kitchen").state == "playing"


async def test_no_fetch_is_a_lost_connection(poll: OpenPoller, hub: Hub, advance: Advance) -> None:
    """After 30 s without a fetch the session is lost, and found again by resume."""
    poller = await poll(subscribe=["all"])
    await advance(20)
    await poller.fetch()
    await advance(29)
    assert any(hub.sessions.connected())
    await poller.send({"type": "ping"})
    await advance(1)
    assert not any(hub.sessions.connected())

    say(hub, 1)
    response = await poller.get(wait=0)
    assert (await response.json())["close_code"] == 4012
    again = await poll(resume=poller.resume())
    assert again.welcome["resumed"] is True
    assert counted(await again.fetch()) == [1]


async def test_waiting_is_no_absence(poll: OpenPoller, hub: Hub, advance: Advance) -> None:
    """As long as a fetch waits, the client is there; the 30 s begin when it is answered."""
    poller = await poll(subscribe=["all"])
    await poller.fetch()
    async with waiting(poller, hub) as fetch:
        await advance(50)
        say(hub, 1)
        await fetch
    await advance(29)
    assert any(hub.sessions.connected())
    await advance(30)
    assert not any(hub.sessions.connected())


async def test_slow_consumer(poll: OpenPoller, hub: Hub) -> None:
    """More than the outbound bound takes closes with 4008; what was missed comes after a resume."""
    hub.configure(replace(hub.limits, outbound_messages=5))
    poller = await poll(subscribe=["all"])
    say(hub, *range(3))
    assert counted(await poller.fetch()) == [0, 1, 2]
    say(hub, *range(3, 9))
    await until(lambda: not any(hub.sessions.connected()))
    assert (await (await poller.get(wait=0)).json())["close_code"] == 4008
    again = await poll(resume=poller.resume())
    assert counted(await again.fetch()) == list(range(3, 9))


async def test_states_replace_one_another(poll: OpenPoller, hub: Hub) -> None:
    """What a client didn't fetch in time of a state is not fetched later either."""
    hub.configure(replace(hub.limits, outbound_messages=5))
    poller = await poll(client=player("kitchen"), subscribe=["player:kitchen"])
    await poller.fetch()
    for step in range(20):
        await poller.request("volume_command", volume=step / 20)
    volumes = [message["volume"] for message in await poller.fetch() if message["type"] == "volume_update"]
    assert volumes[-1] == 19 / 20
    assert len(volumes) < 20


async def test_changing_transports(poll: OpenPoller, connect: Connect, hub: Hub, token: str) -> None:
    """From polling to WebSocket and back in mid-stream: each numbered message arrives once."""
    heard: list[int] = []
    poller = await poll(subscribe=["all"])
    welcome, number = poller.welcome, 0

    def publish() -> None:
        nonlocal number
        say(hub, number, number + 1)
        number += 2

    for _ in range(3):
        publish()
        heard += counted(await poller.fetch())
        publish()  # fetched, but the answer is lost
        await poller.get(wait=0, cursor=poller.cursor)
        publish()  # waits in the hub

        socket = await connect()
        positions = poller.positions
        assert (await socket.authenticate(token, resume=resume(welcome, positions)))["resumed"] is True
        publish()
        heard += counted(await socket.arrived())
        assert (await (await poller.get(wait=0)).json())["close_code"] == 4509
        publish()  # written to a socket that is never read again

        poller = await poll(resume=resume(welcome, socket.positions))
        assert poller.welcome["resumed"] is True
        assert poller.welcome["client_id"] == welcome["client_id"]
        publish()
        heard += counted(await poller.fetch())
    assert heard == list(range(number))


async def test_waiting_while_another_takes_over(poll: OpenPoller, hub: Hub) -> None:
    """A fetch that waits when its session is resumed elsewhere brings nothing that is sent there again."""
    poller = await poll(subscribe=["all"])
    await poller.fetch()
    async with waiting(poller, hub, cursor=poller.cursor) as fetch:
        again = await poll(resume=poller.resume())
        assert await refusal(await fetch) == (410, "connection_closed")
        say(hub, 1)
    old = await (await again.get(wait=0, cursor=poller.cursor)).json()
    assert counted(old["messages"]) == [1]
    assert counted(await again.fetch()) == [1]


async def test_resume_by_secret(http: TestClient, poll: OpenPoller) -> None:
    """A resume needs no token while the session's own is valid."""
    poller = await poll()
    again = await Poller.open(http, poller.welcome["secret"], resume=poller.resume())
    assert again.welcome["resumed"] is True
    assert again.welcome["session_id"] == poller.welcome["session_id"]


async def test_resume_in_vain(poll: OpenPoller, hub: Hub, advance: Advance) -> None:
    """What can't be resumed begins anew and says why."""
    poller = await poll()
    await advance(31 + hub.limits.resume_seconds)
    again = await poll(resume=poller.resume())
    assert again.welcome["resumed"] is False
    assert again.welcome["resume_failure"] == "session_unknown"
    assert again.welcome["session_id"] != poller.welcome["session_id"]


async def test_reload(hass: HomeAssistant, entry: MockConfigEntry, poll: OpenPoller, hub: Hub) -> None:
    """When the hub closes, a fetch that waits takes the goodbye; after a reload the session goes on."""
    poller = await poll(subscribe=["all"])
    await poller.fetch()
    async with waiting(poller, hub, cursor=poller.cursor) as fetch:
        assert await hass.config_entries.async_unload(entry.entry_id)
        (goodbye,) = (await (await fetch).json())["messages"]
    assert (goodbye["type"], goodbye["reconnect"]) == ("goodbye", True)
    closed = await poller.get(wait=0)
    assert closed.status == 503
    assert int(closed.headers["Retry-After"]) > 0

    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert (await (await poller.get(wait=0)).json())["close_code"] == 4000
    say(hub, 1)
    again = await poll(resume=poller.resume())
    assert again.welcome["resumed"] is True
    assert counted(await again.fetch()) == [1]


async def test_delete(hass: HomeAssistant, poll: OpenPoller, hub: Hub, advance: Advance) -> None:
    """A client that goes for good can't come back, and for a while is told so."""
    poller = await poll(client=player("kitchen"))
    response = await poller.end()
    assert (response.status, await response.text()) == (204, "")
    assert len(hub.sessions) == 0
    for response in (await poller.get(wait=0), await poller.post([]), await poller.end()):
        assert (response.status, (await response.json())["close_code"]) == (410, 1000)
    assert (await poll(resume=poller.resume())).welcome["resume_failure"] == "session_unknown"

    await advance(hub.limits.resume_seconds + 1)
    assert await refusal(await poller.get(wait=0)) == (404, "client_not_found")
    await hass.async_block_till_done()


async def test_revoked(hass: HomeAssistant, poll: OpenPoller, hub: Hub) -> None:
    """Who is put out hears it at once, and what to make of it."""
    poller = await poll()
    await poller.fetch()
    async with waiting(poller, hub, cursor=poller.cursor) as fetch:
        await hass.services.async_call("moosicbox", "revoke_token", {"sub": "tester"}, blocking=True)
        response = await fetch
    error = await response.json()
    assert response.status == 410
    assert (error["error_type"], error["close_code"], error["retryable"]) == ("connection_closed", 4503, False)


async def test_expired(http: TestClient, create_token: CreateToken, advance: Advance) -> None:
    """A token that ends takes the session with it, unless it was refreshed in time."""
    poller = await Poller.open(http, await create_token(expires_in=60))
    for _ in range(3):
        await advance(20)
        await poller.fetch()
    assert (await poller.request("refresh", token="forged"))["error_type"] == "authentication_failed"
    assert (await poller.request("refresh", token=await create_token(expires_in=120)))["type"] == "result"
    for _ in range(3):
        await advance(20)
        await poller.fetch()
    await advance(11)
    assert (await (await poller.get(wait=0)).json())["close_code"] == 4505
    response = await http.post(SESSIONS, headers=poller.headers, json=authenticate(resume=poller.resume()))
    assert await refusal(response) == (401, "authentication_failed")


async def test_newest_player_wins(poll: OpenPoller) -> None:
    """The newest connection with a player_id is the player."""
    older = await poll(client=player("kitchen"))
    await poll(client=player("kitchen"))
    assert (await (await older.get(wait=0)).json())["close_code"] == 4509


async def test_secrets_stay_out_of_the_log(
    http: TestClient, poll: OpenPoller, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither token nor secret is written down."""
    caplog.set_level("DEBUG")
    poller = await poll()
    await poller.fetch()
    await http.get(poller.messages, headers=bearer("wrong"))
    await poller.end()
    assert token not in caplog.text
    assert poller.welcome["secret"] not in caplog.text
