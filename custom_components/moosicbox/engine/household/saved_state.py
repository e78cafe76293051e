"""The complete state of the household, to be restored after a restart or a change of leader.

Both Home Assistant's storage and a cluster keep all of it: its times are Unix seconds.
"""

from ..protocol.household import Follower, Rule
from ..protocol.types import Record
from .alarms import SavedAlarm
from .announcer import SavedAnnouncement
from .ringing import SavedRinging
from .sleep_timers import SavedSleepTimer
from .snapshots import Snapshot


class SavedHousehold(Record, frozen=True, kw_only=True):
    """The state of the household."""

    sleep_timers: tuple[SavedSleepTimer, ...] = ()
    alarms: tuple[SavedAlarm, ...] = ()
    ringing: tuple[SavedRinging, ...] = ()
    rules: tuple[Rule, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    announcements: tuple[SavedAnnouncement, ...] = ()
    followers: tuple[Follower, ...] = ()
    followed_groups: tuple[str, ...] = ()
    """The ids of the groups that the music of followers keeps."""
    time_zone: str = "UTC"
    faded_volumes: dict[str, float] = {}
    """The volumes that fades and announcements have changed, and that are set back, by player id."""
