"""Names in the path of a file: `Artist/Album (Year)/CD1/01 - Title.mp3`, or as much of that as there is."""

from collections.abc import Sequence
from pathlib import PurePosixPath
import re
from typing import Final, NamedTuple

from ..folder_names import DISC_FOLDER
from ..index.albums import VARIOUS
from ..index.text import identity_key

_NUMBERED: Final = re.compile(
    r"^(?:(?P<disc>\d{1,2})[-.](?=\d\d(?!\d)))?(?P<track>\d{1,3})(?:(?P<mark>\s*[-._)]+\s*)|\s+)(?P<title>\S.*)$"
)
_YEAR: Final = re.compile(r"\s*[(\[](?P<year>(?:19|20)\d\d)[)\]]\s*$|^(?P<first>(?:19|20)\d\d)\s*[-–]\s*(?=\S)")
_VARIOUS: Final = frozenset(
    identity_key(name)
    for name in (VARIOUS, "Various", "VA", "V.A.", "Verschiedene Interpreten", "Verschiedene", "Diverse")
)
"""The names of folders with music by several artists."""


class PathNames(NamedTuple):
    """The names in a path."""

    title: str
    artist: str | None = None
    album: str | None = None
    album_artist: str | None = None
    year: int = 0
    track_number: int = 0
    disc_number: int = 0


def highest_track(names: Sequence[str]) -> int:
    """Return the highest number that is a track number in names without a mark, as in "7 Title"; 0 for none.

    There are such numbers if most names of the folder begin with one, up to the number of files or with leading zeros.
    """
    stems = [_stem(PurePosixPath(name)) for name in names]
    matches = [match for stem in stems if (match := _NUMBERED.match(stem)) and match["mark"] is None]
    if len(matches) < 2 or len(matches) * 2 <= len(names):
        return 0
    if any(match["track"].startswith("0") for match in matches):
        return 99
    return len(names) if sum(int(match["track"]) <= len(names) for match in matches) * 2 > len(names) else 0


def from_path(path: str, highest: int = 0) -> PathNames:
    """Return the names in `path`, which is relative to the library's folder.

    A number is a track number if a mark follows it or a zero precedes it, as in "01 - Title" and "01 Title". In other
    names, such as "99 Luftballons", it is one up to `highest`.
    """
    parts = PurePosixPath(path)
    folders = list(parts.parent.parts)
    title = _stem(parts) or parts.name
    disc = track = 0
    if folders and (match := DISC_FOLDER.match(folders[-1])):
        disc = int(match["disc"])
        folders.pop()
    if (match := _NUMBERED.match(title)) and _is_track_number(match, highest):
        title, track = match["title"], int(match["track"])
        disc = int(match["disc"] or disc)
    artist, album, year = _from_folders(folders)
    album_artist = None
    if artist is not None and identity_key(artist) in _VARIOUS:
        artist, album_artist = None, VARIOUS
    if " - " in title:
        first, _, rest = title.partition(" - ")
        if artist is None or identity_key(first) == identity_key(artist):
            artist, title = first.strip() or artist, rest.strip() or title
    return PathNames(title, artist, album, album_artist, year, track, disc)


def _from_folders(folders: list[str]) -> tuple[str | None, str | None, int]:
    if not folders:
        return None, None, 0
    artist, album, year = None, folders[-1], 0
    if match := _YEAR.search(album):
        album, year = (
            (album[: match.start()] + album[match.end() :]).strip() or album,
            int(match["year"] or match["first"]),
        )
    if len(folders) > 1:
        artist = folders[-2]
    elif " - " in album:
        artist, _, album = album.partition(" - ")
    return artist, album, year


def _is_track_number(match: re.Match[str], highest: int) -> bool:
    number, mark, title = match["track"], match["mark"], match["title"]
    if number.startswith("0"):
        return True
    if mark is None:
        return int(number) <= highest
    # "99.9F" and "7-Eleven" are names, "1.Title" and "7 - Title" aren't.
    return mark != mark.strip() or (mark != "-" and not title[0].isdigit())


def _stem(path: PurePosixPath) -> str:
    return path.stem.replace("_", " ").strip()
