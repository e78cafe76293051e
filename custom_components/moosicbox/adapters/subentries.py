"""Config subentries of players: those that were paired by a code, and speakers that are fed."""

from typing import Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from ..const import DOMAIN
from ..contexts import PlayerOrRoom
from ..engine.api import PAIRED_PREFIX, Player

PAIRED: Final = "player"
SPEAKER: Final = "speaker"
PREFIXES: Final = {PAIRED: PAIRED_PREFIX, SPEAKER: "speaker:"}
"""The prefix of the player id in the `owner_user_id` of a player with a subentry, by the subentry's type."""
AREA: Final = "area"
"""The key of an area's id, in a subentry's data: the area that the player's device is created in."""


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


def area_of(hass: HomeAssistant, entry: ConfigEntry, subentry: ConfigSubentry) -> str | None:
    """Return the id of the area of a player's device, or of the one that it is going to be created in."""
    device = _device_of(hass, entry, subentry)
    area_id: str | None = subentry.data.get(AREA) if device is None else device.area_id
    return area_id


@callback
def async_set_area(hass: HomeAssistant, entry: ConfigEntry, subentry: ConfigSubentry, area_id: str | None) -> None:
    """Move a player's device to an area, now and whenever it is created; None: to no area."""
    data = {key: value for key, value in subentry.data.items() if key != AREA}
    hass.config_entries.async_update_subentry(entry, subentry, data=data | ({} if area_id is None else {AREA: area_id}))
    if (device := _device_of(hass, entry, subentry)) is not None:
        dr.async_get(hass).async_update_device(device.id, area_id=area_id)


def _device_of(hass: HomeAssistant, entry: ConfigEntry, subentry: ConfigSubentry) -> dr.DeviceEntry | None:
    identifier = (DOMAIN, str(subentry.unique_id))
    return dr.async_get(hass).async_get_device_by_identifier(identifier, entry.entry_id)
