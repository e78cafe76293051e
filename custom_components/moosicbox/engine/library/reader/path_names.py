"""What the path of a file without tags tells: `Artist/Album/01 - Title.mp3` and the like."""

from pathlib import PurePosixPath
import re
from typing import Final, NamedTuple

_NUMBERED: Final = re.compile(r"^(?:(?P<disc>\d{1,2})[-.])?(?P<track>\d{1,3})(?:\s*[-._)]+\s*|\s+)(?P<title>\S.*)$")
_DISC: Final = re.compile(r"^(?:cd|disc|disk)[ _-]?(?P<disc>\d{1,2})$", re.IGNORECASE)
_YEAR: Final = re.compile(r"\s*[(\[](?P<year>(?:19|20)\d\d)[)\]]\s*$")


class Named(NamedTuple):
    """What a path says."""

    title: str
    artist: str | None = None
    album: str | None = None
    year: int = 0
    track_number: int = 0
    disc_number: int = 0


def from_path(path: str) -> Named:
    """`path` is relative to the library's folder, with / between its parts."""
    parts = PurePosixPath(path)
    folders = list(parts.parent.parts)
    title, artist, album = parts.stem.replace("_", " ").strip() or parts.name, None, None
    track = disc = year = 0
    if folders and (match := _DISC.match(folders[-1])):
        disc = int(match["disc"])
        folders.pop()
    if match := _NUMBERED.match(title):
        title, track = match["title"], int(match["track"])
        disc = int(match["disc"] or disc)
    if folders:
        album = folders[-1]
        if match := _YEAR.search(album):
            album, year = album[: match.start()] or album, int(match["year"])
        if len(folders) > 1:
            artist = folders[-2]
        elif " - " in album:
            artist, _, album = album.partition(" - ")
    if " - " in title:
        first, _, rest = title.partition(" - ")
        if artist is None or first.casefold() == artist.casefold():
            artist, title = first.strip() or artist, rest.strip() or title
    return Named(title, artist, album, year, track, disc)
