"""Music that follows by itself: when the last item of a queue plays, the library adds one that fits."""

from collections.abc import Collection, Sequence
import logging
import secrets
from typing import Final, Protocol

from ..access.rights import Principal
from ..background import Spawn
from ..clock import Clock
from ..protocol.errors import HubError
from ..protocol.types import QueueItem, Track, UserRef
from .events import CurrentChanged, PlaybackEvent, QueueChanged, StatusChanged
from .media_resolver import MediaResolver
from .playback import Playback

_LOGGER = logging.getLogger(__name__)

NOT_AGAIN: Final = 100
"""Items of the queue, the latest ones, that aren't repeated."""


class SimilarTracks(Protocol):
    """A source of tracks that fit to others."""

    async def similar(self, track_id: str, *, exclude: Collection[str]) -> Sequence[Track]:
        """Return tracks similar to `track_id`, the best first. Raise HubError."""


class Autoplay:
    """Follows playbacks, and those with `autoplay` on never end."""

    def __init__(
        self, library: SimilarTracks, media_resolver: MediaResolver, house: Principal, clock: Clock, spawn: Spawn
    ) -> None:
        """`house` is in whose name music is added; `spawn` runs what takes time."""
        self._library = library
        self._media_resolver = media_resolver
        self._house = house
        self._clock = clock
        self._spawn = spawn
        self._choosing: set[Playback] = set()

    def happened(self, playback: Playback, event: PlaybackEvent) -> None:
        """Something happened to `playback`."""
        matters = isinstance(event, CurrentChanged | StatusChanged | QueueChanged)
        if matters and _at_its_end(playback) and playback not in self._choosing:
            self._choosing.add(playback)
            self._spawn(self._continue(playback))

    async def _continue(self, playback: Playback) -> None:
        try:
            if (current := playback.current) is None:
                return
            latest = [item.track.track_id for item in playback.queue.items[-NOT_AGAIN:]]
            found = await self._library.similar(current.track.track_id, exclude=latest)
            media = await self._media_resolver.resolve_tracks([track.track_id for track in found], self._house)
            if media and _at_its_end(playback):
                item = QueueItem(
                    queue_item_id=secrets.token_hex(8),
                    track=media[0].track,
                    added_by=UserRef(id=self._house.sub, name=self._house.name),
                    added_at=self._clock.timestamp(),
                    origin="autoplay",
                )
                playback.queue.add([item], "end", None)
        except HubError as error:
            _LOGGER.debug("Nothing follows by itself: %s", error)
        finally:
            self._choosing.discard(playback)


def _at_its_end(playback: Playback) -> bool:
    """Whether the last item plays, and more shall follow."""
    current = playback.current
    return (
        playback.autoplay
        and playback.repeat == "off"
        and playback.timeline.state in ("playing", "buffering")
        and current is not None
        and playback.queue.after(current.queue_item_id) is None
    )
