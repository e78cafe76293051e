"""Players in a hub: their reports, the messages to subscribers, and commands from the wire to the playback."""

from typing import Any

import pytest

from custom_components.moosicbox.engine.playback.media import StreamAddress
from custom_components.moosicbox.engine.playback.members import SOLO_MARGIN_US
from custom_components.moosicbox.engine.playback.players import NEW_PLAYER_VOLUME
from custom_components.moosicbox.engine.protocol.client import (
    ModeCommand,
    PlaybackCommand,
    PlayerReport,
    QueueAdd,
    QueueClear,
    QueueGet,
    QueueRemove,
    Request,
    Resume,
    SeekCommand,
    StreamRequest,
    Subscribe,
    VolumeCommand,
)
from custom_components.moosicbox.engine.protocol.errors import (
    HubError,
    InvalidMessage,
    PlayerNotFound,
    QueueItemNotFound,
    RoomNotFound,
)
from custom_components.moosicbox.engine.protocol.server import SynchronizedPlayback
from tests.engine.fakes import Harness, of_type, principal, settle

ADA = principal("ada")


class Kitchen:
    """A hub with one player and a controller that is subscribed to it."""

    def __init__(self) -> None:
        self.harness = Harness()
        self.hub = self.harness.hub
        self.session, self.connection = self.harness.connect(ADA, player_id="kitchen")
        self.player = self.hub.players.get("kitchen")
        self.controller, self.ear = self.harness.connect(ADA, subscribe=("player:kitchen", "players"))
        self.heard()

    def heard(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return the messages to the player and the controller since the last call."""
        return self.connection.take(), self.ear.take()

    async def do(self, message: Request) -> Any:
        """Execute a command on behalf of a user."""
        return await self.hub.execute(message, ADA)

    async def play(self, *tracks: str) -> list[str]:
        added = await self.do(QueueAdd(track_ids=tracks))
        await self.do(PlaybackCommand(command="play"))
        await settle()
        return list(added["queue_item_ids"])

    async def report(self, state: Any, **fields: Any) -> None:
        fields = {"position_seconds": 0.0, "at_us": self.harness.clock.now_us(), **fields}
        self.harness.say(self.session, PlayerReport(state=state, **fields))
        await settle()

    @property
    def state(self) -> str:
        return self.player.active_playback.timeline.state

    @property
    def current(self) -> str | None:
        current = self.player.active_playback.current
        return current.track.track_id if current else None


async def test_a_song_from_the_queue_to_the_player() -> None:
    kitchen = Kitchen()
    ids = await kitchen.play("one", "two")
    played, heard = kitchen.heard()
    [order] = of_type(played, "synchronized_playback")
    assert order["topic"] == "play:kitchen"
    assert (order["command"], order["queue_item_id"]) == ("play", ids[0])
    assert order["track"]["stream_url"] == "/media/one.flac?sig=1"
    assert order["sync_time_us"] > kitchen.harness.clock.now_us()
    assert of_type(played, "prepare")[-1]["queue_item_id"] == ids[1]
    assert [each["track"]["track_id"] for each in of_type(heard, "track_changed")] == ["one"]
    status = of_type(heard, "playback_status")[-1]
    assert (status["is_playing"], status["state"], status["rate"]) == (True, "playing", 1.0)
    assert status["anchor_us"] == order["sync_time_us"]
    assert "stream_url" not in str(heard)


async def test_the_queue_plays_on_without_reports() -> None:
    kitchen = Kitchen()
    ids = await kitchen.play("one", "two")
    kitchen.heard()
    kitchen.harness.pass_seconds(400)
    played, heard = kitchen.heard()
    orders = of_type(played, "synchronized_playback")
    assert [(each["command"], each["queue_item_id"]) for each in orders] == [("play", ids[1]), ("stop", None)]
    changes = [each["track"] and each["track"]["track_id"] for each in of_type(heard, "track_changed")]
    assert changes == ["two", None]
    assert kitchen.state == "idle"


async def test_playback_commands_set_state_and_item() -> None:
    kitchen = Kitchen()
    await kitchen.play("one", "two", "three")
    steps: tuple[tuple[Any, str, str], ...] = (
        ("pause", "paused", "one"),
        ("toggle", "playing", "one"),
        ("toggle", "paused", "one"),
        ("play", "playing", "one"),
        ("next", "playing", "two"),
        ("previous", "playing", "one"),
        ("stop", "idle", "one"),
        ("play", "playing", "one"),
    )
    for command, state, current in steps:
        await kitchen.do(PlaybackCommand(command=command))
        assert (kitchen.state, kitchen.current) == (state, current)
    await kitchen.do(SeekCommand(position_seconds=60))
    assert kitchen.player.active_playback.timeline.position == 60
    await kitchen.do(PlaybackCommand(command="play", track_id="four", start_position=7))
    assert (kitchen.current, kitchen.player.active_playback.timeline.position) == ("four", 7)
    await kitchen.do(PlaybackCommand(command="play", start_position=9))
    assert (kitchen.current, kitchen.player.active_playback.timeline.position) == ("four", 9)


@pytest.mark.parametrize(("command", "current"), [("next", "three"), ("previous", "one")])
async def test_next_and_previous_start_a_paused_player(command: Any, current: str) -> None:
    kitchen = Kitchen()
    await kitchen.play("one", "two", "three")
    await kitchen.do(PlaybackCommand(command="next"))
    await kitchen.do(PlaybackCommand(command="pause"))
    kitchen.heard()
    await kitchen.do(PlaybackCommand(command=command))
    assert (kitchen.state, kitchen.current) == ("playing", current)
    [order] = of_type(kitchen.heard()[0], "synchronized_playback")
    assert (order["command"], order["track"]["track_id"], order["start_position"]) == ("play", current, 0.0)


async def test_a_new_player_is_quiet_and_a_known_one_keeps_its_volume() -> None:
    kitchen = Kitchen()
    assert kitchen.player.volume == NEW_PLAYER_VOLUME == 0.3
    await kitchen.do(VolumeCommand(volume=0.8))
    kitchen.harness.lose(kitchen.session)
    _, connection = kitchen.harness.connect(ADA, player_id="kitchen")
    assert {each["volume"] for each in of_type(connection.take(), "volume_update")} == {0.8}


async def test_a_new_player_begins_below_its_cap() -> None:
    harness = Harness()
    harness.hub.players.limit_volumes(lambda player: 0.1 if player.player_id == "nursery" else 1.0)
    harness.connect(ADA, player_id="nursery")
    assert harness.hub.players.get("nursery").volume == 0.1


async def test_next_after_the_last_item_finishes() -> None:
    kitchen = Kitchen()
    await kitchen.play("one")
    await kitchen.do(PlaybackCommand(command="next"))
    assert (kitchen.state, kitchen.current) == ("idle", None)
    await kitchen.do(PlaybackCommand(command="play"))
    assert (kitchen.state, kitchen.current) == ("playing", "one")


async def test_removing_the_last_item_finishes() -> None:
    kitchen = Kitchen()
    first, last = await kitchen.play("one", "two")
    await kitchen.do(PlaybackCommand(command="next"))
    await kitchen.do(QueueRemove(queue_item_id=last))
    assert (kitchen.state, kitchen.current) == ("idle", None)
    assert [each.queue_item_id for each in kitchen.player.solo_playback.queue.items] == [first]


async def test_removing_the_current_item_starts_the_next() -> None:
    kitchen = Kitchen()
    ids = await kitchen.play("one", "two", "three")
    await kitchen.do(QueueRemove(queue_item_id=ids[0]))
    assert (kitchen.state, kitchen.current) == ("playing", "two")
    await kitchen.do(PlaybackCommand(command="pause"))
    await kitchen.do(QueueRemove(queue_item_id=ids[1]))
    assert (kitchen.state, kitchen.current) == ("paused", "three")
    await kitchen.do(QueueClear())
    assert (kitchen.state, kitchen.current) == ("idle", None)


async def test_a_replaced_queue_starts_the_new_items() -> None:
    kitchen = Kitchen()
    await kitchen.play("one", "two")
    await kitchen.do(QueueAdd(track_id="new", place="replace"))
    assert (kitchen.state, kitchen.current) == ("playing", "new")
    page = (await kitchen.do(QueueGet()))["queue"]
    assert [each.track.track_id for each in page.items] == ["new"]


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (PlaybackCommand(command="play"), QueueItemNotFound),
        (PlaybackCommand(command="previous"), QueueItemNotFound),
        (SeekCommand(position_seconds=1), QueueItemNotFound),
        (VolumeCommand(), InvalidMessage),
        (QueueAdd(), InvalidMessage),
        (QueueRemove(), InvalidMessage),
        (PlaybackCommand(command="play", player_id="bath"), PlayerNotFound),
        (PlaybackCommand(command="play", room_id="garden"), RoomNotFound),
    ],
)
async def test_invalid_commands_are_refused(message: Request, error: type[HubError]) -> None:
    kitchen = Kitchen()
    with pytest.raises(error):
        await kitchen.do(message)


async def test_one_of_several_players_must_be_named() -> None:
    kitchen = Kitchen()
    kitchen.harness.connect(ADA, player_id="bath")
    with pytest.raises(InvalidMessage) as refused:
        await kitchen.do(VolumeCommand(volume=0.5))
    assert refused.value.details["path"] == ["player_id"]
    kitchen.harness.say(kitchen.session, VolumeCommand(volume=0.25))
    await settle()
    assert kitchen.player.volume == 0.25


async def test_volume_is_sent_to_the_player_and_its_subscribers() -> None:
    kitchen = Kitchen()
    await kitchen.do(VolumeCommand(volume=0.5, muted=True))
    played, heard = kitchen.heard()
    assert of_type(played, "volume_update")[0]["topic"] == "play:kitchen"
    assert of_type(heard, "volume_update") == [
        {"type": "volume_update", "topic": "player:kitchen", "volume": 0.5, "muted": True}
    ]
    await kitchen.do(VolumeCommand(muted=False))
    assert (kitchen.player.volume, kitchen.player.muted) == (0.5, False)


async def test_modes_show_in_the_status() -> None:
    kitchen = Kitchen()
    await kitchen.do(ModeCommand(shuffle=True, repeat="all"))
    status = of_type(kitchen.heard()[1], "playback_status")[-1]
    assert (status["shuffle"], status["repeat"]) == (True, "all")


# ------------------------------------------------------------ reports


async def test_a_volume_set_on_the_device_is_adopted() -> None:
    kitchen = Kitchen()
    await kitchen.report("idle", volume=0.1)
    assert (kitchen.player.volume, kitchen.player.muted) == (0.1, False)
    await kitchen.report("idle")
    assert kitchen.player.volume == 0.1


async def test_the_round_trip_delays_the_start() -> None:
    kitchen = Kitchen()
    await kitchen.report("idle", round_trip_us=80_000)
    assert kitchen.player.active_playback.lead_us() == 60_000


async def test_an_ended_item_is_followed_by_the_next() -> None:
    kitchen = Kitchen()
    ids = await kitchen.play("one", "two")
    kitchen.harness.pass_seconds(20)
    await kitchen.report("idle", queue_item_id=ids[0])
    assert (kitchen.state, kitchen.current) == ("playing", "two")


async def test_unplayable_items_are_skipped_three_times() -> None:
    kitchen = Kitchen()
    ids = await kitchen.play("one", "two", "three", "four")
    await kitchen.report("error", queue_item_id=ids[0], error="decode")
    assert kitchen.current == "two"
    await kitchen.report("error", queue_item_id=ids[0], error="late")
    assert kitchen.current == "two"
    await kitchen.report("error", queue_item_id=ids[1], error="decode")
    assert (kitchen.state, kitchen.current) == ("playing", "three")
    await kitchen.report("error", queue_item_id=ids[2], error="decode")
    assert kitchen.state == "idle"


async def test_only_players_report_and_request_streams() -> None:
    kitchen = Kitchen()
    ids = await kitchen.play("one")
    kitchen.heard()
    kitchen.harness.say(kitchen.controller, StreamRequest(queue_item_id=ids[0], request_id="r1"))
    kitchen.harness.say(kitchen.session, StreamRequest(queue_item_id=ids[0], request_id="r2"))
    kitchen.harness.say(kitchen.session, StreamRequest(queue_item_id="nothing", request_id="r3"))
    await settle()
    played, heard = kitchen.heard()
    assert of_type(heard, "error")[0]["error_type"] == "not_supported"
    [result] = of_type(played, "result")
    assert result["data"] == {"stream_url": "/media/one.flac?sig=1", "expires_at": "2027-01-15T08:00:00.000Z"}
    assert of_type(played, "error")[0]["error_type"] == "queue_item_not_found"


# ------------------------------------------------------------ availability


async def test_playback_is_suspended_while_the_player_is_unavailable() -> None:
    kitchen = Kitchen()
    await kitchen.play("one", "two")
    kitchen.harness.pass_seconds(10.02)
    kitchen.harness.lose(kitchen.session)
    kitchen.harness.pass_seconds(60)
    assert kitchen.player.active_playback.timeline[:2] == ("paused", 10.0)
    listed = of_type(kitchen.heard()[1], "player_list")[-1]["players"]
    assert [(each["player_id"], each["available"]) for each in listed] == [("kitchen", False)]
    _, connection = kitchen.harness.connect(ADA, player_id="kitchen")
    [order] = of_type(connection.take(), "synchronized_playback")
    assert (order["command"], order["start_position"]) == ("pause", 10.0)
    assert kitchen.player.available


async def test_a_resumed_session_continues_at_the_current_position() -> None:
    kitchen = Kitchen()
    await kitchen.play("one")
    before = of_type(kitchen.heard()[0], "synchronized_playback")
    kitchen.harness.lose(kitchen.session)
    kitchen.harness.pass_seconds(3)
    _, connection = kitchen.harness.connect(ADA, player_id="kitchen")
    again = of_type(connection.take(), "synchronized_playback")
    for order in again:
        assert order.pop("snapshot")
    assert again == before


async def test_a_new_player_is_published_to_subscribers_of_players() -> None:
    harness = Harness()
    follower, ear = harness.connect(ADA)
    other, deaf = harness.connect(ADA, subscribe=("all",))
    ear.take()
    deaf.take()
    harness.connect(principal("eve"), player_id="bath")
    types = [each["type"] for each in ear.take()]
    assert types[0] == "subscribed"
    assert "player:bath" in follower.topics
    assert "queue_updated" in types
    assert deaf.take() == []
    assert "player:bath" not in other.topics


async def test_a_removed_player_is_unsubscribed() -> None:
    kitchen = Kitchen()
    await kitchen.play("one")
    kitchen.heard()
    kitchen.hub.players.remove("kitchen")
    heard = kitchen.ear.take()
    assert of_type(heard, "unsubscribed") == [
        {"type": "unsubscribed", "topics": ["player:kitchen"], "reason": "removed"}
    ]
    assert of_type(heard, "player_list")[-1]["players"] == []
    assert kitchen.connection.closed == 4503
    with pytest.raises(PlayerNotFound):
        kitchen.hub.players.get("kitchen")


async def test_a_removed_player_has_no_timer() -> None:
    kitchen = Kitchen()
    await kitchen.play("one")
    playback = kitchen.player.solo_playback
    item = playback.queue.items[0]
    kitchen.hub.players.remove("kitchen")
    kitchen.heard()
    playback.pause(kitchen.harness.clock.now_us())
    playback.start(item, kitchen.harness.clock.now_us())
    assert kitchen.heard()[0] == []
    assert "player:kitchen" not in kitchen.hub.publisher._scheduler._scheduled


async def test_a_fresh_subscription_begins_with_a_snapshot() -> None:
    kitchen = Kitchen()
    ids = await kitchen.play(*(f"t{number}" for number in range(60)))
    newcomer, connection = kitchen.harness.connect(ADA, subscribe=())
    connection.take()
    kitchen.harness.say(newcomer, Subscribe(topics=("player:kitchen",), request_id="r1"))
    answer, *snapshot = connection.take()
    assert (answer["type"], answer["request_id"]) == ("result", "r1")
    assert all(each["snapshot"] and "offset" not in each for each in snapshot)
    [queue] = of_type(snapshot, "queue_updated")
    assert (queue["total"], queue["revision"], queue["ops"]) == (60, 1, [])
    assert [each["queue_item_id"] for each in queue["queue"]["items"]] == ids[:50]
    assert of_type(snapshot, "playback_status")[0]["queue_item_id"] == ids[0]
    offset = answer["data"]["positions"]["player:kitchen"]["offset"]
    await kitchen.do(QueueClear())
    assert of_type(connection.take(), "queue_updated")[0]["offset"] == offset + 1


def test_availability_is_logged_once_per_change(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    harness = Harness()
    session, _ = harness.connect(principal(), player_id="kitchen", name="Kitchen")
    for _ in range(2):
        harness.lose(session)
        harness.pass_seconds(20)
        assert caplog.messages.count("Kitchen is unavailable") == 1
        session, _ = harness.connect(principal(), player_id="kitchen", name="Kitchen")
        assert caplog.messages.count("Kitchen is available again") == 1
        caplog.clear()


WORK_SECONDS = 0.015


@pytest.mark.parametrize("command", ["play", "pause", "seek", "stop"])
async def test_an_order_is_stamped_when_it_is_sent(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """The work of making it isn't taken from the time that the player has declared to need."""
    kitchen = Kitchen()
    kitchen.player.declared_lead_ms = 20
    await kitchen.do(QueueAdd(track_ids=("one", "two")))
    if command != "play":
        await kitchen.do(PlaybackCommand(command="play"))
    await settle()
    kitchen.harness.clock.pass_seconds(5)
    address = kitchen.harness.media.stream_address

    def slow_address(*arguments: Any) -> StreamAddress:
        kitchen.harness.clock.pass_seconds(WORK_SECONDS)
        return address(*arguments)

    monkeypatch.setattr(kitchen.harness.media, "stream_address", slow_address)
    kitchen.heard()
    publish, sent_us = kitchen.hub.topics.publish, []

    def note_time(name: str, message: Any) -> int:
        if name == "play:kitchen" and isinstance(message, SynchronizedPlayback):
            sent_us.append(kitchen.harness.clock.now_us())
        return publish(name, message)

    monkeypatch.setattr(kitchen.hub.topics, "publish", note_time)
    match command:
        case "seek":
            await kitchen.do(SeekCommand(position_seconds=9))
        case "play" | "pause" | "stop":
            await kitchen.do(PlaybackCommand(command=command))
    await settle()
    order = of_type(kitchen.heard()[0], "synchronized_playback")[-1]
    lead_us = 20_000 + SOLO_MARGIN_US
    assert order["sync_time_us"] == sent_us[-1] + lead_us
    timeline = kitchen.player.playback.timeline
    assert timeline.anchor_us == order["sync_time_us"]
    assert timeline.position == pytest.approx(order["start_position"])


async def test_a_hand_over_keeps_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    kitchen = Kitchen()
    await kitchen.play("one", "two")
    ends_us = kitchen.player.playback.ends_us
    address = kitchen.harness.media.stream_address

    def slow_address(*arguments: Any) -> StreamAddress:
        kitchen.harness.clock.pass_seconds(WORK_SECONDS)
        return address(*arguments)

    monkeypatch.setattr(kitchen.harness.media, "stream_address", slow_address)
    kitchen.heard()
    kitchen.harness.pass_seconds(178)
    order = of_type(kitchen.heard()[0], "synchronized_playback")[-1]
    assert order["sync_time_us"] == ends_us


async def test_autoplay_is_part_of_the_status() -> None:
    kitchen = Kitchen()
    await kitchen.hub.execute(ModeCommand(player_id="kitchen", autoplay=True))
    assert [status["autoplay"] for status in of_type(kitchen.heard()[1], "playback_status")] == [True]
    await kitchen.hub.execute(ModeCommand(player_id="kitchen", autoplay=False))
    assert [status["autoplay"] for status in of_type(kitchen.heard()[1], "playback_status")] == [False]


async def test_a_cut_of_a_player_is_silent_to_others() -> None:
    kitchen = Kitchen()
    _, panel = kitchen.harness.connect(principal("ben"), name="Panel")
    kitchen.harness.pass_seconds(2)
    panel.take()
    for _ in range(3):
        kitchen.harness.lose(kitchen.session)
        resume = Resume(
            session_id=kitchen.session.session_id,
            secret=kitchen.session.secret,
            positions=kitchen.hub.subscriptions.positions(kitchen.session.topics),
        )
        kitchen.session, _ = kitchen.harness.connect(ADA, player_id="kitchen", resume=resume)
        kitchen.harness.pass_seconds(5)
    assert panel.take() == []
    # A change is published, and so is its return.
    kitchen.hub.players.set_player_delay(kitchen.player, 20)
    kitchen.hub.players.set_player_delay(kitchen.player, 0)
    assert len(of_type(panel.take(), "player_list")) == 2
