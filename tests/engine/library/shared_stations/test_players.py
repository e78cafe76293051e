"""The players that aren't browsers have the very samples of a station, at their places."""

import asyncio
from pathlib import Path
import shutil

import numpy as np
import pytest

from custom_components.moosicbox.engine.client.player.deck import Deck
from custom_components.moosicbox.engine.client.player.mpv import Mpv
from custom_components.moosicbox.engine.library.shared_stations.window import RATE
from custom_components.moosicbox.engine.speakers.renderer.audio import AudioFormat, AudioSource, Chunk
from custom_components.moosicbox.engine.speakers.renderer.renderer import Renderer
from custom_components.moosicbox.engine.sync.orders import station_address
from tests.engine.speakers import sound
from tests.station import TONES_HZ, Sound, frequency_of, samples_of

from .test_shared_stations import TIMEOUT, Relay, relay, sounds

__all__ = ("relay",)

pytestmark = pytest.mark.process

START = 2.0
"""Seconds at which the players begin; the listener that they are compared with has begun before."""
SECONDS = 4.0


async def listened(relay: Relay, since_us: int) -> Sound:
    """Return the first seconds of a station."""
    async with relay.listen(since_us, 0.0) as listener:
        heard = await listener.read(START + SECONDS)
        await listener.until(sounds(TONES_HZ[0]))
        return heard


def path_of(relay: Relay, address: str) -> str:
    return address.removeprefix(str(relay.server.make_url("/")).rstrip("/"))


@pytest.mark.parametrize("codec", ["pcm", "flac"])
async def test_a_fed_speaker_hears_the_samples_of_its_position(relay: Relay, codec: str) -> None:
    since_us = relay.clock.now_us()
    listening = asyncio.create_task(listened(relay, since_us))
    renderer = Renderer("ffmpeg", lambda path: str(relay.server.make_url("/")).rstrip("/") + path, relay.session)
    audio_format = AudioFormat(codec="flac" if codec == "flac" else "pcm", rates=(44_100, RATE))
    source = AudioSource("item", path_of(relay, relay.address(since_us)))
    async with asyncio.timeout(TIMEOUT):
        reader = renderer.open(source, START, audio_format)
        header = await reader.header()
        chunks: list[Chunk] = []
        while sum(chunk.samples for chunk in chunks) < (SECONDS - 1) * RATE:
            chunk = await reader.next()
            assert chunk is not None
            chunks.append(chunk)
    reader.close()
    await renderer.close()
    rendered, heard = sound.decode(header, chunks), await listening
    assert (header.rate, chunks[0].start) == (RATE, round(START * RATE))
    assert np.array_equal(rendered, heard[round(START * RATE) :][: len(rendered)])
    assert rendered.any()
    assert relay.station.connections == 1


@pytest.mark.skipif(shutil.which("mpv") is None, reason="needs mpv")
async def test_mpv_hears_the_samples_of_its_position(relay: Relay, tmp_path: Path) -> None:
    path = tmp_path / "recording.raw"
    deck = Deck(Mpv(("--ao=pcm", "--ao-pcm-waveheader=no", f"--ao-pcm-file={path}", "--audio-format=s16")))
    since_us = relay.clock.now_us()
    listening = asyncio.create_task(listened(relay, since_us))
    await deck.open()
    try:
        address = station_address(path_of(relay, relay.address(since_us)), START)
        assert address is not None
        await deck.load("item", str(relay.server.make_url("/")).rstrip("/") + address, START, begins=START)
        assert deck.duration is None
        await deck.play()
        async with asyncio.timeout(TIMEOUT):
            while not path.exists() or path.stat().st_size < (SECONDS - 1) * RATE * 4:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            sample = await deck.measure_position()
    finally:
        await deck.close()
    assert sample is not None
    assert sample.position > START
    recorded = samples_of(path.read_bytes())[: round((SECONDS - 1) * RATE)]
    heard = (await listening)[round(START * RATE) :][: len(recorded)]
    assert np.array_equal(recorded, heard)
    assert frequency_of(recorded[-RATE // 2 :]) == pytest.approx(TONES_HZ[0], abs=20)
    assert relay.station.connections == 1
