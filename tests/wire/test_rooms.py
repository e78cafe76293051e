"""Rooms over the wire: participation, rights, roles, chat, votes, invites."""

import pytest

from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import BRASS, Advance, Connect, CreateToken, Lose

from .client import CONTROLLER, Client, player, resume_of
from .rooms import command, data_of, guest_of, refusal


async def test_the_creator_is_host_and_joins(ada: Client) -> None:
    """And follows the room's topic, beginning with a snapshot."""
    await ada.arrived()
    assert await data_of(ada, "create", name="Party", id="party") == {"room_id": "party"}
    before = await ada.arrived()
    subscribed = next(message for message in before if message["type"] == "subscribed")
    assert set(subscribed["positions"]) == {"room:party"}
    snapshot = [message for message in before if message.get("topic") == "room:party"]
    assert {message["type"] for message in snapshot} == {
        "playback_status",
        "queue_updated",
        "room_state",
        "room_volumes",
    }
    assert all(message["snapshot"] for message in snapshot)
    state = next(message for message in snapshot if message["type"] == "room_state")
    (member,) = state["participants"]
    assert (state["host_user_id"], state["name"], state["control"], state["wait"]) == (
        "ada",
        "Party",
        "host",
        "bounded",
    )
    assert (member["user_id"], member["role"], member["player_id"]) == ("ada", "host", "ada")
    assert member["client_id"] == ada.welcome["client_id"]


async def test_join_answers_with_the_room_and_is_published(ada: Client, ben: Client, party: str) -> None:
    """Joining twice changes nothing."""
    state = await data_of(ben, "join", room_id=party)
    assert [member["role"] for member in state["participants"]] == ["host", "guest"]
    assert (state["room_id"], state["queue"]["total"], state["chat"], state["current_track"]) == (party, 0, [], None)
    joined = await ada.until("room_event")
    assert (joined["event_type"], joined["data"]["user_id"], joined["data"]["username"]) == (
        "user_joined",
        "ben",
        "ben",
    )
    again = await data_of(ben, "join", room_id=party)
    assert again["participants"] == state["participants"]
    assert [m for m in await ada.arrived() if m["type"] == "room_event"] == []


async def test_players_of_a_room_get_the_same_orders(ada: Client, ben: Client, party: str) -> None:
    """Commands to a player in a room apply to the room."""
    await data_of(ben, "join", room_id=party)
    await ben.arrived()
    added = await ada.request("queue_command", action="add", media_content_id=BRASS)
    assert added["type"] == "result", added
    item_id = added["data"]["queue_item_ids"][0]
    assert (await ben.until("queue_updated", topic="room:party"))["ops"][0]["items"][0]["queue_item_id"] == item_id
    await ada.request("playback_command", command="play", player_id="ada")
    # Both have to be ready first.
    prepared = await ada.until("prepare", queue_item_id=item_id)
    await ben.until("prepare", queue_item_id=item_id)
    assert prepared["track"]["stream_url"]
    for client in ada, ben:
        await client.request("player_report", state="buffering", position_seconds=0, at_us=0, ready_item_id=item_id)
    first = await ada.until("synchronized_playback", command="play")
    second = await ben.until("synchronized_playback", command="play")
    assert (first["topic"], second["topic"]) == ("play:ada", "play:ben")
    assert {key: first[key] for key in first if key != "topic"} == {
        key: second[key] for key in second if key != "topic"
    }
    assert (first["room_id"], first["queue_item_id"]) == (party, item_id)


async def test_the_room_shows_reported_sync_errors(ada: Client, ben: Client, party: str) -> None:
    await data_of(ben, "join", room_id=party)
    await ben.request("player_report", state="idle", position_seconds=0, at_us=0, sync_error_ms=-12.5)
    members = (await data_of(ada, "get", room_id=party))["participants"]
    assert [member.get("sync_error_ms") for member in members] == [None, -12.5]


async def test_a_player_that_is_not_ready_lags(ada: Client, ben: Client, party: str, advance: Advance) -> None:
    """The others start after three seconds."""
    await data_of(ben, "join", room_id=party)
    added = await ada.request("queue_command", action="add", media_content_id=BRASS)
    item_id = added["data"]["queue_item_ids"][0]
    await ada.request("playback_command", command="play", player_id="ada")
    await ada.request("player_report", state="idle", position_seconds=0, at_us=0, ready_item_id=item_id)
    assert [m for m in await ada.arrived() if m["type"] == "synchronized_playback" and m["command"] == "play"] == []
    await advance(3.1)
    await ada.until("synchronized_playback", command="play")
    lagging = await ada.until("room_event", event_type="participant_lagging")
    assert lagging["data"]["player_id"] == "ben"
    state = await data_of(ada, "get", room_id=party)
    assert {member["user_id"]: member["lagging"] for member in state["participants"]} == {"ada": False, "ben": True}


@pytest.mark.process
async def test_a_guest_may_add_but_not_skip(hub: Hub, ada: Client, ben: Client, party: str) -> None:
    """By any message; guests may add library tracks only."""
    assert hub.library is not None
    await hub.library.scan()
    track_id = (await ben.request("library_request", request_type="get_tracks"))["data"]["items"][0]["track_id"]
    await data_of(ben, "join", room_id=party)
    own = (await ada.request("queue_command", action="add", media_content_id=BRASS))["data"]["queue_item_ids"][0]
    foreign = (await data_of(ada, "get", room_id=party))["queue"]["items"][0]["track"]["track_id"]
    added = await ben.request("queue_command", action="add", room_id=party, track_id=track_id)
    assert added["type"] == "result"
    for type_, fields in (
        ("playback_command", {"command": "next"}),
        ("playback_command", {"command": "play", "room_id": party}),
        ("playback_command", {"command": "pause", "player_id": "ada"}),
        ("seek_command", {"position_seconds": 1}),
        ("mode_command", {"shuffle": True}),
        ("volume_command", {"volume": 0.1, "room_id": party}),
        ("queue_command", {"action": "remove", "queue_item_id": own}),
        ("queue_command", {"action": "move", "queue_item_id": own, "place": "end"}),
        ("queue_command", {"action": "reorder", "from": 0, "to": 1}),
        ("queue_command", {"action": "clear"}),
        ("queue_command", {"action": "add", "track_id": track_id, "place": "replace"}),
        ("queue_command", {"action": "add", "media_content_id": BRASS}),
        ("queue_command", {"action": "add", "track_id": foreign}),
        ("queue_command", {"action": "add", "track_ids": [track_id, foreign]}),
        ("queue_command", {"action": "transfer", "to_player_id": "ben"}),
        ("room_command", {"action": "play", "room_id": party}),
        ("room_command", {"action": "pause", "room_id": party}),
        ("room_command", {"action": "seek", "room_id": party, "position_seconds": 1}),
        ("room_command", {"action": "skip_vote", "room_id": party}),
        ("room_command", {"action": "kick", "room_id": party, "client_id": ada.welcome["client_id"]}),
        ("room_command", {"action": "set_role", "room_id": party, "user_id": "ben", "role": "dj"}),
        ("room_command", {"action": "invite", "room_id": party}),
        ("room_command", {"action": "update", "room_id": party, "name": "Mine"}),
        ("room_command", {"action": "close", "room_id": party}),
    ):
        answer = await ben.request(type_, **fields)
        assert answer.get("error_type") == "permission_denied", (type_, fields, answer)
    mine = added["data"]["queue_item_ids"][0]
    moved = await ben.request("queue_command", action="move", queue_item_id=mine, place={"after": own})
    assert moved["type"] == "result"
    assert (await ben.request("queue_command", action="remove", queue_item_id=mine))["type"] == "result"


async def test_rights_follow_the_roles(ada: Client, ben: Client, party: str) -> None:
    """A dj may do all but kick; a listener may only chat."""
    await data_of(ben, "join", room_id=party)
    await data_of(ada, "set_role", room_id=party, user_id="ben", role="dj")
    assert (await ben.until("room_event", event_type="role_changed"))["data"] == {"user_id": "ben", "role": "dj"}
    assert (await ben.request("queue_command", action="add", media_content_id=BRASS))["type"] == "result"
    assert (await ben.request("playback_command", command="next"))["type"] == "result"
    assert await refusal(ben, "kick", room_id=party, client_id=ada.welcome["client_id"]) == "permission_denied"
    await data_of(ada, "set_role", room_id=party, user_id="ben", role="listener")
    added = await ben.request("queue_command", action="add", track_id="x", room_id=party)
    assert added["error_type"] == "permission_denied"
    assert (await ben.request("room_chat", room_id=party, message="Nice"))["type"] == "result"


async def test_participants_chat(
    ada: Client, ben: Client, party: str, connect: Connect, create_token: CreateToken
) -> None:
    """A participant that joins later gets the latest lines."""
    await data_of(ben, "join", room_id=party)
    await ben.request("room_chat", room_id=party, message="Hello <b>all</b>")
    line = await ada.until("room_chat")
    assert (line["user_id"], line["username"], line["message"], line["room_id"]) == (
        "ben",
        "ben",
        "Hello <b>all</b>",
        party,
    )
    assert line["message_id"]
    assert line["sent_at"].endswith("Z")
    eve = await connect()
    await eve.authenticate(await create_token("eve"))
    assert (await eve.request("room_chat", room_id=party, message="x"))["error_type"] == "permission_denied"
    state = await data_of(eve, "join", room_id=party)
    assert [chat["message_id"] for chat in state["chat"]] == [line["message_id"]]
    assert (await eve.request("room_chat", room_id=party, message=""))["error_type"] == "invalid_message"
    assert (await eve.request("room_chat", room_id=party, message="x" * 2001))["error_type"] == "invalid_message"
    assert (await eve.request("room_chat", room_id="nowhere", message="x"))["error_type"] == "room_not_found"


async def test_the_longest_participant_becomes_the_next_host(ada: Client, ben: Client, party: str) -> None:
    """Playback continues."""
    await data_of(ben, "join", room_id=party)
    await data_of(ada, "leave", room_id=party)
    assert (await ada.until("unsubscribed"))["topics"] == [f"room:{party}"]
    left = await ben.until("room_event", event_type="user_left")
    assert (left["data"]["user_id"], left["data"]["username"]) == ("ada", "ada")
    assert (await ben.until("room_event", event_type="host_changed"))["data"]["host_user_id"] == "ben"
    assert (await data_of(ben, "get", room_id=party))["host_user_id"] == "ben"
    await data_of(ben, "leave", room_id=party)
    await data_of(ben, "leave", room_id=party)
    (room,) = (await data_of(ben, "list"))["rooms"]
    assert room == {
        "room_id": party,
        "name": "Party",
        "description": None,
        "is_public": True,
        "participants": 0,
        "max_participants": 20,
    }


async def test_a_majority_of_votes_skips_the_item(
    ada: Client, ben: Client, connect: Connect, create_token: CreateToken
) -> None:
    """Each user has one vote per item."""
    await data_of(ada, "create", name="Votes", id="votes", control="votes", wait="none")
    await data_of(ben, "join", room_id="votes")
    eve = await connect()
    await eve.authenticate(await create_token("eve"))
    await data_of(eve, "join", room_id="votes")
    for _ in range(2):
        await ada.request("queue_command", action="add", media_content_id=BRASS)
    await ada.request("playback_command", command="play")
    items = (await data_of(ada, "get", room_id="votes"))["queue"]["items"]
    await data_of(ben, "skip_vote", room_id="votes")
    await data_of(ben, "skip_vote", room_id="votes")
    vote = await ada.until("room_event", event_type="skip_vote")
    assert (vote["data"]["votes"], vote["data"]["needed"]) == (1, 2)
    assert (await data_of(ada, "get", room_id="votes"))["playback"]["queue_item_id"] == items[0]["queue_item_id"]
    await data_of(eve, "skip_vote", room_id="votes")
    assert (await data_of(ada, "get", room_id="votes"))["playback"]["queue_item_id"] == items[1]["queue_item_id"]
    states = [item["state"] for item in (await data_of(ada, "get", room_id="votes"))["queue"]["items"]]
    assert states == ["skipped", "playing"]
    await data_of(ben, "skip_vote", room_id="votes")
    assert (await data_of(ada, "get", room_id="votes"))["playback"]["queue_item_id"] == items[1]["queue_item_id"]


async def test_private_rooms_are_visible_by_invite_only(ada: Client, ben: Client) -> None:
    await data_of(ada, "create", name="Secret", id="secret", is_public=False)
    assert (await data_of(ben, "list"))["rooms"] == []
    for action in "join", "get":
        assert await refusal(ben, action, room_id="secret") == "permission_denied"
    assert (await ben.request("subscribe", topics=["room:secret"]))["error_type"] == "permission_denied"
    hidden, missing = await command(ben, "leave", room_id="secret"), await command(ben, "leave", room_id="no-room")
    assert hidden["error_type"] == missing["error_type"] == "room_not_found"
    assert hidden["message"].replace("secret", "no-room") == missing["message"]
    invite = await data_of(ada, "invite", room_id="secret", role="dj", uses=1)
    assert invite["url"] == f"/moosicbox/party/#{invite['invite']}"
    state = await data_of(ben, "join", room_id="secret", invite=invite["invite"])
    assert [member["role"] for member in state["participants"]] == ["host", "dj"]
    assert [room["room_id"] for room in (await data_of(ben, "list"))["rooms"]] == ["secret"]


async def test_lists_of_rooms_depend_on_the_principal(ada: Client, ben: Client, advance: Advance) -> None:
    """They are published when they change."""
    for client in ada, ben:
        await client.arrived()
    await data_of(ada, "create", name="Secret", id="secret", is_public=False)
    await data_of(ada, "create", name="Open", id="open")
    await advance(1)
    for client, seen in (ada, ["secret", "open"]), (ben, ["open"]):
        lists = [message for message in await client.arrived() if message["type"] == "room_list"]
        assert [room["room_id"] for room in lists[-1]["rooms"]] == seen


async def test_a_kicked_user_cannot_return(ada: Client, ben: Client, party: str) -> None:
    await data_of(ben, "join", room_id=party)
    await data_of(ada, "kick", room_id=party, client_id=ben.welcome["client_id"])
    stopped = await ben.until("synchronized_playback")
    assert (stopped["command"], stopped.get("room_id")) == ("stop", None)
    gone = await ben.until("unsubscribed")
    assert (gone["topics"], gone["reason"]) == ([f"room:{party}"], "kicked")
    answer = await command(ben, "join", room_id=party)
    assert answer["error_type"] == "permission_denied"
    assert "private" not in answer["message"]
    assert (await ben.request("subscribe", topics=[f"room:{party}"]))["error_type"] == "permission_denied"


async def test_a_kick_revokes_the_invites_of_the_room(ada: Client, ben: Client, party: str) -> None:
    """A ban is lifted by a newer invite only."""
    before = (await data_of(ada, "invite", room_id=party))["invite"]
    await data_of(ben, "join", room_id=party, invite=before)
    await data_of(ada, "kick", room_id=party, client_id=ben.welcome["client_id"])
    assert await refusal(ben, "join", room_id=party, invite=before) == "permission_denied"
    after = (await data_of(ada, "invite", room_id=party))["invite"]
    await data_of(ben, "join", room_id=party, invite=after)


async def test_a_host_cannot_kick_itself(ada: Client, ben: Client, party: str) -> None:
    answer = await command(ada, "kick", room_id=party, client_id=ada.welcome["client_id"])
    assert (answer["error_type"], answer["path"]) == ("invalid_message", ["client_id"])
    await data_of(ada, "leave", room_id=party)
    await data_of(ada, "join", room_id=party)


async def test_places_of_a_room_are_bounded(ada: Client, ben: Client) -> None:
    await data_of(ada, "create", name="Small", id="small", max_participants=1)
    assert await refusal(ben, "join", room_id="small") == "room_full"


async def test_update_and_close_are_published(ada: Client, ben: Client, party: str) -> None:
    await data_of(ben, "join", room_id=party)
    await data_of(ada, "update", room_id=party, name="Ball", control="everyone")
    updated = await ben.until("room_event", event_type="room_updated")
    assert (updated["data"]["name"], updated["data"]["control"]) == ("Ball", "everyone")
    assert (await ben.request("playback_command", command="next"))["type"] == "result"
    await data_of(ada, "close", room_id=party)
    assert (await ben.until("room_event", event_type="room_closed"))["room_id"] == party
    assert (await ben.until("unsubscribed"))["reason"] == "closed"
    assert await refusal(ben, "get", room_id=party) == "room_not_found"
    assert (await ben.request("queue_command", action="get"))["data"]["queue"]["total"] == 0


async def test_ids_of_rooms_are_unique(ada: Client, ben: Client, party: str) -> None:
    answer = await command(ben, "create", name="Other", id=party)
    assert (answer["error_type"], answer["path"]) == ("invalid_message", ["id"])


# ------------------------------------------------------------ guests


async def test_an_invite_makes_a_guest_token(ada: Client, party: str, connect: Connect) -> None:
    """Limited to the room and the role."""
    code = (await data_of(ada, "invite", room_id=party, uses=2))["invite"]
    gus = await guest_of(connect, code)
    assert gus.welcome["type"] == "welcome"
    assert gus.welcome["user"]["id"].startswith("guest:")
    assert gus.welcome["user"]["name"] == "Gus"
    assert set(gus.welcome["permissions"]) == {"chat", "library", "listen", "play"}
    assert gus.welcome["expires_at"]
    state = await data_of(gus, "join", room_id=party)
    assert [member["role"] for member in state["participants"]] == ["host", "guest"]
    assert await refusal(gus, "create", name="Mine") == "permission_denied"
    assert (await gus.request("playback_command", command="next", room_id=party))["error_type"] == "permission_denied"
    for topic in "all", "players", "player:ada", "presence":
        assert (await gus.request("subscribe", topics=[topic]))["error_type"] == "permission_denied"
    assert (await gus.request("volume_command", player_id="ada", volume=0.1))["error_type"] == "permission_denied"
    # The token is valid on its own until the invite expires.
    again = await connect()
    assert (await again.authenticate(gus.welcome["token"]))["user"] == gus.welcome["user"]
    other = await guest_of(connect, code)
    assert other.welcome["user"]["id"] != gus.welcome["user"]["id"]
    assert (await guest_of(connect, code)).welcome["error_type"] == "authentication_failed"


async def test_the_player_of_a_guest_joins_and_is_removed(
    ada: Client, party: str, connect: Connect, hub: Hub, advance: Advance
) -> None:
    code = (await data_of(ada, "invite", room_id=party))["invite"]
    gus = await guest_of(connect, code, kind="player", player_id="phone")
    await data_of(gus, "join", room_id=party)
    assert (await gus.request("volume_command", volume=0.4))["type"] == "result"
    assert (await gus.until("volume_update", topic="play:phone", volume=0.4))["volume"] == 0.4
    assert hub.players.find("phone") is not None
    await gus.close()
    await advance(10)
    assert hub.players.find("phone") is None


async def test_invites_expire_and_end_with_the_room(
    ada: Client, party: str, connect: Connect, advance: Advance
) -> None:
    short = (await data_of(ada, "invite", room_id=party, expires_in=20))["invite"]
    long = (await data_of(ada, "invite", room_id=party))["invite"]
    gus = await guest_of(connect, long)
    await advance(21)
    assert (await guest_of(connect, short)).welcome["error_type"] == "authentication_failed"
    await data_of(ada, "close", room_id=party)
    code, _ = await gus.closed()
    assert code == 4503
    assert (await guest_of(connect, long)).welcome["error_type"] == "authentication_failed"
    await data_of(ada, "create", name="Another", id=party)
    late = await connect()
    await late.send("authenticate", token=gus.welcome["token"], client=CONTROLLER)
    assert (await late.closed())[0] == 4501


# ------------------------------------------------------------ coming back


async def test_a_disconnected_participant_keeps_its_place(
    ada: Client, ben: Client, party: str, connect: Connect, lose: Lose
) -> None:
    """And takes it again on resume."""
    await data_of(ben, "join", room_id=party)
    await ada.arrived()
    await lose(ben)
    away = (await data_of(ada, "get", room_id=party))["participants"][1]
    assert (away["user_id"], away["ready"]) == ("ben", False)
    back = await connect()
    welcome = await back.authenticate(resume=resume_of(ben), client=player("ben"))
    assert welcome["resumed"]
    assert (await data_of(back, "get", room_id=party))["participants"][1]["client_id"] == away["client_id"]
    assert [m["event_type"] for m in await ada.arrived() if m["type"] == "room_event"] == []


async def test_a_reloaded_page_keeps_its_place(
    ada: Client, ben: Client, party: str, connect: Connect, create_token: CreateToken, advance: Advance
) -> None:
    """After the grace it leaves, and returns automatically later."""
    await data_of(ben, "join", room_id=party)
    await ada.arrived()
    await ben.close()
    token = await create_token("ben")
    again = await connect()
    await again.authenticate(token, client=player("ben"))
    assert (await again.until("room_state"))["participants"][1]["client_id"] == again.welcome["client_id"]
    await advance(10)
    assert [m["event_type"] for m in await ada.arrived() if m["type"] == "room_event"] == []
    await again.close()
    assert (await data_of(ada, "get", room_id=party))["participants"][1]["user_id"] == "ben"
    await advance(10)
    assert (await ada.until("room_event", event_type="user_left"))["data"]["user_id"] == "ben"
    late = await connect()
    await late.authenticate(token, client=player("ben"))
    assert (await late.until("room_state"))["participants"][1]["user_id"] == "ben"
    assert (await ada.until("room_event", event_type="user_joined"))["data"]["user_id"] == "ben"
    await data_of(late, "leave", room_id=party)
    await late.close()
    last = await connect()
    await last.authenticate(token, client=player("ben"))
    assert len((await data_of(last, "get", room_id=party))["participants"]) == 1


async def test_another_client_may_move_a_player(
    ada: Client, ben: Client, party: str, connect: Connect, token: str
) -> None:
    """Principals that may control it join it; its owner, and those who may kick, remove it."""
    controller = await connect()
    await controller.authenticate(token)
    state = await data_of(controller, "join", room_id=party, player_id="ben")
    assert [member["player_id"] for member in state["participants"]] == ["ada", "ben"]
    assert await refusal(controller, "leave", room_id=party, player_id="ben") == "permission_denied"
    await data_of(ada, "leave", room_id=party, player_id="ben")
    assert [m["player_id"] for m in (await data_of(ada, "get", room_id=party))["participants"]] == ["ada"]
