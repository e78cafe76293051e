"""Presence at the places of a follower, by the states of entities. A change counts once it has held for some seconds."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

import msgspec

from ..clock import Clock
from ..protocol.household import Follower, FollowPlace
from ..timers import Timer, Timers

PRESENT: Final = frozenset({"on", "home", "open", "true", "active", "occupied", "detected", "playing"})
"""The states of an entity that mean presence, unless a place names another one."""
UNKNOWN: Final = frozenset({"unknown", "unavailable"})
EVENT: Final = "event."
"""The prefix of entities of which every new state is a sign of presence, until another such entity has one."""


class FollowerPresence:
    """The presence at the places of one follower."""

    def __init__(
        self,
        follower: Follower,
        states: Mapping[str, str | None],
        *,
        timers: Timers,
        clock: Clock,
        changed: Callable[[bool], None],
    ) -> None:
        """Begin with the present states of entities, which don't count as changes.

        Args:
            follower: The settings.
            states: The known states by entity.
            timers: Run the waiting changes.
            clock: The hub's clock.
            changed: Called after a change of presence; with true if a place became occupied.
        """
        self._places = follower.places
        self._hold_us = round(follower.hold_seconds * 1e6)
        self._timers = timers
        self._clock = clock
        self._changed = changed
        self._occupied: dict[int, None] = {}
        """The places with presence, by index; the latest last."""
        self._recent: dict[int, None] = {}
        """The places that have or had presence, by index; the latest last."""
        self._waiting: dict[int, Timer] = {}
        """Changes that haven't held long enough yet, by the index of their place."""
        for index, place in enumerate(self._places):
            if place.entity_id in states:
                self._read(index, states[place.entity_id])

    @property
    def occupied(self) -> list[FollowPlace]:
        """The places with presence, the latest first."""
        return [self._places[index] for index in reversed(self._occupied)]

    @property
    def recent(self) -> list[FollowPlace]:
        """The places that have or had presence, the latest first."""
        return [self._places[index] for index in reversed(self._recent)]

    def set_first_state(self, entity_id: str, state: str | None) -> None:
        """Set the first known state of an entity, which isn't a change of presence."""
        for index in self._places_of(entity_id):
            self._read(index, state)

    def set_state(self, entity_id: str, state: str | None) -> None:
        """Handle a new state of an entity; `None` if the entity doesn't exist."""
        for index in self._places_of(entity_id):
            if not entity_id.startswith(EVENT):
                self._handle_presence(index, _is_present(self._places[index], state))
            elif state not in (None, *UNKNOWN):
                self._handle_event(index)

    def cancel(self) -> None:
        """Drop the changes that haven't held long enough yet."""
        for timer in self._waiting.values():
            timer.cancel()
        self._waiting.clear()

    def _read(self, index: int, state: str | None) -> None:
        place = self._places[index]
        if not place.entity_id.startswith(EVENT) and _is_present(place, state):
            self._occupied[index] = self._recent[index] = None

    def _places_of(self, entity_id: str) -> list[int]:
        return [index for index, place in enumerate(self._places) if place.entity_id == entity_id]

    def _handle_presence(self, index: int, present: bool) -> None:
        if present == (index in self._occupied):
            self._cancel_waiting(index)
        elif index not in self._waiting:
            self._wait(index, self._enter if present else self._leave)

    def _handle_event(self, index: int) -> None:
        # The latest event decides.
        for other in self._event_places():
            if other != index:
                self._cancel_waiting(other)
        if index not in self._waiting and next(reversed(self._occupied), None) != index:
            self._wait(index, self._enter)

    def _wait(self, index: int, action: Callable[[int], None]) -> None:
        self._waiting[index] = self._timers.at(self._clock.now_us() + self._hold_us, action, index)

    def _cancel_waiting(self, index: int) -> None:
        if (timer := self._waiting.pop(index, None)) is not None:
            timer.cancel()

    def _enter(self, index: int) -> None:
        self._waiting.pop(index, None)
        if self._places[index].entity_id.startswith(EVENT):
            for other in self._event_places():
                self._occupied.pop(other, None)
        for places in (self._occupied, self._recent):
            places.pop(index, None)
            places[index] = None
        self._changed(True)

    def _leave(self, index: int) -> None:
        self._waiting.pop(index, None)
        self._occupied.pop(index, None)
        self._changed(False)

    def _event_places(self) -> list[int]:
        return [index for index, place in enumerate(self._places) if place.entity_id.startswith(EVENT)]


def _is_present(place: FollowPlace, state: str | None) -> bool:
    if state is None or state in UNKNOWN:
        return False
    if place.state is not msgspec.UNSET:
        return state.casefold() == place.state.casefold()
    with suppress(ValueError):
        return float(state) > 0
    return state.casefold() in PRESENT
