"""The clock filter, by the vectors shared with the browser, and by simulated clocks and networks."""

import json
import math
from pathlib import Path
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.moosicbox.engine.sync.clock_filter import ClockFilter, Sample, best_of, sample_of
from tests.engine.fakes import SECOND, chance

from .vectors import CLOCK
from .worlds import LocalClock, Network, burst


@pytest.mark.parametrize("path", sorted(CLOCK.glob("*.json")), ids=lambda path: path.stem)
def test_golden_clock_vectors(path: Path) -> None:
    vector: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    clock = ClockFilter()
    for number, step in enumerate(vector["bursts"]):
        clock.set_clock_id(step["clock_id"])
        if step["probes"]:
            clock.update(best_of(sample_of(*probe) for probe in step["probes"]))
        assert clock.burst_interval == step["pause_seconds"]
        expected = step["estimate"]
        assert clock.ready == (expected is not None)
        if expected is None:
            continue
        assert clock.hub_now(expected["local_us"]) == pytest.approx(expected["hub_us"], rel=0, abs=0.01)
        assert clock.error_us == pytest.approx(expected["error_us"], rel=0, abs=0.01)
        assert clock.round_trip_us == expected["round_trip_us"]
        if number >= vector["settled"] and number not in vector["unsettled"]:
            assert abs(expected["hub_us"] - expected["true_hub_us"]) < vector["bound_us"], number


def test_best_sample_has_the_shortest_round_trip() -> None:
    samples = [Sample(0, round_trip, 0) for round_trip in (300, 120, 250)]
    assert best_of(samples).round_trip_us == 120


def test_new_filter_is_not_ready() -> None:
    clock = ClockFilter()
    assert (clock.ready, clock.converged, clock.error_us) == (False, False, math.inf)
    clock.update(sample_of(0, 1_000, 1_050, 2_050))
    assert (clock.ready, clock.converged) == (True, False)
    clock.update(sample_of(SECOND, SECOND + 1_000, SECOND + 1_050, SECOND + 2_050))
    assert clock.converged


def run(clock: ClockFilter, local: LocalClock, network: Network, *, seconds: float, warm_up: float) -> float:
    """Feed a filter for a while, and return the largest error of its estimate after the warm-up."""
    worst = hub_us = 0.0
    while hub_us < seconds * SECOND:
        probes, hub_us = burst(local, network, hub_us)
        if probes:
            clock.update(best_of(sample_of(*probe) for probe in probes))
        for _ in range(int(clock.burst_interval)):
            if clock.ready and hub_us >= warm_up * SECOND:
                worst = max(worst, abs(clock.hub_now(local.at(hub_us)) - hub_us))
            hub_us += SECOND
    return worst


seeds = st.integers(0, 10**6)
ppms = st.floats(-100, 100)


@given(seed=seeds, ppm=ppms)
def test_error_below_a_millisecond_in_a_home_network(seed: int, ppm: float) -> None:
    worst = run(ClockFilter(), LocalClock(ppm), Network(random=chance(seed)), seconds=900, warm_up=60)
    assert worst < 1_000


@given(seed=seeds, ppm=ppms, asymmetry_us=st.floats(0, 20_000))
def test_error_is_half_the_asymmetry(seed: int, ppm: float, asymmetry_us: float) -> None:
    network = Network(asymmetry_us=asymmetry_us, random=chance(seed))
    assert run(ClockFilter(), LocalClock(ppm), network, seconds=600, warm_up=120) < asymmetry_us / 2 + 1_500


@given(seed=seeds, ppm=ppms, jitter_us=st.floats(5_000, 50_000), loss=st.floats(0, 0.2))
def test_error_is_bounded_with_jitter_and_loss(seed: int, ppm: float, jitter_us: float, loss: float) -> None:
    network = Network(jitter_us=jitter_us, loss=loss, random=chance(seed))
    # A sample is exact to half its round trip; the filter is much better than one sample.
    assert run(ClockFilter(), LocalClock(ppm), network, seconds=900, warm_up=300) < 1_000 + jitter_us / 5


@given(seed=seeds, ppm=ppms, by_us=st.one_of(st.floats(-(10**10), -30_000), st.floats(30_000, 10**10)))
def test_clock_jump_is_followed_at_the_next_burst(seed: int, ppm: float, by_us: float) -> None:
    clock, network = ClockFilter(), Network(random=chance(seed))
    run(clock, LocalClock(ppm), network, seconds=300, warm_up=0)
    local = LocalClock(ppm, jumps=((0, by_us),))
    hub_us = 400.0 * SECOND
    probes, hub_us = burst(local, network, hub_us)
    clock.update(best_of(sample_of(*probe) for probe in probes))
    assert abs(clock.hub_now(local.at(hub_us)) - hub_us) < 2_500


@given(seed=seeds, ppm=ppms, later=st.floats(-3_600, 3_600))
def test_conversions_are_inverse(seed: int, ppm: float, later: float) -> None:
    clock = ClockFilter()
    run(clock, LocalClock(ppm), Network(random=chance(seed)), seconds=120, warm_up=0)
    local_us = (120 + later) * SECOND
    assert clock.local_at(clock.hub_now(local_us)) == pytest.approx(local_us, rel=0, abs=1)
