"""Autoplay: adds a similar track when the last item of a queue plays."""

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

EXCLUDED_ITEMS: Final = 100
"""The last items of the queue, which aren't added again."""
FOLLOWED_ITEMS: Final = 4
"""The items before the current one to which the added track should be similar as well."""


class SimilarTracks(Protocol):
    """A source of similar tracks."""

    async def similar(
        self, track_ids: Sequence[str], *, exclude: Collection[str], skipped: Collection[str]
    ) -> Sequence[Track]:
        """Return tracks that can follow others, the best first.

        Args:
            track_ids: The music to follow, the current track first.
            exclude: Tracks that aren't returned.
            skipped: Tracks that were skipped.

        Raises:
            HubError: The library doesn't answer.
        """


class Autoplay:
    """Follows playbacks, and continues those with autoplay that are at their end."""

    def __init__(
        self, library: SimilarTracks, media_resolver: MediaResolver, system: Principal, clock: Clock, spawn: Spawn
    ) -> None:
        """Set up autoplay.

        Args:
            library: Where similar tracks come from.
            media_resolver: Finds their media.
            system: The principal that adds them.
            clock: The hub's clock.
            spawn: Runs a coroutine in the background.

        """
        self._library = library
        self._media_resolver = media_resolver
        self._system = system
        self._clock = clock
        self._spawn = spawn
        self._choosing: set[Playback] = set()

    def handle_event(self, playback: Playback, event: PlaybackEvent) -> None:
        """Continue a playback that is at its end, after an event of it."""
        is_relevant = isinstance(event, CurrentChanged | StatusChanged | QueueChanged)
        if is_relevant and _at_its_end(playback) and playback not in self._choosing:
            self._choosing.add(playback)
            self._spawn(self._continue(playback))

    async def _continue(self, playback: Playback) -> None:
        try:
            if (current := playback.current) is None:
                return
            latest = playback.queue.items[-EXCLUDED_ITEMS:]
            skipped = [item.track.track_id for item in latest if item.state == "skipped"]
            followed = [
                item.track.track_id
                for item in reversed(latest)
                if item.state != "skipped" and item.queue_item_id != current.queue_item_id
            ]
            found = await self._library.similar(
                [current.track.track_id, *followed[:FOLLOWED_ITEMS]],
                exclude=[item.track.track_id for item in latest],
                skipped=skipped,
            )
            media = await self._media_resolver.resolve_tracks([track.track_id for track in found], self._system)
            if media and _at_its_end(playback):
                item = QueueItem(
                    queue_item_id=secrets.token_hex(8),
                    track=media[0].track,
                    added_by=UserRef(id=self._system.sub, name=self._system.name),
                    added_at=self._clock.timestamp(),
                    origin="autoplay",
                )
                playback.queue.add([item], "end", None)
        except HubError as error:
            _LOGGER.debug("Autoplay found no track: %s", error)
        finally:
            self._choosing.discard(playback)


def _at_its_end(playback: Playback) -> bool:
    current = playback.current
    return (
        playback.autoplay
        and playback.repeat == "off"
        and playback.is_active
        and current is not None
        and playback.queue.after(current.queue_item_id) is None
    )
