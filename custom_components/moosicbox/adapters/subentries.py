"""Config subentries of players: those that were paired by a code, and speakers that are fed."""

from typing import Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant

from ..const import DOMAIN
from ..contexts import PlayerOrRoom
from ..engine.api import PAIRED_PREFIX, Player

PAIRED: Final = "player"
SPEAKER: Final = "speaker"
PREFIXES: Final = {PAIRED: PAIRED_PREFIX, SPEAKER: "speaker:"}
"""Before the player id, in the owner of such a player."""


def subentries(hass: HomeAssistant, subentry_type: str) -> dict[str, ConfigSubentry]:
    """Return the subentries of a type by player id."""
    return {
        str(subentry.unique_id): subentry
        for entry in hass.config_entries.async_entries(DOMAIN)
        for subentry in entry.get_subentries_of_type(subentry_type)
    }


def subentry_of(hass: HomeAssistant, context: PlayerOrRoom) -> str | None:
    """Return the id of the subentry that the entities of a player belong to; None for any other context."""
    if not isinstance(context, Player):
        return None
    for subentry_type, prefix in PREFIXES.items():
        if context.owner_user_id == prefix + context.player_id:
            subentry = subentries(hass, subentry_type).get(context.player_id)
            return None if subentry is None else subentry.subentry_id
    return None
