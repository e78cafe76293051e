"""The library as a tree to browse and search, for the integration's players and for the media source."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from homeassistant.components.media_player import (
    BrowseError,
    BrowseMedia,
    MediaClass,
    SearchError,
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

from .browse_nodes import Nodes, in_album, with_artist, with_length
from .const import DOMAIN, NAME
from .engine.api import Filters, HubError, ItemKind, Library, LibraryItem, LibraryTrack, SearchHit
from .errors import translated
from .library_ids import SHUFFLED, SOURCE, TRACKS, identifier_of, is_library_id

ALL_SOURCES: Final = "media-source://"
MAX_CHILDREN: Final = 2_000
"""Children of one node."""
MAX_HITS: Final = 50
CATEGORIES: Final = {
    "artists": MediaClass.ARTIST,
    "albums": MediaClass.ALBUM,
    "genres": MediaClass.GENRE,
    "recent": MediaClass.ALBUM,
    "playlists": MediaClass.PLAYLIST,
    "stations": MediaClass.CHANNEL,
    "podcasts": MediaClass.PODCAST,
    "books": MediaClass.ALBUM,
    "favourites": MediaClass.MUSIC,
}
"""The folders of the root, with the media class of their children."""
SEARCH: Final = "search"
TITLES: Final = (*CATEGORIES, SEARCH, "all_songs", "shuffle")
NOT_OFFERED: Final = {SOURCE} | {
    f"{ALL_SOURCES}{domain}"
    for domain in (
        *("ai_task", "camera", "google_photos", "icloud", "image", "image_upload", "immich", "motioneye", "nest"),
        *("netatmo", "reolink", "unifiprotect", "xbox"),
    )
}
"""Media sources without music: cameras and pictures."""
KINDS: Final[dict[str, ItemKind]] = {
    "artist": "artist",
    "album": "album",
    "track": "track",
    "genre": "genre",
    "playlist": "playlist",
    "station": "station",
    "channel": "station",
    "podcast": "podcast",
    "episode": "episode",
    "contributing_artist": "artist",
    "composer": "artist",
}
"""The library's kind of item for media classes and types of Home Assistant."""
ANYTHING: Final = frozenset({"music", "app", "apps", "directory"})
"""Media types that don't narrow a search."""
FAVOURITE: Final = Filters(favourite=True)


class Browser:
    """Builds the nodes of the tree."""

    def __init__(self, hass: HomeAssistant, library: Library, *, collections_playable: bool) -> None:
        """`collections_playable`: albums, artists and playlists can be played; false for players of other integrations."""
        self._hass = hass
        self._library = library
        self._nodes = Nodes(collections_playable)

    async def browse(self, identifier: str) -> BrowseMediaSource:
        """Return the node with this identifier and its children; raise BrowseError if there is none."""
        kind, _, id_ = identifier.partition("/")
        try:
            if not identifier:
                return await self._root()
            if identifier in CATEGORIES:
                return await self._category(identifier)
            if identifier == SEARCH:
                return await self._search_node()
            if kind == "artist" and id_.endswith(f"/{TRACKS}"):
                return await self._songs(id_.removesuffix(f"/{TRACKS}"))
            if id_ and kind in KINDS:
                return await self._item(KINDS[kind], id_)
        except HubError as error:
            raise translated(error, BrowseError) from error
        raise BrowseError(
            translation_domain=DOMAIN, translation_key="no_such_place", translation_placeholders={"place": identifier}
        )

    async def search(self, query: SearchMediaQuery) -> SearchMedia:
        """Return the best matches, best first; raise SearchError."""
        if (kinds := _wanted(query)) is None:
            return SearchMedia(result=[])
        try:
            words = f"{query.search_query} {await self._name_of(query.media_content_id)}".strip()
            page = await self._library.search(words, kinds, MAX_HITS)
        except HubError as error:
            raise translated(error, SearchError) from error
        return SearchMedia(result=[self._nodes.item(hit.item) for hit in page.items if _playable(hit)])

    async def _root(self) -> BrowseMediaSource:
        root, titles = self._nodes.folder("", NAME, MediaClass.DIRECTORY), await self._titles()
        root.children = [await self._category_folder(category, titles) for category in CATEGORIES]
        return root

    async def search_folder(self) -> BrowseMediaSource:
        """Return a node to search in, as Home Assistant's pages offer no search in the root."""
        return self._nodes.folder(SEARCH, (await self._titles())[SEARCH], MediaClass.MUSIC)

    async def _search_node(self) -> BrowseMediaSource:
        return self._with_children(await self.search_folder(), (await self._library.recent(limit=MAX_HITS)).items)

    async def _category_folder(self, category: str, titles: Mapping[str, str]) -> BrowseMediaSource:
        playable = category == "favourites" and bool((await self._library.get_tracks(FAVOURITE, limit=1)).items)
        return self._nodes.folder(category, titles[category], CATEGORIES[category], playable=playable)

    async def _category(self, category: str) -> BrowseMediaSource:
        library = self._library
        total: int | None = None
        items: Sequence[LibraryItem]
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
            case "stations":
                items = (await library.get_stations(limit=MAX_CHILDREN)).items
            case "books":
                books = await library.get_books(limit=MAX_CHILDREN)
                items, total = books.items, books.total
            case "podcasts":
                items = (await library.get_podcasts(limit=MAX_CHILDREN)).items
            case _:
                items = (
                    *(await library.get_episodes(FAVOURITE, limit=MAX_CHILDREN)).items,
                    *(await library.get_podcasts(FAVOURITE, limit=MAX_CHILDREN)).items,
                    *(await library.get_stations(FAVOURITE, limit=MAX_CHILDREN)).items,
                    *(await library.get_playlists(FAVOURITE, limit=MAX_CHILDREN)).items,
                    *(await library.get_artists(FAVOURITE, limit=MAX_CHILDREN)).items,
                    *(await library.get_albums(FAVOURITE, limit=MAX_CHILDREN)).items,
                    *(await library.get_tracks(FAVOURITE, limit=MAX_CHILDREN)).items,
                )
        folder = await self._category_folder(category, await self._titles())
        return self._with_children(folder, items, total)

    async def _item(self, kind: ItemKind, id_: str) -> BrowseMediaSource:
        library = self._library
        match kind:
            case "artist":
                artist = await library.artist(id_)
                tracks = (await library.get_tracks(Filters(artist=id_), limit=MAX_CHILDREN)).items
                loose = [track for track in tracks if track.album_id is None]
                node = self._with_children(self._nodes.item(artist), artist.albums)
                node.children = [
                    *(await self._all_songs(id_) if tracks else ()),
                    *(node.children or ()),
                    *(self._nodes.track(track, with_length(track.title, track)) for track in loose),
                ]
                return node
            case "album":
                album = await library.album(id_)
                node, artist_name = self._nodes.item(album), album.artist
                parent = f"album/{id_}"
                node.children = [
                    self._nodes.track(track, in_album(track, artist_name), parent) for track in album.tracks
                ]
                return node
            case "genre":
                albums = await library.get_albums(Filters(genre=id_), limit=MAX_CHILDREN)
                return self._with_children(self._nodes.item(await library.genre(id_)), albums.items, albums.total)
            case "playlist":
                playlist = await library.playlist(id_)
                node = self._nodes.item(playlist)
                node.children = [
                    self._nodes.track(track, with_length(with_artist(track), track), f"playlist/{id_}")
                    for track in playlist.tracks
                ]
                return node
            case "podcast":
                podcast = await library.podcast(id_)
                return self._with_children(self._nodes.item(podcast), podcast.tracks, podcast.episode_count)
            case "station":
                return self._nodes.item(await library.station(id_))
        return self._nodes.item(await library.track(id_))

    async def _all_songs(self, artist_id: str) -> list[BrowseMediaSource]:
        titles = await self._titles()
        songs = self._nodes.folder(f"artist/{artist_id}/{TRACKS}", titles["all_songs"], MediaClass.TRACK, playable=True)
        if not self._nodes.collections_playable:
            return [songs]
        return [songs, self._nodes.shuffled(f"artist/{artist_id}/{SHUFFLED}", titles["shuffle"])]

    async def _songs(self, artist_id: str) -> BrowseMediaSource:
        tracks = await self._library.get_tracks(Filters(artist=artist_id), limit=MAX_CHILDREN)
        node = (await self._all_songs(artist_id))[0]
        node.children = [
            self._nodes.track(track, with_length(track.title, track), f"artist/{artist_id}/{TRACKS}")
            for track in tracks.items
        ]
        node.not_shown = (tracks.total or 0) - len(tracks.items)
        return node

    async def _name_of(self, media_content_id: str | None) -> str:
        """Return the name of the artist or album that the search is limited to."""
        kind, id_ = [*identifier_of(media_content_id or "").split("/"), ""][:2]
        if kind == "artist":
            return (await self._library.artist(id_)).name
        return (await self._library.album(id_)).title if kind == "album" else ""

    async def _titles(self) -> dict[str, str]:
        texts = await async_get_translations(self._hass, self._hass.config.language, "common", {DOMAIN})
        return {key: texts.get(f"component.{DOMAIN}.common.{key}", key) for key in TITLES}

    def _with_children(
        self, node: BrowseMediaSource, items: Iterable[LibraryItem], total: int | None = None
    ) -> BrowseMediaSource:
        children = [self._nodes.item(item) for item in items]
        node.children = children
        node.not_shown = 0 if total is None else total - len(children)
        return node


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
    others = [source for source in sources if source.media_content_id not in NOT_OFFERED]
    top.children = [await browser.search_folder(), *(top.children or ()), *others]
    return top


async def async_search(hass: HomeAssistant, library: Library, query: SearchMediaQuery) -> SearchMedia:
    """Search the library, or the media source that is being browsed."""
    folder = query.media_content_id
    if folder and folder != ALL_SOURCES and is_media_source_id(folder) and not is_library_id(folder):
        found = await async_search_media(hass, folder, query)
        return SearchMedia(result=[item for item in found.result if item.can_expand or _is_sound(item)])
    return await Browser(hass, library, collections_playable=True).search(query)


def _is_sound(item: BrowseMedia) -> bool:
    return item.media_content_type.startswith("audio/")


def _wanted(query: SearchMediaQuery) -> list[ItemKind] | None:
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


def _playable(hit: SearchHit) -> bool:
    return not isinstance(hit.item, LibraryTrack) or hit.item.available
