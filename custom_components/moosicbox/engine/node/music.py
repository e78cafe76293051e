"""The household's music on a node: a library of its own, with the same ids as Home Assistant's, from the same files."""

import asyncio
from pathlib import Path
import shutil

from aiohttp import ClientSession

from ..library.library import Library
from ..library.seal import Seal
from ..library.streaming import artwork, streams
from ..library.streaming.artwork import Artwork
from ..library.streaming.disk_cache import DiskCache
from ..library.streaming.streams import Streams
from .config import NodeConfig


class NodeMusic:
    """A library of a node, and the handlers that serve its tracks and artwork."""

    def __init__(
        self,
        folders: tuple[Path, ...],
        data: Path,
        scan_interval: float,
        seal: Seal,
        ffmpeg: str | None,
        *,
        measures_loudness: bool = False,
        online_lyrics: bool = False,
    ) -> None:
        """Create the library; nothing is opened yet.

        Args:
            folders: The music folders.
            data: The folder of the index and the caches.
            scan_interval: Seconds between full scans.
            seal: Signs and checks addresses as all nodes do.
            ffmpeg: The path of ffmpeg for transcoding; `None` without it.
            measures_loudness: True measures the loudness of tracks whose tags don't have it.
            online_lyrics: True looks up lyrics at LRCLIB that the files don't have.
        """
        self._session: ClientSession | None = None
        self.library = Library(
            data / "library.db",
            folders,
            scan_interval,
            seal,
            ffmpeg=ffmpeg,
            measures_loudness=measures_loudness,
            http_session=self._get_session,
            online_lyrics=online_lyrics,
        )
        self.streams = Streams(self.library, DiskCache(data / "tracks", streams.CACHE_BYTES), ffmpeg)
        self.artwork = Artwork(self.library, DiskCache(data / "artwork", artwork.CACHE_BYTES))

    async def start(self) -> None:
        """Open the index, and watch the folders from now on.

        Raises:
            OSError: The folder of the index can't be written.
            sqlite3.Error: The index can't be opened.
        """
        await self.library.start()
        self.library.follow_folders()

    async def stop(self) -> None:
        """Close the index."""
        await self.library.stop()
        if self._session is not None:
            await self._session.close()

    def _get_session(self) -> ClientSession:
        if self._session is None or self._session.closed:
            self._session = ClientSession()
        return self._session


async def create_music(config: NodeConfig, seal: Seal) -> NodeMusic | None:
    """Return the music of the configured folders, or `None` without folders."""
    if not config.music:
        return None
    ffmpeg = await asyncio.to_thread(shutil.which, "ffmpeg")
    limits = config.limits
    return NodeMusic(
        config.music,
        config.data,
        limits.library_scan_interval,
        seal,
        ffmpeg,
        measures_loudness=limits.library_measure_loudness,
        online_lyrics=limits.library_online_lyrics,
    )
