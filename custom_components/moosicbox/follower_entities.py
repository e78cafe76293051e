"""Switches of followers, which turn on that music follows a person or the household."""

from typing import override

from homeassistant.components.switch import SwitchEntity
from homeassistant.core import callback

from .commands import async_execute
from .const import FOLLOWER_ID
from .engine.api import Follower, SaveFollower
from .entity import HubEntity
from .models import MoosicBoxData


class FollowerSwitch(HubEntity, SwitchEntity):
    """On while music follows a person or the household."""

    _attr_translation_key = "follower"

    def __init__(self, data: MoosicBoxData, follower: Follower) -> None:
        super().__init__(data, "follower")
        self.data = data
        self._follower_id = follower.follower_id
        self._attr_unique_id = FOLLOWER_ID + follower.follower_id
        self._attr_translation_placeholders = {"name": follower.name}

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self.hub.household.followers.changed.subscribe(self._handle_changed))

    @property
    @override
    def available(self) -> bool:
        return any(follower.follower_id == self._follower_id for follower in self.hub.household.followers)

    @property
    @override
    def is_on(self) -> bool:
        return self.available and self.hub.household.followers.get(self._follower_id).enabled

    @callback
    def _handle_changed(self) -> None:
        if self.available:
            name = self.hub.household.followers.get(self._follower_id).name
            self._attr_translation_placeholders = {"name": name}
            self.__dict__.pop("name", None)  # Entity caches its name, also if the placeholders change.
            self.async_write_ha_state()

    @override
    async def async_turn_on(self, **kwargs: object) -> None:
        await self._save(enabled=True)

    @override
    async def async_turn_off(self, **kwargs: object) -> None:
        await self._save(enabled=False)

    async def _save(self, *, enabled: bool) -> None:
        request = SaveFollower(follower_id=self._follower_id, enabled=enabled)
        await async_execute(self.hass, self.data, request, self._context.user_id if self._context else None)
