"""Playback on virtual time: commands, the gapless hand-over, what a lone player reports."""

from dataclasses import dataclass
from typing import Any

import pytest

from custom_components.moosicbox.engine.playback import (
    HANDOVER_US,
    LEAD_CAP_US,
    SOLO_MARGIN_US,
    Command,
    CommandIssued,
    CurrentChanged,
    Playback,
    PlaybackEvent,
    PrepareChanged,
    QueueChanged,
    Sought,
)
from custom_components.moosicbox.engine.protocol.client import PlayerReport
from custom_components.moosicbox.engine.protocol.errors import QueueItemNotFound
from custom_components.moosicbox.engine.protocol.types import RepeatMode
from custom_components.moosicbox.engine.timeline import Timeline
from tests.engine.fakes import SECOND, item

NOW = 1_000 * SECOND


@dataclass
class Member:
    lead_ms: float = 0.0
    round_trip_us: int = 0
    present: bool = True


class Stage:
    """A playback with one member, its events and its clock."""

    def __init__(self, names: str = "", duration: float | None = 180.0, repeat: RepeatMode = "off") -> None:
        self.now_us = NOW
        self.members = [Member()]
        self.events: list[PlaybackEvent] = []
        self.playback = Playback("epoch", 100, lambda: self.members, self.events.append)
        self.playback.repeat = repeat
        if names:
            self.playback.queue.add([item(name, duration) for name in names])
            self.events.clear()

    def play(self, name: str, position: float = 0.0) -> None:
        self.playback.start(self.playback.queue.get(name), self.now_us, position)

    def pass_to(self, at_us: int) -> None:
        """Let time pass; do what is due on the way."""
        while (due_us := self.playback.due_us) is not None and due_us <= at_us:
            self.now_us = max(self.now_us, due_us)
            self.playback.advance(self.now_us)
        self.now_us = at_us

    def pass_seconds(self, seconds: float) -> None:
        self.pass_to(self.now_us + round(seconds * SECOND))

    @property
    def current(self) -> str | None:
        return current.queue_item_id if (current := self.playback.current) else None

    @property
    def command(self) -> Command:
        assert self.playback.command is not None
        return self.playback.command

    @property
    def states(self) -> dict[str, str]:
        return {each.queue_item_id: each.state for each in self.playback.queue.items}

    def of(self, kind: type[Any]) -> list[Any]:
        """The events of a kind; forgets all."""
        found = [event for event in self.events if isinstance(event, kind)]
        self.events.clear()
        return found

    def report(self, state: str, position: float, at_us: int | None = None, **fields: Any) -> None:
        fields.setdefault("queue_item_id", self.current)
        at_us = self.now_us if at_us is None else at_us
        self.playback.adopt(PlayerReport(state=state, position_seconds=position, at_us=at_us, **fields))


def assert_command_matches(stage: Stage) -> None:
    command, timeline = stage.command, stage.playback.timeline
    assert command.command == {"playing": "play", "paused": "pause", "idle": "stop"}[timeline.state]
    assert (command.position, command.sync_time_us, command.rate) == timeline[1:]


# ------------------------------------------------------------ commands


def test_nothing_plays_at_first() -> None:
    stage = Stage("ab")
    assert (stage.current, stage.playback.timeline.state, stage.playback.due_us) == (None, "idle", None)
    assert stage.playback.command is None


def test_start_lies_in_the_future() -> None:
    stage = Stage("ab")
    stage.play("a", 12.0)
    at_us = NOW + SOLO_MARGIN_US
    assert stage.playback.timeline == Timeline("playing", 12.0, at_us, 1.0)
    assert stage.command == ("play", stage.playback.current, 12.0, at_us, 1.0)
    assert stage.playback.duration == 180.0
    assert stage.states == {"a": "playing", "b": "pending"}


@pytest.mark.parametrize(
    ("members", "is_room", "lead_us"),
    [
        ([], False, 20_000),
        ([Member(round_trip_us=60_000)], False, 50_000),
        ([Member(lead_ms=150, round_trip_us=60_000)], False, 200_000),
        ([Member(lead_ms=150, present=False)], False, 20_000),
        ([Member(lead_ms=60_000)], False, LEAD_CAP_US),
        ([Member()], True, 200_000),
        ([Member(lead_ms=400), Member(round_trip_us=100_000)], True, 400_000),
        ([Member(lead_ms=100), Member(round_trip_us=400_000)], True, 800_000),
        ([Member(round_trip_us=9_000_000)], True, LEAD_CAP_US),
    ],
)
def test_lead(members: list[Member], is_room: bool, lead_us: int) -> None:
    stage = Stage()
    stage.members = members
    stage.playback.is_room = is_room
    assert stage.playback.lead_us() == lead_us


def test_pause_holds_where_the_players_will_be() -> None:
    stage = Stage("a")
    stage.play("a")
    stage.pass_seconds(10)
    stage.playback.pause(stage.now_us)
    assert stage.playback.timeline == Timeline("paused", 10.0, stage.now_us + SOLO_MARGIN_US, 0.0)
    assert_command_matches(stage)
    assert stage.playback.due_us is None


def test_pause_without_music_does_nothing() -> None:
    stage = Stage("a")
    stage.playback.pause(NOW)
    assert stage.events == []
    stage.play("a")
    stage.playback.pause(NOW)
    stage.events.clear()
    stage.playback.pause(NOW)
    assert stage.events == []


def test_stop_keeps_the_item() -> None:
    stage = Stage("ab")
    stage.play("b")
    stage.pass_seconds(5)
    stage.playback.stop(stage.now_us)
    assert stage.current == "b"
    assert stage.playback.timeline[:2] == ("idle", 0.0)
    assert_command_matches(stage)
    stage.events.clear()
    stage.playback.stop(stage.now_us)
    assert stage.events == []


@pytest.mark.parametrize(("sought", "reached"), [(50.0, 50.0), (1e6, 180.0)])
def test_seek_stays_in_the_item(sought: float, reached: float) -> None:
    stage = Stage("a")
    stage.play("a")
    stage.events.clear()
    stage.playback.seek(stage.now_us, sought)
    assert stage.of(Sought) == [Sought(reached)]
    assert stage.playback.timeline.position == reached
    assert stage.playback.timeline.playing
    assert_command_matches(stage)


def test_seek_while_paused_stays_paused() -> None:
    stage = Stage("a")
    stage.play("a")
    stage.playback.pause(NOW)
    stage.playback.seek(NOW, 50.0)
    assert stage.playback.timeline[:2] == ("paused", 50.0)
    assert_command_matches(stage)


def test_seek_in_nothing() -> None:
    with pytest.raises(QueueItemNotFound):
        Stage("a").playback.seek(NOW, 1.0)


def test_another_item_takes_the_place() -> None:
    stage = Stage("abc")
    stage.play("a")
    stage.events.clear()
    stage.playback.start(stage.playback.queue.get("c"), stage.now_us, left="skipped")
    assert stage.states == {"a": "skipped", "b": "pending", "c": "playing"}
    [changed] = stage.of(CurrentChanged)
    assert (changed.track.track_id, changed.previous.track_id) == ("c", "a")


def test_choosing_paused_makes_no_sound() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.playback.choose_paused(stage.playback.queue.get("b"), stage.now_us)
    assert stage.current == "b"
    assert stage.playback.timeline[:2] == ("paused", 0.0)
    assert_command_matches(stage)


def test_load_waits_for_start() -> None:
    stage = Stage("ab")
    stage.playback.load(stage.playback.queue.get("a"), NOW, 3.0)
    assert stage.playback.timeline == Timeline("buffering", 3.0, NOW, 0.0)
    assert stage.of(CommandIssued) == []
    stage.play("a", 3.0)
    assert stage.of(CurrentChanged) == []
    assert_command_matches(stage)


@pytest.mark.parametrize(("played", "before"), [(1.0, "a"), (10.0, "b")])
def test_previous_restarts_what_has_played_for_a_while(played: float, before: str) -> None:
    stage = Stage("abc")
    stage.play("b")
    stage.pass_seconds(played)
    predecessor = stage.playback.predecessor(stage.now_us)
    assert predecessor is not None
    assert predecessor.queue_item_id == before


def test_nothing_is_before_the_first() -> None:
    stage = Stage("ab")
    assert stage.playback.predecessor(NOW) is None
    stage.play("a")
    assert stage.playback.predecessor(NOW) == stage.playback.current


# ------------------------------------------------------------ from item to item


def test_the_following_item_is_named_when_it_changes() -> None:
    stage = Stage("ab")
    stage.play("a")
    assert len(stage.of(PrepareChanged)) == 1
    stage.playback.queue.add([item("x")], "next")
    assert len(stage.of(PrepareChanged)) == 1
    assert stage.playback.following == stage.playback.queue.get("x")
    stage.playback.queue.add([item("y")])
    assert stage.of(PrepareChanged) == []
    stage.playback.queue.remove(["x"])
    assert stage.playback.following == stage.playback.queue.get("b")


def test_gapless_hand_over() -> None:
    stage = Stage("ab")
    stage.play("a")
    ends_us = NOW + SOLO_MARGIN_US + 180 * SECOND
    assert stage.playback.ends_us == ends_us
    assert stage.playback.due_us == ends_us - HANDOVER_US
    stage.pass_to(ends_us - HANDOVER_US - 1)
    assert stage.playback.queue.locked_item_id is None
    stage.pass_to(ends_us - HANDOVER_US)
    assert stage.playback.queue.locked_item_id == "b"
    assert stage.command == ("play", stage.playback.queue.get("b"), 0.0, ends_us, 1.0)
    assert stage.current == "a"
    stage.events.clear()
    stage.pass_to(ends_us)
    assert stage.current == "b"
    assert stage.playback.timeline == Timeline("playing", 0.0, ends_us, 1.0)
    assert stage.playback.queue.locked_item_id is None
    assert stage.states == {"a": "played", "b": "playing"}
    assert stage.of(CommandIssued) == []


def test_a_whole_queue_plays_without_drifting() -> None:
    stage = Stage("abc", 100.0)
    stage.play("a")
    start_us = stage.playback.timeline.anchor_us
    # The loop is late each time; the music isn't.
    for _ in range(20):
        if (due_us := stage.playback.due_us) is None:
            break
        stage.now_us = due_us + 70_000
        stage.playback.advance(stage.now_us)
        if stage.current == "c":
            assert stage.playback.timeline.anchor_us == start_us + 200 * SECOND
    assert stage.current is None
    assert stage.playback.timeline.state == "idle"
    assert stage.states == {"a": "played", "b": "played", "c": "played"}


def test_the_end_of_the_queue() -> None:
    stage = Stage("a", 10.0)
    stage.play("a")
    stage.events.clear()
    stage.pass_seconds(11)
    assert (stage.current, stage.playback.duration) == (None, None)
    assert_command_matches(stage)
    [changed] = stage.of(CurrentChanged)
    assert (changed.track, changed.previous.track_id) == (None, "a")


def test_a_short_item_is_handed_over_at_once_but_not_before_it_begins() -> None:
    stage = Stage("ab", 1.0)
    stage.play("a")
    assert stage.playback.due_us == stage.playback.timeline.anchor_us


def test_without_a_duration_nothing_is_due() -> None:
    stage = Stage("ab", None)
    stage.play("a")
    assert (stage.playback.ends_us, stage.playback.due_us) == (None, None)
    stage.playback.advance(NOW + 10_000 * SECOND)
    assert stage.current == "a"


@pytest.mark.parametrize(
    ("repeat", "after"), [("off", ["b", "c", None]), ("all", ["b", "c", "a"]), ("one", ["a", "a", "a"])]
)
def test_repeat(repeat: RepeatMode, after: list[str | None]) -> None:
    stage = Stage("abc", 60.0, repeat)
    stage.play("a")
    for expected in after:
        stage.pass_seconds(61)
        assert stage.current == expected


def test_next_leaves_a_repeated_item() -> None:
    stage = Stage("ab", repeat="one")
    stage.play("a")
    successor = stage.playback.successor()
    assert successor is not None
    assert successor.queue_item_id == "b"


def test_a_command_takes_the_hand_over_back() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.pass_to(stage.playback.due_us or 0)
    stage.playback.pause(stage.now_us)
    assert stage.playback.queue.locked_item_id is None
    assert_command_matches(stage)
    stage.play("a", 178.0)
    stage.pass_to(stage.playback.due_us or 0)
    stage.playback.seek(stage.now_us, 10.0)
    assert stage.playback.queue.locked_item_id is None
    assert_command_matches(stage)


def test_what_the_player_ends_is_followed() -> None:
    stage = Stage("ab", None)
    stage.play("a")
    stage.pass_seconds(100)
    following = stage.playback.ended("a", stage.now_us)
    assert following is not None
    assert following.queue_item_id == "b"


def test_the_last_item_ends_by_the_players_word() -> None:
    stage = Stage("a", None)
    stage.play("a")
    assert stage.playback.ended("a", stage.now_us) is None
    assert (stage.current, stage.playback.timeline.state) == (None, "idle")


@pytest.mark.parametrize("ended", ["b", None])
def test_another_item_cannot_end(ended: str | None) -> None:
    stage = Stage("ab", None)
    stage.play("a")
    assert stage.playback.ended(ended, stage.now_us) is None
    assert stage.current == "a"


def test_nothing_ends_while_it_is_paused() -> None:
    stage = Stage("ab", None)
    stage.play("a")
    stage.playback.pause(stage.now_us)
    assert stage.playback.ended("a", stage.now_us) is None


def test_an_end_that_was_handed_over_is_left_to_time() -> None:
    stage = Stage("ab")
    stage.play("a")
    ends_us = stage.playback.ends_us or 0
    stage.pass_to(ends_us - 100_000)
    assert stage.playback.ended("a", stage.now_us) is None
    assert stage.playback.queue.locked_item_id == "b"


def test_an_end_long_before_its_time_is_followed_at_once() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.pass_to((stage.playback.ends_us or 0) - 2 * SECOND)
    assert stage.playback.queue.locked_item_id == "b"
    assert stage.playback.ended("a", stage.now_us) is not None


# ------------------------------------------------------------ what a lone player reports


def test_a_true_position_is_left_alone() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.pass_seconds(10)
    stage.events.clear()
    stage.report("playing", 10.0)
    assert stage.events == []


def test_a_position_that_is_off_is_taken_over() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.pass_seconds(10)
    stage.report("playing", 9.0, at_us=stage.now_us - 50_000)
    assert stage.playback.timeline == Timeline("playing", 9.0, stage.now_us - 50_000, 1.0)
    assert_command_matches(stage)


def test_an_old_report_says_nothing_of_a_new_command() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.pass_seconds(10)
    stage.playback.seek(stage.now_us, 100.0)
    before = stage.playback.timeline
    stage.report("playing", 10.0, at_us=stage.now_us - 1)
    stage.report("paused", 10.0, at_us=stage.now_us - 1)
    assert stage.playback.timeline == before


def test_a_report_of_another_item_says_nothing() -> None:
    stage = Stage("ab")
    stage.play("a")
    before = stage.playback.timeline
    stage.report("playing", 50.0, stage.now_us + SECOND, queue_item_id="b", duration_seconds=3.0)
    assert (stage.playback.timeline, stage.playback.duration) == (before, 180.0)


def test_the_players_word_on_the_duration_counts() -> None:
    stage = Stage("ab", None)
    stage.play("a")
    stage.pass_seconds(1)
    stage.report("playing", 0.98, duration_seconds=200.0)
    assert stage.playback.duration == 200.0
    assert stage.playback.ends_us == NOW + SOLO_MARGIN_US + 200 * SECOND


def test_a_pause_on_the_device_is_a_pause() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.pass_seconds(10)
    stage.report("paused", 9.9)
    assert stage.playback.timeline == Timeline("paused", 9.9, stage.now_us, 0.0)
    assert_command_matches(stage)


def test_a_stall_stops_the_timeline_until_it_is_over() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.pass_seconds(10)
    stage.report("buffering", 9.5)
    assert stage.playback.timeline == Timeline("buffering", 9.5, stage.now_us, 0.0)
    assert stage.playback.due_us is None
    stage.pass_seconds(3)
    stage.report("playing", 9.5)
    assert stage.playback.timeline == Timeline("playing", 9.5, stage.now_us, 1.0)


def test_buffering_at_the_start_is_no_stall() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.pass_seconds(1)
    stage.report("buffering", 0.0)
    assert stage.playback.timeline.playing


def test_a_player_that_needs_a_click_waits() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.pass_seconds(1)
    stage.report("paused", 0.0, needs_interaction=True)
    assert stage.playback.timeline[:2] == ("buffering", 0.0)
    stage.events.clear()
    stage.report("paused", 0.0, needs_interaction=True)
    assert stage.events == []


def test_in_a_room_no_member_rules() -> None:
    stage = Stage("ab")
    stage.playback.is_room = True
    stage.play("a")
    stage.pass_seconds(10)
    before = stage.playback.timeline
    stage.report("paused", 3.0, duration_seconds=7.0)
    assert (stage.playback.timeline, stage.playback.duration) == (before, 180.0)


def test_hold_stands_still_where_the_player_was() -> None:
    stage = Stage("ab")
    stage.play("a")
    stage.pass_seconds(18)
    lost_us = stage.now_us - 8 * SECOND
    stage.playback.hold(lost_us)
    assert stage.playback.timeline == Timeline("paused", 9.98, lost_us, 0.0)
    assert_command_matches(stage)
    stage.events.clear()
    stage.playback.hold(stage.now_us)
    assert stage.events == []


# ------------------------------------------------------------ the queue beneath


def test_changes_of_the_queue_are_told() -> None:
    stage = Stage()
    stage.playback.queue.add([item("a")])
    assert len(stage.of(QueueChanged)) == 1


def test_the_current_item_may_be_taken_away() -> None:
    stage = Stage("abc")
    stage.play("a")
    stage.playback.queue.remove(["a"])
    assert stage.current == "b"
    stage.events.clear()
    stage.play("b")
    [changed] = stage.of(CurrentChanged)
    assert (changed.track.track_id, changed.previous.track_id) == ("b", "a")
    assert stage.states == {"b": "playing", "c": "pending"}


def test_modes() -> None:
    stage = Stage("abcdef")
    stage.play("a")
    stage.playback.set_modes(shuffle=True, repeat="all", autoplay=True)
    assert (stage.playback.queue.shuffled, stage.playback.repeat, stage.playback.autoplay) == (True, "all", True)
    stage.playback.set_modes(shuffle=None, repeat=None, autoplay=None)
    assert (stage.playback.queue.shuffled, stage.playback.repeat, stage.playback.autoplay) == (True, "all", True)
    stage.playback.set_modes(shuffle=None, repeat="one", autoplay=None)
    assert stage.playback.following == stage.playback.current


def test_restored_music_stands_still() -> None:
    stage = Stage()
    stage.playback.queue.restore([item("a"), item("b")], ["a", "b"], 5, "a", shuffled=False)
    stage.playback.restore(Timeline("paused", 42.0, NOW, 0.0), "all")
    assert stage.events == []
    assert_command_matches(stage)
    assert (stage.current, stage.playback.duration, stage.playback.repeat) == ("a", 180.0, "all")
    stage.play("a", 42.0)
    assert stage.of(CurrentChanged) == []
