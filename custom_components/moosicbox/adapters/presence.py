"""Presence of people: the states of the entities that music follows."""

from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event

from ..engine.api import Hub


class PresenceTracker:
    """Reports the states of entities to the hub's followers."""

    def __init__(self, hass: HomeAssistant, hub: Hub) -> None:
        self._hass = hass
        self._followers = hub.household.followers
        self._entity_ids: set[str] = set()
        self._untrack: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Report states from now on; return a function that stops it."""
        unsubscribe = self._followers.changed.subscribe(self._track)
        self._track()

        @callback
        def stop() -> None:
            unsubscribe()
            if self._untrack is not None:
                self._untrack()

        return stop

    @callback
    def _track(self) -> None:
        # Followers were added, changed or deleted.
        entity_ids = self._followers.entity_ids()
        if entity_ids == self._entity_ids:
            return
        added, self._entity_ids = entity_ids - self._entity_ids, entity_ids
        if self._untrack is not None:
            self._untrack()
        self._untrack = async_track_state_change_event(self._hass, entity_ids, self._handle_state)
        for entity_id in sorted(added):
            state = self._hass.states.get(entity_id)
            self._followers.set_state(entity_id, None if state is None else state.state)

    @callback
    def _handle_state(self, event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        self._followers.set_state(event.data["entity_id"], None if state is None else state.state)
