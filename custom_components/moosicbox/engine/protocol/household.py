"""The household's day: sleep timers."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from .client import Request
from .results import SleepTimerResult
from .server import StateMessage
from .types import Id, PlayerId, Record

Minutes = Annotated[float, Meta(gt=0, le=1_440)]
FadeSeconds = Annotated[float, Meta(ge=0, le=600)]

type SleepEnd = Literal["time", "track", "album"]


class HouseholdCommand[Result = object](Request[Result], tag_field="action", frozen=True, kw_only=True):
    """Schedules tasks of the hub: sleep timers."""

    type: Literal["household_command"] = "household_command"


class HouseholdGet(HouseholdCommand[dict[str, object]], tag="get", frozen=True, kw_only=True):
    """Returns the state of the household."""


class SetSleepTimer(HouseholdCommand[SleepTimerResult], tag="set_sleep_timer", frozen=True, kw_only=True):
    """Stops the music later, after `minutes` or at the end of the track or album; replaces an earlier timer."""

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


class HouseholdState(StateMessage, tag="household_state", frozen=True, kw_only=True):
    """The complete state of the household."""

    sleep_timers: tuple[SleepTimerInfo, ...]
