"""Renews the addresses of pictures in queues before they expire."""

import asyncio
from typing import Final

import msgspec

from .background import Spawn
from .clock import Clock
from .library.seal import WINDOW, Seal
from .playback.player import PlaybackContext
from .playback.players import Players
from .playback.publisher import PlaybackPublisher
from .protocol.types import Track
from .rooms.rooms import Rooms
from .timers import Timers

CHECK_US: Final = 3_600 * 1_000_000


class ArtworkRenewal:
    """Renews all addresses once per `WINDOW`; addresses that are made within the same window are equal."""

    def __init__(
        self,
        seal: Seal,
        players: Players,
        rooms: Rooms,
        publisher: PlaybackPublisher,
        timers: Timers,
        clock: Clock,
        spawn: Spawn,
    ) -> None:
        self._seal = seal
        self._players = players
        self._rooms = rooms
        self._publisher = publisher
        self._timers = timers
        self._clock = clock
        self._spawn = spawn
        self._window: int | None = None

    def start(self) -> None:
        """Renew all addresses now, and again in each new window."""
        if (window := int(self._clock.utc().timestamp()) // WINDOW) != self._window:
            self._window = window
            self.renew()
        self._timers.at(self._clock.now_us() + CHECK_US, self.start)

    def renew(self) -> None:
        """Renew all addresses in the background."""
        self._spawn(self._renew())

    async def _renew(self) -> None:
        contexts: list[PlaybackContext] = [*self._players, *self._rooms]
        for context in contexts:
            if context.playback.queue.renew_tracks(self._renewed):
                self._publisher.publish_queue(context)
            # Let other tasks run: queues may be long.
            await asyncio.sleep(0)

    def _renewed(self, track: Track) -> Track:
        address = self._seal.renew_artwork(track.artwork_url)
        return track if address == track.artwork_url else msgspec.structs.replace(track, artwork_url=address)
