"""Registration of the sentences with Assist, and their handling.

A custom integration can't add sentences to a language's intents: Home Assistant takes them from its own package and from
files of the user. Sentence triggers are the interface that is left. They work with every conversation agent, need no
files, and come and go with the integration. Since a sentence that matches a trigger isn't passed on, each template
contains the names of our players, rooms and areas instead of a wildcard: sentences about other devices don't match.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
import logging
from typing import Any, Final

from hassil.recognize import RecognizeResult
from homeassistant.components.conversation import ConversationInput
from homeassistant.components.conversation.agent_manager import get_agent_manager
from homeassistant.components.conversation.const import DOMAIN as CONVERSATION
from homeassistant.components.homeassistant.exposed_entities import async_listen_entity_updates
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er, intent

from ..adapters.callbacks import combined
from ..models import MoosicBoxData
from . import group_commands, household_commands, playback_commands, queue_commands
from .language import Language
from .memory import Memory
from .recognition import Recogniser, Spoken, matches_any
from .request import SpokenAnswer, VoiceRequest
from .targets import VoiceTargets, area_of

_LOGGER = logging.getLogger(__name__)

type Handler = Callable[[VoiceRequest], Awaitable[str]]

COMMANDS: Final[dict[str, Handler]] = {
    "what_is_playing": playback_commands.what_is_playing,
    "who_added": playback_commands.who_added,
    "stop": playback_commands.stop,
    "stop_everywhere": playback_commands.stop_everywhere,
    "skip": playback_commands.skip,
    "shuffle_on": playback_commands.shuffle_on,
    "shuffle_off": playback_commands.shuffle_off,
    "repeat_one": playback_commands.repeat_one,
    "repeat_all": playback_commands.repeat_all,
    "repeat_off": playback_commands.repeat_off,
    "like": playback_commands.like,
    "unlike": playback_commands.unlike,
    "add_to_queue": queue_commands.add_to_queue,
    "play_next": queue_commands.play_next,
    "move_next": queue_commands.move_next,
    "play_offered": queue_commands.play_offered,
    "play_anything": queue_commands.play_anything,
    "continue_book": queue_commands.continue_book,
    "continue_podcast": queue_commands.continue_podcast,
    "play_favourites": queue_commands.play_favourites,
    "join": group_commands.join,
    "play_here_too": group_commands.play_here_too,
    "leave_group": group_commands.leave_group,
    "dissolve_group": group_commands.dissolve_group,
    "invite": group_commands.invite,
    "sleep": household_commands.sleep,
    "sleep_hour": household_commands.sleep_hour,
    "sleep_after_track": household_commands.sleep_after_track,
    "sleep_after_album": household_commands.sleep_after_album,
    "sleep_after_chapter": household_commands.sleep_after_chapter,
    "next_chapter": playback_commands.next_chapter,
    "previous_chapter": playback_commands.previous_chapter,
    "cancel_sleep": household_commands.cancel_sleep,
    "wake": household_commands.wake,
    "song_radio": queue_commands.song_radio,
    "acknowledge": household_commands.acknowledge,
    "snooze": household_commands.snooze,
    "dismiss": household_commands.dismiss,
}
"""The handlers of the commands, which have their sentences in each file of `sentences/`."""
INTENTS: Final = {
    "stop": "HassMediaPause",
    "skip": "HassMediaNext",
    "play_anything": "HassMediaUnpause",
}
"""Home Assistant's intents for commands that are meant for the media players of another integration."""


class Assist:
    """Keeps the sentences registered with the names of the exposed players, rooms and their areas."""

    def __init__(self, hass: HomeAssistant, data: MoosicBoxData, languages: Mapping[str, Language]) -> None:
        self.memory = Memory()
        self.recogniser = Recogniser(languages, ())
        self._hass = hass
        self._data = data
        self._languages = languages
        self._names: set[str] = set()
        self._templates: frozenset[str] = frozenset()
        self._unregister: CALLBACK_TYPE | None = None
        self._update_handle: asyncio.Handle | None = None
        self._on_update: Callable[[], None] = lambda: None

    @callback
    def async_start(self, on_update: Callable[[], None]) -> CALLBACK_TYPE:
        """Register the sentences; return a function that removes them.

        `on_update` is called whenever the names may have changed.
        """
        hub = self._data.hub
        self._on_update = on_update
        self._update()
        stop = combined(
            self._hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._schedule_update),
            self._hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, self._schedule_update),
            self._hass.bus.async_listen(ar.EVENT_AREA_REGISTRY_UPDATED, self._schedule_update),
            async_listen_entity_updates(self._hass, CONVERSATION, self._schedule_update),
            hub.players.added.subscribe(self._schedule_update),
            hub.players.removed.subscribe(self._schedule_update),
            hub.rooms.added.subscribe(self._schedule_update),
            hub.rooms.closed.subscribe(self._schedule_update),
        )

        @callback
        def end() -> None:
            stop()
            if self._update_handle is not None:
                self._update_handle.cancel()
            self._remove()

        return end

    @callback
    def _schedule_update(self, _cause: object = None) -> None:
        """Update the names after the current turn of the event loop, in which more of them may change."""
        if self._update_handle is None:
            self._update_handle = self._hass.loop.call_soon(self._update)

    @callback
    def _update(self) -> None:
        self._update_handle = None
        self._on_update()
        names = self._targets().names()
        if names == self._names:
            return
        self._remove()
        self._names = names
        if names:
            self.recogniser = Recogniser(self._languages, names)
            templates = self.recogniser.triggers()
            self._templates = frozenset(templates)
            self._unregister = get_agent_manager(self._hass).register_trigger(templates, self._async_handle)

    @callback
    def _remove(self) -> None:
        if self._unregister is not None:
            self._unregister()
            self._unregister = None
        self._names = set()

    def _targets(self) -> VoiceTargets:
        return VoiceTargets(self._hass, self._data.hub, CONVERSATION)

    # ------------------------------------------------------------ handling

    async def _async_handle(self, user_input: ConversationInput, _result: RecognizeResult) -> str | None:
        """Execute a sentence; return its answer, or None if an automation of the user has a trigger for it."""
        others = set(get_agent_manager(self._hass).trigger_sentences) - self._templates
        if others and matches_any(user_input.text, others):
            return None
        spoken = self.recogniser.recognise(user_input.text, user_input.language)
        if spoken is None:
            # A trigger has no numbers, but wildcards in their place.
            return self.recogniser.language(user_input.language).answers["not_understood"]
        request = self.request(spoken, user_input)
        try:
            if (intent_type := self._foreign_intent(spoken, request)) is not None:
                await self._async_delegate(intent_type, request, user_input)
                return request.say("done")
            return await COMMANDS[spoken.command](request)
        except SpokenAnswer as answer:
            return answer.text
        except HomeAssistantError as error:
            _LOGGER.debug("“%s” failed: %s", user_input.text, error)
            return request.say("failed", reason=error)

    def request(self, spoken: Spoken, user_input: ConversationInput | intent.Intent) -> VoiceRequest:
        """Return the request of a sentence."""
        user_id, satellite_id, device_id = user_input.context.user_id, user_input.satellite_id, user_input.device_id
        return VoiceRequest(
            hass=self._hass,
            data=self._data,
            targets=self._targets(),
            language=spoken.language,
            slots=spoken.slots,
            user_id=user_id,
            area_id=area_of(self._hass, satellite_id, device_id),
            memory=self.memory.of(satellite_id or device_id or user_id or ""),
        )

    def _foreign_intent(self, spoken: Spoken, request: VoiceRequest) -> str | None:
        """Return Home Assistant's intent for the command if the satellite's area has other media players only."""
        area_id = request.area_id
        if area_id is None or "target" in request.slots or request.targets.in_area(area_id):
            return None
        return INTENTS.get(spoken.command) if request.targets.has_other_players(area_id) else None

    async def _async_delegate(self, intent_type: str, request: VoiceRequest, user_input: ConversationInput) -> None:
        slots: dict[str, dict[str, Any]] = {"preferred_area_id": {"value": request.area_id}}
        area = ar.async_get(self._hass).async_get_area(request.area_id or "")
        if area is not None:
            slots["area"] = {"value": area.name, "text": area.name}
        try:
            await intent.async_handle(
                self._hass,
                CONVERSATION,
                intent_type,
                slots,
                user_input.text,
                user_input.context,
                user_input.language,
                assistant=CONVERSATION,
                device_id=user_input.device_id,
                satellite_id=user_input.satellite_id,
            )
        except intent.MatchFailedError as error:
            raise SpokenAnswer(request.say("nothing_playing")) from error
