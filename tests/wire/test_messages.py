"""Messages after the welcome: answers, errors and their bounds."""

import json
from typing import Any

import pytest

from tests.fixtures import BRASS, COPPER, Connect, CreateToken, ManualClock

from .client import Client


async def test_pong_replaces_the_result(controller: Client, clock: ManualClock) -> None:
    answer = await controller.request("ping", request_id="p")
    assert answer == {"type": "pong", "request_id": "p", "server_time_us": clock.now_us()}


async def test_a_clock_probe_returns_all_times(controller: Client, clock: ManualClock) -> None:
    answer = await controller.request("time_sync", request_id="t", t0_us=-123)
    assert answer == {
        "type": "time_sync",
        "request_id": "t",
        "t0_us": -123,
        "t1_us": clock.now_us(),
        "t2_us": clock.now_us(),
    }


@pytest.mark.parametrize("type_", ["juggle", "playback_status", ""])
async def test_unknown_types_are_answered_and_never_close(controller: Client, type_: str) -> None:
    for _ in range(30):
        answer = await controller.request(type_)
        assert (answer["type"], answer["error_type"], answer["retryable"]) == ("error", "unknown_type", False)


async def test_unknown_fields_are_ignored(controller: Client, kitchen: Client) -> None:
    """Clients of later versions may send more fields."""
    answer = await controller.request("volume_command", player_id="kitchen", volume=0.5, balance=-1, _=None)
    assert answer["type"] == "result"
    added = await kitchen.request("queue_command", action="add", media_content_id=BRASS)
    place = {"after": added["data"]["queue_item_ids"][0], "gently": True}
    answer = await kitchen.request("queue_command", action="add", media_content_id=BRASS, place=place)
    assert answer["type"] == "result"


@pytest.mark.parametrize(
    ("message", "path"),
    [
        ({"type": "volume_command", "volume": 1.5}, ["volume"]),
        ({"type": "volume_command", "muted": "yes"}, ["muted"]),
        ({"type": "volume_command", "volume": None}, ["volume"]),
        ({"type": "seek_command"}, ["position_seconds"]),
        ({"type": "seek_command", "position_seconds": -1}, ["position_seconds"]),
        ({"type": "playback_command", "command": "dance"}, ["command"]),
        ({"type": "playback_command", "command": "play", "player_id": "a b"}, ["player_id"]),
        ({"type": "mode_command", "repeat": "sometimes"}, ["repeat"]),
        ({"type": "queue_command"}, ["action"]),
        ({"type": "queue_command", "action": "eat"}, ["action"]),
        ({"type": "queue_command", "action": "add"}, ["track_id"]),
        ({"type": "queue_command", "action": "add", "track_ids": ["ok", 7]}, ["track_ids", 1]),
        ({"type": "queue_command", "action": "get", "limit": 501}, ["limit"]),
        ({"type": "subscribe", "topics": ["all", "no topic"]}, ["topics", 1]),
        ({"type": "subscribe", "topics": []}, ["topics"]),
        ({"type": "time_sync"}, ["t0_us"]),
        ({"type": "time_sync", "t0_us": 1.5}, ["t0_us"]),
        ({"type": "refresh", "token": "x" * 4097}, ["token"]),
        ({"type": "room_chat", "room_id": "r", "message": ""}, ["message"]),
        ({}, ["type"]),
        ({"type": 7}, ["type"]),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else None,
)
async def test_an_error_names_the_path_and_the_request(
    kitchen: Client, message: dict[str, Any], path: list[str | int]
) -> None:
    await kitchen.socket.send_json({**message, "request_id": "wrong"})
    error = await kitchen.until("error")
    assert error["error_type"] == "invalid_message"
    assert error["path"] == path
    assert error["request_id"] == "wrong"
    assert error["retryable"] is False


async def test_whole_floats_are_integers(controller: Client) -> None:
    """1.0 and 1e3 are integers, because JSON has one kind of number."""
    for t0_us in ("1000.0", "1e3", "1000"):
        await controller.socket.send_str(f'{{"type": "time_sync", "request_id": "{t0_us}", "t0_us": {t0_us}}}')
        assert (await controller.until("time_sync"))["t0_us"] == 1000


async def test_null_equals_an_absent_optional_field(connect: Connect, token: str) -> None:
    client = await connect()
    who = {"name": "Test", "kind": "controller", "version": None, "lead_ms": None, "output_delay_ms": None}
    await client.authenticate(token, client=who, subscribe=None, resume=None)
    room = await client.request("room_command", action="create", name="R", max_participants=None, control=None)
    assert room["type"] == "result"
    refused = await client.request("seek_command", position_seconds=None)
    assert (refused["error_type"], refused["path"]) == ("invalid_message", ["position_seconds"])


@pytest.mark.parametrize("request_id", [7, "x" * 65, {}])
async def test_an_invalid_request_id_is_not_echoed(controller: Client, request_id: Any) -> None:
    await controller.send("ping", request_id=request_id)
    error = await controller.until("error")
    assert (error["error_type"], error["path"]) == ("invalid_message", ["request_id"])
    assert "request_id" not in error


@pytest.mark.parametrize("frame", [b'{"type": "ping"}', "no JSON", "[]", '"text"', "{", ""])
async def test_frames_that_are_not_json_objects_keep_the_connection(controller: Client, frame: str | bytes) -> None:
    await (controller.socket.send_bytes(frame) if isinstance(frame, bytes) else controller.socket.send_str(frame))
    error = await controller.until("error")
    assert error["error_type"] == "serialization_error"
    await controller.arrived()


async def test_twenty_protocol_errors_in_five_seconds_close_with_4513(controller: Client) -> None:
    await controller.arrived()
    for _ in range(20):
        await controller.socket.send_str("no JSON")
    code, messages = await controller.closed()
    assert code == 4513
    assert [message["error_type"] for message in messages] == ["serialization_error"] * len(messages)
    assert len(messages) >= 19


async def test_protocol_errors_are_forgotten_after_five_seconds(controller: Client, clock: ManualClock) -> None:
    for _ in range(3):
        for _ in range(19):
            await controller.socket.send_str("no JSON")
        await controller.arrived()
        clock.moment_us += 5_000_000


async def test_a_message_over_the_limit_closes_with_1009(connect: Connect, token: str) -> None:
    client = await connect()
    await client.authenticate(token)
    size = client.hello["limits"]["max_message_size"]
    message = {"type": "ping", "request_id": "big", "padding": ""}
    message["padding"] = "x" * (size - len(json.dumps(message)))
    await client.socket.send_str(json.dumps(message))
    await client.until("pong", request_id="big")

    message["padding"] += "x"
    await client.socket.send_str(json.dumps(message))
    assert (await client.closed())[0] == 1009


async def test_a_repeated_request_gets_the_stored_answer(kitchen: Client) -> None:
    """It is not executed, even with another content."""
    first = await kitchen.request("queue_command", request_id="once", action="add", media_content_id=BRASS)
    again = await kitchen.request("queue_command", request_id="once", action="add", media_content_id=COPPER)
    assert first["type"] == "result"
    assert first["data"]["revision"] == 1
    assert again == first
    page = await kitchen.request("queue_command", action="get")
    assert page["data"]["queue"]["total"] == 1

    error = await kitchen.request("seek_command", request_id="twice", position_seconds=-1)
    assert await kitchen.request("ping", request_id="twice") == error


async def test_answers_are_stored_for_five_minutes(controller: Client, clock: ManualClock) -> None:
    first = await controller.request("ping", request_id="again")
    clock.moment_us += 299_000_000
    assert await controller.request("ping", request_id="again") == first


async def test_an_interrupted_request_is_answered_after_the_resume(
    connect: Connect, token: str, kitchen: Client
) -> None:
    """It is executed once."""
    client = await connect()
    welcome = await client.authenticate(token)
    first = await client.request(
        "queue_command", request_id="cut", action="add", player_id="kitchen", media_content_id=BRASS
    )
    await client.drop()
    again = await connect()
    resume = {"session_id": welcome["session_id"], "secret": welcome["secret"], "positions": client.positions}
    assert (await again.authenticate(resume=resume))["resumed"] is True
    answer = await again.request(
        "queue_command", request_id="cut", action="add", player_id="kitchen", media_content_id=BRASS
    )
    assert answer == first


async def test_a_slow_request_is_not_overtaken(kitchen: Client) -> None:
    await kitchen.send("queue_command", request_id="1", action="add", media_content_id=BRASS)
    await kitchen.send("queue_command", request_id="2", action="get")
    await kitchen.send("queue_command", request_id="3", action="clear")
    await kitchen.send("queue_command", request_id="4", action="get")
    await kitchen.until("result", request_id="1")
    assert (await kitchen.until("result", request_id="2"))["data"]["queue"]["total"] == 1
    await kitchen.until("result", request_id="3")
    assert (await kitchen.until("result", request_id="4"))["data"]["queue"]["total"] == 0


async def test_a_message_without_request_id_has_no_answer(controller: Client, kitchen: Client) -> None:
    await controller.arrived()
    await controller.send("volume_command", player_id="kitchen", volume=0.5)
    assert "result" not in {message["type"] for message in await controller.arrived()}


@pytest.mark.parametrize(
    ("permission", "messages"),
    [
        (
            "control",
            [
                {"type": "playback_command", "command": "play"},
                {"type": "seek_command", "position_seconds": 1},
                {"type": "volume_command", "volume": 1},
                {"type": "mode_command", "shuffle": True},
                {"type": "queue_command", "action": "clear"},
            ],
        ),
        ("listen", [{"type": "queue_command", "action": "get"}, {"type": "room_command", "action": "list"}]),
        ("chat", [{"type": "room_chat", "room_id": "r", "message": "hi"}]),
        ("rooms", [{"type": "room_command", "action": "create", "name": "Party"}]),
        ("library", [{"type": "library_request", "request_type": "recent"}]),
        ("broadcast", [{"type": "broadcast", "target": "all", "message": "hi"}]),
        ("events", [{"type": "client_event", "event": "hello", "data": {}}]),
        ("admin", [{"type": "get_metrics"}, {"type": "get_clients"}]),
    ],
)
async def test_each_message_needs_its_permission(
    connect: Connect, create_token: CreateToken, kitchen: Client, permission: str, messages: list[dict[str, Any]]
) -> None:
    every = {"listen", "control", "play", "chat", "rooms", "library", "events", "broadcast", "admin"}
    poor, rich = await connect(), await connect()
    await poor.authenticate(await create_token("poor", permissions=sorted(every - {permission})))
    await rich.authenticate(await create_token("rich", permissions=[permission]))
    for message in messages:
        fields = {key: value for key, value in message.items() if key != "type"}
        assert (await poor.request(message["type"], **fields))["error_type"] == "permission_denied"
        assert (await rich.request(message["type"], **fields)).get("error_type") != "permission_denied"


async def test_a_controller_cannot_report(controller: Client) -> None:
    for type_, fields in (
        ("player_report", {"state": "idle", "position_seconds": 0, "at_us": 0}),
        ("stream_request", {"queue_item_id": "x"}),
    ):
        assert (await controller.request(type_, **fields))["error_type"] == "not_supported"


async def test_a_command_without_a_player_id(connect: Connect, token: str, controller: Client) -> None:
    """A player means itself, a controller the only player; with none or several the id is required."""
    assert (await controller.request("volume_command", volume=0.5))["path"] == ["player_id"]
    answer = await controller.request("volume_command", volume=0.5, player_id="attic")
    assert answer["error_type"] == "player_not_found"
    assert (await controller.request("volume_command", volume=0.5, room_id="r"))["error_type"] == "room_not_found"

    clients = []
    for player_id in "attic", "cellar":
        clients.append(client := await connect())
        await client.authenticate(token, client={"name": player_id, "kind": "player", "player_id": player_id})
        if len(clients) == 1:
            assert (await controller.request("volume_command", volume=0.5))["type"] == "result"
    assert (await controller.request("volume_command", volume=0.5))["path"] == ["player_id"]
    assert (await clients[1].request("volume_command", volume=0.2))["type"] == "result"
    assert (await clients[1].until("volume_update", topic="play:cellar", volume=0.2))["muted"] is False
