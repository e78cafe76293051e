"""Opening of items: a reader is used once it has audio, and an address that has expired is renewed."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from .driver import SpeakerDriver
from .renderer.audio import AudioSource, Overlay
from .renderer.renderer import Renderer
from .renderer.rendering import ChunkReader, RenderingFailed

type RenewAddress = Callable[[str], Awaitable[str]]
"""Returns a fresh address for an item of the queue. Raise HubError, TimeoutError."""


class Opener:
    """Opens items for a speaker."""

    def __init__(self, renderer: Renderer, driver: SpeakerDriver, renew: RenewAddress) -> None:
        self._renderer = renderer
        self._driver = driver
        self._renew = renew

    async def open_reader(self, source: AudioSource, position: float, overlay: Overlay | None = None) -> ChunkReader:
        """Return a reader that has audio. Raise RenderingFailed, HubError, TimeoutError."""
        audio_format = self._driver.audio_format
        try:
            return await ready(self._renderer.open(source, position, audio_format, overlay))
        except RenderingFailed:
            # The address may have expired.
            renewed = replace(source, address=await self._renew(source.item_id))
            return await ready(self._renderer.open(renewed, position, audio_format, overlay))


async def ready(reader: ChunkReader) -> ChunkReader:
    """Return a reader once it has audio; it is closed if it fails. Raise RenderingFailed."""
    try:
        await reader.header()
    except BaseException:
        reader.close()
        raise
    return reader
