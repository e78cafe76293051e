"""Autoplay: similar tracks continue a queue."""

from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, cast

import pytest

from custom_components.moosicbox.engine.access.rights import Principal
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.playback.autoplay import EXCLUDED_ITEMS, Autoplay
from custom_components.moosicbox.engine.playback.media import Media
from custom_components.moosicbox.engine.playback.media_resolver import MediaResolver
from custom_components.moosicbox.engine.playback.player import PlaybackContext
from custom_components.moosicbox.engine.protocol.errors import TrackNotFound, Unavailable
from custom_components.moosicbox.engine.protocol.types import Track
from tests.engine.fakes import ManualClock, item, principal, track
from tests.engine.stage import Stage


class FakeLibrary:
    """A library that always finds a similar track."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[str]]] = []
        self.followed: list[list[str]] = []
        self.skipped: list[list[str]] = []
        self.fault: Exception | None = None
        self.empty = False

    async def similar(
        self, track_ids: Sequence[str], count: int, exclude: Iterable[str] = (), skipped: Iterable[str] = ()
    ) -> list[Track]:
        track_id = track_ids[0]
        self.asked.append((track_id, list(exclude)))
        self.followed.append(list(track_ids))
        self.skipped.append(list(skipped))
        if self.fault is not None:
            raise self.fault
        return [] if self.empty else [track(f"like-{track_id}"), track(f"other-{track_id}")][:count]

    async def resolve_track(self, track_id: str, _principal: Principal) -> Media:
        return Media(track=track(track_id), source="/")


class Endless(Stage):
    """A playback with autoplay."""

    def __init__(self, names: str = "ab") -> None:
        super().__init__(names)
        self.music = FakeLibrary()
        self.waiting: list[Coroutine[Any, Any, None]] = []
        library, media_resolver = cast(Library, self.music), cast(MediaResolver, self.music)
        self.forbidden: set[str] = set()
        context = cast(PlaybackContext, self)
        autoplay = Autoplay(
            library, media_resolver, principal("harness"), ManualClock(), self.waiting.append, self.music_filter
        )
        self.playback._emit = lambda event: autoplay.handle_event(context, event)
        self.playback.set_modes(shuffle=None, repeat=None, autoplay=True)

    def music_filter(self, context: PlaybackContext) -> Callable[[Track], bool]:
        assert context is cast(PlaybackContext, self)
        return lambda track: track.track_id not in self.forbidden

    async def work(self) -> None:
        """Wait for background tasks."""
        while self.waiting:
            await self.waiting.pop(0)

    @property
    def names(self) -> list[str]:
        return [found.track.track_id for found in self.playback.queue.items]


async def test_a_similar_track_is_added_to_the_last_item() -> None:
    stage = Endless()
    stage.play("a")
    await stage.work()
    assert stage.names == ["a", "b"]
    stage.play("b")
    await stage.work()
    assert stage.names == ["a", "b", "like-b"]
    added = stage.playback.queue.items[-1]
    assert (added.origin, added.added_by.id) == ("autoplay", "harness")
    assert stage.music.asked == [("b", ["a", "b"])]
    # The queue is continued again and again.
    stage.pass_seconds(181)
    await stage.work()
    assert stage.names == ["a", "b", "like-b", "like-like-b"]
    assert stage.playback.timeline.playing


async def test_autoplay_switched_on_during_the_last_item() -> None:
    stage = Endless("a")
    stage.playback.set_modes(shuffle=None, repeat=None, autoplay=False)
    stage.play("a")
    await stage.work()
    assert stage.names == ["a"]
    stage.playback.set_modes(shuffle=None, repeat=None, autoplay=True)
    await stage.work()
    assert stage.names == ["a", "like-a"]


async def test_the_next_item_was_removed() -> None:
    stage = Endless()
    stage.play("a")
    stage.playback.queue.remove(["b"])
    await stage.work()
    assert stage.names == ["a", "like-a"]


@pytest.mark.parametrize("repeat", ["one", "all"])
async def test_repeat_needs_no_autoplay(repeat: Any) -> None:
    stage = Endless("a")
    stage.playback.set_modes(shuffle=None, repeat=repeat, autoplay=None)
    stage.play("a")
    await stage.work()
    assert stage.names == ["a"]


async def test_nothing_is_added_while_paused() -> None:
    stage = Endless("")
    stage.playback.queue.add([item("a")])
    await stage.work()
    assert stage.names == ["a"]


async def test_one_track_is_added_per_end() -> None:
    stage = Endless("a")
    stage.play("a")
    stage.playback.seek(stage.now_us, 5)
    stage.playback.seek(stage.now_us, 6)
    assert len(stage.waiting) == 1
    await stage.work()
    assert stage.names == ["a", "like-a"]


async def test_an_item_added_meanwhile_wins() -> None:
    """An item that is added while the library is searched comes first."""
    stage = Endless("a")
    stage.play("a")
    stage.playback.queue.add([item("c")])
    await stage.work()
    assert stage.names == ["a", "c"]


@pytest.mark.parametrize("fault", [Unavailable("closed"), TrackNotFound("gone")])
async def test_a_failing_library_is_tried_again(fault: Exception) -> None:
    """The queue ends; the library is asked again for the next one."""
    stage = Endless()
    stage.music.fault = fault
    stage.play("b")
    await stage.work()
    assert stage.names == ["a", "b"]
    stage.music.fault = None
    stage.playback.seek(stage.now_us, 5)
    await stage.work()
    assert stage.names == ["a", "b", "like-b"]


async def test_an_empty_library_ends_the_queue() -> None:
    stage = Endless("a")
    stage.music.empty = True
    stage.play("a")
    await stage.work()
    assert stage.names == ["a"]


async def test_a_track_that_may_not_be_played_is_not_added() -> None:
    stage = Endless("a")
    stage.forbidden = {"like-a"}
    stage.play("a")
    await stage.work()
    assert stage.names == ["a", "other-a"]
    stage = Endless("a")
    stage.forbidden = {"like-a", "other-a"}
    stage.play("a")
    await stage.work()
    assert stage.names == ["a"]


async def test_a_full_queue_ends() -> None:
    stage = Endless("a")
    stage.playback.queue.add([item() for _ in range(99)], "end")
    stage.play(stage.playback.queue.items[-1].queue_item_id)
    await stage.work()
    assert len(stage.playback.queue) == 100
    assert len(stage.music.asked[0][1]) == EXCLUDED_ITEMS


async def test_it_follows_what_was_heard_and_avoids_what_was_skipped() -> None:
    stage = Endless("abcd")
    stage.play("a")
    stage.pass_seconds(181)
    stage.playback.start(stage.playback.queue.get("d"), stage.now_us, previous_state="skipped")
    await stage.work()
    assert stage.music.skipped == [["b"]]
    assert stage.music.followed == [["d", "c", "a"]]
