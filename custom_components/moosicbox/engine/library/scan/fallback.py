"""The track in a music file: from its tags and, where tags are missing, from its path."""

import os
from typing import Final

import msgspec

from ..index.albums import VARIOUS
from ..index.found import FoundTrack
from ..index.text import identity_key
from ..reader.fields import MAX_TEXT, clean
from ..reader.messages import FileTags
from .comparison import ToRead
from .path_names import PathNames, from_path

BOOK_SUFFIX: Final = b".m4b"


def found_track(job: ToRead, tags: FileTags) -> FoundTrack:
    """Return the track in the file of `job`."""
    file = job.file
    path = clean(os.fsdecode(os.path.join(job.folder, file.name)[len(job.root) :].lstrip(b"/")))
    fields = msgspec.structs.asdict(tags) | _fill(tags, from_path(path, job.highest))
    if fields["album"] is None and file.name.lower().endswith(BOOK_SUFFIX):
        # A file that is a whole audiobook.
        fields["album"] = fields["title"]
    return FoundTrack(
        **fields,
        folder=job.folder,
        name=file.name,
        volume=job.volume,
        size=file.size,
        mtime_ns=file.mtime_ns,
        ctime_ns=file.ctime_ns,
    )


def _fill(tags: FileTags, names: PathNames) -> dict[str, object]:
    """Return the fields without a tag from the path, except that a path which contradicts the tags is ignored."""
    filled: dict[str, object] = {"title": tags.title or names.title[:MAX_TEXT]}
    if not tags.track_number:
        filled |= {"track_number": names.track_number, "disc_number": tags.disc_number or names.disc_number}
    if not (_agree(tags.album, names.album) and _agree(_credited(tags, names), names.album_artist or names.artist)):
        return filled
    if tags.artist is None and names.artist is not None:
        filled |= {"artist": names.artist, "artists": (names.artist,)}
    if tags.album is None:
        filled["album"] = names.album
    if not tags.year:
        filled["year"] = names.year
    if names.album_artist is not None and tags.album_artist is None:
        filled |= {"album_artist": VARIOUS, "compilation": True}
    return filled


def _credited(tags: FileTags, names: PathNames) -> str | None:
    """Return the tagged artist to compare with a folder's: only the album artist if the folder has several artists."""
    artist = None if names.album_artist is not None else next(iter(tags.artists), tags.artist)
    return tags.album_artist or artist


def _agree(tagged: str | None, named: str | None) -> bool:
    return tagged is None or (named is not None and identity_key(tagged) == identity_key(named))
