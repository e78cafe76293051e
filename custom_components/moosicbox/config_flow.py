"""Setting up and changing options by the user interface."""

from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntry, ConfigFlow, ConfigFlowResult, OptionsFlow, OptionsFlowWithReload
from homeassistant.core import callback
from homeassistant.helpers.selector import NumberSelector, NumberSelectorConfig, NumberSelectorMode
import voluptuous as vol

from .const import CONF_AVAILABILITY_GRACE, CONF_MAX_PLAYERS_PER_USER, DOMAIN, NAME
from .engine.limits import Limits

DEFAULTS: Final = Limits()

OPTIONS: Final = vol.Schema(
    {
        vol.Required(CONF_AVAILABILITY_GRACE, default=DEFAULTS.availability_grace): NumberSelector(
            NumberSelectorConfig(min=0, max=300, step=1, mode=NumberSelectorMode.BOX, unit_of_measurement="s")
        ),
        vol.Required(CONF_MAX_PLAYERS_PER_USER, default=DEFAULTS.max_players_per_user): NumberSelector(
            NumberSelectorConfig(min=1, max=100, step=1, mode=NumberSelectorMode.BOX)
        ),
    }
)


class MoosicBoxConfigFlow(ConfigFlow, domain=DOMAIN):
    """One entry, and nothing to ask: the hub lives in Home Assistant itself."""

    VERSION = 1
    MINOR_VERSION = 1

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Say what will happen, then do it."""
        if user_input is None:
            return self.async_show_form(step_id="user")
        return self.async_create_entry(title=NAME, data={})

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Options may be changed at any time."""
        return MoosicBoxOptionsFlow()


class MoosicBoxOptionsFlow(OptionsFlowWithReload):
    """The bounds that a household may want to change."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """One form."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        return self.async_show_form(
            step_id="init", data_schema=self.add_suggested_values_to_schema(OPTIONS, self.config_entry.options)
        )
