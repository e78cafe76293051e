"""The public face of the library."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from ..protocol.library import Filters, PlaylistEdit
from ..signals import Signal
from .models import (
    Album,
    AlbumDetails,
    Artist,
    ArtistDetails,
    Change,
    Counts,
    Genre,
    Hit,
    Kind,
    LibraryTrack,
    Page,
    Picture,
    Playlist,
    PlaylistDetails,
    Progress,
    TrackDetails,
    TrackFile,
)


class Library:
    """The household's music. Every question is answered off the event loop."""

    def __init__(self, path: Path, folders: Sequence[Path] = (), scan_interval: float = 1_800) -> None:
        """The index lives at `path`; `folders` hold the music and are scanned again each `scan_interval` seconds."""
        self.folders = tuple(folders)
        self.progress = Progress(scanning=False)
        self.counts = Counts()
        self.changed: Signal[Change] = Signal()
        self.progressed: Signal[Progress] = Signal()
        self.rebuilt: Signal[Path] = Signal()
        """The index was damaged and begins anew; the damaged one was set aside there."""

    # ------------------------------------------------------------ life

    async def start(self) -> None:
        """Open the index; scan, and watch the folders, from now on."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Close the index; a scan that runs goes on when the library is started again."""
        raise NotImplementedError

    async def configure(self, folders: Sequence[Path], scan_interval: float) -> None:
        """Other folders from now on."""
        raise NotImplementedError

    async def scan(self) -> None:
        """Look for what changed, until all is seen; one that runs already is waited for."""
        raise NotImplementedError

    def scan_soon(self) -> None:
        """Look for what changed, in the background."""
        raise NotImplementedError

    # ------------------------------------------------------------ lists: InvalidMessage for a wrong sort or cursor

    async def get_tracks(
        self, filters: Filters = Filters(), sort: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[LibraryTrack]:
        """Tracks. Sorts: title, artist, album, year, added, duration, played, plays; `-` before one turns it round."""
        raise NotImplementedError

    async def get_albums(
        self, filters: Filters = Filters(), sort: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Album]:
        """Albums. Sorts: title, artist, year, added."""
        raise NotImplementedError

    async def get_artists(
        self, filters: Filters = Filters(), sort: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Artist]:
        """Artists. Sorts: name, tracks."""
        raise NotImplementedError

    async def get_genres(
        self, filters: Filters = Filters(), sort: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Genre]:
        """Genres. Sorts: name, tracks."""
        raise NotImplementedError

    async def get_playlists(
        self, filters: Filters = Filters(), sort: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Playlist]:
        """Playlists. Sorts: name, updated."""
        raise NotImplementedError

    async def recent(self, limit: int = 50, cursor: str | None = None) -> Page[Album]:
        """Albums, the newest in the library first."""
        raise NotImplementedError

    async def search(
        self, query: str, kinds: Iterable[Kind] = (), limit: int = 50, cursor: str | None = None
    ) -> Page[Hit]:
        """What somebody means by `query`, best first; all kinds if none is named."""
        raise NotImplementedError

    # ------------------------------------------------------------ one: TrackNotFound if there is none

    async def track(self, track_id: str) -> TrackDetails:
        """All about a track."""
        raise NotImplementedError

    async def tracks(self, track_ids: Sequence[str]) -> list[LibraryTrack | None]:
        """Many tracks by one question, in the order of their ids; None where there is no such track."""
        raise NotImplementedError

    async def artist(self, artist_id: str) -> ArtistDetails:
        """An artist and their albums."""
        raise NotImplementedError

    async def album(self, album_id: str) -> AlbumDetails:
        """An album and its tracks."""
        raise NotImplementedError

    async def playlist(self, playlist_id: str) -> PlaylistDetails:
        """A playlist and its tracks."""
        raise NotImplementedError

    async def track_path(self, track_id: str) -> TrackFile:
        """Where a track's music is; Unavailable while its disk is away."""
        raise NotImplementedError

    async def artwork(self, id_: str) -> Picture | None:
        """The picture of a track, album or artist; None if it has none."""
        raise NotImplementedError

    # ------------------------------------------------------------ what is ours

    async def edit_playlist(self, playlist_id: str | None, edit: PlaylistEdit) -> PlaylistDetails | None:
        """Make (without an id), change or delete a playlist; what it is then."""
        raise NotImplementedError

    async def set_favourite(self, id_: str, *, favourite: bool = True) -> None:
        """Mark a track, album, artist, genre or playlist."""
        raise NotImplementedError

    async def count_play(self, track_id: str) -> None:
        """A track was played."""
        raise NotImplementedError

    async def similar(self, track_id: str, count: int = 1, exclude: Iterable[str] = ()) -> list[LibraryTrack]:
        """Music that could follow a track: of its artist, genre and years, favourites and often played ones rather."""
        raise NotImplementedError
