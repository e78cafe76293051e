"""Where music comes from: what the hub asks of whoever knows media, and what it remembers of the answers."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from ..access.rights import Principal
from ..protocol.types import Track

type Accepts = frozenset[str] | None
"""The types of sound that a player declared, in one spelling; None: any."""


def accepted_types(capabilities: Iterable[str] | None) -> Accepts:
    """The types among a player's capabilities; one that names none is given everything."""
    types = (capability.lower().replace(" ", "").replace('"', "") for capability in capabilities or ())
    return frozenset(found for found in types if "/" in found) or None


LOSSY: Final = frozenset(
    {
        *("audio/mpeg", "audio/mp3", "audio/aac", "audio/mp4", "audio/m4a", "audio/x-m4a", "audio/opus", "audio/vorbis"),
        *("audio/ogg", "application/ogg", "audio/ogg;codecs=opus", "audio/ogg;codecs=vorbis"),
    }
)
"""The types of sound that take little of a network."""


def lossy_types(accepts: Accepts) -> Accepts:
    """Return the lossy ones of the types that a player accepts, or all of its types if it accepts none of those."""
    return LOSSY if accepts is None else (accepts & LOSSY) or accepts


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A piece of music that can be played."""

    track: Track
    source: str
    """A path on the hub's own web server, or an http(s) address elsewhere."""
    mime_type: str | None = None
    codec: str | None = None
    in_library: bool = False
    """Whether guests may add it, too."""


@dataclass(frozen=True, slots=True)
class StreamAddress:
    """Where a player fetches a stream, and until when it may begin to (Unix seconds; None: no limit)."""

    url: str
    expires_at: float | None = None


class MediaProvider(Protocol):
    """Knows media by their `media_content_id` and tracks by their `track_id`."""

    async def resolve(self, media_content_id: str, principal: Principal) -> Media:
        """What this is; TrackNotFound, NotSupported or PermissionDenied."""

    async def resolve_tracks(self, track_ids: Sequence[str], principal: Principal) -> list[Media]:
        """Tracks by their ids, in this order; TrackNotFound if one of them is unknown."""

    def remember(self, track: Track) -> None:
        """A track from before a restart: it may be asked for by its id again."""

    def address(self, media: Media, accepts: Accepts = None) -> StreamAddress:
        """A fresh address for a player that plays this, relative to its origin where the hub itself serves it."""


class MediaCache:
    """The media that were resolved lately, by queue item's `media_content_id`."""

    def __init__(self, size: int) -> None:
        """Remembers `size` media."""
        self._size = size
        self._media: OrderedDict[str, Media] = OrderedDict()

    def get(self, media_content_id: str | None) -> Media | None:
        """What is remembered of it."""
        if media_content_id is None or (media := self._media.get(media_content_id)) is None:
            return None
        self._media.move_to_end(media_content_id)
        return media

    def put(self, media: Media) -> None:
        """Remember it; the longest unused one goes."""
        if (media_content_id := media.track.media_content_id) is None:
            return
        self._media[media_content_id] = media
        self._media.move_to_end(media_content_id)
        if len(self._media) > self._size:
            self._media.popitem(last=False)

    def drop(self, media_content_id: str | None) -> None:
        """Forget it, for it can't be played any more."""
        if media_content_id is not None:
            self._media.pop(media_content_id, None)
