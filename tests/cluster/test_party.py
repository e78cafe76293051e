"""Several nodes appear as one hub to their clients, also after the leader has failed."""

import asyncio
from collections.abc import Callable
import contextlib
import itertools
from typing import Any

from custom_components.moosicbox.engine.sessions.withheld import MAX_REPEATED
from script.lib.redis_server import RedisServer
from tests.cluster.nodes import Caller, Node, callers, cluster, leader_of


async def party(host: Caller, *guests: Caller) -> str:
    """Create a public room with all clients and return its id."""
    made = await host.ask("room_command", action="create", name="Party", control="everyone")
    room_id: str = made["data"]["room_id"]
    for guest in (host, *guests):
        await guest.ask("room_command", action="join", room_id=room_id)
    return room_id


async def test_members_on_different_nodes(redis_server: RedisServer) -> None:
    """Clients of all nodes receive the same messages in the same order with the same offsets."""
    async with cluster(redis_server.url, "a", "b", "c") as nodes, callers() as call:
        ada = await call(nodes[0], "ada", player_id="kitchen")
        bob = await call(nodes[1], "bob")
        eve = await call(nodes[2], "eve", player_id="bath")
        room_id = await party(bob, ada, eve)
        await bob.ask("queue_command", action="add", room_id=room_id, track_ids=["one", "two"])
        await bob.ask("playback_command", command="play", room_id=room_id)
        orders = [await player.of("synchronized_playback", command="play") for player in (ada, eve)]
        assert orders[0]["sync_time_us"] == orders[1]["sync_time_us"]
        for number in range(12):
            await (ada, bob, eve)[number % 3].ask("room_chat", room_id=room_id, message=f"{number}")
        topic = f"room:{room_id}"
        last = await bob.of("room_chat", message="11")
        for other in (ada, eve):
            await other.of("room_chat", message="11")
        heard = [
            [
                (message["offset"], message["type"])
                for message in who.received
                if message.get("topic") == topic and "offset" in message
            ]
            for who in (ada, bob, eve)
        ]
        for one in heard:
            assert [offset for offset, _ in one] == list(range(one[0][0], last["offset"] + 1))
        shortest = min(len(one) for one in heard)
        assert heard[0][-shortest:] == heard[1][-shortest:] == heard[2][-shortest:]


async def test_the_leader_is_gone(redis_server: RedisServer) -> None:
    """Another node continues from the stored state: connections to other nodes stay, no answered request is lost."""
    async with cluster(redis_server.url, "a", "b", "c") as nodes, callers() as call:
        bob = await call(nodes[1], "bob", player_id="bath")
        eve = await call(nodes[2], "eve")
        room_id = await party(bob, eve)
        added = await bob.ask("queue_command", action="add", room_id=room_id, track_ids=["one", "two", "three"])
        await bob.ask("playback_command", command="play", room_id=room_id)
        before = await bob.of("synchronized_playback", command="play")
        await nodes[0].kill()
        since = len(eve.received)
        # Sent while there is no leader: executed by the next one.
        answer = await eve.ask("queue_command", action="add", room_id=room_id, track_ids=["four"])
        assert answer["type"] == "result"
        assert answer["data"]["revision"] == added["data"]["revision"] + 1
        leader = await leader_of(nodes[1:])
        hub = leader.cluster.hub
        assert hub is not None
        room = hub.rooms.find(room_id)
        assert room is not None
        assert [item.track.track_id for item in room.playback.queue.items] == ["one", "two", "three", "four"]
        assert room.playback.timeline.anchor_us == before["sync_time_us"]
        assert room.playback.timeline.playing
        await bob.of("queue_updated", topic=f"room:{room_id}", revision=answer["data"]["revision"])
        offsets = [m["offset"] for m in bob.received if m.get("topic") == f"room:{room_id}" and "offset" in m]
        assert offsets == list(range(offsets[0], offsets[-1] + 1))
        assert not [m for m in eve.received[since:] if m["type"] == "room_event" and m["event_type"] == "user_left"]
        # Timers of the playback continue.
        await eve.ask("playback_command", command="next", room_id=room_id)
        await bob.of("track_changed", since)


async def test_a_session_resumes_at_another_node(redis_server: RedisServer) -> None:
    """A client whose node is gone resumes at another one without losing messages."""
    async with cluster(redis_server.url, "a", "b", "c") as nodes, callers() as call:
        bob = await call(nodes[1], "bob")
        eve = await call(nodes[2], "eve")
        room_id = await party(bob, eve)
        await nodes[2].kill()
        positions = {
            topic: {"epoch": position["epoch"], "offset": offset_of(eve, topic, position["offset"])}
            for topic, position in eve.welcome["positions"].items()
        }
        for number in range(3):
            await bob.ask("room_chat", room_id=room_id, message=f"{number}")
        resume = {"session_id": eve.welcome["session_id"], "secret": eve.welcome["secret"], "positions": positions}
        again = await call(nodes[0], "eve", resume=resume)
        assert again.welcome["resumed"]
        # The room was created after the positions: it begins with a snapshot.
        await again.of("room_state", room_id=room_id)
        await bob.ask("room_chat", room_id=room_id, message="back")
        await again.of("room_chat", message="back")


async def test_the_node_with_the_highest_priority_leads(redis_server: RedisServer) -> None:
    """A node of higher priority takes over without an effect on clients."""
    async with cluster(redis_server.url, "a", "b") as nodes, callers() as call:
        bob = await call(nodes[1], "bob")
        room_id = await party(bob)
        first = Node(redis_server.url, "home", priority=100)
        await first.start()
        try:
            assert await leader_of([first]) is first
            answer = await bob.ask("room_chat", room_id=room_id, message="hi")
            assert answer["type"] == "result"
            hub = first.cluster.hub
            assert hub is not None
            room = hub.rooms.find(room_id)
            assert room is not None
            assert room.chat[-1].message == "hi"
            assert bob.code is None
        finally:
            await first.stop()
        assert await leader_of(nodes) in nodes
        answer = await bob.ask("room_chat", room_id=room_id, message="still here")
        assert answer["type"] == "result"


async def test_redis_away(redis_server: RedisServer) -> None:
    """Without Redis, connections stay and requests are refused; afterwards all continues."""
    async with cluster(redis_server.url, "a", "b") as nodes, callers() as call:
        ada = await call(nodes[0], "ada", player_id="kitchen")
        bob = await call(nodes[1], "bob")
        await ada.ask("queue_command", action="add", player_id="kitchen", track_ids=["one", "two"])
        redis_server.pause()
        refused = [await refusal(who) for who in (ada, bob)]
        assert [(error["error_type"], error["retryable"]) for error in refused] == [("unavailable", True)] * 2
        assert ada.code is None
        assert bob.code is None
        redis_server.resume()
        async with asyncio.timeout(60):
            while (await bob.ask("queue_command", action="clear", player_id="kitchen"))["type"] == "error":  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        await ada.of("queue_updated", total=0)
        assert ada.code is None


async def refusal(who: Caller) -> dict[str, Any]:
    """Send requests until one is refused; pending ones are answered when Redis is back."""
    async with asyncio.timeout(60):
        for number in itertools.count():
            await who.say("queue_command", action="get", player_id="kitchen", request_id=f"q{number}")
            await asyncio.sleep(0.1)
            for message in who.received:
                if message["type"] == "error":
                    return message
    raise AssertionError


async def total(who: Caller, room_id: str) -> int:
    """Return the length of the room's queue as soon as a hub answers."""
    async with asyncio.timeout(60):
        while (page := await who.ask("queue_command", action="get", room_id=room_id)).get("retryable"):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    count: int = page["data"]["queue"]["total"]
    return count


async def returned(call: Callable[..., Any], node: Node, resume: dict[str, Any] | None = None) -> Caller:
    """Reconnect until the epoch is the new one: the leader may learn of the loss by the first client."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(ConnectionError):
                caller: Caller = await call(node, "bob", resume=resume)
                if (await caller.ask("ping"))["type"] == "pong":
                    return caller


def offset_of(who: Caller, topic: str, offset: int) -> int:
    """Return a client's position in a topic."""
    offsets: list[int] = [offset, *(m["offset"] for m in who.received if m.get("topic") == topic and "offset" in m)]
    return max(offsets)


async def test_redis_emptied(redis_server: RedisServer) -> None:
    """The leader stores its state anew with another epoch; clients get the code 4010, then snapshots."""
    async with cluster(redis_server.url, "a", "b") as nodes, callers() as call:
        bob = await call(nodes[1], "bob")
        room_id = await party(bob)
        await bob.ask("queue_command", action="add", room_id=room_id, track_ids=["one"])
        await redis_server.flush()
        assert await bob.closed() == 4010
        welcome = bob.welcome
        resume = {key: welcome[key] for key in ("session_id", "secret", "positions")}
        leader = await leader_of(nodes)
        again = await returned(call, nodes[1], resume)
        assert not again.welcome["resumed"]
        assert again.welcome["resume_failure"] == "epoch_changed"
        assert again.welcome["positions"]["all"]["epoch"] != welcome["positions"]["all"]["epoch"]
        assert await total(again, room_id) == 1
        await leader.kill()
        # The state that was stored anew is complete.
        (other,) = (node for node in nodes if node is not leader)
        assert await total(await returned(call, other), room_id) == 1


async def test_redis_emptied_as_a_node_comes(redis_server: RedisServer) -> None:
    """A node without state doesn't lead before nodes with state, even with a higher priority."""
    async with cluster(redis_server.url, "a") as (node,), callers() as call:
        bob = await call(node, "bob")
        room_id = await party(bob)
        await bob.ask("queue_command", action="add", room_id=room_id, track_ids=["one"])
        await redis_server.flush()
        home = await Node(redis_server.url, "home", priority=100).start()
        try:
            await leader_of([home])
            assert await total(await returned(call, home), room_id) == 1
        finally:
            await home.stop()


async def test_the_first_node_of_all(redis_server: RedisServer) -> None:
    """The first node of a new cluster becomes its leader."""
    await redis_server.flush()
    async with cluster(redis_server.url, "a"):
        pass


async def test_topics_of_a_large_room_are_withheld_at_all_nodes(redis_server: RedisServer) -> None:
    """Also by the next leader; released topics continue without a gap."""
    async with cluster(redis_server.url, "a", "b", "c") as nodes, callers() as call:
        names = [f"u{number}" for number in range(MAX_REPEATED + 1)]
        members = [await call(nodes[1 + number % 2], name, player_id=name) for number, name in enumerate(names)]
        ada, bob, last = members[0], members[1], members[-1]
        room_id = await party(ada, *members[1:])
        await ada.ask("queue_command", action="add", room_id=room_id, track_ids=["one", "two", "three"])

        async def topics_of_changes(place: str) -> set[str]:
            since = len(bob.received)
            await ada.ask("queue_command", action="add", room_id=room_id, track_ids=[place])
            await bob.of("queue_updated", since=since, topic=f"room:{room_id}")
            await bob.ask("ping")
            return {message["topic"] for message in bob.received[since:] if message["type"] == "queue_updated"}

        assert await topics_of_changes("four") == {f"room:{room_id}", "player:u1"}
        await nodes[0].kill()
        assert await topics_of_changes("five") == {f"room:{room_id}", "player:u1"}
        since = len(bob.received)
        await last.ask("room_command", action="leave", room_id=room_id)
        await bob.of("subscribed", since=since)
        others = {f"player:{name}" for name in names[:-1]}
        assert await topics_of_changes("six") == {f"room:{room_id}", *others}
    positions: dict[str, int] = {}
    for message in bob.received:
        positions |= {topic: position["offset"] for topic, position in message.get("positions", {}).items()}
        if (offset := message.get("offset")) is not None:
            assert offset == positions[message["topic"]] + 1, message
            positions[message["topic"]] = offset
