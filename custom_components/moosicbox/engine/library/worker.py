"""The scanner's own process: walks, compares, reads files, and tells what it found. It only reads.

In a process of its own it neither holds the hub's loop nor fills the hub's memory.
"""

from concurrent.futures import ThreadPoolExecutor
from io import BufferedReader
from itertools import batched
import os
from pathlib import Path
import sqlite3
import sys
import time
from typing import BinaryIO, Final

import msgspec

from .compare import Comparison, ToRead
from .found import Batch, FoundTrack, Order, Report
from .naming import from_path
from .playlist_files import read_playlist
from .tags import clean, read

READERS: Final = 4
"""Files read at once: most of the time is spent waiting for a disk or a network."""
BATCH: Final = 64
TELL_SECONDS: Final = 0.5


class Teller:
    """Writes reports, each behind its length."""

    def __init__(self, out: BinaryIO) -> None:
        """`out` leads to the hub."""
        self._out = out
        self._encoder = msgspec.msgpack.Encoder()

    def __call__(self, report: Report) -> None:
        """Tell; ends the process if nobody listens any more."""
        data = self._encoder.encode(report)
        self._out.write(len(data).to_bytes(4, "big") + data)
        self._out.flush()


def scan(order: Order, tell: Teller) -> None:
    """Do what was ordered."""
    index = sqlite3.connect(f"{Path(order.index).as_uri()}?mode=ro", uri=True, timeout=30)
    comparison = Comparison(index, order, tell)
    walked = comparison.run()
    index.close()
    tell(walked)
    done, told = 0, time.monotonic()
    tracks: list[FoundTrack] = []
    with ThreadPoolExecutor(READERS) as pool:
        for some in batched(comparison.to_read, 4 * READERS, strict=False):
            tracks += [track for track in pool.map(read_track, some) if track is not None]
            done += len(some)
            if len(tracks) >= BATCH or time.monotonic() > told + TELL_SECONDS:
                tell(Batch(read=done, tracks=tuple(tracks)))
                done, told, tracks = 0, time.monotonic(), []
    playlists = (read_playlist(folder, file) for folder, file in comparison.playlists)
    tell(Batch(read=done, tracks=tuple(tracks), playlists=tuple(found for found in playlists if found is not None)))


def read_track(job: ToRead) -> FoundTrack | None:
    """The music in a file; None if there is none, or not any more."""
    path = os.path.join(job.folder, job.file.name)
    try:
        # Not through a link that came since, and not into a pipe that nobody writes to.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            return _read_open(file, job)
    except OSError:
        return None


def _read_open(file: BufferedReader, job: ToRead) -> FoundTrack | None:
    if (found := read(file, job.file.size)) is None:
        return None
    sound, tags = found
    relative = clean(os.fsdecode(os.path.join(job.folder, job.file.name)[len(job.root) :].lstrip(b"/")))
    named = from_path(relative)
    untagged = not (tags.title or tags.artist or tags.album)
    artist = tags.artist or (named.artist if untagged else None)
    return FoundTrack(
        folder=job.folder,
        name=job.file.name,
        volume=job.volume,
        size=job.file.size,
        mtime_ns=job.file.mtime_ns,
        fingerprint=sound.fingerprint,
        title=tags.title or named.title[:500],
        artist=artist,
        artists=tags.artists or ((artist,) if artist else ()),
        album=tags.album or (named.album if untagged else None),
        album_artist=tags.album_artist,
        genres=tags.genres,
        year=tags.year or (named.year if untagged else 0),
        track_number=tags.track_number or (named.track_number if untagged else 0),
        disc_number=tags.disc_number or (named.disc_number if untagged else 0),
        compilation=tags.compilation,
        duration=sound.duration,
        codec=sound.codec,
        mime_type=sound.mime_type,
        bitrate=sound.bitrate,
        sample_rate=sound.sample_rate,
        channels=sound.channels,
        picture=tags.picture,
        track_gain=tags.track_gain,
        track_peak=tags.track_peak,
        album_gain=tags.album_gain,
        album_peak=tags.album_peak,
        lyrics=tags.lyrics,
    )


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
        os._exit(1)
