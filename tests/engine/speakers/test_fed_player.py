"""A player whose speaker is fed, at a real hub in real time."""

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
from custom_components.moosicbox.engine.speakers.speakers import MAX_SPEAKERS, SpeakerInfo

from . import sound
from .stage import RecordingOutput, Stage, same

pytestmark = pytest.mark.process

MILLISECOND_US = 1_000
DUCKING_DB = 12
BLOCK = 1_000


async def queue(house: Stage, player_id: str, *names: str) -> None:
    for name in names:
        await house.do(QueueAdd(player_id=player_id, media_content_id=name))


async def play(house: Stage, player_id: str, *names: str) -> None:
    await queue(house, player_id, *names)
    await house.do(PlaybackCommand(player_id=player_id, command="play"))


async def test_plays_an_item_to_its_end(house: Stage) -> None:
    output = await house.add("den")
    await play(house, "den", "first.flac")
    await house.until(lambda: house.reported("den", state="playing"))
    # The order after the welcome, to stop, may have been replaced before it was executed.
    timeline, ended = house.player("den").solo_playback.timeline, output.ended
    await house.until(lambda: house.finished("den"))
    assert same(output.samples, sound.noise()[: sound.CUT])
    assert min(output.gaps_us) >= -1
    # It began when the hub said, or later, as on a busy machine.
    started_us = output.sent[0].play_at_us
    assert started_us >= timeline.anchor_us
    assert house.player("den").solo_playback.timeline.state == "idle"
    await house.until(lambda: output.ended > ended)
    await house.until(lambda: output.shown[-1] == (None, False))
    assert output.shown == [(None, False), ("first.flac", False), ("first.flac", True), (None, False)]


async def test_an_album_has_no_gaps(house: Stage) -> None:
    output = await house.add("den")
    await play(house, "den", "first.flac", "second.flac")
    await house.until(lambda: house.reported("den", state="playing"))
    first, second = (item.queue_item_id for item in house.player("den").solo_playback.queue.items)
    assert house.reported("den", queue_item_id=first)
    await house.until(lambda: house.reported("den", state="playing", queue_item_id=second))
    await house.until(lambda: house.finished("den"))
    assert same(output.samples, sound.noise())
    assert min(output.gaps_us) >= -1
    states = [item.state for item in house.player("den").solo_playback.queue.items]
    assert states == ["played", "played"]


async def test_plays_as_loud_as_the_hub_says(house: Stage) -> None:
    house.files.tracks["second.flac"] = {"track_gain": -6.0}
    output = await house.add("den")
    await play(house, "den", "first.flac", "second.flac")
    await house.until(lambda: house.finished("den"))
    quieter = sound.amplified(sound.noise()[sound.CUT :], -6.0)
    assert sound.close(output.samples, np.concatenate([sound.noise()[: sound.CUT], quieter]))


async def test_crossfades(house: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tracks are too short for the fade that is set; its length is a part of theirs."""
    monkeypatch.setattr(playback, "HANDOVER_US", 900 * MILLISECOND_US)
    house.hub.shared_limits.replace(Limits(crossfade=2))
    length = len(sound.noise()) - sound.CUT
    house.files.tracks = {
        "whole.flac": {"duration": sound.SECONDS},
        "second.flac": {"duration": length / sound.RATE},
    }
    output = house.output()
    output.ahead_us = 400 * MILLISECOND_US
    # On a slow machine, the first track would begin late, and the fade early in it.
    output.lead_us = 1_000 * MILLISECOND_US
    await house.add("den", output)
    await play(house, "den", "whole.flac", "second.flac")
    await house.until(lambda: house.finished("den"))
    place = next(number for number, sent in enumerate(output.sent) if sent.chunk.start < 0)
    begins = output.sent[place - 1].chunk.end - output.sent[place].chunk.start
    seconds = playback.MAX_CROSSFADE * length / sound.RATE
    assert begins / sound.RATE == pytest.approx(sound.SECONDS - seconds, abs=0.001)
    before, after = sound.noise(), sound.noise()[sound.CUT :]
    mixed = sound.faded(before[begins:], after, len(before[begins:]) / sound.RATE)
    assert sound.close(output.samples, np.concatenate([before[:begins], mixed, after[len(mixed) :]]))
    assert min(output.gaps_us) >= -30


@pytest.mark.parametrize("repeat", ["one", "all"])
async def test_an_item_that_repeats_is_played_to_its_end(house: Stage, repeat: Literal["one", "all"]) -> None:
    output = await house.add("den")
    await house.do(ModeCommand(player_id="den", repeat=repeat))
    await play(house, "den", "whole.flac")
    await house.until(lambda: [sent.chunk.start for sent in output.sent].count(0) > 1)
    await house.until(lambda: len(output.samples) > 1.2 * len(sound.noise()))
    heard, gaps = output.samples, output.gaps_us
    length = len(sound.noise())
    assert same(heard[:length], sound.noise())
    assert same(heard[length:], sound.noise()[: len(heard) - length])
    assert min(gaps) >= -1
    assert max(gaps) <= 1


async def test_pauses_and_goes_on_where_it_was(house: Stage) -> None:
    output = await house.add("den")
    await play(house, "den", "whole.flac")
    await house.until(lambda: house.reported("den", state="playing") and output.is_heard)
    await house.do(PlaybackCommand(player_id="den", command="pause"))
    await house.until(lambda: house.reported("den", state="paused"))
    paused = house.player("den").solo_playback.timeline
    heard_us = max(sent.play_at_us for sent in output.sent)
    assert heard_us < paused.anchor_us
    before = len(output.sent)
    await house.do(PlaybackCommand(player_id="den", command="play"))
    await house.until(lambda: house.finished("den"))
    went_on = output.sent[before]
    assert went_on.chunk.start == round(paused.position * sound.RATE)
    assert same(
        sound.decode(went_on.header, [sent.chunk for sent in output.sent[before:]]),
        sound.noise()[went_on.chunk.start :],
    )


async def test_seeks(house: Stage) -> None:
    output = await house.add("den")
    await play(house, "den", "whole.flac")
    await house.until(lambda: house.reported("den", state="playing"))
    await house.do(SeekCommand(player_id="den", position_seconds=2.0))
    await house.until(lambda: house.finished("den"))
    # A rendering that runs already begins with a whole chunk.
    began = next(sent.chunk.start for sent in output.sent if sent.chunk.start >= 2 * sound.RATE)
    assert began < 2 * sound.RATE + CHUNK_SAMPLES
    assert output.sent[-1].chunk.end == len(sound.noise())


async def test_players_of_a_room_are_in_step(house: Stage) -> None:
    outputs = {name: await house.add(name) for name in ("den", "bath")}
    late = outputs["attic"] = await house.add("attic")
    await house.do(RoomCreate(name="All", id="all"))
    for name in ("den", "bath"):
        await house.do(RoomJoin(room_id="all", player_id=name))
    await house.do(QueueAdd(room_id="all", media_content_id="whole.flac"))
    await house.do(VolumeCommand(player_id="bath", output_delay_ms=80))
    await house.do(PlaybackCommand(room_id="all", command="play"))
    await house.until(lambda: house.reported("den", state="playing") and house.reported("bath", state="playing"))
    await house.do(RoomJoin(room_id="all", player_id="attic"))
    await house.until(lambda: late.sent)
    # One process renders for all of them.
    assert len(house.renderer) == 1
    await house.until(lambda: all(house.finished(name) for name in outputs))
    times = {name: {sent.chunk.start: sent.play_at_us for sent in output.sent} for name, output in outputs.items()}
    assert same(outputs["den"].samples, sound.noise())
    # The loudspeakers of the bath are late.
    assert all(at_us == times["den"][start] - 80 * MILLISECOND_US for start, at_us in times["bath"].items())
    assert len(times["attic"]) > 5
    assert all(at_us == times["den"][start] for start, at_us in times["attic"].items())


async def test_alone_nothing_is_left_out_of_a_late_start(house: Stage) -> None:
    output = house.output()
    output.free_us = house.hub.clock.now_us() + 2_000 * MILLISECOND_US
    await house.add("den", output)
    await play(house, "den", "first.flac")
    await house.until(lambda: house.finished("den"))
    assert output.sent[0].play_at_us >= output.free_us
    assert same(output.samples, sound.noise()[: sound.CUT])


async def test_a_late_player_of_a_room_comes_in_where_the_others_are(house: Stage) -> None:
    busy = house.output()
    outputs = {"den": await house.add("den"), "bath": await house.add("bath", busy)}
    await house.do(RoomCreate(name="All", id="all"))
    for name in outputs:
        await house.do(RoomJoin(room_id="all", player_id=name))
    await house.do(QueueAdd(room_id="all", media_content_id="whole.flac"))
    busy.free_us = house.hub.clock.now_us() + 2_500 * MILLISECOND_US
    await house.do(PlaybackCommand(room_id="all", command="play"))
    await house.until(lambda: all(house.finished(name) for name in outputs))
    times = {sent.chunk.start: sent.play_at_us for sent in outputs["den"].sent}
    assert busy.sent[0].play_at_us >= busy.free_us
    assert all(sent.play_at_us == times[sent.chunk.start] for sent in busy.sent)


async def test_announces_and_goes_on(house: Stage) -> None:
    house.hub.shared_limits.replace(Limits(announcement_ducking=0))
    output = await house.add("den")
    await play(house, "den", "whole.flac")
    await house.until(lambda: house.reported("den", state="playing") and output.sent[-1].chunk.start > 20_000)
    await house.hub.announcements.announce(house.hub.system, house.player("den"), "second.flac")
    await house.until(lambda: output.shown[-1] == ("second.flac", True))
    await house.until(lambda: output.shown[-1] == ("whole.flac", True))
    await house.until(lambda: house.finished("den"))
    assert output.sent[-1].chunk.end == len(sound.noise())


async def test_mixes_an_announcement_with_the_music(house: Stage) -> None:
    output = await house.add("den")
    await play(house, "den", *["whole.flac"] * 4)
    await house.until(lambda: house.reported("den", state="playing") and output.is_heard)
    player = house.player("den")
    await house.hub.announcements.announce(house.hub.system, player, "second.flac")
    mixed = player.mixed_announcement
    assert mixed is not None
    assert mixed.ducking_db == DUCKING_DB
    await house.until(lambda: house.reported("den", ended_announcement_id=mixed.item.queue_item_id))
    await house.until(lambda: player.mixed_announcement is None and output.shown[-1] == ("whole.flac", True))
    await house.until(lambda: house.finished("den"))
    music = np.concatenate([sound.noise()] * 4)
    spoken, heard = sound.noise()[sound.CUT :], output.samples
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
    assert output.heard_us(begin) >= mixed.sync_time_us - MILLISECOND_US


@pytest.mark.parametrize("command", [None, "pause"])
async def test_an_announcement_goes_on_without_music(
    house: Stage, command: Literal["pause"] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The music is over, or is paused, before the announcement begins, or while it speaks."""
    monkeypatch.setattr(announcements, "FED_MUSIC_US", 0)
    output = await house.add("den")
    await play(house, "den", "whole.flac")
    await house.until(lambda: house.reported("den", state="playing") and output.is_heard)
    player = house.player("den")
    await house.hub.announcements.announce(house.hub.system, player, "second.flac")
    mixed = player.mixed_announcement
    assert mixed is not None
    if command is not None:
        await house.do(PlaybackCommand(player_id="den", command=command))
    await house.until(lambda: house.reported("den", ended_announcement_id=mixed.item.queue_item_id))
    # It may be a moment later than its time when it is opened.
    spoken = sound.noise()[sound.CUT + BLOCK :]
    assert same(output.samples[-len(spoken) :], spoken)
    assert player.active_playback.timeline.state == ("idle" if command is None else "paused")


async def test_music_begins_during_an_announcement(house: Stage) -> None:
    output = await house.add("den")
    await play(house, "den", *["whole.flac"] * 4)
    await house.until(lambda: house.reported("den", state="playing") and output.is_heard)
    player = house.player("den")
    await house.hub.announcements.announce(house.hub.system, player, "second.flac")
    mixed = player.mixed_announcement
    assert mixed is not None
    await house.do(SeekCommand(player_id="den", position_seconds=0.5))
    await house.until(lambda: house.reported("den", ended_announcement_id=mixed.item.queue_item_id))
    await house.until(lambda: house.finished("den"))
    # Some of the music has the announcement in it.
    assert not all(
        sound.close(
            sound.decode(sent.header, [sent.chunk]), sound.noise()[sent.chunk.start : sent.chunk.end].astype(float)
        )
        for sent in output.sent
    )


async def test_an_expired_address_is_renewed(house: Stage) -> None:
    output = await house.add("den")
    await queue(house, "den", "first.flac")
    house.files.expired.add("first.flac")
    await house.do(PlaybackCommand(player_id="den", command="play"))
    await house.until(lambda: house.finished("den"))
    assert same(output.samples, sound.noise()[: sound.CUT])


async def test_what_cant_be_played_is_passed_over(house: Stage) -> None:
    output = await house.add("den")
    await play(house, "den", "gone.flac", "first.flac")
    await house.until(lambda: house.finished("den"))
    assert same(output.samples, sound.noise()[: sound.CUT])
    assert [item.state for item in house.player("den").solo_playback.queue.items] == ["skipped", "played"]


async def test_volume_goes_both_ways(house: Stage) -> None:
    output = await house.add("den")
    await house.do(VolumeCommand(player_id="den", volume=0.4))
    await house.until(lambda: output.volumes[-1] == (0.4, False))
    house.speakers.report_volume("den", 0.7, True)
    await house.until(lambda: (house.player("den").volume, house.player("den").muted) == (0.7, True))


async def test_a_speakers_own_volume_isnt_changed_when_it_connects(house: Stage) -> None:
    output = house.output()
    output.volume = (0.25, False)
    await house.add("den", output)
    await house.until(lambda: house.player("den").volume == 0.25)
    assert set(output.volumes) <= {(0.25, False)}


async def test_survives_a_stop_of_the_hub(house: Stage) -> None:
    await house.add("den")
    await house.hub.stop(CloseCode.RESTART, "reload")
    await house.until(lambda: not house.player("den").connected)
    await house.hub.start()
    await house.until(lambda: house.player("den").connected)


async def test_a_removed_speaker_is_silent(house: Stage) -> None:
    output = await house.add("den")
    await play(house, "den", "whole.flac")
    await house.until(lambda: output.sent)
    house.speakers.set_added({})
    await house.until(lambda: not house.player("den").connected and not len(house.renderer))


async def test_a_speaker_that_disconnects_and_comes_back_goes_on(house: Stage) -> None:
    await house.add("den")
    await play(house, "den", "whole.flac")
    first = house.speakers.find("den")
    assert first is not None
    await house.until(lambda: isinstance(first.output, RecordingOutput) and first.output.sent)
    house.speakers.disconnected("den", first.output, "other_server")
    assert house.speakers.state_of("den") == "other_server"
    await house.until(lambda: not house.player("den").connected)
    output = await house.add("den")
    assert house.speakers.state_of("den") == "connected"
    await house.until(lambda: output.sent)
    await house.until(lambda: house.finished("den"))
    assert output.sent[-1].chunk.end == len(sound.noise())


async def test_the_number_of_speakers_is_bounded(house: Stage) -> None:
    infos = [SpeakerInfo(player_id=f"s{number}", kind="snapcast", name="x") for number in range(MAX_SPEAKERS + 1)]
    admitted = [house.speakers.connected(info, house.output(), "") for info in infos]
    assert admitted == [True] * MAX_SPEAKERS + [False]
    assert len(house.speakers.waiting) == MAX_SPEAKERS


async def test_of_too_many_discovered_speakers_the_first_that_left_is_forgotten(house: Stage) -> None:
    """Those that are connected stay: a client that connects again and again under other names can't push them out."""
    speakers = house.speakers
    infos = [SpeakerInfo(player_id=f"s{number}", kind="snapcast", name="x") for number in range(MAX_SPEAKERS + 3)]
    discovered: list[str] = []
    forgotten: list[str] = []
    speakers.discovered.subscribe(lambda info: discovered.append(info.player_id))
    speakers.forgotten.subscribe(forgotten.append)
    first = infos[:MAX_SPEAKERS]
    outputs = [house.output() for _ in first]
    for info, output in zip(first, outputs, strict=True):
        speakers.connected(info, output, "")
    speakers.announce(infos[-3])
    assert (len(discovered), forgotten) == (MAX_SPEAKERS, [])
    for number in (2, 1):
        speakers.disconnected(f"s{number}", outputs[number])
    for info in infos[-2:]:
        speakers.announce(info)
    assert forgotten == ["s1", "s2"]
    assert discovered[MAX_SPEAKERS:] == [info.player_id for info in infos[-2:]]
    waiting = {info.player_id for info in speakers.waiting}
    assert waiting == {info.player_id for info in (*first, *infos[-2:])} - {"s1", "s2"}


async def test_a_forgotten_speaker_has_no_state(house: Stage) -> None:
    speakers = house.speakers
    for number in range(MAX_SPEAKERS + 1):
        info = SpeakerInfo(player_id=f"s{number}", kind="sendspin", name="x")
        speakers.announce(info)
        speakers.set_state(info.player_id, "incompatible")
    assert speakers.state_of("s1") == "incompatible"
    speakers.set_state("s0", "incompatible")
    assert speakers.state_of("s0") == "disconnected"
