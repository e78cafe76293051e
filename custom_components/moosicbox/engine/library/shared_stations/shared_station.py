"""One station, fetched and decoded once, for any number of listeners."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
import logging
from typing import Final

from ...clock import Clock
from ...fetching import FetchFailed, SessionFactory
from ...ffmpeg_process import MAX_LIVE_CPU_SECONDS, run_ffmpeg
from ...playback.addresses import server_of
from ..streaming.formats import CONTAINERS, DECODERS
from .connection import StationConnection, connect
from .window import CHANNELS, FRAME_BYTES, MAX_AHEAD_SECONDS, RATE, Window

_LOGGER = logging.getLogger(__name__)

MIN_AHEAD_US: Final = 1_500_000
"""The window reaches at least this far ahead; silence fills it if the station sends nothing."""
BUFFER_SECONDS: Final = 2.0
"""Seconds of the station that are buffered before it is heard again after silence."""
SILENCE_SECONDS: Final = 0.25
MAX_AHEAD_US: Final = MAX_AHEAD_SECONDS * 1_000_000 - 1_000_000
BLOCK: Final = RATE // 10
"""Samples that a listener gets at once."""
RETRY_SECONDS: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""The time until a station that has broken off is connected anew, by the number of failures in a row."""
MAX_SILENT_FAILURES: Final = 5
"""Failures in a row after which a station that has never sent any sound is given up."""
STEADY_US: Final = 10_000_000
"""A connection whose sound was heard, and that lasted so long, didn't fail."""
NICENESS: Final = 5
READ_SIZE: Final = 32 * 1024
DEMUXERS: Final = ",".join(dict.fromkeys([*(container.demuxer for container in CONTAINERS.values()), "aac"]))


class Lost(Exception):
    """A listener can't get the sound that follows: it has read too slowly, or the station has ended."""


class SharedStation:
    """A station that is on air here. Its sound is PCM: 16 bits, `CHANNELS` channels, `RATE` samples per second.

    Each sample is to be heard at a fixed hub time, so that all listeners hear the same at the same time, whenever they
    begin. While the station sends nothing, there is silence.

    Attributes:
        url: The address of the station's stream.
        server: The name of its server.
        title: The title that the station sends, or `None`.
        listeners: The number of listeners.
    """

    def __init__(
        self,
        url: str,
        ffmpeg: str,
        session: SessionFactory,
        clock: Clock,
        require_allowed: Callable[[str], None],
        on_title: Callable[[SharedStation], None],
    ) -> None:
        """Begin to fetch.

        Args:
            url: The address of the station's stream.
            ffmpeg: The program that decodes.
            session: Returns the session for requests.
            clock: The hub's clock.
            require_allowed: Raises HubError for an address that must not be requested.
            on_title: Called when the title has changed.
        """
        self.url = url
        self.server = server_of(url)
        self.title: str | None = None
        self.listeners = 0
        self._ffmpeg = ffmpeg
        self._session = session
        self._clock = clock
        self._require_allowed = require_allowed
        self._on_title = on_title
        self._window = Window(clock.now_us())
        self._gathered: bytearray | None = bytearray()
        """The station's sound that doesn't follow the silence yet; `None` while its sound follows directly."""
        self._sounding = asyncio.Event()
        """Set once the window has any sound of the station, or the station was given up."""
        self._heard = False
        """True if sound of the present connection is in the window."""
        self.ended = False
        """True if nothing follows: it was closed, or the station was given up."""
        self._grown = asyncio.Event()
        self._silence = asyncio.create_task(self._stay_ahead(), name="moosicbox station")
        self._tasks = [self._silence, asyncio.create_task(self._receive(), name="moosicbox station")]

    def sample_at(self, hub_us: int) -> int:
        """Return the sample that is to be heard at a hub time."""
        return self._window.sample_at(hub_us)

    async def has_sound(self) -> bool:
        """Wait until the station has sent sound for the first time; return False if nothing follows."""
        await self._sounding.wait()
        return not self.ended

    async def sound(self, sample: int) -> AsyncIterator[bytes]:
        """Yield the sound from a sample on, as soon as it is there; it has no end.

        A listener that begins before the window gets silence up to it.

        Raises:
            Lost: The listener has fallen behind the window, or the station has ended.
        """
        window, begun = self._window, False
        while True:
            if (missing := window.first - sample) > 0:
                if begun:
                    raise Lost("It reads too slowly")
                count = min(missing, BLOCK)
                yield bytes(count * FRAME_BYTES)
                sample += count
                # No faster than it is needed by a player that fills its buffer.
                await asyncio.sleep(BLOCK / RATE / 5)
                continue
            begun = True
            if data := window.read(sample, BLOCK):
                yield data
                sample += len(data) // FRAME_BYTES
            elif self.ended:
                raise Lost("The station has ended")
            else:
                await self._grown.wait()

    async def close(self) -> None:
        """End the connection to the station, and those of the listeners."""
        self._end()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _end(self) -> None:
        self.ended = True
        self._sounding.set()
        self._wake()

    def _wake(self) -> None:
        self._grown.set()
        self._grown.clear()

    # ---- silence

    async def _stay_ahead(self) -> None:
        while True:
            lacking_us = MIN_AHEAD_US - self._window.ahead_us(self._clock.now_us())
            if lacking_us < 0:
                await asyncio.sleep(-lacking_us / 1_000_000)
                continue
            self._gathered = self._gathered or bytearray()
            self._window.append_silence(round((lacking_us / 1_000_000 + SILENCE_SECONDS) * RATE))
            self._wake()

    # ---- the station

    async def _receive(self) -> None:
        failures = 0
        while True:
            began_us, self._heard = self._clock.now_us(), False
            try:
                async with connect(self._session(), self.url, self._require_allowed) as connection:
                    await self._decode(connection)
            except (FetchFailed, OSError) as error:
                _LOGGER.debug("A station at %s has broken off: %s", self.server, error)
            if not self._sounding.is_set() and failures + 1 >= MAX_SILENT_FAILURES:
                _LOGGER.warning("A station at %s can't be fetched, or sends no sound that can be decoded", self.server)
                self._silence.cancel()
                self._end()
                return
            # A station that sends nothing is left only when its time is up, which may be as long.
            failures = 0 if self._heard and self._clock.now_us() - began_us > STEADY_US else failures
            await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
            failures += 1

    async def _decode(self, connection: StationConnection) -> None:
        if self._gathered:
            self._gathered = bytearray()
        async with run_ffmpeg(
            [self._ffmpeg, *_arguments(connection)],
            stdin=asyncio.subprocess.PIPE,
            cpu_seconds=MAX_LIVE_CPU_SECONDS,
            niceness=NICENESS,
        ) as process:
            if process.stdin is None or process.stdout is None:
                return
            feeding = asyncio.create_task(self._feed(connection, process.stdin), name="moosicbox station")
            try:
                rest = b""
                while data := await process.stdout.read(READ_SIZE):
                    data = rest + data
                    whole = len(data) - len(data) % FRAME_BYTES
                    rest = data[whole:]
                    await self._add(data[:whole])
            finally:
                feeding.cancel()
                await asyncio.gather(feeding, return_exceptions=True)

    async def _feed(self, connection: StationConnection, stdin: asyncio.StreamWriter) -> None:
        try:
            while True:
                sound = await connection.read()
                if connection.title is not None and connection.title != self.title:
                    self.title = connection.title
                    self._on_title(self)
                stdin.write(sound)
                await stdin.drain()
        except (FetchFailed, ConnectionError) as error:
            _LOGGER.debug("A station at %s has broken off: %s", self.server, error)
        finally:
            # The decoder passes on what it has, and ends.
            with suppress(ConnectionError):
                stdin.close()

    async def _add(self, sound: bytes) -> None:
        if self._gathered is not None:
            self._gathered += sound
            if len(self._gathered) < BUFFER_SECONDS * RATE * FRAME_BYTES:
                return
            sound, self._gathered = bytes(self._gathered), None
        self._window.append(sound)
        self._heard = True
        self._sounding.set()
        self._wake()
        if (early_us := self._window.ahead_us(self._clock.now_us()) - MAX_AHEAD_US) > 0:
            # The station waits, or sends faster than it is heard.
            await asyncio.sleep(early_us / 1_000_000)


def _arguments(connection: StationConnection) -> list[str]:
    return [
        *("-nostdin", "-hide_banner", "-loglevel", "quiet", "-threads", "1", "-analyzeduration", "500000"),
        *("-protocol_whitelist", "pipe", "-format_whitelist", DEMUXERS, "-codec_whitelist", DECODERS),
        *(() if connection.demuxer is None else ("-f", connection.demuxer)),
        *("-i", "pipe:0", "-map", "0:a:0", "-map_metadata", "-1", "-threads", "1", "-filter_threads", "1"),
        *("-ar", str(RATE), "-ac", str(CHANNELS), "-c:a", "pcm_s16le", "-f", "s16le", "-flush_packets", "1", "pipe:1"),
    ]
