"""Boxes that were let in by a code. Each is a subentry of the config entry; where that is deleted, the box is locked out."""

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from aiohttp import web
from homeassistant.components.http import HomeAssistantView
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
import msgspec
import orjson

from ..const import DOMAIN
from ..engine.api import (
    MAX_LIFETIME,
    HubError,
    InvalidMessage,
    Offer,
    PairingCodes,
    PermissionDenied,
    Player,
    Signal,
    error_response,
    invalid_message,
    json_response,
    read_body,
)
from ..http.hub_views import loaded

if TYPE_CHECKING:
    from ..engine.api import Hub
    from ..entity import PlayerOrRoom
    from .authentication import Authenticator

SUBENTRY: Final = "player"
PREFIX: Final = "paired:"
"""Whose tokens these are: `paired:<player id>`."""
PLAYER_ID: Final = re.compile(r"[a-z0-9_.:-]{1,50}")
MAX_BODY: Final = 4_096
MAX_NAME: Final = 100


class Box(NamedTuple):
    """Who asks to be let in."""

    name: str
    player_id: str


class _Request(msgspec.Struct):
    code: str
    name: str
    player_id: str


class Pairing:
    """Gives codes out, and tokens for codes."""

    def __init__(self, hass: HomeAssistant, hub: Hub, authenticator: Authenticator) -> None:
        """Knows no code yet."""
        self.paired: Signal[Offer, Box] = Signal()
        self._hass = hass
        self._hub = hub
        self._authenticator = authenticator
        self._codes = PairingCodes()
        self._known: frozenset[str] = frozenset()

    def offer(self, permissions: frozenset[str]) -> tuple[str, Offer]:
        """A code to show."""
        return self._codes.offer(permissions, self._hub.clock.now_us())

    def withdraw(self, offer: Offer) -> None:
        """Nobody looks at the code any more."""
        self._codes.withdraw(offer)

    def start(self) -> None:
        """Watch from now on who is deleted."""
        self._known = frozenset(_subentries(self._hass))

    async def async_redeem(self, code: str, box: Box, address: str) -> dict[str, str]:
        """A token for the box that knows the code. One that was paired before gets a new one in place of the old."""
        if not PLAYER_ID.fullmatch(box.player_id):
            raise InvalidMessage("player_id is 1 to 50 lower-case letters, digits and _.:-", ["player_id"])
        if not 0 < len(box.name) <= MAX_NAME:
            raise InvalidMessage(f"name is 1 to {MAX_NAME} characters", ["name"])
        offer = self._codes.redeem(code, address, self._hub.clock.now_us())
        sub = PREFIX + box.player_id
        if (player := self._hub.players.find(box.player_id)) is not None and player.owner_user_id != sub:
            raise PermissionDenied("This player_id belongs to somebody else")
        await self._authenticator.async_revoke(sub=sub)
        self._add_subentry(box)
        issued = await self._authenticator.async_create(
            sub=sub, name=box.name, permissions=offer.permissions, lifetime=MAX_LIFETIME
        )
        self.paired.emit(offer, box)
        return {"token": issued.token, "player_id": box.player_id, "name": box.name}

    async def async_subentries_changed(self) -> None:
        """Lock out whoever was deleted, and forget it as a player."""
        before, self._known = self._known, frozenset(_subentries(self._hass))
        for player_id in before - self._known:
            sub = PREFIX + player_id
            await self._authenticator.async_revoke(sub=sub)
            if (player := self._hub.players.find(player_id)) is not None and player.owner_user_id == sub:
                self._hub.players.remove(player_id)

    def subentry_of(self, context: PlayerOrRoom) -> str | None:
        """Where the devices and entities of a paired player belong; None for everybody else's."""
        if not isinstance(context, Player) or context.owner_user_id != PREFIX + context.player_id:
            return None
        subentry = _subentries(self._hass).get(context.player_id)
        return None if subentry is None else subentry.subentry_id

    def _add_subentry(self, box: Box) -> None:
        entries = self._hass.config_entries
        (entry,) = entries.async_entries(DOMAIN)
        if (known := _subentries(self._hass).get(box.player_id)) is not None:
            entries.async_update_subentry(entry, known, title=box.name)
            return
        entries.async_add_subentry(
            entry,
            ConfigSubentry(
                data=MappingProxyType({"player_id": box.player_id}),
                subentry_type=SUBENTRY,
                title=box.name,
                unique_id=box.player_id,
            ),
        )


def is_locked_out(hass: HomeAssistant, sub: str) -> bool:
    """Whether this is a box that was paired once and stands among the paired ones no more."""
    return sub.startswith(PREFIX) and sub.removeprefix(PREFIX) not in _subentries(hass)


def _subentries(hass: HomeAssistant) -> dict[str, ConfigSubentry]:
    return {
        str(subentry.unique_id): subentry
        for entry in hass.config_entries.async_entries(DOMAIN)
        for subentry in entry.get_subentries_of_type(SUBENTRY)
    }


class PairView(HomeAssistantView):
    """Where a box trades a code for a token."""

    url = "/api/moosicbox/pair"
    name = "api:moosicbox:pair"
    requires_auth = False

    async def post(self, request: web.Request) -> web.Response:
        """`{code, name, player_id}` → `{token, player_id, name}`."""
        data = loaded(request)
        try:
            data.endpoint.admission.check_origin(request)
            asked = await _read(request)
            box = Box(asked.name, asked.player_id)
            answer = await data.pairing.async_redeem(asked.code, box, request.remote or "")
        except HubError as error:
            return error_response(error)
        return json_response(orjson.dumps(answer))


async def _read(request: web.Request) -> _Request:
    body = await read_body(request, MAX_BODY)
    try:
        return msgspec.json.decode(body, type=_Request)
    except msgspec.ValidationError as error:
        raise invalid_message(error) from error
    except msgspec.DecodeError as error:
        raise InvalidMessage("The body is {code, name, player_id}", []) from error
