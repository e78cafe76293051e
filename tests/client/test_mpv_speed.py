"""mpv plays at another speed with the pitch kept."""

import array
import itertools
import shutil

import pytest

from .test_mpv_gain import RATE, Recorded, recorded, tone

__all__ = ("recorded", "tone")

pytestmark = [pytest.mark.process, pytest.mark.skipif(shutil.which("mpv") is None, reason="needs mpv")]

TONE_HZ = 440
"""The default frequency of ffmpeg's sine."""


@pytest.mark.parametrize("speed", [1.0, 2.0])
async def test_a_tone_is_shorter_and_as_high(recorded: Recorded, tone: str, speed: float) -> None:
    await recorded.deck.load("item", tone, 0.0, speed=speed)
    await recorded.peak(0, 1)
    samples = array.array("h", recorded.path.read_bytes())
    seconds = len(samples) / RATE
    assert seconds == pytest.approx(1 / speed, abs=0.12)
    middle = samples[len(samples) // 4 : 3 * len(samples) // 4]
    rising = sum(before < 0 <= after for before, after in itertools.pairwise(middle))
    assert rising / (len(middle) / RATE) == pytest.approx(TONE_HZ, rel=0.05)
