"""The public face of the library."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
import logging
import os
from pathlib import Path
import sqlite3
import time
from typing import Final

from ..protocol.errors import HubError, TrackNotFound, Unavailable
from ..protocol.library_request import Filters, PlaylistEdit
from ..protocol.types import UpdateType
from ..signals import Signal
from .index import details, playlists, similar
from .index.database import Database
from .index.lists import ALBUMS, ARTISTS, GENRES, PLAYLISTS, TRACKS, Listing, Lists
from .index.search import search
from .index.writer import salvage
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
from .reader import pictures
from .scan.comparison import HERE
from .scan.scanner import ScanFailed, Scanner
from .scan.watcher import Watcher
from .seal import Seal

_LOGGER = logging.getLogger(__name__)

MAX_IDS: Final = 100
"""That one change names."""
COUNTS: Final = """
    SELECT
        (SELECT count(*) FROM tracks WHERE state = 0), (SELECT count(*) FROM tracks WHERE state = 1),
        (SELECT count(*) FROM albums WHERE tracks > 0), (SELECT count(*) FROM artists WHERE tracks > 0),
        (SELECT count(*) FROM genres WHERE tracks > 0), (SELECT count(*) FROM playlists),
        (SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size())
"""
_FAVOURITES: Final = {
    "t": ("tracks", "track_id"),
    "al": ("albums", "album_id"),
    "ar": ("artists", "artist_id"),
    "ge": ("genres", "genre_id"),
    "pl": ("playlists", "playlist_id"),
}


class Library:
    """The household's music. Every question is answered off the event loop."""

    def __init__(
        self,
        path: Path,
        folders: Sequence[Path] = (),
        scan_interval: float = 1_800,
        seal: Seal | None = None,
        *,
        transcodes: bool = False,
    ) -> None:
        """The index lives at `path`; `folders` hold the music and are scanned again each `scan_interval` seconds.

        `seal` makes the addresses of pictures.
        """
        self.seal = seal or Seal()
        self.folders = tuple(folders)
        self.transcodes = transcodes
        """Whether players may be given other formats than that of a file; see `Streams`."""
        self.scan_interval = scan_interval
        self.progress = Progress(scanning=False)
        self.counts = Counts()
        self.changed: Signal[Change] = Signal()
        self.progressed: Signal[Progress] = Signal()
        self.counted: Signal[()] = Signal()
        """`counts` are others now."""
        self.rebuilt: Signal[Path] = Signal()
        """The index was damaged and begins anew; the damaged one was set aside there."""
        self._database = Database(path, self.seal, salvage, self._was_rebuilt)
        self._lists = Lists()
        self._scanner = Scanner(self._database, self._tell, self._step)
        self._watcher = Watcher(self._folders_changed)
        self._roots: tuple[Path, ...] = ()
        self._targets: set[Path] | None = set()
        """Folders that wait to be looked at; None: all of them."""
        self._following = False
        self._wanted = asyncio.Event()
        self._seen = asyncio.Condition()
        self._scans = 0
        self._scanning = False
        self._task: asyncio.Task[None] | None = None

    # ------------------------------------------------------------ life

    async def start(self) -> None:
        """Open the index: questions are answered from now on, folders looked at when that is asked for."""
        await self._database.open()
        await self._count()
        self._roots = await asyncio.to_thread(_resolved, self.folders)
        self._task = asyncio.create_task(self._keep_scanning(), name="moosicbox library")

    def follow_folders(self) -> None:
        """Scan, and watch, from now on."""
        self._following = True
        self._watcher.start(self._roots)
        self.scan_soon()

    async def stop(self) -> None:
        """Close the index; a scan that runs goes on when the library is started again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self._following = self._scanning = False
        await self._watcher.stop()
        await self._database.close()
        async with self._seen:
            self._seen.notify_all()

    async def configure(self, folders: Sequence[Path], scan_interval: float) -> None:
        """Other folders from now on."""
        self.scan_interval = scan_interval
        if tuple(folders) != self.folders:
            self.folders = tuple(folders)
            await self._watcher.stop()
            self._roots = await asyncio.to_thread(_resolved, self.folders)
            if self._following:
                self.follow_folders()

    async def scan(self) -> None:
        """Look for what changed, until all is seen; Unavailable if the library is closed meanwhile."""
        wanted = self._scans + 1 + self._scanning
        self.scan_soon()
        async with self._seen:
            await self._seen.wait_for(lambda: self._scans >= wanted or self._task is None)
        if self._task is None:
            raise Unavailable("The library isn't open")

    def scan_soon(self) -> None:
        """Look for what changed, in the background."""
        self._targets = None
        self._wanted.set()

    # ------------------------------------------------------------ lists: InvalidMessage for a wrong sort or cursor

    async def get_tracks(
        self, filters: Filters = Filters(), sort: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[LibraryTrack]:
        """Tracks. Sorts: title, artist, album, year, added, duration, played, plays; `-` before one turns it round."""
        usual = "album" if filters.album is not None or filters.artist is not None else "title"
        return await self._list(TRACKS, filters, sort or usual, limit, cursor)

    async def get_albums(
        self, filters: Filters = Filters(), sort: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Album]:
        """Albums. Sorts: title, artist, year, added."""
        usual = "year" if filters.artist is not None else "title"
        return await self._list(ALBUMS, filters, sort or usual, limit, cursor)

    async def get_artists(
        self, filters: Filters = Filters(), sort: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Artist]:
        """Artists. Sorts: name, tracks."""
        return await self._list(ARTISTS, filters, sort or "name", limit, cursor)

    async def get_genres(
        self, filters: Filters = Filters(), sort: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Genre]:
        """Genres. Sorts: name, tracks."""
        return await self._list(GENRES, filters, sort or "name", limit, cursor)

    async def get_playlists(
        self, filters: Filters = Filters(), sort: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Playlist]:
        """Playlists. Sorts: name, updated."""
        return await self._list(PLAYLISTS, filters, sort or "name", limit, cursor)

    async def recent(self, filters: Filters = Filters(), limit: int = 50, cursor: str | None = None) -> Page[Album]:
        """Albums, the newest in the library first."""
        return await self._list(ALBUMS, filters, "-added", limit, cursor)

    async def search(
        self, query: str, kinds: Iterable[Kind] = (), limit: int = 50, cursor: str | None = None
    ) -> Page[Hit]:
        """What somebody means by `query`, best first; all kinds if none is named."""
        return await self._database.read(lambda index: search(index, query, kinds, limit, cursor))

    # ------------------------------------------------------------ one: TrackNotFound if there is none

    async def track(self, track_id: str) -> TrackDetails:
        """All about a track."""
        return await self._database.read(lambda index: details.track(index, track_id))

    async def tracks(self, track_ids: Sequence[str]) -> list[LibraryTrack | None]:
        """Many tracks by one question, in the order of their ids; None where there is no such track."""
        return await self._database.read(lambda index: details.tracks(index, track_ids))

    async def artist(self, artist_id: str) -> ArtistDetails:
        """An artist and their albums."""
        return await self._database.read(lambda index: details.artist(index, artist_id))

    async def album(self, album_id: str) -> AlbumDetails:
        """An album and its tracks."""
        return await self._database.read(lambda index: details.album(index, album_id))

    async def genre(self, genre_id: str) -> Genre:
        """A genre."""
        return await self._database.read(lambda index: details.genre(index, genre_id))

    async def playlist(self, playlist_id: str) -> PlaylistDetails:
        """A playlist and its tracks."""
        return await self._database.read(lambda index: details.playlist(index, playlist_id))

    async def track_path(self, track_id: str) -> TrackFile:
        """Where a track's music is; Unavailable while its disk is away."""
        place = await self._database.read(lambda index: details.place(index, track_id))
        if place.state != HERE:
            raise Unavailable("The disk with this track is away")
        path = Path(os.fsdecode(place.folder + b"/" + place.name))
        if (root := next((root for root in self._roots if path.is_relative_to(root)), None)) is None:
            raise TrackNotFound(f"The library has no track {track_id} any more")
        return TrackFile(
            track_id=place.track_id,
            path=path,
            root=root,
            mime_type=place.mime_type,
            codec=place.codec or None,
            bitrate=place.bitrate or None,
            duration=place.duration or None,
        )

    async def artwork(self, id_: str) -> Picture | None:
        """The picture of a track, album or artist; None if it has none."""
        place = await self._database.read(lambda index: details.picture_place(index, id_))
        return None if place is None else await asyncio.to_thread(pictures.read, place, self._roots)

    async def artwork_version(self, id_: str) -> str | None:
        """What changes with that picture; None if there is none."""
        place = await self._database.read(lambda index: details.picture_place(index, id_))
        return None if place is None else pictures.version(place)

    # ------------------------------------------------------------ what is ours

    async def edit_playlist(self, playlist_id: str | None, edit: PlaylistEdit) -> PlaylistDetails | None:
        """Make (without an id), change or delete a playlist; what it is then."""
        made = await self._change(lambda index: playlists.edit(index, playlist_id, edit))
        self._tell("playlists_changed", [made or playlist_id or ""])
        return None if made is None else await self.playlist(made)

    async def set_favourite(self, id_: str, *, favourite: bool = True) -> None:
        """Mark a track, album, artist, genre or playlist; TrackNotFound."""
        if (found := _FAVOURITES.get(id_.partition("-")[0])) is None:
            raise TrackNotFound(f"The library has no {id_}")
        table, column = found
        change = f"UPDATE {table} SET favourite = ? WHERE {column} = ?"
        if not await self._change(lambda index: index.execute(change, (favourite, id_)).rowcount):
            raise TrackNotFound(f"The library has no {id_}")
        self._tell("favourites_changed", [id_])

    async def count_play(self, track_id: str) -> None:
        """A track was played; nothing happens if it is none of ours."""
        change = "UPDATE tracks SET play_count = play_count + 1, played_at = ? WHERE track_id = ?"
        await self._change(lambda index: index.execute(change, (int(time.time()), track_id)).rowcount)

    async def similar(self, track_id: str, count: int = 1, exclude: Iterable[str] = ()) -> list[LibraryTrack]:
        """Music that could follow a track: of its artist, genre and years, favourites and often played ones rather."""
        excluded = frozenset(exclude)
        return await self._database.read(lambda index: similar.similar(index, track_id, count, excluded))

    # ------------------------------------------------------------ inside

    async def _list[T](
        self, listing: Listing[T], filters: Filters, sort: str, limit: int, cursor: str | None
    ) -> Page[T]:
        lists = self._lists
        return await self._database.read(lambda index: lists.page(index, listing, filters, sort, limit, cursor))

    async def _change[T](self, change: Callable[[sqlite3.Connection], T]) -> T:
        result = await self._database.write(change)
        self._lists.forget()
        return result

    def _folders_changed(self, folders: list[Path]) -> None:
        if not folders:
            self._targets = None
        elif self._targets is not None:
            self._targets.update(folders)
        self._wanted.set()

    async def _keep_scanning(self) -> None:
        while True:
            try:
                async with asyncio.timeout((self._following and self.scan_interval) or None):
                    await self._wanted.wait()
            except TimeoutError:
                self._targets = None
            self._wanted.clear()
            targets, self._targets = self._targets, set()
            self._scanning = True
            try:
                await self._scanner.scan(self._roots, targets or ())
            except (ScanFailed, HubError, OSError, sqlite3.Error) as error:
                _LOGGER.warning("The library couldn't be scanned, that is tried again later: %s", error)
            await self._count()
            self._scans += 1
            self._scanning = False
            async with self._seen:
                self._seen.notify_all()

    async def _count(self) -> None:
        try:
            row = await self._database.read(lambda index: index.execute(COUNTS).fetchone())
        except Unavailable:
            return
        names = ("tracks", "unavailable", "albums", "artists", "genres", "playlists", "bytes")
        self.counts = Counts(**dict(zip(names, row, strict=True)))
        self.counted.emit()

    def _step(self, progress: Progress) -> None:
        self.progress = progress
        self.progressed.emit(progress)

    def _tell(self, update_type: UpdateType, ids: Sequence[str]) -> None:
        self._lists.forget()
        if ids:
            self.changed.emit(Change(update_type=update_type, ids=tuple(ids[:MAX_IDS]), total=len(ids)))

    def _was_rebuilt(self, aside: Path) -> None:
        self._lists.forget()
        self.rebuilt.emit(aside)
        self.scan_soon()


def _resolved(folders: Iterable[Path]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(Path(os.path.realpath(folder)) for folder in folders))
