"""Renders items once for all speakers that need the same."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout

from . import ffmpeg
from .audio import AudioFormat
from .probe import exact_length
from .rendering import Reader, Rendering, RenderingFailed

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
        self._renderings: dict[tuple[str, AudioFormat], list[Rendering]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """Return the number of renderings."""
        return sum(map(len, self._renderings.values()))

    def open(self, item_id: str, address: str, position: float, audio_format: AudioFormat) -> Reader:
        """Return a reader of an item's audio.

        Args:
            item_id: Identifies the item; readers of the same item and format share a rendering where they can.
            address: Where the item's media is fetched from.
            position: Where to begin, in seconds.
            audio_format: The format that the speaker accepts.

        Raises:
            RenderingFailed: Too many renderings run.
        """
        key = item_id, audio_format
        running = self._renderings.setdefault(key, [])
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
            url = self._resolve(address)
            length = await self._exact_length(url) if address.startswith("/") else None
            return ffmpeg.command(self._program, url, position, audio_format, length)

        rendering = Rendering(command, position, audio_format, close)
        running.append(rendering)
        return rendering.open(position)

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
