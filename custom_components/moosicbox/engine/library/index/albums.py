"""Groups tracks into albums, by the tracks alone, so that every index has the same albums and ids.

In one folder (the discs of an album count as one), tracks with one album title are one album: of their album artist, of
the artist of most of them, or else a compilation. Two albums of the same title and artist are distinguished by their
releases at MusicBrainz, by their years, or because two tracks have the same place, such as two first tracks.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from .ids import former_id, id_of
from .text import identity_key

VARIOUS: Final = "Various Artists"
_LATE: Final = 10_000
"""Sorts an album without a year behind the others."""


class AlbumTrack(NamedTuple):
    """The fields of a track that decide about its album."""

    row: int
    fingerprint: str
    folder: bytes
    """The album's folder, which is the parent of a disc's folder."""
    title: str
    """The title of the album."""
    artist: str | None
    """The track's main artist."""
    album_artist: str | None
    """As tagged."""
    compilation: bool
    """As tagged."""
    release_id: str
    year: int
    disc_number: int
    track_number: int
    changed_ns: int


class FoundAlbum(NamedTuple):
    """An album and its tracks."""

    album_id: str
    former_id: str | None
    title: str
    artist: str | None
    compilation: bool
    year: int
    tracks: tuple[AlbumTrack, ...]


class _Part:
    """The tracks of an album in one folder or, when parts are joined, in several."""

    def __init__(self, artist: str | None, tracks: Iterable[AlbumTrack], *, compilation: bool) -> None:
        self.artist = artist
        self.compilation = compilation
        self.tracks = sorted(tracks, key=lambda track: (track.folder, track.fingerprint, track.row))
        self.releases = {track.release_id for track in self.tracks if track.release_id}
        self.years = {track.year for track in self.tracks if track.year}
        self.places = {place: track.fingerprint for track in self.tracks if (place := _place(track))}

    @property
    def year(self) -> int:
        return min(self.years, default=0)

    @property
    def order(self) -> tuple[int, tuple[bytes, ...], str]:
        """The order in which albums of one name are found: from what is the same wherever the library is mounted."""
        first = self.tracks[0]
        return self.year or _LATE, tuple(first.folder.split(b"/")[-2:]), first.fingerprint

    def belongs_to(self, other: _Part) -> bool:
        """Return whether both are parts of one album."""
        if self.releases and other.releases:
            return bool(self.releases & other.releases)
        if self.years and other.years and not self.years & other.years:
            return False
        return all(
            other.places[place] == fingerprint for place, fingerprint in self.places.items() if place in other.places
        )

    def joined(self, other: _Part) -> _Part:
        compilation = self.compilation or other.compilation
        return _Part(self.artist, [*self.tracks, *other.tracks], compilation=compilation)


def group_albums(tracks: Iterable[AlbumTrack]) -> list[FoundAlbum]:
    """Return the albums that tracks with one album title make."""
    parts: dict[str, list[_Part]] = {}
    for folder in _split(tracks, lambda track: track.folder):
        for part in _parts(folder):
            parts.setdefault(identity_key(part.artist or ""), []).append(part)
    return [album for same in parts.values() for album in _albums(same)]


def _parts(tracks: Sequence[AlbumTrack]) -> Iterable[_Part]:
    """Return the albums in one folder."""
    releases = {track.release_id for track in tracks if track.release_id}
    same = [tracks] if len(releases) < 2 else _split(tracks, lambda track: track.release_id)
    for release in same:
        if all(track.release_id for track in release):
            yield _release(release)
            continue
        by_artist = _split(
            (track for track in release if track.album_artist), lambda track: identity_key(track.album_artist or "")
        )
        untagged = [track for track in release if not track.album_artist]
        if len(by_artist) == 1 and not _overlap(by_artist[0], untagged):
            by_artist, untagged = [[*by_artist[0], *untagged]], []
        for some in by_artist:
            artist = _usual((track.album_artist, track.changed_ns) for track in some)
            yield _Part(artist, some, compilation=any(track.compilation for track in some))
        if untagged:
            yield from _parts_by_artist(untagged)


def _release(tracks: Sequence[AlbumTrack]) -> _Part:
    """Return the album that tracks of one release make, whatever artists they name."""
    artist = _usual((track.album_artist, track.changed_ns) for track in tracks)
    compilation = any(track.compilation for track in tracks)
    if artist is not None:
        return _Part(artist, tracks, compilation=compilation)
    largest = max(_split(tracks, lambda track: identity_key(track.artist or "")), key=len)
    if compilation or len(largest) * 2 <= len(tracks):
        return _Part(VARIOUS, tracks, compilation=True)
    return _Part(_usual((track.artist, track.changed_ns) for track in largest), tracks, compilation=False)


def _parts_by_artist(tracks: Sequence[AlbumTrack]) -> Iterable[_Part]:
    """Return the albums that tracks without an album artist make in one folder."""
    by_artist = _split(tracks, lambda track: identity_key(track.artist or ""))
    largest = max(by_artist, key=len)
    if any(track.compilation for track in tracks):
        yield _Part(VARIOUS, tracks, compilation=True)
    elif any(_overlap(one, tracks) for one in by_artist):
        for some in by_artist:
            yield _Part(_usual((track.artist, track.changed_ns) for track in some), some, compilation=False)
    elif len(largest) * 2 > len(tracks):
        yield _Part(_usual((track.artist, track.changed_ns) for track in largest), tracks, compilation=False)
    else:
        yield _Part(VARIOUS, tracks, compilation=True)


def _albums(parts: list[_Part]) -> Iterable[FoundAlbum]:
    """Return the albums that parts of one title and artist make, the earliest first."""
    albums: list[_Part] = []
    for part in sorted(parts, key=lambda part: part.order):
        at = next((at for at, album in enumerate(albums) if part.belongs_to(album)), None)
        if at is None:
            albums.append(part)
        else:
            albums[at] = albums[at].joined(part)
    used: set[str] = set()
    for number, album in enumerate(albums):
        title = _usual((track.title, track.changed_ns) for track in album.tracks) or ""
        artist = _usual((track.album_artist, track.changed_ns) for track in album.tracks) or album.artist
        names = [title, artist or ""]
        if number:
            names.append(_distinction(album, used))
        used.add(names[-1])
        former = None if number else former_id("al", *names)
        yield FoundAlbum(id_of("al", *names), former, title, artist, album.compilation, album.year, tuple(album.tracks))


def _distinction(album: _Part, used: set[str]) -> str:
    """Return a text that distinguishes this album from earlier ones of the same title and artist."""
    candidates = [*sorted(album.releases)[:1], *([str(album.year)] if album.year else [])]
    candidates.append(album.tracks[0].fingerprint)
    return next((name for name in candidates if name not in used), candidates[-1])


def _usual(names: Iterable[tuple[str | None, int]]) -> str | None:
    """Return the most frequent spelling; of several, the newest."""
    found = [(name, changed_ns) for name, changed_ns in names if name]
    if not found:
        return None
    counts, newest = Counter(name for name, _ in found), dict(sorted(found, key=lambda pair: pair[1]))
    return max(counts, key=lambda name: (counts[name], newest[name], name))


def _place(track: AlbumTrack) -> tuple[int, int] | None:
    return (track.disc_number or 1, track.track_number) if track.track_number else None


def _overlap(some: Sequence[AlbumTrack], others: Sequence[AlbumTrack]) -> bool:
    """Return whether one of `others` has the same place as one of `some`."""
    rows = {track.row for track in some}
    places = {place for track in some if (place := _place(track))}
    return any(_place(track) in places for track in others if track.row not in rows)


def _split[K](tracks: Iterable[AlbumTrack], key: Callable[[AlbumTrack], K]) -> list[list[AlbumTrack]]:
    found: dict[K, list[AlbumTrack]] = {}
    for track in tracks:
        found.setdefault(key(track), []).append(track)
    return list(found.values())
