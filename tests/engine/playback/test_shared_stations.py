"""Radio stations whose sound the players of a room share: position and time belong together for as long as they play."""

import msgspec

from custom_components.moosicbox.engine.playback.playback import Playback
from custom_components.moosicbox.engine.playback.saved_state import capture_playback, restore_playback
from custom_components.moosicbox.engine.protocol.types import QueueItem
from tests.engine.fakes import SECOND, item
from tests.engine.stage import NOW, Member, Stage


def station(name: str) -> QueueItem:
    found = item(name, None)
    return msgspec.structs.replace(found, track=msgspec.structs.replace(found.track, live=True))


def room(*items: QueueItem) -> Stage:
    """A room of two players."""
    stage = Stage()
    stage.members = [Member("one"), Member("two")]
    stage.playback.shares_stations = True
    stage.playback.max_wait_us = None
    stage.playback.queue.add(list(items))
    return stage


def zero_us(stage: Stage) -> float:
    """Return the hub time at which position 0 was heard, by the timeline."""
    return stage.playback.timeline.anchor_us - stage.playback.timeline.position * SECOND


def test_a_start_waits_for_nobody() -> None:
    stage = room(station("tides"))
    stage.play("tides")
    assert stage.order.command == "play"
    assert stage.order.live_since_us == stage.order.sync_time_us > NOW


def test_a_pause_skips_what_is_sent_meanwhile() -> None:
    stage = room(station("tides"))
    stage.play("tides")
    since_us = stage.order.live_since_us
    stage.pass_seconds(10)
    stage.playback.pause(stage.now_us)
    assert stage.order.live_since_us == since_us
    stage.pass_seconds(3_600)
    stage.play("tides", stage.playback.timeline.position)
    assert stage.order.live_since_us == since_us == zero_us(stage)
    assert stage.playback.timeline.position > 3_609


def test_a_seek_and_a_new_start_change_nothing() -> None:
    stage = room(station("tides"))
    stage.play("tides")
    since_us = stage.order.live_since_us
    stage.pass_seconds(10)
    stage.playback.seek(stage.now_us, 500.0)
    assert stage.order.live_since_us == since_us == zero_us(stage)
    stage.pass_seconds(10)
    stage.play("tides", 0.0)
    assert stage.order.live_since_us == since_us == zero_us(stage)


def test_a_station_after_a_song_begins_at_its_end() -> None:
    stage = room(item("song", 180.0), station("tides"))
    for member in stage.members:
        member.ready.add("song")
    stage.play("song")
    ends_us = stage.playback.ends_us
    stage.pass_to((ends_us or 0) + SECOND)
    assert stage.current == "tides"
    assert stage.order.live_since_us == stage.playback.live_since_us == ends_us


def test_another_station_has_another_beginning() -> None:
    stage = room(station("tides"), station("ebb"))
    stage.play("tides")
    since_us = stage.order.live_since_us
    stage.pass_seconds(10)
    stage.play("ebb")
    assert stage.playback.timeline.position == 0
    assert stage.order.live_since_us == stage.order.sync_time_us != since_us
    stage.playback.finish(stage.now_us)
    assert stage.playback.live_since_us is None


def test_a_member_that_is_left_alone_keeps_the_time() -> None:
    stage = room(station("tides"))
    stage.play("tides")
    since_us = stage.order.live_since_us
    stage.pass_seconds(10)
    stage.members[1].connected = False
    stage.report("playing", 3.0)
    assert zero_us(stage) == since_us
    stage.playback.suspend(stage.now_us)
    stage.pass_seconds(60)
    stage.playback.resume_suspended(stage.now_us)
    assert stage.order.live_since_us == since_us == zero_us(stage)


def test_another_hub_that_takes_over_keeps_the_time() -> None:
    stage = room(station("tides"))
    stage.play("tides")
    since_us = stage.order.live_since_us
    stage.pass_seconds(10)
    other = Playback("epoch", 100, lambda: stage.members, lambda _event: None)
    other.shares_stations = True
    restore_playback(other, capture_playback(stage.playback))
    other.pause(stage.now_us)
    other.start(other.queue.items[0], stage.now_us + 5 * SECOND, 0.0)
    assert other.order is not None
    assert other.order.live_since_us == since_us


def test_where_players_fetch_for_themselves_nothing_is_shared() -> None:
    stage = Stage()
    stage.playback.queue.add([station("tides")])
    stage.play("tides")
    assert stage.order.live_since_us is None
    stage.pass_seconds(10)
    stage.playback.pause(stage.now_us)
    paused = stage.playback.timeline.position
    stage.pass_seconds(60)
    stage.play("tides", paused)
    assert stage.playback.timeline.position == paused
