"""Registration of the integration's actions."""

from typing import Final

from homeassistant.core import HomeAssistant, callback

from .actions.alarm_actions import ALARM_ACTIONS
from .actions.household_actions import HOUSEHOLD_ACTIONS
from .actions.hub_actions import HUB_ACTIONS
from .actions.library_actions import LIBRARY_ACTIONS
from .actions.queue_actions import QUEUE_ACTIONS
from .actions.room_actions import ROOM_ACTIONS

ACTIONS: Final = (*QUEUE_ACTIONS, *LIBRARY_ACTIONS, *ROOM_ACTIONS, *ALARM_ACTIONS, *HOUSEHOLD_ACTIONS, *HUB_ACTIONS)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register all actions."""
    for action in ACTIONS:
        action.async_register(hass)
