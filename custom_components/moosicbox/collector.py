"""Python's garbage collector. A full collection looks at every object of Home Assistant, and some hundred clients that come bring one about."""

import gc

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.start import async_at_started


class Collector:
    """Keeps what Home Assistant consists of once it has started out of collections, where the household wants that."""

    def __init__(self, hass: HomeAssistant) -> None:
        """As Python has it."""
        self._hass = hass
        self._cancel: CALLBACK_TYPE | None = None
        self._frozen = False

    @callback
    def async_configure(self, *, short_pauses: bool) -> None:
        """Keep it out from now on, or no more."""
        if not short_pauses:
            self.async_stop()
        elif self._cancel is None:
            self._cancel = async_at_started(self._hass, self._async_freeze)

    @callback
    def async_stop(self) -> None:
        """Leave everything to Python again."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
        if self._frozen:
            self._frozen = False
            gc.unfreeze()

    @callback
    def _async_freeze(self, _hass: HomeAssistant) -> None:
        # What is garbage now would never be found any more.
        gc.collect()
        gc.freeze()
        self._frozen = True
