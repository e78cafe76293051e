"""Requests to the library."""

from typing import Annotated, Literal

from msgspec import Meta

from .client import ClientMessage, Ids, Index
from .results import LibraryResult
from .types import Id, MediaContentId, Name, Record

Year = Annotated[int, Meta(ge=0, le=9999)]
Text = Annotated[str, Meta(min_length=1, max_length=500)]
Label = Annotated[str, Meta(max_length=100)]
Address = Annotated[str, Meta(max_length=2_048)]

type RequestType = Literal[
    "get_artists",
    "get_albums",
    "get_tracks",
    "get_genres",
    "get_artist",
    "get_album",
    "get_track",
    "get_playlists",
    "get_playlist",
    "get_stations",
    "get_station",
    "get_podcasts",
    "get_podcast",
    "get_episodes",
    "get_episode",
    "get_books",
    "get_book",
    "get_lyrics",
    "get_chapters",
    "get_history",
    "get_scrobbling",
    "set_scrobbling",
    "search",
    "recent",
    "set_favourite",
    "edit_playlist",
    "edit_station",
    "edit_podcast",
    "refresh_podcasts",
    "set_played",
    "scan",
]
type ItemKind = Literal["artist", "album", "track", "genre", "playlist", "station", "podcast", "episode"]


class Filters(Record, omit_defaults=True, frozen=True, kw_only=True):
    """Limits a list to items that match all of these; artist, album and genre by name or id."""

    artist: Text | None = None
    album: Text | None = None
    genre: Text | None = None
    podcast: Id | None = None
    year: Year | None = None
    year_from: Year | None = None
    year_to: Year | None = None
    added_since: Annotated[str, Meta(max_length=40)] | None = None
    favourite: bool | None = None
    kinds: Annotated[tuple[ItemKind, ...], Meta(max_length=10)] = ()


type RuleField = Literal[
    "title", "artist", "album", "genre", "year", "added", "played", "plays", "duration", "loudness", "favourite"
]
type RuleOp = Literal["is", "is_not", "contains", "at_least", "at_most"]
type SmartOrder = Literal[
    "random",
    "title",
    "-title",
    "artist",
    "-artist",
    "year",
    "-year",
    "added",
    "-added",
    "duration",
    "-duration",
    "plays",
    "-plays",
    "played",
    "-played",
    "loudness",
    "-loudness",
]


class SmartRule(Record, frozen=True, kw_only=True):
    """A condition of a smart playlist's tracks."""

    field: RuleField
    op: RuleOp
    value: bool | Annotated[float, Meta(ge=-1e9, le=1e9)] | Text


class SmartRules(Record, omit_defaults=True, frozen=True, kw_only=True):
    """The rules of a smart playlist, and which of the tracks that fulfil them are in it."""

    rules: Annotated[tuple[SmartRule, ...], Meta(max_length=20)] = ()
    match: Literal["all", "any"] = "all"
    order: SmartOrder = "random"
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100
    mine: bool = False


class PlaylistEdit(Record, omit_defaults=True, frozen=True, kw_only=True):
    """A change of a playlist: first `remove` (positions), then `add` (before position `at`, or at the end)."""

    name: Name | None = None
    track_ids: Annotated[tuple[Id, ...], Meta(max_length=10_000)] | None = None
    remove: Annotated[tuple[Index, ...], Meta(max_length=10_000)] = ()
    add: Ids | None = None
    at: Index | None = None
    delete: bool = False
    rules: SmartRules | None = None


class StationEdit(Record, omit_defaults=True, frozen=True, kw_only=True):
    """A new station at an address or in a media source, or a change of one; an empty text clears a field."""

    media_content_id: MediaContentId | None = None
    name: Name | None = None
    artwork_url: Address | None = None
    country: Label | None = None
    genre: Label | None = None
    delete: bool = False


class PodcastEdit(Record, omit_defaults=True, frozen=True, kw_only=True):
    """A new subscription of the feed at `url`, or the end of one."""

    url: Address | None = None
    delete: bool = False


class LibraryRequest(ClientMessage[LibraryResult], tag="library_request", frozen=True, kw_only=True):
    """Reads the library, or changes favourites, playlists, stations, podcasts and scrobbling."""

    request_type: RequestType
    id: Id | None = None
    filters: Filters | None = None
    query: Annotated[str, Meta(max_length=500)] | None = None
    sort: Annotated[str, Meta(max_length=64)] | None = None
    limit: Annotated[int, Meta(ge=1, le=500)] = 50
    cursor: Annotated[str, Meta(max_length=512)] | None = None
    favourite: bool | None = None
    playlist: PlaylistEdit | None = None
    station: StationEdit | None = None
    podcast: PodcastEdit | None = None
    played: bool | None = None
    mine: bool | None = None
    token: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
