"""Pairing of players by code. Each paired player is a config subentry; deleting it locks the player out."""

from collections.abc import Collection
import re
from types import MappingProxyType
from typing import Final, NamedTuple

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant

from ..const import DOMAIN
from ..engine.api import MAX_LIFETIME, PAIRED_PREFIX, Hub, InvalidMessage, Offer, PairingCodes, PermissionDenied, Signal
from .authentication import Authenticator
from .subentries import PAIRED, subentries

PLAYER_ID: Final = re.compile(r"[a-z0-9_.:-]{1,50}")
MAX_NAME: Final = 100
PERMISSIONS: Final = "permissions"
"""The key of the permissions of the token, in a subentry's data."""


class PairedDevice(NamedTuple):
    """The device that redeems a code."""

    name: str
    player_id: str


class Pairing:
    """Offers codes, and issues tokens to devices that redeem them."""

    def __init__(self, hass: HomeAssistant, hub: Hub, authenticator: Authenticator) -> None:
        self.paired: Signal[Offer, PairedDevice] = Signal()
        self.refused: Signal[Offer, PairedDevice] = Signal()
        """A device has used up a code, but its player belongs to another user."""
        self._hass = hass
        self._hub = hub
        self._authenticator = authenticator
        self._codes = PairingCodes()
        self._player_ids: frozenset[str] = frozenset()

    def offer(self, permissions: frozenset[str]) -> tuple[str, Offer]:
        """Return a new code and its offer; raise Unavailable if too many codes are open."""
        return self._codes.offer(permissions, self._hub.clock.now_us())

    def withdraw(self, offer: Offer) -> None:
        """Invalidate the code of an offer."""
        self._codes.withdraw(offer)

    def start(self) -> None:
        """Remember the paired players, to notice deleted ones."""
        self._player_ids = frozenset(subentries(self._hass, PAIRED))

    async def async_redeem(self, code: str, device: PairedDevice, address: str) -> dict[str, str]:
        """Return a token for the device that sends this code; its earlier token is revoked.

        `address` is the client's, for the limit of wrong guesses. Raise InvalidMessage for a wrong name or player id,
        PermissionDenied if the player belongs to another user, and what `PairingCodes.redeem` raises.
        """
        if not PLAYER_ID.fullmatch(device.player_id):
            raise InvalidMessage("player_id is 1 to 50 lower-case letters, digits and _.:-", ["player_id"])
        if not 0 < len(device.name) <= MAX_NAME:
            raise InvalidMessage(f"name is 1 to {MAX_NAME} characters", ["name"])
        offer = self._codes.redeem(code, address, self._hub.clock.now_us())
        sub = PAIRED_PREFIX + device.player_id
        if (player := self._hub.players.find(device.player_id)) is not None and player.owner_user_id != sub:
            self.refused.emit(offer, device)
            raise PermissionDenied("This player_id belongs to another user")
        await self._authenticator.async_revoke(sub=sub)
        self._add_subentry(device, offer)
        issued = await self._authenticator.async_create(
            sub=sub, name=device.name, permissions=offer.permissions, lifetime=MAX_LIFETIME
        )
        self.paired.emit(offer, device)
        return {"token": issued.token, "player_id": device.player_id, "name": device.name}

    async def async_subentries_changed(self) -> None:
        """Lock out and remove the players whose subentries were deleted."""
        before, self._player_ids = self._player_ids, frozenset(subentries(self._hass, PAIRED))
        for player_id in before - self._player_ids:
            sub = PAIRED_PREFIX + player_id
            await self._authenticator.async_revoke(sub=sub)
            if (player := self._hub.players.find(player_id)) is not None and player.owner_user_id == sub:
                self._hub.players.remove(player_id)

    def _add_subentry(self, device: PairedDevice, offer: Offer) -> None:
        entries = self._hass.config_entries
        (entry,) = entries.async_entries(DOMAIN)
        data = {"player_id": device.player_id, PERMISSIONS: sorted(offer.permissions)}
        if (known := subentries(self._hass, PAIRED).get(device.player_id)) is not None:
            entries.async_update_subentry(entry, known, title=device.name, data={**known.data, **data})
            return
        entries.async_add_subentry(
            entry,
            ConfigSubentry(
                data=MappingProxyType(data),
                subentry_type=PAIRED,
                title=device.name,
                unique_id=device.player_id,
            ),
        )


def paired_players(hass: HomeAssistant) -> Collection[str]:
    """Return the ids of all paired players; deleting a player's subentry locks it out."""
    return subentries(hass, PAIRED).keys()
