"""The findings of a scan, as they are written into the index."""

from msgspec import Struct

from ..reader.messages import Failure, FileTags


class FoundTrack(FileTags, tag=None, array_like=True, kw_only=True):
    """A music file: its place and its tags."""

    folder: bytes
    name: bytes
    """Bytes, as `folder`: the name of a file needn't be text."""
    volume: bytes
    """The library's folder, or the disk mounted inside it, that the file is on."""
    size: int
    mtime_ns: int
    ctime_ns: int = 0


class FoundFolder(Struct, kw_only=True):
    """A folder whose picture, or disk, differs from the index."""

    path: bytes
    volume: bytes
    artwork: bytes | None
    """The path of the picture that stands for its music."""
    artwork_changed_ns: int = 0


class FoundPlaylist(Struct, kw_only=True):
    """A playlist file, and the paths that it contains, unchanged."""

    folder: bytes
    name: bytes
    changed_ns: int
    title: str
    entries: tuple[bytes, ...]


class FoundUnreadable(Struct, kw_only=True):
    """A file that is no music, or that ended its reader."""

    folder: bytes
    name: bytes
    size: int
    mtime_ns: int
    ctime_ns: int
    reason: Failure
    row: int | None = None
    """The row of the track that the file was before."""
