"""Podcasts over real connections and in virtual time: subscribing, hostile feeds, and reading feeds when they are due."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

from aiohttp import ClientSession
import pytest

from custom_components.moosicbox.engine.background import BackgroundTasks
from custom_components.moosicbox.engine.library.index import podcasts as index
from custom_components.moosicbox.engine.library.index.lists import OwnFilters
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.podcasts.feed_fetcher import FeedFetcher
from custom_components.moosicbox.engine.library.podcasts.podcasts import (
    JITTER,
    MAX_REFRESH_SECONDS,
    REFRESH_SECONDS,
    Podcasts,
)
from custom_components.moosicbox.engine.library.reader.feeds import MAX_DESCRIPTION, parse_feed
from custom_components.moosicbox.engine.library.reader.messages import PodcastFeed
from custom_components.moosicbox.engine.protocol.errors import (
    HubError,
    InvalidMessage,
    NotSupported,
    PermissionDenied,
    TrackNotFound,
    Unavailable,
)
from custom_components.moosicbox.engine.protocol.library_request import Filters
from custom_components.moosicbox.engine.timers import Timers
from tests.engine.fakes import SECOND, ManualClock

from .feeds import BOMB, Publisher, episode, feed

pytestmark = pytest.mark.process

FAVOURITE = Filters(favourite=True)
LONGEST = REFRESH_SECONDS * (1 + JITTER) + 1


def require_allowed(url: str) -> None:
    if "forbidden" in url:
        raise PermissionDenied("Not there")


class Setup:
    """Podcasts, their publisher and their time."""

    def __init__(self, library: Library, session: ClientSession, publisher: Publisher) -> None:
        self.library, self.publisher = library, publisher
        self.clock, self.timers, self.tasks = ManualClock(), Timers(), BackgroundTasks()
        fetcher = FeedFetcher(lambda: session, require_allowed)
        self.podcasts = Podcasts(library, fetcher, self.timers, self.clock, self.tasks.spawn)

    async def done(self) -> None:
        while tasks := list(self.tasks):
            await asyncio.gather(*tasks)

    async def pass_seconds(self, seconds: float) -> None:
        end_us = self.clock.time_us + round(seconds * SECOND)
        while (due_us := self.timers.next_due_us) is not None and due_us <= end_us:
            self.clock.time_us = max(self.clock.time_us, due_us)
            self.timers.run(self.clock.time_us)
            await self.done()
        self.clock.time_us = end_us

    async def titles(self) -> list[str]:
        return [found.title for found in (await self.library.get_episodes()).items]


@pytest.fixture
async def setup(library: Library, socket_enabled: None) -> AsyncGenerator[Setup]:
    publisher = Publisher()
    await publisher.server.start_server()
    async with ClientSession() as session:
        setup = Setup(library, session, publisher)
        setup.podcasts.start()
        await setup.done()
        yield setup
        setup.podcasts.stop()
        await setup.tasks.cancel()
    await publisher.server.close()


async def test_a_podcast_is_added_with_the_rights_of_its_time(setup: Setup, library: Library) -> None:
    def require_right() -> None:
        raise PermissionDenied("No administrator any more")

    with pytest.raises(PermissionDenied):
        await setup.podcasts.subscribe(setup.publisher.url(), require_right)
    assert library.counts.podcasts == 0


async def test_a_right_that_is_lost_while_the_feed_is_parsed(
    setup: Setup, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    parse, is_administrator = library.reader.parse_feed, [True]

    async def parse_slowly(url: str, data: bytes) -> PodcastFeed | None:
        found = await parse(url, data)
        is_administrator.clear()
        return found

    def require_right() -> None:
        if not is_administrator:
            raise PermissionDenied("No administrator any more")

    monkeypatch.setattr(library.reader, "parse_feed", parse_slowly)
    with pytest.raises(PermissionDenied):
        await setup.podcasts.subscribe(setup.publisher.url(), require_right)
    assert library.counts.podcasts == 0


async def test_a_subscription_adds_the_podcast_and_its_episodes(setup: Setup, library: Library) -> None:
    podcast = await setup.podcasts.subscribe(setup.publisher.url())
    assert (podcast.title, podcast.author, podcast.episode_count, podcast.error) == ("Tidal Tales", "Ana", 2, None)
    assert podcast.artwork_url == "http://podcast.example/cover.jpg"
    newest = podcast.tracks[0]
    assert (newest.title, newest.album, newest.artist, newest.duration) == ("Tide 2", "Tidal Tales", "Ana", 3_600)
    assert newest.published_at == "2026-11-03T06:00:00.000Z"
    assert newest.description == "About tides\nand moons"
    assert newest.media_content_id == "http://podcast.example/2.mp3"
    assert (library.counts.podcasts, library.counts.episodes) == (1, 2)
    hits = [(hit.kind, hit.item) for hit in (await library.search("tidal tales")).items]
    assert hits[0][0] == "podcast"
    assert [hit.kind for hit in (await library.search("tide 2", ["episode"])).items][:1] == ["episode"]
    again = await setup.podcasts.subscribe(setup.publisher.url())
    assert again.podcast_id == podcast.podcast_id
    assert library.counts.podcasts == 1


async def test_a_scan_leaves_podcasts_alone(setup: Setup, library: Library, music: Path) -> None:
    await setup.podcasts.subscribe(setup.publisher.url("/moved"))
    await library.scan()
    assert await setup.titles() == ["Tide 2", "Tide 1"]


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/endless", InvalidMessage),
        ("/zipped", InvalidMessage),
        ("/circle", InvalidMessage),
        ("/away", InvalidMessage),
        ("/file", InvalidMessage),
        ("/nothing", InvalidMessage),
        ("/bomb", NotSupported),
        ("/page", NotSupported),
    ],
)
async def test_hostile_feeds_are_refused(setup: Setup, library: Library, path: str, error: type[HubError]) -> None:
    with pytest.raises(error):
        await setup.podcasts.subscribe(setup.publisher.url(path))
    assert library.counts.podcasts == 0
    # The reader lives on, and the next feed is read.
    assert (await setup.podcasts.subscribe(setup.publisher.url())).episode_count == 2


async def test_a_feed_without_sound_is_none(setup: Setup) -> None:
    setup.publisher.body = feed()
    with pytest.raises(NotSupported):
        await setup.podcasts.subscribe(setup.publisher.url())


async def test_a_feed_is_read_again_when_it_is_due(setup: Setup) -> None:
    assert setup.timers.next_due_us is None
    setup.publisher.etag = '"1"'
    await setup.podcasts.subscribe(setup.publisher.url())
    await setup.pass_seconds(REFRESH_SECONDS * (1 - JITTER) - 2)
    assert len(setup.publisher.requested) == 1
    await setup.pass_seconds(2 * JITTER * REFRESH_SECONDS + 4)
    assert (len(setup.publisher.requested), setup.publisher.unchanged) == (2, 1)
    setup.publisher.etag, setup.publisher.body = '"2"', feed(episode(1, title="Tide one"), episode(2), episode(3))
    await setup.pass_seconds(LONGEST)
    # The first episode has another title, but is the same.
    assert await setup.titles() == ["Tide 3", "Tide 2", "Tide one"]


async def test_feeds_are_read_although_the_index_was_locked(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    await setup.podcasts.subscribe(setup.publisher.url())

    async def next_podcast_due() -> float | None:
        raise Unavailable("The index is locked")

    with monkeypatch.context() as locked:
        locked.setattr(setup.library, "next_podcast_due", next_podcast_due)
        await setup.pass_seconds(LONGEST)
    assert len(setup.publisher.requested) == 2
    await setup.pass_seconds(REFRESH_SECONDS + LONGEST)
    assert len(setup.publisher.requested) >= 3


async def test_a_failing_feed_is_read_more_seldom_and_keeps_its_episodes(setup: Setup, library: Library) -> None:
    podcast = await setup.podcasts.subscribe(setup.publisher.url())
    setup.publisher.status = 500
    await setup.pass_seconds(LONGEST)
    failing = await library.podcast(podcast.podcast_id)
    assert failing.error == "The status of the response is 500"
    assert len(failing.tracks) == 2
    before = len(setup.publisher.requested)
    await setup.pass_seconds(10 * MAX_REFRESH_SECONDS)
    assert 7 <= len(setup.publisher.requested) - before <= 16
    setup.publisher.status = 200
    await setup.podcasts.refresh(podcast.podcast_id)
    assert (await library.podcast(podcast.podcast_id)).error is None
    setup.publisher.body = BOMB
    await setup.podcasts.refresh()
    assert len((await library.podcast(podcast.podcast_id)).tracks) == 2


async def test_nothing_is_due_after_the_last_podcast(setup: Setup, library: Library) -> None:
    podcast = await setup.podcasts.subscribe(setup.publisher.url())
    assert setup.timers.next_due_us is not None
    await setup.podcasts.unsubscribe(podcast.podcast_id)
    assert setup.timers.next_due_us is None
    assert (await library.get_episodes()).total == 0
    assert (await library.search("tide")).items == ()
    for attempt in (setup.podcasts.unsubscribe(podcast.podcast_id), setup.podcasts.refresh(podcast.podcast_id)):
        with pytest.raises(TrackNotFound):
            await attempt


async def test_a_feed_that_became_due_meanwhile_is_read_after_a_restart(setup: Setup) -> None:
    await setup.podcasts.subscribe(setup.publisher.url())
    setup.podcasts.stop()
    await setup.pass_seconds(10 * LONGEST)
    assert len(setup.publisher.requested) == 1
    setup.podcasts.start()
    await setup.done()
    await setup.pass_seconds(2)
    assert len(setup.publisher.requested) == 2


async def test_subscriptions_and_episodes_are_bounded(
    setup: Setup, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "MAX_PODCASTS", 1)
    monkeypatch.setattr(index, "MAX_EPISODES", 1)
    podcast = await setup.podcasts.subscribe(setup.publisher.url())
    assert [found.title for found in podcast.tracks] == ["Tide 2"]
    with pytest.raises(Unavailable):
        await setup.podcasts.subscribe(setup.publisher.url("/moved"))


async def test_episodes_are_filtered_by_podcast(setup: Setup, library: Library) -> None:
    podcast = await setup.podcasts.subscribe(setup.publisher.url())
    setup.publisher.body = feed(episode(3), title="Other Tales")
    await setup.podcasts.subscribe(setup.publisher.url("/moved"))
    found = await library.get_episodes(Filters(podcast=podcast.podcast_id), "title")
    assert [each.title for each in found.items] == ["Tide 1", "Tide 2"]
    assert [each.title for each in (await library.get_podcasts()).items] == ["Other Tales", "Tidal Tales"]


def test_fields_of_a_feed_are_bounded_and_plain() -> None:
    body = feed(
        f"<item><guid>a</guid><title> A\tlong   {'x' * 900}</title><itunes:duration>9999999999</itunes:duration>"
        f"<description>{'word ' * 9_000}</description>"
        '<enclosure url="javascript:alert(1)" type="audio/mpeg"/>'
        '<enclosure url="http://podcast.example/v.mp4" type="video/mp4"/>'
        '<enclosure url="http://podcast.example/1.mp3" type="audio/mpeg"/></item>'
        '<item><title>Video only</title><enclosure url="http://podcast.example/2.mp4" type="video/mp4"/></item>'
    )
    found = parse_feed("http://podcast.example/feed.xml", body)
    assert found is not None
    (only,) = found.episodes
    assert only.url == "http://podcast.example/1.mp3"
    assert only.title.startswith("A long xxx")
    assert len(only.title) <= 500
    assert (only.duration, only.published_at) == (0, 0)
    assert len(only.description) <= MAX_DESCRIPTION


async def test_single_episodes_are_favourites(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    library = setup.library
    await setup.podcasts.subscribe(setup.publisher.url())
    newest, oldest = (await library.get_episodes()).items
    await library.set_favourite(oldest.track_id)
    await library.people.set_favourite("ada", newest.track_id, favourite=True)
    assert [found.title for found in (await library.get_episodes(FAVOURITE)).items] == [oldest.title]
    own = OwnFilters(favourite=True, user_id="ada")
    assert [found.title for found in (await library.get_episodes(own)).items] == [newest.title]
    assert (await library.episode(oldest.track_id)).favourite
    # It stays when there are more episodes than are kept.
    monkeypatch.setattr(index, "MAX_EPISODES", 1)
    await setup.podcasts.refresh()
    assert await setup.titles() == [oldest.title]
    with pytest.raises(TrackNotFound):
        await library.people.set_favourite("ada", newest.track_id, favourite=True)
    await library.set_favourite(oldest.track_id, favourite=False)
    assert (await library.get_episodes(FAVOURITE)).items == ()
