"""The results of requests: the `data` of a `result`, by the request that it answers."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

from .types import CurrentChapter, Position, QueuePage, RoomInfo


class RefreshResult(TypedDict):
    """The answer to `refresh`."""

    expires_at: NotRequired[str]


class SubscribeResult(TypedDict):
    """The answer to `subscribe`."""

    positions: dict[str, Position]


class StreamResult(TypedDict):
    """The answer to `stream_request`."""

    stream_url: str
    expires_at: str | None


class RevisionResult(TypedDict):
    """The answer to a `queue_command` that changes a queue: its revision after the change."""

    revision: int


class AddResult(RevisionResult):
    """The answer to `queue_command` `add`."""

    queue_item_ids: list[str]
    started_item_id: NotRequired[str]
    """The item that `play` started."""


class TransferResult(RevisionResult):
    """The answer to `queue_command` `transfer`."""

    to_revision: int


class QueueResult(TypedDict):
    """The answer to `queue_command` `get`."""

    queue: QueuePage


class RoomResult(TypedDict):
    """The answer to `room_command` `create`."""

    room_id: str


class InviteResult(TypedDict):
    """The answer to `room_command` `invite`."""

    invite: str
    url: str
    expires_at: str


class RevokedInvitesResult(TypedDict):
    """The answer to `room_command` `revoke_invites`."""

    revoked: int


class RoomListResult(TypedDict):
    """The answer to `room_command` `list`."""

    rooms: list[RoomInfo]


class ChatResult(TypedDict):
    """The answer to `room_chat`."""

    message_id: str


class BroadcastResult(TypedDict):
    """The answer to `broadcast`: the number of connections that it was sent to."""

    recipients: int


class ClientReport(TypedDict):
    """A connected client, and its traffic."""

    client_id: str
    name: str
    kind: str
    version: str | None
    player_id: str | None
    user_id: str
    username: str
    transport: str
    address: str
    connected_at: str
    subscriptions: int
    messages_sent: int
    messages_received: int
    bytes_sent: int
    bytes_received: int
    latency_ms: float | None
    queued_messages: int
    queued_bytes: int


class ClientsResult(TypedDict):
    """The answer to `get_clients`."""

    clients: list[ClientReport]


class HistogramReport(TypedDict):
    """Observed times in seconds: how many were at most each bound, their sum and number."""

    buckets: dict[str, int]
    sum: float
    count: int


class MetricsResult(TypedDict):
    """The answer to `get_metrics`."""

    active_connections: int
    total_connections: int
    messages_sent: int
    messages_received: int
    bytes_sent: int
    bytes_received: int
    average_latency_ms: float | None
    latency_seconds: HistogramReport
    fan_out_seconds: HistogramReport
    sessions: int
    players: int
    users: int
    topics: int
    disconnects: dict[str, int]
    recoveries: dict[str, int]
    rate_limit_refusals: dict[str, int]
    rejected_connections: dict[str, int]
    queued_messages: int
    queued_bytes: int


class ChapterResult(TypedDict):
    """The answer to `chapter_command`."""

    chapter: CurrentChapter
    """Where playback goes on."""


class SleepTimerResult(TypedDict):
    """The answer to `household_command` `set_sleep_timer`."""

    ends_at: str | None
    """When the music stops; `None` if that isn't known yet."""


class AlarmResult(TypedDict):
    """The answer to commands of alarms."""

    alarm_id: NotRequired[str]
    next_at: NotRequired[str | None]
    """When it rings next; `None` if it doesn't."""


class SnapshotResult(TypedDict):
    """The answer to `household_command` `take_snapshot`."""

    snapshot_id: str


class RestoreResult(TypedDict):
    """The answer to `household_command` `restore_snapshot`."""

    missing: list[str]
    """The ids of players and rooms that could not be restored."""


class RefusedAnnouncement(TypedDict, total=False):
    """A player or room that doesn't make an announcement, and why."""

    player_id: str
    room_id: str
    error: str
    """The type of the error."""
    message: str


class AnnounceResult(TypedDict):
    """The answer to `household_command` `announce`."""

    announcement_id: str
    players: list[str]
    """The ids of the players that make it."""
    refused: list[RefusedAnnouncement]


class RuleResult(TypedDict):
    """The answer to `household_command` `save_rule`."""

    rule_id: str


class FollowerResult(TypedDict):
    """The answer to `household_command` `save_follower`."""

    follower_id: str


class LibraryResult(TypedDict, total=False):
    """The answer to `library_request`: an `item`, or a page of `items`."""

    item: object
    items: Sequence[object]
    total: int | None
    next_cursor: str | None
