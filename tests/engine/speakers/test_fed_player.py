"""A player whose speaker is fed, at a real hub, in slow time."""

from typing import Literal

import numpy as np
import pytest

from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.playback import playback
from custom_components.moosicbox.engine.protocol.client import (
    ModeCommand,
    PlaybackCommand,
    QueueAdd,
    RoomCreate,
    RoomJoin,
    SeekCommand,
    VolumeCommand,
)
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.rooms import announcements
from custom_components.moosicbox.engine.speakers.renderer.audio import CHUNK_SAMPLES
from custom_components.moosicbox.engine.speakers.renderer.commands import RAMP_SECONDS, RAMP_STEP, STEP_SECONDS
from custom_components.moosicbox.engine.speakers.renderer.rendering import ChunkReader, RenderingFailed
from custom_components.moosicbox.engine.speakers.speakers import MAX_SPEAKERS, SpeakerInfo

from . import sound
from .stage import RecordingDriver, Stage, same

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("slow_time")]

MILLISECOND_US = 1_000
DUCKING_DB = 12
BLOCK = 1_000
LONG_LEAD_US = 1_000 * MILLISECOND_US
"""How long before its time a speaker gets an order that a busy machine must not execute late."""
ROOM_LEAD_US = 2_800 * MILLISECOND_US
"""So much of the longest lead of a room that a delay of one speaker still fits into it."""


async def queue(stage: Stage, player_id: str, *names: str) -> None:
    for name in names:
        await stage.do(QueueAdd(player_id=player_id, media_content_id=name))


async def play(stage: Stage, player_id: str, *names: str) -> None:
    await queue(stage, player_id, *names)
    await stage.do(PlaybackCommand(player_id=player_id, command="play"))


async def test_plays_an_item_to_its_end(stage: Stage) -> None:
    driver = await stage.add("den")
    await play(stage, "den", "first.flac")
    await stage.until(lambda: stage.reported("den", state="playing"))
    # The order after the welcome, to stop, may have been replaced before it was executed.
    timeline, ended = stage.player("den").solo_playback.timeline, driver.ended
    await stage.until(lambda: stage.finished("den"))
    assert same(driver.samples, sound.noise()[: sound.CUT])
    assert min(driver.gaps_us) >= -1
    # It began when the hub said, or later, as on a busy machine.
    started_us = driver.sent[0].play_at_us
    assert started_us >= timeline.anchor_us
    assert stage.player("den").solo_playback.timeline.state == "idle"
    await stage.until(lambda: driver.ended > ended)
    await stage.until(lambda: driver.shown[-1] == (None, False))
    assert driver.shown == [(None, False), ("first.flac", False), ("first.flac", True), (None, False)]


async def test_an_album_has_no_gaps(stage: Stage) -> None:
    driver = await stage.add("den")
    await play(stage, "den", "first.flac", "second.flac")
    await stage.until(lambda: stage.reported("den", state="playing"))
    first, second = (item.queue_item_id for item in stage.player("den").solo_playback.queue.items)
    assert stage.reported("den", queue_item_id=first)
    await stage.until(lambda: stage.reported("den", state="playing", queue_item_id=second))
    await stage.until(lambda: stage.finished("den"))
    assert same(driver.samples, sound.noise())
    assert min(driver.gaps_us) >= -1
    states = [item.state for item in stage.player("den").solo_playback.queue.items]
    assert states == ["played", "played"]


async def test_plays_as_loud_as_the_hub_says(stage: Stage) -> None:
    stage.files.tracks["second.flac"] = {"track_gain": -6.0}
    driver = await stage.add("den")
    await play(stage, "den", "first.flac", "second.flac")
    await stage.until(lambda: stage.finished("den"))
    quieter = sound.amplified(sound.noise()[sound.CUT :], -6.0)
    assert sound.close(driver.samples, np.concatenate([sound.noise()[: sound.CUT], quieter]))


async def test_crossfades(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tracks are too short for the fade that is set; its length is a part of theirs."""
    monkeypatch.setattr(playback, "HANDOVER_US", 900 * MILLISECOND_US)
    stage.hub.shared_limits.replace(Limits(crossfade=2))
    length = len(sound.noise()) - sound.CUT
    stage.files.tracks = {
        "whole.flac": {"duration": sound.SECONDS},
        "second.flac": {"duration": length / sound.RATE},
    }
    driver = stage.driver(LONG_LEAD_US)
    driver.ahead_us = 400 * MILLISECOND_US
    await stage.add("den", driver)
    await play(stage, "den", "whole.flac", "second.flac")
    ordered_us = stage.player("den").solo_playback.timeline.anchor_us
    await stage.until(lambda: stage.finished("den"))
    # On a very busy machine, the first track begins late, and so the fade early in it.
    late_seconds = (driver.sent[0].play_at_us - ordered_us) / 1e6
    place = next(number for number, sent in enumerate(driver.sent) if sent.chunk.start < 0)
    begins = driver.sent[place - 1].chunk.end - driver.sent[place].chunk.start
    seconds = playback.MAX_CROSSFADE * length / sound.RATE
    assert -0.001 <= sound.SECONDS - seconds - begins / sound.RATE <= late_seconds + 0.001
    before, after = sound.noise(), sound.noise()[sound.CUT :]
    mixed = sound.faded(before[begins:], after, len(before[begins:]) / sound.RATE)
    assert sound.close(driver.samples, np.concatenate([before[:begins], mixed, after[len(mixed) :]]))
    assert min(driver.gaps_us) >= -30


@pytest.mark.parametrize("repeat", ["one", "all"])
async def test_an_item_that_repeats_is_played_to_its_end(stage: Stage, repeat: Literal["one", "all"]) -> None:
    driver = await stage.add("den")
    await stage.do(ModeCommand(player_id="den", repeat=repeat))
    await play(stage, "den", "whole.flac")
    await stage.until(lambda: [sent.chunk.start for sent in driver.sent].count(0) > 1)
    await stage.until(lambda: len(driver.samples) > 1.2 * len(sound.noise()))
    heard, gaps = driver.samples, driver.gaps_us
    length = len(sound.noise())
    assert same(heard[:length], sound.noise())
    assert same(heard[length:], sound.noise()[: len(heard) - length])
    assert min(gaps) >= -1
    assert max(gaps) <= 1


async def test_pauses_and_goes_on_where_it_was(stage: Stage) -> None:
    driver = await stage.add("den", stage.driver(LONG_LEAD_US))
    await play(stage, "den", "whole.flac")
    await stage.until(lambda: stage.reported("den", state="playing") and driver.is_heard)
    await stage.do(PlaybackCommand(player_id="den", command="pause"))
    await stage.until(lambda: stage.reported("den", state="paused"))
    paused = stage.player("den").solo_playback.timeline
    heard_us = max(sent.play_at_us for sent in driver.sent)
    assert heard_us < paused.anchor_us
    before = len(driver.sent)
    await stage.do(PlaybackCommand(player_id="den", command="play"))
    await stage.until(lambda: stage.finished("den"))
    went_on = driver.sent[before]
    assert went_on.chunk.start == round(paused.position * sound.RATE)
    assert same(
        sound.decode(went_on.header, [sent.chunk for sent in driver.sent[before:]]),
        sound.noise()[went_on.chunk.start :],
    )


async def test_seeks(stage: Stage) -> None:
    driver = await stage.add("den")
    await play(stage, "den", "whole.flac")
    await stage.until(lambda: stage.reported("den", state="playing"))
    await stage.do(SeekCommand(player_id="den", position_seconds=2.0))
    await stage.until(lambda: stage.finished("den"))
    # A rendering that runs already begins with a whole chunk.
    began = next(sent.chunk.start for sent in driver.sent if sent.chunk.start >= 2 * sound.RATE)
    assert began < 2 * sound.RATE + CHUNK_SAMPLES
    assert driver.sent[-1].chunk.end == len(sound.noise())


async def test_players_of_a_room_are_in_step(stage: Stage) -> None:
    drivers = {name: await stage.add(name, stage.driver(ROOM_LEAD_US)) for name in ("den", "bath")}
    late = drivers["attic"] = await stage.add("attic")
    await stage.do(RoomCreate(name="All", id="all"))
    for name in ("den", "bath"):
        await stage.do(RoomJoin(room_id="all", player_id=name))
    await stage.do(QueueAdd(room_id="all", media_content_id="whole.flac"))
    await stage.do(VolumeCommand(player_id="bath", output_delay_ms=80))
    await stage.do(PlaybackCommand(room_id="all", command="play"))
    await stage.until(lambda: stage.reported("den", state="playing") and stage.reported("bath", state="playing"))
    await stage.do(RoomJoin(room_id="all", player_id="attic"))
    await stage.until(lambda: late.sent)
    # One process renders for all of them.
    assert len(stage.renderer) == 1
    await stage.until(lambda: all(stage.finished(name) for name in drivers))
    times = {name: {sent.chunk.start: sent.play_at_us for sent in driver.sent} for name, driver in drivers.items()}
    assert same(drivers["den"].samples, sound.noise())
    # The loudspeakers of the bath are late.
    assert all(at_us == times["den"][start] - 80 * MILLISECOND_US for start, at_us in times["bath"].items())
    assert len(times["attic"]) > 5
    assert all(at_us == times["den"][start] for start, at_us in times["attic"].items())


async def test_alone_nothing_is_left_out_of_a_late_start(stage: Stage) -> None:
    driver = stage.driver()
    driver.free_us = stage.hub.clock.now_us() + 2_000 * MILLISECOND_US
    await stage.add("den", driver)
    await play(stage, "den", "first.flac")
    await stage.until(lambda: stage.finished("den"))
    assert driver.sent[0].play_at_us >= driver.free_us
    assert same(driver.samples, sound.noise()[: sound.CUT])


async def test_a_late_player_of_a_room_comes_in_where_the_others_are(stage: Stage) -> None:
    busy = stage.driver()
    drivers = {"den": await stage.add("den"), "bath": await stage.add("bath", busy)}
    await stage.do(RoomCreate(name="All", id="all"))
    for name in drivers:
        await stage.do(RoomJoin(room_id="all", player_id=name))
    await stage.do(QueueAdd(room_id="all", media_content_id="whole.flac"))
    busy.free_us = stage.hub.clock.now_us() + 2_500 * MILLISECOND_US
    await stage.do(PlaybackCommand(room_id="all", command="play"))
    await stage.until(lambda: all(stage.finished(name) for name in drivers))
    times = {sent.chunk.start: sent.play_at_us for sent in drivers["den"].sent}
    assert busy.sent[0].play_at_us >= busy.free_us
    assert all(sent.play_at_us == times[sent.chunk.start] for sent in busy.sent)


async def test_announces_and_goes_on(stage: Stage) -> None:
    stage.hub.shared_limits.replace(Limits(announcement_ducking=0))
    driver = await stage.add("den")
    await play(stage, "den", "whole.flac")
    await stage.until(lambda: stage.reported("den", state="playing") and driver.sent[-1].chunk.start > 20_000)
    await stage.hub.announcements.announce(stage.hub.system, stage.player("den"), "second.flac")
    await stage.until(lambda: driver.shown[-1] == ("second.flac", True))
    await stage.until(lambda: driver.shown[-1] == ("whole.flac", True))
    await stage.until(lambda: stage.finished("den"))
    assert driver.sent[-1].chunk.end == len(sound.noise())


async def test_mixes_an_announcement_with_the_music(stage: Stage) -> None:
    driver = await stage.add("den", stage.driver(LONG_LEAD_US))
    await play(stage, "den", *["whole.flac"] * 4)
    await stage.until(lambda: stage.reported("den", state="playing") and driver.is_heard)
    player = stage.player("den")
    await stage.hub.announcements.announce(stage.hub.system, player, "second.flac")
    mixed = player.mixed_announcement
    assert mixed is not None
    assert mixed.ducking_db == DUCKING_DB
    await stage.until(lambda: stage.reported("den", ended_announcement_id=mixed.item.queue_item_id))
    await stage.until(lambda: player.mixed_announcement is None and driver.shown[-1] == ("whole.flac", True))
    await stage.until(lambda: stage.finished("den"))
    music = np.concatenate([sound.noise()] * 4)
    spoken, heard = sound.noise()[sound.CUT :], driver.samples
    assert len(heard) == len(music)
    changed = np.flatnonzero(np.abs(heard.astype(int) - music).max(axis=1) > 3)

    def is_mixed(begin: int, first: int, count: int) -> bool:
        part = slice(begin + first, begin + first + count)
        return sound.close(heard[part], sound.amplified(music[part], -DUCKING_DB) + spoken[first : first + count])

    # The music is lowered before. The next item may begin meanwhile; times are rounded to a sample in each item.
    begin = next(place for place in range(changed[0], changed[-1]) if is_mixed(place, 0, RAMP_STEP))
    firsts = range(0, len(spoken) - BLOCK, BLOCK)
    mixed_blocks = [any(is_mixed(begin + by, first, BLOCK) for by in range(-2, 3)) for first in firsts]
    assert mixed_blocks.count(False) <= 1
    assert begin - changed[0] <= round((RAMP_SECONDS + STEP_SECONDS) * sound.RATE) + RAMP_STEP
    assert changed[-1] < begin + len(spoken) + 2 * (RAMP_SECONDS + STEP_SECONDS) * sound.RATE
    assert driver.heard_us(begin) >= mixed.sync_time_us - MILLISECOND_US


@pytest.mark.parametrize("command", [None, "pause"])
async def test_an_announcement_goes_on_without_music(
    stage: Stage, command: Literal["pause"] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The music is over, or is paused, before the announcement begins, or while it speaks."""
    monkeypatch.setattr(announcements, "FED_MUSIC_US", 0)
    driver = await stage.add("den")
    await play(stage, "den", "whole.flac")
    await stage.until(lambda: stage.reported("den", state="playing") and driver.is_heard)
    player = stage.player("den")
    await stage.hub.announcements.announce(stage.hub.system, player, "second.flac")
    mixed = player.mixed_announcement
    assert mixed is not None
    if command is not None:
        await stage.do(PlaybackCommand(player_id="den", command=command))
    await stage.until(lambda: stage.reported("den", ended_announcement_id=mixed.item.queue_item_id))
    # It may be a moment later than its time when it is opened.
    spoken = sound.noise()[sound.CUT + BLOCK :]
    assert same(driver.samples[-len(spoken) :], spoken)
    assert player.active_playback.timeline.state == ("idle" if command is None else "paused")


async def test_an_announcement_that_cannot_go_on_without_music_is_over(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def open_reader(*_arguments: object) -> ChunkReader:
        raise RenderingFailed("It is gone")

    monkeypatch.setattr(announcements, "FED_MUSIC_US", 0)
    driver = await stage.add("den")
    await play(stage, "den", "whole.flac")
    await stage.until(lambda: stage.reported("den", state="playing") and driver.is_heard)
    await stage.hub.announcements.announce(stage.hub.system, stage.player("den"), "second.flac")
    speaker = stage.speakers.find("den")
    assert speaker is not None
    assert speaker.player is not None
    mixing = speaker.player._mixing
    monkeypatch.setattr(mixing._opener, "open_reader", open_reader)
    await stage.do(PlaybackCommand(player_id="den", command="pause"))
    await stage.until(lambda: "isn't played to its end" in caplog.text)
    assert mixing.tasks
    await stage.until(lambda: not mixing.is_speaking)


async def test_music_begins_during_an_announcement(stage: Stage) -> None:
    driver = await stage.add("den")
    await play(stage, "den", *["whole.flac"] * 4)
    await stage.until(lambda: stage.reported("den", state="playing") and driver.is_heard)
    player = stage.player("den")
    await stage.hub.announcements.announce(stage.hub.system, player, "second.flac")
    mixed = player.mixed_announcement
    assert mixed is not None
    await stage.do(SeekCommand(player_id="den", position_seconds=0.5))
    await stage.until(lambda: stage.reported("den", ended_announcement_id=mixed.item.queue_item_id))
    await stage.until(lambda: stage.finished("den"))
    # Some of the music has the announcement in it.
    assert not all(
        sound.close(
            sound.decode(sent.header, [sent.chunk]), sound.noise()[sent.chunk.start : sent.chunk.end].astype(float)
        )
        for sent in driver.sent
    )


async def test_an_expired_address_is_renewed(stage: Stage) -> None:
    driver = await stage.add("den")
    await queue(stage, "den", "first.flac")
    stage.files.expired.add("first.flac")
    await stage.do(PlaybackCommand(player_id="den", command="play"))
    await stage.until(lambda: stage.finished("den"))
    assert same(driver.samples, sound.noise()[: sound.CUT])


async def test_what_cant_be_played_is_passed_over(stage: Stage) -> None:
    driver = await stage.add("den")
    await play(stage, "den", "gone.flac", "first.flac")
    await stage.until(lambda: stage.finished("den"))
    assert same(driver.samples, sound.noise()[: sound.CUT])
    assert [item.state for item in stage.player("den").solo_playback.queue.items] == ["skipped", "played"]


async def test_volume_goes_both_ways(stage: Stage) -> None:
    driver = await stage.add("den")
    await stage.do(VolumeCommand(player_id="den", volume=0.4))
    await stage.until(lambda: driver.volumes[-1] == (0.4, False))
    stage.speakers.report_volume("den", 0.7, True)
    await stage.until(lambda: (stage.player("den").volume, stage.player("den").muted) == (0.7, True))


async def test_a_speakers_own_volume_isnt_changed_when_it_connects(stage: Stage) -> None:
    driver = stage.driver()
    driver.volume = (0.25, False)
    await stage.add("den", driver)
    await stage.until(lambda: stage.player("den").volume == 0.25)
    assert set(driver.volumes) <= {(0.25, False)}


async def test_survives_a_stop_of_the_hub(stage: Stage) -> None:
    await stage.add("den")
    await stage.hub.stop(CloseCode.RESTART, "reload")
    await stage.until(lambda: not stage.player("den").connected)
    await stage.hub.start()
    await stage.until(lambda: stage.player("den").connected)


async def test_a_removed_speaker_is_silent(stage: Stage) -> None:
    driver = await stage.add("den")
    await play(stage, "den", "whole.flac")
    await stage.until(lambda: driver.sent)
    stage.speakers.set_added({})
    assert not [sent for sent in driver.sent if sent.play_at_us > stage.hub.clock.now_us()]
    await stage.until(lambda: not stage.player("den").connected and not len(stage.renderer))
    # It is still there, and can be added again.
    assert [info.player_id for info in stage.speakers.waiting] == ["den"]


async def test_a_renamed_speaker_drops_what_its_player_sent_before(stage: Stage) -> None:
    driver = await stage.add("den")
    await play(stage, "den", "whole.flac")
    await stage.until(lambda: driver.sent)
    stage.speakers.set_added({"den": "Study"})
    assert not [sent for sent in driver.sent if sent.play_at_us > stage.hub.clock.now_us()]
    await stage.until(lambda: stage.player("den").name == "Study" and stage.player("den").connected)


async def test_a_speaker_that_disconnects_and_comes_back_goes_on(stage: Stage) -> None:
    await stage.add("den")
    await play(stage, "den", "whole.flac")
    first = stage.speakers.find("den")
    assert first is not None
    await stage.until(lambda: isinstance(first.driver, RecordingDriver) and first.driver.sent)
    stage.speakers.mark_disconnected("den", first.driver, "other_server")
    assert stage.speakers.state_of("den") == "other_server"
    await stage.until(lambda: not stage.player("den").connected)
    driver = await stage.add("den")
    assert stage.speakers.state_of("den") == "connected"
    await stage.until(lambda: driver.sent)
    await stage.until(lambda: stage.finished("den"))
    assert driver.sent[-1].chunk.end == len(sound.noise())


async def test_the_number_of_speakers_is_bounded(stage: Stage) -> None:
    infos = [SpeakerInfo(player_id=f"s{number}", kind="snapcast", name="x") for number in range(MAX_SPEAKERS + 1)]
    admitted = [stage.speakers.accept(info, stage.driver(), "") for info in infos]
    assert admitted == [True] * MAX_SPEAKERS + [False]
    assert len(stage.speakers.waiting) == MAX_SPEAKERS


async def test_of_too_many_discovered_speakers_the_first_that_left_is_forgotten(stage: Stage) -> None:
    """Those that are connected stay: a client that connects again and again under other names can't push them out."""
    speakers = stage.speakers
    infos = [SpeakerInfo(player_id=f"s{number}", kind="snapcast", name="x") for number in range(MAX_SPEAKERS + 3)]
    discovered: list[str] = []
    forgotten: list[str] = []
    speakers.discovered.subscribe(lambda info: discovered.append(info.player_id))
    speakers.forgotten.subscribe(forgotten.append)
    first = infos[:MAX_SPEAKERS]
    drivers = [stage.driver() for _ in first]
    for info, driver in zip(first, drivers, strict=True):
        speakers.accept(info, driver, "")
    speakers.announce(infos[-3])
    assert (len(discovered), forgotten) == (MAX_SPEAKERS, [])
    for number in (2, 1):
        speakers.mark_disconnected(f"s{number}", drivers[number])
    for info in infos[-2:]:
        speakers.announce(info)
    assert forgotten == ["s1", "s2"]
    assert discovered[MAX_SPEAKERS:] == [info.player_id for info in infos[-2:]]
    waiting = {info.player_id for info in speakers.waiting}
    assert waiting == {info.player_id for info in (*first, *infos[-2:])} - {"s1", "s2"}


async def test_a_forgotten_speaker_has_no_state(stage: Stage) -> None:
    speakers = stage.speakers
    for number in range(MAX_SPEAKERS + 1):
        info = SpeakerInfo(player_id=f"s{number}", kind="sendspin", name="x")
        speakers.announce(info)
        speakers.set_state(info.player_id, "incompatible")
    assert speakers.state_of("s1") == "incompatible"
    speakers.set_state("s0", "incompatible")
    assert speakers.state_of("s0") == "disconnected"
