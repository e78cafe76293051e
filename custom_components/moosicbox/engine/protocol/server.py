"""Messages of the hub: one model per message. States replace one another, other topic messages are numbered."""

from typing import Any, ClassVar, Final, Literal

from msgspec import UNSET, Struct, UnsetType

from .types import (
    CurrentChapter,
    Id,
    Level,
    Participant,
    PlayableTrack,
    PlaybackState,
    PlayerId,
    PlayerInfo,
    PlayerVolume,
    Position,
    PresentUser,
    QueueOp,
    QueuePage,
    Record,
    RepeatMode,
    ResumeFailure,
    RoomControl,
    RoomInfo,
    RoomWait,
    Track,
    UpdateType,
    UserRef,
)

SUBPROTOCOL: Final = "moosicbox.v1"
"""The subprotocol of WebSocket connections."""


class ServerMessage(Struct, tag_field="type", frozen=True, kw_only=True):
    """A message of the hub."""


class TopicMessage(ServerMessage, frozen=True, kw_only=True):
    """A message that is published; its topic sets `topic` and `snapshot`."""

    numbered: ClassVar[bool] = False

    topic: str | UnsetType = UNSET
    snapshot: bool | UnsetType = UNSET


class NumberedMessage(TopicMessage, frozen=True, kw_only=True):
    """A message with an `offset` in its topic; it is never dropped."""

    numbered: ClassVar[bool] = True

    offset: int | UnsetType = UNSET


class StateMessage(TopicMessage, frozen=True, kw_only=True):
    """A state, complete in itself: a newer one of the same topic and type replaces an older one."""


class ProtocolRange(Record, frozen=True, kw_only=True):
    """The versions of the protocol that the hub supports."""

    min: int = 1
    max: int = 1


class Hello(ServerMessage, tag="hello", frozen=True, kw_only=True):
    """The greeting: the hub's version, clock, limits and features."""

    protocol: ProtocolRange
    server: str
    node_id: str
    clock_id: str
    server_time_us: int
    auth_required: bool
    authenticated: bool
    heartbeat_interval: float
    limits: dict[str, int | float]
    features: dict[str, int]


class Welcome(ServerMessage, tag="welcome", frozen=True, kw_only=True):
    """The answer to `authenticate`; `positions` are those before the first message that follows."""

    client_id: Id
    session_id: Id
    secret: str
    resumed: bool
    user: UserRef
    permissions: tuple[str, ...]
    positions: dict[str, Position]
    server_time_us: int
    request_id: str | UnsetType = UNSET
    resume_failure: ResumeFailure | UnsetType = UNSET
    token: str | UnsetType = UNSET
    expires_at: str | UnsetType = UNSET
    hello: Hello | UnsetType = UNSET


class Result(ServerMessage, tag="result", frozen=True, kw_only=True):
    """The answer to a request."""

    request_id: str
    data: Any


class Pong(ServerMessage, tag="pong", frozen=True, kw_only=True):
    """The answer to `ping`."""

    server_time_us: int
    request_id: str | UnsetType = UNSET


class TimeSyncReply(ServerMessage, tag="time_sync", frozen=True, kw_only=True):
    """The answer to a clock probe: received at `t1_us`, sent at `t2_us` of the hub's clock."""

    t0_us: int
    t1_us: int
    t2_us: int
    request_id: str | UnsetType = UNSET


class Goodbye(ServerMessage, tag="goodbye", frozen=True, kw_only=True):
    """Announces that the hub closes the connection; reconnect after `reconnect_after` seconds."""

    reason: str
    reconnect: bool
    reconnect_after: float


class Subscribed(ServerMessage, tag="subscribed", frozen=True, kw_only=True):
    """The hub subscribed this client to topics."""

    positions: dict[str, Position]


class Unsubscribed(ServerMessage, tag="unsubscribed", frozen=True, kw_only=True):
    """The hub unsubscribed this client from topics."""

    topics: tuple[str, ...]
    reason: str


class PlaybackStatus(StateMessage, tag="playback_status", frozen=True, kw_only=True):
    """The state of playback. The current position is position_seconds + rate * max(0, now_us - anchor_us) / 1e6."""

    is_playing: bool
    state: PlaybackState
    current_track: Track | None
    queue_item_id: Id | None
    position_seconds: float
    anchor_us: int
    rate: float
    duration_seconds: float | None
    volume: float
    muted: bool
    shuffle: bool
    repeat: RepeatMode
    queue_length: int
    queue_revision: int
    player_id: PlayerId | UnsetType = UNSET
    room_id: Id | UnsetType = UNSET
    stream_title: str | UnsetType = UNSET
    chapter: CurrentChapter | UnsetType = UNSET
    autoplay: bool = False
    speed: float = 1.0


class TrackChanged(NumberedMessage, tag="track_changed", frozen=True, kw_only=True):
    """Another track became the current one."""

    track: Track | None
    previous_track: Track | None


class QueueUpdated(NumberedMessage, tag="queue_updated", frozen=True, kw_only=True):
    """The queue reached `revision` by `ops`; a snapshot holds the first page as `queue`."""

    revision: int
    current_index: int | None
    total: int
    ops: tuple[QueueOp, ...]
    queue: QueuePage | UnsetType = UNSET


class ProgressUpdate(StateMessage, tag="progress_update", frozen=True, kw_only=True):
    """A player's current position, published at regular intervals to subscribers of `progress`."""

    position_seconds: float
    duration_seconds: float | None
    buffered_seconds: float | None


class SeekUpdate(StateMessage, tag="seek_update", frozen=True, kw_only=True):
    """The position was changed by a seek."""

    position_seconds: float


class VolumeUpdate(StateMessage, tag="volume_update", frozen=True, kw_only=True):
    """The volume of a player."""

    volume: float
    muted: bool


class RoomVolumes(StateMessage, tag="room_volumes", frozen=True, kw_only=True):
    """The volumes of a room's players by their ids, after the volume of the room was changed."""

    players: dict[PlayerId, PlayerVolume]


class SynchronizedPlayback(StateMessage, tag="synchronized_playback", frozen=True, kw_only=True):
    """An order to a player: at hub time `sync_time_us`, be at `start_position` of the item."""

    command: Literal["play", "pause", "stop"]
    queue_item_id: Id | None
    track: PlayableTrack | None
    start_position: float
    sync_time_us: int
    rate: float
    room_id: Id | UnsetType = UNSET
    gain_db: float | UnsetType = UNSET
    crossfade: float | UnsetType = UNSET


class Prepare(StateMessage, tag="prepare", frozen=True, kw_only=True):
    """The item that follows the current one, to be loaded in advance; null if there is none."""

    queue_item_id: Id | None
    track: PlayableTrack | None
    gain_db: float | UnsetType = UNSET


class AlarmTone(StateMessage, tag="alarm_tone", frozen=True, kw_only=True):
    """An order to a player with the capability `tone`: make a sound that wakes people, without any network, or stop."""

    sounds: bool


class AnnouncementOrder(StateMessage, tag="announcement", frozen=True, kw_only=True):
    """An announcement to be mixed with what the player plays; null ends it."""

    announcement_id: Id | None
    track: PlayableTrack | None
    sync_time_us: int
    ducking_db: float


class PlayerList(StateMessage, tag="player_list", frozen=True, kw_only=True):
    """All players."""

    players: tuple[PlayerInfo, ...]


class RoomList(StateMessage, tag="room_list", frozen=True, kw_only=True):
    """The visible rooms."""

    rooms: tuple[RoomInfo, ...]


class ChatLine(Record, frozen=True, kw_only=True):
    """A chat message in the state of a room."""

    message_id: Id
    user_id: str
    username: str
    message: str
    sent_at: str


class RoomState(TopicMessage, tag="room_state", frozen=True, kw_only=True):
    """The complete state of a room."""

    room_id: Id
    name: str
    description: str | None
    max_participants: int
    is_public: bool
    control: RoomControl
    wait: RoomWait
    participants: tuple[Participant, ...]
    host_user_id: str | None
    current_track: Track | None
    playback: PlaybackStatus
    queue: QueuePage
    chat: tuple[ChatLine, ...]


class RoomEvent(NumberedMessage, tag="room_event", frozen=True, kw_only=True):
    """An event in a room."""

    room_id: Id
    event_type: str
    data: dict[str, Any]


class RoomChat(NumberedMessage, tag="room_chat", frozen=True, kw_only=True):
    """A chat message in a room."""

    room_id: Id
    message_id: Id
    user_id: str
    username: str
    message: str
    sent_at: str


class PresenceUpdate(StateMessage, tag="presence_update", frozen=True, kw_only=True):
    """The users who are present."""

    users: tuple[PresentUser, ...]


class LibraryUpdated(NumberedMessage, tag="library_updated", frozen=True, kw_only=True):
    """The library changed; `affected_items` are the first ids of `total_changes`."""

    update_type: UpdateType
    affected_items: tuple[str, ...]
    total_changes: int


class LibraryScanProgress(StateMessage, tag="library_scan_progress", frozen=True, kw_only=True):
    """The progress of a scan, in files."""

    scanning: bool
    scanned: int
    total: int
    added: int
    changed: int
    removed: int


class Notification(NumberedMessage, tag="notification", frozen=True, kw_only=True):
    """A notice for people."""

    level: Level
    title: str
    message: str
    timestamp_at: str


class UserNotification(NumberedMessage, tag="user_notification", frozen=True, kw_only=True):
    """A notice for one user."""

    message: str
    level: Level


class AdminNotification(NumberedMessage, tag="admin_notification", frozen=True, kw_only=True):
    """A notice for administrators."""

    message: str
    scheduled_at: str | UnsetType = UNSET


class CustomMessage(NumberedMessage, tag="message", frozen=True, kw_only=True):
    """An event for programs."""

    event: str
    data: Any
