"""Reading the tags of one music file. Runs in the reader process only."""

from collections.abc import Sequence
from io import BufferedReader
import re
from typing import Any, Final

from .fields import artists, decimal, first_text, genres, joined, line, number, year
from .fingerprint import fingerprint
from .messages import FileTags
from .music_file import MusicFile, Values, open_music
from .picture_types import is_usable

MAX_LYRICS: Final = 50_000
"""Characters."""
_DATES: Final = ("date", "year", "releasedate", "originaldate", "originalyear")
_RELEASE_ID: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def read_tags(file: BufferedReader, size: int) -> FileTags | None:
    """Return the tags of an open file of `size` bytes; None if it is no music.

    Raises:
        OSError: The file can't be read.
        Exception: Anything that a parser raises on bytes that it doesn't expect.
    """
    if (music := open_music(file, size)) is None:
        return None
    values = _chain(music)
    artist = joined(values("artist"))
    return FileTags(
        fingerprint=fingerprint(file, size, music.md5),
        title=joined(values("title")),
        artist=artist,
        artists=artists(values("artists")) or artists(values("artist")),
        album=joined(values("album")),
        album_artist=joined(values("albumartist") or values("album artist")),
        genres=genres(values("genre")),
        year=next((found for name in _DATES for value in values(name)[:1] if (found := year(line(value)))), 0),
        track_number=number(values("tracknumber"), 9999),
        disc_number=number(values("discnumber"), 999),
        compilation=line(next(iter(values("compilation")), "")).lower() in {"1", "true", "yes"},
        release_id=_release_id(values("musicbrainz_albumid")),
        duration=music.duration,
        codec=music.codec,
        mime_type=music.mime_type,
        bitrate=music.bitrate,
        sample_rate=music.sample_rate,
        channels=music.channels,
        picture=any(is_usable(data) for _, data in music.pictures()),
        track_gain=_gain(values, "track"),
        track_peak=decimal(values("replaygain_track_peak"), 0, 100),
        album_gain=_gain(values, "album"),
        album_peak=decimal(values("replaygain_album_peak"), 0, 100),
        lyrics=first_text(values("lyrics") or values("unsyncedlyrics"))[:MAX_LYRICS].strip() or None,
    )


def _chain(music: MusicFile) -> Values:
    """Return the values of the first tag that has any, for each name."""

    def values(name: str) -> Sequence[Any]:
        return next((found for tag in music.tags if (found := tag(name))), ())

    return values


def _gain(values: Values, which: str) -> float | None:
    if (gain := decimal(values(f"replaygain_{which}_gain"), -99, 99)) is not None:
        return gain
    # Opus counts in 256ths of a decibel, to a loudness that is 5 dB lower.
    r128 = decimal(values(f"r128_{which}_gain"), -32_768, 32_767)
    return None if r128 is None else round(r128 / 256 + 5, 2)


def _release_id(values: Sequence[Any]) -> str:
    text = line(values[0]).lower() if values else ""
    return text if _RELEASE_ID.fullmatch(text) else ""
