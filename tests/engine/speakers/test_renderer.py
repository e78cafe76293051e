"""Rendering with a real ffmpeg."""

import asyncio
from itertools import pairwise
from pathlib import Path

from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
import numpy as np
import psutil
import pytest

from custom_components.moosicbox.engine.ffmpeg_process import run_ffmpeg
from custom_components.moosicbox.engine.speakers.renderer import commands, renderer as module
from custom_components.moosicbox.engine.speakers.renderer.audio import (
    CHUNK_SAMPLES,
    AudioFormat,
    AudioSource,
    Chunk,
    Fade,
    Overlay,
)
from custom_components.moosicbox.engine.speakers.renderer.renderer import Renderer
from custom_components.moosicbox.engine.speakers.renderer.rendering import AHEAD_SECONDS, ChunkReader, RenderingFailed

from . import sound

pytestmark = pytest.mark.process

PCM = AudioFormat(codec="pcm", rates=(sound.RATE,))
FLAC = AudioFormat(codec="flac", rates=(sound.RATE,))


async def rest(reader: ChunkReader) -> list[Chunk]:
    """Return all chunks that are left."""
    chunks = []
    while (chunk := await reader.next()) is not None:
        chunks.append(chunk)
    return chunks


async def samples(reader: ChunkReader) -> sound.Samples:
    return sound.decode(await reader.header(), await rest(reader))


@pytest.mark.parametrize("audio_format", [PCM, FLAC], ids=["pcm", "flac"])
@pytest.mark.parametrize("position", [0.0, 0.04, 1.23456, 2.9])
async def test_renders_exactly_from_any_position(
    renderer: Renderer, audio_format: AudioFormat, position: float
) -> None:
    reader = renderer.open(AudioSource("item", "/whole.flac"), position, audio_format)
    chunks = await rest(reader)
    first = round(position * sound.RATE)
    assert chunks[0].start == first
    assert all(chunk.samples == CHUNK_SAMPLES for chunk in chunks[:-1])
    assert all(one.end == other.start for one, other in pairwise(chunks))
    assert reader.duration == sound.SECONDS
    assert np.array_equal(sound.decode(await reader.header(), chunks), sound.noise()[first:])


@pytest.mark.parametrize("name", ["whole.mp3", "edits.m4a", "itunes.m4a"])
@pytest.mark.parametrize("position", [0.0, 1.23456])
async def test_leaves_out_what_an_encoder_added(renderer: Renderer, name: str, position: float) -> None:
    """MP3 says so in LAME's header, MP4 in an edit list or in iTunes' note."""
    heard = await samples(renderer.open(AudioSource("item", f"/{name}"), position, PCM))
    expected = sound.noise()[round(position * sound.RATE) :]
    assert len(heard) == len(expected)
    middle = slice(4_000, 24_000)
    likeness = [np.corrcoef(heard[middle, 0], np.roll(expected, shift, 0)[middle, 0])[0, 1] for shift in (-1, 0, 1)]
    assert likeness[1] == max(likeness) > 0.5


async def test_the_parts_of_an_album_join_without_a_gap(renderer: Renderer) -> None:
    parts = [renderer.open(AudioSource(name, f"/{name}.flac"), 0.0, FLAC) for name in ("first", "second")]
    headers = [await part.header() for part in parts]
    assert headers[0] == headers[1]  # So a decoder goes on.
    chunks = [chunk for part in parts for chunk in await rest(part)]
    assert np.array_equal(sound.decode(headers[0], chunks), sound.noise())


@pytest.mark.parametrize("gain_db", [-6.5, 3.0])
async def test_applies_a_gain(renderer: Renderer, gain_db: float) -> None:
    heard = await samples(renderer.open(AudioSource("item", "/whole.flac", gain_db), 0.5, PCM))
    assert sound.close(heard, sound.amplified(sound.noise()[sound.RATE // 2 :], gain_db))


async def test_items_with_other_gains_are_rendered_anew(renderer: Renderer) -> None:
    for gain_db in (0.0, -3.0, 0.0):
        renderer.open(AudioSource("item", "/whole.flac", gain_db), 0.0, PCM)
    assert len(renderer) == 2


@pytest.mark.parametrize("audio_format", [PCM, FLAC], ids=["pcm", "flac"])
async def test_mixes_the_end_of_an_item_with_the_next_one(renderer: Renderer, audio_format: AudioFormat) -> None:
    """From 1 s on the first item is heard alone, from 1.02 s on it fades out while the second one fades in."""
    fade = Fade(source=AudioSource("a", "/whole.flac", -3.0), position=1.0, alone=0.02, seconds=0.5)
    reader = renderer.open(AudioSource("b", "/second.flac", -1.0), -0.02, audio_format, fade)
    chunks = await rest(reader)
    alone = round(0.02 * sound.RATE)
    assert chunks[0].start == -alone
    assert chunks[-1].end == len(sound.noise()) - sound.CUT
    heard = sound.decode(await reader.header(), chunks)
    before = sound.amplified(sound.noise()[sound.RATE :], -3.0)
    after = sound.amplified(sound.noise()[sound.CUT :], -1.0)
    mixed = sound.faded(before[alone:], after, 0.5)
    assert sound.close(heard, np.concatenate([before[:alone], mixed, after[len(mixed) :]]))


@pytest.mark.parametrize("begins", [1.5, 0.6])
async def test_lowers_an_item_for_an_announcement(renderer: Renderer, begins: float) -> None:
    """The item is rendered from 1 s on; the announcement begins later, or has begun before."""
    position, ducking_db = 1.0, 12.0
    spoken = sound.noise()[sound.CUT :]
    seconds = len(spoken) / sound.RATE
    overlay = Overlay(source=AudioSource("b", "/second.flac"), begins=begins, seconds=seconds, ducking_db=ducking_db)
    reader = renderer.open(AudioSource("a", "/whole.flac"), position, PCM, overlay)
    chunks = await rest(reader)
    assert (chunks[0].start, chunks[-1].end) == (sound.RATE, len(sound.noise()))
    heard = sound.decode(await reader.header(), chunks)
    music = sound.noise()[sound.RATE :]
    at = round((begins - position) * sound.RATE)
    ramp = round(0.2 * sound.RATE)
    first, last = max(0, at), min(len(music), at + len(spoken))
    expected = sound.amplified(music[first:last], -ducking_db).astype(int) + spoken[first - at : last - at]
    assert sound.close(heard[first:last], expected.clip(-32_768, 32_767).astype(np.int16))
    if first > ramp:
        assert sound.close(heard[: first - ramp], music[: first - ramp])
    if last + ramp < len(music):
        assert sound.close(heard[last + ramp :], music[last + ramp :])


async def test_resamples_to_the_nearest_rate(renderer: Renderer) -> None:
    reader = renderer.open(
        AudioSource("item", "/whole.flac"), 0.0, AudioFormat(codec="flac", rates=(48_000, 96_000), bits=24)
    )
    header = await reader.header()
    assert (header.rate, header.bits, header.channels) == (48_000, 24, 2)
    assert sum(chunk.samples for chunk in await rest(reader)) == round(sound.SECONDS * 48_000)


async def test_readers_share_a_rendering(renderer: Renderer) -> None:
    first = renderer.open(AudioSource("item", "/whole.flac"), 0.0, FLAC)
    second = renderer.open(AudioSource("item", "/whole.flac"), 0.0, FLAC)
    await rest(first)
    late = renderer.open(AudioSource("item", "/whole.flac"), 2.0, FLAC)
    assert len(renderer) == 1
    assert renderer.open(AudioSource("item", "/whole.flac"), 0.0, PCM) is not first
    assert renderer.open(AudioSource("other", "/whole.flac"), 0.0, FLAC) is not first
    assert len(renderer) == 3
    assert [chunk.data for chunk in await rest(second)][-1] == [chunk.data for chunk in await rest(late)][-1]


async def test_a_rendering_ends_with_its_last_reader(renderer: Renderer) -> None:
    readers = [renderer.open(AudioSource("item", "/whole.flac"), 0.0, FLAC) for _ in range(2)]
    await readers[0].header()
    readers[0].close()
    assert len(renderer) == 1
    readers[1].close()
    assert len(renderer) == 0
    await renderer.close()
    assert not [child for child in psutil.Process().children() if child.name() == "ffmpeg"]


async def test_renders_only_a_little_ahead(renderer: Renderer, noises: Path) -> None:
    long = np.zeros((60 * sound.RATE, 2), np.int16)
    await asyncio.to_thread(sound.encode, long, noises / "long.flac")
    reader = renderer.open(AudioSource("item", "/long.flac"), 0.0, PCM)
    await reader.header()
    async with asyncio.timeout(10):
        while reader.buffered_until < AHEAD_SECONDS:
            await reader._rendering.wait_for_change()
    # Some more was on its way already.
    assert reader.buffered_until < AHEAD_SECONDS + 2
    assert reader.duration is None
    reader.skip_to(50.0)
    assert (chunk := await reader.next()) is not None
    assert chunk.start >= 50 * sound.RATE


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty", b""),
        ("text", b"not music at all\n" * 1000),
        ("list.m3u8", b"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n/whole.flac\n#EXT-X-ENDLIST\n"),
        ("list.ffconcat", b"ffconcat version 1.0\nfile whole.flac\n"),
    ],
)
async def test_refuses_what_is_no_music(renderer: Renderer, noises: Path, name: str, content: bytes) -> None:
    """A list would lead ffmpeg to addresses that were not checked."""
    (noises / name).write_bytes(content)
    reader = renderer.open(AudioSource("item", f"/{name}"), 0.0, FLAC)
    with pytest.raises(RenderingFailed):
        await reader.header()


async def test_opens_no_decoder_of_pictures(renderer: Renderer, noises: Path, server: TestServer) -> None:
    """A second stream of the file is of no interest, and its decoder may have faults."""
    picture = ("-f", "lavfi", "-i", "color=red:size=16x16:rate=5:duration=3", "-c:v", "png")
    await asyncio.to_thread(sound.encode, sound.noise(), noises / "video.m4a", *picture, "-c:a", "aac", "-f", "mov")
    heard = await samples(renderer.open(AudioSource("item", "/video.m4a"), 0.0, PCM))
    assert len(heard) >= round(sound.SECONDS * sound.RATE)
    url = str(server.make_url("/video.m4a"))
    for limits, ended in (([], 0), (commands.input_options(url), 1)):
        async with run_ffmpeg(["ffmpeg", *limits, "-i", url, "-map", "0:v:0", "-f", "null", "-"]) as process:
            await process.communicate()
            assert process.returncode == ended


async def test_opens_no_files(noises: Path) -> None:
    async with ClientSession() as session:
        renderer = Renderer("ffmpeg", lambda address: f"file:{noises}{address}", session)
        with pytest.raises(RenderingFailed):
            await renderer.open(AudioSource("item", "/whole.flac"), 0.0, FLAC).header()
        await renderer.close()


async def test_an_item_that_is_gone_fails(renderer: Renderer) -> None:
    with pytest.raises(RenderingFailed):
        await renderer.open(AudioSource("item", "/gone.flac"), 0.0, FLAC).header()


async def test_a_program_that_is_missing_fails(server: TestServer) -> None:
    async with ClientSession() as session:
        renderer = Renderer("/no/ffmpeg", lambda address: str(server.make_url(address)), session)
        with pytest.raises(RenderingFailed):
            await renderer.open(AudioSource("item", "/whole.flac"), 0.0, FLAC).header()
        await renderer.close()


async def test_a_station_is_connected_anew(renderer: Renderer, noises: Path) -> None:
    """Its server ends each connection after some seconds of sound."""
    piece, connections = (noises / "whole.mp3").read_bytes(), 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n" + piece)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as station:
        url = f"http://127.0.0.1:{station.sockets[0].getsockname()[1]}/"
        reader = renderer.open(AudioSource("station", url, live=True), 0.0, PCM)
        heard = 0
        async with asyncio.timeout(30):
            while connections < 4:
                chunk = await reader.next()
                assert chunk is not None
                heard = chunk.end
        reader.close()
    assert heard > 2 * sound.SECONDS * sound.RATE


async def test_a_refused_item_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_RENDERINGS", 0)
    async with ClientSession() as session:
        renderer = Renderer("ffmpeg", str, session)
        with pytest.raises(RenderingFailed, match="Too many"):
            renderer.open(AudioSource("item", "/whole.flac"), 0.0, PCM)
    assert vars(renderer)["_renderings"] == {}
