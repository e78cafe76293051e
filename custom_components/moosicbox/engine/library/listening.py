"""What the library learns from what plays, and what it gives: play counts, and music that follows by itself."""

from collections.abc import Callable, Coroutine
import logging
import secrets
from typing import Any, Final

from ..clock import Clock
from ..conductor import Conductor
from ..playback import Playback
from ..playback_events import CurrentChanged, PlaybackEvent, QueueChanged, StatusChanged
from ..protocol.errors import HubError
from ..protocol.types import QueueItem, UpdateOp, UserRef
from ..rights import Principal
from .library import Library

_LOGGER = logging.getLogger(__name__)

NOT_AGAIN: Final = 100
"""Items of the queue, the latest ones, that autoplay doesn't repeat."""

type Spawn = Callable[[Coroutine[Any, Any, None]], None]


class Listening:
    """Hears what happens to playbacks."""

    def __init__(self, library: Library, conductor: Conductor, house: Principal, clock: Clock, spawn: Spawn) -> None:
        """`house` is in whose name music is added; `spawn` runs what takes time."""
        self._library = library
        self._conductor = conductor
        self._house = house
        self._clock = clock
        self._spawn = spawn
        self._choosing: set[Playback] = set()

    def happened(self, playback: Playback, event: PlaybackEvent) -> None:
        """Something happened to `playback`."""
        match event:
            case QueueChanged(ops):
                for op in ops:
                    if isinstance(op, UpdateOp) and op.state == "played" and playback.queue.has(op.queue_item_id):
                        self._spawn(self._count(playback.queue.get(op.queue_item_id).track.track_id))
            case CurrentChanged() | StatusChanged() if _at_its_end(playback) and playback not in self._choosing:
                self._choosing.add(playback)
                self._spawn(self._continue(playback))

    async def _count(self, track_id: str) -> None:
        try:
            await self._library.count_play(track_id)
        except HubError as error:
            _LOGGER.debug("A play isn't counted: %s", error)

    async def _continue(self, playback: Playback) -> None:
        try:
            if (current := playback.current) is None:
                return
            latest = [item.track.track_id for item in playback.queue.items[-NOT_AGAIN:]]
            found = await self._library.similar(current.track.track_id, exclude=latest)
            media = await self._conductor.resolve_tracks([track.track_id for track in found], self._house)
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
        and current is not None
        and playback.queue.after(current.queue_item_id) is None
    )
