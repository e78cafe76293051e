"""The queries of the library's index: lists of items, single items, and tracks that are similar."""

from collections.abc import Collection, Iterable, Sequence

from ..protocol.errors import TrackNotFound
from ..protocol.library_request import Filters, ItemKind
from .index import books, details, podcasts, similar
from .index.database import Database
from .index.lists import ALBUMS, ARTISTS, EPISODES, GENRES, PLAYLISTS, PODCASTS, STATIONS, TRACKS, Listing, Lists
from .index.search import search
from .models import (
    Album,
    AlbumDetails,
    Artist,
    ArtistDetails,
    Book,
    BookDetails,
    Episode,
    Genre,
    LibraryTrack,
    Page,
    Playlist,
    PlaylistDetails,
    Podcast,
    PodcastDetails,
    SearchHit,
    Station,
    TrackDetails,
    remaining,
    unheard,
)
from .reader.messages import ChapterStart


class Catalogue:
    """Reads the index. Its methods raise Unavailable while the index isn't open or can't be read.

    Args:
        database: The index.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lists = Lists()

    # ------------------------------------------------------------ lists

    async def get_tracks(
        self, filters: Filters = Filters(), sort: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[LibraryTrack]:
        """Return a page of tracks.

        Args:
            filters: The conditions that the tracks meet.
            sort: title, artist, album, year, added, duration, played or plays; `-` before it reverses the order.
                `random` draws the tracks of the only page.
            limit: Items of the page.
            cursor: `next_cursor` of the previous page; None for the first page.

        Raises:
            InvalidMessage: There is no such sort, or the cursor belongs to another list.
        """
        usual = "album" if filters.album is not None or filters.artist is not None else "title"
        return await self._list(TRACKS, filters, sort or usual, limit, cursor)

    async def get_albums(
        self, filters: Filters = Filters(), sort: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Album]:
        """Return a page of albums, as `get_tracks`; sorts: title, artist, year, added."""
        usual = "year" if filters.artist is not None else "title"
        return await self._list(ALBUMS, filters, sort or usual, limit, cursor)

    async def get_artists(
        self, filters: Filters = Filters(), sort: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Artist]:
        """Return a page of artists, as `get_tracks`; sorts: name, tracks."""
        return await self._list(ARTISTS, filters, sort or "name", limit, cursor)

    async def get_genres(
        self, filters: Filters = Filters(), sort: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Genre]:
        """Return a page of genres, as `get_tracks`; sorts: name, tracks."""
        return await self._list(GENRES, filters, sort or "name", limit, cursor)

    async def get_playlists(
        self, filters: Filters = Filters(), sort: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Playlist]:
        """Return a page of playlists, as `get_tracks`; sorts: name, updated."""
        return await self._list(PLAYLISTS, filters, sort or "name", limit, cursor)

    async def get_stations(
        self, filters: Filters = Filters(), sort: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Station]:
        """Return a page of radio stations, as `get_tracks`; sorts: name, added. Filters: genre, favourite."""
        return await self._list(STATIONS, filters, sort or "name", limit, cursor)

    async def get_podcasts(
        self, filters: Filters = Filters(), sort: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Podcast]:
        """Return a page of podcasts, as `get_tracks`; sorts: title, added. Filters: favourite."""
        return await self._list(PODCASTS, filters, sort or "title", limit, cursor)

    async def get_episodes(
        self, filters: Filters = Filters(), sort: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Episode]:
        """Return a page of episodes, the newest first; sorts: published, title. Filters: podcast, added_since, favourite."""
        return await self._list(EPISODES, filters, sort or "-published", limit, cursor)

    async def get_books(
        self, filters: Filters = Filters(), sort: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Book]:
        """Return a page of audiobooks, as `get_albums`; sorts: title, artist, year, added."""
        return await self._list(books.BOOKS, filters, sort or "title", limit, cursor)

    async def recent(self, filters: Filters = Filters(), limit: int = 50, cursor: str | None = None) -> Page[Album]:
        """Return a page of albums, the latest added first."""
        return await self._list(ALBUMS, filters, "-added", limit, cursor)

    async def search(
        self, query: str, kinds: Iterable[ItemKind] = (), limit: int = 50, cursor: str | None = None
    ) -> Page[SearchHit]:
        """Return a page of the items that `query` finds, the best first; of all kinds if `kinds` is empty.

        Raises:
            InvalidMessage: The cursor belongs to another list.
        """
        return await self._database.read(lambda index: search(index, query, kinds, limit, cursor))

    # ------------------------------------------------------------ one item: TrackNotFound if there is none

    async def track(self, track_id: str) -> TrackDetails:
        """Return a track with all details."""
        return await self._database.read(lambda index: details.track(index, track_id))

    async def tracks(self, track_ids: Sequence[str]) -> list[LibraryTrack | None]:
        """Return tracks in the order of their ids; None where there is no such track."""
        return await self._database.read(lambda index: details.tracks(index, track_ids))

    async def artist(self, artist_id: str) -> ArtistDetails:
        """Return an artist with their albums."""
        return await self._database.read(lambda index: details.artist(index, artist_id))

    async def album(self, album_id: str) -> AlbumDetails:
        """Return an album with its tracks."""
        return await self._database.read(lambda index: details.album(index, album_id))

    async def book(self, book_id: str) -> BookDetails:
        """Return an audiobook with its parts."""
        return await self._database.read(lambda index: books.book(index, book_id))

    async def album_to_play(self, album_id: str) -> Sequence[LibraryTrack]:
        """Return the tracks of an album in their order; of an audiobook, those from where the household goes on."""
        tracks = (await self.album(album_id)).tracks
        if any(track.spoken is True for track in tracks):
            return remaining((await self.book(album_id)).tracks)
        return tracks

    async def tracks_to_play(self, kind: str, id_: str, limit: int) -> Sequence[LibraryTrack] | None:
        """Return the tracks of a collection in the order in which they are played; None if there is no such kind.

        Args:
            kind: album, playlist, podcast, artist, genre or favourites.
            id_: The id of the collection; favourites have none.
            limit: The bound for an artist, a genre and the favourites.
        """
        match kind:
            case "album":
                return await self.album_to_play(id_)
            case "playlist":
                return (await self.playlist(id_)).tracks
            case "podcast":
                return unheard((await self.podcast(id_)).tracks)
            case "artist":
                return (await self.get_tracks(Filters(artist=id_), limit=limit)).items
            case "genre":
                return (await self.get_tracks(Filters(genre=id_), "album", limit)).items
            case "favourites":
                return (await self.get_tracks(Filters(favourite=True), limit=limit)).items
        return None

    async def genre(self, genre_id: str) -> Genre:
        """Return a genre."""
        return await self._database.read(lambda index: details.genre(index, genre_id))

    async def playlist(self, playlist_id: str) -> PlaylistDetails:
        """Return a playlist with its tracks."""
        return await self._database.read(lambda index: details.playlist(index, playlist_id))

    async def station(self, station_id: str) -> Station:
        """Return a radio station."""
        if (found := (await self.stations([station_id]))[0]) is None:
            raise TrackNotFound(f"The library has no station {station_id}")
        return found

    async def stations(self, station_ids: Sequence[str]) -> list[Station | None]:
        """Return radio stations in the order of their ids; None where there is no such station."""
        return await self._database.read(lambda index: details.stations(index, station_ids))

    async def podcast(self, podcast_id: str) -> PodcastDetails:
        """Return a podcast with its newest episodes."""
        return await self._database.read(lambda index: details.podcast(index, podcast_id))

    async def episode(self, episode_id: str) -> Episode:
        """Return an episode."""
        if (found := (await self.episodes([episode_id]))[0]) is None:
            raise TrackNotFound(f"The library has no episode {episode_id}")
        return found

    async def episodes(self, episode_ids: Sequence[str]) -> list[Episode | None]:
        """Return episodes in the order of their ids; None where there is no such episode."""
        return await self._database.read(lambda index: details.episodes(index, episode_ids))

    async def episode_chapters(self, episode_id: str) -> tuple[tuple[ChapterStart, ...], str]:
        """Return the chapters of an episode that its feed has, and the address of others, which may be empty."""
        return await self._database.read(lambda index: podcasts.chapters(index, episode_id))

    async def similar(
        self,
        track_ids: Sequence[str],
        count: int = 1,
        exclude: Collection[str] = (),
        skipped: Collection[str] = (),
    ) -> list[LibraryTrack]:
        """Return tracks that can follow others: of their artists, related artists, genres and years.

        Args:
            track_ids: The music to follow, the current track first.
            count: The number of tracks to return at most.
            exclude: Tracks that aren't returned.
            skipped: Tracks that were skipped: their artists and genres become unlikely.
        """
        return await self._database.read(lambda index: similar.similar(index, track_ids, count, exclude, skipped))

    async def _list[T](
        self, listing: Listing[T], filters: Filters, sort: str, limit: int, cursor: str | None
    ) -> Page[T]:
        lists = self._lists
        return await self._database.read(lambda index: lists.page(index, listing, filters, sort, limit, cursor))
