"""Actions of external speakers, which are media players of other integrations."""

from collections.abc import Callable
import logging
from typing import Any

from homeassistant.components.media_player import (
    DOMAIN as MEDIA_PLAYER,
    MediaPlayerEntityFeature as Feature,
    async_process_play_media_url,
)
from homeassistant.const import ATTR_ENTITY_ID, ATTR_SUPPORTED_FEATURES
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from ..engine.api import Hub, HubError, QueueItem

_LOGGER = logging.getLogger(__name__)


class OutputActions:
    """Calls the actions of speakers. A failure is logged once, until the speaker works again."""

    def __init__(self, hass: HomeAssistant, hub: Hub) -> None:
        self._hass = hass
        self._hub = hub
        self._failing: set[str] = set()

    def supports(self, entity_id: str, feature: Feature) -> bool:
        """Return whether a speaker has a feature now."""
        state = self._hass.states.get(entity_id)
        return state is not None and bool(state.attributes.get(ATTR_SUPPORTED_FEATURES, 0) & feature)

    def call(self, entity_id: str, action: str, data: dict[str, Any]) -> None:
        """Call an action in the background."""
        self._hass.async_create_background_task(
            self.async_call(entity_id, action, data), f"moosicbox output {entity_id}", eager_start=True
        )

    async def async_call(self, entity_id: str, action: str, data: dict[str, Any]) -> None:
        """Call an action, and return when it has ended."""
        try:
            await self._hass.services.async_call(
                MEDIA_PLAYER, action, {ATTR_ENTITY_ID: entity_id, **data}, blocking=True
            )
        except Exception as error:  # noqa: BLE001 - another integration may raise anything
            # Best effort: the other speakers continue.
            self._log_failure(entity_id, f"{action} failed: {str(error) or type(error).__name__}")
        else:
            if entity_id in self._failing:
                self._failing.remove(entity_id)
                _LOGGER.info("%s plays along again", entity_id)

    async def async_play(
        self, entity_id: str, item: QueueItem, is_wanted: Callable[[], bool], *, announce: bool = False
    ) -> bool:
        """Let a speaker fetch and play an item, and return when its action has ended.

        Return False if the speaker was told nothing: there is no address, or the item isn't wanted any more.

        Args:
            entity_id: The speaker.
            item: The item.
            is_wanted: Called once there is an address, for which a server may have to be asked.
            announce: True to go on afterwards with what plays now, as the speaker's integration does it.

        """
        try:
            address = self._hub.media_resolver.stream_address(
                item
            ) or await self._hub.media_resolver.renew_stream_address(item)
            url = async_process_play_media_url(self._hass, address.url)
        except (HubError, HomeAssistantError) as error:
            self._log_failure(entity_id, f"can't play the current item: {error}")
            return False
        if not is_wanted():
            return False
        data = {"media_content_id": url, "media_content_type": "music"} | ({"announce": True} if announce else {})
        await self.async_call(entity_id, "play_media", data)
        return True

    def forget(self, entity_id: str) -> None:
        """Forget that a speaker failed."""
        self._failing.discard(entity_id)

    def _log_failure(self, entity_id: str, failure: str) -> None:
        if entity_id not in self._failing:
            self._failing.add(entity_id)
            _LOGGER.warning("%s: %s", entity_id, failure)
