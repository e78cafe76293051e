"""Walking folders: what lies in each, and on which disk. Links aren't followed: what is outside stays outside."""

from collections.abc import Iterator
import os
from typing import Final, NamedTuple

from ..reader.tags import SUFFIXES

PLAYLIST_SUFFIXES: Final = frozenset({"m3u", "m3u8"})
PICTURE_SUFFIXES: Final = frozenset({"jpg", "jpeg", "png", "webp"})
PICTURE_STEMS: Final = ("cover", "folder", "front", "album", "albumart")
"""The names of pictures that stand for all music of their folder, the best first."""
DEEPEST: Final = 64


class File(NamedTuple):
    """A file as its folder lists it."""

    name: bytes
    size: int
    mtime_ns: int


class Folder(NamedTuple):
    """A folder and what concerns us in it. Music of no bytes isn't music."""

    path: bytes
    volume: bytes
    music: list[File]
    playlists: list[File]
    artwork: File | None
    readable: bool = True


def walk(start: bytes, volume: bytes, device: int | None = None, depth: int = 0) -> Iterator[Folder]:
    """`start` and all folders in it. `volume` is the disk's first folder, `device` its number."""
    try:
        own = os.stat(start, follow_symlinks=depth == 0).st_dev
        entries = sorted(os.scandir(start), key=lambda entry: entry.name)
    except FileNotFoundError, NotADirectoryError:
        return
    except OSError:
        yield Folder(start, volume, [], [], None, readable=False)
        return
    if device is not None and own != device:
        volume = start
    folder = Folder(start, volume, [], [], None)
    inner = []
    pictures: list[File] = []
    for entry in entries:
        if entry.name.startswith(b"."):
            continue
        try:
            if entry.is_dir(follow_symlinks=False):
                inner.append(entry.path)
            elif (listed := _list_of(entry.name, folder, pictures)) is not None and entry.is_file(
                follow_symlinks=False
            ):
                found = entry.stat(follow_symlinks=False)
                listed.append(File(entry.name, found.st_size, found.st_mtime_ns))
        except OSError:
            # Gone since it was listed.
            continue
    music = [file for file in folder.music if file.size]
    yield folder._replace(music=music, artwork=_best(pictures))
    if depth < DEEPEST:
        for path in inner:
            yield from walk(path, volume, own, depth + 1)


def volume_of(target: bytes, root: bytes) -> tuple[bytes, int | None]:
    """The first folder of the disk that `target`, in `root`, lies on, and the disk's number as far as it exists."""
    volume, device = root, None
    parts = target.removeprefix(root).strip(b"/").split(b"/") if target != root else []
    path = root
    for part in [b"", *parts]:
        path = os.path.join(path, part) if part else path
        try:
            own = os.stat(path, follow_symlinks=path == root).st_dev
        except OSError:
            break
        if device is not None and own != device:
            volume = path
        device = own
    return volume, device


def inside(path: bytes, folder: bytes) -> bool:
    """Whether `path` is `folder` or lies in it."""
    return path == folder or path.startswith(folder.rstrip(b"/") + b"/")


def _list_of(name: bytes, folder: Folder, pictures: list[File]) -> list[File] | None:
    suffix = name.rpartition(b".")[2].decode("ascii", "replace").lower()
    if suffix in SUFFIXES:
        return folder.music
    if suffix in PLAYLIST_SUFFIXES:
        return folder.playlists
    return pictures if suffix in PICTURE_SUFFIXES else None


def _best(pictures: list[File]) -> File | None:
    named = {picture.name.rpartition(b".")[0].lower(): picture for picture in reversed(pictures)}
    return next((named[stem.encode()] for stem in PICTURE_STEMS if stem.encode() in named), None)
