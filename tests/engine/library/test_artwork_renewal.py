"""Addresses of pictures expire; those in queues are renewed before they do."""

import msgspec
import pytest

from custom_components.moosicbox.engine.artwork_renewal import CHECK_US
from custom_components.moosicbox.engine.library import seal as seals
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.seal import PATH, WINDOW
from tests.engine.fakes import SECOND, item, principal, settle

from .test_hub import LibraryHarness

TRACK = "t-0123456789abcdef"


async def test_a_queue_has_valid_addresses_for_ever(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients are sent the new ones; foreign addresses stay."""
    harness = LibraryHarness(library)
    clock, seal = harness.clock, library.seal
    seal.use([seals.HubKey(b"key")])
    monkeypatch.setattr(seals.time, "time", lambda: clock.utc().timestamp())
    harness.connect(principal(), player_id="kitchen")
    queue = harness.hub.players.get("kitchen").playback.queue
    first, foreign = seal.sign_artwork(TRACK), "http://radio.example/cover.png"
    queue.add(
        [
            msgspec.structs.replace(added, track=msgspec.structs.replace(added.track, artwork_url=address))
            for added, address in ((item("a"), first), (item("b"), foreign))
        ]
    )
    renewal = harness.hub.artwork_renewal
    assert renewal is not None
    renewal.start()
    ours: str | None = None
    for _ in range(3 * WINDOW * SECOND // CHECK_US):
        clock.time_us += CHECK_US
        harness.hub.timers.run(clock.time_us)
        await settle()
        ours, theirs = (added.track.artwork_url for added in queue.items)
        assert ours is not None
        assert seal.verify_artwork(ours.removeprefix(PATH)) == TRACK
        assert theirs == foreign
    assert ours != first
    assert seal.verify_artwork(first.removeprefix(PATH)) is None
    harness.hub.media_resolver.close()
