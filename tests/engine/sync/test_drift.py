"""The drift controller, by the vectors shared with the browser, and by simulated players."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.moosicbox.engine.sync.drift import COARSE, EXACT, MAX_RATE_CHANGE, Correction, DriftController
from tests.engine.fakes import chance

from .sound import Sound
from .vectors import DRIFT, PRECISIONS

seeds = st.integers(0, 10**6)


@pytest.mark.parametrize("path", sorted(DRIFT.glob("*.json")), ids=lambda path: path.stem)
def test_golden_drift_vectors(path: Path) -> None:
    vector: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    drift = DriftController(PRECISIONS[vector["precision"]])
    for step in vector["steps"]:
        correction = drift.correct(step["error"], step["at"])
        assert drift.error == pytest.approx(step["judged"], abs=1e-9)
        assert correction.jump == step["jump"]
        assert correction.rate == pytest.approx(step["rate"], abs=1e-9)
        if correction.jump:
            drift.reset()


def test_single_measurement_corrects_nothing() -> None:
    drift = DriftController()
    assert drift.error is None
    assert drift.correct(0.5, 0.0) == Correction()
    assert drift.correct(0.0, 0.25) == Correction()
    assert drift.correct(0.0004, 0.5) == Correction()


@given(seed=seeds, ppm=st.floats(-200, 200), ahead=st.floats(-EXACT.jump, EXACT.jump))
def test_small_errors_are_corrected_by_speed(seed: int, ppm: float, ahead: float) -> None:
    sound = Sound(ahead=ahead, ppm=ppm, random=chance(seed))
    assert sound.play(300, settle=10) < 0.0015
    assert sound.jumps <= (abs(ahead) > EXACT.jump - 0.001)


@given(seed=seeds, ahead=st.one_of(st.floats(-60, -0.025), st.floats(0.025, 60)))
def test_large_errors_are_corrected_by_one_jump(seed: int, ahead: float) -> None:
    sound = Sound(ahead=ahead, random=chance(seed))
    assert sound.play(60, settle=2) < 0.0015
    assert sound.jumps == 1


@given(seed=seeds, ppm=st.floats(-200, 200), ahead=st.floats(-5, 5))
def test_coarse_player_converges(seed: int, ppm: float, ahead: float) -> None:
    sound = Sound(ahead, ppm, noise=0.008, landing=0.08, precision=COARSE, random=chance(seed))
    assert sound.play(300, settle=40) < 0.03
    assert sound.jumps <= 2


@given(errors=st.lists(st.floats(-1, 1), max_size=60))
def test_speed_change_is_bounded(errors: list[float]) -> None:
    drift = DriftController()
    for number, error in enumerate(errors):
        assert abs(drift.correct(error, number / 4).rate - 1) <= MAX_RATE_CHANGE + 1e-12


def test_rare_measurements_are_stable() -> None:
    """A page in the background measures only once a second."""
    drift, ahead, worst = DriftController(), 0.018, 0.0
    for second in range(60):
        correction = drift.correct(ahead, second)
        ahead += correction.rate - 1
        if second > 10:
            worst = max(worst, abs(ahead))
    assert worst <= EXACT.dead_band


def test_corrections_are_rare_without_errors() -> None:
    sound = Sound(ppm=20)
    changes, rate = 0, sound.rate
    for _ in range(2_400):
        sound.play(0.25)
        changes += sound.rate != rate
        rate = sound.rate
    # The oscillator's error alone needs a correction about every half minute; each takes a few steps.
    assert changes < 200
