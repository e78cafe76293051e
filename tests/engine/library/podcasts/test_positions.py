"""Where users stopped listening, in virtual time: kept while an episode plays, and taken up on any player."""

import pytest

from custom_components.moosicbox.engine.library.index.podcasts import Checked
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.models import Episode
from custom_components.moosicbox.engine.library.reader.messages import FeedEpisode, PodcastFeed
from custom_components.moosicbox.engine.protocol.client import PlaybackCommand, QueueAdd, SeekCommand
from custom_components.moosicbox.engine.protocol.library_request import LibraryRequest

from .listening import BEN, HOUR, Listening


@pytest.fixture
async def tide(library: Library) -> Episode:
    episodes = tuple(
        FeedEpisode(guid=str(n), url=f"http://podcast.example/{n}.mp3", title=f"Tide {n}", duration=HOUR)
        for n in range(2)
    )
    await library.put_podcast(
        "http://podcast.example/feed.xml", PodcastFeed(title="Tales", episodes=episodes), Checked(1, 2)
    )
    return (await library.get_episodes(sort="title")).items[0]


async def test_positions_are_kept_while_an_episode_plays(listening: Listening, tide: Episode) -> None:
    assert await listening.play(tide) == 0
    await listening.listen(100)
    # Without a pause or an end: the hub could be killed now.
    position, played = await listening.position(tide)
    assert 88 <= position <= 101
    assert not played


async def test_an_episode_goes_on_on_another_player(listening: Listening, tide: Episode) -> None:
    await listening.play(tide)
    await listening.listen(600)
    await listening.do(PlaybackCommand(player_id="kitchen", command="pause"))
    stopped = (await listening.position(tide)).position
    assert 599 <= stopped <= 601
    assert await listening.play(tide, "bath") == pytest.approx(stopped, abs=0.01)
    assert await listening.play(tide, "bath", BEN) == 0


async def test_the_household_goes_on_where_automations_play(listening: Listening, tide: Episode) -> None:
    await listening.play(tide, who=BEN)
    await listening.listen(60)
    await listening.do(PlaybackCommand(player_id="kitchen", command="stop"), BEN)
    household = (await listening.position(tide, None)).position
    assert 59 <= household <= 61
    assert await listening.play(tide, "bath", listening.hub.system) == pytest.approx(household, abs=0.01)


async def test_an_end_marks_an_episode_as_played_and_it_begins_anew(listening: Listening, tide: Episode) -> None:
    await listening.play(tide)
    await listening.do(SeekCommand(player_id="kitchen", position_seconds=HOUR - 20))
    await listening.listen(15)
    await listening.do(PlaybackCommand(player_id="kitchen", command="stop"))
    assert await listening.position(tide) == (0, True)
    assert await listening.play(tide) == 0


async def test_a_start_may_be_said(listening: Listening, tide: Episode) -> None:
    await listening.play(tide)
    await listening.listen(100)
    item = listening.playback("kitchen").current
    assert item is not None
    start = PlaybackCommand(player_id="kitchen", command="play", queue_item_id=item.queue_item_id, start_position=0.0)
    await listening.do(start)
    assert listening.playback("kitchen").timeline.position == 0


async def test_songs_begin_at_their_beginning(listening: Listening, library: Library, tide: Episode) -> None:
    await listening.do(QueueAdd(player_id="kitchen", track_ids=("song",), place="replace", play=True))
    await listening.listen(60)
    await listening.do(PlaybackCommand(player_id="kitchen", command="stop"))
    await listening.do(QueueAdd(player_id="kitchen", track_ids=("song",), place="replace", play=True))
    assert listening.playback("kitchen").timeline.position == 0


async def test_marks_of_users_and_of_the_household(listening: Listening, library: Library, tide: Episode) -> None:
    await listening.do(LibraryRequest(request_type="set_played", id=tide.track_id, mine=True))
    shown = (await listening.do(LibraryRequest(request_type="get_podcast", id=tide.podcast_id)))["item"]
    assert [(each.title, each.my_played, each.played) for each in shown.tracks if each.title == "Tide 0"] == [
        ("Tide 0", True, False)
    ]
    await listening.do(LibraryRequest(request_type="set_played", id=tide.track_id))
    (first, _) = (await listening.do(LibraryRequest(request_type="get_episodes", sort="title"), BEN))["items"]
    assert (first.played, first.my_played) == (True, False)
    await listening.do(LibraryRequest(request_type="set_played", id=tide.track_id, played=False))
    assert not (await library.episode(tide.track_id)).played
    await library.people.forget("ada")
    assert await listening.position(tide) == (0, False)


async def test_an_episode_of_a_restored_queue_is_known_by_its_address(listening: Listening, tide: Episode) -> None:
    await listening.play(tide)
    item = listening.playback("kitchen").current
    assert item is not None
    assert item.track.media_content_id == "http://podcast.example/0.mp3"


async def test_a_stopped_episode_keeps_its_place_when_another_item_plays(listening: Listening, tide: Episode) -> None:
    await listening.play(tide)
    await listening.listen(600)
    await listening.do(PlaybackCommand(player_id="kitchen", command="stop"))
    await listening.do(QueueAdd(player_id="kitchen", track_ids=("one",), place="replace", play=True))
    await listening.listen(60)
    assert await listening.play(tide) == pytest.approx(600, abs=1)
