"""The scanner's process: walks the folders, has files read, writes the index and reports what changed.

As a process of its own it holds up neither the hub's event loop nor its memory. It parses no file itself: reader processes
do, and may end over a file.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import batched
import os
from pathlib import Path
import sqlite3
import sys
import time
from typing import BinaryIO, Final

import msgspec

from ...protocol.types import UpdateType
from ..index import playlist_files
from ..index.connection import connect, is_damage, transaction
from ..index.found import FoundPlaylist, FoundTrack, FoundUnreadable
from ..index.states import DELETED, OFFLINE, PRESENT
from ..index.unreadable import drop_unreadable, write_unreadable
from ..index.upkeep import tidy
from ..index.writer import IndexWriter, set_state, write_folders
from .comparison import Comparison, ToRead
from .messages import EXIT_DAMAGED, Compared, Report, ScanRequest, Walked
from .readers import Found, Readers, readers_for

BATCH: Final = 64
"""Files that are written at once; plays are counted between two batches."""
MARKED: Final = 500
"""Tracks whose states are written at once."""
PAUSE_SECONDS: Final = 0.01
"""Pause between two batches, in which the hub may write."""
MAX_DELAY_SECONDS: Final = 0.5
"""Longest time until files that were read are written, even if they are few."""


class Reporter:
    """Sends reports to the hub, each preceded by its length."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._encoder = msgspec.msgpack.Encoder()

    def __call__(self, report: Walked | Report) -> None:
        """Send a report; BrokenPipeError if the hub is gone."""
        data = self._encoder.encode(report)
        self._out.write(len(data).to_bytes(4) + data)
        self._out.flush()


def scan(request: ScanRequest, report: Reporter) -> None:
    """Scan the folders of `request`."""
    path = Path(request.index)
    with closing(connect(path, read_only=True)) as index:
        comparison = Comparison(index, request, lambda files: report(Walked(files=files)))
        compared = comparison.run()
    report(Walked(files=compared.files, known=compared.files - len(comparison.to_read)))
    with readers_for(len(comparison.to_read)) as readers, closing(connect(path)) as index:
        Update(index, report).run(comparison, compared, readers, tidy_up=not request.targets)


class Update:
    """Writes the findings of a scan, in short transactions, because the hub writes to the index as well."""

    def __init__(self, index: sqlite3.Connection, report: Reporter) -> None:
        self._index = index
        self._report = report

    def run(self, comparison: Comparison, compared: Compared, readers: Readers, *, tidy_up: bool) -> None:
        """Make the index match the folders."""
        self._write(lambda: write_folders(self._index, compared.folders))
        self._changed(
            "playlists_changed", self._write(lambda: playlist_files.drop(self._index, compared.playlists_deleted))
        )
        self._write(lambda: drop_unreadable(self._index, compared.readable))
        self._mark(compared.back, PRESENT, "tracks_added")
        writer = IndexWriter(compared.changed, compared.offline, compared.deleted)
        for found, read in _batches(comparison.to_read, readers):
            self._write_batch(writer, found)
            self._report(Report(read=read))
        self._write(lambda: writer.finish(self._index))
        self._write_playlists([readers.read_playlist(*job) for job in comparison.playlists])
        offline, deleted = writer.missing()
        self._mark(offline, OFFLINE, "tracks_unavailable")
        self._mark(deleted, DELETED, "tracks_removed")
        self._write(lambda: playlist_files.link(self._index))
        if tidy_up:
            self._write(lambda: tidy(self._index))

    def _write_batch(self, writer: IndexWriter, found: Sequence[Found]) -> None:
        tracks = [one for one in found if isinstance(one, FoundTrack)]
        unreadable = [one for one in found if isinstance(one, FoundUnreadable)]

        def write() -> tuple[list[str], list[str]]:
            drop_unreadable(self._index, [(track.folder, track.name) for track in tracks])
            write_unreadable(self._index, unreadable)
            writer.drop(one.row for one in unreadable if one.row is not None)
            return writer.write(self._index, tracks)

        added, changed = self._write(write)
        self._changed("tracks_added", added)
        self._changed("tracks_changed", changed)

    def _write_playlists(self, found: Sequence[FoundPlaylist | FoundUnreadable | None]) -> None:
        playlists = [one for one in found if isinstance(one, FoundPlaylist)]
        unreadable = [one for one in found if isinstance(one, FoundUnreadable)]
        self._changed("playlists_changed", self._write(lambda: playlist_files.write(self._index, playlists)))
        self._write(lambda: write_unreadable(self._index, unreadable))

    def _mark(self, rows: Iterable[int], state: int, update_type: UpdateType) -> None:
        for some in batched(rows, MARKED, strict=False):
            self._changed(update_type, self._write(partial(set_state, self._index, some, state)))

    def _write[T](self, change: Callable[[], T]) -> T:
        result = transaction(self._index, lambda _: change())
        time.sleep(PAUSE_SECONDS)
        return result

    def _changed(self, update_type: UpdateType, ids: Sequence[str]) -> None:
        if ids:
            self._report(Report(update_type=update_type, ids=tuple(ids)))


def _batches(files: Sequence[ToRead], readers: Readers) -> Iterator[tuple[list[Found], int]]:
    """Yield the findings in files in batches, each with the number of its files."""
    found: list[Found] = []
    due = time.monotonic() + MAX_DELAY_SECONDS
    for one in readers.read(files):
        found.append(one)
        if len(found) >= BATCH or time.monotonic() > due:
            yield found, len(found)
            found, due = [], time.monotonic() + MAX_DELAY_SECONDS
    if found:
        yield found, len(found)


def main() -> None:
    """Read one request from standard input; report to standard output."""
    os.nice(10)
    request = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=ScanRequest)
    out = os.fdopen(os.dup(1), "wb")
    # Output of libraries must not mix with the reports.
    os.dup2(2, 1)
    try:
        scan(request, Reporter(out))
    except BrokenPipeError:
        sys.exit(1)
    except sqlite3.DatabaseError as error:
        sys.exit(EXIT_DAMAGED if is_damage(error) else str(error))
