"""Going on with the audiobook or the episode that a user heard last."""

from homeassistant.core import HomeAssistant

from .commands import async_execute, async_principal
from .contexts import PlayerOrRoom, context_fields
from .engine.api import QueueAdd, SpokenKind, Unfinished
from .errors import errors_translated
from .models import MoosicBoxData


async def async_continue_spoken(
    hass: HomeAssistant, data: MoosicBoxData, context: PlayerOrRoom, user_id: str | None, kind: SpokenKind
) -> Unfinished | None:
    """Play what a user heard last of a kind and hasn't finished, from its place on, instead of the queue.

    Without a user, it is what the household heard last. Return None if there is nothing. Raise HomeAssistantError.
    """
    principal = await async_principal(hass, data, user_id)
    with errors_translated():
        found = await data.library.people.unfinished(principal.sub if principal.is_person else None, kind)
    if found is not None:
        add = QueueAdd(**context_fields(context), place="replace", play=True, track_ids=found.track_ids)
        await async_execute(hass, data, add, user_id)
    return found
