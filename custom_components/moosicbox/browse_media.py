"""The library as a tree to browse and search, for the integration's players and for the media source."""

from collections.abc import Iterable, Sequence
from typing import Final

from homeassistant.components.media_player import (
    BrowseError,
    BrowseMedia,
    MediaClass,
    MediaType,
    SearchMedia,
    SearchMediaQuery,
)
from homeassistant.components.media_source import (
    BrowseMediaSource,
    async_browse_media,
    async_search_media,
    is_media_source_id,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN, NAME
from .engine.api import (
    Album,
    Artist,
    Filters,
    Genre,
    Hit,
    HubError,
    Item,
    Kind,
    Library,
    LibraryTrack,
    Playlist,
    TrackNotFound,
)
from .errors import action_error, translated

ALL_SOURCES: Final = "media-source://"
SOURCE: Final = f"{ALL_SOURCES}{DOMAIN}"
MAX_CHILDREN: Final = 2_000
"""Children of one node."""
MAX_TRACKS: Final = 1_000
"""Tracks that one command adds to a queue."""
MAX_HITS: Final = 50
THUMBNAIL: Final = "?size=256"
CATEGORIES: Final = {
    "artists": MediaClass.ARTIST,
    "albums": MediaClass.ALBUM,
    "genres": MediaClass.GENRE,
    "recent": MediaClass.ALBUM,
    "playlists": MediaClass.PLAYLIST,
    "favourites": MediaClass.MUSIC,
}
"""The folders of the root, with the media class of their children."""
KINDS: Final[dict[str, Kind]] = {
    "artist": "artist",
    "album": "album",
    "track": "track",
    "genre": "genre",
    "playlist": "playlist",
    "contributing_artist": "artist",
    "composer": "artist",
}
"""The library's kind of item for media classes and types of Home Assistant."""
ANYTHING: Final = frozenset({"music", "app", "apps", "directory"})
"""Media types that don't narrow a search."""
SEARCHED: Final = [MediaClass.ARTIST, MediaClass.ALBUM, MediaClass.TRACK, MediaClass.GENRE, MediaClass.PLAYLIST]
FAVOURITE: Final = Filters(favourite=True)


class Browser:
    """Builds the nodes of the tree."""

    def __init__(self, hass: HomeAssistant, library: Library, *, collections_playable: bool) -> None:
        """`collections_playable`: albums, artists and playlists can be played; other players play tracks only."""
        self._hass = hass
        self._library = library
        self._collections_playable = collections_playable

    async def browse(self, identifier: str) -> BrowseMediaSource:
        """Return the node with this identifier and its children; raise BrowseError if there is none."""
        kind, _, id_ = identifier.partition("/")
        try:
            if not identifier:
                return await self._root()
            if identifier in CATEGORIES:
                return await self._category(identifier)
            if id_ and kind in KINDS:
                return await self._item(KINDS[kind], id_)
        except HubError as error:
            raise translated(error, BrowseError) from error
        raise BrowseError(
            translation_domain=DOMAIN, translation_key="no_such_place", translation_placeholders={"place": identifier}
        )

    async def search(self, query: SearchMediaQuery) -> SearchMedia:
        """Return the best matches, best first; raise HubError."""
        if (kinds := _wanted(query)) is None:
            return SearchMedia(result=[])
        words = f"{query.search_query} {await self._name_of(query.media_content_id)}".strip()
        page = await self._library.search(words, kinds, MAX_HITS)
        return SearchMedia(result=[self._node(hit.item) for hit in page.items if _playable(hit)])

    async def _root(self) -> BrowseMediaSource:
        root = self._folder("", NAME, MediaClass.DIRECTORY)
        root.children = [
            self._folder(category, title, CATEGORIES[category]) for category, title in (await self._titles()).items()
        ]
        return root

    async def _category(self, category: str) -> BrowseMediaSource:
        library = self._library
        total: int | None = None
        items: Sequence[Item]
        match category:
            case "artists":
                page = await library.get_artists(limit=MAX_CHILDREN)
                items, total = page.items, page.total
            case "albums":
                albums = await library.get_albums(limit=MAX_CHILDREN)
                items, total = albums.items, albums.total
            case "genres":
                items = (await library.get_genres(limit=MAX_CHILDREN)).items
            case "recent":
                items = (await library.recent(limit=MAX_HITS)).items
            case "playlists":
                items = (await library.get_playlists(limit=MAX_CHILDREN)).items
            case _:
                items = (
                    *(await library.get_playlists(FAVOURITE, limit=MAX_CHILDREN)).items,
                    *(await library.get_artists(FAVOURITE, limit=MAX_CHILDREN)).items,
                    *(await library.get_albums(FAVOURITE, limit=MAX_CHILDREN)).items,
                    *(await library.get_tracks(FAVOURITE, limit=MAX_CHILDREN)).items,
                )
        folder = self._folder(category, (await self._titles())[category], CATEGORIES[category])
        return self._with_children(folder, items, total)

    async def _item(self, kind: Kind, id_: str) -> BrowseMediaSource:
        library = self._library
        match kind:
            case "artist":
                artist = await library.artist(id_)
                tracks = (await library.get_tracks(Filters(artist=id_), limit=MAX_CHILDREN)).items
                loose = [track for track in tracks if track.album_id is None]
                return self._with_children(self._node(artist), [*artist.albums, *loose])
            case "album":
                album = await library.album(id_)
                return self._with_children(self._node(album), album.tracks)
            case "genre":
                albums = await library.get_albums(Filters(genre=id_), limit=MAX_CHILDREN)
                return self._with_children(self._node(await library.genre(id_)), albums.items, albums.total)
            case "playlist":
                playlist = await library.playlist(id_)
                return self._with_children(self._node(playlist), playlist.tracks)
        return self._node(await library.track(id_))

    async def _name_of(self, media_content_id: str | None) -> str:
        """Return the name of the artist or album that the search is limited to."""
        kind, _, id_ = identifier_of(media_content_id or "").partition("/")
        if kind == "artist":
            return (await self._library.artist(id_)).name
        return (await self._library.album(id_)).title if kind == "album" else ""

    async def _titles(self) -> dict[str, str]:
        texts = await async_get_translations(self._hass, self._hass.config.language, "common", {DOMAIN})
        return {category: texts.get(f"component.{DOMAIN}.common.{category}", category) for category in CATEGORIES}

    def _with_children(
        self, node: BrowseMediaSource, items: Iterable[Item], total: int | None = None
    ) -> BrowseMediaSource:
        children = [self._node(item) for item in items]
        node.children = children
        node.not_shown = 0 if total is None else total - len(children)
        return node

    def _folder(self, identifier: str, title: str, inner: MediaClass) -> BrowseMediaSource:
        return BrowseMediaSource(
            domain=DOMAIN,
            identifier=identifier,
            media_class=MediaClass.DIRECTORY,
            media_content_type=MediaType.MUSIC,
            title=title,
            can_play=self._collections_playable and identifier == "favourites",
            can_expand=True,
            can_search=True,
            search_media_classes=SEARCHED,
            children_media_class=inner,
        )

    def _node(self, item: Item) -> BrowseMediaSource:
        match item:
            case LibraryTrack():
                return _track_node(item)
            case Artist():
                return self._collection_node("artist", item.artist_id, item.name, MediaClass.ALBUM, item.artwork_url)
            case Album():
                return self._collection_node("album", item.album_id, item.title, MediaClass.TRACK, item.artwork_url)
            case Genre():
                return self._collection_node("genre", item.genre_id, item.name, MediaClass.ALBUM)
            case Playlist():
                return self._collection_node("playlist", item.playlist_id, item.name, MediaClass.TRACK)

    def _collection_node(
        self, kind: Kind, id_: str, title: str, inner: MediaClass, artwork_url: str | None = None
    ) -> BrowseMediaSource:
        return BrowseMediaSource(
            domain=DOMAIN,
            identifier=f"{kind}/{id_}",
            media_class=MediaClass(kind),
            media_content_type=MediaType(kind),
            title=title,
            can_play=self._collections_playable,
            can_expand=True,
            can_search=kind in ("artist", "album"),
            children_media_class=inner,
            thumbnail=_thumbnail(artwork_url),
        )


async def async_browse(hass: HomeAssistant, library: Library, media_content_id: str | None) -> BrowseMedia:
    """Return a node for the integration's players: the library, then Home Assistant's other media sources."""
    browser = Browser(hass, library, collections_playable=True)
    if media_content_id and is_library_id(media_content_id):
        return await browser.browse(identifier_of(media_content_id))
    if media_content_id and media_content_id != ALL_SOURCES:
        return await async_browse_media(hass, media_content_id, content_filter=_is_sound)
    top = await browser.browse("")
    top.media_content_id = ALL_SOURCES
    sources = (await async_browse_media(hass, ALL_SOURCES)).children or ()
    others = [source for source in sources if source.media_content_id != SOURCE]
    top.children = [*(top.children or ()), *others]
    return top


async def async_search(hass: HomeAssistant, library: Library, query: SearchMediaQuery) -> SearchMedia:
    """Search the library, or the media source that is being browsed."""
    place = query.media_content_id
    if place and place != ALL_SOURCES and is_media_source_id(place) and not is_library_id(place):
        found = await async_search_media(hass, place, query)
        return SearchMedia(result=[item for item in found.result if item.can_expand or _is_sound(item)])
    try:
        return await Browser(hass, library, collections_playable=True).search(query)
    except HubError as error:
        raise action_error(error) from error


def _is_sound(item: BrowseMedia) -> bool:
    return item.media_content_type.startswith("audio/")


def is_library_id(media_content_id: str) -> bool:
    """Return whether this is the id of a node of the library."""
    return media_content_id == SOURCE or media_content_id.startswith(f"{SOURCE}/")


def identifier_of(media_content_id: str) -> str:
    """Return the node's identifier in the library."""
    return media_content_id.removeprefix(SOURCE).removeprefix("/")


def media_content_id(item: Item) -> str:
    """Return the id of an item in the media browser."""
    match item:
        case LibraryTrack():
            return f"{SOURCE}/track/{item.track_id}"
        case Album():
            return f"{SOURCE}/album/{item.album_id}"
        case Artist():
            return f"{SOURCE}/artist/{item.artist_id}"
        case Genre():
            return f"{SOURCE}/genre/{item.genre_id}"
        case Playlist():
            return f"{SOURCE}/playlist/{item.playlist_id}"


async def tracks_of(library: Library, media_content_id: str) -> list[str] | None:
    """Return the track ids of an album, artist, genre, playlist or the favourites; None for any other id.

    Raise TrackNotFound if it doesn't exist or has no playable track.
    """
    if not is_library_id(media_content_id):
        return None
    kind, _, id_ = identifier_of(media_content_id).partition("/")
    tracks: Iterable[LibraryTrack]
    match kind:
        case "album":
            tracks = (await library.album(id_)).tracks
        case "playlist":
            tracks = (await library.playlist(id_)).tracks
        case "artist":
            tracks = (await library.get_tracks(Filters(artist=id_), limit=MAX_TRACKS)).items
        case "genre":
            tracks = (await library.get_tracks(Filters(genre=id_), "album", MAX_TRACKS)).items
        case "favourites":
            tracks = (await library.get_tracks(FAVOURITE, limit=MAX_TRACKS)).items
        case _:
            return None
    found = [track.track_id for track in tracks if track.available][:MAX_TRACKS]
    if not found:
        raise TrackNotFound("This has no track that can be played now")
    return found


def _wanted(query: SearchMediaQuery) -> list[Kind] | None:
    """Return the kinds to search, an empty list for all; None if the library has none of the wanted kinds."""
    named = [str(found) for found in query.media_filter_classes or ()]
    if not named and query.media_content_id:
        # The content type of a query inside a node is the node's own, not a filter.
        named = [CATEGORIES.get(identifier_of(query.media_content_id), MediaClass.MUSIC)]
    if not named and query.media_content_type:
        named = [str(query.media_content_type)]
    if not named or not ANYTHING.isdisjoint(named):
        return []
    return list(dict.fromkeys(KINDS[name] for name in named if name in KINDS)) or None


def _playable(hit: Hit) -> bool:
    return not isinstance(hit.item, LibraryTrack) or hit.item.available


def _track_node(track: LibraryTrack) -> BrowseMediaSource:
    artist = f"{track.artist} – " if track.artist else ""
    return BrowseMediaSource(
        domain=DOMAIN,
        identifier=f"track/{track.track_id}",
        media_class=MediaClass.TRACK,
        media_content_type=track.mime_type or "audio/mpeg",
        title=f"{artist}{track.title}",
        can_play=track.available,
        can_expand=False,
        thumbnail=_thumbnail(track.artwork_url),
    )


def _thumbnail(artwork_url: str | None) -> str | None:
    return None if artwork_url is None else f"{artwork_url}{THUMBNAIL}"
