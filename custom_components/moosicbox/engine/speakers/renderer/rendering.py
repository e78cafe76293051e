"""One item being rendered in one format: a window of chunks that moves with its readers."""

import asyncio
from bisect import bisect_left
from collections.abc import Awaitable, Callable
import logging
from operator import attrgetter
from typing import Final

from ...ffmpeg_process import MAX_CPU_SECONDS, MAX_LIVE_CPU_SECONDS, run_ffmpeg
from .audio import CHUNK_SAMPLES, AudioFormat, AudioHeader, AudioSource, Chunk
from .containers import ContainerError, container_for

_LOGGER = logging.getLogger(__name__)

AHEAD_SECONDS: Final = 6.0
"""How far ahead of its fastest reader an item is rendered."""
BEHIND_SECONDS: Final = 10.0
"""How far behind its fastest reader chunks are kept, for others that start or are slower."""
MAX_BYTES: Final = 24 * 1024 * 1024
"""Bytes in the window; reached only by the highest rates."""
NEAR_SECONDS: Final = 2.0
"""A position this little ahead of what has been rendered is waited for."""
START_TIMEOUT: Final = 15.0
"""Seconds within which the first chunk must come."""
READ_SIZE: Final = 64 * 1024


class RenderingFailed(Exception):
    """The item can't be rendered from this address."""


class Rendering:
    """A running ffmpeg and the audio that it has produced. It runs until it is closed.

    Attributes:
        source: The item.
        header: The format of the chunks; `None` until the first one exists.
        end: The sample after the item's last one; `None` as long as it isn't known.
    """

    def __init__(
        self,
        command: Callable[[], Awaitable[list[str]]],
        source: AudioSource,
        position: float,
        audio_format: AudioFormat,
        on_unused: Callable[[Rendering], None],
    ) -> None:
        """Start to render.

        Args:
            command: Returns the command that renders.
            source: The item.
            position: Where in the item the rendering begins, in seconds.
            audio_format: The output of the command.
            on_unused: Called when the last reader is closed.
        """
        self.source = source
        self.header: AudioHeader | None = None
        self.end: int | None = None
        self._position = position
        self._on_unused = on_unused
        self._chunks: list[Chunk] = []
        self._bytes = 0
        self._failed = False
        self._readers: set[ChunkReader] = set()
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._run(command, audio_format), name="moosicbox rendering")

    @property
    def newest(self) -> int | None:
        """The sample after the last one that has been rendered; `None` before the first one."""
        return self._chunks[-1].end if self._chunks else None

    def first_sample(self, header: AudioHeader) -> int:
        """Return the sample with which the first chunk begins."""
        return round(self._position * header.rate)

    def covers(self, position: float) -> bool:
        """Return whether a reader can begin at a position (seconds) without rendering anew."""
        if self._failed:
            return False
        if self.header is None or not self._chunks:
            return position == self._position
        ahead = 0.0 if self.end is not None else NEAR_SECONDS
        return self._chunks[0].start / self.header.rate <= position <= self._chunks[-1].end / self.header.rate + ahead

    def open(self, position: float) -> ChunkReader:
        """Return a reader that begins at a position (seconds) that is covered."""
        reader = ChunkReader(self, position)
        self._readers.add(reader)
        return reader

    def release(self, reader: ChunkReader) -> None:
        """Forget a reader."""
        if reader in self._readers:
            self._readers.discard(reader)
            self.wake()
            if not self._readers:
                self._on_unused(self)

    async def close(self) -> None:
        """End ffmpeg and forget all audio."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._chunks.clear()

    def chunk_at(self, sample: int) -> Chunk | None:
        """Return the first chunk that begins at a sample or later, if it has been rendered and is still kept."""
        index = bisect_left(self._chunks, sample, key=attrgetter("start"))
        return self._chunks[index] if index < len(self._chunks) else None

    async def wait_for_change(self) -> None:
        """Wait until more has been rendered or read. Raise RenderingFailed if no more will be."""
        if self._failed:
            raise RenderingFailed("The audio can't be rendered")
        await self._changed.wait()

    def wake(self) -> None:
        """Wake everything that waits for a change."""
        self._changed.set()
        self._changed.clear()

    # ---- producing

    async def _run(self, command: Callable[[], Awaitable[list[str]]], audio_format: AudioFormat) -> None:
        cpu_seconds = MAX_LIVE_CPU_SECONDS if self.source.live else MAX_CPU_SECONDS
        try:
            async with run_ffmpeg(await command(), cpu_seconds=cpu_seconds) as process:
                if process.stdout is not None:
                    await self._read(process.stdout, process, audio_format)
        except (ContainerError, TimeoutError) as error:
            _LOGGER.debug("Rendering failed: %s", error)
            self._fail()
        except OSError as error:
            _LOGGER.warning("ffmpeg can't be started: %s", error)
            self._fail()
        except Exception:
            self._fail()  # Readers must not wait for ever.
            raise

    async def _read(
        self, source: asyncio.StreamReader, process: asyncio.subprocess.Process, audio_format: AudioFormat
    ) -> None:
        container = container_for(audio_format)
        next_sample = 0
        while True:
            async with asyncio.timeout(START_TIMEOUT if self.header is None else None):
                data = await source.read(READ_SIZE)
            for samples, encoded in container.feed(data) if data else container.finish():
                if self.header is None and (header := container.header) is not None:
                    self.header = header
                    next_sample = self.first_sample(header)
                self._append(Chunk(next_sample, samples, encoded))
                next_sample += samples
            if not data:
                break
            if (header := self.header) is not None:
                self._trim(header)
                while not self._has_room(header):
                    await self.wait_for_change()
        if self.header is None or not self._chunks or await process.wait():
            raise ContainerError("There is no audio, or it breaks off")
        self.end = next_sample
        self.wake()

    def _append(self, chunk: Chunk) -> None:
        self._chunks.append(chunk)
        self._bytes += len(chunk.data)
        self.wake()

    def _has_room(self, header: AudioHeader) -> bool:
        if self._bytes > MAX_BYTES:
            self._trim(header)
        ahead = self._chunks[-1].end - self._fastest() if self._chunks else 0
        return ahead < AHEAD_SECONDS * header.rate and self._bytes <= MAX_BYTES

    def _trim(self, header: AudioHeader) -> None:
        behind = self._fastest() - round(BEHIND_SECONDS * header.rate)
        count = bisect_left(self._chunks, behind, key=attrgetter("end"))
        self._bytes -= sum(len(chunk.data) for chunk in self._chunks[:count])
        del self._chunks[:count]

    def _fastest(self) -> int:
        return max((reader.sample for reader in self._readers), default=0)

    def _fail(self) -> None:
        self._failed = True
        self.wake()


class ChunkReader:
    """Reads the chunks of a rendering in order.

    Attributes:
        sample: The first sample of the item that hasn't been read.
    """

    def __init__(self, rendering: Rendering, position: float) -> None:
        self._rendering = rendering
        self._position = position
        self._sample: int | None = None

    @property
    def sample(self) -> int:
        """The first sample of the item that hasn't been read."""
        if self._sample is None:
            header = self._rendering.header
            return 0 if header is None else round(self._position * header.rate)
        return self._sample

    @property
    def duration(self) -> float | None:
        """The item's exact length in seconds, as soon as all of it has been rendered."""
        rendering = self._rendering
        return None if rendering.end is None or rendering.header is None else rendering.end / rendering.header.rate

    async def header(self) -> AudioHeader:
        """Return what the chunks are, as soon as the first one exists. Raise RenderingFailed."""
        while (header := self._rendering.header) is None:
            await self._rendering.wait_for_change()
        return header

    async def next(self) -> Chunk | None:
        """Return the next chunk, or `None` at the item's end. Raise RenderingFailed if it breaks off."""
        rendering = self._rendering
        await self.header()
        while (chunk := rendering.chunk_at(self.sample)) is None:
            if rendering.end is not None:
                return None
            await rendering.wait_for_change()
        self._sample = chunk.end
        rendering.wake()
        return chunk

    @property
    def source(self) -> AudioSource:
        """The item."""
        return self._rendering.source

    @property
    def known_header(self) -> AudioHeader | None:
        """The format of the chunks; `None` before the first one exists."""
        return self._rendering.header

    def boundary(self, position: float) -> int | None:
        """Return the last sample at or before a position (seconds) at which a chunk begins; `None` if none does."""
        if (header := self._rendering.header) is None:
            return None
        begin = self._rendering.first_sample(header)
        sample = round(position * header.rate)
        return None if sample < begin else sample - (sample - begin) % CHUNK_SAMPLES

    def close(self) -> None:
        """Read no more; the rendering ends with its last reader."""
        self._rendering.release(self)

    def skip_to(self, position: float) -> None:
        """Continue at a position (seconds) that lies ahead."""
        if (header := self._rendering.header) is None:
            raise ValueError("A reader without audio can't skip")
        self._sample = max(self.sample, round(position * header.rate))
        self._rendering.wake()

    @property
    def buffered_until(self) -> float:
        """The position (seconds) up to which the item has been rendered."""
        header = self._rendering.header
        newest = self._rendering.newest
        return 0.0 if header is None or newest is None else newest / header.rate
