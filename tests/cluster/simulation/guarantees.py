"""The guarantees to clients, checked after a history."""

from collections import Counter
import itertools
import json
from typing import Any

import msgspec

from custom_components.moosicbox.engine.cluster.bus import Leadership, Numbered
from custom_components.moosicbox.engine.cluster.leader import Leader
from custom_components.moosicbox.engine.cluster.saved_session import SavedSession, capture_session
from custom_components.moosicbox.engine.cluster.state_fields import QueueOrder, SavedHub, capture_order
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.playback.saved_state import SavedPlayer, capture_player
from custom_components.moosicbox.engine.protocol.types import QueueItem
from custom_components.moosicbox.engine.rooms.saved_state import SavedRoom, capture_room

from .clients import Operation
from .failures import ROOM
from .world import World


async def check(world: World) -> None:
    """Check all guarantees."""
    assert world.leader is not None
    hub = world.leader.cluster.hub
    assert hub is not None
    _nothing_acknowledged_is_lost(world, hub)
    _all_clients_received_the_same(world, hub)
    _fences_grow(world)
    _stored_state_is_current(world, hub)
    await _next_leader_restores_the_same(world, hub)
    _connected_clients_take_part(world, hub)


def _of(world: World, **fields: Any) -> list[Operation]:
    return [
        operation
        for client in world.clients
        for operation in client.operations
        if all(operation.message.get(name) == value for name, value in fields.items())
    ]


def _nothing_acknowledged_is_lost(world: World, hub: Hub) -> None:
    room = hub.rooms.find(ROOM)
    assert room is not None
    queued = Counter(item.track.track_id for item in room.playback.queue.items)
    ids = {item.queue_item_id for item in room.playback.queue.items}
    removed = {each.message["queue_item_id"]: each for each in _of(world, action="remove")}
    for add in _of(world, action="add"):
        (name,) = add.message["track_ids"]
        times = queued.pop(name, 0)
        if add.done:
            assert add.answer is not None
            (item_id,) = add.answer["data"]["queue_item_ids"]
            removal = removed.get(item_id)
            if removal is None:
                assert times == 1, f"{name} was acknowledged and is there {times} times"
            elif removal.done:
                assert item_id not in ids, f"{name} is there although its removal was acknowledged"
            assert times <= 1
        else:
            assert times <= 1, f"{name} was added {times} times"
            assert times == 0 or add.answer is None, f"{name} was refused and is there: {add.answer}"
    assert not queued, f"Nobody added {queued}"
    lines = Counter(
        json.loads(numbered.payload)["message"]
        for numbered in _log(world)
        if numbered.topic == f"room:{ROOM}" and b'"room_chat"' in numbered.payload
    )
    kept = Counter(line.message for line in room.chat)
    for chat in _of(world, type="room_chat"):
        text = chat.message["message"]
        assert lines[text] <= 1, f"{text} was said {lines[text]} times"
        assert kept[text] <= 1
        if chat.done:
            assert lines[text] == 1, f"{text} was acknowledged and nobody ever hears it"
        elif chat.answer is not None:
            assert lines[text] == 0
    for create in _of(world, action="create"):
        if create.done:
            assert hub.rooms.find(create.message["id"]) is not None, create.message


def _log(world: World) -> list[Numbered]:
    return [numbered for _, commit in world.redis.log for numbered in commit.histories]


def _all_clients_received_the_same(world: World, hub: Hub) -> None:
    epochs, kept = "", {}
    for _, commit in world.redis.log:
        if (image := commit.fields.get("state", {}).get("hub:")) is not None:
            epochs = msgspec.msgpack.decode(image, type=SavedHub).epoch
        for topic, offset, _, payload in commit.histories:
            assert (epochs, topic, offset) not in kept, f"{topic} {offset} was given twice"
            kept[epochs, topic, offset] = payload
    for client in world.clients:
        assert not client.faults, client.faults[0]
        for epoch, topic, offset, payload in client.received:
            assert kept.get((epoch, topic, offset)) == payload, (
                f"{client.name} heard {topic} {offset} alone: {payload!r}"
            )
        for topic, position in client.positions.items():
            there = hub.topics.position(topic)
            assert (position["epoch"], position["offset"]) == (there.epoch, there.offset), (
                f"{client.name} is at {position} of {topic}, which is at {there}"
            )


def _fences_grow(world: World) -> None:
    fences = [fence for fence, _ in world.redis.log]
    for before, after in itertools.pairwise(fences):
        assert after >= before


def _stored_state_is_current(world: World, hub: Hub) -> None:
    fields = world.redis.stored.hashes["state"]
    states = _states(hub)
    kept = {field: data for field, data in fields.items() if field.partition(":")[0] in ("player", "room", "session")}
    assert kept.keys() == states.keys(), kept.keys() ^ states.keys()
    for field, state in states.items():
        _same(field, msgspec.msgpack.decode(kept[field], type=type(state)), state)


async def _next_leader_restores_the_same(world: World, hub: Hub) -> None:
    node = world.alive[0]
    image = world.redis.load()
    terms = Leadership(0, 0, "0-0", "0-0", 0.0, None, None)
    leader = Leader(
        node.make_hub(node.cluster.clock),
        node.bus,
        "nobody",
        terms,
        deliver=lambda _downs: None,
        on_deposed=lambda: None,
        on_store_reset=lambda: None,
    )
    await leader.start(image)
    assert image.hashes["pending"] == {}
    before, after = _states(hub), _states(leader.hub)
    assert before.keys() == after.keys(), before.keys() ^ after.keys()
    for field, kept in before.items():
        _same(field, kept, after[field])
    assert _queues(hub) == _queues(leader.hub)
    for topic in image.offsets:
        position = leader.hub.topics.position(topic)
        assert position == hub.topics.position(topic)
    await leader.stop()


def _states(hub: Hub) -> dict[str, SavedPlayer | SavedRoom | SavedSession]:
    return {
        **{player.topic: capture_player(player, with_items=False) for player in hub.players},
        **{room.topic: capture_room(room, with_items=False) for room in hub.rooms},
        **{f"session:{session.session_id}": capture_session(session) for session in hub.sessions},
    }


def _queues(hub: Hub) -> dict[str, tuple[QueueOrder, tuple[QueueItem, ...]]]:
    return {
        context.topic: (capture_order(context.playback.queue), tuple(context.playback.queue.items))
        for context in (*hub.players, *hub.rooms)
    }


def _same(field: str, one: msgspec.Struct, other: msgspec.Struct) -> None:
    others = {
        name: (getattr(one, name), getattr(other, name))
        for name in one.__struct_fields__
        if getattr(one, name) != getattr(other, name)
    }
    assert not others, f"{field} was and is: {others}"


def _connected_clients_take_part(world: World, hub: Hub) -> None:
    here = {session.client_id for session in hub.sessions.connected()}
    assert here == {client.client_id for client in world.clients}
    room = hub.rooms.find(ROOM)
    assert room is not None
    # A client without a welcome has connected again with a new session; its first place is kept for a while.
    there = {who for who, each in room.participants.items() if not each.away}
    # A player is in one room at a time, and joins the one that it creates.
    missing = {client.client_id for client in world.clients if not client.name.startswith("player")} - there
    assert there <= here, f"{there - here} are in the room alone"
    assert not missing, f"{missing} aren't in the room"
