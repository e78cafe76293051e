"""What a scan finds, and what the scanner's process tells the hub's of it."""

from typing import Final

from msgspec import Struct

from ...protocol.types import UpdateType

DAMAGED: Final = 3
"""The scanner's process ends with this when it finds the index damaged."""


class FoundTrack(Struct, array_like=True, kw_only=True):
    """A music file as it was read. `folder` and `name` are bytes: a file's name needn't be text."""

    folder: bytes
    name: bytes
    volume: bytes
    """The library's folder, or the disk mounted inside it, that the file is on."""
    size: int
    mtime_ns: int
    fingerprint: str
    """Of the sound alone: another tag or place leaves it as it is."""
    title: str
    artist: str | None = None
    artists: tuple[str, ...] = ()
    album: str | None = None
    album_artist: str | None = None
    genres: tuple[str, ...] = ()
    year: int = 0
    track_number: int = 0
    disc_number: int = 0
    compilation: bool = False
    duration: float = 0.0
    codec: str = ""
    mime_type: str = ""
    bitrate: int = 0
    sample_rate: int = 0
    channels: int = 0
    picture: bool = False
    track_gain: float | None = None
    track_peak: float | None = None
    album_gain: float | None = None
    album_peak: float | None = None
    lyrics: str | None = None


class FoundFolder(Struct, array_like=True, kw_only=True):
    """A folder whose picture, or disk, is another than the index knows."""

    path: bytes
    volume: bytes
    artwork: bytes | None
    """The name of the picture in it."""
    artwork_mtime_ns: int = 0


class FoundPlaylist(Struct, array_like=True, kw_only=True):
    """An M3U file and the files that it names, in order, as folder and name."""

    folder: bytes
    name: bytes
    mtime_ns: int
    title: str
    entries: tuple[tuple[bytes, bytes], ...]


class Order(Struct, kw_only=True):
    """What the scanner shall do: look at `targets`, which lie in `roots`; all of the roots if there are none."""

    index: str
    roots: tuple[bytes, ...]
    targets: tuple[bytes, ...] = ()


class Compared(Struct, kw_only=True):
    """What is there, and what is another than in the index, by the index's row ids."""

    files: int
    changed: tuple[int, ...]
    back: tuple[int, ...]
    """Were away or gone, are here again, and the same."""
    away: tuple[int, ...]
    """Their disk is away."""
    gone: tuple[int, ...]
    folders: tuple[FoundFolder, ...]
    playlists_gone: tuple[int, ...]


class Walked(Struct, tag="walked", kw_only=True):
    """So many files were seen; once all were, so many of them needn't be read."""

    files: int
    known: int = 0


class Report(Struct, tag="report", kw_only=True):
    """So many more files were read, or that became of tracks."""

    read: int = 0
    update_type: UpdateType | None = None
    ids: tuple[str, ...] = ()
