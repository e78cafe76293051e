"""Triggers of automations. Home Assistant's interface for them is declared unstable, so it is used in this file only."""

from typing import Any, ClassVar, Final, cast, override

from homeassistant.const import ATTR_ENTITY_ID, CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.helpers.trigger import Trigger, TriggerActionRunner, TriggerConfig, TriggerNotTriggeredReporter
from homeassistant.helpers.typing import ConfigType
import voluptuous as vol

from .adapters.trigger_events import BEFORE, ROWS, SIGNAL_TRIGGER, TriggerEvent

DEFAULT_ITEMS: Final = 3
"""Items after the current one at which a queue runs low."""


class HubTrigger(Trigger):
    """A trigger for one kind of event of the hub, limited to the targeted players and rooms."""

    key: ClassVar[str]
    has_target: ClassVar[bool] = True
    options: ClassVar[dict[vol.Marker, Any]] = {}

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        target = {vol.Required(CONF_TARGET): cv.TARGET_FIELDS} if cls.has_target else {}
        schema = vol.Schema({**target, vol.Optional(CONF_OPTIONS, default=dict): cls.options})
        return cast(ConfigType, schema(config))

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        super().__init__(hass, config)
        self._target = TargetSelection(config.target or {})
        self._options = config.options or {}

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        @callback
        def handle(event: TriggerEvent, context: Context) -> None:
            entity_id = self._targeted_entity(event) if self.has_target else None
            if (self.has_target and entity_id is None) or not self.accepts(event):
                return
            variables = {**event.variables, ATTR_ENTITY_ID: entity_id} if self.has_target else dict(event.variables)
            name = f" of {event.contexts[0].name}" if event.contexts else ""
            run_action(variables, f"{self.key.replace('_', ' ')}{name}", context)

        return async_dispatcher_connect(self._hass, SIGNAL_TRIGGER.format(self.key), handle)

    def accepts(self, event: TriggerEvent) -> bool:
        """Return whether the event matches the options."""
        return True

    def _targeted_entity(self, event: TriggerEvent) -> str | None:
        selected = async_extract_referenced_entity_ids(self._hass, self._target)
        targeted = selected.referenced | selected.indirectly_referenced
        return next((context.entity_id for context in event.contexts if context.entity_id in targeted), None)


class QueueRunningLow(HubTrigger):
    """Fires when no more than `items` items follow the current one."""

    options: ClassVar[dict[vol.Marker, Any]] = {
        vol.Required("items", default=DEFAULT_ITEMS): vol.All(vol.Coerce(int), vol.Range(min=0, max=1000))
    }

    @override
    def accepts(self, event: TriggerEvent) -> bool:
        items, before = self._options["items"], event.variables[BEFORE]
        return bool(event.variables["remaining"] <= items and (before is None or before > items))


class LibraryScanned(HubTrigger):
    """Fires for the library, which is not an entity."""

    has_target = False


BASES: Final[dict[str, type[HubTrigger]]] = {"queue_running_low": QueueRunningLow, "library_scanned": LibraryScanned}
TRIGGERS: Final[dict[str, type[Trigger]]] = {
    key: cast(type[Trigger], type(key, (BASES.get(key, HubTrigger),), {"key": key})) for key in ROWS
}


async def async_get_triggers(_hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers by their keys."""
    return TRIGGERS
