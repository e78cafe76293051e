"""Repair flows: raise the limit of connections, confirm the rebuilt library and missed alarms."""

from typing import Any, Final

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.core import HomeAssistant
import voluptuous as vol

from .adapters.household import ISSUE_PREFIX as ALARM_MISSED
from .adapters.library_folders import ISSUE as LIBRARY_REBUILT
from .const import DOMAIN
from .engine.api import settings
from .models import MoosicBoxConfigEntry
from .option_checks import async_check
from .options import OPTIONS, changed, effective

OPTION: Final = next(option for option in OPTIONS if option.key == "max_connections")


class MaxConnectionsFlow(RepairsFlow):
    """Raises the option `max_connections`."""

    async def async_step_init(self, _issue: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Start the flow; the argument is the issue's data, which isn't needed."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Ask for the new limit, then change the option."""
        entries: list[MoosicBoxConfigEntry] = self.hass.config_entries.async_loaded_entries(DOMAIN)
        if not entries:
            return self.async_abort(reason="not_loaded")
        (entry,), errors = entries, {}
        stored = effective(entry.options)
        now = stored[OPTION.key]
        placeholders = {"max_connections": str(now)}
        if user_input is not None:
            values = {**stored, **user_input}
            faults = await async_check(self.hass, values, stored)
            if not faults.reasons:
                self.hass.config_entries.async_update_entry(entry, options=changed(values))
                return self.async_create_entry(data={})
            errors = {OPTION.key: next(iter(faults.reasons.values()))}
            placeholders |= faults.placeholders
        suggested = min(2 * now, settings.MAX_CONNECTIONS)
        return self.async_show_form(
            step_id="confirm",
            data_schema=vol.Schema({vol.Required(OPTION.key, default=suggested): OPTION.selector}),
            errors=errors,
            description_placeholders=placeholders,
        )


async def async_create_fix_flow(
    _hass: HomeAssistant, issue_id: str, _data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow for an issue."""
    if issue_id == LIBRARY_REBUILT or issue_id.startswith(ALARM_MISSED):
        # Nothing is left to do but confirm.
        return ConfirmRepairFlow()
    return MaxConnectionsFlow()
