"""The library as Home Assistant browses and searches it: one tree, for our players and for the media source."""

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
from .entity import translated

ALL_SOURCES: Final = "media-source://"
SOURCE: Final = f"{ALL_SOURCES}{DOMAIN}"
MAX_CHILDREN: Final = 2_000
"""That one list shows."""
MAX_TRACKS: Final = 1_000
"""That are added at once."""
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
"""What is at the top, and what is in it."""
KINDS: Final[dict[str, Kind]] = {
    "artist": "artist",
    "album": "album",
    "track": "track",
    "genre": "genre",
    "playlist": "playlist",
    "contributing_artist": "artist",
    "composer": "artist",
}
"""Home Assistant's classes and types of media that we have."""
ANYTHING: Final = frozenset({"music", "app", "apps", "directory"})
"""Those that don't narrow a search."""
SEARCHED: Final = [MediaClass.ARTIST, MediaClass.ALBUM, MediaClass.TRACK, MediaClass.GENRE, MediaClass.PLAYLIST]
FAVOURITE: Final = Filters(favourite=True)


class Browser:
    """Shows the library."""

    def __init__(self, hass: HomeAssistant, library: Library, *, whole: bool) -> None:
        """With `whole` albums and the like can be played as such, which only our own players do."""
        self._hass = hass
        self._library = library
        self._whole = whole

    async def browse(self, identifier: str) -> BrowseMediaSource:
        """A place in the tree, with what is in it; BrowseError."""
        kind, _, id_ = identifier.partition("/")
        try:
            if not identifier:
                return await self._root()
            if identifier in CATEGORIES:
                return await self._category(identifier)
            if id_ and kind in KINDS:
                return await self._thing(KINDS[kind], id_)
        except HubError as error:
            raise BrowseError(
                translation_domain=DOMAIN,
                translation_key=error.error_type,
                translation_placeholders={"message": error.message},
            ) from error
        raise BrowseError(
            translation_domain=DOMAIN, translation_key="no_such_place", translation_placeholders={"place": identifier}
        )

    async def search(self, query: SearchMediaQuery) -> SearchMedia:
        """What is meant, the likeliest first."""
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
        return self._with(folder, items, total)

    async def _thing(self, kind: Kind, id_: str) -> BrowseMediaSource:
        library = self._library
        match kind:
            case "artist":
                artist = await library.artist(id_)
                tracks = (await library.get_tracks(Filters(artist=id_), limit=MAX_CHILDREN)).items
                loose = [track for track in tracks if track.album_id is None]
                return self._with(self._node(artist), [*artist.albums, *loose])
            case "album":
                album = await library.album(id_)
                return self._with(self._node(album), album.tracks)
            case "genre":
                albums = await library.get_albums(Filters(genre=id_), limit=MAX_CHILDREN)
                return self._with(self._node(await library.genre(id_)), albums.items, albums.total)
            case "playlist":
                playlist = await library.playlist(id_)
                return self._with(self._node(playlist), playlist.tracks)
        return self._node(await library.track(id_))

    async def _name_of(self, media_content_id: str | None) -> str:
        """The artist or album inside which somebody searches."""
        kind, _, id_ = identifier_of(media_content_id or "").partition("/")
        if kind == "artist":
            return (await self._library.artist(id_)).name
        return (await self._library.album(id_)).title if kind == "album" else ""

    async def _titles(self) -> dict[str, str]:
        texts = await async_get_translations(self._hass, self._hass.config.language, "common", {DOMAIN})
        return {category: texts.get(f"component.{DOMAIN}.common.{category}", category) for category in CATEGORIES}

    def _with(self, node: BrowseMediaSource, items: Iterable[Item], total: int | None = None) -> BrowseMediaSource:
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
            can_play=self._whole and identifier == "favourites",
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
                return self._thing_node("artist", item.artist_id, item.name, MediaClass.ALBUM, item.artwork_url)
            case Album():
                return self._thing_node("album", item.album_id, item.title, MediaClass.TRACK, item.artwork_url)
            case Genre():
                return self._thing_node("genre", item.genre_id, item.name, MediaClass.ALBUM)
            case Playlist():
                return self._thing_node("playlist", item.playlist_id, item.name, MediaClass.TRACK)

    def _thing_node(
        self, kind: Kind, id_: str, title: str, inner: MediaClass, artwork_url: str | None = None
    ) -> BrowseMediaSource:
        return BrowseMediaSource(
            domain=DOMAIN,
            identifier=f"{kind}/{id_}",
            media_class=MediaClass(kind),
            media_content_type=MediaType(kind),
            title=title,
            can_play=self._whole,
            can_expand=True,
            can_search=kind in ("artist", "album"),
            children_media_class=inner,
            thumbnail=_thumbnail(artwork_url),
        )


async def async_browse(hass: HomeAssistant, library: Library, media_content_id: str | None) -> BrowseMedia:
    """What our players show: the library, beneath it all other sources of Home Assistant."""
    browser = Browser(hass, library, whole=True)
    if media_content_id and is_ours(media_content_id):
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
    """Search the library, or the other source that is looked at."""
    place = query.media_content_id
    if place and place != ALL_SOURCES and is_media_source_id(place) and not is_ours(place):
        found = await async_search_media(hass, place, query)
        return SearchMedia(result=[item for item in found.result if item.can_expand or _is_sound(item)])
    try:
        return await Browser(hass, library, whole=True).search(query)
    except HubError as error:
        raise translated(error) from error


def _is_sound(item: BrowseMedia) -> bool:
    return item.media_content_type.startswith("audio/")


def is_ours(media_content_id: str) -> bool:
    """Whether this names something in the library."""
    return media_content_id == SOURCE or media_content_id.startswith(f"{SOURCE}/")


def identifier_of(media_content_id: str) -> str:
    """The place in the tree that it names."""
    return media_content_id.removeprefix(SOURCE).removeprefix("/")


async def tracks_of(library: Library, media_content_id: str) -> list[str] | None:
    """The ids of the tracks of an album, artist, genre or playlist, or of the favourites; None if it is none of these.

    TrackNotFound if there is no such thing, or nothing in it.
    """
    if not is_ours(media_content_id):
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
        raise TrackNotFound("There is nothing in this that can be played now")
    return found


def _wanted(query: SearchMediaQuery) -> list[Kind] | None:
    """The kinds to search, all if none is named; None if we have nothing of what is wanted."""
    named = [str(found) for found in query.media_filter_classes or ()]
    if not named and query.media_content_id:
        # The type that comes with a place is the place's own.
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
