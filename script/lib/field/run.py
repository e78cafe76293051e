"""Runs the cases against the real scanner."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.models import LibraryTrack, TrackDetails
from custom_components.moosicbox.engine.protocol.library_request import Filters
from script.lib.sounds import Sounds

from .case import Case

PAGE = 500
TOLERANCE = 0.11
"""Seconds by which a duration may differ: encoders pad the sound."""


class Found:
    """The library's records after the scans."""

    def __init__(self, library: Library, music: Path) -> None:
        self._library = library
        self._music = music
        self._tracks: dict[str, TrackDetails] = {}

    async def read(self) -> None:
        """Read all tracks."""
        for track in await self.all_tracks():
            path = (await self._library.track_path(track.track_id)).path
            self._tracks[str(path.relative_to(self._music))] = await self._library.track(track.track_id)

    async def all_tracks(self, sort: str | None = None) -> list[LibraryTrack]:
        """Return all tracks of the library."""
        found: list[LibraryTrack] = []
        cursor: str | None = None
        while True:
            page = await self._library.get_tracks(Filters(), sort, PAGE, cursor)
            found += page.items
            if (cursor := page.next_cursor) is None:
                return found

    async def differences(self, case: Case) -> list[str]:
        """Return the differences between the library's records and those of `case`."""
        found = [*self._of_tracks(case)]
        tracks = [track for path, track in self._tracks.items() if path.startswith(f"{case.name}/")]
        if case.albums is not None:
            albums = {(await self._library.album(id_)) for id_ in {track.album_id for track in tracks} if id_}
            there = sorted(((album.title, album.artist, album.track_count) for album in albums), key=repr)
            if there != sorted(case.albums, key=repr):
                found.append(f"albums are {there}")
        if case.artists is not None:
            names = {name for track in tracks for name in track.artists}
            if names != case.artists:
                found.append(f"artists are {sorted(names)}")
        if case.order is not None:
            own = {track.track_id for track in tracks}
            order = tuple(track.title for track in await self.all_tracks("title") if track.track_id in own)
            if order != case.order:
                found.append(f"the order is {order}")
        for name, (titles, missing) in case.playlists.items():
            found += [difference async for difference in self._of_playlist(name, titles, missing)]
        for query, name in case.finds.items():
            hits = (await self._library.search(query, limit=1)).items
            first = getattr(hits[0].item, "name", None) or getattr(hits[0].item, "title", None) if hits else None
            if first != name:
                found.append(f"{query!r} finds {first!r}")
        return found

    def _of_tracks(self, case: Case) -> Iterator[str]:
        for path, fields in case.tracks.items():
            track = self._tracks.get(f"{case.name}/{path}")
            if fields is None or track is None:
                if (fields is None) != (track is None):
                    yield f"{path} is {'not ' if track is None else ''}listed"
                continue
            for name, expected in fields.items():
                value = track.artwork_url is not None if name == "picture" else getattr(track, name)
                if not _equal(value, expected):
                    yield f"{path}: {name} is {value!r}, not {expected!r}"

    async def _of_playlist(self, name: str, titles: Sequence[str], missing: Sequence[str]) -> AsyncGenerator[str]:
        playlists = {playlist.name: playlist for playlist in (await self._library.get_playlists(limit=PAGE)).items}
        if name not in playlists:
            yield f"there is no playlist {name}"
            return
        playlist = await self._library.playlist(playlists[name].playlist_id)
        if (there := tuple(track.title for track in playlist.tracks)) != titles:
            yield f"playlist {name} has {there}"
        if playlist.missing != missing:
            yield f"playlist {name} misses {playlist.missing}"


@asynccontextmanager
async def scanned(cases: Sequence[Case], folder: Path) -> AsyncGenerator[Found]:
    """Write the files of `cases` into `folder`, scan them twice, and yield the library's records."""
    music = folder / "music"
    music.mkdir(parents=True, exist_ok=True)
    sounds = Sounds(folder / "sounds")
    for case in cases:
        (music / case.name).mkdir()
        case.write(music / case.name, sounds)
    library = Library(folder / "index" / "library.db", [music], 0)
    await library.start()
    try:
        await library.scan()
        for case in cases:
            if case.change is not None:
                case.change(music / case.name, sounds)
        await library.scan()
        found = Found(library, music)
        await found.read()
        yield found
    finally:
        await library.stop()


def _equal(value: Any, expected: Any) -> bool:
    if isinstance(expected, float) and isinstance(value, float):
        return abs(value - expected) <= TOLERANCE
    return bool(value == expected)
