"""The media resolver looks media up in the background, skips unplayable items, and yields to later commands."""

import asyncio

import pytest

from custom_components.moosicbox.engine.playback.events import Order
from custom_components.moosicbox.engine.playback.media_resolver import MediaResolver
from custom_components.moosicbox.engine.playback.playback import MAX_FAILURES, Playback
from custom_components.moosicbox.engine.protocol.errors import PermissionDenied, TrackNotFound
from custom_components.moosicbox.engine.protocol.types import QueueItem
from tests.engine.fakes import FakeMedia, ManualClock, item, principal, settle

SYSTEM = principal("moosicbox", role="admin")


class ResolverHarness:
    """A media resolver with a playback that has an item per letter; their media isn't cached."""

    def __init__(self, names: str, missing: str = "") -> None:
        self.media = FakeMedia()
        self.media.missing = {f"test/{name}" for name in missing}
        self.clock = ManualClock()
        self.media_resolver = MediaResolver(self.media, SYSTEM, self.clock, 100)
        self.playback = Playback("epoch", 100, list, lambda _: None)
        self.playback.queue.add([item(name) for name in names])

    def item(self, name: str) -> QueueItem:
        return self.playback.queue.get(name)

    async def start(self, name: str, position: float = 0.0) -> None:
        await self.media_resolver.start(self.playback, self.item(name), position)

    @property
    def playing(self) -> str | None:
        current = self.playback.current
        return current.queue_item_id if current and self.playback.timeline.playing else None

    @property
    def states(self) -> dict[str, str]:
        return {each.queue_item_id: each.state for each in self.playback.queue.items}


async def test_buffers_until_the_media_is_found() -> None:
    pit = ResolverHarness("ab")
    pit.media.hold()
    starting = asyncio.ensure_future(pit.start("a", 12.0))
    await settle()
    assert pit.playback.timeline[:2] == ("buffering", 12.0)
    assert pit.playback.order is None
    pit.media.release()
    await starting
    assert pit.playing == "a"
    assert pit.playback.timeline.position == 12.0


async def test_known_media_starts_at_once() -> None:
    pit = ResolverHarness("ab")
    await pit.media_resolver.resolve("test/a", SYSTEM)
    pit.media.hold()
    await pit.start("a")
    assert pit.playing == "a"
    assert pit.media.asked == ["test/a"]


async def test_unplayable_items_are_skipped() -> None:
    pit = ResolverHarness("abc", missing="ab")
    await pit.start("a", 30.0)
    assert pit.playing == "c"
    assert pit.playback.timeline.position == 0.0
    assert pit.states == {"a": "skipped", "b": "skipped", "c": "playing"}


@pytest.mark.parametrize("names", ["ab", "abcde"])
async def test_playback_finishes_if_no_item_can_be_played(names: str) -> None:
    pit = ResolverHarness(names, missing=names)
    with pytest.raises(TrackNotFound):
        await pit.start("a")
    assert (pit.playback.current, pit.playback.timeline.state) == (None, "idle")
    assert isinstance(pit.playback.order, Order)
    assert pit.playback.order.command == "stop"
    assert len(pit.media.asked) == min(len(names), MAX_FAILURES)


async def test_a_missing_item_that_repeats_finishes() -> None:
    pit = ResolverHarness("a", missing="a")
    pit.playback.repeat = "all"
    with pytest.raises(TrackNotFound):
        await pit.start("a")
    assert pit.playback.timeline.state == "idle"


@pytest.mark.parametrize("overtaken_by", ["stop", "pause", "seek", "another"])
async def test_a_later_command_supersedes_a_lookup(overtaken_by: str) -> None:
    pit = ResolverHarness("ab")
    await pit.media_resolver.resolve("test/b", SYSTEM)
    pit.media.hold()
    starting = asyncio.ensure_future(pit.start("a"))
    await settle()
    now_us = pit.clock.now_us()
    match overtaken_by:
        case "stop":
            pit.playback.stop(now_us)
        case "pause":
            pit.playback.pause(now_us)
        case "seek":
            pit.playback.seek(now_us, 50.0)
        case "another":
            await pit.start("b")
    timeline = pit.playback.timeline
    pit.media.release()
    await starting
    assert pit.playback.timeline == timeline


async def test_an_item_removed_during_its_lookup_does_not_start() -> None:
    pit = ResolverHarness("ab")
    pit.media.hold()
    starting = asyncio.ensure_future(pit.start("a"))
    await settle()
    pit.playback.queue.remove(["a"])
    pit.media.release()
    await starting
    assert pit.playing is None


async def test_concurrent_lookups_are_shared() -> None:
    pit = ResolverHarness("a")
    pit.media.hold()
    found: list[str] = []
    pit.media_resolver.media_found.subscribe(found.append)
    assert pit.media_resolver.stream_address(pit.item("a")) is None
    assert pit.media_resolver.stream_address(pit.item("a")) is None
    starting = asyncio.ensure_future(pit.start("a"))
    await settle()
    pit.media.release()
    await starting
    assert pit.media.asked == ["test/a"]
    assert found == ["test/a"]


async def test_a_cancelled_caller_does_not_cancel_a_shared_lookup() -> None:
    pit = ResolverHarness("a")
    pit.media.hold()
    starting = asyncio.ensure_future(pit.start("a"))
    renewing = asyncio.ensure_future(pit.media_resolver.renew_stream_address(pit.item("a")))
    cancelled = [
        asyncio.ensure_future(pit.media_resolver.renew_stream_address(pit.item("a"))),
        asyncio.ensure_future(pit.media_resolver.start(Playback("e", 1, list, lambda _: None), pit.item("a"), 0.0)),
    ]
    await settle()
    for task in cancelled:
        task.cancel()
    await settle()
    pit.media.release()
    await asyncio.gather(starting, renewing)
    assert pit.playing == "a"
    assert pit.media.asked == ["test/a"]


@pytest.mark.parametrize("missing", ["", "a", "ab"])
async def test_a_start_goes_on_without_its_caller(missing: str, caplog: pytest.LogCaptureFixture) -> None:
    pit = ResolverHarness("ab", missing)
    pit.media.hold()
    starting = asyncio.ensure_future(pit.start("a"))
    await settle()
    starting.cancel()
    await settle()
    assert (starting.cancelled(), pit.playback.timeline.state) == (True, "buffering")
    pit.media.release()
    await settle()
    assert pit.playing == {"": "a", "a": "b", "ab": None}[missing]
    assert pit.playback.timeline.state == ("idle" if missing == "ab" else "playing")
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_an_address_is_available_after_the_lookup() -> None:
    pit = ResolverHarness("a")
    assert pit.media_resolver.stream_address(pit.item("a")) is None
    await settle()
    address = pit.media_resolver.stream_address(pit.item("a"))
    assert address is not None
    assert address.url == "/media/a.flac?sig=1"


async def test_a_failed_lookup_fires_media_failed() -> None:
    pit = ResolverHarness("a", missing="a")
    failed: list[str] = []
    pit.media_resolver.media_failed.subscribe(failed.append)
    pit.media_resolver.stream_address(pit.item("a"))
    await settle()
    assert failed == ["test/a"]


async def test_a_renewed_address_needs_another_lookup() -> None:
    pit = ResolverHarness("a")
    await pit.start("a")
    await pit.media_resolver.renew_stream_address(pit.item("a"))
    assert pit.media.asked == ["test/a"] * 2
    pit.media.missing.add("test/a")
    with pytest.raises(TrackNotFound):
        await pit.media_resolver.renew_stream_address(pit.item("a"))
    assert pit.media_resolver.stream_address(pit.item("a")) is None
    await settle()


async def test_close_cancels_lookups() -> None:
    pit = ResolverHarness("a")
    pit.media.hold()
    starting = asyncio.ensure_future(pit.start("a"))
    await settle()
    pit.media_resolver.close()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert pit.playing is None


async def test_access_is_checked_for_each_principal() -> None:
    pit = ResolverHarness("a")
    await pit.media_resolver.resolve("test/private", SYSTEM)
    pit.media.refused["eve"] = PermissionDenied("Not yours")
    with pytest.raises(PermissionDenied):
        await pit.media_resolver.resolve("test/private", principal("eve"))


async def test_a_provider_that_crashes_leaves_nothing_buffering() -> None:
    pit = ResolverHarness("ab")
    pit.media.refused["moosicbox"] = RuntimeError("The provider's own fault")
    with pytest.raises(TrackNotFound):
        await pit.start("a")
    assert pit.playback.timeline.state == "idle"
