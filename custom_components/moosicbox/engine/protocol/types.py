"""Constrained types and records that messages consist of."""

from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:-]{1,64}\Z")]
PlayerId = Annotated[str, Meta(pattern=r"^[a-z0-9_.:-]{1,64}\Z")]
"""Like any id, but in lower case: it becomes part of an entity's unique id."""
RequestId = Annotated[str, Meta(min_length=1, max_length=64)]
Name = Annotated[str, Meta(min_length=1, max_length=100)]
Volume = Annotated[float, Meta(ge=0, le=1)]
Seconds = Annotated[float, Meta(ge=0, le=1e7)]
Milliseconds = Annotated[float, Meta(ge=0, le=60_000)]
MAX_OUTPUT_DELAY_MS: Final = 5_000
OutputDelay = Annotated[float, Meta(ge=0, le=MAX_OUTPUT_DELAY_MS)]
TopicName = Annotated[str, Meta(pattern=r"^[a-z_]{1,16}(:[A-Za-z0-9_.:-]{1,64})?\Z")]
MediaContentId = Annotated[str, Meta(min_length=1, max_length=4096)]
Token = Annotated[str, Meta(min_length=1, max_length=4096)]

Speed = Annotated[float, Meta(ge=0.5, le=3)]

type ClientKind = Literal["player", "controller", "monitor"]
type PlaybackState = Literal["idle", "playing", "paused", "buffering"]
type ReportState = Literal["playing", "paused", "buffering", "idle", "error"]
type RepeatMode = Literal["off", "one", "all"]
type ItemOrigin = Literal["user", "autoplay", "host"]
type ItemState = Literal["pending", "playing", "played", "skipped"]
type Level = Literal["info", "success", "warning", "error"]
type BroadcastTarget = Literal["all", "user", "room", "permission", "client"]
type RoomControl = Literal["host", "everyone", "votes"]
type RoomWait = Literal["none", "bounded", "all"]
type RoomRole = Literal["host", "dj", "guest", "listener"]
type UpdateType = Literal[
    "tracks_added",
    "tracks_changed",
    "tracks_removed",
    "tracks_unavailable",
    "playlists_changed",
    "favourites_changed",
    "stations_changed",
    "podcasts_changed",
]
type ResumeFailure = Literal["session_unknown", "position_expired", "epoch_changed", "window_exceeded"]


class Record(Struct, frozen=True, kw_only=True):
    """A part of a message; compared by value."""


class Position(Record, frozen=True, kw_only=True):
    """A position in a topic."""

    epoch: str
    offset: Annotated[int, Meta(ge=0, le=2**53)]


class Track(Record, frozen=True, kw_only=True):
    """The description of a track; unknown fields are null."""

    track_id: Id
    title: str
    artist: str | None = None
    album: str | None = None
    album_artist: str | None = None
    duration: float | None = None
    track_number: int | None = None
    disc_number: int | None = None
    year: int | None = None
    genre: str | None = None
    artwork_url: str | None = None
    media_content_id: str | None = None
    track_gain: float | UnsetType | None = UNSET
    """In dB, to a loudness of -18 LUFS; absent if unknown."""
    track_peak: float | UnsetType | None = UNSET
    """Full scale is 1."""
    album_gain: float | UnsetType | None = UNSET
    album_peak: float | UnsetType | None = UNSET
    spoken: bool | UnsetType = UNSET
    """True for episodes and audiobooks."""
    live: bool | UnsetType = UNSET
    """True for radio stations."""


class Chapter(Record, frozen=True, kw_only=True):
    """A chapter of an item: a title, which may be empty, and where it starts and ends, in seconds."""

    title: str
    start: float
    end: float | UnsetType = UNSET


class CurrentChapter(Chapter, frozen=True, kw_only=True):
    """The chapter that plays: the `number` of `count`, from 1 on."""

    number: int
    count: int


class PlayableTrack(Track, frozen=True, kw_only=True):
    """A track with the temporary address of its stream for one player."""

    stream_url: str


class UserRef(Record, frozen=True, kw_only=True):
    """The user who performed an action."""

    id: str
    name: str


class QueueItem(Record, frozen=True, kw_only=True):
    """An item of a queue; its id is never used again."""

    queue_item_id: Id
    track: Track
    added_by: UserRef
    added_at: str
    origin: ItemOrigin = "user"
    state: ItemState = "pending"
    votes: int = 0


class QueuePage(Record, frozen=True, kw_only=True):
    """A page of a queue: `items` from `offset` on, of `total`."""

    epoch: str
    revision: int
    current_index: int | None
    current_item_id: Id | None
    items: tuple[QueueItem, ...]
    total: int
    offset: int


class AddOp(Record, tag_field="op", tag="add", frozen=True, kw_only=True):
    """`items` were inserted at `index`."""

    index: int
    items: tuple[QueueItem, ...]


class RemoveOp(Record, tag_field="op", tag="remove", frozen=True, kw_only=True):
    """The items were removed."""

    queue_item_ids: tuple[Id, ...]


class MoveOp(Record, tag_field="op", tag="move", frozen=True, kw_only=True):
    """The item was moved to `index`, counted after it was taken out."""

    queue_item_id: Id
    index: int


class ClearOp(Record, tag_field="op", tag="clear", frozen=True, kw_only=True):
    """All items were removed."""


class ResetOp(Record, tag_field="op", tag="reset", frozen=True, kw_only=True):
    """The whole order changed; request it by `get`."""


class CurrentOp(Record, tag_field="op", tag="current", frozen=True, kw_only=True):
    """Another item became the current one; `revision` is unchanged."""

    queue_item_id: Id | None


class UpdateOp(Record, tag_field="op", tag="update", frozen=True, kw_only=True):
    """An item's state or votes changed; `revision` is unchanged."""

    queue_item_id: Id
    state: ItemState | UnsetType = UNSET
    votes: int | UnsetType = UNSET


type QueueOp = AddOp | RemoveOp | MoveOp | ClearOp | ResetOp | CurrentOp | UpdateOp


class PlayerInfo(Record, frozen=True, kw_only=True):
    """A player in the list of players."""

    player_id: PlayerId
    name: str
    available: bool
    capabilities: tuple[str, ...] | None
    room_id: Id | None
    entity_id: str | None
    output_delay_ms: float | UnsetType = UNSET


class PlayerVolume(Record, frozen=True, kw_only=True):
    """The volume of a player in a room."""

    volume: float
    muted: bool


class PresentUser(Record, frozen=True, kw_only=True):
    """A present user with their clients."""

    user_id: str
    username: str
    clients: tuple[Id, ...]
    room_ids: tuple[Id, ...]
    since_at: str


class RoomInfo(Record, frozen=True, kw_only=True):
    """A room in the list of rooms; `participants` is their number."""

    room_id: Id
    name: str
    description: str | None
    is_public: bool
    participants: int
    max_participants: int


class Participant(Record, frozen=True, kw_only=True):
    """A participant of a room."""

    user_id: str
    username: str
    client_id: Id
    role: RoomRole
    ready: bool
    lagging: bool
    joined_at: str
    player_id: PlayerId | UnsetType = UNSET
    sync_error_ms: float | UnsetType = UNSET
