"""Large rooms: one command costs as many frames and as much work as the room has players, not their square."""

from collections import Counter
import sys
from typing import Any

import pytest

from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.protocol.client import (
    PlaybackCommand,
    QueueAdd,
    Resume,
    RoomClose,
    RoomCreate,
    RoomLeave,
    VolumeCommand,
)
from custom_components.moosicbox.engine.protocol.types import Position
from custom_components.moosicbox.engine.sessions.session import Actor, Session
from custom_components.moosicbox.engine.sessions.withheld import MAX_REPEATED
from tests.engine.fakes import FakeConnection, Harness, of_type, principal, settle

SIZES = (10, 50, 200)
LARGE = MAX_REPEATED + 1


class Crowd:
    """A room of players that all follow the room and each other, and the play of its first track."""

    def __init__(self, size: int) -> None:
        self.harness = Harness(Limits(max_players=500, max_connections=500, history_messages=30))
        self.hub = self.harness.hub
        self.members: list[tuple[Session, FakeConnection]] = [
            self.harness.connect(principal(f"user-{number}"), player_id=f"player-{number}", subscribe=())
            for number in range(size)
        ]
        topics = [player.topic for player in self.hub.players]
        for session, _ in self.members:
            self.hub.subscriptions.attach(session, topics)

    async def do(self, member: int, message: Any) -> None:
        session, _ = self.members[member]
        await self.hub.dispatcher.execute(Actor(session.principal, session), message)
        await settle()

    async def begin(self) -> None:
        await self.do(0, RoomCreate(name="Crowd", id="crowd", max_participants=200, wait="none"))
        for number in range(1, len(self.members)):
            self.hub.rooms.join(self.hub.rooms.get("crowd", self.members[number][0].principal), self.members[number][0])
        await self.do(0, QueueAdd(track_ids=("one", "two", "three")))
        await self.do(0, PlaybackCommand(command="play"))
        self.frames()

    def frames(self) -> list[list[bytes]]:
        """Return the frames that each member has received since the last call."""
        received = []
        for _, connection in self.members:
            frames = []
            while len(connection.outbox):
                frames += [frame.payload for frame in connection.outbox.pop_frames(sys.maxsize)]
            received.append(frames)
        return received

    def messages(self, member: int) -> list[dict[str, Any]]:
        return self.members[member][1].take()


async def crowd_of(size: int) -> Crowd:
    crowd = Crowd(size)
    await crowd.begin()
    return crowd


COMMANDS = {
    "next": PlaybackCommand(command="next", room_id="crowd"),
    "pause": PlaybackCommand(command="pause", room_id="crowd"),
    "volume": VolumeCommand(volume=0.7, room_id="crowd"),
    "add": QueueAdd(track_ids=("four",), room_id="crowd"),
}


async def test_a_command_costs_the_same_frames_and_work_for_each_member_of_any_room() -> None:
    frames: dict[str, list[float]] = {name: [] for name in COMMANDS}
    calls: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for size in SIZES:
        crowd = await crowd_of(size)
        for name, command in COMMANDS.items():
            counter = Counter[str]()

            def count(_frame: Any, event: str, _argument: Any, counter: Counter[str] = counter) -> None:
                counter[event] += 1

            sys.setprofile(count)
            await crowd.do(0, command)
            sys.setprofile(None)
            received = [len(frames) for frames in crowd.frames()]
            assert max(received) <= min(received) + 1
            frames[name].append(sum(received) / size)
            calls[name].append(sum(counter.values()) / size)
        crowd.hub.media_resolver.close()
    for name in COMMANDS:
        assert len(set(frames[name])) == 1, f"{name}: {frames[name]} frames a member"
        assert frames[name][0] <= 12
        assert calls[name][2] <= 1.1 * calls[name][1], f"{name}: {calls[name]} calls a member"


async def test_small_rooms_repeat_their_playback_on_the_topics_of_their_players() -> None:
    crowd = await crowd_of(MAX_REPEATED)
    await crowd.do(0, COMMANDS["next"])
    topics = {message["topic"] for message in of_type(crowd.messages(1), "track_changed")}
    assert topics == {"room:crowd", *(player.topic for player in crowd.hub.players)}


async def test_own_player_and_clients_outside_of_the_room_get_everything() -> None:
    crowd = await crowd_of(LARGE)
    players = {player.topic for player in crowd.hub.players}
    _, panel = crowd.harness.connect(principal("panel"), name="Panel", subscribe=tuple(players))
    panel.take()
    await crowd.do(0, COMMANDS["next"])
    assert {message["topic"] for message in of_type(panel.take(), "track_changed")} == players
    assert {message["topic"] for message in of_type(crowd.messages(1), "track_changed")} == {
        "room:crowd",
        "player:player-1",
    }


async def test_volumes_of_others_are_sent_alone_by_player_and_together_by_room() -> None:
    crowd = await crowd_of(LARGE)
    await crowd.do(2, VolumeCommand(volume=0.5, player_id="player-2"))
    assert [(message["topic"], message["volume"]) for message in of_type(crowd.messages(1), "volume_update")] == [
        ("player:player-2", 0.5)
    ]
    await crowd.do(0, VolumeCommand(volume=0.0, room_id="crowd"))
    messages = crowd.messages(1)
    assert {message["topic"] for message in of_type(messages, "volume_update")} == {"play:player-1", "player:player-1"}
    (volumes,) = of_type(messages, "room_volumes")
    assert len(volumes["players"]) == LARGE
    assert all(player == {"volume": 0.0, "muted": False} for player in volumes["players"].values())


class Reader:
    """Reads a member's messages as the protocol says: numbered messages have no gaps."""

    def __init__(self, crowd: Crowd, member: int) -> None:
        self.crowd, self.member = crowd, member
        session = crowd.members[member][0]
        self.positions = crowd.hub.subscriptions.positions(session.topics)
        self.queues: dict[str, str] = {}

    def read(self, messages: list[dict[str, Any]]) -> None:
        for message in messages:
            if message["type"] == "welcome":
                self.positions = {}
            for topic, position in message.get("positions", {}).items():
                self.positions[topic] = Position(**position)
            if message["type"] == "unsubscribed":
                for topic in message["topics"]:
                    del self.positions[topic]
            if (offset := message.get("offset")) is not None:
                held = self.positions[message["topic"]]
                assert offset == held.offset + 1
                self.positions[message["topic"]] = Position(epoch=held.epoch, offset=offset)
            if message["type"] == "queue_updated" and "queue" in message:
                self.queues[message["topic"]] = message["queue"]["epoch"]

    def read_new(self) -> None:
        self.read(self.crowd.messages(self.member))

    def resume(self) -> bool:
        session = self.crowd.members[self.member][0]
        connection = FakeConnection(self.crowd.hub.limits)
        resume = Resume(session_id=session.session_id, secret=session.secret, positions=self.positions)
        again = self.crowd.harness.open(connection, session.principal, player_id=session.player_id, resume=resume)
        self.crowd.members[self.member] = again, connection
        messages = connection.take()
        self.read(messages)
        return bool(of_type(messages, "welcome")[0]["resumed"])


async def change(crowd: Crowd, count: int = 1) -> None:
    for _ in range(count):
        await crowd.do(0, QueueAdd(track_ids=("more",), room_id="crowd"))


async def test_a_released_topic_continues_without_a_gap() -> None:
    crowd = await crowd_of(LARGE)
    reader = Reader(crowd, 1)
    await change(crowd)
    await crowd.do(2, RoomLeave(room_id="crowd"))
    reader.read_new()
    own = {player.topic: player.solo_playback.queue.epoch for player in crowd.hub.players}
    room = crowd.hub.rooms.get("crowd", principal()).playback.queue.epoch
    # The room is small now: all topics continue, that of the player outside with its own queue.
    assert reader.queues["player:player-2"] == own["player:player-2"]
    assert {reader.queues[topic] for topic in own if topic not in ("player:player-1", "player:player-2")} == {room}
    await change(crowd)
    reader.read_new()
    await crowd.do(1, RoomLeave(room_id="crowd"))
    await change(crowd)
    reader.read_new()


async def test_leaving_the_room_brings_the_topics_back() -> None:
    crowd = await crowd_of(LARGE + 2)
    reader = Reader(crowd, 1)
    await change(crowd)
    await crowd.do(1, RoomLeave(room_id="crowd"))
    reader.read_new()
    await change(crowd)
    messages = crowd.messages(1)
    assert len(of_type(messages, "queue_updated")) == LARGE + 1
    reader.read(messages)


@pytest.mark.parametrize("missed", [3, 40])
async def test_a_cut_while_topics_are_withheld_is_resumed(missed: int) -> None:
    crowd = await crowd_of(LARGE)
    reader = Reader(crowd, 1)
    await change(crowd, missed)
    reader.read_new()
    crowd.harness.lose(crowd.members[1][0])
    await change(crowd)
    assert reader.resume()
    await change(crowd)
    reader.read_new()


async def test_topics_released_during_a_cut_begin_with_snapshots() -> None:
    crowd = await crowd_of(LARGE)
    reader = Reader(crowd, 1)
    await change(crowd, 40)
    reader.read_new()
    crowd.harness.lose(crowd.members[1][0])
    await crowd.do(2, RoomLeave(room_id="crowd"))
    assert reader.resume()
    assert reader.queues["player:player-2"] == crowd.hub.players.get("player-2").solo_playback.queue.epoch
    await change(crowd)
    reader.read_new()


async def test_a_lost_word_of_a_release_is_repeated() -> None:
    crowd = await crowd_of(LARGE)
    reader = Reader(crowd, 1)
    await change(crowd, 40)
    reader.read_new()
    # The connection breaks before the client reads that the topics were released.
    await crowd.do(2, RoomLeave(room_id="crowd"))
    crowd.harness.lose(crowd.members[1][0])
    assert reader.resume()
    await change(crowd)
    reader.read_new()


async def test_closing_a_large_room_releases_all_topics() -> None:
    crowd = await crowd_of(LARGE)
    reader = Reader(crowd, 1)
    await change(crowd)
    await crowd.do(0, RoomClose(room_id="crowd"))
    reader.read_new()
    own = {player.topic: player.solo_playback.queue.epoch for player in crowd.hub.players}
    assert {topic: reader.queues[topic] for topic in own} == own
