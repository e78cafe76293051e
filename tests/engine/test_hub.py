"""The hub as a whole: clock, tokens, broadcasts, life cycle, limits, registration of messages."""

from typing import Any

import pytest

from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.protocol.client import (
    Authenticate,
    Broadcast,
    ClientEvent,
    ClientInfo,
    ModeCommand,
    Refresh,
    SeekCommand,
    Subscribe,
    TimeSync,
    Unsubscribe,
)
from custom_components.moosicbox.engine.protocol.codec import Decoded
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.errors import ClientNotFound, InvalidMessage, PermissionDenied
from custom_components.moosicbox.engine.protocol.server import UserNotification
from custom_components.moosicbox.engine.rooms.room import RoomSettings
from custom_components.moosicbox.engine.sessions.session import Refused
from tests.engine.fakes import Harness, of_type, principal, settle

ADA, ROOT = principal("ada"), principal("root", role="admin")


def test_time_sync_answers_with_times_of_receipt_and_answer() -> None:
    harness = Harness()
    session, connection = harness.connect(ADA, subscribe=())
    connection.take()
    received_us = harness.clock.now_us()
    harness.clock.pass_seconds(0.002)
    harness.hub.dispatcher.receive(session, Decoded("r1", TimeSync(t0_us=-5, request_id="r1")), received_us)
    assert connection.take() == [
        {"type": "time_sync", "t0_us": -5, "t1_us": received_us, "t2_us": received_us + 2_000, "request_id": "r1"}
    ]


async def test_refresh_replaces_the_principal() -> None:
    harness = Harness()
    harness.tokens = {"newer": principal("ada", "listen", expires_at=1_800_000_000.0), "others": principal("eve")}
    session, connection = harness.connect(ADA, subscribe=("all", "library"))
    connection.take()
    for number, token in enumerate(("newer", "others", "wrong")):
        harness.say(session, Refresh(token=token, request_id=f"r{number}"))
    await settle()
    messages = connection.take()
    assert of_type(messages, "unsubscribed")[0]["topics"] == ["library"]
    assert of_type(messages, "result")[0]["data"] == {"expires_at": "2027-01-15T08:00:00.000Z"}
    assert [each["error_type"] for each in of_type(messages, "error")] == ["authentication_failed"] * 2
    assert session.principal.permissions == {"listen"}


def test_only_the_first_message_authenticates() -> None:
    harness = Harness()
    session, connection = harness.connect(ADA, subscribe=())
    connection.take()
    harness.say(session, Authenticate(client=ClientInfo(name="n", kind="monitor"), request_id="r1"))
    [answer] = connection.take()
    assert (answer["error_type"], answer["path"]) == ("invalid_message", ["type"])


def test_unsubscribed_topics_are_not_delivered() -> None:
    harness = Harness()
    session, connection = harness.connect(ADA, subscribe=("all",))
    connection.take()
    harness.say(session, Unsubscribe(topics=("all", "players"), request_id="r1"))
    assert [each["type"] for each in connection.take()] == ["result"]
    assert harness.hub.publish("all", UserNotification(message="m", level="info")) == 0


@pytest.mark.parametrize(
    ("target", "target_id", "heard_by"),
    [
        ("all", None, {"ada", "root"}),
        ("user", "ada", {"ada"}),
        ("permission", "admin", {"root"}),
        ("permission", "listen", {"ada", "root"}),
    ],
)
async def test_broadcasts_reach_their_target(target: Any, target_id: str | None, heard_by: set[str]) -> None:
    harness = Harness()
    ears = {who.sub: harness.connect(who)[1] for who in (ADA, ROOT)}
    for ear in ears.values():
        ear.take()
    message = Broadcast(target=target, target_id=target_id, event="e", data={"n": 1})
    assert await harness.hub.execute(message, ROOT) == {"recipients": len(heard_by)}
    assert {sub for sub, ear in ears.items() if of_type(ear.take(), "message")} == heard_by


async def test_a_broadcast_to_one_client() -> None:
    harness = Harness()
    session, connection = harness.connect(ADA)
    harness.connect(ADA)
    connection.take()
    message = Broadcast(target="client", target_id=session.client_id, message="Hello", title="T", level="success")
    assert await harness.hub.execute(message) == {"recipients": 1}
    [notice] = of_type(connection.take(), "notification")
    assert (notice["title"], notice["message"], notice["level"]) == ("T", "Hello", "success")
    with pytest.raises(ClientNotFound):
        await harness.hub.execute(Broadcast(target="client", target_id="nobody", message="m"))


@pytest.mark.parametrize(
    "message",
    [
        Broadcast(target="all"),
        Broadcast(target="user", message="m"),
        Broadcast(target="all", message="m", event="e"),
    ],
)
async def test_incomplete_broadcasts_are_refused(message: Broadcast) -> None:
    with pytest.raises(InvalidMessage):
        await Harness().hub.execute(message)


async def test_broadcasts_and_events_need_their_permissions() -> None:
    harness = Harness()
    for message in (Broadcast(target="all", message="m"), ClientEvent(event="e")):
        with pytest.raises(PermissionDenied):
            await harness.hub.execute(message, ADA)


async def test_client_events_are_emitted_and_bounded() -> None:
    harness = Harness()
    heard: list[str] = []
    harness.hub.client_event.subscribe(lambda _actor, message: heard.append(message.event))
    await harness.hub.execute(ClientEvent(event="e", data={"x": "y" * 4_000}), ROOT)
    with pytest.raises(InvalidMessage):
        await harness.hub.execute(ClientEvent(event="big", data={"x": "y" * 4_096}), ROOT)
    assert heard == ["e"]


async def test_a_hub_can_be_stopped_and_started_again() -> None:
    harness = Harness()
    await harness.hub.start()
    session, connection = harness.connect(ADA, player_id="kitchen")
    connection.take()
    for _ in range(10):
        await harness.hub.stop(CloseCode.RESTART, "Restart")
        assert not harness.hub.running
        assert list(harness.hub.sessions.connected()) == []
        assert harness.hub.timer_runner._handle is None
        await harness.hub.start()
    goodbye = connection.take()[-1]
    assert (goodbye["type"], goodbye["reconnect"]) == ("goodbye", True)
    assert connection.closed is CloseCode.RESTART
    assert session in list(harness.hub.sessions)
    await harness.hub.stop(CloseCode.GOING_AWAY, "Over")


async def test_changed_limits_apply_to_all_parts_at_once() -> None:
    harness = Harness()
    session, connection = harness.connect(ADA, player_id="kitchen")
    harness.hub.rooms.create(RoomSettings(name="Party"))
    harness.hub.configure(Limits(max_players_per_user=1, messages_per_minute=60, burst_size=1, rooms=False))
    with pytest.raises(Refused, match="at most 1 players"):
        harness.connect(ADA, player_id="bath")
    assert not len(harness.hub.rooms)
    connection.take()
    for _ in range(2):
        harness.say(session, ModeCommand(shuffle=True, request_id="r"))
    assert of_type(connection.take(), "error")[0]["error_type"] == "rate_limit_exceeded"


async def test_another_integration_can_register_a_message_type() -> None:
    harness = Harness()
    seen: list[float] = []
    harness.hub.register(SeekCommand, lambda _actor, message: seen.append(message.position_seconds), "control")
    await harness.hub.execute(SeekCommand(position_seconds=3))
    assert seen == [3]


def test_unused_topics_are_freed() -> None:
    harness = Harness(Limits(messages_per_minute=10**9, burst_size=10**9, bytes_per_minute=10**12))
    session, _ = harness.connect(principal("ada"))
    for number in range(2_000):
        harness.say(session, Subscribe(topics=(f"player:nobody-{number}",)))
        harness.say(session, Unsubscribe(topics=(f"player:nobody-{number}",)))
    harness.pass_seconds(600)
    harness.hub.topics.expire()
    assert len(harness.hub.topics) < 1_000
