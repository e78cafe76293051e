"""The gain with which players play an item."""

import math
from typing import Any

from hypothesis import given, strategies as st
import msgspec
import pytest

from custom_components.moosicbox.engine.limits import LOUDNESS_MODES
from custom_components.moosicbox.engine.playback.gain import continues_album, gain_db
from custom_components.moosicbox.engine.playback.queue import Queue
from custom_components.moosicbox.engine.protocol.types import QueueItem, Track
from tests.engine.fakes import item

GAINS = {"track_gain": -8.0, "track_peak": 0.9, "album_gain": -6.0, "album_peak": 1.0}
ALBUM = {"album": "Tides", "album_artist": "Ana"}


def track(name: str, **fields: Any) -> Track:
    return msgspec.structs.replace(item(name).track, **fields)


def queue_of(*fields: dict[str, Any]) -> Queue:
    queue = Queue("epoch", 100)
    queue.add(
        [
            msgspec.structs.replace(item(name), track=track(name, **of))
            for name, of in zip("abcdef", fields, strict=False)
        ]
    )
    return queue


def gains(queue: Queue, mode: str, preamp_db: float = 0.0) -> list[float | None]:
    return [gain_db(queue, each, mode, preamp_db) for each in queue.items]


@pytest.mark.parametrize(("mode", "gain"), [("track", -8.0), ("album", -6.0), ("auto", -8.0), ("off", None)])
def test_a_single_track(mode: str, gain: float | None) -> None:
    assert gains(queue_of(GAINS), mode) == [gain]


def test_an_album_in_order_keeps_its_own_differences() -> None:
    numbered = [ALBUM | GAINS | {"track_number": number} for number in (1, 2, 9)]
    assert gains(queue_of(*numbered), "auto") == [-6.0, -6.0, -8.0]


def test_the_next_disc_continues_an_album() -> None:
    first, second = (
        track("a", **ALBUM, disc_number=1, track_number=9),
        track("b", **ALBUM, disc_number=2, track_number=1),
    )
    assert continues_album(first, second)
    assert not continues_album(second, first)


@pytest.mark.parametrize(
    "following",
    [
        {"album": "Tides", "album_artist": "Ben", "track_number": 2},
        {"album": "Ebb", "album_artist": "Ana", "track_number": 2},
        {**ALBUM, "track_number": 3},
        {**ALBUM, "track_number": None},
    ],
)
def test_what_does_not_continue_an_album(following: dict[str, Any]) -> None:
    assert not continues_album(track("a", **ALBUM, track_number=1), track("b", **following))


def test_tracks_without_an_album_do_not_continue_each_other() -> None:
    assert not continues_album(track("a", track_number=1), track("b", track_number=2))


def test_one_gain_stands_in_for_the_other() -> None:
    queue = queue_of({"track_gain": -3.0}, {"album_gain": -4.0})
    assert gains(queue, "album") == [-3.0, -4.0]
    assert gains(queue, "track") == [-3.0, -4.0]


def test_an_unknown_loudness_has_no_gain() -> None:
    assert gains(queue_of({}), "track", 6.0) == [None]


def test_an_item_outside_of_the_queue() -> None:
    announced: QueueItem = msgspec.structs.replace(item("x"), track=track("x", **GAINS))
    assert gain_db(queue_of(), announced, "auto", 0.0) == -8.0


def test_an_unknown_peak_is_not_amplified() -> None:
    assert gains(queue_of({"track_gain": 5.0}), "track") == [0.0]


@given(
    gain=st.floats(-51, 51),
    peak=st.floats(0.01, 1.5),
    preamp=st.integers(-15, 15),
    mode=st.sampled_from([mode for mode in LOUDNESS_MODES if mode != "off"]),
)
def test_samples_never_exceed_full_scale(gain: float, peak: float, preamp: int, mode: str) -> None:
    (result,) = gains(queue_of({"track_gain": gain, "track_peak": peak}), mode, preamp)
    assert result is not None
    assert peak * 10 ** (result / 20) <= 1.001
    if gain + preamp <= -20 * math.log10(peak):
        assert result == pytest.approx(max(-60.0, gain + preamp), abs=0.01)
