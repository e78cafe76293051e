"""The household's music on a node: the same index and the same ids as Home Assistant's, made from the same files."""

import asyncio
from pathlib import Path
import shutil

from ..library import artwork, streams
from ..library.artwork import Artwork
from ..library.disk_cache import DiskCache
from ..library.library import Library
from ..library.seal import Seal
from ..library.streams import Streams
from .config import NodeConfig


class Music:
    """A library, and what serves its tracks and pictures."""

    def __init__(
        self, folders: tuple[Path, ...], data: Path, scan_interval: float, seal: Seal, ffmpeg: str | None
    ) -> None:
        """Not open yet. `seal` knows the addresses that all nodes make."""
        self.library = Library(data / "library.db", folders, scan_interval, seal)
        self.library.transcodes = ffmpeg is not None
        self.streams = Streams(self.library, DiskCache(data / "tracks", streams.CACHE_BYTES), ffmpeg)
        self.artwork = Artwork(self.library, DiskCache(data / "artwork", artwork.CACHE_BYTES))

    async def start(self) -> None:
        """Open the index, and look at the folders from now on."""
        await self.library.start()
        self.library.follow_folders()

    async def stop(self) -> None:
        """Close it; what is known is kept."""
        await self.library.stop()


async def create_music(config: NodeConfig, seal: Seal) -> Music | None:
    """The music of the configured folders; None if there are none."""
    if not config.music:
        return None
    ffmpeg = await asyncio.to_thread(shutil.which, "ffmpeg")
    return Music(config.music, config.data, config.limits.library_scan_interval, seal, ffmpeg)
