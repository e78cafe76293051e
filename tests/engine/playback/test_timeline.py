"""The timeline: positions computed from an anchor and a rate."""

from hypothesis import given, strategies as st

from custom_components.moosicbox.engine.playback.timeline import Timeline
from tests.engine.fakes import SECOND

PLAYING = Timeline("playing", 10.0, 5 * SECOND, 1.0)


def test_the_position_is_fixed_before_the_anchor() -> None:
    assert PLAYING.position_at(0) == 10.0
    assert PLAYING.position_at(5 * SECOND) == 10.0
    assert PLAYING.position_at(7 * SECOND) == 12.0


def test_a_paused_position_is_fixed() -> None:
    paused = Timeline("paused", 10.0, 5 * SECOND, 0.0)
    assert paused.position_at(99 * SECOND) == 10.0
    assert paused.reaches_us(20.0) is None
    assert not paused.playing


@given(
    position=st.floats(0, 36_000),
    anchor_us=st.integers(0, 10**12),
    target=st.floats(0, 36_000),
    rate=st.sampled_from([0.5, 1.0, 2.0]),
)
def test_reaches_is_the_inverse_of_position(position: float, anchor_us: int, target: float, rate: float) -> None:
    timeline = Timeline("playing", position, anchor_us, rate)
    at_us = timeline.reaches_us(target)
    assert at_us is not None
    if at_us >= anchor_us:
        assert abs(timeline.position_at(at_us) - target) < 2e-6
    else:
        assert target < position
