"""Items that are kept ready: the next one, and the one that is paused."""

import asyncio
from collections.abc import Callable
import logging
from typing import Final

from ..protocol.errors import HubError
from ..protocol.server import Prepare
from ..protocol.types import PlayableTrack
from .opening import Opener
from .renderer.audio import AudioSource
from .renderer.rendering import ChunkReader, RenderingFailed
from .tasks import replace_task

_LOGGER = logging.getLogger(__name__)

PRELOAD_SECONDS: Final = 60.0
"""How long an item is kept ready while nothing plays."""


class Preparation:
    """Keeps one item ready.

    Attributes:
        ready_id: The item that is ready; `None` if none is.
    """

    def __init__(
        self,
        opener: Opener,
        now_us: Callable[[], int],
        *,
        speed_of: Callable[[PlayableTrack], float],
        on_change: Callable[[], None],
    ) -> None:
        """Create a preparation of nothing.

        Args:
            opener: Opens items.
            now_us: Returns the hub's time.
            speed_of: Returns the speed at which a track will be played.
            on_change: Called when an item is ready.
        """
        self.ready_id: str | None = None
        self._opener = opener
        self._now_us = now_us
        self._speed_of = speed_of
        self._on_change = on_change
        self._prepared: Prepare | None = None
        """The hub's latest `prepare`, with the item that will follow."""
        self._preloaded: ChunkReader | None = None
        self._preloaded_us = 0
        self._starting: ChunkReader | None = None
        """The reader of the item that is being started, which was prepared."""
        self._preloading: asyncio.Task[None] | None = None

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """The task that prepares, if one runs."""
        return [] if self._preloading is None else [self._preloading]

    def prepare(self, prepared: Prepare) -> None:
        """Make an item ready, or none."""
        self._prepared = prepared
        if prepared.queue_item_id is None or prepared.track is None:
            self._preloading = replace_task(self._preloading, None)
            self._release_preloaded()
            return
        track, gain_db = prepared.track, prepared.gain_db or 0.0
        live = track.live is True
        source = AudioSource(prepared.queue_item_id, track.stream_url, gain_db, self._speed_of(track), live=live)
        if self._preloaded is None or self._preloaded.source != source:
            self.preload(source, 0.0)

    def preload(self, source: AudioSource, position: float) -> None:
        """Begin to make an item ready at a position (seconds)."""
        self._preloading = replace_task(self._preloading, self._preload(source, position))

    def use(self, item_id: str | None) -> None:
        """Keep an item that is ready until it has started: the one after it may be announced before it is opened."""
        if self._preloaded is not None and self._preloaded.source.item_id == item_id:
            self.release_starting()
            self._starting, self._preloaded = self._preloaded, None

    def go_on(self, item_id: str) -> None:
        """Make the item ready that follows `item_id`, which has started."""
        if self._prepared is not None and self._prepared.queue_item_id != item_id:
            self.prepare(self._prepared)

    def release_old(self) -> None:
        """Release everything if it has been ready for a long time."""
        if self._now_us() - self._preloaded_us > PRELOAD_SECONDS * 1e6:
            self.close()

    def release_starting(self) -> None:
        """Release the item that was being started."""
        if self._starting is not None:
            self._starting.close()
            self._starting = None

    def close(self) -> None:
        """Release everything."""
        self.release_starting()
        self._release_preloaded()

    async def _preload(self, source: AudioSource, position: float) -> None:
        self._release_preloaded()
        try:
            reader = await self._opener.open_reader(source, position)
        except (RenderingFailed, HubError, TimeoutError) as error:
            _LOGGER.debug("An item can't be prepared: %s", error)
            return
        self._preloaded, self.ready_id = reader, source.item_id
        self._preloaded_us = self._now_us()
        self._on_change()

    def _release_preloaded(self) -> None:
        if self._preloaded is not None:
            self._preloaded.close()
            self._preloaded = self.ready_id = None
