"""Commands of Home Assistant's users to the hub."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import UnknownUser

from .adapters.user_access import ANY_PLAYER, principal_of
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


async def async_execute[R](
    hass: HomeAssistant,
    data: MoosicBoxData,
    request: Request[R],
    user_id: str | None,
    entity_ids: Iterable[str] = ANY_PLAYER,
) -> R:
    """Execute a request with the permissions of a user; see `async_principal`.

    Return the result; raise HomeAssistantError or ServiceValidationError.
    """
    principal = await async_principal(hass, data, user_id, entity_ids)
    with hub_command(data):
        return await data.hub.execute(request, principal)


async def async_principal(
    hass: HomeAssistant, data: MoosicBoxData, user_id: str | None, entity_ids: Iterable[str] = ANY_PLAYER
) -> Principal:
    """Return the principal of an action's caller.

    Args:
        hass: Home Assistant.
        data: The loaded entry's data.
        user_id: The user in the action's context; `None` for automations, which have the permissions of the hub.
        entity_ids: The entities that the user must be allowed to control.

    Raises:
        UnknownUser: If there is no such user, or it was deactivated.

    """
    if user_id is None:
        return data.hub.system
    user = await hass.auth.async_get_user(user_id)
    if user is None or not user.is_active:
        raise UnknownUser(user_id=user_id)
    return principal_of(user, entity_ids=entity_ids)
