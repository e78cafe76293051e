"""Helpers for callbacks that end subscriptions."""

from homeassistant.core import CALLBACK_TYPE, callback


def combined(*callbacks: CALLBACK_TYPE) -> CALLBACK_TYPE:
    """Return one callback that calls all of these."""

    @callback
    def call_all() -> None:
        for each in callbacks:
            each()

    return call_all
