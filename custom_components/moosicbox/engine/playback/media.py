"""Media: the interface to their provider, and a cache of what it has found."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from ..access.rights import Principal
from ..protocol.types import Track

type Accepts = frozenset[str] | None
"""The media types that a player has declared, normalised; `None` means any."""


HLS_TYPE: Final = "application/vnd.apple.mpegurl"
"""The type of playlists of segments, which players fetch themselves."""


def accepted_types(capabilities: Iterable[str] | None) -> Accepts:
    """Return the media types among a player's capabilities; `None` if there are none."""
    types = (capability.lower().replace(" ", "").replace('"', "") for capability in capabilities or ())
    return frozenset(found for found in types if "/" in found) or None


LOSSY: Final = frozenset(
    {
        *(
            "audio/mpeg",
            "audio/mp3",
            "audio/aac",
            "audio/mp4",
            "audio/m4a",
            "audio/x-m4a",
            "audio/opus",
            "audio/vorbis",
        ),
        *("audio/ogg", "application/ogg", "audio/ogg;codecs=opus", "audio/ogg;codecs=vorbis"),
    }
)
"""The media types of lossy compression, which needs little bandwidth."""


def lossy_types(accepts: Accepts) -> Accepts:
    """Return the lossy ones of the types that a player accepts, or all of its types if none is lossy."""
    return LOSSY if accepts is None else (accepts & LOSSY) or accepts


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A track with its source."""

    track: Track
    source: str
    """A path on the hub's web server, or an http(s) URL."""
    mime_type: str | None = None
    codec: str | None = None
    in_library: bool = False
    """True if guests may add it to queues."""


@dataclass(frozen=True, slots=True)
class StreamAddress:
    """Where a player fetches a stream, and until when it can start to (Unix time in seconds; `None`: without a limit)."""

    url: str
    expires_at: float | None = None


class MediaProvider(Protocol):
    """Finds media by `media_content_id` and tracks by `track_id`."""

    async def resolve(self, media_content_id: str, principal: Principal) -> Media:
        """Return the media of an id, on behalf of `principal`.

        Raises:
            TrackNotFound: If there is none.
            NotSupported: If it isn't music that can be played.
            PermissionDenied: If the principal has no access.

        """

    async def resolve_tracks(self, track_ids: Sequence[str], principal: Principal) -> list[Media]:
        """Return the media of tracks, in this order. Raise TrackNotFound if one of them is unknown."""

    def require_fetchable(self, url: str) -> None:
        """Raise HubError if the hub must not request an http(s) URL on behalf of its users."""

    def remember(self, track: Track) -> None:
        """Take note of a track of a restored queue, so that it can be found by its id."""

    def stream_address(self, media: Media, accepts: Accepts = None) -> StreamAddress:
        """Return an address for a player that accepts certain types; a path if the hub serves the stream."""


class StationSharing(Protocol):
    """Fetches a radio station once for all players of rooms."""

    def stream_address(self, media: Media, accepts: Accepts, live_since_us: int) -> StreamAddress | None:
        """Return the address of a station's shared stream.

        Args:
            media: The media of an item.
            accepts: The types that the player accepts.
            live_since_us: The hub time of position 0 of the item.

        Returns:
            The address; `None` if the media aren't a station that can be shared with this player.

        """

    def title(self, source: str) -> str | None:
        """Return the title that the station at an address sends; `None` if it isn't known."""


class MediaCache:
    """The media that were used last, by `media_content_id`."""

    def __init__(self, size: int) -> None:
        """Set up a cache for `size` media."""
        self._size = size
        self._media: OrderedDict[str, Media] = OrderedDict()

    def get(self, media_content_id: str | None) -> Media | None:
        """Return cached media, or `None`."""
        if media_content_id is None or (media := self._media.get(media_content_id)) is None:
            return None
        self._media.move_to_end(media_content_id)
        return media

    def put(self, media: Media) -> None:
        """Add media; the least recently used are dropped."""
        if (media_content_id := media.track.media_content_id) is None:
            return
        self._media[media_content_id] = media
        self._media.move_to_end(media_content_id)
        if len(self._media) > self._size:
            self._media.popitem(last=False)

    def drop(self, media_content_id: str | None) -> None:
        """Drop media that have to be resolved again."""
        if media_content_id is not None:
            self._media.pop(media_content_id, None)
