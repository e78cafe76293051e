"""A playback stays consistent under random commands, reports and time."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from custom_components.moosicbox.engine.protocol.errors import HubError
from tests.engine.fakes import SECOND, chance, item
from tests.engine.stage import Stage

EPSILON = 2e-6


class PlaybackMachine(RuleBasedStateMachine):
    """Drives a playback as the hub does: time passes from one due moment to the next."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage()
        self.stage.playback.queue.generator = chance(7)
        self.playback = self.stage.playback
        self.playback.queue.generator = chance(1)

    @initialize(durations=st.lists(st.none() | st.integers(1, 30), min_size=1, max_size=5))
    def begin(self, durations: list[int | None]) -> None:
        self.playback.queue.add([item(duration=duration) for duration in durations])

    # ------------------------------------------------------------ commands

    @precondition(lambda self: len(self.playback.queue) > 0)
    @rule(number=st.integers(0, 99), position=st.integers(0, 5))
    def start(self, number: int, position: float) -> None:
        chosen = self.playback.queue.items[number % len(self.playback.queue)]
        self.playback.start(chosen, self.stage.now_us, position, "skipped")

    @rule()
    def pause(self) -> None:
        self.playback.pause(self.stage.now_us)

    @rule()
    def stop(self) -> None:
        self.playback.stop(self.stage.now_us)

    @precondition(lambda self: self.playback.timeline.state == "paused")
    @rule()
    def go_on(self) -> None:
        assert self.playback.current is not None
        self.playback.start(self.playback.current, self.stage.now_us, self.playback.timeline.position)

    @precondition(lambda self: self.playback.current)
    @rule(position=st.floats(0, 40))
    def seek(self, position: float) -> None:
        self.playback.seek(self.stage.now_us, position)

    @rule()
    def skip(self) -> None:
        if (successor := self.playback.successor()) is None:
            self.playback.finish(self.stage.now_us)
        else:
            self.playback.start(successor, self.stage.now_us, previous_state="skipped")

    @rule(repeat=st.sampled_from(["off", "one", "all"]), shuffle=st.none() | st.booleans())
    def set_modes(self, repeat: Any, shuffle: bool | None) -> None:
        self.playback.set_modes(shuffle=shuffle, repeat=repeat, autoplay=None)
        self.stage.pass_seconds(0)

    # ------------------------------------------------------------ the queue

    @rule(duration=st.none() | st.integers(1, 30), place=st.sampled_from(["next", "end"]))
    def add(self, duration: int | None, place: Any) -> None:
        self.playback.queue.add([item(duration=duration)], place)
        self.stage.pass_seconds(0)

    @rule(number=st.integers(0, 99))
    def remove(self, number: int) -> None:
        items = self.playback.queue.items
        chosen = items[number % len(items)] if items else None
        # The removal of the current item is tested with its handler.
        if chosen is not None and chosen != self.playback.current:
            self._try("remove", [chosen.queue_item_id])

    @rule(from_=st.integers(0, 5), to=st.integers(0, 5))
    def reorder(self, from_: int, to: int) -> None:
        self._try("reorder", from_, to)

    def _try(self, change: str, *args: object) -> None:
        try:
            getattr(self.playback.queue, change)(*args)
            self.stage.pass_seconds(0)
        except HubError:
            return

    # ------------------------------------------------------------ time and reports

    @rule(seconds=st.floats(0, 40))
    def pass_seconds(self, seconds: float) -> None:
        self.stage.pass_seconds(seconds)

    @precondition(lambda self: self.playback.due_us)
    @rule(late_us=st.integers(0, 100_000))
    def pass_to_due(self, late_us: int) -> None:
        self.stage.now_us = max(self.stage.now_us, self.playback.due_us or 0) + late_us
        self.playback.advance(self.stage.now_us)
        self.stage.pass_seconds(0)

    @precondition(lambda self: self.playback.current)
    @rule(drift=st.floats(-2, 0.2), state=st.sampled_from(["playing", "paused"]))
    def report(self, drift: float, state: Any) -> None:
        position = max(0.0, self.playback.timeline.position_at(self.stage.now_us) + drift)
        self.stage.report(state, position)
        self.stage.pass_seconds(0)

    @precondition(lambda self: self.playback.current)
    @rule(back=st.floats(0, 2))
    def stall(self, back: float) -> None:
        self.stage.report("buffering", max(0.0, self.playback.timeline.position_at(self.stage.now_us) - back))

    @precondition(lambda self: self.playback.current)
    @rule(longer=st.floats(1, 20))
    def report_duration(self, longer: float) -> None:
        position = self.playback.timeline.position_at(self.stage.now_us)
        self.stage.report("playing", position, duration_seconds=position + longer)
        self.stage.pass_seconds(0)

    @precondition(lambda self: self.playback.current and self.playback.repeat != "one")
    @rule()
    def end(self) -> None:
        if (following := self.stage.ended(self.stage.current)) is not None:
            self.playback.start(following, self.stage.now_us)

    @rule()
    def hold(self) -> None:
        self.playback.suspend(self.stage.now_us)

    # ------------------------------------------------------------ invariants

    @invariant()
    def one_item_plays(self) -> None:
        playing = [each for each in self.playback.queue.items if each.state == "playing"]
        assert len(playing) <= 1
        if self.playback.timeline.state != "idle":
            assert playing == [self.playback.current]

    @invariant()
    def following_is_what_follows(self) -> None:
        expected = None
        if self.playback.current is not None:
            one = self.playback.repeat == "one"
            expected = self.playback.current if one else self.playback.successor()
            if (locked := self.playback.queue.locked_item_id) is not None:
                expected = self.playback.queue.get(locked)
        following = self.playback.next_item
        assert (following and following.queue_item_id) == (expected and expected.queue_item_id)

    @invariant()
    def the_command_is_the_timeline(self) -> None:
        order, timeline = self.playback.order, self.playback.timeline
        if order is None or timeline.state == "buffering":
            return
        if (locked := self.playback.queue.locked_item_id) is not None:
            following = self.playback.next_item
            assert following is not None
            assert following.queue_item_id == locked
            assert (order.command, order.position) == ("play", 0.0)
            assert order.item is not None
            assert order.item.queue_item_id == locked
            assert order.sync_time_us == self.playback.ends_us
        else:
            assert (order.position, order.sync_time_us, order.rate) == timeline[1:]
            assert order.command == {"playing": "play", "paused": "pause", "idle": "stop"}[timeline.state]
            assert (order.item and order.item.queue_item_id) == self.stage.current

    @invariant()
    def the_position_stays_in_the_item(self) -> None:
        due_us, duration = self.playback.due_us, self.playback.duration
        if due_us is not None and duration is not None:
            assert due_us > self.stage.now_us - SECOND
            assert self.playback.timeline.position_at(self.stage.now_us) <= duration + EPSILON


TestPlayback = PlaybackMachine.TestCase
