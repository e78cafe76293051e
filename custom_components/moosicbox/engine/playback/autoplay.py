"""Autoplay: adds a similar track when the last item of a queue plays."""

from collections.abc import Callable, Collection, Sequence
import logging
from typing import Final, Protocol

from ..access.rights import Principal
from ..background import Spawn
from ..clock import Clock
from ..protocol.errors import HubError
from ..protocol.types import Track
from .events import CurrentChanged, PlaybackEvent, QueueChanged, StatusChanged
from .media_resolver import MediaResolver
from .playback import Playback
from .player import PlaybackContext
from .queue import new_item

_LOGGER = logging.getLogger(__name__)

EXCLUDED_ITEMS: Final = 100
"""The last items of the queue, which aren't added again."""
CANDIDATES: Final = 50
"""Similar tracks of which the first one is added that may be played."""
FOLLOWED_ITEMS: Final = 4
"""The items before the current one to which the added track should be similar as well."""


class SimilarTracks(Protocol):
    """A source of similar tracks."""

    async def similar(
        self, track_ids: Sequence[str], *, count: int, exclude: Collection[str], skipped: Collection[str]
    ) -> Sequence[Track]:
        """Return tracks that can follow others, the best first.

        Args:
            track_ids: The music to follow, the current track first.
            count: The number of tracks to return at most.
            exclude: Tracks that aren't returned.
            skipped: Tracks that were skipped.

        Raises:
            HubError: The library doesn't answer.
        """


class Autoplay:
    """Follows playbacks, and continues those with autoplay that are at their end."""

    def __init__(
        self,
        library: SimilarTracks,
        media_resolver: MediaResolver,
        system: Principal,
        clock: Clock,
        spawn: Spawn,
        music_filter: Callable[[PlaybackContext], Callable[[Track], bool]],
    ) -> None:
        """Set up autoplay.

        Args:
            library: Where similar tracks come from.
            media_resolver: Finds their media.
            system: The principal that adds them.
            clock: The hub's clock.
            spawn: Runs a coroutine in the background.
            music_filter: Returns a function that returns whether a player or room may play a track now.

        """
        self._library = library
        self._media_resolver = media_resolver
        self._system = system
        self._clock = clock
        self._spawn = spawn
        self._music_filter = music_filter
        self._choosing: set[Playback] = set()

    def handle_event(self, context: PlaybackContext, event: PlaybackEvent) -> None:
        """Continue the playback of a player or room if it is at its end, after an event of it."""
        playback = context.playback
        is_relevant = isinstance(event, CurrentChanged | StatusChanged | QueueChanged)
        if is_relevant and _at_its_end(playback) and playback not in self._choosing:
            self._choosing.add(playback)
            self._spawn(self._continue(context))

    async def _continue(self, context: PlaybackContext) -> None:
        playback = context.playback
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
                count=CANDIDATES,
                exclude=[item.track.track_id for item in latest],
                skipped=skipped,
            )
            if (chosen := next(filter(self._music_filter(context), found), None)) is None:
                return
            media = await self._media_resolver.resolve_track(chosen.track_id, self._system)
            if _at_its_end(playback):
                item = new_item(media.track, self._system, self._clock.timestamp(), "autoplay")
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
