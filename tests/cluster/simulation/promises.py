"""What clients were promised, checked when all has come to rest."""

from collections import Counter
import itertools
import json
from typing import Any

import msgspec

from custom_components.moosicbox.engine.cluster.bus import Numbered, Terms
from custom_components.moosicbox.engine.cluster.core import Core
from custom_components.moosicbox.engine.cluster.images import (
    HubImage,
    PlayerImage,
    RoomImage,
    SessionImage,
    player_image,
    room_image,
    session_image,
)
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.playback.image import order_of
from custom_components.moosicbox.engine.protocol.types import QueueItem

from .misfortunes import ROOM
from .people import Operation
from .world import World


async def check(world: World) -> None:
    """All of them."""
    assert world.leader is not None
    hub = world.leader.cluster.hub
    assert hub is not None
    _nothing_acknowledged_is_lost(world, hub)
    _everybody_heard_the_same(world, hub)
    _one_leader_after_the_other(world)
    _what_is_kept_is_what_is(world, hub)
    await _who_leads_next_knows_the_same(world, hub)
    _whoever_is_here_counts(world, hub)


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
    return [numbered for _, commit in world.place.log for numbered in commit.histories]


def _everybody_heard_the_same(world: World, hub: Hub) -> None:
    epochs, kept = "", {}
    for _, commit in world.place.log:
        if (image := commit.writes.get("state", {}).get("hub:")) is not None:
            epochs = msgspec.msgpack.decode(image, type=HubImage).epoch
        for topic, offset, _, payload in commit.histories:
            assert (epochs, topic, offset) not in kept, f"{topic} {offset} was given twice"
            kept[epochs, topic, offset] = payload
    for client in world.clients:
        assert not client.faults, client.faults[0]
        for epoch, topic, offset, payload in client.heard:
            assert kept.get((epoch, topic, offset)) == payload, (
                f"{client.name} heard {topic} {offset} alone: {payload!r}"
            )
        for topic, position in client.positions.items():
            there = hub.topics.position(topic)
            assert (position["epoch"], position["offset"]) == (there.epoch, there.offset), (
                f"{client.name} is at {position} of {topic}, which is at {there}"
            )


def _one_leader_after_the_other(world: World) -> None:
    fences = [fence for fence, _ in world.place.log]
    for before, after in itertools.pairwise(fences):
        assert after >= before


def _what_is_kept_is_what_is(world: World, hub: Hub) -> None:
    state = world.place.kept.hashes["state"]
    images = _images(hub)
    kept = {field: data for field, data in state.items() if field.partition(":")[0] in ("player", "room", "session")}
    assert kept.keys() == images.keys(), kept.keys() ^ images.keys()
    for field, image in images.items():
        _same(field, msgspec.msgpack.decode(kept[field], type=type(image)), image)


async def _who_leads_next_knows_the_same(world: World, hub: Hub) -> None:
    node = world.alive[0]
    image = world.place.load()
    terms = Terms(0, 0, "0-0", "0-0", 0.0, None, None)
    core = Core(
        node.make_hub(node.cluster.clock),
        node.bus,
        "nobody",
        terms,
        deliver=lambda _downs: None,
        deposed=lambda: None,
        emptied=lambda: None,
    )
    await core.start(image)
    assert image.hashes["pending"] == {}
    before, after = _images(hub), _images(core.hub)
    assert before.keys() == after.keys(), before.keys() ^ after.keys()
    for field, kept in before.items():
        _same(field, kept, after[field])
    assert _queues(hub) == _queues(core.hub)
    for topic in image.offsets:
        position = core.hub.topics.position(topic)
        assert position == hub.topics.position(topic)
    await core.stop()


def _images(hub: Hub) -> dict[str, PlayerImage | RoomImage | SessionImage]:
    interrupts = hub.announcements.interrupts
    players = {each.player_id: player_image(each, interrupted=interrupts(each.solo_playback)) for each in hub.players}
    rooms = {each.room_id: room_image(each, interrupted=interrupts(each.playback)) for each in hub.rooms}
    return {
        **{f"player:{player_id}": image for player_id, image in players.items()},
        **{f"room:{room_id}": image for room_id, image in rooms.items()},
        **{f"session:{session.session_id}": session_image(session) for session in hub.sessions},
    }


def _queues(hub: Hub) -> dict[str, tuple[object, tuple[QueueItem, ...]]]:
    return {
        owner.topic: (order_of(owner.playback), tuple(owner.playback.queue.items))
        for owner in (*hub.players, *hub.rooms)
    }


def _same(field: str, one: msgspec.Struct, other: msgspec.Struct) -> None:
    others = {
        name: (getattr(one, name), getattr(other, name))
        for name in one.__struct_fields__
        if getattr(one, name) != getattr(other, name)
    }
    assert not others, f"{field} was and is: {others}"


def _whoever_is_here_counts(world: World, hub: Hub) -> None:
    here = {session.client_id for session in hub.sessions.connected()}
    assert here == {client.client_id for client in world.clients}
    room = hub.rooms.find(ROOM)
    assert room is not None
    # A client that never got its welcome came again as somebody new; its first place waits for a while.
    there = {who for who, each in room.participants.items() if not each.away}
    # A player plays in one room at a time, and goes over to one that it makes.
    missing = {client.client_id for client in world.clients if not client.name.startswith("player")} - there
    assert there <= here, f"{there - here} are in the room alone"
    assert not missing, f"{missing} aren't in the room"
