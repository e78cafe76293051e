"""The library as a provider of media, which passes on other media to the next provider."""

from collections.abc import Sequence
from dataclasses import replace
import time
from typing import Final, override

import msgspec

from ..access.rights import Principal
from ..playback.media import HLS_TYPE, Accepts, Media, MediaProvider, StreamAddress
from ..protocol.errors import Sentence, TrackNotFound, Unavailable
from ..protocol.types import Track
from .library import Library
from .models import EPISODE_PREFIX, STATION_MEDIA, TRACK_MEDIA, Episode, LibraryTrack, Station
from .seal import Seal, stream_source
from .streaming.formats import fallback_format, plays

TRACK_PREFIX: Final = "t-"
"""The prefix of ids of the library's tracks."""
STATION_PREFIX: Final = "st-"
"""The prefix of ids of radio stations."""
STREAM_SECONDS: Final = 1_800
"""How much longer than a track's duration its address is valid, for the time until a player fetches it."""


class LibraryMedia(MediaProvider):
    """Resolves tracks, radio stations and episodes of the library, and passes other media on.

    Args:
        library: The library.
        others: Resolves all other media.
    """

    def __init__(self, library: Library, others: MediaProvider) -> None:
        self._library = library
        self._others = others

    @override
    async def resolve(self, media_content_id: str, principal: Principal) -> Media:
        if media_content_id.startswith(STATION_MEDIA):
            return await self._station(
                await self._library.station(media_content_id.removeprefix(STATION_MEDIA)), principal
            )
        if not media_content_id.startswith(TRACK_MEDIA):
            return await self._others.resolve(media_content_id, principal)
        track_id = media_content_id.removeprefix(TRACK_MEDIA)
        if track_id.startswith(EPISODE_PREFIX):
            return self._episode(await self._library.episode(track_id))
        (media,) = await self._library_media([track_id])
        return media

    @override
    async def resolve_tracks(self, track_ids: Sequence[str], principal: Principal) -> list[Media]:
        own = [track_id for track_id in track_ids if track_id.startswith(TRACK_PREFIX)]
        found = dict(zip(own, await self._library_media(own), strict=True)) if own else {}
        station_ids = [track_id for track_id in track_ids if track_id.startswith(STATION_PREFIX)]
        for station in await self._library.stations(station_ids) if station_ids else ():
            if station is not None:
                found[station.station_id] = await self._station(station, principal)
        episode_ids = [track_id for track_id in track_ids if track_id.startswith(EPISODE_PREFIX)]
        for episode in await self._library.episodes(episode_ids) if episode_ids else ():
            if episode is not None:
                found[episode.track_id] = self._episode(episode)
        # Stations and episodes of a restored queue may be missing in this library: the remembered track has the address.
        others = [track_id for track_id in track_ids if track_id not in found]
        if others:
            found |= zip(others, await self._others.resolve_tracks(others, principal), strict=True)
        return [found[track_id] for track_id in track_ids]

    @override
    def remember(self, track: Track) -> None:
        if not track.track_id.startswith(TRACK_PREFIX):
            self._others.remember(track)

    @override
    def stream_address(self, media: Media, accepts: Accepts = None) -> StreamAddress:
        if not media.source.startswith("/") or not media.in_library:
            return self._others.stream_address(media, accepts)
        if self._library.transcodes and not plays(accepts, media.mime_type, media.codec):
            if (made := fallback_format(accepts)) is not None:
                source = stream_source(media.track.track_id, made.name)
                media = replace(media, source=source, mime_type=made.mime_type)
        return signed_address(self._library.seal, media)

    async def _station(self, station: Station, principal: Principal) -> Media:
        found = await self._others.resolve(station.url, principal)
        track = msgspec.structs.replace(_track_of(station), live=found.mime_type != HLS_TYPE)
        return replace(found, track=track, in_library=True)

    @override
    def require_fetchable(self, url: str) -> None:
        self._others.require_fetchable(url)

    def _episode(self, episode: Episode) -> Media:
        url = episode.media_content_id or ""
        self._others.require_fetchable(url)
        return Media(track=_plain(episode), source=url, mime_type=episode.mime_type, in_library=True)

    async def _library_media(self, track_ids: Sequence[str]) -> list[Media]:
        return [
            _media(track_id, track)
            for track_id, track in zip(track_ids, await self._library.tracks(track_ids), strict=True)
        ]


def signed_address(seal: Seal, media: Media) -> StreamAddress:
    """Return the address of a library's stream, valid for the track's duration and `STREAM_SECONDS`."""
    until = int(time.time() + STREAM_SECONDS + (media.track.duration or 0))
    return StreamAddress(seal.sign_stream(media.source, until), until)


def _track_of(station: Station) -> Track:
    # With the address, nodes whose library doesn't have the station can play a queue's item.
    return Track(
        track_id=station.station_id,
        title=station.name,
        genre=station.genre,
        artwork_url=station.artwork_url,
        media_content_id=station.url,
    )


def _media(track_id: str, track: LibraryTrack | None) -> Media:
    if track is None:
        raise TrackNotFound(f"The library has no track {track_id}")
    if not track.available:
        raise Unavailable(Sentence("disk_missing", "The disk with this track isn't there"))
    return Media(
        track=_plain(track),
        source=stream_source(track_id),
        mime_type=track.mime_type,
        codec=track.codec,
        in_library=True,
    )


def _plain(track: LibraryTrack) -> Track:
    return Track(**{field: getattr(track, field) for field in Track.__struct_fields__})
