"""Records of the library: those of the protocol, and those that the library's parts exchange."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from ..protocol.library_request import ItemKind, SmartRules
from ..protocol.types import Chapter, Id, Record, Track, UpdateType
from .reader.messages import Harm, LyricsSource

TRACK_MEDIA: str = "media-source://moosicbox/track/"
"""The `media_content_id` of a track, without its id."""
STATION_MEDIA: str = "media-source://moosicbox/station/"
"""The `media_content_id` of a station, without its id."""
EPISODE_PREFIX: str = "ep-"
"""The prefix of ids of episodes."""
STREAM_PATH: str = "/api/moosicbox/tracks/{track_id}/stream"


class LibraryTrack(Track, frozen=True, kw_only=True):
    """A track of the library; `available` is false while its disk isn't there."""

    artists: tuple[str, ...] = ()
    artist_id: Id | None = None
    album_id: Id | None = None
    compilation: bool = False
    mime_type: str | None = None
    codec: str | None = None
    bitrate: int | None = None
    available: bool = True
    favourite: bool = False
    play_count: int = 0
    added_at: str | None = None
    my_favourite: bool | UnsetType = UNSET
    my_play_count: int | UnsetType = UNSET


class TrackDetails(LibraryTrack, frozen=True, kw_only=True):
    """A track with all details. Gains are in dB, peaks parts of full scale."""

    genres: tuple[str, ...] = ()
    sample_rate: int | None = None
    channels: int | None = None
    size: int = 0
    track_gain: float | None = None
    track_peak: float | None = None
    album_gain: float | None = None
    album_peak: float | None = None
    lyrics: str | None = None
    last_played_at: str | None = None


class LyricsLine(Record, frozen=True, kw_only=True):
    """A line of lyrics; `seconds` is its time in the track, and absent if the lyrics aren't synchronised."""

    text: str
    seconds: float | UnsetType = UNSET


class Lyrics(Record, frozen=True, kw_only=True):
    """The lyrics of a track: from its tags, from a file beside it, or from LRCLIB. Without lyrics, `source` is null."""

    track_id: Id
    source: LyricsSource | None = None
    synced: bool = False
    lines: tuple[LyricsLine, ...] = ()


type ChaptersSource = Literal["file", "feed", "online"]


class Chapters(Record, frozen=True, kw_only=True):
    """The chapters of a track or an episode: of its file, its feed, or a document that the feed names."""

    track_id: Id
    source: ChaptersSource | None = None
    chapters: tuple[Chapter, ...] = ()


class Artist(Record, frozen=True, kw_only=True):
    """An artist of tracks in the library."""

    artist_id: Id
    name: str
    album_count: int
    track_count: int
    artwork_url: str | None = None
    favourite: bool = False
    my_favourite: bool | UnsetType = UNSET


class Album(Record, frozen=True, kw_only=True):
    """An album; `year` is that of its earliest track, `duration` the sum in seconds."""

    album_id: Id
    title: str
    artist: str | None
    artist_id: Id | None
    year: int | None
    track_count: int
    duration: float
    compilation: bool
    added_at: str
    artwork_url: str | None = None
    favourite: bool = False
    my_favourite: bool | UnsetType = UNSET


class Book(Album, frozen=True, kw_only=True):
    """An audiobook: an album of spoken tracks. `heard` are the seconds that were heard, or passed over."""

    heard: float = 0.0
    played: bool = False
    my_heard: float | UnsetType = UNSET
    my_played: bool | UnsetType = UNSET


class Genre(Record, frozen=True, kw_only=True):
    """A genre of tracks in the library."""

    genre_id: Id
    name: str
    track_count: int
    favourite: bool = False
    my_favourite: bool | UnsetType = UNSET


class Playlist(Record, frozen=True, kw_only=True):
    """A playlist; one that is a file can't be changed."""

    playlist_id: Id
    name: str
    track_count: int
    duration: float
    editable: bool
    updated_at: str
    favourite: bool = False
    my_favourite: bool | UnsetType = UNSET
    smart: bool = False
    """True if it has rules instead of a list of tracks."""


class Station(Record, frozen=True, kw_only=True):
    """A radio station; `url` is that of its stream, or of a playlist that names it."""

    station_id: Id
    name: str
    url: str
    country: str | None = None
    genre: str | None = None
    artwork_url: str | None = None
    added_at: str
    favourite: bool = False
    my_favourite: bool | UnsetType = UNSET


class Podcast(Record, frozen=True, kw_only=True):
    """A podcast that the household follows; `error` says why its feed couldn't be read last time."""

    podcast_id: Id
    title: str
    author: str | None = None
    description: str | None = None
    url: str
    artwork_url: str | None = None
    episode_count: int
    latest_at: str | None = None
    added_at: str
    checked_at: str | None = None
    error: str | None = None
    favourite: bool = False
    my_favourite: bool | UnsetType = UNSET


class Episode(LibraryTrack, frozen=True, kw_only=True):
    """An episode of a podcast; `album` is the podcast's title. Playback resumes at the positions, in seconds."""

    podcast_id: Id
    description: str | None = None
    published_at: str | None = None
    position: float = 0.0
    played: bool = False
    my_position: float | UnsetType = UNSET
    my_played: bool | UnsetType = UNSET


class PodcastDetails(Podcast, frozen=True, kw_only=True):
    """A podcast with its newest five hundred episodes."""

    tracks: tuple[Episode, ...]


class BookPart(LibraryTrack, frozen=True, kw_only=True):
    """A track of an audiobook, and where to go on with it, in seconds."""

    position: float = 0.0
    played: bool = False
    my_position: float | UnsetType = UNSET
    my_played: bool | UnsetType = UNSET


class BookDetails(Book, frozen=True, kw_only=True):
    """An audiobook with its first thousand parts, in their order."""

    tracks: tuple[BookPart, ...]


type SpokenKind = Literal["book", "podcast"]
"""Kinds of what is spoken: audiobooks, and episodes of podcasts."""


class Unfinished(Struct, frozen=True, kw_only=True):
    """An audiobook or an episode that was begun, with the tracks that are left to hear.

    `by` is the author, or the title of the podcast.
    """

    title: str
    by: str | None
    track_ids: tuple[str, ...]


def remaining(parts: Sequence[BookPart]) -> Sequence[BookPart]:
    """Return the parts of a book from the one on with which the household goes on; all once it has heard all."""
    first = next((at for at, part in enumerate(parts) if not part.played), 0)
    return parts[first:]


def unheard(episodes: Sequence[Episode]) -> Sequence[Episode]:
    """Return the episodes that the household hasn't heard yet; all of them if it has heard all."""
    return [episode for episode in episodes if not episode.played] or episodes


type LibraryItem = LibraryTrack | Artist | Album | Genre | Playlist | Station | Podcast


class PlayedTrack(LibraryTrack, frozen=True, kw_only=True):
    """A track in the history, with the time when it was played."""

    played_at: str


class Scrobbling(Record, frozen=True, kw_only=True):
    """The state of a user's reports to ListenBrainz; `waiting` plays aren't reported yet."""

    connected: bool
    waiting: int


class SearchHit(Record, frozen=True, kw_only=True):
    """A result of a search; a higher score is better."""

    kind: ItemKind
    score: float
    item: LibraryItem


class Page[T](Struct, frozen=True, kw_only=True):
    """A page of a list of `total` items; `next_cursor` asks for the next one."""

    items: tuple[T, ...]
    total: int
    next_cursor: str | None = None


class AlbumDetails(Album, frozen=True, kw_only=True):
    """An album with its first thousand tracks, in their order."""

    tracks: tuple[LibraryTrack, ...]


class ArtistDetails(Artist, frozen=True, kw_only=True):
    """An artist with the first five hundred albums that they are on, by year."""

    albums: tuple[Album, ...]


class PlaylistDetails(Playlist, frozen=True, kw_only=True):
    """A playlist with its tracks, without those that are deleted."""

    rules: SmartRules | UnsetType = UNSET

    tracks: tuple[LibraryTrack, ...]
    missing: tuple[str, ...] = ()
    """Lines of a playlist file that name no track of the library, the first hundred."""


class ScanProgress(Record, frozen=True, kw_only=True):
    """The progress of a scan, in files; `total` grows while folders are walked."""

    scanning: bool
    scanned: int = 0
    total: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0


class LibraryChange(Record, frozen=True, kw_only=True):
    """A change of `total` items: its kind, and the first ids."""

    update_type: UpdateType
    ids: tuple[str, ...]
    total: int


class Counts(Record, frozen=True, kw_only=True):
    """How much is in the library."""

    tracks: int = 0
    unavailable: int = 0
    albums: int = 0
    artists: int = 0
    genres: int = 0
    playlists: int = 0
    stations: int = 0
    podcasts: int = 0
    episodes: int = 0
    bytes: int = 0
    """The size of the index."""


class TrackFile(Struct, frozen=True, kw_only=True):
    """The file of a track. `path` is below `root`, one of the library's folders; links are checked when it is opened."""

    track_id: str
    path: Path
    root: Path
    mime_type: str
    codec: str | None
    bitrate: int | None
    duration: float | None


class UnreadableFile(Record, frozen=True, kw_only=True):
    """A file that ended its reader process. It is skipped until it changes."""

    path: str
    reason: Harm
    noticed_at: str


class Picture(Struct, frozen=True, kw_only=True):
    """A picture from a music file or from a file beside it; `version` changes with the picture."""

    data: bytes
    mime_type: str
    version: str
