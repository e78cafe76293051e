"""Requests for the documents with chapters that feeds name: few, whatever is asked for."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.moosicbox.engine.library.chapters import FAILED_SECONDS, ChapterFinder
from custom_components.moosicbox.engine.library.index.podcasts import Checked
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.podcasts.feed_fetcher import FeedFetcher
from custom_components.moosicbox.engine.library.reader.messages import ChapterStart, FeedEpisode, PodcastFeed
from custom_components.moosicbox.engine.protocol.errors import TrackNotFound

pytestmark = pytest.mark.process

FEED = "http://podcast.example/feed.xml"


@dataclass
class Publisher:
    """A server of a document, whose answer waits until it is released."""

    url: str = ""
    status: int = 200
    requests: int = 0
    requested: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, _request: web.Request) -> web.Response:
        self.requests += 1
        self.requested.set()
        await self.released.wait()
        chapters = [{"startTime": 0, "title": f"Answer {self.requests}"}]
        return web.json_response({"version": "1.2.0", "chapters": chapters}, status=self.status)


@dataclass
class Search:
    """A finder, and the time that it goes by."""

    finder: ChapterFinder
    episode_id: str
    seconds: float = 0.0

    async def titles(self) -> list[str]:
        return [chapter.title for chapter in (await self.finder.find(self.episode_id)).chapters]


@pytest.fixture
async def publisher(socket_enabled: None) -> AsyncGenerator[Publisher]:
    publisher = Publisher()
    app = web.Application()
    app.router.add_get("/chapters.json", publisher.answer)
    async with TestServer(app) as server:
        publisher.url = str(server.make_url("/chapters.json"))
        yield publisher
        publisher.released.set()


@pytest.fixture(params=[(), (ChapterStart("Sea", 0),)], ids=["none in the feed", "one in the feed"])
async def search(library: Library, publisher: Publisher, request: pytest.FixtureRequest) -> AsyncGenerator[Search]:
    """A finder for an episode whose feed names the document."""
    address = "http://podcast.example/a.mp3"
    episode = FeedEpisode(guid="a", url=address, title="A", chapters_url=publisher.url, chapters=request.param)
    await library.put_podcast(FEED, PodcastFeed(title="Tales", episodes=(episode,)), Checked(1, 2))
    async with ClientSession() as session:
        fetcher = FeedFetcher(lambda: session, lambda _url: None)
        found = Search(ChapterFinder(library, fetcher, lambda: found.seconds), "")
        found.episode_id = (await library.get_episodes()).items[0].track_id
        yield found


async def test_searches_at_the_same_time_make_one_request(search: Search, publisher: Publisher) -> None:
    waiting = [asyncio.create_task(search.titles()) for _ in range(5)]
    await publisher.requested.wait()
    publisher.released.set()
    assert await asyncio.gather(*waiting) == [["Answer 1"]] * 5
    assert await search.titles() == ["Answer 1"]
    assert publisher.requests == 1


async def test_a_search_goes_on_for_the_others(search: Search, publisher: Publisher) -> None:
    first, second = asyncio.create_task(search.titles()), asyncio.create_task(search.titles())
    await publisher.requested.wait()
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    publisher.released.set()
    assert await second == ["Answer 1"]
    assert publisher.requests == 1


async def test_a_failure_is_kept_for_a_while(
    search: Search, publisher: Publisher, request: pytest.FixtureRequest
) -> None:
    publisher.released.set()
    publisher.status = 503
    in_feed = await search.titles()
    assert in_feed in ([], ["Sea"])
    publisher.status = 200
    search.seconds = FAILED_SECONDS - 1
    assert await search.titles() == in_feed
    assert publisher.requests == 1
    search.seconds = FAILED_SECONDS
    assert await search.titles() == ["Answer 2"]
    search.seconds = 1e9
    assert await search.titles() == ["Answer 2"], "a success is kept"
    assert publisher.requests == 2


async def test_a_change_of_the_library_makes_a_new_request(
    library: Library, search: Search, publisher: Publisher
) -> None:
    outdated = asyncio.create_task(search.titles())
    await publisher.requested.wait()
    library.changed.emit(None)  # type: ignore[arg-type]
    current = asyncio.create_task(search.titles())
    publisher.requested.clear()
    await publisher.requested.wait()
    publisher.released.set()
    await asyncio.gather(outdated, current)
    assert publisher.requests == 2
    kept = await search.titles()
    assert kept == await current
    assert publisher.requests == 2


async def test_an_unknown_episode_is_refused_each_time(search: Search) -> None:
    for _ in range(2):
        with pytest.raises(TrackNotFound):
            await search.finder.find("ep-unknown")
