"""Messages about the household: sleep timers, alarms, rules, snapshots, announcements and followers."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from .client import Request
from .results import (
    AlarmResult,
    AnnounceResult,
    FollowerResult,
    RestoreResult,
    RuleResult,
    SleepTimerResult,
    SnapshotResult,
)
from .server import StateMessage
from .types import Id, MediaContentId, Name, PlayerId, Record, Volume

Minutes = Annotated[float, Meta(gt=0, le=1_440)]
FadeSeconds = Annotated[float, Meta(ge=0, le=600)]

TimeOfDay = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?\Z")]
Text = Annotated[str, Meta(min_length=1, max_length=500)]
EntityId = Annotated[str, Meta(max_length=255)]

type Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
type SourceKind = Literal[
    "track", "album", "artist", "genre", "playlist", "station", "podcast", "episode", "favourites"
]
type AlarmPhase = Literal["idle", "waiting", "ringing", "snoozed"]
type SleepEnd = Literal["time", "track", "album", "chapter"]
type Priority = Literal["low", "normal", "high"]


class HouseholdCommand[Result = object](Request[Result], tag_field="action", frozen=True, kw_only=True):
    """Controls the household: sleep timers, alarms, rules, snapshots, announcements and followers."""

    type: Literal["household_command"] = "household_command"


class HouseholdGet(HouseholdCommand[dict[str, object]], tag="get", frozen=True, kw_only=True):
    """Returns the state of the household."""


class SetSleepTimer(HouseholdCommand[SleepTimerResult], tag="set_sleep_timer", frozen=True, kw_only=True):
    """Stops the music later, after `minutes` or at the end of the track, album or chapter; replaces an earlier timer."""

    player_id: PlayerId | None = None
    room_id: Id | None = None
    minutes: Minutes | None = None
    until: SleepEnd = "time"
    fade_seconds: FadeSeconds = 20.0


class CancelSleepTimer(HouseholdCommand[None], tag="cancel_sleep_timer", frozen=True, kw_only=True):
    """Cancels the sleep timer; no error if there is none."""

    player_id: PlayerId | None = None
    room_id: Id | None = None


class SleepTimerInfo(Record, frozen=True, kw_only=True):
    """A sleep timer of a player or a room."""

    until: SleepEnd
    ends_at: str | None
    fade_seconds: float
    minutes: float | None = None
    player_id: PlayerId | UnsetType = UNSET
    room_id: Id | UnsetType = UNSET


class MusicSource(Record, frozen=True, kw_only=True):
    """Music: one of media, tracks, a query, or an item of the library by `kind` and `id`."""

    media_content_id: MediaContentId | UnsetType = UNSET
    track_ids: Annotated[tuple[Id, ...], Meta(max_length=100)] | UnsetType = UNSET
    query: Text | UnsetType = UNSET
    kind: SourceKind | UnsetType = UNSET
    id: Id | UnsetType = UNSET
    title: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET


Days = Annotated[tuple[Day, ...], Meta(max_length=7)]
Sources = Annotated[tuple[MusicSource, ...], Meta(max_length=10)]


class SaveAlarm(HouseholdCommand[AlarmResult], tag="save_alarm", frozen=True, kw_only=True):
    """Adds an alarm, or changes the fields that are given of the alarm `alarm_id`."""

    alarm_id: Id | None = None
    name: Name | None = None
    player_id: PlayerId | None = None
    room_id: Id | None = None
    time: TimeOfDay | None = None
    days: Days | None = None
    enabled: bool | None = None
    sources: Sources | None = None
    volume: Volume | None = None
    fade_seconds: FadeSeconds | None = None
    snooze_minutes: Annotated[float, Meta(ge=1, le=60)] | None = None
    stop_minutes: Annotated[float, Meta(ge=1, le=240)] | None = None
    only_if: EntityId | None = None


class DeleteAlarm(HouseholdCommand[None], tag="delete_alarm", frozen=True, kw_only=True):
    """Deletes an alarm."""

    alarm_id: Id


class SkipAlarm(HouseholdCommand[AlarmResult], tag="skip_alarm", frozen=True, kw_only=True):
    """Skips the next occurrence of an alarm, or no longer skips it."""

    alarm_id: Id
    skip: bool = True


class SnoozeAlarm(HouseholdCommand[AlarmResult], tag="snooze_alarm", frozen=True, kw_only=True):
    """Silences an alarm that rings for a while; without `alarm_id`, all that ring."""

    alarm_id: Id | None = None
    minutes: Annotated[float, Meta(ge=1, le=60)] | None = None


class DismissAlarm(HouseholdCommand[None], tag="dismiss_alarm", frozen=True, kw_only=True):
    """Ends an alarm that rings or is snoozed; without `alarm_id`, all of them."""

    alarm_id: Id | None = None


class Alarm(Record, frozen=True, kw_only=True):
    """The settings of an alarm."""

    alarm_id: Id
    name: str
    time: TimeOfDay
    player_id: PlayerId | None = None
    room_id: Id | None = None
    days: tuple[Day, ...] = ()
    enabled: bool = True
    sources: tuple[MusicSource, ...] = ()
    volume: float | None = None
    fade_seconds: float = 30.0
    snooze_minutes: float = 9.0
    stop_minutes: float = 60.0
    only_if: str | None = None


class AlarmInfo(Alarm, frozen=True, kw_only=True):
    """An alarm with its state."""

    next_at: str | None
    skipped_at: str | None
    phase: AlarmPhase
    snoozed_until: str | None


Share = Annotated[float, Meta(ge=0, le=1)]
Names = Annotated[tuple[Name, ...], Meta(max_length=100)]


class SaveRule(HouseholdCommand[RuleResult], tag="save_rule", frozen=True, kw_only=True):
    """Adds a rule for players, or changes the fields that are given of the rule `rule_id`."""

    rule_id: Id | None = None
    name: Name | UnsetType = UNSET
    player_ids: Annotated[tuple[PlayerId, ...], Meta(max_length=500)] | UnsetType = UNSET
    begins: TimeOfDay | UnsetType | None = UNSET
    ends: TimeOfDay | UnsetType | None = UNSET
    days: Days | UnsetType = UNSET
    max_volume: Share | UnsetType = UNSET
    announcement_volume: Share | UnsetType | None = UNSET
    silent: bool | UnsetType = UNSET
    genres: Names | UnsetType = UNSET
    artists: Names | UnsetType = UNSET
    albums: Names | UnsetType = UNSET


class DeleteRule(HouseholdCommand[None], tag="delete_rule", frozen=True, kw_only=True):
    """Deletes a rule."""

    rule_id: Id


class Rule(Record, frozen=True, kw_only=True):
    """A rule for players: it applies in its hours, or all the time."""

    rule_id: Id
    name: str
    player_ids: tuple[PlayerId, ...] = ()
    begins: TimeOfDay | None = None
    ends: TimeOfDay | None = None
    days: tuple[Day, ...] = ()
    max_volume: float = 1.0
    announcement_volume: float | None = None
    silent: bool = False
    genres: tuple[str, ...] = ()
    artists: tuple[str, ...] = ()
    albums: tuple[str, ...] = ()


class TakeSnapshot(HouseholdCommand[SnapshotResult], tag="take_snapshot", frozen=True, kw_only=True):
    """Keeps what plays where, to be restored later; replaces an earlier snapshot with the same id."""

    name: Name
    snapshot_id: Id | None = None
    player_ids: Annotated[tuple[PlayerId, ...], Meta(min_length=1, max_length=500)] | None = None


class RestoreSnapshot(HouseholdCommand[RestoreResult], tag="restore_snapshot", frozen=True, kw_only=True):
    """Lets everything play again as in a snapshot."""

    snapshot_id: Id


class DeleteSnapshot(HouseholdCommand[None], tag="delete_snapshot", frozen=True, kw_only=True):
    """Deletes a snapshot."""

    snapshot_id: Id


class SnapshotInfo(Record, frozen=True, kw_only=True):
    """A snapshot in the list of snapshots."""

    snapshot_id: Id
    name: str
    taken_at: str
    player_ids: tuple[PlayerId, ...]


Players = Annotated[tuple[PlayerId, ...], Meta(max_length=500)]
SpeechOption = (
    Annotated[str, Meta(max_length=500)]
    | Annotated[int, Meta(ge=-(2**53), le=2**53)]
    | Annotated[float, Meta(ge=-1e15, le=1e15)]
    | bool
)
SpeechOptions = Annotated[dict[Name, SpeechOption], Meta(max_length=20)]


class Announce(HouseholdCommand[AnnounceResult], tag="announce", frozen=True, kw_only=True):
    """Speaks a message, or plays media, instead of the music, which continues afterwards."""

    message: Text | None = None
    tts_entity: EntityId | None = None
    language: Name | None = None
    options: SpeechOptions | None = None
    media_content_id: MediaContentId | None = None
    player_ids: Players = ()
    room_ids: Annotated[tuple[Id, ...], Meta(max_length=500)] = ()
    everybody_awake: bool = False
    chime: bool = True
    volume: Volume | None = None
    priority: Priority = "normal"
    repeat_seconds: Annotated[float, Meta(ge=10, le=3_600)] | None = None
    max_repeats: Annotated[int, Meta(ge=1, le=100)] = 10


class AcknowledgeAnnouncement(HouseholdCommand[None], tag="acknowledge_announcement", frozen=True, kw_only=True):
    """Ends an announcement that is repeated; without `announcement_id`, all of them."""

    announcement_id: Id | None = None


class AnnouncementInfo(Record, frozen=True, kw_only=True):
    """An announcement that is repeated until it is acknowledged."""

    announcement_id: Id
    text: str
    next_at: str
    repeats_left: int


class FollowPlace(Record, frozen=True, kw_only=True):
    """A place to which music follows: an entity that reports presence, and a player."""

    entity_id: Annotated[str, Meta(min_length=3, max_length=255)]
    player_id: PlayerId
    state: Name | UnsetType = UNSET


class SaveFollower(HouseholdCommand[FollowerResult], tag="save_follower", frozen=True, kw_only=True):
    """Adds a follower, or changes the fields that are given of the follower `follower_id`."""

    follower_id: Id | None = None
    name: Name | None = None
    enabled: bool | None = None
    places: Annotated[tuple[FollowPlace, ...], Meta(max_length=50)] | None = None
    hold_seconds: Annotated[float, Meta(ge=0, le=600)] | None = None
    fade_seconds: Annotated[float, Meta(ge=0, le=60)] | None = None


class DeleteFollower(HouseholdCommand[None], tag="delete_follower", frozen=True, kw_only=True):
    """Deletes a follower."""

    follower_id: Id


class Follower(Record, frozen=True, kw_only=True):
    """A person or the household, whose music follows from place to place."""

    follower_id: Id
    name: str
    enabled: bool = True
    places: tuple[FollowPlace, ...] = ()
    hold_seconds: float = 10.0
    fade_seconds: float = 3.0


class HouseholdState(StateMessage, tag="household_state", frozen=True, kw_only=True):
    """The complete state of the household."""

    sleep_timers: tuple[SleepTimerInfo, ...]
    alarms: tuple[AlarmInfo, ...] = ()
    rules: tuple[Rule, ...] = ()
    snapshots: tuple[SnapshotInfo, ...] = ()
    announcements: tuple[AnnouncementInfo, ...] = ()
    followers: tuple[Follower, ...] = ()
