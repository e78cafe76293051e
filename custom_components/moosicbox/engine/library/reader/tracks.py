"""Reading music files: what a scan does for each of them, in as many processes as it likes."""

from io import BufferedReader
import os

from ..scan.comparison import ToRead
from ..scan.records import FoundTrack
from .path_names import from_path
from .tags import clean, read


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
