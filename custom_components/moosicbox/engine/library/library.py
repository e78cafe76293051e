"""The household's music library: its public API."""

from collections.abc import Awaitable, Callable, Sequence
import os
from pathlib import Path
import sqlite3
from typing import Final

from ..fetching import SessionFactory
from ..protocol.errors import Sentence, TrackNotFound, Unavailable
from ..protocol.library_request import PlaylistEdit, StationEdit
from ..protocol.types import UpdateType
from ..signals import Signal
from .catalogue import Catalogue
from .index import details, favourites, playlists, podcasts, stations
from .index.database import Database
from .index.states import PRESENT
from .index.stations import StationFields
from .index.unreadable import harmful_files
from .index.upkeep import salvage
from .loudness import LoudnessMeter
from .lyrics import OnlineLyrics, find_lyrics
from .models import (
    Counts,
    LibraryChange,
    Lyrics,
    Picture,
    PlaylistDetails,
    ScanProgress,
    Station,
    TrackFile,
    UnreadableFile,
)
from .people import People
from .reader.file_reader import FileReader
from .reader.messages import PodcastFeed, ReadPicture
from .scan.scans import Scans
from .seal import Seal

MAX_IDS: Final = 100
"""Ids that one change names."""
_COUNTS: Final = {
    "tracks": "(SELECT count(*) FROM tracks WHERE state = 0)",
    "unavailable": "(SELECT count(*) FROM tracks WHERE state = 1)",
    "albums": "(SELECT count(*) FROM albums WHERE tracks > 0)",
    "artists": "(SELECT count(*) FROM artists WHERE tracks > 0)",
    "genres": "(SELECT count(*) FROM genres WHERE tracks > 0)",
    "playlists": "(SELECT count(*) FROM playlists)",
    "stations": "(SELECT count(*) FROM stations)",
    "podcasts": "(SELECT count(*) FROM podcasts)",
    "episodes": "(SELECT count(*) FROM episodes)",
    "bytes": "(SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size())",
}


type Prepare = Callable[[], Awaitable[None]]


class Library(Catalogue):
    """The household's music: files found in folders, and an index of them that is queried in threads.

    Methods that read the index raise Unavailable while it isn't open or can't be read.

    Args:
        path: The file of the index.
        folders: The folders with music.
        scan_interval: Seconds after which the folders are scanned again at the latest; 0: only on detected changes.
        seal: Makes the addresses of pictures.
        ffmpeg: The program that transcodes and measures; None: players get files as they are.
        measures_loudness: True to measure the loudness of tracks whose tags don't contain it.
        http_session: Returns the HTTP session for requests to other services; None: no such requests are made.
        online_lyrics: True to look up lyrics at LRCLIB that the files don't have.
        prepare_feeds: Installs the parser of feeds when it is first needed, or raises NotSupported.
    """

    def __init__(
        self,
        path: Path,
        folders: Sequence[Path] = (),
        scan_interval: float = 1_800,
        seal: Seal | None = None,
        *,
        ffmpeg: str | None = None,
        measures_loudness: bool = False,
        http_session: SessionFactory | None = None,
        online_lyrics: bool = False,
        prepare_feeds: Prepare | None = None,
    ) -> None:
        self.seal = seal or Seal()
        super().__init__(Database(path, self.seal, salvage, self._was_rebuilt))
        self.transcodes = ffmpeg is not None
        """True if players may be given other formats than that of a file; see `Streams`."""
        self.progress = ScanProgress(scanning=False)
        self.counts = Counts()
        self.reader = FileReader()
        """Reads single files, in the library or not."""
        self.changed: Signal[LibraryChange] = Signal()
        self.progressed: Signal[ScanProgress] = Signal()
        self.counted: Signal[()] = Signal()
        """`counts` changed."""
        self.rebuilt: Signal[Path] = Signal()
        """The index was damaged and is made anew; the damaged one was set aside at this path."""
        self.people = People(self._database, self._change)
        """Favourites and plays of single users."""
        self._scans = Scans(
            self._database,
            folders,
            scan_interval,
            on_change=self._report,
            on_progress=self._report_progress,
            on_done=self._refresh,
        )
        self._measures_loudness = measures_loudness
        self._meter = None
        if ffmpeg is not None:
            self._meter = LoudnessMeter(self._database, ffmpeg, self._root_of, lambda: self._scans.running)
        self.prepare_feeds = prepare_feeds
        """Installs the parser of feeds."""
        self.http_session = http_session
        """Returns the HTTP session for requests to other services."""
        self._online_lyrics = None if http_session is None else OnlineLyrics(self.reader, http_session)
        self._asks_online = online_lyrics
        self._harmful: tuple[UnreadableFile, ...] = ()

    @property
    def unreadable(self) -> tuple[UnreadableFile, ...]:
        """Files that ended the process which read them. They are skipped until they change."""
        return (*self._harmful, *self.reader.unreadable)

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders with music, as they were configured."""
        return self._scans.folders

    @property
    def scan_interval(self) -> float:
        """Seconds after which the folders are scanned again at the latest; 0: only on detected changes."""
        return self._scans.interval

    async def start(self) -> None:
        """Open the index, which can be queried from now on; folders are scanned on request.

        Raises:
            OSError, sqlite3.Error: The index can't be opened or created. A damaged one is replaced.
        """
        await self._database.open()
        await self._refresh()
        await self._scans.start()

    def follow_folders(self) -> None:
        """Scan the folders now, and follow their changes from now on; measure loudness between scans."""
        self._scans.follow()
        if self._meter is not None and self._measures_loudness:
            self._meter.start()

    async def stop(self) -> None:
        """Close the index. A scan that runs is continued by the next one."""
        await self._scans.stop()
        if self._meter is not None:
            await self._meter.stop()
        await self.reader.close()
        await self._database.close()

    async def configure(
        self,
        folders: Sequence[Path],
        scan_interval: float,
        *,
        measures_loudness: bool | None = None,
        online_lyrics: bool | None = None,
    ) -> None:
        """Change the settings, which are those of the class; None keeps the current value."""
        await self._scans.configure(folders, scan_interval)
        if online_lyrics is not None:
            self._asks_online = online_lyrics
        if measures_loudness is None or measures_loudness == self._measures_loudness:
            return
        self._measures_loudness = measures_loudness
        if self._meter is not None:
            if not measures_loudness:
                await self._meter.stop()
            elif self._scans.following:
                self._meter.start()

    async def begin_backup(self) -> None:
        """Leave the index's file unchanged until `end_backup`, so that it can be copied; changes go to its WAL file.

        Raises:
            Unavailable: The index can't be written now.
        """
        await self._database.begin_backup()

    async def end_backup(self) -> None:
        """Write changes to the index's file again, after `begin_backup`."""
        await self._database.end_backup()

    async def scan(self) -> None:
        """Scan all folders, and wait for the end; raise Unavailable if the library is closed meanwhile."""
        await self._scans.scan()

    def request_scan(self) -> None:
        """Scan all folders in the background."""
        self._scans.request()

    async def track_path(self, track_id: str) -> TrackFile:
        """Return the file of a track; raise Unavailable while its disk isn't there."""
        place = await self._database.read(lambda index: details.place(index, track_id))
        if place.state != PRESENT:
            raise Unavailable(Sentence("disk_missing", "The disk with this track isn't there"))
        path = Path(os.fsdecode(place.folder + b"/" + place.name))
        if (root := self._root_of(path)) is None:
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

    async def lyrics(self, track_id: str) -> Lyrics:
        """Return the lyrics of a track; raise Unavailable while its disk isn't there."""
        found, file = await self.track(track_id), await self.track_path(track_id)
        return await find_lyrics(self.reader, found, file, self._online_lyrics if self._asks_online else None)

    async def artwork(self, id_: str, edge: int | None = None) -> Picture | None:
        """Return the picture of a track, album or artist; None if it has none that can be shown.

        Args:
            id_: Of the track, album or artist.
            edge: The longer edge in pixels of the JPEG to return; None returns the picture as it is.
        """
        place = await self._database.read(lambda index: details.picture_place(index, id_))
        if place is None or (root := self._root_of(Path(os.fsdecode(place.folder)))) is None:
            return None
        base, music = os.fsencode(root), place.folder + b"/" + place.name
        version, found = _version(place), None
        if place.picture:
            found = await self.reader.picture(ReadPicture(base, music, embedded=True, edge=edge), version)
        if found is None and place.artwork is not None:
            found = await self.reader.picture(ReadPicture(base, place.artwork, embedded=False, edge=edge), version)
        return found

    async def artwork_version(self, id_: str) -> str | None:
        """Return a text that changes with the picture of a track, album or artist; None if there is none."""
        place = await self._database.read(lambda index: details.picture_place(index, id_))
        return None if place is None else _version(place)

    # ------------------------------------------------------------ favourites, playlists and plays

    async def edit_playlist(
        self, playlist_id: str | None, edit: PlaylistEdit, user_id: str | None = None
    ) -> PlaylistDetails | None:
        """Create a playlist (without an id), change or delete it; return the result, None if it was deleted.

        Args:
            playlist_id: The playlist; None creates one.
            edit: The change.
            user_id: The user whose favourites and plays count in rules that refer to these.

        Raises:
            PermissionDenied: Rules refer to a user's favourites and plays, and there is no user.
            TrackNotFound: There is no such playlist, or no such track.
            NotSupported: The playlist is a file.
            InvalidMessage: A new playlist has no name, a position doesn't exist, or there would be too many tracks.
        """
        made = await self._change(lambda index: playlists.edit(index, playlist_id, edit, user_id))
        self._report("playlists_changed", [made or playlist_id or ""])
        return None if made is None else await self.playlist(made)

    async def put_station(self, url: str, fields: StationFields) -> Station:
        """Add a radio station, or change the one with this address; raise Unavailable if there are too many."""
        station_id = await self._change(lambda index: stations.put(index, url, fields))
        self._report("stations_changed", [station_id])
        await self._refresh()
        return await self.station(station_id)

    async def edit_station(self, station_id: str, edit: StationEdit) -> Station | None:
        """Change or delete a radio station; return the result, None if deleted; raise TrackNotFound if there is none."""
        await self._change(lambda index: stations.change(index, station_id, edit))
        self._report("stations_changed", [station_id])
        await self._refresh()
        return None if edit.delete else await self.station(station_id)

    async def put_podcast(self, url: str, feed: PodcastFeed, checked: podcasts.Checked) -> str:
        """Add a podcast, or update it from its feed; return its id. Raise Unavailable if there are too many."""
        podcast_id, *new = await self._change(lambda index: podcasts.put(index, url, feed, checked))
        self._report("podcasts_changed", [podcast_id, *new])
        await self._refresh()
        return podcast_id

    async def set_podcast_checked(self, podcast_id: str, checked: podcasts.Checked) -> None:
        """Store when the feed of a podcast was read, and when it is read again."""
        await self._change(lambda index: podcasts.set_checked(index, podcast_id, checked))

    async def drop_podcast(self, podcast_id: str) -> None:
        """Remove a podcast with its episodes; raise TrackNotFound if there is none."""
        await self._change(lambda index: podcasts.drop(index, podcast_id))
        self._report("podcasts_changed", [podcast_id])
        await self._refresh()

    async def due_podcasts(self, before: float, podcast_id: str | None = None) -> list[podcasts.Due]:
        """Return the feeds that are due before a Unix time, or that of one podcast."""
        return await self._database.read(lambda index: podcasts.due(index, before, podcast_id))

    async def next_podcast_due(self) -> int | None:
        """Return the Unix time at which the next feed is due; None without podcasts."""
        return await self._database.read(podcasts.next_due)

    async def require_podcast_capacity(self, url: str) -> None:
        """Raise Unavailable if the podcast whose feed is at an address is new, and there are too many already."""
        podcast_id = podcasts.podcast_id_of(url)
        await self._database.read(lambda index: podcasts.require_capacity(index, podcast_id))

    async def set_favourite(self, id_: str, *, favourite: bool = True) -> None:
        """Mark a track, album, artist, genre, playlist, station, podcast or episode as a favourite, or not; raise TrackNotFound if there is none."""
        await self._change(lambda index: favourites.set_favourite(index, id_, favourite=favourite))
        self._report("favourites_changed", [id_])

    # ------------------------------------------------------------ internal

    async def _change[T](self, change: Callable[[sqlite3.Connection], T]) -> T:
        result = await self._database.write(change)
        self._lists.forget()
        return result

    async def _refresh(self) -> None:
        """Read the counts and the unreadable files from the index."""
        query = f"SELECT {', '.join(_COUNTS.values())}"
        try:
            row = await self._database.read(lambda index: index.execute(query).fetchone())
            self._harmful = await self._database.read(harmful_files)
        except Unavailable:
            return
        if self._meter is not None:
            self._meter.wake()
        self.counts = Counts(**dict(zip(_COUNTS, row, strict=True)))
        self.counted.emit()

    def _root_of(self, path: Path) -> Path | None:
        return next((root for root in self._scans.roots if path.is_relative_to(root)), None)

    def _report_progress(self, progress: ScanProgress) -> None:
        self.progress = progress
        self.progressed.emit(progress)

    def _report(self, update_type: UpdateType, ids: Sequence[str]) -> None:
        self._lists.forget()
        if ids:
            self.changed.emit(LibraryChange(update_type=update_type, ids=tuple(ids[:MAX_IDS]), total=len(ids)))

    def _was_rebuilt(self, aside: Path) -> None:
        self._lists.forget()
        self.rebuilt.emit(aside)
        self._scans.request()


def _version(place: details.Place) -> str:
    return f"{place.mtime_ns:x}-{place.size:x}-{place.artwork_mtime_ns or 0:x}"
