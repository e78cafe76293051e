"""Reading what ffmpeg writes, in pieces of any size."""

import asyncio
from pathlib import Path

from hypothesis import given, strategies as st
import numpy as np
import pytest

from custom_components.moosicbox.engine.ffmpeg_process import run_ffmpeg
from custom_components.moosicbox.engine.speakers.renderer import commands
from custom_components.moosicbox.engine.speakers.renderer.audio import AudioFormat, Chunk
from custom_components.moosicbox.engine.speakers.renderer.containers import (
    MAX_BUFFER,
    Container,
    ContainerError,
    OggFlac,
    Samples,
    WavPcm,
    container_for,
)

from . import sound

FORMATS = {
    "flac": AudioFormat(rates=(sound.RATE,)),
    "pcm": AudioFormat(codec="pcm", rates=(sound.RATE,)),
}


@pytest.fixture(scope="module")
def written(noises: Path) -> dict[str, bytes]:
    """The output of ffmpeg for the noise, by codec."""

    async def render(audio_format: AudioFormat) -> bytes:
        arguments = commands.command("ffmpeg", commands.Input(str(noises / "whole.flac")), 0.0, audio_format)
        # From a file, so that no server is needed.
        arguments[arguments.index(commands.PROTOCOLS)] = "file"
        for option in ("-rw_timeout", "-reconnect", "-reconnect_delay_max"):
            place = arguments.index(option)
            del arguments[place : place + 2]
        async with run_ffmpeg(arguments) as process:
            return (await process.communicate())[0]

    return {codec: asyncio.run(render(audio_format)) for codec, audio_format in FORMATS.items()}


def read(container: Container, data: bytes, sizes: list[int]) -> list[Chunk]:
    """Return all chunks, of data that comes in pieces of these sizes, again and again."""
    found: list[Samples] = []
    place = turn = 0
    while place < len(data):
        found += container.feed(data[place : (place := place + sizes[turn % len(sizes)])])
        turn += 1
    found += container.finish()
    return [Chunk(0, samples, encoded) for samples, encoded in found]


@pytest.mark.process
@pytest.mark.parametrize("codec", FORMATS)
@given(sizes=st.lists(st.integers(1, 70_000), min_size=1, max_size=5))
def test_pieces_of_any_size(written: dict[str, bytes], codec: str, sizes: list[int]) -> None:
    # Pieces of a few bytes take long, and beyond the header they tell nothing new.
    data = written[codec][: sum(sizes) * 40]
    container = container_for(FORMATS[codec])
    chunks = read(container, data, sizes)
    if container.header is not None and chunks:
        heard = sound.decode(container.header, chunks)
        assert np.array_equal(heard, sound.noise()[: len(heard)])


@pytest.mark.parametrize("codec", FORMATS)
def test_reads_everything(written: dict[str, bytes], codec: str) -> None:
    container = container_for(FORMATS[codec])
    chunks = read(container, written[codec], [65_536])
    assert container.header is not None
    assert (container.header.codec, container.header.rate) == (codec, sound.RATE)
    assert np.array_equal(sound.decode(container.header, chunks), sound.noise())


@given(data=st.binary(max_size=400))
def test_other_bytes_are_refused_or_incomplete(data: bytes) -> None:
    for container in (OggFlac(), WavPcm()):
        try:
            assert list(container.feed(data)) == []
        except ContainerError:
            continue
        assert container.header is None


def test_an_endless_page_is_refused() -> None:
    container = OggFlac()
    page = b"OggS" + bytes(22) + b"\xff" + b"\xff" * 255 + bytes(255 * 255)
    with pytest.raises(ContainerError):
        list(container.feed(page * (MAX_BUFFER // len(page) + 2)))


def test_an_endless_header_is_refused() -> None:
    container = WavPcm()
    start = b"RIFF" + bytes(4) + b"WAVE" + b"junk" + (2**31).to_bytes(4, "little")
    with pytest.raises(ContainerError):
        list(container.feed(start + bytes(MAX_BUFFER)))
