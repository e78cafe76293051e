"""Commands of the household: sleep timers."""

from typing import Any

import msgspec
from msgspec import UNSET

from ..hub import Hub
from ..protocol.household import CancelSleepTimer, HouseholdGet, SetSleepTimer
from ..protocol.results import SleepTimerResult
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

    def get(self, _actor: Actor, _message: HouseholdGet) -> dict[str, Any]:
        """Return the state of the household."""
        fields = msgspec.structs.asdict(self.hub.household.state())
        return {name: value for name, value in fields.items() if value is not UNSET}

    def set_sleep_timer(self, actor: Actor, message: SetSleepTimer) -> SleepTimerResult:
        """Set the sleep timer of a player or room."""
        context = self.hub.targets.volume_target(actor, message.player_id, message.room_id)
        timers = self.hub.household.sleep_timers
        timers.set(context, message.until, message.minutes, message.fade_seconds)
        timer = timers.find(context)
        return {"ends_at": None if timer is None else timer.ends_at}

    def cancel_sleep_timer(self, actor: Actor, message: CancelSleepTimer) -> None:
        """Cancel the sleep timer of a player or room."""
        context = self.hub.targets.volume_target(actor, message.player_id, message.room_id)
        self.hub.household.sleep_timers.cancel(context)
