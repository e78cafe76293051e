"""Commands of the household: sleep timers, alarms, rules, snapshots, announcements and followers."""

from typing import Any

import msgspec
from msgspec import UNSET

from ..clock import iso_from_unix
from ..hub import Hub
from ..protocol.household import (
    AcknowledgeAnnouncement,
    Announce,
    CancelSleepTimer,
    DeleteAlarm,
    DeleteFollower,
    DeleteRule,
    DeleteSnapshot,
    DismissAlarm,
    HouseholdGet,
    RestoreSnapshot,
    SaveAlarm,
    SaveFollower,
    SaveRule,
    SetSleepTimer,
    SkipAlarm,
    SnoozeAlarm,
    TakeSnapshot,
)
from ..protocol.results import (
    AlarmResult,
    AnnounceResult,
    FollowerResult,
    RestoreResult,
    RuleResult,
    SleepTimerResult,
    SnapshotResult,
)
from ..sessions.session import Actor


class HouseholdHandlers:
    """Handles `household_command`: finds the target, checks the right, changes the household."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def register(self) -> None:
        """Add the messages to the hub's table."""
        hub = self.hub
        hub.register(HouseholdGet, self.get, "listen")
        hub.register(SetSleepTimer, self.set_sleep_timer, "control", target_decides=True)
        hub.register(CancelSleepTimer, self.cancel_sleep_timer, "control", target_decides=True)
        hub.register(SaveAlarm, self.save_alarm, "control")
        hub.register(DeleteAlarm, self.delete_alarm, "control")
        hub.register(SkipAlarm, self.skip_alarm, "control")
        hub.register(SnoozeAlarm, self.snooze_alarm, "control")
        hub.register(DismissAlarm, self.dismiss_alarm, "control")
        hub.register(TakeSnapshot, self.take_snapshot, "control")
        hub.register(RestoreSnapshot, self.restore_snapshot, "control")
        hub.register(DeleteSnapshot, self.delete_snapshot, "control")
        hub.register(SaveFollower, self.save_follower, "control")
        hub.register(DeleteFollower, self.delete_follower, "control")
        hub.register(Announce, self.announce, "control", target_decides=True)
        hub.register(AcknowledgeAnnouncement, self.acknowledge_announcement, "control")
        hub.register(SaveRule, self.save_rule, "admin")
        hub.register(DeleteRule, self.delete_rule, "admin")

    def get(self, _actor: Actor, _message: HouseholdGet) -> dict[str, Any]:
        """Return the state of the household."""
        fields = msgspec.structs.asdict(self.hub.household.state())
        return {name: value for name, value in fields.items() if value is not UNSET}

    async def set_sleep_timer(self, actor: Actor, message: SetSleepTimer) -> SleepTimerResult:
        """Set the sleep timer of a player or room."""
        context = self.hub.targets.volume_target(actor, message.player_id, message.room_id)
        timers = self.hub.household.sleep_timers
        playing = self.hub.playing_chapters
        if message.until == "chapter" and playing is not None and context.active_playback.current is not None:
            await playing.require(context.active_playback)
            context = self.hub.targets.volume_target(actor, message.player_id, message.room_id)
        timers.set(context, message.until, message.minutes, message.fade_seconds)
        timer = timers.find(context)
        return {"ends_at": None if timer is None else timer.ends_at}

    def cancel_sleep_timer(self, actor: Actor, message: CancelSleepTimer) -> None:
        """Cancel the sleep timer of a player or room."""
        context = self.hub.targets.volume_target(actor, message.player_id, message.room_id)
        self.hub.household.sleep_timers.cancel(context)

    # ------------------------------------------------------------ rules

    def save_rule(self, _actor: Actor, message: SaveRule) -> RuleResult:
        """Add or change a rule."""
        return {"rule_id": self.hub.household.rules.save(message).rule_id}

    def delete_rule(self, _actor: Actor, message: DeleteRule) -> None:
        """Delete a rule."""
        self.hub.household.rules.delete(message.rule_id)

    # ------------------------------------------------------------ followers

    def save_follower(self, actor: Actor, message: SaveFollower) -> FollowerResult:
        """Add or change a follower."""
        actor.principal.require_household("control")
        for place in message.places or ():
            self.hub.players.get(place.player_id)
        return {"follower_id": self.hub.household.followers.save(message).follower_id}

    def delete_follower(self, actor: Actor, message: DeleteFollower) -> None:
        """Delete a follower."""
        actor.principal.require_household("control")
        self.hub.household.followers.delete(message.follower_id)

    # ------------------------------------------------------------ announcements

    async def announce(self, actor: Actor, message: Announce) -> AnnounceResult:
        """Make an announcement on those of the addressed players that can make one now."""
        return await self.hub.household.announcer.announce(actor, message)

    def acknowledge_announcement(self, actor: Actor, message: AcknowledgeAnnouncement) -> None:
        """End announcements that are repeated."""
        actor.principal.require_household("control")
        self.hub.household.announcer.acknowledge(message.announcement_id, actor.principal)

    # ------------------------------------------------------------ snapshots

    def take_snapshot(self, actor: Actor, message: TakeSnapshot) -> SnapshotResult:
        """Store the playback, volumes and groups of players as a snapshot."""
        actor.principal.require_household("control")
        taken = self.hub.household.snapshots.take(message.name, message.snapshot_id, message.player_ids)
        return {"snapshot_id": taken.snapshot_id}

    async def restore_snapshot(self, actor: Actor, message: RestoreSnapshot) -> RestoreResult:
        """Restore the playback, volumes and groups of a snapshot."""
        actor.principal.require_household("control")
        return {"missing": await self.hub.household.snapshots.restore(message.snapshot_id)}

    def delete_snapshot(self, actor: Actor, message: DeleteSnapshot) -> None:
        """Delete a snapshot."""
        actor.principal.require_household("control")
        self.hub.household.snapshots.delete(message.snapshot_id)

    # ------------------------------------------------------------ alarms

    def save_alarm(self, actor: Actor, message: SaveAlarm) -> AlarmResult:
        """Add or change an alarm."""
        actor.principal.require_household("control")
        if message.player_id is not None:
            self.hub.players.get(message.player_id)
        if message.room_id is not None:
            self.hub.rooms.get(message.room_id, actor.principal)
        return self._result(self.hub.household.alarms.save(message).alarm_id)

    def delete_alarm(self, actor: Actor, message: DeleteAlarm) -> None:
        """Delete an alarm."""
        actor.principal.require_household("control")
        self.hub.household.alarms.delete(message.alarm_id)

    def skip_alarm(self, actor: Actor, message: SkipAlarm) -> AlarmResult:
        """Skip the next occurrence of an alarm, or withdraw the skipping."""
        actor.principal.require_household("control")
        self.hub.household.alarms.skip(message.alarm_id, skip=message.skip)
        return self._result(message.alarm_id)

    def snooze_alarm(self, actor: Actor, message: SnoozeAlarm) -> AlarmResult:
        """Silence alarms that ring for a while."""
        actor.principal.require_household("control")
        ringing = self.hub.household.ringing
        active = self._active(message.alarm_id)
        for alarm_id in active:
            ringing.snooze(alarm_id, message.minutes)
        until = [at for alarm_id in active if (at := ringing.snoozed_until(alarm_id)) is not None]
        return {"next_at": iso_from_unix(min(until)) if until else None}

    def dismiss_alarm(self, actor: Actor, message: DismissAlarm) -> None:
        """End alarms that ring or are snoozed."""
        actor.principal.require_household("control")
        for alarm_id in self._active(message.alarm_id):
            self.hub.household.ringing.dismiss(alarm_id)

    def _active(self, alarm_id: str | None) -> list[str]:
        if alarm_id is not None:
            self.hub.household.alarms.get(alarm_id)
        return [alarm.alarm_id for alarm in self.hub.household.ringing.active(alarm_id)]

    def _result(self, alarm_id: str) -> AlarmResult:
        next_at = self.hub.household.alarms.next_at(alarm_id)
        return {"alarm_id": alarm_id, "next_at": None if next_at is None else iso_from_unix(next_at)}
