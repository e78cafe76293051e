"""Messages of clients: one model per message, or per message and `action`."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from .results import (
    AddResult,
    BroadcastResult,
    ChapterResult,
    ChatResult,
    ClientsResult,
    InviteResult,
    MetricsResult,
    QueueResult,
    RefreshResult,
    RevisionResult,
    RevokedInvitesResult,
    RoomListResult,
    RoomResult,
    StreamResult,
    SubscribeResult,
    TransferResult,
)
from .server import Pong, TimeSyncReply
from .types import (
    BroadcastTarget,
    ClientKind,
    Id,
    Level,
    MediaContentId,
    Milliseconds,
    Name,
    OutputDelay,
    PlayerId,
    Position,
    Record,
    RepeatMode,
    ReportState,
    RequestId,
    RoomControl,
    RoomRole,
    RoomWait,
    Seconds,
    Speed,
    Token,
    TopicName,
    Volume,
)

Index = Annotated[int, Meta(ge=0, le=2**53)]
HubMicroseconds = Annotated[int, Meta(ge=-(2**62), le=2**62)]
Ids = Annotated[tuple[Id, ...], Meta(min_length=1, max_length=1000)]
Topics = Annotated[tuple[TopicName, ...], Meta(max_length=1000)]


class Request[Result = object](Struct, frozen=True, kw_only=True):
    """A request of a client; with a `request_id` it gets exactly one answer. `Result` is the type of that answer."""

    request_id: RequestId | None = None


class ClientMessage[Result = object](Request[Result], tag_field="type", frozen=True, kw_only=True):
    """A message identified by its `type` alone."""


class ClientInfo(Record, frozen=True, kw_only=True):
    """Describes the client and its capabilities; absent `capabilities` mean all."""

    name: Name
    kind: ClientKind
    player_id: PlayerId | None = None
    version: Annotated[str, Meta(max_length=64)] | None = None
    capabilities: Annotated[tuple[Annotated[str, Meta(max_length=100)], ...], Meta(max_length=64)] | None = None
    lead_ms: Milliseconds = 0
    output_delay_ms: OutputDelay = 0


class Resume(Record, frozen=True, kw_only=True):
    """Names the session to resume, and the position in each of its topics."""

    session_id: Id
    secret: Annotated[str, Meta(max_length=128)]
    positions: dict[TopicName, Position] = {}


class Authenticate(ClientMessage[None], tag="authenticate", frozen=True, kw_only=True):
    """Authenticates the client; the first message of a connection."""

    client: ClientInfo
    token: Token | None = None
    invite: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    subscribe: Topics | None = None
    resume: Resume | None = None


class Refresh(ClientMessage[RefreshResult], tag="refresh", frozen=True, kw_only=True):
    """Replaces the token of the running session before it expires."""

    token: Token


class Subscribe(ClientMessage[SubscribeResult], tag="subscribe", frozen=True, kw_only=True):
    """Subscribes to all of the topics, or to none if one is refused."""

    topics: Annotated[tuple[TopicName, ...], Meta(min_length=1, max_length=1000)]


class Unsubscribe(ClientMessage[None], tag="unsubscribe", frozen=True, kw_only=True):
    """Unsubscribes from topics."""

    topics: Annotated[tuple[TopicName, ...], Meta(min_length=1, max_length=1000)]


class Ping(ClientMessage[Pong], tag="ping", frozen=True, kw_only=True):
    """Checks that the hub responds."""


class TimeSync(ClientMessage[TimeSyncReply], tag="time_sync", frozen=True, kw_only=True):
    """Probes the hub's clock; `t0_us` is the client's own time and is returned unchanged."""

    t0_us: HubMicroseconds


class PlayerTarget[Result = None](ClientMessage[Result], frozen=True, kw_only=True):
    """A command to a player or a room; a player that names neither means itself."""

    player_id: PlayerId | None = None
    room_id: Id | None = None


class PlaybackCommand(PlayerTarget, tag="playback_command", frozen=True, kw_only=True):
    """Controls playback; `play` starts at `track_id`, `queue_item_id` or `start_position` if one is given."""

    command: Literal["play", "pause", "toggle", "stop", "next", "previous"]
    track_id: Id | None = None
    queue_item_id: Id | None = None
    start_position: Seconds | None = None


class SeekCommand(PlayerTarget, tag="seek_command", frozen=True, kw_only=True):
    """Moves to another position in the current item."""

    position_seconds: Seconds


class ChapterCommand(PlayerTarget[ChapterResult], tag="chapter_command", frozen=True, kw_only=True):
    """Goes to a chapter of the current item: one of its `number` from 1 on, its `title`, or a `step` from the current one."""

    number: Annotated[int, Meta(ge=1, le=1_000)] | None = None
    title: Annotated[str, Meta(min_length=1, max_length=500)] | None = None
    step: Literal["next", "previous"] | None = None


class VolumeCommand(PlayerTarget, tag="volume_command", frozen=True, kw_only=True):
    """Changes volume, mute, or a player's output delay."""

    volume: Volume | None = None
    muted: bool | None = None
    output_delay_ms: OutputDelay | None = None


class ModeCommand(PlayerTarget, tag="mode_command", frozen=True, kw_only=True):
    """Changes shuffle, repeat, autoplay or speed."""

    shuffle: bool | None = None
    repeat: RepeatMode | None = None
    autoplay: bool | None = None
    speed: Speed | None = None


class PlayerReport(ClientMessage[None], tag="player_report", frozen=True, kw_only=True):
    """Reports a player's state; `position_seconds` was true at hub time `at_us`."""

    state: ReportState
    position_seconds: Seconds
    at_us: HubMicroseconds
    queue_item_id: Id | None = None
    duration_seconds: Seconds | None = None
    buffered_seconds: Seconds | None = None
    ready_item_id: Id | None = None
    round_trip_us: Annotated[int, Meta(ge=0, le=60_000_000)] | None = None
    sync_error_ms: Annotated[float, Meta(ge=-1e7, le=1e7)] | None = None
    volume: Volume | None = None
    muted: bool | None = None
    needs_interaction: bool | None = None
    error: Annotated[str, Meta(max_length=500)] | None = None
    ended_announcement_id: Id | None = None


class StreamRequest(ClientMessage[StreamResult], tag="stream_request", frozen=True, kw_only=True):
    """Requests a new stream address for an item: the old one has expired, or the network is too slow for it."""

    queue_item_id: Id
    data_saver: bool = False


class After(Record, frozen=True, kw_only=True):
    """The place after an item."""

    after: Id


Place = Literal["next", "end", "replace"] | After


class QueueCommand[Result = object](Request[Result], tag_field="action", frozen=True, kw_only=True):
    """Changes or reads a queue."""

    type: Literal["queue_command"] = "queue_command"
    player_id: PlayerId | None = None
    room_id: Id | None = None
    op_id: RequestId | None = None
    if_revision: Index | None = None


class QueueAdd(QueueCommand[AddResult], tag="add", frozen=True, kw_only=True):
    """Adds music: one of `track_id`, `track_ids`, `media_content_id`; with `play`, the first new item starts at once."""

    track_id: Id | None = None
    track_ids: Ids | None = None
    media_content_id: MediaContentId | None = None
    position: Index | None = None
    place: Place | None = None
    play: bool | None = None


class QueueRemove(QueueCommand[RevisionResult], tag="remove", frozen=True, kw_only=True):
    """Removes items."""

    queue_item_id: Id | None = None
    queue_item_ids: Ids | None = None


class QueueMove(QueueCommand[RevisionResult], tag="move", frozen=True, kw_only=True):
    """Moves an item to another place."""

    queue_item_id: Id
    place: Place


class QueueReorder(QueueCommand[RevisionResult], tag="reorder", rename={"from_": "from"}, frozen=True, kw_only=True):
    """Moves an item by indexes; `to` is counted after the item was taken out."""

    from_: Index
    to: Index


class QueueClear(QueueCommand[RevisionResult], tag="clear", frozen=True, kw_only=True):
    """Removes all items."""


class QueueSongRadio(QueueCommand[AddResult], tag="song_radio", frozen=True, kw_only=True):
    """Plays a song, and similar music after it without an end; by default the current song, which goes on."""

    track_id: Id | None = None


class QueueGet(QueueCommand[QueueResult], tag="get", frozen=True, kw_only=True):
    """Returns a page of the queue."""

    offset: Index = 0
    limit: Annotated[int, Meta(ge=1, le=500)] = 50


class QueueTransfer(QueueCommand[TransferResult], tag="transfer", frozen=True, kw_only=True):
    """Moves the whole queue to another player or room, which continues at the same position."""

    to_player_id: PlayerId | None = None
    to_room_id: Id | None = None


class RoomCommand[Result = object](Request[Result], tag_field="action", frozen=True, kw_only=True):
    """Creates, joins or controls rooms."""

    type: Literal["room_command"] = "room_command"


MaxParticipants = Annotated[int, Meta(ge=1, le=1000)]
Description = Annotated[str, Meta(max_length=500)]


class RoomCreate(RoomCommand[RoomResult], tag="create", frozen=True, kw_only=True):
    """Creates a room; its creator becomes the host and joins at once."""

    name: Name
    id: Id | None = None
    description: Description | None = None
    max_participants: MaxParticipants = 20
    is_public: bool = True
    host_user_id: Id | None = None
    control: RoomControl = "host"
    wait: RoomWait = "bounded"


class RoomUpdate(RoomCommand[None], tag="update", frozen=True, kw_only=True):
    """Changes a room's settings; fields that are left out stay as they are."""

    room_id: Id
    name: Name | None = None
    description: Description | None = None
    max_participants: MaxParticipants | None = None
    is_public: bool | None = None
    host_user_id: Id | None = None
    control: RoomControl | None = None
    wait: RoomWait | None = None


class RoomClose(RoomCommand[None], tag="close", frozen=True, kw_only=True):
    """Closes a room."""

    room_id: Id


class RoomJoin(RoomCommand[dict[str, object]], tag="join", frozen=True, kw_only=True):
    """Joins a room; a private one needs an invite. `player_id` names another player that the client may control."""

    room_id: Id
    player_id: PlayerId | None = None
    invite: Annotated[str, Meta(min_length=1, max_length=256)] | None = None


class RoomLeave(RoomCommand[None], tag="leave", frozen=True, kw_only=True):
    """Leaves a room. `player_id` names another player that the client may control."""

    room_id: Id
    player_id: PlayerId | None = None


class RoomKick(RoomCommand[None], tag="kick", frozen=True, kw_only=True):
    """Removes another client from a room and bans its user."""

    room_id: Id
    client_id: Id


class RoomInvite(RoomCommand[InviteResult], tag="invite", frozen=True, kw_only=True):
    """Creates an invite for guests; `expires_in` is in seconds."""

    room_id: Id
    role: RoomRole = "guest"
    expires_in: Annotated[float, Meta(ge=1, le=31_536_000)] | None = None
    uses: Annotated[int, Meta(ge=1, le=1000)] | None = None


class RoomRevokeInvites(RoomCommand[RevokedInvitesResult], tag="revoke_invites", frozen=True, kw_only=True):
    """Revokes all invites to a room; guests who used them stay."""

    room_id: Id


class RoomList(RoomCommand[RoomListResult], tag="list", frozen=True, kw_only=True):
    """Returns the visible rooms."""


class RoomGet(RoomCommand[dict[str, object]], tag="get", frozen=True, kw_only=True):
    """Returns the state of a room."""

    room_id: Id


class RoomPlay(RoomCommand[None], tag="play", frozen=True, kw_only=True):
    """Starts playback for all players of a room."""

    room_id: Id
    track_id: Id | None = None
    start_position: Seconds | None = None


class RoomPause(RoomCommand[None], tag="pause", frozen=True, kw_only=True):
    """Pauses playback for all players of a room."""

    room_id: Id
    position: Seconds | None = None


class RoomSeek(RoomCommand[None], tag="seek", frozen=True, kw_only=True):
    """Moves to another position in a room's current item."""

    room_id: Id
    position_seconds: Seconds


class RoomSkipVote(RoomCommand[None], tag="skip_vote", frozen=True, kw_only=True):
    """Votes to skip the current item."""

    room_id: Id


class RoomSetRole(RoomCommand[None], tag="set_role", frozen=True, kw_only=True):
    """Changes the role of a participant."""

    room_id: Id
    user_id: Id
    role: RoomRole


class RoomChat(ClientMessage[ChatResult], tag="room_chat", frozen=True, kw_only=True):
    """Posts a chat message in a room."""

    room_id: Id
    message: Annotated[str, Meta(min_length=1, max_length=2000)]


class Broadcast(ClientMessage[BroadcastResult], tag="broadcast", frozen=True, kw_only=True):
    """Sends a notice for people (`message`) or an `event` for programs to many clients."""

    target: BroadcastTarget
    target_id: Id | None = None
    level: Level | None = None
    title: Annotated[str, Meta(max_length=200)] | None = None
    message: Annotated[str, Meta(min_length=1, max_length=4000)] | None = None
    event: Id | None = None
    data: Any = None


class ClientEvent(ClientMessage[None], tag="client_event", frozen=True, kw_only=True):
    """Fires an event that Home Assistant's automations can react to."""

    event: Id
    data: dict[str, Any] = {}


class GetMetrics(ClientMessage[MetricsResult], tag="get_metrics", frozen=True, kw_only=True):
    """Returns the hub's metrics."""


class GetClients(ClientMessage[ClientsResult], tag="get_clients", frozen=True, kw_only=True):
    """Returns the connected clients."""
