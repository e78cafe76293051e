"""Resume: all missed messages, or a new session."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.protocol.server import CustomMessage
from tests.fixtures import BRASS, Advance, Connect, CreateToken, Lose

from .client import CONTROLLER, Client, Message, player, resume_of
from .tokens import Outlive


def events(messages: list[Message]) -> list[str]:
    return [message["event"] for message in messages if message["type"] == "message"]


async def test_a_resume_delivers_all_missed_messages(
    connect: Connect, lose: Lose, token: str, kitchen: Client, controller: Client, hub: Hub
) -> None:
    """Exactly those of every topic, then the current states."""
    hub.publish("all", CustomMessage(event="before", data=None))
    await lose(controller)
    hub.publish("all", CustomMessage(event="one", data=None))
    hub.publish("user:tester", CustomMessage(event="two", data=None))
    await kitchen.request("queue_command", action="add", media_content_id=BRASS)
    hub.publish("all", CustomMessage(event="three", data=None))

    again = await connect()
    welcome = await again.authenticate(token, resume=resume_of(controller))
    assert welcome["resumed"] is True
    assert "resume_failure" not in welcome
    for field in "client_id", "session_id", "secret":
        assert welcome[field] == controller.welcome[field]
    assert welcome["positions"] == controller.positions

    messages = await again.arrived()
    numbered = [message for message in messages if "offset" in message]
    assert sorted(events(numbered)) == ["one", "three", "two"]
    assert [message["event"] for message in numbered if message["topic"] == "all"] == ["one", "three"]
    assert [message["revision"] for message in numbered if message["topic"] == "player:kitchen"] == [1]
    states = messages[len(numbered) :]
    assert all("offset" not in message for message in states)
    assert {"player_list", "playback_status", "volume_update"} <= {message["type"] for message in states}
    assert "queue_updated" not in {message["type"] for message in states}

    hub.publish("all", CustomMessage(event="four", data=None))
    assert (await again.until("message"))["event"] == "four"


async def test_a_session_is_resumed_by_its_secret(connect: Connect, lose: Lose, controller: Client) -> None:
    """As long as its token is valid."""
    await lose(controller)
    again = await connect()
    assert (await again.authenticate(resume=resume_of(controller)))["resumed"] is True


async def test_an_expired_token_needs_a_new_one_on_resume(
    connect: Connect, lose: Lose, create_token: CreateToken, outlive: Outlive
) -> None:
    """Of the same sub."""
    client = await connect()
    await client.authenticate(token := await create_token("anna", expires_in=15))
    await lose(client)
    await outlive(token)
    again = await connect()
    await again.send("authenticate", client=CONTROLLER, resume=resume_of(client))
    code, (error,) = await again.closed()
    assert (code, error["error_type"]) == (4501, "authentication_failed")
    again = await connect()
    assert (await again.authenticate(await create_token("anna"), resume=resume_of(client)))["resumed"] is True


@pytest.mark.parametrize("changes", [{"session_id": "other"}, {"secret": "wrong"}, {"secret": ""}], ids=str)
async def test_a_wrong_secret_opens_a_new_session(
    connect: Connect, lose: Lose, token: str, controller: Client, changes: Message
) -> None:
    await lose(controller)
    again = await connect()
    welcome = await again.authenticate(token, resume=resume_of(controller, **changes))
    assert (welcome["resumed"], welcome["resume_failure"]) == (False, "session_unknown")
    assert welcome["session_id"] != controller.welcome["session_id"]
    assert {"player_list"} <= {message["type"] for message in await again.arrived() if message.get("snapshot")}


async def test_another_sub_cannot_resume_the_session(
    connect: Connect, lose: Lose, create_token: CreateToken, controller: Client
) -> None:
    """Even with its secret."""
    await lose(controller)
    again = await connect()
    welcome = await again.authenticate(await create_token("other"), resume=resume_of(controller))
    assert (welcome["resumed"], welcome["resume_failure"]) == (False, "session_unknown")
    assert welcome["user"]["id"] == "other"


async def test_a_session_waits_two_minutes(
    connect: Connect, lose: Lose, token: str, controller: Client, hub: Hub, advance: Advance
) -> None:
    await lose(controller)
    await advance(hub.limits.resume_seconds - 1)
    again = await connect()
    assert (await again.authenticate(token, resume=resume_of(controller)))["resumed"] is True
    await lose(again)
    await advance(hub.limits.resume_seconds + 1)
    late = await connect()
    welcome = await late.authenticate(token, resume=resume_of(again))
    assert (welcome["resumed"], welcome["resume_failure"]) == (False, "session_unknown")


@pytest.mark.parametrize(
    ("limits", "failure"),
    [({"history_messages": 2}, "window_exceeded"), ({"history_bytes": 150}, "window_exceeded")],
    ids=["messages", "bytes"],
)
async def test_an_exceeded_history_opens_a_new_session(
    connect: Connect, lose: Lose, token: str, controller: Client, hub: Hub, limits: dict[str, Any], failure: str
) -> None:
    """For all topics, with snapshots."""
    hub.configure(replace(hub.limits, **limits))
    await lose(controller)
    for number in range(3):
        hub.publish("all", CustomMessage(event=f"e{number}", data=None))
    again = await connect()
    welcome = await again.authenticate(token, resume=resume_of(controller))
    assert (welcome["resumed"], welcome["resume_failure"]) == (False, failure)
    assert welcome["positions"]["all"]["offset"] == 3
    messages = await again.arrived()
    assert events(messages) == []
    assert any(message.get("snapshot") for message in messages)


async def test_history_lasts_two_minutes(
    connect: Connect, lose: Lose, token: str, controller: Client, hub: Hub, advance: Advance
) -> None:
    hub.configure(replace(hub.limits, resume_seconds=600))
    await lose(controller)
    hub.publish("all", CustomMessage(event="old", data=None))
    await advance(hub.limits.history_seconds + 1)
    again = await connect()
    welcome = await again.authenticate(token, resume=resume_of(controller))
    assert (welcome["resumed"], welcome["resume_failure"]) == (False, "position_expired")


async def test_positions_of_another_epoch_are_lost(
    connect: Connect, lose: Lose, token: str, controller: Client
) -> None:
    await lose(controller)
    positions = {topic: {**position, "epoch": "before"} for topic, position in controller.positions.items()}
    again = await connect()
    welcome = await again.authenticate(token, resume=resume_of(controller, positions=positions))
    assert (welcome["resumed"], welcome["resume_failure"]) == (False, "epoch_changed")


async def test_after_a_restart_the_epoch_is_the_reason(connect: Connect, token: str, controller: Client) -> None:
    positions = {topic: {**position, "epoch": "before"} for topic, position in controller.positions.items()}
    again = await connect()
    resume = resume_of(controller, session_id="from-before", positions=positions)
    welcome = await again.authenticate(token, resume=resume)
    assert (welcome["resumed"], welcome["resume_failure"]) == (False, "epoch_changed")
    assert {"player_list"} <= {message["type"] for message in await again.arrived() if message.get("snapshot")}


async def test_a_lost_position_needs_no_token(connect: Connect, lose: Lose, controller: Client) -> None:
    await lose(controller)
    positions = {topic: {**position, "epoch": "before"} for topic, position in controller.positions.items()}
    again = await connect()
    welcome = await again.authenticate(resume=resume_of(controller, positions=positions))
    assert (welcome["resumed"], welcome["resume_failure"]) == (False, "epoch_changed")


async def test_a_topic_without_a_position_begins_with_a_snapshot(
    connect: Connect, lose: Lose, token: str, controller: Client, hub: Hub
) -> None:
    """A position without a subscription is ignored."""
    await controller.request("unsubscribe", topics=["presence"])
    await lose(controller)
    hub.publish("all", CustomMessage(event="missed", data=None))
    positions = dict(controller.positions)
    epoch = positions.pop("players")["epoch"]
    positions["presence"] = positions["user:other"] = {"epoch": epoch, "offset": 99}
    again = await connect()
    welcome = await again.authenticate(token, resume=resume_of(controller, positions=positions))
    assert welcome["resumed"] is True
    assert "players" in welcome["positions"]
    assert not {"presence", "user:other"} & set(welcome["positions"])
    messages = await again.arrived()
    assert events(messages) == ["missed"]
    assert any(message["type"] == "player_list" and message["snapshot"] for message in messages)


async def test_subscribe_is_ignored_on_resume(connect: Connect, lose: Lose, token: str, controller: Client) -> None:
    await lose(controller)
    again = await connect()
    welcome = await again.authenticate(token, resume=resume_of(controller), subscribe=["all"])
    assert set(welcome["positions"]) == set(controller.positions)


async def test_fewer_permissions_drop_topics_and_their_messages(
    connect: Connect, lose: Lose, create_token: CreateToken, controller: Client, kitchen: Client
) -> None:
    await lose(controller)
    await kitchen.request("queue_command", action="add", media_content_id=BRASS)
    again = await connect()
    welcome = await again.authenticate(await create_token("tester", permissions=["chat"]), resume=resume_of(controller))
    assert welcome["resumed"] is True
    assert set(welcome["positions"]) == {"all", "user:tester", f"client:{welcome['client_id']}", "permission:chat"}
    assert "queue_updated" not in {message["type"] for message in await again.arrived()}


async def test_a_newer_connection_replaces_the_older_one(connect: Connect, token: str, controller: Client) -> None:
    await controller.arrived()
    again = await connect()
    assert (await again.authenticate(token, resume=resume_of(controller)))["resumed"] is True
    assert (await controller.closed())[0] == 4509
    await again.arrived()


@pytest.mark.parametrize("code", [1000, 1005])
async def test_a_normal_close_ends_the_session(connect: Connect, token: str, controller: Client, code: int) -> None:
    """Also one without a code."""
    await controller.arrived()
    if code == 1000:
        await controller.close()
    else:
        await controller.socket._writer.send_frame(b"", 8)
        await controller.closed()
    again = await connect()
    welcome = await again.authenticate(token, resume=resume_of(controller))
    assert (welcome["resumed"], welcome["resume_failure"]) == (False, "session_unknown")


async def test_a_close_with_1001_keeps_the_session(connect: Connect, token: str, controller: Client) -> None:
    """Browsers send it when a page is reloaded."""
    await controller.arrived()
    await controller.close(1001)
    again = await connect()
    assert (await again.authenticate(token, resume=resume_of(controller)))["resumed"] is True


async def test_a_player_gets_its_orders_again(
    connect: Connect, lose: Lose, token: str, kitchen: Client, advance: Advance
) -> None:
    await kitchen.request("queue_command", action="add", media_content_id=BRASS)
    await kitchen.request("playback_command", command="play")
    order = await kitchen.until("synchronized_playback", command="play")
    await lose(kitchen)
    await advance(3)
    again = await connect()
    welcome = await again.authenticate(token, client=player("kitchen"), resume=resume_of(kitchen))
    assert welcome["resumed"] is True
    repeated = await again.until("synchronized_playback")
    for field in "command", "queue_item_id", "start_position", "sync_time_us", "rate":
        assert repeated[field] == order[field]
