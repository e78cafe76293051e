"""Monitoring of the hub's health, with repair issues for what an option can fix."""

from datetime import datetime, timedelta
import logging
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval

from ..const import DOMAIN
from ..engine.api import Health, Hub, Signal, health

_LOGGER = logging.getLogger(__name__)

INTERVAL: Final = timedelta(seconds=10)
FIXABLE: Final = frozenset({"connections_nearly_full"})
"""Reasons that have a repair flow."""


class HealthMonitor:
    """The hub's health at the last check."""

    def __init__(self, hass: HomeAssistant, hub: Hub) -> None:
        self.status: Health = "healthy"
        self.reasons: list[str] = []
        self.changed: Signal[()] = Signal()
        self._hass = hass
        self._hub = hub

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Check in intervals; return a function that stops it."""
        self._check()
        cancel = async_track_time_interval(self._hass, self._check, INTERVAL, name="MoosicBox health")

        @callback
        def stop() -> None:
            cancel()
            for reason in FIXABLE:
                ir.async_delete_issue(self._hass, DOMAIN, reason)

        return stop

    @callback
    def _check(self, _now: datetime | None = None) -> None:
        status, reasons = health(self._hub)
        if (status, reasons) == (self.status, self.reasons):
            return
        self.status, self.reasons = status, reasons
        _LOGGER.info("The hub is %s%s", status, f": {', '.join(reasons)}" if reasons else "")
        for reason in FIXABLE:
            self._update_issue(reason, active=reason in reasons)
        self.changed.emit()

    def _update_issue(self, reason: str, *, active: bool) -> None:
        if not active:
            ir.async_delete_issue(self._hass, DOMAIN, reason)
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            reason,
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=reason,
            translation_placeholders={"max_connections": str(self._hub.limits.max_connections)},
        )
