"""The requests to the reader process, and its replies."""

from typing import Final, Literal

from msgspec import Struct

MAX_SECONDS: Final = 30.0
"""Longest time for one file, including the wait for its disk."""
MAX_REPLY: Final = 12 * 1024 * 1024
"""Bytes; a process that sends a larger reply is ended."""

type LyricsSource = Literal["embedded", "file", "online"]

type Harm = Literal["crash", "timeout", "memory"]
"""How a file ended the process that read it."""

type Failure = Literal["unsupported"] | Harm
"""Why a file can't be read: it is no music, or the reader process ended over it."""


class ReadTags(Struct, tag=True, array_like=True, frozen=True):
    """Read the tags of a music file at `path`, below `root`; with an empty root, links are followed."""

    root: bytes
    path: bytes


class ReadPicture(Struct, tag=True, array_like=True, frozen=True):
    """Read the picture in the file at `path`, below `root`; with an empty root, links are followed.

    The picture is embedded in music, or the file itself. With `edge`, it becomes a JPEG whose longer edge has that many
    pixels.
    """

    root: bytes
    path: bytes
    embedded: bool
    edge: int | None = None


class ReadPlaylist(Struct, tag=True, array_like=True, frozen=True):
    """Read the M3U file at `path`, below `root`."""

    root: bytes
    path: bytes


class ReadLyrics(Struct, tag=True, array_like=True, frozen=True):
    """Read the lyrics of the music file at `path`, below `root`, or of an LRC file beside it."""

    root: bytes
    path: bytes


class ParseLyrics(Struct, tag=True, array_like=True, frozen=True):
    """Parse the lyrics in a response of LRCLIB."""

    answer: bytes


class ReadChapters(Struct, tag=True, array_like=True, frozen=True):
    """Read the chapters of the music file at `path`, below `root`."""

    root: bytes
    path: bytes


class ParseChapters(Struct, tag=True, array_like=True, frozen=True):
    """Parse the chapters of an episode, in the JSON format of Podcasting 2.0."""

    data: bytes


class ParseFeed(Struct, tag=True, array_like=True, frozen=True):
    """Parse the feed of a podcast, which was at `url`."""

    url: str
    data: bytes


type Request = (
    ReadTags | ReadPicture | ReadPlaylist | ReadLyrics | ParseLyrics | ReadChapters | ParseChapters | ParseFeed
)


class FileTags(Struct, tag=True, array_like=True, kw_only=True):
    """The contents of a music file. Fields without a tag are None, empty or 0."""

    fingerprint: str
    """A hash of the sound alone, which doesn't change with the tags or the path."""
    title: str | None = None
    artist: str | None = None
    """The artists as one text."""
    artists: tuple[str, ...] = ()
    album: str | None = None
    album_artist: str | None = None
    genres: tuple[str, ...] = ()
    year: int = 0
    track_number: int = 0
    disc_number: int = 0
    compilation: bool = False
    release_id: str = ""
    """The album's id at MusicBrainz."""
    duration: float = 0.0
    """Seconds."""
    codec: str = ""
    mime_type: str = ""
    bitrate: int = 0
    sample_rate: int = 0
    channels: int = 0
    picture: bool = False
    """True if it has an embedded picture that can be shown."""
    track_gain: float | None = None
    """In dB, to the loudness that ReplayGain 2 aims at (-18 LUFS)."""
    track_peak: float | None = None
    album_gain: float | None = None
    album_peak: float | None = None
    lyrics: str | None = None


class FilePicture(Struct, tag=True, array_like=True):
    """A picture, with the MIME type that its first bytes tell."""

    data: bytes
    mime_type: str


class FilePlaylist(Struct, tag=True, array_like=True):
    """A playlist's title and the paths that it names."""

    title: str | None
    entries: tuple[bytes, ...]


class TimedLine(Struct, array_like=True, frozen=True):
    """A line of lyrics, and the second at which it is sung; `None` if the lyrics aren't timed."""

    text: str
    seconds: float | None = None


class FileLyrics(Struct, tag=True, array_like=True):
    """Lyrics, in the order of their times if they are synchronised."""

    source: LyricsSource
    synced: bool
    lines: tuple[TimedLine, ...]


class ChapterStart(Struct, array_like=True, frozen=True):
    """The title of a chapter, and the second at which it begins."""

    title: str
    seconds: float


class FileChapters(Struct, tag=True, array_like=True):
    """Chapters, in the order of their times."""

    chapters: tuple[ChapterStart, ...]


class FeedEpisode(Struct, array_like=True, frozen=True, kw_only=True):
    """An episode in a feed. Unknown texts are empty, unknown numbers 0."""

    guid: str
    url: str
    title: str
    mime_type: str = ""
    description: str = ""
    artwork_url: str = ""
    duration: float = 0.0
    """Seconds."""
    published_at: int = 0
    """Unix time in seconds."""
    chapters_url: str = ""
    chapters: tuple[ChapterStart, ...] = ()
    """The chapters that the feed itself has."""


class PodcastFeed(Struct, tag=True, array_like=True, kw_only=True):
    """The feed of a podcast."""

    title: str
    author: str = ""
    description: str = ""
    artwork_url: str = ""
    episodes: tuple[FeedEpisode, ...] = ()


class ReadingFailed(Struct, tag=True, array_like=True):
    """The file can't be read. `reason` is None if it couldn't be opened."""

    reason: Failure | None


type Reply = FileTags | FilePicture | FilePlaylist | FileLyrics | FileChapters | PodcastFeed | ReadingFailed


class Envelope(Struct, array_like=True):
    """A reply; `last` is true if the process ends after it."""

    reply: Reply
    last: bool = False
