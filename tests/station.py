"""A stand-in for a radio station: an ICY server on loopback that sends tones for as long as it has listeners."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from functools import cache
import subprocess
from typing import NamedTuple

from aiohttp import web
from aiohttp.test_utils import TestServer
import numpy as np
from numpy.typing import NDArray

from custom_components.moosicbox.engine.library.shared_stations.window import CHANNELS, RATE

type Sound = NDArray[np.int16]

ICY_BYTES = 4_000
BIT_RATE = 128_000
STEP_SECONDS = 0.05
TONES_HZ = (440, 660, 990, 1485)
"""The tone of each connection, so that a recording tells from which one it is."""


@cache
def tone(frequency: int, seconds: int = 20) -> bytes:
    """Return a tone as MP3 of `BIT_RATE`."""
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i"]
    command += [f"sine=frequency={frequency}:sample_rate=44100:duration={seconds}", "-ac", "2"]
    command += [
        "-c:a",
        "libmp3lame",
        "-b:a",
        str(BIT_RATE),
        "-write_xing",
        "0",
        "-id3v2_version",
        "0",
        "-f",
        "mp3",
        "-",
    ]
    return subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603 - the tests' own arguments


def frequency_of(sound: Sound) -> float:
    """Return the loudest frequency of a recording in Hz; 0 for silence."""
    mono = sound.astype(float).mean(axis=1)
    if not mono.any():
        return 0.0
    spectrum = np.abs(np.fft.rfft(mono * np.hanning(len(mono))))
    return float(np.argmax(spectrum) * RATE / len(mono))


def samples_of(pcm: bytes) -> Sound:
    """Return PCM of the hub as one row a sample, one column a channel."""
    return np.frombuffer(pcm[: len(pcm) - len(pcm) % (2 * CHANNELS)], np.int16).reshape(-1, CHANNELS)


class Recording(NamedTuple):
    """A file that a station sends."""

    content: bytes
    media_type: str
    seconds: float


class RadioStation:
    """The station.

    Attributes:
        connections: The number of connections so far.
        open: The connections that are open now.
        url: Where it is.
        title: The title that it sends.
        burst_seconds: Sound that a new listener gets at once.
        silent: True to accept connections, and send nothing.
        recording: A file that each listener gets once, instead of tones.
    """

    def __init__(self) -> None:
        self.recording: Recording | None = None
        self.connections = 0
        self.open = 0
        self.url = ""
        self.title = "Ana - Tides"
        self.burst_seconds = 3.0
        self.silent = False
        self._tones: dict[int, bytes] = {}
        self._transports: set[asyncio.Transport] = set()
        self._left = asyncio.Event()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Send a tone without an end."""
        number, recording = self.connections, self.recording
        self.connections += 1
        if recording is None:
            frequency = TONES_HZ[number % len(TONES_HZ)]
            if frequency not in self._tones:
                self._tones[frequency] = await asyncio.to_thread(tone, frequency)
            recording = Recording(self._tones[frequency], "audio/mpeg", 0.0)
        icy = "Icy-MetaData" in request.headers
        headers = {"icy-name": "Tides FM", "Content-Type": recording.media_type}
        response = web.StreamResponse(headers=headers | ({"icy-metaint": str(ICY_BYTES)} if icy else {}))
        await response.prepare(request)
        self.open += 1
        if request.transport is not None:
            self._transports.add(request.transport)
        try:
            while self.silent and request.transport is not None:  # noqa: ASYNC110 - it stands for any lapse of time
                await asyncio.sleep(STEP_SECONDS)
            await self._send(response, recording, icy=icy)
        except ConnectionError:
            pass
        finally:
            self.open -= 1
            self._transports = {transport for transport in self._transports if not transport.is_closing()}
            self._left.set()
            self._left.clear()
        return response

    def drop(self) -> None:
        """Break all connections."""
        for transport in self._transports:
            transport.abort()

    async def wait_left(self) -> None:
        """Wait until there is no connection."""
        while self.open:
            await self._left.wait()

    async def _send(self, response: web.StreamResponse, recording: Recording, *, icy: bool) -> None:
        loop = asyncio.get_running_loop()
        sound, seconds = recording.content, recording.seconds
        rate = len(sound) / seconds if seconds else BIT_RATE / 8
        began, sent, until_block = loop.time() - self.burst_seconds, 0, ICY_BYTES
        told: str | None = None
        while not seconds or sent < len(sound):
            due = int((loop.time() - began) * rate)
            due = min(due, len(sound)) if seconds else due
            while sent < due:
                size = min(due - sent, until_block, len(sound) - sent % len(sound))
                await response.write(sound[sent % len(sound) : sent % len(sound) + size])
                sent += size
                until_block -= size
                if not until_block:
                    until_block = ICY_BYTES
                    if icy:
                        await response.write(_block(self.title if told != self.title else None))
                        told = self.title
            await asyncio.sleep(STEP_SECONDS)


def _block(title: str | None) -> bytes:
    text = b"" if title is None else f"StreamTitle='{title}';".encode()
    text += bytes(-len(text) % 16)
    return bytes([len(text) // 16]) + text


@asynccontextmanager
async def on_air() -> AsyncGenerator[RadioStation]:
    """Run a station."""
    station = RadioStation()
    app = web.Application()
    app.router.add_get("/live", station.serve)
    server = TestServer(app)
    async with server:
        station.url = str(server.make_url("/live"))
        try:
            yield station
        finally:
            with suppress(ConnectionError):
                station.drop()
