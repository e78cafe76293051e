"""Episodes at another speed, in virtual time: positions, ends, sleep timers and hand-overs are those of the item."""

import pytest

from custom_components.moosicbox.engine.library.index.podcasts import Checked
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.models import Episode
from custom_components.moosicbox.engine.library.reader.messages import ChapterStart, FeedEpisode, PodcastFeed
from custom_components.moosicbox.engine.playback.playback import HANDOVER_US
from custom_components.moosicbox.engine.playback.saved_state import capture_playback
from custom_components.moosicbox.engine.protocol.client import (
    ModeCommand,
    PlaybackCommand,
    PlayerReport,
    QueueAdd,
    RoomCreate,
    RoomJoin,
    SeekCommand,
    VolumeCommand,
)
from custom_components.moosicbox.engine.protocol.errors import NotSupported
from custom_components.moosicbox.engine.protocol.household import SetSleepTimer

from .listening import ADA, HOUR, Listening

STARTS = (ChapterStart("Sea", 0), ChapterStart("Moon", 1_500))


@pytest.fixture
async def tides(library: Library, listening: Listening) -> tuple[Episode, ...]:
    """Two episodes of an hour, and a player `radio` that can change the speed."""
    listening.connect(ADA, player_id="radio", capabilities=("pause", "seek", "speed"))
    episodes = tuple(
        FeedEpisode(
            guid=str(n), url=f"http://podcast.example/{n}.mp3", title=f"Tide {n}", duration=HOUR, chapters=STARTS
        )
        for n in range(2)
    )
    await library.put_podcast(
        "http://podcast.example/feed.xml", PodcastFeed(title="Tales", episodes=episodes), Checked(1, 2)
    )
    return (await library.get_episodes(sort="title")).items


async def set_speed(listening: Listening, speed: float, player: str = "radio") -> None:
    await listening.do(ModeCommand(player_id=player, speed=speed))


def position(listening: Listening) -> float:
    return listening.playback("radio").timeline.position_at(listening.clock.now_us())


async def test_the_position_moves_at_the_speed(listening: Listening, tides: tuple[Episode, ...]) -> None:
    await listening.play(tides[0], "radio")
    await listening.listen(100)
    await set_speed(listening, 1.5)
    await listening.listen(100)
    assert position(listening) == pytest.approx(250, abs=0.2)
    await listening.do(SeekCommand(player_id="radio", position_seconds=1_000))
    await listening.listen(10)
    assert position(listening) == pytest.approx(1_015, abs=0.2)
    await listening.do(PlaybackCommand(player_id="radio", command="pause"))
    kept = (await listening.position(tides[0])).position
    assert kept == pytest.approx(1_015, abs=0.3)
    await set_speed(listening, 0.5)
    await listening.do(PlaybackCommand(player_id="radio", command="play"))
    await listening.listen(10)
    assert position(listening) == pytest.approx(1_020, abs=0.3)


@pytest.mark.parametrize("speed", [0.5, 1, 2])
async def test_a_delay_moves_reported_positions_by_the_speed(
    listening: Listening, tides: tuple[Episode, ...], speed: float
) -> None:
    """A report of a player that is in time moves nothing."""
    await listening.do(VolumeCommand(player_id="radio", output_delay_ms=2_000))
    await set_speed(listening, speed)
    await listening.play(tides[0], "radio")
    playback, player = listening.playback("radio"), listening.hub.players.get("radio")
    timeline = playback.timeline
    now_us = timeline.anchor_us + 60_000_000
    await listening.listen((now_us - listening.clock.now_us()) / 1e6)
    assert playback.current is not None
    # The player decodes what its loudspeakers make audible two seconds later.
    decoded = timeline.position_at(now_us + 2_000_000)
    listening.hub.players.report(
        player,
        PlayerReport(
            state="playing",
            queue_item_id=playback.current.queue_item_id,
            position_seconds=decoded,
            at_us=now_us,
        ),
    )
    assert playback.timeline == timeline
    assert player.report is not None
    assert player.report.position_seconds == pytest.approx(60 * speed)


async def test_the_next_item_follows_at_its_speed(listening: Listening, tides: tuple[Episode, ...]) -> None:
    await set_speed(listening, 2)
    track_ids = (tides[0].track_id, tides[1].track_id, "one")
    await listening.do(QueueAdd(player_id="radio", track_ids=track_ids, play=True))
    playback = listening.playback("radio")
    # Half an hour; the next item is handed over in time.
    await listening.listen(1_800 - HANDOVER_US / 1e6 + 0.5)
    assert (playback.order is not None and playback.order.position, playback.rate) == (0, 2)
    await listening.listen(60 + HANDOVER_US / 1e6)
    assert playback.current is not None
    assert playback.current.track.title == "Tide 1"
    assert position(listening) == pytest.approx(120, abs=2)
    # Music plays at its own speed.
    await listening.do(PlaybackCommand(player_id="radio", command="next"))
    assert playback.timeline.rate == 1
    assert playback.speed == 2


async def test_chapters_and_sleep_timers_come_sooner(listening: Listening, tides: tuple[Episode, ...]) -> None:
    await listening.play(tides[0], "radio")
    await listening.do(SetSleepTimer(player_id="radio", until="chapter", fade_seconds=0))
    await set_speed(listening, 3)
    await listening.listen(495)
    assert listening.playback("radio").is_active
    await listening.listen(10)
    timeline = listening.playback("radio").timeline
    assert (timeline.state, timeline.position) == ("paused", pytest.approx(1_500, abs=0.1))


async def test_devices_that_cannot_say_why(listening: Listening, tides: tuple[Episode, ...]) -> None:
    # One that declares nothing is taken for one that can everything else.
    with pytest.raises(NotSupported, match="has not declared"):
        await set_speed(listening, 1.5, "kitchen")
    await set_speed(listening, 1, "kitchen")
    await listening.do(RoomCreate(name="Upstairs", id="upstairs"))
    with pytest.raises(NotSupported, match="several devices"):
        await listening.do(ModeCommand(room_id="upstairs", speed=1.5))
    await listening.do(RoomJoin(room_id="upstairs", player_id="radio"))
    with pytest.raises(NotSupported, match="several devices"):
        await set_speed(listening, 1.5)


async def test_a_client_without_the_capability_sets_it_back(listening: Listening, tides: tuple[Episode, ...]) -> None:
    await set_speed(listening, 1.5)
    assert capture_playback(listening.playback("radio")).speed == 1.5
    listening.connect(ADA, player_id="radio", capabilities=("pause", "seek"))
    assert listening.playback("radio").speed == 1
