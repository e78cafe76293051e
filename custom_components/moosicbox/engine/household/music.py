"""Finds the music of an alarm or an action: media, tracks, an item of the library, or a search."""

from collections.abc import Sequence
from typing import Final, Protocol

from msgspec import UNSET

from ..access.rights import Principal
from ..library.library import Library
from ..library.models import Album, Artist, Genre, LibraryTrack, Playlist, Podcast, SearchHit, Station
from ..playback.media import Media
from ..playback.media_resolver import MediaResolver
from ..protocol.errors import InvalidMessage, Sentence, TrackNotFound
from ..protocol.household import MusicSource

MAX_SOURCE_TRACKS: Final = 100
"""Most tracks that are taken from one source."""


class MusicFinder(Protocol):
    """Finds the media of a source."""

    async def find(self, source: MusicSource, principal: Principal) -> Sequence[Media]:
        """Return the media, at least one. Raise HubError."""


class HubMusic:
    """Finds music in the library, and by the hub's provider of media."""

    def __init__(self, library: Library | None, media_resolver: MediaResolver) -> None:
        self._library = library
        self._media_resolver = media_resolver

    async def find(self, source: MusicSource, principal: Principal) -> Sequence[Media]:
        """Return the media of a source, at least one. Raise HubError."""
        if source.media_content_id is not UNSET:
            return [await self._media_resolver.resolve(source.media_content_id, principal)]
        track_ids = list(source.track_ids or ()) or await self._track_ids(source)
        if not track_ids:
            raise TrackNotFound(Sentence("nothing_playable", "This contains no track that can be played now"))
        return await self._media_resolver.resolve_tracks(track_ids[:MAX_SOURCE_TRACKS], principal)

    async def _track_ids(self, source: MusicSource) -> list[str]:
        if (library := self._library) is None:
            raise TrackNotFound("This hub has no library")
        if source.query is not UNSET:
            hits = (await library.search(source.query, limit=1)).items
            if not hits:
                raise TrackNotFound(
                    Sentence("nothing_found", "The library has nothing for {query!r}", query=source.query)
                )
            return await self._of_hit(library, hits[0])
        if source.kind == "favourites":
            return await self._of_item(library, source.kind, "")
        if source.kind is UNSET or source.id is UNSET:
            raise InvalidMessage("A source needs media, tracks, a query, or the kind and id of an item", ["sources"])
        return await self._of_item(library, source.kind, source.id)

    async def _of_hit(self, library: Library, hit: SearchHit) -> list[str]:
        match hit.item:
            case LibraryTrack():
                return _available([hit.item])
            case Station(station_id=id_):
                return [id_]
            case Podcast(podcast_id=id_):
                return await self._of_item(library, hit.kind, id_)
            case Artist(artist_id=id_) | Album(album_id=id_) | Genre(genre_id=id_) | Playlist(playlist_id=id_):
                return await self._of_item(library, hit.kind, id_)

    async def _of_item(self, library: Library, kind: str, id_: str) -> list[str]:
        match kind:
            case "station" | "episode":
                return [id_]
            case "track":
                return _available([found for found in await library.tracks([id_]) if found is not None])
        return _available(await library.tracks_to_play(kind, id_, MAX_SOURCE_TRACKS) or ())


def _available(tracks: Sequence[LibraryTrack]) -> list[str]:
    return [track.track_id for track in tracks if track.available]
