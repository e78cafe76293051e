"""A case: files with a trick, and the expected records of the library."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from script.lib.sounds import Sounds

type Write = Callable[[Path, Sounds], object]
"""Writes the files of a case into its folder."""
type Fields = Mapping[str, Any]
"""Fields of a record; `picture` says whether it has an address of a picture."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """Files in a folder of their own, and the records that the library has to have after a scan."""

    name: str
    trick: str
    """The unusual property of the files."""
    write: Write
    tracks: Mapping[str, Fields | None] = field(default_factory=dict)
    """Fields of tracks by their paths in the case's folder; None: the file isn't listed."""
    albums: tuple[tuple[str, str | None, int], ...] | None = None
    """Titles, artists and numbers of tracks of all albums with music in the folder."""
    artists: frozenset[str] | None = None
    """The names of all artists with music in the folder."""
    order: tuple[str, ...] | None = None
    """The titles of the folder's tracks in the library's order."""
    playlists: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=dict)
    """Titles of tracks, and lines without a track, of playlists by their names."""
    finds: Mapping[str, str] = field(default_factory=dict)
    """The title or name that the first result of a search has, by query."""
    change: Write | None = None
    """Changes the files after a first scan; the expected records are those after a second scan."""
