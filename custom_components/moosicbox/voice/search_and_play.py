"""Requests to play music by its name, on our players.

Home Assistant's intent plays the first result of a search. For our players it is handled here: "some music" continues
the queue instead of searching for a title, and an unknown name is answered with the nearest one instead of an error. For
all other players, Home Assistant's own handler is called.
"""

from typing import Any, override

from homeassistant.components.media_player import DOMAIN as MEDIA_PLAYER_DOMAIN, MediaPlayerEntityFeature
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import intent

from ..browse_media import KINDS
from ..contexts import contexts_by_entity_id
from ..models import MoosicBoxData
from .assist import Assist
from .music import async_play_query
from .recognition import Spoken
from .request import SpokenAnswer
from .targets import best_of

INTENT = "HassMediaSearchAndPlay"
FEATURES = MediaPlayerEntityFeature.SEARCH_MEDIA | MediaPlayerEntityFeature.PLAY_MEDIA


class SearchAndPlay(intent.IntentHandler):
    """Handles the intent for our players, and passes it to the previous handler for others."""

    intent_type = INTENT

    def __init__(self, data: MoosicBoxData, assist: Assist, other: intent.IntentHandler) -> None:
        self.description = other.description
        self.platforms = other.platforms
        self.other = other
        self._data = data
        self._assist = assist

    @property
    @override
    def slot_schema(self) -> dict[Any, Any] | None:
        return self.other.slot_schema

    @override
    async def async_handle(self, intent_obj: intent.Intent) -> intent.IntentResponse:
        slots = self.async_validate_slots(intent_obj.slots)
        values = {name: slot.get("value") for name, slot in slots.items()}
        constraints = intent.MatchTargetsConstraints(
            name=values.get("name"),
            area_name=values.get("area"),
            floor_name=values.get("floor"),
            domains={MEDIA_PLAYER_DOMAIN},
            assistant=intent_obj.assistant,
            features=FEATURES,
        )
        preferences = intent.MatchTargetsPreferences(area_id=values.get("preferred_area_id"))
        result = intent.async_match_targets(intent_obj.hass, constraints, preferences)
        ours = contexts_by_entity_id(self._data.hub)
        context = best_of(ours[state.entity_id] for state in result.states if state.entity_id in ours)
        if context is None:
            return await self.other.async_handle(intent_obj)
        language = self._assist.recogniser.language(intent_obj.language)
        request = self._assist.request(Spoken(INTENT, language, {}), intent_obj)
        kind = KINDS.get(values.get("media_class") or "")
        query = str(values["search_query"])
        response = intent_obj.create_response()
        try:
            response.async_set_speech(
                await async_play_query(request, self._assist.recogniser, context, query, [kind] if kind else [])
            )
        except SpokenAnswer as answer:
            response.async_set_error(intent.IntentResponseErrorCode.NO_VALID_TARGETS, answer.text)
        except HomeAssistantError as error:
            failure = request.say("failed", reason=error)
            response.async_set_error(intent.IntentResponseErrorCode.FAILED_TO_HANDLE, failure)
        else:
            response.async_set_states([state for state in result.states if ours.get(state.entity_id) is context])
        return response


class Replacement:
    """Replaces the handler of the intent, and restores the previous one."""

    def __init__(self, hass: HomeAssistant, data: MoosicBoxData, assist: Assist) -> None:
        self._hass = hass
        self._data = data
        self._assist = assist
        self._handler: SearchAndPlay | None = None

    @callback
    def async_replace(self) -> None:
        """Replace the handler if it is registered and hasn't been replaced yet."""
        other = next((handler for handler in intent.async_get(self._hass) if handler.intent_type == INTENT), None)
        if other is not None and self._handler is None:
            self._handler = SearchAndPlay(self._data, self._assist, other)
            intent.async_remove(self._hass, INTENT)
            intent.async_register(self._hass, self._handler)

    @callback
    def async_put_back(self) -> None:
        """Restore the previous handler, unless another integration has replaced ours in turn."""
        if self._handler is not None and self._handler in intent.async_get(self._hass):
            intent.async_remove(self._hass, INTENT)
            intent.async_register(self._hass, self._handler.other)
