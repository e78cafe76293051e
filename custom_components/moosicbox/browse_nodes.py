"""Nodes of the library's tree, without their children."""

from dataclasses import dataclass
from typing import Final

from homeassistant.components.media_player import MediaClass, MediaType
from homeassistant.components.media_source import BrowseMediaSource

from .const import DOMAIN
from .engine.api import Album, Artist, Episode, Genre, ItemKind, LibraryItem, LibraryTrack, Playlist, Podcast, Station

THUMBNAIL: Final = "?size=256"
SEARCHED: Final = [
    MediaClass.ARTIST,
    MediaClass.ALBUM,
    MediaClass.TRACK,
    MediaClass.GENRE,
    MediaClass.PLAYLIST,
    MediaClass.CHANNEL,
    MediaClass.PODCAST,
]


@dataclass(frozen=True, slots=True)
class Nodes:
    """Makes the nodes of a tree for players that can, or can't, play collections."""

    collections_playable: bool

    def folder(self, identifier: str, title: str, inner: MediaClass, *, playable: bool = False) -> BrowseMediaSource:
        """Return a folder with children of the media class `inner`."""
        return BrowseMediaSource(
            domain=DOMAIN,
            identifier=identifier,
            media_class=MediaClass.DIRECTORY,
            media_content_type=MediaType.MUSIC,
            title=title,
            can_play=playable and self.collections_playable,
            can_expand=True,
            can_search=True,
            search_media_classes=SEARCHED,
            children_media_class=inner,
        )

    def item(self, item: LibraryItem) -> BrowseMediaSource:
        """Return the node of an item in a list of items of different kinds."""
        match item:
            case Episode():
                return self.track(item, with_length(item.title, item))
            case LibraryTrack():
                return self.track(item)
            case Artist():
                return self._collection("artist", item.artist_id, item.name, MediaClass.ALBUM, item.artwork_url)
            case Album():
                return self._collection("album", item.album_id, item.title, MediaClass.TRACK, item.artwork_url)
            case Genre():
                return self._collection("genre", item.genre_id, item.name, MediaClass.ALBUM)
            case Station():
                return self.station(item)
            case Podcast():
                return self._collection("podcast", item.podcast_id, item.title, MediaClass.EPISODE, item.artwork_url)
            case Playlist():
                has_tracks = item.track_count > 0
                return self._collection("playlist", item.playlist_id, item.name, MediaClass.TRACK, playable=has_tracks)

    def station(self, station: Station) -> BrowseMediaSource:
        """Return the node of a radio station, which every player can play."""
        return BrowseMediaSource(
            domain=DOMAIN,
            identifier=f"station/{station.station_id}",
            media_class=MediaClass.CHANNEL,
            media_content_type="audio/mpeg",
            title=station.name,
            can_play=True,
            can_expand=False,
            thumbnail=_thumbnail(station.artwork_url),
        )

    def track(self, track: LibraryTrack, title: str | None = None, parent: str = "track") -> BrowseMediaSource:
        """Return the node of a track; `parent` is the identifier of the collection that it is played from."""
        return BrowseMediaSource(
            domain=DOMAIN,
            identifier=f"{parent}/{track.track_id}",
            media_class=MediaClass.TRACK,
            media_content_type=track.mime_type or "audio/mpeg",
            title=title or with_artist(track),
            can_play=track.available,
            can_expand=False,
            thumbnail=_thumbnail(track.artwork_url),
        )

    def shuffled(self, identifier: str, title: str) -> BrowseMediaSource:
        """Return the node that plays a collection in random order."""
        return BrowseMediaSource(
            domain=DOMAIN,
            identifier=identifier,
            media_class=MediaClass.MUSIC,
            media_content_type=MediaType.MUSIC,
            title=title,
            can_play=True,
            can_expand=False,
        )

    def _collection(
        self,
        kind: ItemKind,
        id_: str,
        title: str,
        inner: MediaClass,
        artwork_url: str | None = None,
        *,
        playable: bool = True,
    ) -> BrowseMediaSource:
        return BrowseMediaSource(
            domain=DOMAIN,
            identifier=f"{kind}/{id_}",
            media_class=MediaClass(kind),
            media_content_type=MediaType(kind),
            title=title,
            can_play=playable and self.collections_playable,
            can_expand=True,
            can_search=kind in ("artist", "album"),
            children_media_class=inner,
            thumbnail=_thumbnail(artwork_url),
        )


def with_artist(track: LibraryTrack) -> str:
    """Return the title of a track, with its artist before it."""
    return f"{track.artist} – {track.title}" if track.artist else track.title


def with_length(title: str, track: LibraryTrack) -> str:
    """Return a title with the length of the track in minutes and seconds, if it is known."""
    if not track.duration:
        return title
    minutes, seconds = divmod(round(track.duration), 60)
    return f"{title} ({minutes}:{seconds:02d})"


def in_album(track: LibraryTrack, artist: str | None) -> str:
    """Return the title of a track in an album: with its number, and its artist if that isn't the album's."""
    title = with_artist(track) if track.artist != artist else track.title
    return with_length(f"{track.track_number}. {title}" if track.track_number else title, track)


def _thumbnail(artwork_url: str | None) -> str | None:
    # Pictures of podcasts are on other servers, and come in one size.
    return f"{artwork_url}{THUMBNAIL}" if artwork_url is not None and artwork_url.startswith("/") else artwork_url
