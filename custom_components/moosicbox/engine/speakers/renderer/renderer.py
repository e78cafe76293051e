"""Renders items once for all speakers that need the same."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout

from ...sync.orders import station_address
from . import commands
from .audio import AudioFormat, AudioSource, Fade, Overlay
from .probe import exact_length
from .rendering import ChunkReader, Rendering, RenderingFailed

MAX_RENDERINGS: Final = 32
"""Processes at once."""
HEAD_TIMEOUT: Final = ClientTimeout(total=2)
PADDED_TYPES: Final = frozenset({"audio/mp4", "audio/x-m4a", "audio/m4a", "video/mp4"})


class Renderer:
    """The renderings of this process. Each runs as long as it has a reader."""

    def __init__(self, program: str, resolve: Callable[[str], str], session: ClientSession) -> None:
        """Create a renderer; nothing runs yet.

        Args:
            program: The ffmpeg executable; ffprobe is expected beside it.
            resolve: Makes the address of a stream absolute.
            session: Asks the hub's own server for the types of streams.
        """
        self._program = program
        self._probe_program = str(Path(program).with_name("ffprobe"))
        self._resolve = resolve
        self._session = session
        self._renderings: dict[tuple[AudioSource, AudioFormat, Fade | Overlay | None], list[Rendering]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """Return the number of renderings."""
        return sum(map(len, self._renderings.values()))

    def open(
        self, source: AudioSource, position: float, audio_format: AudioFormat, mixed: Fade | Overlay | None = None
    ) -> ChunkReader:
        """Return a reader of an item's audio.

        Args:
            source: The item; readers of the same item and format share a rendering where they can.
            position: Where to begin, in seconds of its audio; with a fade, negative by the time for which the item
                before is alone.
            audio_format: The format that the speaker accepts; with a fade, it has one rate.
            mixed: The end of the item before, or an announcement, if that is mixed in.

        Raises:
            RenderingFailed: Too many renderings run.
        """
        key = source, audio_format, mixed
        running = self._renderings.get(key, [])
        for rendering in running:
            if rendering.covers(position):
                return rendering.open(position)
        if len(self) >= MAX_RENDERINGS:
            raise RenderingFailed("Too many items are being rendered")

        def close(rendering: Rendering) -> None:
            running.remove(rendering)
            if not running and self._renderings.get(key) is running:
                del self._renderings[key]
            task = asyncio.create_task(rendering.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

        async def command() -> list[str]:
            item = await self._input(source, position)
            if mixed is None:
                return commands.command(self._program, item, position, audio_format)
            other = await self._input(mixed.source, 0.0)
            if isinstance(mixed, Overlay):
                return commands.overlay_command(self._program, item, position, other, mixed, audio_format)
            return commands.fade_command(self._program, item, other, mixed, audio_format)

        rendering = Rendering(command, source, position, audio_format, close)
        running.append(rendering)
        self._renderings[key] = running
        return rendering.open(position)

    async def _input(self, source: AudioSource, position: float) -> commands.Input:
        if (station := station_address(source.address, position)) is not None:
            return commands.Input(self._resolve(station), source.gain_db, begins=position)
        url = self._resolve(source.address)
        length = await self._exact_length(url) if source.address.startswith("/") else None
        return commands.Input(url, source.gain_db, length, speed=source.speed, live=source.live)

    async def _exact_length(self, url: str) -> float | None:
        try:
            async with self._session.head(url, ssl=False, timeout=HEAD_TIMEOUT) as response:
                content_type = response.content_type
        except ClientError, TimeoutError, OSError:
            return None
        if content_type not in PADDED_TYPES:
            return None
        return await exact_length(self._probe_program, url)

    async def close(self) -> None:
        """End all renderings."""
        renderings = [rendering for running in self._renderings.values() for rendering in running]
        self._renderings.clear()
        await asyncio.gather(*(rendering.close() for rendering in renderings), *self._closing)
