"""Commands of Home Assistant's users to the hub."""

from collections.abc import Generator
from contextlib import contextmanager

from homeassistant.core import HomeAssistant

from .adapters.user_access import principal_of
from .engine.api import Principal, Request
from .errors import errors_translated
from .models import MoosicBoxData


@contextmanager
def hub_command(data: MoosicBoxData) -> Generator[None]:
    """Translate the hub's errors, and write the states of changed entities before the block ends."""
    try:
        with errors_translated():
            yield
    finally:
        data.state_writer.async_flush()


async def async_execute[R](hass: HomeAssistant, data: MoosicBoxData, request: Request[R], user_id: str | None) -> R:
    """Execute a request with the permissions of a user, or of the hub if `user_id` is None.

    Return the result; raise HomeAssistantError or ServiceValidationError.
    """
    with hub_command(data):
        return await data.hub.execute(request, await async_principal(hass, data, user_id))


async def async_principal(hass: HomeAssistant, data: MoosicBoxData, user_id: str | None) -> Principal:
    """Return the principal of a user; that of the hub for automations and unknown users."""
    if user_id is None or (user := await hass.auth.async_get_user(user_id)) is None:
        return data.hub.system
    return principal_of(user)
