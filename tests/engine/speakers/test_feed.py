"""Feeding a speaker, on a clock that stands still."""

import asyncio
from collections.abc import Sequence
import math

import pytest

from custom_components.moosicbox.engine.protocol.types import PlayableTrack
from custom_components.moosicbox.engine.speakers.feed import LATE_MARGIN_US, Feed, Segment
from custom_components.moosicbox.engine.speakers.renderer.audio import AudioHeader, Chunk
from custom_components.moosicbox.engine.sync.orders import Anchor

from .stage import RecordingDriver

RATE = 1_000
"""So that a sample is a millisecond."""
HEADER = AudioHeader(codec="pcm", rate=RATE, bits=16, channels=2)
NOW = 10_000_000
MS = 1_000


class FakeReader:
    """Reads audio that exists already, in chunks of these lengths."""

    def __init__(self, lengths: Sequence[int]) -> None:
        self.duration = sum(lengths) / RATE
        self.closed = False
        self._chunks: list[Chunk] = []
        start = 0
        for length in lengths:
            self._chunks.append(Chunk(start, length, bytes(4 * length)))
            start += length

    async def header(self) -> AudioHeader:
        return HEADER

    async def next(self) -> Chunk | None:
        return self._chunks.pop(0) if self._chunks else None

    def skip_to(self, position: float) -> None:
        while self._chunks and self._chunks[0].start < position * RATE:
            self._chunks.pop(0)

    def close(self) -> None:
        self.closed = True


def segment(name: str, at_us: int, *lengths: int, position: float = 0.0, in_room: bool = False) -> Segment:
    """Return an item of chunks of these lengths in milliseconds that is at `position` at `at_us`."""
    track = PlayableTrack(track_id=name, title=name, stream_url="/")
    reader = FakeReader(lengths)
    return Segment(name, track, reader, Anchor(position, at_us, 1.0), in_room)  # type: ignore[arg-type]


class FeedHarness:
    """A feed whose clock stands still, so that it sends all it has at once."""

    def __init__(self, first: Segment, *, ahead_ms: int = 60_000) -> None:
        self.now_us = NOW
        self.driver = RecordingDriver(lambda: self.now_us, lead_us=100 * MS, late_us=20 * MS, ahead_us=ahead_ms * MS)
        self.changes = 0
        self.feed = Feed(self.driver, lambda: self.now_us, first, self._count)

    def _count(self) -> None:
        self.changes += 1

    async def run(self) -> list[tuple[int, int]]:
        """Send what can be sent; return the samples and the milliseconds from now of what was sent."""
        task = asyncio.create_task(self.feed.run())
        for _ in range(50):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        self.feed.close()
        return [(sent.chunk.start, (sent.play_at_us - NOW) // MS) for sent in self.driver.sent]


async def test_chunks_follow_the_anchor() -> None:
    stand = FeedHarness(segment("a", NOW + 500 * MS, 40, 40, 20))
    assert await stand.run() == [(0, 500), (40, 540), (80, 580)]
    assert stand.driver.sent[-1].duration_us == 20 * MS
    assert stand.driver.header == HEADER


async def test_the_next_item_of_a_room_begins_at_its_own_time() -> None:
    stand = FeedHarness(segment("a", NOW + 500 * MS, 40, 40, in_room=True))
    stand.feed.follow(segment("b", NOW + 582 * MS, 40, 40, in_room=True))
    assert await stand.run() == [(0, 500), (40, 540), (0, 582), (40, 622)]
    assert stand.feed.segment.item_id == "b"


async def test_the_next_item_of_a_room_doesnt_overlap() -> None:
    """Other players of the room take the item before for shorter."""
    stand = FeedHarness(segment("a", NOW + 500 * MS, 40, 40, in_room=True))
    stand.feed.follow(segment("b", NOW + 550 * MS, 40, 40, 40, in_room=True))
    assert await stand.run() == [(0, 500), (40, 540), (40, 590), (80, 630)]


@pytest.mark.parametrize("off_ms", [-230, -1, 0, 5, 240])
async def test_alone_the_next_item_follows_without_a_gap(off_ms: int) -> None:
    stand = FeedHarness(segment("a", NOW + 500 * MS, 40, 40))
    stand.feed.follow(segment("b", NOW + (580 + off_ms) * MS, 40))
    assert await stand.run() == [(0, 500), (40, 540), (0, 580)]


async def test_in_a_room_late_audio_is_left_out() -> None:
    """The first audio of a silent speaker must come earlier than that which follows."""
    stand = FeedHarness(segment("a", NOW - 15 * MS, *[40] * 5, in_room=True))
    assert await stand.run() == [(120, 105), (160, 145)]


@pytest.mark.parametrize("in_room", [True, False])
async def test_a_small_buffer_gets_the_first_audio_as_early_as_it_can(
    in_room: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The speaker wants it earlier than its buffer allows."""
    stand = FeedHarness(segment("a", NOW + 1_000 * MS, *[40] * 30, in_room=in_room), ahead_ms=500)
    stand.driver.lead_us = 600 * MS
    sleep = asyncio.sleep

    async def pass_time(seconds: float) -> None:
        stand.now_us += round(seconds * 1e6)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", pass_time)
    sent = await stand.run()
    assert sent == [(40 * number, 1_000 + 40 * number) for number in range(30)]


async def test_alone_everything_is_heard_later() -> None:
    stand = FeedHarness(segment("a", NOW - 95 * MS, 40, 40))
    margin = LATE_MARGIN_US // MS
    assert await stand.run() == [(0, 100 + margin), (40, 140 + margin)]
    assert stand.changes > 0


async def test_a_speaker_that_plays_needs_audio_less_early() -> None:
    stand = FeedHarness(segment("a", NOW + 100 * MS, 40, in_room=True))
    stand.feed.follow(segment("b", NOW + 140 * MS, 40, 40, in_room=True))
    send = stand.driver.send

    def send_slowly(chunk: Chunk, play_at_us: int, duration_us: int) -> None:
        send(chunk, play_at_us, duration_us)
        stand.now_us += 75 * MS

    stand.driver.send = send_slowly  # type: ignore[method-assign]
    assert await stand.run() == [(0, 100), (0, 140), (40, 180)]


async def test_nothing_is_heard_before_the_speaker_is_free() -> None:
    stand = FeedHarness(segment("a", NOW, *[40] * 5, in_room=True))
    stand.driver.free_us = NOW + 90 * MS
    assert await stand.run() == [(120, 120), (160, 160)]


async def test_an_order_limits_what_is_sent() -> None:
    stand = FeedHarness(segment("a", NOW + 500 * MS, *[40] * 5))
    stand.feed.limit(NOW + 580 * MS)
    assert await stand.run() == [(0, 500), (40, 540)]


async def test_an_order_that_was_withdrawn_limits_nothing() -> None:
    stand = FeedHarness(segment("a", NOW + 500 * MS, *[40] * 3))
    stand.feed.limit(NOW + 540 * MS)
    running = asyncio.create_task(stand.run())
    for _ in range(10):
        await asyncio.sleep(0)
    stand.feed.limit(math.inf)
    assert await running == [(0, 500), (40, 540), (80, 580)]


async def test_only_a_little_is_sent_ahead() -> None:
    stand = FeedHarness(segment("a", NOW + 100 * MS, *[40] * 20), ahead_ms=200)
    sent = await stand.run()
    assert sent[-1][1] <= 200


async def test_a_stall_is_noticed_and_ends() -> None:
    stand = FeedHarness(segment("a", NOW + 100 * MS, *[40] * 30, in_room=True), ahead_ms=150)
    stalled: list[bool] = []
    stand.feed._on_change = lambda: stalled.append(stand.feed.stalled)
    task = asyncio.create_task(stand.feed.run())
    for _ in range(20):
        await asyncio.sleep(0)
    stand.now_us += 260 * MS  # Nothing is left of what was sent.
    async with asyncio.timeout(5):
        while len(stand.driver.sent) < 6:
            stand.now_us += MS
            await asyncio.sleep(0.001)
    assert True in stalled
    assert not stand.feed.stalled
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    stand.feed.close()


async def test_a_hand_over_can_be_taken_back() -> None:
    stand = FeedHarness(segment("a", NOW + 500 * MS, 40))
    following = segment("b", NOW + 540 * MS, 40)
    stand.feed.follow(following)
    stand.feed.follow(None)
    assert await stand.run() == [(0, 500)]
    assert following.reader.closed  # type: ignore[attr-defined]


async def test_what_is_heard_changes_with_time() -> None:
    stand = FeedHarness(segment("a", NOW + 500 * MS, 40))
    stand.feed.follow(segment("b", NOW + 540 * MS, 40))
    task = asyncio.create_task(stand.feed.run())
    for _ in range(50):
        await asyncio.sleep(0)
    assert (stand.feed.segment.item_id, stand.feed.audible.item_id) == ("b", "a")
    stand.now_us = NOW + 541 * MS
    assert stand.feed.audible.item_id == "b"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    stand.feed.close()


async def test_a_feed_ends_when_its_last_item_has_been_heard() -> None:
    stand = FeedHarness(segment("a", NOW + 25 * MS, 40))
    task = asyncio.create_task(stand.feed.run())
    for _ in range(20):
        await asyncio.sleep(0)
    assert not task.done()
    stand.now_us = NOW + 66 * MS
    async with asyncio.timeout(5):
        await task
    stand.feed.close()
