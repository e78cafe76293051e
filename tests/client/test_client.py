"""The client library's public API."""

import asyncio
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.moosicbox.engine.client import (
    AuthenticationFailed,
    Connected,
    ConnectionClosed,
    EventsLost,
    MessageTooLarge,
    MoosicBoxClient,
    PlaybackStatus,
    PlayerNotFound,
    QueueUpdated,
    TrackChanged,
)
from custom_components.moosicbox.engine.client.transport_selector import FAILURES_UNTIL_POLLING
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.protocol.server import CustomMessage
from tests.fixtures import BRASS, COPPER, PAPER, CreateToken
from tests.wire.client import Client

from .conftest import Dial

TRANSPORTS = pytest.mark.parametrize("transport", ["websocket", "polling"])
PATIENCE = 60


async def until(condition: Any) -> None:
    """Wait until the condition is true."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@TRANSPORTS
async def test_mirror_follows_commands(hass: HomeAssistant, dial: Dial, kitchen: Client, transport: str) -> None:
    hub = await dial(transport=transport)
    player = hub.player("kitchen")
    await until(lambda: player.info is not None and player.status is not None)
    events = hub.events(TrackChanged)
    first, *_ = await player.queue.add(media=BRASS)
    second, *_ = await player.queue.add(media=COPPER)
    await player.play()
    changed = await anext(events)
    assert changed.track is not None
    assert changed.track.title == "Brass Morning"
    await until(lambda: player.status.is_playing)
    assert player.track.title == "Brass Morning"
    await player.volume(0.25)
    await until(lambda: player.status.volume == 0.25)
    await player.queue.move(second, "next")
    third, *_ = await player.queue.add(media=PAPER, after=first)
    await until(lambda: [item.queue_item_id for item in player.queue.items] == [first, third, second])
    await player.queue.remove([third])
    await player.next()
    await until(lambda: player.track.title == "Copper Rain")
    await player.pause()
    await until(lambda: not player.status.is_playing)
    assert player.position == pytest.approx(player.status.position_seconds)
    await player.queue.clear()
    await until(lambda: player.queue.items == ())
    await player.queue.add(media=PAPER, play=True)
    await until(lambda: player.status.is_playing)


@TRANSPORTS
async def test_refusals_raise_the_named_exception(dial: Dial, transport: str) -> None:
    hub = await dial(transport=transport)
    with pytest.raises(PlayerNotFound) as caught:
        await hub.player("missing").pause()
    assert caught.value.error_type == "player_not_found"


@TRANSPORTS
async def test_refused_token_raises_at_once(address: str, transport: str) -> None:
    with pytest.raises(AuthenticationFailed):
        async with MoosicBoxClient(address, token="no-token", transport=transport):
            pass


async def test_missing_hub_raises_after_connect_timeout() -> None:
    with pytest.raises(ConnectionClosed):
        async with MoosicBoxClient("http://127.0.0.1:1", token="x", connect_timeout=0.2):
            pass


async def test_oversized_message_is_not_sent(dial: Dial) -> None:
    hub = await dial()
    with pytest.raises(MessageTooLarge) as caught:
        await hub.fire("large", text="x" * 300_000)
    assert caught.value.details["max_size"] == 262_144
    assert hub.welcome is not None


async def test_handlers_are_called_in_order_and_may_fail(
    hub: Hub, dial: Dial, caplog: pytest.LogCaptureFixture
) -> None:
    client: MoosicBoxClient = await dial()
    got: list[str] = []
    done = asyncio.Event()

    @client.on(CustomMessage)
    async def remember(message: CustomMessage) -> None:
        got.append(message.event)
        if message.event == "second":
            raise ValueError("the handler fails")
        if message.event == "third":
            done.set()

    for event in ("first", "second", "third"):
        hub.publish("all", CustomMessage(event=event, data=None))
    await asyncio.wait_for(done.wait(), PATIENCE)
    assert got == ["first", "second", "third"]
    assert "A handler of events failed" in caplog.text


async def test_slow_consumer_gets_events_lost(hub: Hub, dial: Dial) -> None:
    client = await dial(max_events=10)
    slow = client.events(CustomMessage)
    for number in range(30):
        hub.publish("all", CustomMessage(event=f"e{number}", data=None))
    assert [(await anext(slow)).event for _ in range(10)] == [f"e{number}" for number in range(10)]
    with pytest.raises(EventsLost):
        await anext(slow)


async def test_waiting_state_is_replaced_by_a_newer_one(hass: HomeAssistant, dial: Dial, kitchen: Client) -> None:
    client = await dial(max_events=3)
    player = client.player("kitchen")
    states = client.events(PlaybackStatus)
    for volume in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6):
        await player.volume(volume)
    await player.mode(repeat="all")
    await until(lambda: player.status.repeat == "all")
    state = await anext(states)
    assert state.repeat == "all"


@TRANSPORTS
async def test_long_queue_is_mirrored_completely(dial: Dial, kitchen: Client, transport: str) -> None:
    writer = await dial()
    for _ in range(60):
        await writer.player("kitchen").queue.add(media=BRASS)
    reader = await dial(transport=transport)
    player = reader.player("kitchen")
    await until(lambda: len(player.queue.items) == 60)
    await writer.player("kitchen").mode(shuffle=True)
    await writer.player("kitchen").queue.add(media=PAPER)
    pages = await writer.player("kitchen").queue.pages()
    wanted = [item.queue_item_id for page in pages for item in page.items]
    await until(lambda: [item.queue_item_id for item in player.queue.items] == wanted)


async def test_event_streams_end_with_the_client(dial: Dial) -> None:
    client = await dial()
    events = client.events(TrackChanged)
    await client.close()
    assert [event async for event in events] == []
    with pytest.raises(ConnectionClosed):
        await client.player("kitchen").play()


async def test_forced_disconnect_raises_its_reason(hub: Hub, dial: Dial) -> None:
    client = await dial()
    events = client.events(QueueUpdated)
    hub.disconnect(client.welcome.client_id)
    with pytest.raises(ConnectionClosed) as caught:
        await asyncio.wait_for(client.run(), PATIENCE)
    assert caught.value.details["close_code"] == 4503
    with pytest.raises(ConnectionClosed):
        await anext(events)


async def test_fresh_token_is_fetched_after_a_refusal(address: str, create_token: CreateToken) -> None:
    asked: list[bool] = []

    async def get_token(fresh: bool) -> str:
        asked.append(fresh)
        return await create_token() if fresh else "stale"

    async with MoosicBoxClient(address, get_token=get_token) as client:
        assert client.welcome is not None
        assert client.welcome.user.id == "tester"
    assert asked == [False, True]


@pytest.mark.parametrize("fault", [OSError("No answer"), asyncio.CancelledError()], ids=repr)
async def test_failures_to_get_a_token_do_not_count_against_the_transport(
    address: str, token: str, fault: BaseException
) -> None:
    faults = [fault] * FAILURES_UNTIL_POLLING

    async def get_token(_fresh: bool) -> str:
        if faults:
            raise faults.pop()
        return token

    client = MoosicBoxClient(address, get_token=get_token, reconnect_delay=0.01)
    events = client.events(Connected)
    async with client:
        assert (await anext(events)).transport == "websocket"


async def test_connected_event(address: str, token: str) -> None:
    client = MoosicBoxClient(address, token=token)
    events = client.events(Connected)
    async with client:
        assert (await anext(events)).transport == "websocket"
