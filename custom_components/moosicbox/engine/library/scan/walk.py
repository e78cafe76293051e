"""Walks the library's folders, and lists the files in each.

No link is followed, except that a root folder may be one: each folder is opened relative to the one around it, so that
links that are put there meanwhile aren't followed either.
"""

from collections.abc import Iterator
import os
from typing import Final, NamedTuple

from ..folder_names import is_disc_folder
from ..reader.picture_types import MAX_PICTURE
from ..safe_open import open_folder

MUSIC_SUFFIXES: Final = frozenset({"mp3", "flac", "ogg", "oga", "opus", "m4a", "m4b", "wav", "aif", "aiff", "aifc"})
PLAYLIST_SUFFIXES: Final = frozenset({"m3u", "m3u8"})
PICTURE_SUFFIXES: Final = frozenset({"jpg", "jpeg", "png", "webp", "gif"})
PICTURE_STEMS: Final = ("cover", "folder", "front", "album", "albumart")
"""The names of pictures that stand for the music in their folder, the best first."""
MAX_DEPTH: Final = 64


class File(NamedTuple):
    """A file as its folder lists it."""

    name: bytes
    size: int
    mtime_ns: int
    ctime_ns: int

    @property
    def changed_ns(self) -> int:
        """The time of its last change, in nanoseconds since 1970."""
        return max(self.mtime_ns, self.ctime_ns)


class Folder(NamedTuple):
    """A folder and its non-empty files of known types."""

    path: bytes
    volume: bytes
    music: list[File]
    playlists: list[File]
    pictures: list[tuple[bytes, File]]
    """The pictures that may stand for its music, by their folders, the best first."""
    readable: bool = True


def walk(root: bytes, start: bytes) -> Iterator[Folder]:
    """Yield `start`, which is `root` or lies below it, and all folders in it."""
    volume, device = volume_of(start, root)
    around: list[tuple[bytes, File]] = []
    try:
        descriptor = open_folder(root, start)
    except FileNotFoundError, NotADirectoryError:
        return
    except OSError:
        # Links aren't followed: a folder behind a link counts as missing.
        if not _is_link_on_the_way(root, start):
            yield Folder(start, volume, [], [], [], readable=False)
        return
    if start != root and is_disc_folder(start):
        around = _pictures_around(root, start)
    yield from _walk(descriptor, start, volume, device, around, 0)


def volume_of(target: bytes, root: bytes) -> tuple[bytes, int | None]:
    """Return the topmost folder on the disk of `target`, and the number of the disk; None if no folder is there.

    That is `root`, or a folder on the way from it where another disk is mounted.
    """
    volume, device = root, None
    path = root
    for part in [b"", *target.removeprefix(root).strip(b"/").split(b"/")]:
        path = os.path.join(path, part) if part else path
        try:
            found = os.stat(path, follow_symlinks=path == root).st_dev
        except OSError:
            break
        if device is not None and found != device:
            volume = path
        device = found
    return volume, device


def _walk(
    descriptor: int,
    path: bytes,
    volume: bytes,
    device: int | None,
    around: list[tuple[bytes, File]],
    depth: int,
) -> Iterator[Folder]:
    """Yield the open folder, which is closed afterwards, and all folders in it."""
    try:
        found = os.fstat(descriptor).st_dev
        if device is not None and found != device:
            volume = path
        try:
            folder, inner = _listed(descriptor, path, volume, around)
        except OSError:
            yield Folder(path, volume, [], [], [], readable=False)
            return
        yield folder
        if depth == MAX_DEPTH:
            return
        for name in inner:
            below = os.path.join(path, name)
            try:
                opened = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=descriptor)
            except FileNotFoundError, NotADirectoryError:
                # The folder was deleted or replaced since it was listed.
                continue
            except OSError:
                yield Folder(below, volume, [], [], [], readable=False)
                continue
            pictures = folder.pictures if is_disc_folder(name) else []
            yield from _walk(opened, below, volume, found, pictures, depth + 1)
    finally:
        os.close(descriptor)


def _listed(
    descriptor: int, path: bytes, volume: bytes, around: list[tuple[bytes, File]]
) -> tuple[Folder, list[bytes]]:
    """Return an open folder with its files, and the names of the folders in it."""
    music: list[File] = []
    playlists: list[File] = []
    pictures: list[File] = []
    inner: list[bytes] = []
    with os.scandir(descriptor) as entries:
        for name, entry in sorted(((os.fsencode(entry.name), entry) for entry in entries), key=lambda pair: pair[0]):
            if name.startswith(b"."):
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    inner.append(name)
                    continue
                suffix = name.rpartition(b".")[2].decode("ascii", "replace").lower()
                if suffix in MUSIC_SUFFIXES:
                    files = music
                elif suffix in PLAYLIST_SUFFIXES:
                    files = playlists
                elif suffix in PICTURE_SUFFIXES:
                    files = pictures
                else:
                    continue
                if entry.is_file(follow_symlinks=False):
                    status = entry.stat(follow_symlinks=False)
                    if status.st_size:
                        files.append(File(name, status.st_size, status.st_mtime_ns, status.st_ctime_ns))
            except OSError:
                # The file was deleted since it was listed.
                continue
    own = [(path, picture) for picture in _ranked(pictures)]
    return Folder(path, volume, music, playlists, own or around), inner


def _ranked(pictures: list[File]) -> list[File]:
    named: dict[str, list[File]] = {}
    for picture in pictures:
        stem = picture.name.rpartition(b".")[0].decode("ascii", "replace").lower()
        if stem in PICTURE_STEMS and picture.size <= MAX_PICTURE:
            named.setdefault(stem, []).append(picture)
    return [picture for stem in PICTURE_STEMS for picture in named.get(stem, ())]


def _pictures_around(root: bytes, path: bytes) -> list[tuple[bytes, File]]:
    folder = os.path.dirname(path)
    try:
        descriptor = open_folder(root, folder)
    except OSError:
        return []
    try:
        return _listed(descriptor, folder, b"", [])[0].pictures
    except OSError:
        return []
    finally:
        os.close(descriptor)


def _is_link_on_the_way(root: bytes, path: bytes) -> bool:
    while len(path) > len(root):
        if os.path.islink(path):
            return True
        path = os.path.dirname(path)
    return False
