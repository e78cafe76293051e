"""What clients say to the hub: one model a message, or a message and its `action`."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

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
    Token,
    TopicName,
    Volume,
)

Index = Annotated[int, Meta(ge=0)]
HubMicroseconds = Annotated[int, Meta(ge=-(2**62), le=2**62)]
Ids = Annotated[tuple[Id, ...], Meta(min_length=1, max_length=1000)]
Topics = Annotated[tuple[TopicName, ...], Meta(max_length=1000)]


class Request(Struct, frozen=True, kw_only=True):
    """Anything that a client may ask for; with a `request_id` it gets exactly one answer."""

    request_id: RequestId | None = None


class ClientMessage(Request, tag_field="type", frozen=True, kw_only=True):
    """A message told by its `type` alone."""


class ClientInfo(Record, frozen=True, kw_only=True):
    """Who connects, and what it can do. `capabilities` absent means all."""

    name: Name
    kind: ClientKind
    player_id: PlayerId | None = None
    version: Annotated[str, Meta(max_length=64)] | None = None
    capabilities: Annotated[tuple[Annotated[str, Meta(max_length=100)], ...], Meta(max_length=64)] | None = None
    lead_ms: Milliseconds = 0
    output_delay_ms: OutputDelay = 0


class Resume(Record, frozen=True, kw_only=True):
    """Where a lost session goes on."""

    session_id: Id
    secret: Annotated[str, Meta(max_length=128)]
    positions: dict[TopicName, Position] = {}


class Authenticate(ClientMessage, tag="authenticate", frozen=True, kw_only=True):
    """The first message of a connection."""

    client: ClientInfo
    token: Token | None = None
    invite: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    subscribe: Topics | None = None
    resume: Resume | None = None


class Refresh(ClientMessage, tag="refresh", frozen=True, kw_only=True):
    """A new token for the running session, before the old one expires."""

    token: Token


class Subscribe(ClientMessage, tag="subscribe", frozen=True, kw_only=True):
    """All of these topics, or none."""

    topics: Annotated[tuple[TopicName, ...], Meta(min_length=1, max_length=1000)]


class Unsubscribe(ClientMessage, tag="unsubscribe", frozen=True, kw_only=True):
    """No more of these topics."""

    topics: Annotated[tuple[TopicName, ...], Meta(min_length=1, max_length=1000)]


class Ping(ClientMessage, tag="ping", frozen=True, kw_only=True):
    """Is the hub there?"""


class TimeSync(ClientMessage, tag="time_sync", frozen=True, kw_only=True):
    """One probe of the clocks; `t0_us` is the client's own, returned as it came."""

    t0_us: HubMicroseconds


class PlayerTarget(ClientMessage, frozen=True, kw_only=True):
    """A command to a player or a room; a player that names neither means itself."""

    player_id: PlayerId | None = None
    room_id: Id | None = None


class PlaybackCommand(PlayerTarget, tag="playback_command", frozen=True, kw_only=True):
    """Transport: with `track_id`, `queue_item_id` or `start_position`, `play` begins there."""

    command: Literal["play", "pause", "toggle", "stop", "next", "previous"]
    track_id: Id | None = None
    queue_item_id: Id | None = None
    start_position: Seconds | None = None


class SeekCommand(PlayerTarget, tag="seek_command", frozen=True, kw_only=True):
    """Go on at another place of the same item."""

    position_seconds: Seconds


class VolumeCommand(PlayerTarget, tag="volume_command", frozen=True, kw_only=True):
    """Loudness, or silence, and how late its loudspeakers sound."""

    volume: Volume | None = None
    muted: bool | None = None
    output_delay_ms: OutputDelay | None = None


class ModeCommand(PlayerTarget, tag="mode_command", frozen=True, kw_only=True):
    """In which order, and how often, the queue is played."""

    shuffle: bool | None = None
    repeat: RepeatMode | None = None
    autoplay: bool | None = None


class PlayerReport(ClientMessage, tag="player_report", frozen=True, kw_only=True):
    """What a player does: `position_seconds` was true at hub time `at_us`."""

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


class StreamRequest(ClientMessage, tag="stream_request", frozen=True, kw_only=True):
    """A fresh address for an item whose address has expired, or one for a slower network."""

    queue_item_id: Id
    data_saver: bool = False


class After(Record, frozen=True, kw_only=True):
    """The place behind an item."""

    after: Id


Place = Literal["next", "end", "replace"] | After


class QueueCommand(Request, tag_field="action", frozen=True, kw_only=True):
    """A change of a queue, or a look into it."""

    type: Literal["queue_command"] = "queue_command"
    player_id: PlayerId | None = None
    room_id: Id | None = None
    op_id: RequestId | None = None
    if_revision: Index | None = None


class QueueAdd(QueueCommand, tag="add", frozen=True, kw_only=True):
    """More music: one of `track_id`, `track_ids`, `media_content_id`."""

    track_id: Id | None = None
    track_ids: Ids | None = None
    media_content_id: MediaContentId | None = None
    position: Index | None = None
    place: Place | None = None


class QueueRemove(QueueCommand, tag="remove", frozen=True, kw_only=True):
    """Less music."""

    queue_item_id: Id | None = None
    queue_item_ids: Ids | None = None


class QueueMove(QueueCommand, tag="move", frozen=True, kw_only=True):
    """An item to another place."""

    queue_item_id: Id
    place: Place


class QueueReorder(QueueCommand, tag="reorder", rename={"from_": "from"}, frozen=True, kw_only=True):
    """An item to another place, by indexes; `to` is counted after it was taken out."""

    from_: Index
    to: Index


class QueueClear(QueueCommand, tag="clear", frozen=True, kw_only=True):
    """No music."""


class QueueGet(QueueCommand, tag="get", frozen=True, kw_only=True):
    """A page of the queue."""

    offset: Index = 0
    limit: Annotated[int, Meta(ge=1, le=500)] = 50


class QueueTransfer(QueueCommand, tag="transfer", frozen=True, kw_only=True):
    """The whole queue to another player or room, which goes on at the same position."""

    to_player_id: PlayerId | None = None
    to_room_id: Id | None = None


class RoomCommand(Request, tag_field="action", frozen=True, kw_only=True):
    """Making, joining and steering rooms."""

    type: Literal["room_command"] = "room_command"


MaxParticipants = Annotated[int, Meta(ge=1, le=1000)]
Description = Annotated[str, Meta(max_length=500)]


class RoomCreate(RoomCommand, tag="create", frozen=True, kw_only=True):
    """A new room; its maker is its host and in it at once."""

    name: Name
    id: Id | None = None
    description: Description | None = None
    max_participants: MaxParticipants = 20
    is_public: bool = True
    host_user_id: Id | None = None
    control: RoomControl = "host"
    wait: RoomWait = "bounded"


class RoomUpdate(RoomCommand, tag="update", frozen=True, kw_only=True):
    """Other settings; what isn't named stays."""

    room_id: Id
    name: Name | None = None
    description: Description | None = None
    max_participants: MaxParticipants | None = None
    is_public: bool | None = None
    host_user_id: Id | None = None
    control: RoomControl | None = None
    wait: RoomWait | None = None


class RoomClose(RoomCommand, tag="close", frozen=True, kw_only=True):
    """The end of a room."""

    room_id: Id


class RoomJoin(RoomCommand, tag="join", frozen=True, kw_only=True):
    """Into a room; a private one needs an invite. `player_id`: another player that the asker may control."""

    room_id: Id
    player_id: PlayerId | None = None
    invite: Annotated[str, Meta(min_length=1, max_length=256)] | None = None


class RoomLeave(RoomCommand, tag="leave", frozen=True, kw_only=True):
    """Out of a room. `player_id`: another player that the asker may control."""

    room_id: Id
    player_id: PlayerId | None = None


class RoomKick(RoomCommand, tag="kick", frozen=True, kw_only=True):
    """Somebody else out of a room."""

    room_id: Id
    client_id: Id


class RoomInvite(RoomCommand, tag="invite", frozen=True, kw_only=True):
    """A code that lets guests in; `expires_in` in seconds."""

    room_id: Id
    role: RoomRole = "guest"
    expires_in: Annotated[float, Meta(ge=1, le=31_536_000)] | None = None
    uses: Annotated[int, Meta(ge=1, le=1000)] | None = None


class RoomList(RoomCommand, tag="list", frozen=True, kw_only=True):
    """The rooms that one may see."""


class RoomGet(RoomCommand, tag="get", frozen=True, kw_only=True):
    """All about one room."""

    room_id: Id


class RoomPlay(RoomCommand, tag="play", frozen=True, kw_only=True):
    """Music for everybody in the room."""

    room_id: Id
    track_id: Id | None = None
    start_position: Seconds | None = None


class RoomPause(RoomCommand, tag="pause", frozen=True, kw_only=True):
    """Silence for everybody in the room."""

    room_id: Id
    position: Seconds | None = None


class RoomSeek(RoomCommand, tag="seek", frozen=True, kw_only=True):
    """Another place of the same item, for everybody in the room."""

    room_id: Id
    position_seconds: Seconds


class RoomSkipVote(RoomCommand, tag="skip_vote", frozen=True, kw_only=True):
    """A vote against the current item."""

    room_id: Id


class RoomSetRole(RoomCommand, tag="set_role", frozen=True, kw_only=True):
    """Another role for a member."""

    room_id: Id
    user_id: Id
    role: RoomRole


class RoomChat(ClientMessage, tag="room_chat", frozen=True, kw_only=True):
    """A line of talk."""

    room_id: Id
    message: Annotated[str, Meta(min_length=1, max_length=2000)]


class Broadcast(ClientMessage, tag="broadcast", frozen=True, kw_only=True):
    """To many at once: a notice for people (`message`) or an `event` for programs."""

    target: BroadcastTarget
    target_id: Id | None = None
    level: Level | None = None
    title: Annotated[str, Meta(max_length=200)] | None = None
    message: Annotated[str, Meta(min_length=1, max_length=4000)] | None = None
    event: Id | None = None
    data: Any = None


class ClientEvent(ClientMessage, tag="client_event", frozen=True, kw_only=True):
    """Something that Home Assistant's automations may react to."""

    event: Id
    data: dict[str, Any] = {}


class GetMetrics(ClientMessage, tag="get_metrics", frozen=True, kw_only=True):
    """The hub's numbers."""


class GetClients(ClientMessage, tag="get_clients", frozen=True, kw_only=True):
    """Who is connected."""
