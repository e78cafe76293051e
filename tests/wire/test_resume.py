"""A lost connection loses nothing: all that was missed, or a beginning anew."""

from dataclasses import replace

import pytest

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.protocol.server import CustomMessage
from tests.fixtures import BRASS, Advance, Connect, CreateToken, Lose

from .client import CONTROLLER, Client, Message, player, resume_of


def events(messages: list[Message]) -> list[str]:
    return [message["event"] for message in messages if message["type"] == "message"]


async def test_whole(connect: Connect, lose: Lose, token: str, kitchen: Client, controller: Client, hub: Hub) -> None:
    """Exactly what was missed of every topic, then the newest states; the same session."""
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


async def test_without_a_token(connect: Connect, lose: Lose, controller: Client) -> None:
    """The session names its token; as long as that is good, no other is needed."""
    await lose(controller)
    again = await connect()
    assert (await again.authenticate(resume=resume_of(controller)))["resumed"] is True


async def test_token_expired_meanwhile(
    connect: Connect, lose: Lose, create_token: CreateToken, advance: Advance
) -> None:
    """A session whose token is no longer good needs a new one of the same sub, and then goes on."""
    client = await connect()
    await client.authenticate(await create_token("anna", expires_in=15))
    await lose(client)
    await advance(30)
    again = await connect()
    await again.send("authenticate", client=CONTROLLER, resume=resume_of(client))
    code, (error,) = await again.closed()
    assert (code, error["error_type"]) == (4501, "authentication_failed")
    again = await connect()
    assert (await again.authenticate(await create_token("anna"), resume=resume_of(client)))["resumed"] is True


@pytest.mark.parametrize("changes", [{"session_id": "other"}, {"secret": "wrong"}, {"secret": ""}], ids=str)
async def test_unknown_session(connect: Connect, lose: Lose, token: str, controller: Client, changes: Message) -> None:
    """Who doesn't know the session's secret gets a session of his own."""
    await lose(controller)
    again = await connect()
    welcome = await again.authenticate(token, resume=resume_of(controller, **changes))
    assert (welcome["resumed"], welcome["resume_failure"]) == (False, "session_unknown")
    assert welcome["session_id"] != controller.welcome["session_id"]
    assert {"player_list"} <= {message["type"] for message in await again.arrived() if message.get("snapshot")}


async def test_somebody_else(connect: Connect, lose: Lose, create_token: CreateToken, controller: Client) -> None:
    """A token of another sub doesn't take over a session, even with its secret."""
    await lose(controller)
    again = await connect()
    welcome = await again.authenticate(await create_token("other"), resume=resume_of(controller))
    assert (welcome["resumed"], welcome["resume_failure"]) == (False, "session_unknown")
    assert welcome["user"]["id"] == "other"


async def test_too_late(
    connect: Connect, lose: Lose, token: str, controller: Client, hub: Hub, advance: Advance
) -> None:
    """Sessions wait two minutes."""
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
async def test_too_much(
    connect: Connect, lose: Lose, token: str, controller: Client, hub: Hub, limits: dict[str, int], failure: str
) -> None:
    """All topics or none: what the history doesn't hold begins anew, with snapshots."""
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


async def test_too_old(
    connect: Connect, lose: Lose, token: str, controller: Client, hub: Hub, advance: Advance
) -> None:
    """The history holds two minutes, whatever the sessions do."""
    hub.configure(replace(hub.limits, resume_seconds=600))
    await lose(controller)
    hub.publish("all", CustomMessage(event="old", data=None))
    await advance(hub.limits.history_seconds + 1)
    again = await connect()
    welcome = await again.authenticate(token, resume=resume_of(controller))
    assert (welcome["resumed"], welcome["resume_failure"]) == (False, "position_expired")


async def test_another_epoch(connect: Connect, lose: Lose, token: str, controller: Client) -> None:
    """Positions of another life of the hub mean nothing."""
    await lose(controller)
    positions = {topic: {**position, "epoch": "before"} for topic, position in controller.positions.items()}
    again = await connect()
    welcome = await again.authenticate(token, resume=resume_of(controller, positions=positions))
    assert (welcome["resumed"], welcome["resume_failure"]) == (False, "epoch_changed")


async def test_a_session_of_another_process(connect: Connect, token: str, controller: Client) -> None:
    """After a restart nobody knows the session; its positions tell why."""
    positions = {topic: {**position, "epoch": "before"} for topic, position in controller.positions.items()}
    again = await connect()
    resume = resume_of(controller, session_id="from-before", positions=positions)
    welcome = await again.authenticate(token, resume=resume)
    assert (welcome["resumed"], welcome["resume_failure"]) == (False, "epoch_changed")
    assert {"player_list"} <= {message["type"] for message in await again.arrived() if message.get("snapshot")}


async def test_another_epoch_without_a_token(connect: Connect, lose: Lose, controller: Client) -> None:
    """The session names its token for a beginning anew, too."""
    await lose(controller)
    positions = {topic: {**position, "epoch": "before"} for topic, position in controller.positions.items()}
    again = await connect()
    welcome = await again.authenticate(resume=resume_of(controller, positions=positions))
    assert (welcome["resumed"], welcome["resume_failure"]) == (False, "epoch_changed")


async def test_positions_left_out(connect: Connect, lose: Lose, token: str, controller: Client, hub: Hub) -> None:
    """A topic without a position begins with its snapshot, a position without a subscription is ignored."""
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


async def test_subscribe_is_ignored(connect: Connect, lose: Lose, token: str, controller: Client) -> None:
    """The session keeps its subscriptions."""
    await lose(controller)
    again = await connect()
    welcome = await again.authenticate(token, resume=resume_of(controller), subscribe=["all"])
    assert set(welcome["positions"]) == set(controller.positions)


async def test_lesser_rights(
    connect: Connect, lose: Lose, create_token: CreateToken, controller: Client, kitchen: Client
) -> None:
    """What the newest token may not see is gone from the subscriptions, with all that was missed of it."""
    await lose(controller)
    await kitchen.request("queue_command", action="add", media_content_id=BRASS)
    again = await connect()
    welcome = await again.authenticate(await create_token("tester", permissions=["chat"]), resume=resume_of(controller))
    assert welcome["resumed"] is True
    assert set(welcome["positions"]) == {"all", "user:tester", f"client:{welcome['client_id']}", "permission:chat"}
    assert "queue_updated" not in {message["type"] for message in await again.arrived()}


async def test_open_connection_is_replaced(connect: Connect, token: str, controller: Client) -> None:
    """The newest connection of a session is the session."""
    await controller.arrived()
    again = await connect()
    assert (await again.authenticate(token, resume=resume_of(controller)))["resumed"] is True
    assert (await controller.closed())[0] == 4509
    await again.arrived()


@pytest.mark.parametrize("code", [1000, 1005])
async def test_ended_by_the_client(connect: Connect, token: str, controller: Client, code: int) -> None:
    """A normal close, or one without a code, ends the session at once."""
    await controller.arrived()
    if code == 1000:
        await controller.close()
    else:
        await controller.socket._writer.send_frame(b"", 8)
        await controller.closed()
    again = await connect()
    welcome = await again.authenticate(token, resume=resume_of(controller))
    assert (welcome["resumed"], welcome["resume_failure"]) == (False, "session_unknown")


async def test_page_that_goes(connect: Connect, token: str, controller: Client) -> None:
    """1001 is what a page says when it is reloaded: it may come back."""
    await controller.arrived()
    await controller.close(1001)
    again = await connect()
    assert (await again.authenticate(token, resume=resume_of(controller)))["resumed"] is True


async def test_player_goes_on(connect: Connect, lose: Lose, token: str, kitchen: Client, advance: Advance) -> None:
    """A player that resumes is told again what to do, and where the music is."""
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
