"""Events on Home Assistant's bus, and their contexts."""

from collections.abc import Callable
from typing import Any

from homeassistant.auth.models import User
from homeassistant.core import Event, HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.moosicbox.adapters import event_bridge
from custom_components.moosicbox.const import DOMAIN
from tests.fixtures import BRASS, COPPER, Advance, Connect, CreateToken
from tests.wire.client import Client, player

type Heard = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def connected(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, event_bridge.EVENT_CLIENT_CONNECTED)


@pytest.fixture
def disconnected(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, event_bridge.EVENT_CLIENT_DISCONNECTED)


async def test_connects_and_disconnects_are_fired_after_the_grace_time(
    hass: HomeAssistant,
    connected: list[Event],
    disconnected: list[Event],
    connect: Connect,
    token: str,
    kitchen: Client,
    advance: Advance,
) -> None:
    assert connected == []
    await advance(2)
    expected = {
        "client_id": kitchen.welcome["client_id"],
        "name": "Kitchen",
        "kind": "player",
        "player_id": "kitchen",
        "user_id": "tester",
        "username": "tester",
    }
    assert [event.data for event in connected] == [expected]
    assert connected[0].context.user_id is None
    await kitchen.close()
    again = await connect()
    await again.authenticate(token, client=player("kitchen"))
    await advance(20)
    assert len(connected) == 1, "a reload is neither a going nor a coming"
    assert disconnected == []
    await again.close()
    await hass.async_block_till_done()
    await advance(20)
    assert [event.data["player_id"] for event in disconnected] == ["kitchen"]


async def test_the_context_contains_the_user(
    hass: HomeAssistant,
    connected: list[Event],
    connect: Connect,
    hass_access_token: str,
    hass_admin_user: User,
    advance: Advance,
) -> None:
    notices = async_capture_events(hass, event_bridge.EVENT_NOTIFICATION)
    fired = async_capture_events(hass, event_bridge.EVENT_CLIENT_EVENT)
    client = await connect()
    await client.authenticate(hass_access_token)
    await advance(2)
    await client.request("broadcast", target="user", target_id=hass_admin_user.id, message="Hello", level="warning")
    await client.request("client_event", event="doorbell", data={"times": 2})
    await hass.async_block_till_done()
    events: list[Event[Any]] = [*connected, *notices, *fired]
    assert {event.context.user_id for event in events} == {hass_admin_user.id}
    assert notices[0].data == {
        "target": "user",
        "target_id": hass_admin_user.id,
        "level": "warning",
        "title": None,
        "message": "Hello",
    }
    assert fired[0].data == {
        "event": "doorbell",
        "data": {"times": 2},
        "user_id": hass_admin_user.id,
        "client_id": client.welcome["client_id"],
        "player_id": None,
    }


async def test_an_event_needs_the_permission(hass: HomeAssistant, controller: Client) -> None:
    fired = async_capture_events(hass, event_bridge.EVENT_CLIENT_EVENT)
    answer = await controller.request("client_event", event="doorbell")
    assert answer["error_type"] == "permission_denied"
    await hass.async_block_till_done()
    assert fired == []


async def test_a_custom_event_fires_no_notification(
    hass: HomeAssistant, connect: Connect, create_token: CreateToken
) -> None:
    notices = async_capture_events(hass, event_bridge.EVENT_NOTIFICATION)
    client = await connect()
    await client.authenticate(await create_token(role="admin"))
    await client.request("broadcast", target="all", event="lights", data=1)
    await client.request("broadcast", target="all", title="Dinner", message="is ready")
    await hass.async_block_till_done()
    assert [event.data["title"] for event in notices] == ["Dinner"]


async def test_tracks_and_queues(hass: HomeAssistant, kitchen: Client) -> None:
    tracks = async_capture_events(hass, event_bridge.EVENT_TRACK_CHANGED)
    queues = async_capture_events(hass, event_bridge.EVENT_QUEUE_UPDATED)
    for song in (BRASS, COPPER):
        await kitchen.request("queue_command", action="add", media_content_id=song)
    await kitchen.request("playback_command", command="play")
    await kitchen.request("playback_command", command="next")
    await kitchen.request("queue_command", action="clear")
    await hass.async_block_till_done()
    assert [event.data["ops"] for event in queues] == [["add"], ["add"], ["clear"]]
    revisions = [event.data["revision"] for event in queues]
    assert revisions == list(range(revisions[0], revisions[0] + 3))
    assert [event.data["total"] for event in queues] == [1, 2, 0]
    assert all("items" not in event.data for event in queues)
    changes = [
        tuple(track and track["title"] for track in (event.data["previous_track"], event.data["track"]))
        for event in tracks
    ]
    assert changes[:2] == [(None, "Brass Morning"), ("Brass Morning", "Copper Rain")]
    assert {event.data["entity_id"] for event in (*tracks, *queues)} == {"media_player.kitchen"}


async def test_the_context_contains_the_user_who_added_an_item(
    hass: HomeAssistant, connect: Connect, hass_access_token: str, hass_admin_user: User, kitchen: Client
) -> None:
    queues = async_capture_events(hass, event_bridge.EVENT_QUEUE_UPDATED)
    client = await connect()
    await client.authenticate(hass_access_token)
    await client.request("queue_command", action="add", media_content_id=BRASS, player_id="kitchen")
    await hass.async_block_till_done()
    assert queues[0].context.user_id == hass_admin_user.id


async def test_no_event_repeats_while_music_plays(hass: HomeAssistant, kitchen: Client, advance: Advance) -> None:
    await kitchen.request("queue_command", action="add", media_content_id=BRASS)
    await kitchen.request("playback_command", command="play")
    await advance(3)
    await hass.async_block_till_done()
    heard = [
        async_capture_events(hass, name) for name in vars(event_bridge).values() if str(name).startswith(f"{DOMAIN}_")
    ]
    assert len(heard) > 10
    for _ in range(5):
        await advance(0.5)
        await kitchen.request("ping")
    assert not any(heard)
