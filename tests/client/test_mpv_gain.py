"""mpv plays each item with the gain that the hub sends."""

import array
import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
import shutil
import subprocess

import pytest

from custom_components.moosicbox.engine.client.player.deck import Deck
from custom_components.moosicbox.engine.client.player.mpv import Mpv

pytestmark = [pytest.mark.process, pytest.mark.skipif(shutil.which("mpv") is None, reason="needs mpv")]

RATE = 44_100
FULL = 32_768


@pytest.fixture
def tone(tmp_path: Path) -> str:
    """A second of a sine wave at an eighth of full scale."""
    path = tmp_path / "tone.wav"
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", f"sine=d=1:r={RATE}", str(path)]
    subprocess.run(command, check=True)  # noqa: S603 - constant arguments
    return str(path)


@dataclass
class Recorded:
    """A deck whose sound is written to a file, until its last item has ended."""

    deck: Deck
    path: Path
    ended: asyncio.Event

    async def peak(self, start: float, end: float) -> float:
        """Play to the end, and return the peak between two times in seconds, in parts of an eighth of full scale."""
        await self.deck.play()
        async with asyncio.timeout(20):
            await self.ended.wait()
        samples = array.array("h", self.path.read_bytes())
        return max(samples[round(start * RATE) : round(end * RATE)]) / FULL * 8


@pytest.fixture
async def recorded(tmp_path: Path) -> AsyncGenerator[Recorded]:
    path = tmp_path / "recording.raw"
    options = ("--ao=pcm", "--ao-pcm-waveheader=no", f"--ao-pcm-file={path}", "--audio-format=s16")
    found = Recorded(Deck(Mpv(options)), path, asyncio.Event())
    found.deck.ended.subscribe(lambda _: found.ended.set())
    await found.deck.open()
    yield found
    await found.deck.close()


def linear(gain_db: float) -> float:
    return 10 ** (gain_db / 20)


async def test_each_item_has_its_gain(tone: str, recorded: Recorded) -> None:
    await recorded.deck.load("first", tone, 0.0, -6.0)
    await recorded.deck.set_next("second", tone, -12.0)
    assert await recorded.peak(0.2, 0.8) == pytest.approx(linear(-6.0), rel=0.02)
    assert await recorded.peak(1.2, 1.8) == pytest.approx(linear(-12.0), rel=0.02)


async def test_without_a_gain_samples_are_as_they_are(tone: str, recorded: Recorded) -> None:
    await recorded.deck.load("first", tone, 0.0)
    assert await recorded.peak(0.2, 0.8) == pytest.approx(1.0, rel=0.02)


async def test_the_gain_of_a_loaded_item_can_change(tone: str, recorded: Recorded) -> None:
    await recorded.deck.load("first", tone, 0.0, -6.0)
    await recorded.deck.set_gain(-20.0)
    await recorded.deck.seek(0.1)
    assert await recorded.peak(0.2, 0.7) == pytest.approx(linear(-20.0), rel=0.02)
