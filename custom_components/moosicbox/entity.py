"""What our entities have in common: a player or a room to follow, and the way from its errors to Home Assistant's."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity

from .adapters.authentication import principal_of
from .const import DOMAIN, HUB_ID, NAME, ROOM_ID
from .engine.api import Hub, HubError, InternalError, Player, Principal, Request, Room, Unavailable
from .models import MoosicBoxData
from .state_writer import state_writer

type PlayerOrRoom = Player | Room
"""Whose music it is."""

HUB_FAULTS: Final = (InternalError, Unavailable)
"""Errors of the hub's; all others are the asker's."""


def translated(error: HubError) -> HomeAssistantError:
    """An error of the hub as Home Assistant shows it."""
    kind = HomeAssistantError if isinstance(error, HUB_FAULTS) else ServiceValidationError
    return kind(
        error.message,
        translation_domain=DOMAIN,
        translation_key=error.error_type,
        translation_placeholders={"message": error.message},
    )


def invalid(translation_key: str, **placeholders: str) -> ServiceValidationError:
    """A fault of the asker's that the hub needn't be asked about."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=translation_key, translation_placeholders=placeholders or None
    )


@contextmanager
def errors_translated() -> Generator[None]:
    """Raise errors of the hub as Home Assistant shows them."""
    try:
        yield
    except HubError as error:
        raise translated(error) from error


@contextmanager
def acting(hass: HomeAssistant) -> Generator[None]:
    """The same around something that changes the hub; when it is done, all entities show it."""
    try:
        with errors_translated():
            yield
    finally:
        state_writer(hass).async_flush()


async def async_execute(hass: HomeAssistant, hub: Hub, message: Request, user_id: str | None) -> Any:
    """Do what `message` says in the name of a user of Home Assistant, or of the house."""
    with acting(hass):
        return await hub.execute(message, await async_principal(hass, hub, user_id))


async def async_principal(hass: HomeAssistant, hub: Hub, user_id: str | None) -> Principal:
    """A user of Home Assistant, or the house."""
    if user_id is None or (user := await hass.auth.async_get_user(user_id)) is None:
        return hub.system
    return principal_of(user, "")


class HubEntity(Entity):
    """An entity of the hub's own: pushed, never polled."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, key: str, hub: Hub) -> None:
        """`key` tells it from the hub's other ones."""
        self.hub = hub
        self._attr_unique_id = f"hub_{key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, HUB_ID)})


class PlaybackContextEntity(Entity):
    """An entity of a player or a room, on a device of its own behind the hub: pushed, never polled."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, data: MoosicBoxData, context: PlayerOrRoom, key: str | None = None) -> None:
        """An entity that keeps its identity as long as the owner's id lives; `key` tells it from the owner's others."""
        self.hub = data.hub
        self.playback_context = context
        identity = context_identifier(context)
        self._attr_unique_id = identity if key is None else f"{identity}_{key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, identity)},
            manufacturer=NAME,
            model="Player" if isinstance(context, Player) else "Room",
            entry_type=None if isinstance(context, Player) else dr.DeviceEntryType.SERVICE,
            via_device_id=data.hub_device_id,
            name=context.name,
            sw_version=_version(context),
        )
        self._shown = (context.name, _version(context))

    @property
    @override
    def available(self) -> bool:
        return self.playback_context.available if isinstance(self.playback_context, Player) else True

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        if isinstance(self.playback_context, Player):
            self.async_on_remove(self.hub.players.changed.subscribe(self._changed))
        else:
            self.async_on_remove(self.hub.rooms.changed.subscribe(self._changed))
        self.async_on_remove(lambda: state_writer(self.hass).async_forget(self))

    async def async_execute(self, message: Request) -> Any:
        """Do what `message` says in the name of whoever caused it."""
        return await async_execute(self.hass, self.hub, message, self._user_id)

    async def async_principal(self) -> Principal:
        """Whoever caused what is being done."""
        return await async_principal(self.hass, self.hub, self._user_id)

    @property
    def _user_id(self) -> str | None:
        return self._context.user_id if self._context else None

    @callback
    def _changed(self, context: PlayerOrRoom) -> None:
        if context is self.playback_context:
            state_writer(self.hass).async_add(self)

    @callback
    def async_write(self) -> None:
        """Show what is so now."""
        self._update_device()
        self.async_write_ha_state()

    @callback
    def _update_device(self) -> None:
        name, version = shown = (self.playback_context.name, _version(self.playback_context))
        if shown != self._shown and self.device_entry is not None:
            self._shown = shown
            dr.async_get(self.hass).async_update_device(self.device_entry.id, name=name, sw_version=version)


def _version(context: PlayerOrRoom) -> str | None:
    return context.client_version if isinstance(context, Player) else None


def context_identifier(context: PlayerOrRoom) -> str:
    """What a player or a room is called in the registries."""
    return context.player_id if isinstance(context, Player) else ROOM_ID + context.room_id
