"""The scanner's own process: walks, compares, reads files, writes the index, and tells what became of it.

In a process of its own it neither holds the hub's loop nor fills the hub's memory.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing, contextmanager
import functools
from itertools import batched
import multiprocessing
import os
from pathlib import Path
import sqlite3
import sys
import time
from typing import BinaryIO, Final

import msgspec

from ...protocol.types import UpdateType
from ..index.database import connect, is_damage, transaction
from ..index.playlists import drop_files, link_files, write_files
from ..index.writer import Indexer, set_state, tidy, write_folders
from ..reader.playlist_files import read_playlist
from ..reader.tracks import read_track
from .comparison import AWAY, GONE, HERE, Comparison, ToRead
from .records import DAMAGED, Compared, FoundTrack, Order, Report, Walked

PROCESSES: Final = 2
"""That read files, where there are many to be read."""
FEW: Final = 100
"""Files that aren't worth more processes: threads wait for the disk as well."""
THREADS: Final = 4
BATCH: Final = 64
"""Files that are written at once: what plays meanwhile needn't wait long to be counted."""
MARKED: Final = 500
"""The same where they are only marked."""
PAUSE: Final = 0.01
"""Seconds between two batches, in which the hub may write."""
LATEST: Final = 0.5
"""Seconds after which what was read is written, however little it is."""


class Teller:
    """Writes reports, each behind its length."""

    def __init__(self, out: BinaryIO) -> None:
        """`out` leads to the hub."""
        self._out = out
        self._encoder = msgspec.msgpack.Encoder()

    def __call__(self, report: Walked | Report) -> None:
        """Tell; BrokenPipeError if nobody listens any more."""
        data = self._encoder.encode(report)
        self._out.write(len(data).to_bytes(4, "big") + data)
        self._out.flush()


def scan(order: Order, tell: Teller) -> None:
    """Do what was ordered."""
    path = Path(order.index)
    with closing(connect(path, read_only=True)) as index:
        comparison = Comparison(index, order, lambda files: tell(Walked(files=files)))
        compared = comparison.run()
    tell(Walked(files=compared.files, known=compared.files - len(comparison.to_read)))
    # An open index isn't carried into other processes.
    with _readers(len(comparison.to_read)) as readers, closing(connect(path)) as index:
        Writing(index, tell).write(comparison, compared, readers, tidy_up=not order.targets)


class Writing:
    """What a scan writes; the hub may write as well."""

    def __init__(self, index: sqlite3.Connection, tell: Teller) -> None:
        """`tell` hears what became of tracks."""
        self._index = index
        self._tell = tell

    def write(self, comparison: Comparison, compared: Compared, readers: Executor, *, tidy_up: bool) -> None:
        """Make the index what the folders are."""
        self._write(lambda: write_folders(self._index, compared.folders))
        self._told("playlists_changed", self._write(lambda: drop_files(self._index, compared.playlists_gone)))
        self._mark(compared.back, HERE, "tracks_added")
        indexer = Indexer(compared.changed, compared.away, compared.gone)
        for tracks, read in _read(comparison.to_read, readers):
            outcome = self._write(functools.partial(indexer.write, self._index, tracks))
            self._tell(Report(read=read))
            self._told("tracks_added", outcome.added)
            self._told("tracks_changed", outcome.changed)
        found = [one for one in (read_playlist(*pair) for pair in comparison.playlists) if one is not None]
        self._told("playlists_changed", self._write(lambda: write_files(self._index, found)))
        away, gone = indexer.missing()
        self._mark(away, AWAY, "tracks_unavailable")
        self._mark(gone, GONE, "tracks_removed")
        self._write(lambda: link_files(self._index))
        if tidy_up:
            self._write(lambda: tidy(self._index))

    def _mark(self, rows: Iterable[int], state: int, update_type: UpdateType) -> None:
        for some in batched(rows, MARKED, strict=False):
            self._told(update_type, self._write(functools.partial(set_state, self._index, some, state)))

    def _write[T](self, change: Callable[[], T]) -> T:
        result = transaction(self._index, lambda _: change())
        time.sleep(PAUSE)
        return result

    def _told(self, update_type: UpdateType, ids: Sequence[str]) -> None:
        if ids:
            self._tell(Report(update_type=update_type, ids=tuple(ids)))


def _read(files: Sequence[ToRead], readers: Executor) -> Iterator[tuple[list[FoundTrack], int]]:
    """What was found in files, and in how many of them, batch by batch."""
    tracks: list[FoundTrack] = []
    done, latest = 0, time.monotonic() + LATEST
    for some in batched(files, 16 * BATCH, strict=False):
        for track in readers.map(read_track, some, chunksize=BATCH // 4):
            done += 1
            if track is not None:
                tracks.append(track)
            if len(tracks) >= BATCH or time.monotonic() > latest:
                yield tracks, done
                tracks, done, latest = [], 0, time.monotonic() + LATEST
    if done:
        yield tracks, done


@contextmanager
def _readers(files: int) -> Iterator[Executor]:
    if files <= FEW:
        with ThreadPoolExecutor(THREADS) as threads:
            yield threads
        return
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("fork")) as processes:
        # The first question makes them: from here on nothing is carried into them.
        processes.submit(os.getpid).result()
        yield processes


def main() -> None:
    """Take one order from standard input, report to standard output."""
    os.nice(10)
    order = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Order)
    out = os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not get between the reports.
    os.dup2(2, 1)
    try:
        scan(order, Teller(out))
    except BrokenPipeError:
        sys.exit(1)
    except sqlite3.DatabaseError as error:
        sys.exit(DAMAGED if is_damage(error) else str(error))
