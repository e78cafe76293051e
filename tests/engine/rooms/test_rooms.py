"""Rooms in virtual time: pending starts, participants that return, and restarts."""

from collections.abc import AsyncGenerator
from itertools import pairwise
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.moosicbox.engine.playback.volumes import mean_volume, shift_volumes
from custom_components.moosicbox.engine.protocol.client import (
    PlaybackCommand,
    PlayerReport,
    QueueAdd,
    QueueGet,
    QueueTransfer,
    Resume,
    RoomChat,
    RoomCreate,
    RoomInvite,
    RoomJoin,
    RoomSetRole,
    RoomUpdate,
    SeekCommand,
    VolumeCommand,
)
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.errors import PermissionDenied, QueueItemNotFound
from custom_components.moosicbox.engine.protocol.types import RoomWait
from custom_components.moosicbox.engine.rooms.room import Room, RoomSettings
from custom_components.moosicbox.engine.sessions.session import Actor, Session
from tests.engine.fakes import SECOND, FakeConnection, Harness, of_type, principal, settle

ADA, BEN = principal("ada"), principal("ben")


class Party:
    """A room with two players, and three tracks in its queue."""

    def __init__(self, kept: dict[str, Any] | None = None) -> None:
        self.harness = Harness(kept=kept)
        self.hub = self.harness.hub
        self.sessions: dict[str, Session] = {}
        self.wires: dict[str, FakeConnection] = {}

    def connect(self, name: str) -> None:
        self.sessions[name], self.wires[name] = self.harness.connect(principal(name), player_id=name, name=name)

    async def do(self, name: str, message: Any) -> Any:
        actor = Actor(principal(name), self.sessions[name], self.harness.clock.now_us())
        outcome = await self.hub.dispatcher.execute(actor, message)
        await settle()
        return outcome

    async def begin(self, wait: RoomWait = "bounded") -> None:
        for name in "ada", "ben":
            self.connect(name)
        await self.do("ada", RoomCreate(name="Party", id="party", wait=wait))
        await self.do("ben", RoomJoin(room_id="party"))
        await self.do("ada", QueueAdd(track_ids=("one", "two", "three")))

    async def ready(self, name: str, item_id: str) -> None:
        report = PlayerReport(
            state="idle", position_seconds=0, at_us=self.harness.clock.now_us(), ready_item_id=item_id
        )
        await self.do(name, report)

    async def report(self, name: str, state: Any, **fields: Any) -> None:
        current = self.room.playback.current
        assert current is not None
        report = PlayerReport(
            state=state,
            position_seconds=0,
            at_us=self.harness.clock.now_us(),
            queue_item_id=current.queue_item_id,
            **fields,
        )
        await self.do(name, report)

    @property
    def room(self) -> Room:
        room = self.hub.rooms.find("party")
        assert room is not None
        return room

    def orders(self, name: str) -> list[tuple[str, str | None]]:
        """Return the orders to a player since the last call."""
        names = {item.queue_item_id: item.track.track_id for item in self.room.playback.queue.items}
        messages = of_type(self.wires[name].take(), "synchronized_playback")
        return [(message["command"], names.get(message["queue_item_id"])) for message in messages]

    @property
    def state(self) -> tuple[str, str | None]:
        current = self.room.playback.current
        return self.room.playback.timeline.state, current.track.track_id if current else None


@pytest.fixture
async def party() -> AsyncGenerator[Party]:
    party = Party()
    await party.begin()
    for name in "ada", "ben":
        party.orders(name)
    yield party
    party.hub.media_resolver.close()


# ------------------------------------------------------------ pending starts


async def test_the_start_waits_for_all(party: Party) -> None:
    await party.do("ada", PlaybackCommand(command="play"))
    assert party.state == ("buffering", "one")
    assert party.orders("ada") == party.orders("ben") == []
    item = party.room.playback.queue.items[0].queue_item_id
    await party.ready("ada", item)
    assert party.state == ("buffering", "one")
    await party.ready("ben", item)
    assert party.state == ("playing", "one")
    assert party.orders("ada") == party.orders("ben") == [("play", "one")]


async def test_the_start_waits_three_seconds_for_laggards(party: Party) -> None:
    await party.do("ada", PlaybackCommand(command="play"))
    await party.ready("ada", party.room.playback.queue.items[0].queue_item_id)
    party.harness.pass_seconds(2.9)
    assert party.state == ("buffering", "one")
    party.harness.pass_seconds(0.2)
    assert party.state == ("playing", "one")
    assert party.hub.players.get("ben").lagging
    assert not party.hub.players.get("ada").lagging
    # The others don't wait for it until it has caught up.
    await party.do("ada", PlaybackCommand(command="next"))
    await party.ready("ada", party.room.playback.queue.items[1].queue_item_id)
    assert party.state == ("playing", "two")
    await party.report("ben", "playing")
    assert not party.hub.players.get("ben").lagging
    await party.do("ada", PlaybackCommand(command="next"))
    await party.ready("ada", party.room.playback.queue.items[2].queue_item_id)
    assert party.state == ("buffering", "three")


@pytest.mark.parametrize(("wait", "state"), [("none", "playing"), ("all", "buffering")])
async def test_settings_of_the_wait(wait: RoomWait, state: str) -> None:
    party = Party()
    await party.begin(wait)
    await party.do("ada", PlaybackCommand(command="play"))
    party.harness.pass_seconds(60)
    assert party.room.playback.timeline.state == state


async def test_a_start_does_not_wait_for_players_that_left(party: Party) -> None:
    await party.do("ada", PlaybackCommand(command="play"))
    await party.ready("ada", party.room.playback.queue.items[0].queue_item_id)
    party.harness.lose(party.sessions["ben"])
    assert party.state == ("playing", "one")


async def test_a_single_player_starts_at_once(party: Party) -> None:
    party.harness.lose(party.sessions["ben"])
    now_us = party.harness.clock.now_us()
    await party.do("ada", PlaybackCommand(command="play"))
    assert party.state == ("playing", "one")
    assert party.room.playback.timeline.anchor_us == now_us + 20_000


async def test_a_pause_ends_a_pending_start(party: Party) -> None:
    await party.do("ada", PlaybackCommand(command="play"))
    await party.do("ada", PlaybackCommand(command="pause"))
    party.harness.pass_seconds(5)
    assert party.state == ("paused", "one")


# ------------------------------------------------------------ joining and leaving


async def playing(party: Party) -> None:
    await party.do("ada", PlaybackCommand(command="play"))
    for name in "ada", "ben":
        await party.ready(name, party.room.playback.queue.items[0].queue_item_id)
    assert party.state == ("playing", "one")


async def test_one_player_that_fails_doesnt_stop_the_others(party: Party) -> None:
    await playing(party)
    await party.report("ben", "error")
    assert party.state == ("playing", "one")
    await party.report("ada", "error")
    assert party.state[1] == "two"


async def test_the_next_item_starts_when_all_have_ended(party: Party) -> None:
    await playing(party)
    party.harness.pass_seconds(60)
    await party.report("ada", "idle")
    assert party.state == ("playing", "one")
    await party.report("ben", "idle")
    assert party.state[1] == "two"


async def test_a_stalled_player_lags(party: Party) -> None:
    await playing(party)
    party.harness.pass_seconds(10)
    await party.report("ben", "buffering")
    assert party.hub.players.get("ben").lagging
    assert party.state == ("playing", "one")


async def test_a_player_that_joins_late_is_in_sync(party: Party) -> None:
    await playing(party)
    party.harness.pass_seconds(30)
    party.connect("cleo")
    party.wires["cleo"].take()
    await party.do("cleo", RoomJoin(room_id="party"))
    (order,) = of_type(party.wires["cleo"].take(), "synchronized_playback")
    first = of_type(party.wires["ada"].take(), "synchronized_playback")[-1]
    assert (order["sync_time_us"], order["start_position"]) == (first["sync_time_us"], first["start_position"])


async def test_solo_playback_is_paused_in_a_room(party: Party) -> None:
    """A player that joins pauses its solo playback, and has it again when it leaves."""
    party.connect("cleo")
    await party.do("cleo", QueueAdd(track_ids=("own",)))
    await party.do("cleo", PlaybackCommand(command="play"))
    party.harness.pass_seconds(10)
    await party.do("cleo", RoomJoin(room_id="party"))
    player = party.hub.players.get("cleo")
    assert player.active_playback is party.room.playback
    assert player.solo_playback.timeline.state == "paused"
    party.hub.rooms.leave(party.room, party.room.participants[party.sessions["cleo"].client_id])
    orders = of_type(party.wires["cleo"].take(), "synchronized_playback")
    assert (orders[-1]["command"], orders[-1]["track"]["track_id"]) == ("pause", "own")
    assert [item.track.track_id for item in player.active_playback.queue.items] == ["own"]


async def test_a_player_is_in_one_room(party: Party) -> None:
    await party.do("ben", RoomCreate(name="Other", id="other"))
    assert party.hub.players.get("ben").room is party.hub.rooms.find("other")
    assert [member.user_id for member in party.room.participants.values()] == ["ada"]


async def test_transfer_keeps_the_place(party: Party) -> None:
    party.connect("cleo")
    await party.do("cleo", QueueAdd(track_ids=("x", "y")))
    await party.do("cleo", PlaybackCommand(command="play"))
    await party.do("cleo", PlaybackCommand(command="next"))
    party.harness.pass_seconds(12.02)
    await party.do("cleo", QueueTransfer(to_player_id="cleo", to_room_id=None))
    actor = Actor(party.hub.system)
    await party.hub.dispatcher.execute(actor, QueueTransfer(player_id="cleo", to_room_id="party"))
    await settle()
    queue = party.room.playback.queue
    assert [item.track.track_id for item in queue.items] == ["x", "y"]
    assert party.state == ("buffering", "y")
    for name in "ada", "ben":
        await party.ready(name, queue.items[1].queue_item_id)
    assert party.room.playback.timeline[:2] == ("playing", 12.0)
    own = party.hub.players.get("cleo").solo_playback
    assert (len(own.queue), own.timeline.state) == (0, "idle")


# ------------------------------------------------------------ volume


async def test_room_volume_keeps_the_balance(party: Party) -> None:
    await party.do("ada", VolumeCommand(volume=0.8))
    await party.do("ben", VolumeCommand(volume=0.4))
    await party.do("ada", VolumeCommand(room_id="party", volume=0.3))
    volumes = [party.hub.players.get(name).volume for name in ("ada", "ben")]
    assert volumes == pytest.approx([0.5, 0.1])
    assert party.room.status().volume == pytest.approx(0.3)
    await party.do("ada", VolumeCommand(room_id="party", muted=True))
    assert party.room.status().muted
    assert [party.hub.players.get(name).muted for name in ("ada", "ben")] == [True, True]


@pytest.mark.parametrize("bound", [0, 1, 0.05, 0.97])
async def test_the_balance_survives_the_bounds(party: Party, bound: float) -> None:
    ada, ben = (party.hub.players.get(name) for name in ("ada", "ben"))
    await party.do("ada", VolumeCommand(volume=0.8))
    await party.do("ben", VolumeCommand(volume=0.4))
    await party.do("ada", VolumeCommand(room_id="party", volume=bound))
    assert party.room.volume == bound
    if bound in (0, 1):
        assert (ada.volume, ben.volume) == (bound, bound)
    # A player that reports the volume it was given doesn't change it.
    await party.do("ben", PlayerReport(state="idle", position_seconds=0, at_us=0, volume=ben.volume))
    await party.do("ada", VolumeCommand(room_id="party", volume=0.6))
    assert (ada.volume, ben.volume) == (0.8, 0.4)


async def test_a_volume_of_its_own_ends_the_balance_beyond_the_bound(party: Party) -> None:
    ada, ben = (party.hub.players.get(name) for name in ("ada", "ben"))
    await party.do("ada", VolumeCommand(volume=0.8))
    await party.do("ben", VolumeCommand(volume=0.4))
    await party.do("ada", VolumeCommand(room_id="party", volume=0))
    await party.do("ben", VolumeCommand(volume=0.2))
    await party.do("ada", VolumeCommand(room_id="party", volume=0.5))
    assert (ada.volume, ben.volume) == (0.4, 0.6)


async def test_volumes_have_no_error_of_sums(party: Party) -> None:
    for name, volume in ("ada", 0.9), ("ben", 0.3):
        await party.do(name, VolumeCommand(volume=volume))
    for step in range(1, 7):
        await party.do("ada", VolumeCommand(room_id="party", volume=round(0.6 - step / 10, 2)))
        assert party.room.volume == round(0.6 - step / 10, 2)
        assert all(player.volume == round(player.volume, 3) for player in party.room.renderers)
    assert [player.volume for player in party.room.renderers] == [0, 0]


async def test_players_without_volume_do_not_count(party: Party) -> None:
    party.hub.players.get("ben").capabilities = ("pause",)
    await party.do("ada", VolumeCommand(room_id="party", volume=0.6))
    assert (party.room.volume, party.hub.players.get("ben").volume) == (0.6, 0.3)


volumes_of_a_room = st.lists(st.floats(0, 1), min_size=1, max_size=20)


def bounded(volumes: list[float]) -> list[float]:
    return [min(1.0, max(0.0, volume)) for volume in volumes]


@given(volumes=volumes_of_a_room, target=st.floats(0, 1), back=st.floats(0, 1))
def test_shifted_volumes_have_the_target_mean_and_keep_their_distances(
    volumes: list[float], target: float, back: float
) -> None:
    for mean in target, back:
        moved = shift_volumes(volumes, mean)
        assert mean_volume(bounded(moved)) == pytest.approx(mean, abs=1e-5)
        assert [high - low for low, high in pairwise(moved)] == pytest.approx(
            [high - low for low, high in pairwise(volumes)], abs=1e-5
        )
        volumes = moved


# ------------------------------------------------------------ without players, and back


async def test_a_room_without_players_is_suspended_and_resumed(party: Party) -> None:
    await playing(party)
    party.harness.pass_seconds(20)
    for name in "ada", "ben":
        party.harness.lose(party.sessions[name], ended=True)
    party.harness.pass_seconds(7.5)
    assert party.state == ("playing", "one")
    party.harness.pass_seconds(10)
    assert party.state == ("paused", "one")
    assert not party.room.participants
    party.connect("ben")
    await settle()
    assert party.state == ("playing", "one")
    assert party.room.playback.timeline.position_at(party.harness.clock.now_us()) == pytest.approx(37.5, abs=0.5)


async def restarted(party: Party, seconds: float) -> Party:
    """Restart the hub `seconds` later."""
    assert party.harness.store.state is not None
    kept = party.harness.store.state()
    await party.hub.stop(CloseCode.GOING_AWAY, "Over")
    later = Party(kept)
    later.harness.clock.time_us = party.harness.clock.time_us + round(seconds * SECOND)
    await later.hub.start()
    return later


async def test_a_room_goes_on_after_a_restart() -> None:
    before = Party()
    await before.hub.start()
    await before.begin()
    await before.do("ada", RoomSetRole(room_id="party", user_id="ben", role="dj"))
    await before.do("ben", RoomChat(room_id="party", message="Louder!"))
    invite = (await before.do("ada", RoomInvite(room_id="party")))["invite"]
    await playing(before)
    before.harness.pass_seconds(20)
    await before.do("ada", VolumeCommand(volume=0.5))
    party = await restarted(before, 60)
    room = party.room
    assert (room.name, room.host_user_id, room.roles) == ("Party", "ada", {"ben": "dj"})
    assert [line.message for line in room.chat] == ["Louder!"]
    assert list(room.playback.queue.items) == list(before.room.playback.queue.items)
    assert room.playback.queue.revision == before.room.playback.queue.revision
    assert party.state == ("paused", "one")
    party.connect("ben")
    await settle()
    assert party.state == ("playing", "one")
    assert room.playback.timeline.position_at(party.harness.clock.now_us()) == pytest.approx(80, abs=0.5)
    assert [member.user_id for member in room.participants.values()] == ["ben"]
    assert room.host_user_id == "ada"
    party.connect("ada")
    assert [member.user_id for member in room.participants.values()] == ["ben", "ada"]
    assert invite
    assert len(party.hub.invites.open) == 1
    await party.hub.stop(CloseCode.GOING_AWAY, "Over")


async def test_an_item_that_would_be_over_continues_at_its_position() -> None:
    before = Party()
    await before.hub.start()
    await before.begin()
    await playing(before)
    before.harness.pass_seconds(20)
    await before.do("ada", VolumeCommand(volume=0.5))
    party = await restarted(before, 400)
    party.connect("ada")
    await settle()
    assert party.state == ("playing", "one")
    assert party.room.playback.timeline.position_at(party.harness.clock.now_us()) == pytest.approx(20, abs=0.5)
    await party.hub.stop(CloseCode.GOING_AWAY, "Over")


async def test_a_participant_that_is_away_too_long_is_removed() -> None:
    before = Party()
    await before.hub.start()
    await before.begin()
    await playing(before)
    party = await restarted(before, 1)
    party.harness.pass_seconds(party.hub.limits.rejoin_seconds + 1)
    party.connect("ben")
    assert not party.room.participants
    assert party.state == ("paused", "one")
    await party.hub.stop(CloseCode.GOING_AWAY, "Over")


async def test_a_clock_that_jumped_back_repeats_nothing() -> None:
    before = Party()
    await before.hub.start()
    await before.begin()
    await playing(before)
    before.harness.pass_seconds(20)
    await before.do("ada", VolumeCommand(volume=0.5))
    party = await restarted(before, -3600)
    party.connect("ada")
    await settle()
    assert party.room.playback.timeline.position_at(party.harness.clock.now_us()) == pytest.approx(20, abs=0.5)
    await party.hub.stop(CloseCode.GOING_AWAY, "Over")


# ------------------------------------------------------------ limited rights


async def test_a_token_for_fewer_rooms_removes_the_participant(party: Party) -> None:
    """`refresh` removes the participant at once; a resume doesn't let it in again."""
    elsewhere = principal("ben", rooms=frozenset({"other"}))
    party.hub.sessions.renew(party.sessions["ben"], elsewhere)
    assert not party.room.has_user("ben")
    assert party.hub.players.get("ben").room is None


async def test_a_resume_with_fewer_rights_removes_the_participant(party: Party) -> None:
    session = party.sessions["ben"]
    positions = {topic: party.hub.topics.position(topic) for topic in session.topics}
    party.harness.lose(session)
    resume = Resume(session_id=session.session_id, secret=session.secret, positions=positions)
    back, _ = party.harness.connect(
        principal("ben", rooms=frozenset({"other"})), player_id="ben", name="ben", resume=resume
    )
    assert back is session
    assert not party.room.has_user("ben")


async def test_a_private_rooms_queue_is_hidden(party: Party) -> None:
    party.connect("cleo")
    await party.do("ada", RoomUpdate(room_id="party", is_public=False))
    party.wires["cleo"].take()
    with pytest.raises(PermissionDenied, match="private"):
        await party.do("cleo", QueueGet(player_id="ada"))
    await party.do("ada", QueueAdd(track_ids=("secret",)))
    heard = party.wires["cleo"].take()
    assert of_type(heard, "queue_updated") == []
    party.hub.players.publish_list()
    (listed,) = of_type(party.wires["cleo"].take(), "player_list")
    assert {player["room_id"] for player in listed["players"]} == {None}
    assert party.hub.rooms.by_user() == {}
    # Participants of the time when it became private may return.
    party.harness.lose(party.sessions["ben"], ended=True)
    party.harness.pass_seconds(20)
    party.connect("ben")
    assert party.room.has_user("ben")


async def test_a_repeated_transfer_is_executed_once(party: Party) -> None:
    party.connect("cleo")
    await party.do("cleo", QueueAdd(track_ids=("x", "y")))
    transfer = QueueTransfer(player_id="cleo", to_room_id="party", op_id="once")
    actor = Actor(party.hub.system)
    first = await party.hub.dispatcher.execute(actor, transfer)
    assert await party.hub.dispatcher.execute(actor, transfer) == first
    assert len(party.room.playback.queue) == 2
    with pytest.raises(QueueItemNotFound):
        await party.hub.dispatcher.execute(actor, QueueTransfer(player_id="cleo", to_room_id="party"))
    assert len(party.room.playback.queue) == 2


async def test_a_player_removed_while_disconnected_is_stopped_on_return(party: Party) -> None:
    await playing(party)
    party.harness.lose(party.sessions["ben"])
    party.hub.rooms.kick(party.room, party.sessions["ben"].client_id)
    party.connect("ben")
    (order,) = of_type(party.wires["ben"].take(), "synchronized_playback")
    assert (order["command"], order["snapshot"]) == ("stop", True)


async def test_each_queue_has_an_epoch_of_its_own(party: Party) -> None:
    party.connect("cleo")
    epochs = {party.room.playback.queue.epoch} | {player.solo_playback.queue.epoch for player in party.hub.players}
    assert len(epochs) == 1 + len(party.hub.players)
    party.wires["ben"].take()
    party.hub.rooms.leave(party.room, party.room.participants[party.sessions["ben"].client_id])
    own = [each for each in of_type(party.wires["ben"].take(), "queue_updated") if each["topic"] == "player:ben"]
    assert own[-1]["queue"]["epoch"] == party.hub.players.get("ben").solo_playback.queue.epoch


async def test_two_clients_of_the_same_name_keep_their_places(party: Party) -> None:
    """Both are disconnected and return."""
    eve = principal("eve")
    tabs = [party.harness.connect(eve, name="Tab")[0] for _ in range(2)]
    for tab in tabs:
        party.hub.rooms.join(party.room, tab)
    for tab in tabs:
        party.harness.lose(tab)
    for tab in tabs:
        positions = {topic: party.hub.topics.position(topic) for topic in tab.topics}
        resume = Resume(session_id=tab.session_id, secret=tab.secret, positions=positions)
        assert party.harness.connect(eve, name="Tab", resume=resume)[0] is tab
    places = [member for member in party.room.participants.values() if member.user_id == "eve"]
    assert [member.client_id for member in places] == [tab.client_id for tab in tabs]
    assert not any(member.away for member in places)


# ------------------------------------------------------------ edge cases


async def test_an_unknown_end_does_not_wait_for_players_that_cannot_play(party: Party) -> None:
    await playing(party)
    party.room.playback.duration = None
    await party.report("ben", "paused", needs_interaction=True)
    await party.report("ada", "idle")
    assert party.state[1] == "two"


async def test_an_item_that_only_a_laggard_can_play_is_skipped(party: Party) -> None:
    await playing(party)
    party.hub.players.get("ben").lagging = True
    await party.report("ada", "error")
    assert party.state[1] == "two"


async def test_a_shorter_wait_ends_a_pending_start() -> None:
    party = Party()
    await party.begin("all")
    await party.do("ada", PlaybackCommand(command="play"))
    party.harness.pass_seconds(60)
    await party.do("ada", RoomUpdate(room_id="party", wait="bounded"))
    party.harness.pass_seconds(0)
    assert party.state == ("playing", "one")


async def test_seeking_keeps_a_pending_start(party: Party) -> None:
    await party.do("ada", PlaybackCommand(command="play"))
    await party.do("ada", SeekCommand(room_id="party", position_seconds=42))
    assert party.state == ("buffering", "one")
    for name in "ada", "ben":
        await party.ready(name, party.room.playback.queue.items[0].queue_item_id)
    assert party.room.playback.timeline[:2] == ("playing", 42.0)


async def test_a_failure_while_paused_starts_nothing(party: Party) -> None:
    await playing(party)
    await party.do("ada", PlaybackCommand(command="pause"))
    for name in "ada", "ben":
        await party.report(name, "error")
    assert party.state == ("paused", "one")


async def test_a_player_that_joins_a_pending_start_prepares_its_item(party: Party) -> None:
    await playing(party)
    await party.do("ada", PlaybackCommand(command="next"))
    party.connect("cleo")
    await party.do("cleo", RoomJoin(room_id="party"))
    assert party.orders("cleo")[-1] == ("pause", "two")


async def test_a_kicked_host_is_replaced(party: Party) -> None:
    party.hub.rooms.leave(party.room, party.room.participants[party.sessions["ben"].client_id])
    party.hub.rooms.kick(party.room, party.sessions["ada"].client_id)
    assert party.room.host_user_id is None
    await party.do("ben", RoomJoin(room_id="party"))
    assert party.room.host_user_id == "ben"


async def test_an_expired_rejoin_is_not_stored() -> None:
    before = Party()
    await before.hub.start()
    await before.begin()
    before.harness.lose(before.sessions["ben"], ended=True)
    before.harness.pass_seconds(before.hub.limits.rejoin_seconds + 20)
    await before.do("ada", VolumeCommand(volume=0.5))
    party = await restarted(before, 1)
    party.connect("ben")
    assert not party.room.has_user("ben")
    await party.hub.stop(CloseCode.GOING_AWAY, "Over")


def test_a_user_that_is_admitted_again_sees_the_room() -> None:
    """Nothing else of the list of rooms has changed."""
    harness = Harness()
    host, _ = harness.connect(ADA, subscribe=("rooms",))
    guest, wire = harness.connect(BEN, subscribe=("rooms",))
    room = harness.hub.rooms.create(RoomSettings(name="Party", is_public=False), "party", "ada")
    for session in host, guest:
        harness.hub.rooms.admit(room, session.principal.sub, "guest")
        harness.hub.rooms.join(room, session)
    harness.hub.rooms.kick(room, guest.client_id)
    harness.pass_seconds(1)
    assert wire.take()[-1]["rooms"] == []
    harness.hub.rooms.admit(room, "ben", "guest")
    harness.pass_seconds(1)
    assert [listed["room_id"] for listed in wire.take()[-1]["rooms"]] == ["party"]
