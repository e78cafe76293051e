"""A room under random commands, compared to a model of rights, roles, order and host."""

from typing import Any, override

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
import msgspec

from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.protocol import client as say
from custom_components.moosicbox.engine.protocol.errors import (
    HubError,
    InvalidMessage,
    PermissionDenied,
    RevisionConflict,
    RoomNotFound,
)
from custom_components.moosicbox.engine.protocol.types import QueueOp, QueuePage
from custom_components.moosicbox.engine.sessions.session import Actor, Session
from tests.engine.fakes import FakeConnection, principal, settle
from tests.engine.mirror import Mirror
from tests.engine.recovery import HarnessWithLoop

LIMITS = Limits(messages_per_minute=10**9, burst_size=10**9, bytes_per_minute=10**12, max_queue_items=12)
ROOM = "party"
PEOPLE = ("ada", "ben", "cleo", "root")
WHO = {
    "ada": principal("ada"),
    "ben": principal("ben"),
    "cleo": principal("cleo", "listen", "chat", "play"),
    "root": principal("root", role="admin"),
}
# The rights of each role, written down independently of the implementation.
MAY = {
    "host": {"add", "own", "any", "control", "skip", "volume", "members", "chat"},
    "dj": {"add", "own", "any", "control", "skip", "volume", "chat"},
    "guest": {"add", "own", "chat"},
    "listener": {"chat"},
}


ORDER = ("command", "queue_item_id", "start_position", "sync_time_us", "rate")


class Copy:
    """A client's copy of the queue, made of the messages on the wire."""

    def __init__(self) -> None:
        self.mirror = Mirror()
        self.revision = -1
        self.order: list[Any] = []
        """The last order to its player."""


class RoomMachine(RuleBasedStateMachine):
    """Four users with a player each. The model is their order, their roles and the host."""

    def __init__(self) -> None:
        super().__init__()
        self.harness = HarnessWithLoop(LIMITS)
        self.sessions: dict[str, Session] = {}
        self.wires: dict[str, FakeConnection] = {}
        self.copies: dict[str, Copy] = {}
        self.inside: list[str] = []
        self.roles: dict[str, str] = {}
        self.banned: set[str] = set()
        self.host: str | None = "ada"
        self.host_gone = False
        self.control = "host"
        self.seen_ids: set[str] = set()
        self.revision = 0
        for name in PEOPLE:
            self._connect(name)

    @override
    def teardown(self) -> None:
        self.harness.run(settle())
        self.harness.close()

    def _connect(self, name: str) -> None:
        self.sessions[name], self.wires[name] = self.harness.connect(WHO[name], player_id=name, name=name)

    # ------------------------------------------------------------ the model

    @property
    def room(self) -> Any:
        return self.harness.hub.rooms.find(ROOM)

    def _may(self, name: str, right: str) -> bool:
        if name == "root":
            return True
        if name in self.banned:
            return False
        if name in self.inside or name == self.host:
            role = "host" if name == self.host else self.roles.get(name, "guest")
            extra = {"control", "skip"} if role == "guest" and self.control == "everyone" else set()
            return right in MAY[role] | extra
        if self.control != "everyone" or not WHO[name].may("control"):
            return False
        # Leaving doesn't add rights.
        role = self.roles.get(name, "guest")
        return right in (MAY[role] | ({"control", "skip"} if role == "guest" else set())) - {"chat"}

    def _do(self, name: str, message: say.Request, needed: str | None) -> Any:
        """Execute a message on behalf of a user; it is refused exactly if the model says so."""

        async def execute() -> Any:
            actor = Actor(WHO[name], self.sessions[name], self.harness.clock.now_us())
            try:
                return await self.harness.hub.dispatcher.execute(actor, message)
            except HubError as error:
                return error
            finally:
                await settle()

        outcome = self.harness.run(execute())
        denied = isinstance(outcome, PermissionDenied)
        if needed is not None:
            assert denied == (not self._may(name, needed)), (name, message, outcome)
        return outcome

    # ------------------------------------------------------------ joining and leaving

    @initialize(wait=st.sampled_from(["none", "bounded", "all"]))
    def open(self, wait: Any) -> None:
        self._do("ada", say.RoomCreate(name="Party", id=ROOM, wait=wait), None)
        self.inside.append("ada")

    @rule(name=st.sampled_from(PEOPLE))
    def join(self, name: str) -> None:
        outcome = self._do(name, say.RoomJoin(room_id=ROOM), None)
        if name in self.banned and name != "root":
            assert isinstance(outcome, PermissionDenied)
        elif name not in self.inside:
            assert not isinstance(outcome, HubError)
            self._came(name)

    @rule(by=st.sampled_from(PEOPLE), name=st.sampled_from(PEOPLE), into=st.booleans())
    def move_another(self, by: str, name: str, into: bool) -> None:
        """Players are added with the right to control, and removed by their owner or with the right to kick."""
        message = (say.RoomJoin if into else say.RoomLeave)(room_id=ROOM, player_id=name)
        inside = name in self.inside
        outcome = self._do(by, message, None)
        allowed = by == name or (self._may(by, "members") if inside else WHO[by].may("control"))
        if by in self.banned and by != "root":
            # Leaving doesn't show that there is such a room.
            assert isinstance(outcome, PermissionDenied if into else RoomNotFound)
            return
        if into and name in self.banned and name != "root":
            assert isinstance(outcome, PermissionDenied)
        else:
            assert isinstance(outcome, PermissionDenied) == (not allowed), (by, name, into, outcome)
            if allowed and into and not inside:
                self._came(name)
            elif allowed and not into:
                self._gone(name)

    @rule(name=st.sampled_from(PEOPLE))
    def leave(self, name: str) -> None:
        self._do(name, say.RoomLeave(room_id=ROOM), None)
        self._gone(name)

    @precondition(lambda self: self.inside)
    @rule(by=st.sampled_from(PEOPLE), number=st.integers(0, 3))
    def kick(self, by: str, number: int) -> None:
        victim = self.inside[number % len(self.inside)]
        client_id = self.sessions[victim].client_id
        outcome = self._do(by, say.RoomKick(room_id=ROOM, client_id=client_id), "members")
        if by == victim and self._may(by, "members"):
            assert isinstance(outcome, InvalidMessage)
        elif not isinstance(outcome, HubError):
            self.banned.add(victim)
            self.roles.pop(victim, None)
            if self.inside == [victim] and victim == self.host:
                self.inside, self.host = [], None
            else:
                self._gone(victim)

    @rule(
        by=st.sampled_from(PEOPLE),
        name=st.sampled_from(PEOPLE),
        role=st.sampled_from(["host", "dj", "guest", "listener"]),
    )
    def set_role(self, by: str, name: str, role: Any) -> None:
        outcome = self._do(by, say.RoomSetRole(room_id=ROOM, user_id=name, role=role), "members")
        if isinstance(outcome, HubError):
            assert isinstance(outcome, PermissionDenied) or name not in self.inside or name == self.host
        elif role == "host":
            self.host = name
        else:
            self.roles[name] = role

    @rule(by=st.sampled_from(PEOPLE), control=st.sampled_from(["host", "everyone", "votes"]))
    def update(self, by: str, control: Any) -> None:
        if not isinstance(self._do(by, say.RoomUpdate(room_id=ROOM, control=control), "members"), HubError):
            self.control = control

    @rule(name=st.sampled_from(PEOPLE), seconds=st.sampled_from([1, 9, 60]))
    def reload(self, name: str, seconds: int) -> None:
        """A page reloads: within the grace it keeps its place, afterwards it rejoins as the last one."""
        self.harness.lose(self.sessions[name], ended=True)
        self.harness.pass_seconds(seconds)
        was_inside = name in self.inside
        if was_inside and seconds > LIMITS.availability_grace:
            self._gone(name)
        self._connect(name)
        self.copies.pop(name, None)
        if was_inside and name not in self.inside:
            self._came(name)

    def _came(self, name: str) -> None:
        self.inside.append(name)
        if self.host is None or self.host_gone:
            self.host = name
        self.host_gone = False

    def _gone(self, name: str) -> None:
        if name in self.inside:
            self.inside.remove(name)
            if name == self.host and self.inside:
                self.host = self.inside[0]
            elif name == self.host:
                self.host_gone = True

    # ------------------------------------------------------------ queue and playback

    @rule(
        name=st.sampled_from(PEOPLE),
        track=st.sampled_from("abc"),
        place=st.sampled_from(["next", "end"]),
        stale=st.integers(0, 3),
    )
    def add(self, name: str, track: str, place: Any, stale: int) -> None:
        message = say.QueueAdd(room_id=ROOM, track_id=track, place=place, if_revision=self._stale(stale))
        outcome = self._do(name, message, "add")
        if isinstance(outcome, dict):
            (item_id,) = outcome["queue_item_ids"]
            assert item_id not in self.seen_ids
            self.seen_ids.add(item_id)
        elif isinstance(outcome, RevisionConflict):
            assert stale

    @precondition(lambda self: self.room is not None and len(self.room.playback.queue) > 0)
    @rule(name=st.sampled_from(PEOPLE), number=st.integers(0, 11), stale=st.integers(0, 3), move=st.booleans())
    def change(self, name: str, number: int, stale: int, move: bool) -> None:
        items = self.room.playback.queue.items
        item = items[number % len(items)]
        own = item.added_by.id == name and self._may(name, "own")
        current = item is self.room.playback.current and self.room.playback.timeline.state != "idle"
        if move:
            message: say.Request = say.QueueMove(
                room_id=ROOM, queue_item_id=item.queue_item_id, place="end", if_revision=self._stale(stale)
            )
        else:
            message = say.QueueRemove(room_id=ROOM, queue_item_id=item.queue_item_id, if_revision=self._stale(stale))
        outcome = self._do(name, message, None)
        allowed = (own or self._may(name, "any")) and (self._may(name, "skip") or not current)
        if isinstance(outcome, PermissionDenied):
            assert not allowed
        elif not isinstance(outcome, HubError):
            assert allowed

    @rule(
        name=st.sampled_from(PEOPLE), command=st.sampled_from(["play", "pause", "toggle", "stop", "next", "previous"])
    )
    def transport(self, name: str, command: Any) -> None:
        self._do(name, say.PlaybackCommand(room_id=ROOM, command=command), "skip" if command == "next" else "control")

    @rule(name=st.sampled_from(PEOPLE), shuffle=st.booleans(), repeat=st.sampled_from(["off", "one", "all"]))
    def modes(self, name: str, shuffle: bool, repeat: Any) -> None:
        self._do(name, say.ModeCommand(room_id=ROOM, shuffle=shuffle, repeat=repeat), "control")

    @rule(name=st.sampled_from(PEOPLE), volume=st.floats(0, 1))
    def volume(self, name: str, volume: float) -> None:
        if not isinstance(self._do(name, say.VolumeCommand(room_id=ROOM, volume=volume), "volume"), HubError):
            if self.room.renderers:
                assert abs(self.room.volume - volume) < 1e-6

    @rule(name=st.sampled_from(PEOPLE))
    def vote(self, name: str) -> None:
        outcome = self._do(name, say.RoomSkipVote(room_id=ROOM), None)
        if not isinstance(outcome, HubError):
            assert name in self.inside
            assert self.control == "votes" or self._may(name, "skip")

    @rule(name=st.sampled_from(PEOPLE))
    def chat(self, name: str) -> None:
        self._do(name, say.RoomChat(room_id=ROOM, message="hi"), None if name == "root" else "chat")

    @rule(
        name=st.sampled_from(PEOPLE),
        ready=st.booleans(),
        state=st.sampled_from(["playing", "buffering", "idle", "error"]),
    )
    def report(self, name: str, ready: bool, state: Any) -> None:
        current = self.room.playback.current
        item_id = current.queue_item_id if current else None
        message = say.PlayerReport(
            state=state,
            position_seconds=0,
            at_us=self.harness.clock.now_us(),
            queue_item_id=item_id,
            ready_item_id=item_id if ready else None,
        )
        self._do(name, message, None)

    @rule(seconds=st.sampled_from([0.1, 3, 30, 200]))
    def wait(self, seconds: float) -> None:
        self.harness.pass_seconds(seconds)
        self.harness.run(settle())

    def _stale(self, by: int) -> int | None:
        return None if by == 3 else max(0, self.room.playback.queue.revision - by)

    # ------------------------------------------------------------ invariants

    @invariant()
    def the_shadow_is_right(self) -> None:
        if self.room is None:
            return
        members = [member.user_id for member in self.room.participants.values()]
        assert sorted(members) == sorted(self.inside)
        assert self.room.host_user_id == self.host
        for name in PEOPLE:
            player = self.harness.hub.players.get(name)
            assert (player.room is self.room) == (name in self.inside)

    @invariant()
    def one_queue(self) -> None:
        if self.room is None:
            return
        queue = self.room.playback.queue
        ids = [item.queue_item_id for item in queue.items]
        assert len(set(ids)) == len(ids)
        assert queue.revision >= self.revision
        self.revision = queue.revision
        playing = [item.queue_item_id for item in queue.items if item.state == "playing"]
        assert playing in ([], [queue.current_item_id])

    @invariant()
    def everybody_has_it(self) -> None:
        """Assert that all copies equal the hub's queue, and all players have the same order."""
        if self.room is None:
            return
        for name in PEOPLE:
            copy = self.copies.setdefault(name, Copy())
            for message in self.wires[name].take():
                if message.get("topic") == self.room.topic and message["type"] == "queue_updated":
                    self._mirror(copy, message)
                if message["type"] == "synchronized_playback":
                    copy.order = [message[field] for field in ORDER] + [message.get("room_id")]
            if name in self.inside:
                page = self.room.playback.queue.page(0, 100)
                assert copy.revision == page.revision
                assert copy.mirror.items == list(page.items)
                assert copy.mirror.current_item_id == page.current_item_id
        if self.room.playback.order is not None:
            assert all(self.copies[name].order == self.copies[self.inside[0]].order for name in self.inside)

    def _mirror(self, copy: Copy, message: dict[str, Any]) -> None:
        if message.get("snapshot"):
            copy.mirror.hold(msgspec.convert(message["queue"], QueuePage))
        else:
            ops = msgspec.convert(message["ops"], tuple[QueueOp, ...])
            moved = not all(op["op"] in ("current", "update") for op in message["ops"])
            assert message["revision"] == copy.revision + moved
            copy.mirror.apply(ops, self.room.playback.queue.page(0, 100))
        copy.revision = message["revision"]


TestRooms = RoomMachine.TestCase
