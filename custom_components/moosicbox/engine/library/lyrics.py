"""The lyrics of tracks: from their files, and from LRCLIB if that is switched on."""

import asyncio
from collections import OrderedDict
import logging
import os
from typing import Final

from ..fetching import FetchFailed, SessionFactory, fetch
from .models import Lyrics, LyricsLine, TrackDetails, TrackFile
from .reader.file_reader import FileReader
from .reader.messages import FileLyrics, ReadLyrics

LRCLIB: Final = "https://lrclib.net/api/get"
MAX_ANSWER: Final = 256 * 1024
"""Bytes of a response."""
TIMEOUT: Final = 10.0
"""Seconds."""
MAX_KEPT: Final = 500
"""Tracks whose answers are kept until a restart."""
MAX_WAITING: Final = 8
"""Tracks that wait to be looked up; more have no lyrics from LRCLIB for now."""

_LOGGER = logging.getLogger(__name__)


class OnlineLyrics:
    """Looks lyrics up at LRCLIB, one track at a time, and each track once.

    Args:
        reader: Parses the responses in a child process.
        session: Returns the HTTP session.
        url: The address of the service.
    """

    def __init__(self, reader: FileReader, session: SessionFactory, url: str = LRCLIB) -> None:
        self._reader = reader
        self._session = session
        self._url = url
        self._kept: OrderedDict[str, FileLyrics | None] = OrderedDict()
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def find(self, track: TrackDetails) -> FileLyrics | None:
        """Return the lyrics of a track; `None` if the service has none, or can't be reached."""
        if track.artist is None or self._waiting >= MAX_WAITING:
            return None
        self._waiting += 1
        try:
            async with self._turn:
                if track.track_id in self._kept:
                    self._kept.move_to_end(track.track_id)
                    return self._kept[track.track_id]
                found = await self._ask(track, track.artist)
        except FetchFailed as error:
            _LOGGER.debug("LRCLIB didn't answer: %s", error)
            return None
        finally:
            self._waiting -= 1
        self._kept[track.track_id] = found
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return found

    async def _ask(self, track: TrackDetails, artist: str) -> FileLyrics | None:
        params = {"track_name": track.title, "artist_name": artist}
        if track.album is not None:
            params["album_name"] = track.album
        if track.duration is not None:
            params["duration"] = str(round(track.duration))
        answer = await fetch(self._session(), self._url, params, max_bytes=MAX_ANSWER, timeout=TIMEOUT)
        return None if answer is None else await self._reader.parse_lyrics(answer)


async def find_lyrics(reader: FileReader, track: TrackDetails, file: TrackFile, online: OnlineLyrics | None) -> Lyrics:
    """Return the lyrics of a track: of its files, or of `online` if only those are synchronised or there are no others."""
    found = await reader.read_lyrics(ReadLyrics(os.fsencode(file.root), os.fsencode(file.path)))
    if online is not None and (found is None or not found.synced):
        other = await online.find(track)
        if other is not None and (other.synced or found is None):
            found = other
    if found is None:
        return Lyrics(track_id=track.track_id)
    lines = (
        LyricsLine(text=line.text) if line.seconds is None else LyricsLine(text=line.text, seconds=line.seconds)
        for line in found.lines
    )
    return Lyrics(track_id=track.track_id, source=found.source, synced=found.synced, lines=tuple(lines))
