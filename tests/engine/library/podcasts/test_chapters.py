"""Chapters of what plays, in virtual time: followed, gone to, and ended with by a sleep timer."""

import asyncio
from collections.abc import AsyncGenerator

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.moosicbox.engine.library.chapters import ChapterFinder
from custom_components.moosicbox.engine.library.index.podcasts import Checked
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.models import Episode
from custom_components.moosicbox.engine.library.podcasts.feed_fetcher import FeedFetcher
from custom_components.moosicbox.engine.library.reader.messages import ChapterStart, FeedEpisode, PodcastFeed
from custom_components.moosicbox.engine.playback.render import current_chapter
from custom_components.moosicbox.engine.protocol.client import ChapterCommand, PlaybackCommand, SeekCommand
from custom_components.moosicbox.engine.protocol.errors import InvalidMessage, NotSupported
from custom_components.moosicbox.engine.protocol.household import SetSleepTimer
from custom_components.moosicbox.engine.protocol.library_request import LibraryRequest
from custom_components.moosicbox.engine.protocol.types import CurrentChapter

from .listening import HOUR, Listening

FEED = "http://podcast.example/feed.xml"
STARTS = (ChapterStart("Sea", 0), ChapterStart("", 600), ChapterStart("The Moon", 1_500))


@pytest.fixture
async def tides(library: Library) -> tuple[Episode, ...]:
    """Two episodes; the first one has chapters."""
    episodes = tuple(
        FeedEpisode(
            guid=str(n), url=f"http://podcast.example/{n}.mp3", title=f"Tide {n}", duration=HOUR, chapters=chapters
        )
        for n, chapters in enumerate((STARTS, ()))
    )
    await library.put_podcast(FEED, PodcastFeed(title="Tales", episodes=episodes), Checked(1, 2))
    return (await library.get_episodes(sort="title")).items


def chapter(listening: Listening) -> CurrentChapter | None:
    found = current_chapter(listening.playback("kitchen"))
    return found if isinstance(found, CurrentChapter) else None


def number(listening: Listening) -> int | None:
    found = chapter(listening)
    return None if found is None else found.number


async def test_each_chapter_is_published_when_it_begins(listening: Listening, tides: tuple[Episode, ...]) -> None:
    await listening.play(tides[0])
    assert chapter(listening) == CurrentChapter(title="Sea", start=0, end=600, number=1, count=3)
    seen = []
    listening.hub.publisher.playback_event.subscribe(lambda context, _event: seen.append(number(listening)))
    await listening.listen(599)
    assert set(seen) <= {1}
    await listening.listen(2)
    assert chapter(listening) == CurrentChapter(title="", start=600, end=1_500, number=2, count=3)
    assert seen[-1] == 2
    await listening.do(SeekCommand(player_id="kitchen", position_seconds=1_600))
    assert chapter(listening) == CurrentChapter(title="The Moon", start=1_500, end=HOUR, number=3, count=3)
    await listening.play(tides[1])
    assert chapter(listening) is None


async def test_commands_go_to_chapters(listening: Listening, tides: tuple[Episode, ...]) -> None:
    await listening.play(tides[0])

    async def go(**fields: object) -> tuple[int, float]:
        result = await listening.do(ChapterCommand(player_id="kitchen", **fields))  # type: ignore[arg-type]
        return result["chapter"].number, listening.playback("kitchen").timeline.position

    assert await go(number=2) == (2, 600)
    assert await go(title="moon") == (3, 1_500)
    await listening.listen(60)
    assert await go(step="previous") == (3, 1_500)
    assert await go(step="previous") == (2, 600)
    assert await go(step="previous") == (1, 0)
    assert await go(step="previous") == (1, 0)
    assert await go(step="next") == (2, 600)
    await go(step="next")
    for fields in ({"step": "next"}, {"number": 4}, {"title": "sun"}, {}, {"number": 1, "title": "Sea"}):
        with pytest.raises(InvalidMessage):
            await go(**fields)
    assert listening.playback("kitchen").is_active


async def test_what_has_no_chapters_says_so(listening: Listening, tides: tuple[Episode, ...]) -> None:
    with pytest.raises(NotSupported):
        await listening.do(ChapterCommand(player_id="kitchen", number=1))
    await listening.play(tides[1])
    with pytest.raises(NotSupported, match="“Tide 1” has no chapters"):
        await listening.do(ChapterCommand(player_id="kitchen", number=1))
    with pytest.raises(NotSupported, match="“Tide 1” has no chapters"):
        await listening.do(SetSleepTimer(player_id="kitchen", until="chapter"))


async def test_the_library_lists_chapters(listening: Listening, tides: tuple[Episode, ...]) -> None:
    found = await listening.do(LibraryRequest(request_type="get_chapters", id=tides[0].track_id))
    assert found["item"].source == "feed"
    assert [(each.title, each.start) for each in found["item"].chapters] == [("Sea", 0), ("", 600), ("The Moon", 1_500)]
    found = await listening.do(LibraryRequest(request_type="get_chapters", id=tides[1].track_id))
    assert (found["item"].source, found["item"].chapters) == (None, ())


async def test_the_music_stops_where_the_chapter_ends(listening: Listening, tides: tuple[Episode, ...]) -> None:
    await listening.play(tides[0])
    await listening.listen(100)
    answer = await listening.do(SetSleepTimer(player_id="kitchen", until="chapter", fade_seconds=20))
    assert answer["ends_at"] is not None
    await listening.do(SeekCommand(player_id="kitchen", position_seconds=700))
    await listening.listen(799)
    assert listening.playback("kitchen").is_active
    await listening.listen(3)
    timeline = listening.playback("kitchen").timeline
    assert timeline.state == "paused"
    assert timeline.position == pytest.approx(1_500, abs=0.05)
    assert list(listening.hub.household.sleep_timers) == []
    # It goes on with the next chapter, without a second stop.
    await listening.do(PlaybackCommand(player_id="kitchen", command="play"))
    await listening.listen(60)
    assert listening.playback("kitchen").is_active
    assert number(listening) == 3


async def test_the_last_chapter_ends_with_the_episode(listening: Listening, tides: tuple[Episode, ...]) -> None:
    await listening.play(tides[0])
    await listening.do(ChapterCommand(player_id="kitchen", number=3))
    await listening.do(SetSleepTimer(player_id="kitchen", until="chapter", fade_seconds=0))
    await listening.listen(2_099)
    assert listening.playback("kitchen").is_active
    await listening.listen(3)
    assert not listening.playback("kitchen").is_active


async def test_a_timer_of_a_paused_item_waits(listening: Listening, tides: tuple[Episode, ...]) -> None:
    await listening.play(tides[0])
    await listening.do(SetSleepTimer(player_id="kitchen", until="chapter", fade_seconds=0))
    await listening.do(PlaybackCommand(player_id="kitchen", command="pause"))
    await listening.listen(2_000)
    await listening.do(PlaybackCommand(player_id="kitchen", command="play"))
    await listening.listen(590)
    assert listening.playback("kitchen").is_active
    await listening.listen(20)
    assert listening.playback("kitchen").timeline.position == pytest.approx(600, abs=0.05)


@pytest.fixture
async def document(socket_enabled: None) -> AsyncGenerator[tuple[str, list[object]]]:
    """The address of a document with chapters, and what it has."""
    entries: list[object] = [{"startTime": 0, "title": "Tide"}, {"startTime": 50, "title": "Moon"}]

    async def answer(_request: web.Request) -> web.Response:
        await asyncio.sleep(0)
        return web.json_response({"version": "1.2.0", "chapters": entries})

    app = web.Application()
    app.router.add_get("/chapters.json", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("/chapters.json")), entries


@pytest.mark.process
async def test_a_document_that_the_feed_names_counts_before_the_feed(
    library: Library, document: tuple[str, list[object]]
) -> None:
    url, entries = document
    episode = FeedEpisode(guid="a", url="http://podcast.example/a.mp3", title="A", chapters_url=url, chapters=STARTS)
    await library.put_podcast(FEED, PodcastFeed(title="Tales", episodes=(episode,)), Checked(1, 2))
    episode_id = (await library.get_episodes()).items[0].track_id
    async with ClientSession() as session:
        finder = ChapterFinder(library, FeedFetcher(lambda: session, lambda _url: None))
        found = await finder.find(episode_id)
        assert (found.source, [each.title for each in found.chapters]) == ("online", ["Tide", "Moon"])
        # A long document is refused; the feed's own chapters are left.
        library.changed.emit(None)  # type: ignore[arg-type]
        entries += [{"startTime": n, "title": "x" * 1_000} for n in range(2_000)]
        assert (await finder.find(episode_id)).source == "feed"
