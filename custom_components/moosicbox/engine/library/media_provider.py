"""The library as the first place where the hub looks for music."""

from collections.abc import Sequence
from dataclasses import replace
import time
from typing import Final, override

from ..access.rights import Principal
from ..playback.media import Accepts, Media, MediaProvider, StreamAddress
from ..protocol.errors import TrackNotFound, Unavailable
from ..protocol.types import Track
from .library import Library
from .models import TRACK_MEDIA, LibraryTrack
from .seal import Seal, stream_source
from .streaming.formats import instead, plays

OURS: Final = "t-"
"""How the id of a track of the library begins."""
STREAM_SECONDS: Final = 1_800
"""Beyond the music itself: how long a player may take until it fetches."""


class LibraryMedia(MediaProvider):
    """Tracks of the library; whatever else is asked for, `others` may know."""

    def __init__(self, library: Library, others: MediaProvider) -> None:
        """`others` makes the addresses of its own streams."""
        self._library = library
        self._others = others

    @override
    async def resolve(self, media_content_id: str, principal: Principal) -> Media:
        if not media_content_id.startswith(TRACK_MEDIA):
            return await self._others.resolve(media_content_id, principal)
        (media,) = await self._ours([media_content_id.removeprefix(TRACK_MEDIA)])
        return media

    @override
    async def resolve_tracks(self, track_ids: Sequence[str], principal: Principal) -> list[Media]:
        ours = [track_id for track_id in track_ids if track_id.startswith(OURS)]
        others = [track_id for track_id in track_ids if not track_id.startswith(OURS)]
        found = dict(zip(ours, await self._ours(ours), strict=True)) if ours else {}
        if others:
            found |= zip(others, await self._others.resolve_tracks(others, principal), strict=True)
        return [found[track_id] for track_id in track_ids]

    @override
    def remember(self, track: Track) -> None:
        if not track.track_id.startswith(OURS):
            self._others.remember(track)

    @override
    def address(self, media: Media, accepts: Accepts = None) -> StreamAddress:
        if not media.in_library:
            return self._others.address(media, accepts)
        if self._library.transcodes and not plays(accepts, media.mime_type, media.codec):
            if (made := instead(accepts)) is not None:
                source = stream_source(media.track.track_id, made.name)
                media = replace(media, source=source, mime_type=made.mime_type)
        return signed(self._library.seal, media)

    async def _ours(self, track_ids: Sequence[str]) -> list[Media]:
        return [
            _media(track_id, track)
            for track_id, track in zip(track_ids, await self._library.tracks(track_ids), strict=True)
        ]


def signed(seal: Seal, media: Media) -> StreamAddress:
    """The address of a library's stream, good for as long as it plays and somewhat longer."""
    until = int(time.time() + STREAM_SECONDS + (media.track.duration or 0))
    return StreamAddress(seal.signed(media.source, until), until)


def _media(track_id: str, track: LibraryTrack | None) -> Media:
    if track is None:
        raise TrackNotFound(f"The library has no track {track_id}")
    if not track.available:
        raise Unavailable(f"The disk with {track.title} is away")
    plain = Track(**{field: getattr(track, field) for field in Track.__struct_fields__})
    return Media(
        track=plain, source=stream_source(track_id), mime_type=track.mime_type, codec=track.codec, in_library=True
    )
