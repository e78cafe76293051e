"""Follow me: music moves from player to player with the people who listen, as their presence is reported.

A player joins the room of the music, and the player that was left behind leaves it. So nothing starts again.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
import secrets
from typing import Any, Final, Literal

import msgspec

from ..access.rights import Principal
from ..background import Spawn
from ..clock import Clock
from ..playback.events import PlaybackEvent, StatusChanged
from ..playback.player import PlaybackContext, Player
from ..playback.players import Players
from ..playback.publisher import PlaybackPublisher
from ..protocol.errors import FollowerNotFound, HubError, InvalidMessage, Sentence, Unavailable
from ..protocol.household import Follower, FollowPlace, SaveFollower
from ..rooms.grouping import Grouping
from ..rooms.room import Room
from ..rooms.rooms import Rooms
from ..signals import Signal
from ..timers import Timer, Timers
from .fades import Fades
from .rules import Rules

MAX_FOLLOWERS: Final = 20
SETTINGS: Final = tuple(name for name in Follower.__struct_fields__ if name != "follower_id")
PRESENT: Final = frozenset({"on", "home", "open", "true", "active", "occupied", "detected", "playing"})
"""The states of an entity that mean presence, unless a place names another one."""
UNKNOWN: Final = frozenset({"unknown", "unavailable"})
EVENT: Final = "event."
"""Entities whose every new state is a sign of presence begin with this."""
RESTORE_DELAY_US: Final = 500_000
"""How long after its silence the volume of a player is set back."""

type FollowEvent = Literal["joined", "left", "refused"]


@dataclass(slots=True, eq=False)
class _Following:
    settings: Follower
    occupied: dict[int, None] = field(default_factory=dict)
    """The places with presence, by their index; the latest last."""
    recent: dict[int, None] = field(default_factory=dict)
    """The places that have or had presence; the latest last."""
    timers: dict[int, Timer] = field(default_factory=dict)
    """Changes that have to hold on for a while, by the index of the place."""


class Followers:
    """The followers by id: a person or the household, with the places that their music may follow them to."""

    def __init__(
        self,
        *,
        players: Players,
        rooms: Rooms,
        grouping: Grouping,
        publisher: PlaybackPublisher,
        rules: Rules,
        fades: Fades,
        timers: Timers,
        clock: Clock,
        system: Principal,
        spawn: Spawn,
    ) -> None:
        self.changed: Signal[()] = Signal()
        self.added: Signal[Follower] = Signal()
        self.deleted: Signal[Follower] = Signal()
        self.happened: Signal[Follower, Player, FollowEvent, str] = Signal()
        """A player has joined or left the music, or was refused, with the reason."""
        self._players = players
        self._rooms = rooms
        self._grouping = grouping
        self._rules = rules
        self._fades = fades
        self._timers = timers
        self._clock = clock
        self._system = system
        self._spawn = spawn
        self._followings: dict[str, _Following] = {}
        self._states: dict[str, str | None] = {}
        self._leaving: dict[Player, Timer] = {}
        self._kept: set[str] = set()
        """The groups that stay although they have one player only."""
        self._lock = asyncio.Lock()
        grouping.keep_groups(lambda room: room.room_id in self._kept)
        publisher.playback_event.subscribe(self._playback_changed)
        rooms.closed.subscribe(lambda room: self._kept.discard(room.room_id))

    def __iter__(self) -> Iterator[Follower]:
        """Iterate over the settings of all followers."""
        return iter([following.settings for following in self._followings.values()])

    def get(self, follower_id: str) -> Follower:
        """Return the settings of a follower. Raise FollowerNotFound."""
        return self._get(follower_id).settings

    def entity_ids(self) -> set[str]:
        """Return the entities whose states have to be reported by `set_state`."""
        return {place.entity_id for follower in self for place in follower.places}

    # ------------------------------------------------------------ commands

    def save(self, change: SaveFollower) -> Follower:
        """Add a follower, or change one. Return its settings.

        Raises:
            FollowerNotFound: If there is no follower to change.
            InvalidMessage: If the name of a new follower is missing.
            Unavailable: If there are too many followers.

        """
        fields: dict[str, Any] = {name: value for name in SETTINGS if (value := getattr(change, name)) is not None}
        if change.follower_id is None:
            if "name" not in fields:
                raise InvalidMessage("name is required", ["name"])
            if len(self._followings) >= MAX_FOLLOWERS:
                raise Unavailable(
                    Sentence("too_many_followers", "This hub takes at most {most} followers", most=MAX_FOLLOWERS)
                )
            follower = Follower(follower_id=secrets.token_hex(8), **fields)
            self._add(follower)
            self.added.emit(follower)
        else:
            before = self._get(change.follower_id)
            follower = msgspec.structs.replace(before.settings, **fields)
            self._cancel_timers(before)
            self._add(follower)
            if not follower.enabled:
                self._release_groups()
        self.changed.emit()
        return follower

    def delete(self, follower_id: str) -> None:
        """Delete a follower. Raise FollowerNotFound."""
        following = self._get(follower_id)
        self._cancel_timers(following)
        del self._followings[follower_id]
        self._release_groups()
        self.deleted.emit(following.settings)
        self.changed.emit()

    # ------------------------------------------------------------ state that survives

    def restore(self, saved: Iterable[Follower], kept: Iterable[str]) -> None:
        """Add followers that were captured, and keep the groups of the music that follows them."""
        for follower in saved:
            self._add(follower)
        self._kept = set(kept)

    def capture_groups(self) -> tuple[str, ...]:
        """Return the ids of the groups that stay although they have one player only."""
        return tuple(sorted(self._kept))

    # ------------------------------------------------------------ presence

    def set_state(self, entity_id: str, state: str | None) -> None:
        """Report the state of an entity; `None` if it doesn't exist. The first one of an entity moves no music."""
        is_first = entity_id not in self._states
        self._states[entity_id] = state
        for following in self._followings.values():
            for index, place in enumerate(following.settings.places):
                if place.entity_id != entity_id:
                    continue
                if is_first:
                    self._look(following, index)
                elif entity_id.startswith(EVENT):
                    if state not in (None, *UNKNOWN):
                        self._handle_event(following, index)
                else:
                    self._handle_presence(following, index, _is_present(place, state))

    def _add(self, follower: Follower) -> None:
        following = _Following(follower)
        self._followings[follower.follower_id] = following
        for index, place in enumerate(follower.places):
            if place.entity_id in self._states:
                self._look(following, index)

    def _look(self, following: _Following, index: int) -> None:
        place = following.settings.places[index]
        if not place.entity_id.startswith(EVENT) and _is_present(place, self._states[place.entity_id]):
            following.occupied[index] = following.recent[index] = None

    def _handle_presence(self, following: _Following, index: int, present: bool) -> None:
        if present == (index in following.occupied):
            if (timer := following.timers.pop(index, None)) is not None:
                timer.cancel()
        elif index not in following.timers:
            self._set_timer(following, index, self._leave_place if not present else self._enter_place)

    def _handle_event(self, following: _Following, index: int) -> None:
        # The latest event decides.
        for other in self._event_places(following):
            if other != index and (timer := following.timers.pop(other, None)) is not None:
                timer.cancel()
        if index not in following.timers and next(reversed(following.occupied), None) != index:
            self._set_timer(following, index, self._enter_place)

    def _set_timer(self, following: _Following, index: int, action: Any) -> None:
        due_us = self._clock.now_us() + round(following.settings.hold_seconds * 1e6)
        following.timers[index] = self._timers.at(due_us, action, following, index)

    def _enter_place(self, following: _Following, index: int) -> None:
        following.timers.pop(index, None)
        if following.settings.places[index].entity_id.startswith(EVENT):
            for other in self._event_places(following):
                following.occupied.pop(other, None)
        for places in (following.occupied, following.recent):
            places.pop(index, None)
            places[index] = None
        self._spawn(self._follow(following, joins=True))

    def _leave_place(self, following: _Following, index: int) -> None:
        following.timers.pop(index, None)
        following.occupied.pop(index, None)
        self._spawn(self._follow(following, joins=False))

    def _event_places(self, following: _Following) -> list[int]:
        places = following.settings.places
        return [index for index, place in enumerate(places) if place.entity_id.startswith(EVENT)]

    # ------------------------------------------------------------ music

    async def _follow(self, following: _Following, *, joins: bool) -> None:
        async with self._lock:
            settings = following.settings
            if not settings.enabled or self._followings.get(settings.follower_id) is not following:
                return
            players = self._players_of(settings.places)
            wanted = self._players_of(settings.places[index] for index in reversed(following.occupied))
            source = self._source(following, players, wanted)
            if source is None or not wanted:
                return
            for player in wanted:
                if (timer := self._leaving.pop(player, None)) is not None:
                    timer.cancel()
                    self._fades.restore(player)
                if joins and not player.active_playback.is_active:
                    await self._join(settings, source, player)
            playback = source.active_playback
            together = [player for player in players if player.active_playback is playback]
            if any(player in wanted for player in together):
                for player in together:
                    if self._is_empty(player):
                        self._begin_to_leave(settings, player)

    def _source(self, following: _Following, players: list[Player], wanted: list[Player]) -> Player | None:
        # The music of the place with the latest presence; without one, the only music of all places.
        places = following.settings.places
        recent = self._players_of(places[index] for index in reversed(following.recent))
        for player in (*wanted, *recent):
            if player.active_playback.is_active:
                return player
        playing = {player.active_playback: player for player in players if player.active_playback.is_active}
        return next(iter(playing.values())) if len(playing) == 1 else None

    def _players_of(self, places: Iterable[FollowPlace]) -> list[Player]:
        found = (self._players.find(place.player_id) for place in places)
        return list(dict.fromkeys(player for player in found if player is not None))

    def _is_empty(self, player: Player) -> bool:
        return not any(
            following.settings.enabled and following.settings.places[index].player_id == player.player_id
            for following in self._followings.values()
            for index in following.occupied
        )

    async def _join(self, settings: Follower, source: Player, player: Player) -> None:
        if self._rules.is_quiet(player):
            self.happened.emit(settings, player, "refused", "quiet")
            return
        try:
            await self._grouping.join(self._system, source, [player])
        except HubError as error:
            self.happened.emit(settings, player, "refused", error.error_type)
            return
        if settings.fade_seconds:
            until_us = self._clock.now_us() + round(settings.fade_seconds * 1e6)
            self._fades.fade_in(player, 0.0, player.volume, until_us)
        self.happened.emit(settings, player, "joined", "")

    def _begin_to_leave(self, settings: Follower, player: Player) -> None:
        if player in self._leaving or self._rooms.of_player(player) is None:
            return
        until_us = self._clock.now_us() + round(settings.fade_seconds * 1e6)
        if settings.fade_seconds:
            self._fades.fade_out(player, until_us)
        self._leaving[player] = self._timers.at(until_us, self._leave, settings, player)

    def _leave(self, settings: Follower, player: Player) -> None:
        self._leaving.pop(player, None)
        room = self._rooms.of_player(player)
        if room is not None and len(room.renderers) > 1 and self._is_empty(player):
            if (place := room.participant_of(player)) is not None:
                if room.is_group:
                    self._kept.add(room.room_id)
                    self.changed.emit()
                silent_us = self._clock.now_us() + room.playback.lead_us() + RESTORE_DELAY_US
                self._rooms.leave(room, place)
                self._fades.restore(player, silent_us)
                self.happened.emit(settings, player, "left", "")
                return
        # Presence returned, or the player is the last one.
        self._fades.restore(player)

    # ------------------------------------------------------------ groups

    def _playback_changed(self, context: PlaybackContext, event: PlaybackEvent) -> None:
        # A group is kept while its music goes on.
        if isinstance(event, StatusChanged) and isinstance(context, Room) and context.room_id in self._kept:
            if not context.playback.goes_on and context.playback.suspended is None:
                self._release(context)

    def _release_groups(self) -> None:
        if not any(follower.enabled for follower in self):
            for room_id in tuple(self._kept):
                if (room := self._rooms.find(room_id)) is not None:
                    self._release(room)

    def _release(self, room: Room) -> None:
        self._kept.discard(room.room_id)
        self._grouping.check_soon(room)
        self.changed.emit()

    # ------------------------------------------------------------ inside

    def _cancel_timers(self, following: _Following) -> None:
        for timer in following.timers.values():
            timer.cancel()
        following.timers.clear()

    def _get(self, follower_id: str) -> _Following:
        if (following := self._followings.get(follower_id)) is None:
            raise FollowerNotFound(f"There is no follower {follower_id}")
        return following


def _is_present(place: FollowPlace, state: str | None) -> bool:
    if state is None or state in UNKNOWN:
        return False
    if place.state is not msgspec.UNSET:
        return state.casefold() == place.state.casefold()
    with suppress(ValueError):
        return float(state) > 0
    return state.casefold() in PRESENT
