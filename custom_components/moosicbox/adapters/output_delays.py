"""Measuring the delay of external speakers: test sounds that a microphone hears beside those of a player."""

import asyncio
import logging
from typing import Any, Final

from homeassistant.components.media_player import DOMAIN as MEDIA_PLAYER, async_process_play_media_url
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from ..const import DOMAIN
from ..contexts import PlayerOrRoom
from ..engine.api import Hub, Media, Player, Principal, Track
from ..errors import invalid
from ..http.panel import STATIC_URL
from .outputs import Outputs

_LOGGER = logging.getLogger(__name__)

SOUNDS: Final = f"{STATIC_URL}/measurement"
"""The sounds' folder; `measurement/pulses.js` under `frontend/` defines them, `script/make_pulses.py` makes the files."""
REFERENCE: Final = Media(
    track=Track(track_id="delay-reference", title="Test clicks", duration=5.8, media_content_id="moosicbox:pulses"),
    source=f"{SOUNDS}/reference.flac",
    mime_type="audio/flac",
)
ACTION_SECONDS: Final = 20.0
"""How long a speaker's `play_media` action may take."""


class OutputDelays:
    """Plays the test sounds, and sets delays, with the rights of a user."""

    def __init__(self, hass: HomeAssistant, hub: Hub, outputs: Outputs) -> None:
        self._hass = hass
        self._hub = hub
        self._outputs = outputs

    def overview(self, principal: Principal, context: PlayerOrRoom) -> dict[str, Any]:
        """Return the speakers of a player or room, and the players that can be the reference. Raise HubError."""
        self._hub.grouping.require_control(principal, context)
        return {
            "outputs": [
                {"entity_id": entity_id, "name": self._name_of(entity_id), "delay_ms": delay_ms}
                for entity_id, delay_ms in context.outputs.items()
            ],
            "references": [
                {"player_id": player.player_id, "name": player.name} for player in self._references(context)
            ],
        }

    def set_delay(self, principal: Principal, entity_id: str, delay_ms: float) -> None:
        """Set the delay of a speaker in milliseconds. Raise HubError or ServiceValidationError."""
        context = self.context_of(entity_id)
        self._hub.grouping.require_control(principal, context)
        self._outputs.async_set_delay(context, entity_id, delay_ms)

    async def play_sounds(self, principal: Principal, entity_id: str, reference_id: str) -> None:
        """Play the test sounds: the speaker's action is called when the reference begins.

        Args:
            principal: The user who measures.
            entity_id: The speaker.
            reference_id: A player that plays along with it.

        Raises:
            HubError: If the user may not control the speaker, or the player can't make an announcement now.
            ServiceValidationError: If the speaker isn't assigned any more, the music plays, the player isn't one of
                those that play along, or it is busy with another announcement.
            HomeAssistantError: If the speaker can't play the sound, or its action takes too long.

        """
        hub, context = self._hub, self.context_of(entity_id)
        hub.grouping.require_control(principal, context)
        if context.active_playback.timeline.playing:
            raise invalid("delay_music_plays")
        reference = next((each for each in self._references(context) if each.player_id == reference_id), None)
        if reference is None:
            raise invalid("delay_no_reference")
        hub.announcements.require_right(principal, reference)
        hub.announcements.require_player(reference)
        url = async_process_play_media_url(self._hass, f"{SOUNDS}/output.flac")
        hub.media_resolver.remember(REFERENCE)
        # Without a target: the speakers that play along with the reference don't get its sound.
        announcement = hub.announcements.add([REFERENCE], [], [reference], principal)
        if (start_us := announcement.start_us) is None:
            hub.announcements.cancel(announcement)
            raise invalid("delay_busy", player=reference.name)
        try:
            await self._until(start_us)
            await self._play(entity_id, url)
        except BaseException:
            hub.announcements.cancel(announcement)
            raise

    def context_of(self, entity_id: str) -> PlayerOrRoom:
        """Return the player or room that a speaker is assigned to. Raise ServiceValidationError if there is none."""
        for context, assigned_id in self._outputs.assigned():
            if assigned_id == entity_id:
                return context
        raise invalid("output_removed")

    async def _play(self, entity_id: str, url: str) -> None:
        data = {ATTR_ENTITY_ID: entity_id, "media_content_id": url, "media_content_type": "music"}
        try:
            async with asyncio.timeout(ACTION_SECONDS):
                await self._hass.services.async_call(MEDIA_PLAYER, "play_media", data, blocking=True)
        except Exception as error:
            # Another integration may raise anything.
            _LOGGER.warning("%s can't play the test clicks: %s", entity_id, str(error) or type(error).__name__)
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="delay_output_failed",
                translation_placeholders={"speaker": self._name_of(entity_id)},
            ) from error

    async def _until(self, hub_us: int) -> None:
        reached = asyncio.Event()
        timer = self._hub.timers.at(hub_us, reached.set)
        try:
            await reached.wait()
        finally:
            timer.cancel()

    def _references(self, context: PlayerOrRoom) -> list[Player]:
        players = [context] if isinstance(context, Player) else context.renderers
        return [player for player in players if player.connected and player.has_capability("announce")]

    def _name_of(self, entity_id: str) -> str:
        state = self._hass.states.get(entity_id)
        return entity_id if state is None else state.name
