"""Translation of the hub's errors into exceptions of Home Assistant."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN
from .engine.api import HubError, InternalError, Unavailable

HUB_FAULTS: Final = (InternalError, Unavailable)
"""Errors that the hub is responsible for; the caller is responsible for all others."""


def translated[E: HomeAssistantError](error: HubError, kind: type[E]) -> E:
    """Return an exception of this kind with the translated text of the hub's error."""
    if error.sentence is not None:
        key, placeholders = error.sentence.key, error.sentence.values
    else:
        # The engine's own sentence is English: only the details of this type of error are shown.
        key, placeholders = error.error_type, _details(error)
    return kind(error.message, translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)


def _details(error: HubError) -> dict[str, str]:
    """Return the details of an error as texts."""
    return {
        key: ".".join(map(str, value)) if isinstance(value, list) else str(value)
        for key, value in error.details.items()
        if isinstance(value, str | int | float | list)
    }


def action_error(error: HubError) -> HomeAssistantError:
    """Return the exception that an action raises for the hub's error."""
    return translated(error, HomeAssistantError if isinstance(error, HUB_FAULTS) else ServiceValidationError)


def invalid(translation_key: str, **placeholders: str) -> ServiceValidationError:
    """Return the exception for a call that is refused before the hub is asked."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=translation_key, translation_placeholders=placeholders or None
    )


@contextmanager
def errors_translated() -> Generator[None]:
    """Raise errors of the hub as exceptions of actions."""
    try:
        yield
    except HubError as error:
        raise action_error(error) from error
